//! Usage errors, and options for lists.

use serde_json::Value;

use super::usage_error;
use crate::support::torn::Torn;
use crate::support::{DAY, NOW, Sandbox};

/// A wrong command line, and the report of it.
struct Case {
    line: &'static str,
    command: Option<&'static str>,
    message: &'static str,
    help: &'static str,
}

const CASES: &[Case] = &[
    Case {
        line: "fetch --nonsense",
        command: Some("fetch"),
        message: "unexpected argument '--nonsense' found",
        help: "tornsnap fetch --help",
    },
    Case {
        line: "-q --database fetch export",
        command: Some("export"),
        message: "the following required arguments were not provided: <DATASET>; tip: `tornsnap export --list --database fetch` shows the tables and \
                  views",
        help: "tornsnap export --help",
    },
    Case {
        line: "health --depe",
        command: Some("health"),
        message: "unexpected argument '--depe' found; tip: a similar argument exists: '--deep'",
        help: "tornsnap health --help",
    },
    Case {
        line: "featch all",
        command: None,
        message: "unrecognized subcommand 'featch'; tip: a similar subcommand exists: 'fetch'",
        help: "tornsnap --help",
    },
    Case {
        line: "-q",
        command: None,
        message: "the command is missing",
        help: "tornsnap --help",
    },
    Case {
        line: "fetch all --faction 1 2",
        command: Some("fetch"),
        message: "invalid value '2' for '<KIND>...' [possible values: players, factions, wars, territories, all]; \
                  tip: --faction takes one value at a time: write --faction 1,2 or --faction 1 --faction 2",
        help: "tornsnap fetch --help",
    },
];

#[test]
fn a_usage_error_is_one_clean_document_and_one_line() {
    let sandbox = Sandbox::new();
    for case in CASES {
        let line = case.line;
        let mut words: Vec<&str> = line.split(' ').collect();
        words.push("--json");

        let finished = sandbox.run(&words).expect(2);

        let report = finished.json();
        assert_eq!(
            report["command"],
            case.command.map_or(Value::Null, Value::from),
            "{line}"
        );
        assert_eq!(report["exit_code"], 2, "{line}");
        assert_eq!(report["error"]["message"], case.message, "{line}");
        assert_eq!(report["error"]["try"], case.help, "{line}");
        assert_eq!(
            finished.stderr(),
            format!("tornsnap: {} (try: {})\n", case.message, case.help)
        );
    }
}

#[test]
fn an_option_for_a_list_says_how_to_write_several_values() {
    let sandbox = Sandbox::new();
    for (line, tip) in [
        (
            "fetch all --player 1 2",
            "write --player 1,2 or --player 1 --player 2",
        ),
        (
            "fetch --faction 9 20 all",
            "write --faction 9,20 or --faction 9 --faction 20",
        ),
        (
            "export --columns name level player_latest",
            "write --columns name,level or --columns name --columns level",
        ),
        (
            "export wars --territory AAB AAC",
            "write --territory AAB,AAC or",
        ),
    ] {
        let stderr = usage_error(&sandbox, line);
        assert!(stderr.contains(tip), "{line}: {stderr}");
    }
    // The mistake is another one.
    for line in [
        "fetch all --player 1 --nonsense",
        "fetch some",
        "backup extra",
        "export player_latest --columns name -f ndjson",
        "export player_latest --player 1 -f foo",
        "export territory_latest --territory AAB -f foo",
        "export war_latest --war 1 -f foo",
        "export player_latest --columns name -o ",
        "export player_latest --columns name --format ndjson",
        "export player_latest --columns name -f csv extra",
        "export player_latest --columns name -f ndjson --json",
    ] {
        let stderr = usage_error(&sandbox, line);
        assert!(!stderr.contains("one value at a time"), "{line}: {stderr}");
    }
}

#[test]
fn an_option_takes_one_value_so_that_arguments_may_follow_it() {
    let torn = Torn::new();
    torn.fetch(&["--faction", "9", "all"]).expect(0);
    torn.fetch(&["--player", "1,2", "--player", "3", "players"])
        .expect(0);
    let export = |arguments: &[&str]| {
        let arguments = [&["export"], arguments].concat();
        torn.sandbox.run(&arguments).expect(0).stdout()
    };

    let named = export(&["--columns", "name,level", "--player", "1", "player_latest"]);
    assert_eq!(named, "name,level\nPlayer 1,11\n");
    let repeated = [
        "--columns",
        "name",
        "--columns",
        "level",
        "player_latest",
        "--player",
        "1",
    ];
    assert_eq!(export(&repeated), named);
    for empty in ["--player=", "--player=1,,2", "--player=1,"] {
        let finished = torn.sandbox.run(&["export", "player_latest", empty]);
        assert!(
            finished.expect(2).stderr().contains("is not a player id"),
            "{empty}"
        );
    }
}

/// A day and a month mean their first second at both ends, so the end of one interval is the beginning of the next.
#[test]
fn intervals_are_half_open() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let march = 1_772_323_200; // 2026-03-01
    let april = march + 31 * DAY;
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "DELETE FROM faction_history;
             INSERT INTO faction_history (faction_id, timestamp, respect)
             VALUES (9, {march} - 1, 1), (9, {march}, 2), (9, {april} - 1, 3), (9, {april}, 4), (9, {NOW}, 5)"
        ))
        .unwrap();
    let respects = |flags: &[&str]| {
        let arguments = [
            &["export", "faction_history", "--columns", "respect"],
            flags,
        ]
        .concat();
        let text = torn.sandbox.run(&arguments).expect(0).stdout();
        text.lines().skip(1).collect::<String>()
    };

    assert_eq!(
        respects(&["--since", "2026-03", "--until", "2026-04"]),
        "23"
    );
    assert_eq!(respects(&["--until", "2026-03"]), "1");
    assert_eq!(
        respects(&["--since", "2026-03-31 23:59:59", "--until", "today"]),
        "3"
    );
    assert_eq!(respects(&["--since", "yesterday"]), "345");
    assert_eq!(respects(&["--since", "2026-04-01T02:00:00+02:00"]), "45");
    assert_eq!(
        respects(&["--since", "1d", "--until", &NOW.to_string()]),
        "34"
    );
}

#[test]
fn an_empty_interval_and_an_unknown_time_are_answered_with_what_works() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let sandbox = &torn.sandbox;
    let same = [
        "export",
        "faction_history",
        "--since",
        "2026-03",
        "--until",
        "2026-03",
    ];
    let stderr = sandbox.run(&same).expect(2).stderr();
    assert!(
        stderr.contains("--since 2026-10 --until 2026-11"),
        "{stderr}"
    );
    let wrong = ["export", "faction_history", "--since", "1month"];
    let stderr = sandbox.run(&wrong).expect(2).stderr();
    for form in [
        "2026-10-31",
        "2026-10,",
        "today",
        "yesterday",
        "unix seconds",
        "30d",
    ] {
        assert!(stderr.contains(form), "{stderr}");
    }
}

#[test]
fn export_says_how_to_write_the_month_that_other_commands_take() {
    let sandbox = Sandbox::new();
    for month in [&["--month", "2026-12"][..], &["--month=2026-12"]] {
        let refused = sandbox
            .run(&[&["export", "player_history"], month].concat())
            .expect(2);
        assert!(
            refused
                .stderr()
                .contains("write a month as --since 2026-12 --until 2027-01"),
            "{}",
            refused.stderr()
        );
    }
}

#[test]
fn a_number_out_of_its_range_is_refused_with_the_range_in_words() {
    let sandbox = Sandbox::new();
    for (line, range) in [
        ("prune --keep-months 0", "write a number from 1 to 1200"),
        ("prune --keep-months -1", "write a number from 1 to 1200"),
        ("demo --days 1001", "write a number from 1 to 1000"),
        ("backup --keep many", "write a number from 1 to 4294967295"),
    ] {
        let stderr = usage_error(&sandbox, line);
        assert!(stderr.contains(range), "{line}: {stderr}");
    }
}

#[test]
fn a_hidden_command_is_never_suggested() {
    let sandbox = Sandbox::new();
    let said = usage_error(&sandbox, "update");
    assert!(
        said.contains("update") && !said.contains("simulate"),
        "{said}"
    );
    let said = usage_error(&sandbox, "sumarize");
    assert!(said.contains("'summarize'"), "{said}");
}

#[test]
fn an_option_that_would_change_nothing_is_refused() {
    let sandbox = Sandbox::new();
    for option in [
        &["--columns", "nonsense"][..],
        &["--since", "30d"],
        &["--until", "30d"],
        &["--player", "1"],
        &["--faction", "1"],
        &["--territory", "AAB"],
        &["--war", "1"],
        &["--time", "iso"],
        &["--spreadsheet"],
        &["--null", "x"],
        &["--delimiter", ";"],
    ] {
        let refused = sandbox
            .run(&[&["export", "--list"], option].concat())
            .expect(2);
        assert!(
            refused.stderr().contains("cannot be used with"),
            "{option:?}"
        );
    }
    for option in [&["--wait", "1m"][..], &["--ignore-clock"]] {
        let refused = sandbox
            .run(&[&["fetch", "all", "--plan"], option].concat())
            .expect(2);
        assert!(
            refused.stderr().contains("cannot be used with"),
            "{option:?}"
        );
    }
}
