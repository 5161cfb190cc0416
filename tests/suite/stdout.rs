//! Output that could not be written is never a success; a reader that left is no failure.
#![cfg(target_os = "linux")]

use std::fs::{File, OpenOptions};
use std::process::Stdio;

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished};

/// Disk full or I/O error, and the state UNKNOWN of monitoring plugins.
const IO: i32 = 74;
const UNKNOWN: i32 = 3;

/// A command line, the code that it ends with when stdout takes nothing, and the code when its reader has gone.
type Case = (&'static [&'static str], i32, i32);

/// Every command that prints data or a report, with what it needs to succeed.
const CASES: &[Case] = &[
    (&["--version"], IO, 0),
    (&["--help"], IO, 0),
    (&["help", "fetch"], IO, 0),
    (&["export", "--help"], IO, 0),
    (&["fetch", "factions", "--plan"], IO, 0),
    (&["fetch", "factions", "--plan", "--json"], IO, 0),
    (&["fetch", "all", "--json"], IO, 0),
    (&["summarize", "--dry-run"], IO, 0),
    (&["summarize", "--dry-run", "--json"], IO, 0),
    (&["summarize", "--json"], IO, 0),
    (&["backup", "--json"], IO, 0),
    (&["backup", "--verify", "latest", "--json"], IO, 0),
    (&["backup", "--verify", "all", "--json"], IO, 0),
    (&["prune", "--dry-run"], IO, 0),
    (&["prune", "--dry-run", "--json"], IO, 0),
    (&["prune", "--json"], IO, 0),
    (&["prune", "--future", "--dry-run", "--json"], IO, 0),
    (&["export", "--list"], IO, 0),
    (&["export", "--list", "--json"], IO, 0),
    (&["export", "factions"], IO, 0),
    (&["export", "factions", "--json"], IO, 0),
    (
        &[
            "export",
            "factions",
            "--format",
            "jsonl",
            "-o",
            "/dev/stdout",
        ],
        IO,
        0,
    ),
    (
        &["export", "factions", "--json", "-o", "factions.csv"],
        IO,
        0,
    ),
    (&["export", "--all", "--json", "-o", "all"], IO, 0),
    (
        &["restore", "latest", "--yes", "--to", "copy.db", "--json"],
        IO,
        0,
    ),
    (&["demo", "--days", "1", "--output", "demo"], IO, 0),
    (
        &["demo", "--days", "1", "--output", "demo2", "--json"],
        IO,
        0,
    ),
    (
        &[
            "init",
            "--non-interactive",
            "--faction",
            "9",
            "--config",
            "new/tornsnap.toml",
            "--json",
        ],
        IO,
        0,
    ),
    (&["health"], UNKNOWN, 0),
    (&["health", "--json"], UNKNOWN, 0),
    // A failure stays that failure.
    (&["fetch", "nothing", "--json"], 2, 2),
    (&["export", "nothing", "--json"], 2, 2),
    (
        &["--database", "none.db", "fetch", "factions", "--json"],
        78,
        78,
    ),
    (
        &["--config", "none.toml", "health", "--json"],
        UNKNOWN,
        UNKNOWN,
    ),
    (&["--config", "none.toml", "health"], UNKNOWN, UNKNOWN),
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
    for (arguments, code, _) in CASES {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();

        let finished = run(&torn, arguments, full.into());

        let stderr = finished.stderr();
        assert_eq!(finished.code(), *code, "{arguments:?}: {stderr}");
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
    for (arguments, _, code) in CASES {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);

        let finished = run(&torn, arguments, writer.into());

        let stderr = finished.stderr();
        assert_eq!(finished.code(), *code, "{arguments:?}: {stderr}");
        assert!(!stderr.contains("pipe"), "{arguments:?}: {stderr}");
    }
}
