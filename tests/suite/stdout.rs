//! Output that cannot be written is an error, except if the reader of a pipe has closed it.
#![cfg(target_os = "linux")]

use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished};

/// The exit code of a full disk, and UNKNOWN of monitoring plugins.
const IO: i32 = 74;
const UNKNOWN: i32 = 3;

/// A command line with its exit codes when stdout cannot be written.
struct Case {
    arguments: &'static [&'static str],
    on_full_disk: i32,
    /// The reader of a pipe has closed it.
    without_reader: i32,
}

/// Every command that prints data or a report, with what it needs to succeed.
const CASES: &[Case] = &[
    Case {
        arguments: &["--version"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["--help"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["help", "fetch"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--help"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["fetch", "factions", "--plan"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["fetch", "factions", "--plan", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["fetch", "all", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["summarize", "--dry-run"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["summarize", "--dry-run", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["summarize", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["backup", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["backup", "--verify", "latest", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["backup", "--verify", "all", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--dry-run"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--dry-run", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--future", "--dry-run", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--list"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--list", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "factions"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "factions", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &[
            "export",
            "factions",
            "--format",
            "jsonl",
            "-o",
            "/dev/stdout",
        ],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "factions", "--json", "-o", "factions.csv"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--all", "--json", "-o", "all"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["restore", "latest", "--yes", "--to", "copy.db", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["demo", "--days", "1", "--output", "demo"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["demo", "--days", "1", "--output", "demo2", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &[
            "init",
            "--non-interactive",
            "--faction",
            "9",
            "--config",
            "new/tornsnap.toml",
            "--json",
        ],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["completions", "bash"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["man"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["man", "--output", "man1", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["health"],
        on_full_disk: UNKNOWN,
        without_reader: 0,
    },
    Case {
        arguments: &["health", "--json"],
        on_full_disk: UNKNOWN,
        without_reader: 0,
    },
    // The command fails for its own reason.
    Case {
        arguments: &["fetch", "nothing", "--json"],
        on_full_disk: 2,
        without_reader: 2,
    },
    Case {
        arguments: &["export", "nothing", "--json"],
        on_full_disk: 2,
        without_reader: 2,
    },
    Case {
        arguments: &["--database", "none.db", "fetch", "factions", "--json"],
        on_full_disk: 78,
        without_reader: 78,
    },
    Case {
        arguments: &["--config", "none.toml", "health", "--json"],
        on_full_disk: UNKNOWN,
        without_reader: UNKNOWN,
    },
    Case {
        arguments: &["--config", "none.toml", "health"],
        on_full_disk: UNKNOWN,
        without_reader: UNKNOWN,
    },
];

fn world() -> Torn {
    let torn = Torn::new();
    torn.sandbox.run(&["fetch", "factions"]).expect(0);
    torn.sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (9, 1763000000, 1), (9, 1768000000, 2)",
        )
        .unwrap();
    torn.sandbox.run(&["summarize"]).expect(0);
    torn.sandbox.run(&["backup"]).expect(0);
    // A month for the next `summarize`.
    torn.sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (9, 1760000000, 1)",
        )
        .unwrap();
    torn
}

fn run(torn: &Torn, arguments: &[&str], stdout: Stdio) -> Finished {
    let mut command = torn.sandbox.command(arguments);
    if arguments.contains(&"init") {
        command
            .env("TORNSNAP_API_URL", torn.simulator.url())
            .env("TORN_API_KEY", CANARY);
    }
    Finished(command.stdout(stdout).output().unwrap())
}

#[test]
fn a_full_disk_behind_stdout_is_no_success() {
    let torn = world();
    for case in CASES {
        let arguments = case.arguments;
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();

        let finished = run(&torn, arguments, full.into());

        let stderr = finished.stderr();
        assert_eq!(
            finished.code(),
            case.on_full_disk,
            "{arguments:?}: {stderr}"
        );
        assert!(
            stderr.contains("No space left on device"),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn a_full_disk_behind_the_plan_for_rows_of_the_future_is_no_success() {
    let torn = world();
    torn.sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (9, 1790000000, 1)",
        )
        .unwrap();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();

    run(&torn, &["prune", "--future", "--dry-run"], full.into()).expect(IO);
}

#[test]
fn a_stdout_that_is_only_open_for_reading_is_no_success() {
    let torn = world();
    for arguments in [
        &["fetch", "factions", "--json"][..],
        &["export", "factions"],
        &["export", "--list"],
        &["backup", "--verify", "all", "--json"],
    ] {
        let readable = File::open("/dev/null").unwrap();

        let finished = run(&torn, arguments, readable.into()).expect(IO);

        assert!(finished.stderr().contains("Bad file descriptor"));
    }
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let torn = world();
    for case in CASES {
        let arguments = case.arguments;
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);

        let finished = run(&torn, arguments, writer.into());

        let stderr = finished.stderr();
        assert_eq!(
            finished.code(),
            case.without_reader,
            "{arguments:?}: {stderr}"
        );
        assert!(!stderr.contains("pipe"), "{arguments:?}: {stderr}");
    }
}

/// Runs the program through a shell that closes the descriptors.
fn run_closed(torn: &Torn, arguments: &[&str], closed: &str) -> Finished {
    let program = torn.sandbox.command(arguments);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("exec \"$0\" \"$@\" {closed}")])
        .arg(program.get_program())
        .args(arguments)
        .current_dir(torn.sandbox.path(""))
        .env_clear();
    for (name, value) in program.get_envs() {
        command.env(name, value.unwrap());
    }
    if arguments.contains(&"init") {
        command
            .env("TORNSNAP_API_URL", torn.simulator.url())
            .env("TORN_API_KEY", CANARY);
    }
    Finished(command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_closed_stdout_is_no_success() {
    let torn = world();
    for case in CASES {
        let arguments = case.arguments;

        let finished = run_closed(&torn, arguments, ">&-");

        let stderr = finished.stderr();
        assert_eq!(
            finished.code(),
            case.on_full_disk,
            "{arguments:?}: {stderr}"
        );
        assert!(
            stderr.contains("stdout is closed") || stderr.contains("descriptor 1 is not open"),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn a_version_that_cannot_be_printed_is_not_called_the_help() {
    let torn = world();
    for (option, what) in [("--version", "the version"), ("--help", "the help")] {
        let stderr = run_closed(&torn, &[option], ">&-").expect(74).stderr();
        let start = format!("tornsnap: could not write {what} to stdout");
        assert!(stderr.starts_with(&start), "{stderr}");
    }
}

#[test]
fn a_closed_stdout_does_not_matter_to_a_command_that_prints_nothing_there() {
    let torn = world();
    for arguments in [
        &["fetch", "factions"][..],
        &["export", "factions", "--output", "factions.csv"],
        &["backup"],
    ] {
        run_closed(&torn, arguments, ">&-").expect(0);
    }
    assert!(torn.sandbox.path("factions.csv").exists());
}

#[test]
fn a_closed_stderr_is_no_place_for_rows() {
    let torn = world();

    let finished = run_closed(
        &torn,
        &["export", "factions", "--json", "--output", "/dev/stderr"],
        "2>&-",
    )
    .expect(78);

    assert!(finished.stdout().contains("descriptor 2 is not open"));
}

#[test]
fn a_user_may_discard_the_output() {
    let torn = world();
    for place in [">/dev/null", "1<>/dev/null"] {
        run_closed(&torn, &["export", "factions"], place).expect(0);
        run_closed(&torn, &["fetch", "factions", "--json"], place).expect(0);
    }
}
