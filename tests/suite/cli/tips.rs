//! Usage errors say what to write instead.

use super::usage_error;
use crate::support::Sandbox;

/// A wrong command line, and a part of the error that helps.
struct Case {
    line: &'static str,
    tip: &'static str,
}

const COMMA: &str = "tip: write a comma only between two values\n";

const CASES: &[Case] = &[
    Case {
        line: "fetch",
        tip: "tip: KIND is one of players, factions, wars, territories, all\n",
    },
    Case {
        line: "schedule",
        tip: "tip: ACTION is one of show, install, remove\n",
    },
    Case {
        line: "completions",
        tip: "tip: SHELL is one of bash, elvish, fish, powershell, zsh\n",
    },
    Case {
        line: "export",
        tip: "tip: `tornsnap export --list` shows the tables and views\n",
    },
    Case {
        line: "restore",
        tip: "tip: `tornsnap backup --list` shows the backups; `latest` is the newest\n",
    },
    Case {
        line: "fech",
        tip: "tip: a similar subcommand exists: 'fetch'\n",
    },
    Case {
        line: "fetsh",
        tip: "tip: a similar subcommand exists: 'fetch'\n",
    },
    Case {
        line: "helth",
        tip: "tip: a similar subcommand exists: 'health'\n",
    },
    Case {
        line: "prnue",
        tip: "tip: a similar subcommand exists: 'prune'\n",
    },
    Case {
        line: "hlep",
        tip: "tip: a similar subcommand exists: 'help'\n",
    },
    Case {
        line: "run",
        tip: "tip: the command for it is `tornsnap fetch all`\n",
    },
    Case {
        line: "update",
        tip: "tip: the command for it is `tornsnap fetch all`\n",
    },
    Case {
        line: "status",
        tip: "tip: the command for it is `tornsnap health`\n",
    },
    Case {
        line: "check",
        tip: "tip: the command for it is `tornsnap health`\n",
    },
    Case {
        line: "list",
        tip: "tip: the command for it is `tornsnap export --list`\n",
    },
    Case {
        line: "show",
        tip: "tip: this version has no `show`; the nearest command is `tornsnap export --list`\n",
    },
    Case {
        line: "report",
        tip: "tip: this version has no `report`; the nearest command is `tornsnap export --list`\n",
    },
    Case {
        line: "version",
        tip: "tip: the command for it is `tornsnap --version`\n",
    },
    Case {
        line: "start",
        tip: "tip: the command for it is `tornsnap init`\n",
    },
    Case {
        line: "docs",
        tip: "tip: the command for it is `tornsnap help`\n",
    },
    Case {
        line: "help status",
        tip: "tip: the command for it is `tornsnap health`\n",
    },
    Case {
        line: "backfill",
        tip: "tip: this version has no `backfill`; the nearest command is `tornsnap import FILE`\n",
    },
    Case {
        line: "config edit",
        tip: "tip: the command for it is `tornsnap config path`\n",
    },
    Case {
        line: "backup list",
        tip: "tip: it is an option: write --list\n",
    },
    Case {
        line: "backup verify",
        tip: "tip: it is an option: write --verify latest\n",
    },
    Case {
        line: "summarize 2026-10",
        tip: "tip: write a month as --month 2026-10\n",
    },
    Case {
        line: "export players --format excel",
        tip: "tip: the format for it is xlsx\n",
    },
    Case {
        line: "init --key x",
        tip: "tip: --key-file FILE names a file with the key on its first line; a key never belongs in the command line\n",
    },
    Case {
        line: "help fech",
        tip: "tip: a similar subcommand exists: 'fetch'\n",
    },
    Case {
        line: "help config shw",
        tip: "tip: a similar subcommand exists: 'show'\n",
    },
    Case {
        line: "man pages/man1",
        tip: "tip: to write to it, use --output pages/man1\n",
    },
    Case {
        line: "man fetch",
        tip: "tip: `tornsnap help fetch` shows its help; `man --output DIR` writes the pages of all commands\n",
    },
    Case {
        line: "export players players.csv",
        tip: "tip: to write to it, use --output players.csv\n",
    },
    Case {
        line: "backup copies/today",
        tip: "tip: to write to it, use --output copies/today\n",
    },
    Case {
        line: "fetch players,",
        tip: COMMA,
    },
    Case {
        line: "fetch players,,factions",
        tip: COMMA,
    },
    Case {
        line: "fetch players --player 1,",
        tip: COMMA,
    },
    Case {
        line: "--player fetch all",
        tip: "tip: 'fetch --player' exists\n",
    },
];

#[test]
fn a_usage_error_says_what_to_write_instead() {
    let sandbox = Sandbox::new();
    for Case { line, tip } in CASES {
        let stderr = usage_error(&sandbox, line);

        assert!(stderr.contains(tip), "{line}: {stderr}");
        assert_eq!(stderr.matches("tip:").count(), 1, "{line}: {stderr}");
    }
}

#[test]
fn an_unknown_option_is_not_suggested_as_a_value() {
    let sandbox = Sandbox::new();
    for line in [
        "fetch --nonsense",
        "export --nonsense",
        "restore latest --nonsense",
        "schedule -z",
        "import copy.db --nonsense",
    ] {
        let stderr = usage_error(&sandbox, line);

        assert!(!stderr.contains("tip:"), "{line}: {stderr}");
    }
}

#[test]
fn a_word_that_is_far_from_every_command_suggests_none() {
    let sandbox = Sandbox::new();
    for line in ["tune", "brunt", "zebra", "exit"] {
        let stderr = usage_error(&sandbox, line);

        assert!(!stderr.contains("subcommand exists"), "{line}: {stderr}");
    }
}

#[test]
fn the_usage_of_an_export_of_everything_names_a_folder() {
    let stderr = usage_error(&Sandbox::new(), "export --all");

    assert!(stderr.contains("--output <DIR>"), "{stderr}");
    assert!(!stderr.contains("<FILE>"), "{stderr}");
}

#[test]
fn the_usage_of_init_names_no_option_that_was_not_meant() {
    let stderr = usage_error(&Sandbox::new(), "init --key x");

    assert!(
        stderr.contains("Usage: tornsnap init [OPTIONS]"),
        "{stderr}"
    );
    assert!(!stderr.contains("--key-env"), "{stderr}");
}

#[test]
fn help_does_not_suggest_a_hidden_command() {
    let stderr = usage_error(&Sandbox::new(), "help simulat");

    assert!(!stderr.contains("simulate"), "{stderr}");
}

#[test]
fn a_number_that_is_none_is_refused_with_its_range() {
    let sandbox = Sandbox::new();
    for line in [
        "simulate --players many",
        "simulate --factions -1",
        "simulate --latency-ms 1.5",
        "simulate --requests-per-minute 99999999999",
        "simulate --seed x",
        "demo --seed many",
        "demo --days many",
        "prune --keep-months many",
        "backup --keep many",
    ] {
        let stderr = usage_error(&sandbox, line);

        assert!(
            stderr.contains(": write a number from "),
            "{line}: {stderr}"
        );
    }
}

const WAYS: &str = "`tornsnap backup --list` shows the backups; `latest` is the newest\n";

#[test]
fn a_backup_that_is_not_there_is_answered_with_the_list_and_the_newest() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "");
    for (line, help) in [
        ("restore lastest", format!("did you mean `latest`? {WAYS}")),
        (
            "backup --verify lastest",
            format!("did you mean `latest`? {WAYS}"),
        ),
        ("restore none.db", WAYS.to_owned()),
        ("restore nofolder/none.db", WAYS.to_owned()),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();

        let stderr = sandbox.run(&arguments).expect(78).stderr();

        assert!(
            stderr.ends_with(&format!("because: there is no such file\n  try: {help}")),
            "{line}: {stderr}"
        );
    }
}

#[test]
fn a_word_below_another_command_has_no_tip_of_the_main_command() {
    let sandbox = Sandbox::new();

    let refused = sandbox.run(&["help", "schedule", "run"]).expect(2).stderr();

    assert!(!refused.contains("tornsnap fetch all"), "{refused}");
}

#[test]
fn the_usage_of_an_export_of_everything_names_a_folder_and_the_file_of_the_database() {
    let sandbox = Sandbox::new();

    let refused = sandbox
        .run(&["export", "--all", "--database", "t.db"])
        .expect(2)
        .stderr();

    assert!(refused.contains("--output <DIR>"), "{refused}");
    assert!(!refused.contains("--database <DIR>"), "{refused}");
}
