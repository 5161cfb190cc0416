//! Output that cannot be written is an error, except if the reader of a pipe has closed it.
#![cfg(target_os = "linux")]

mod cases;

use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};

use cases::{CASES, Case, IO};

use crate::support::torn::Torn;
use crate::support::{CANARY, Finished, started_by};

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

fn command(torn: &Torn, arguments: &[&str]) -> Command {
    let mut command = torn.sandbox.command(arguments);
    if arguments.contains(&"init") {
        command
            .env("TORNSNAP_API_URL", torn.simulator.url())
            .env("TORN_API_KEY", CANARY);
    }
    command
}

fn run(torn: &Torn, arguments: &[&str], stdout: Stdio) -> Finished {
    let mut command = command(torn, arguments);
    Finished(command.stdout(stdout).output().unwrap())
}

/// Each command says in the same words what it could not write, why, and what to do. One that fails for its own reason says
/// that alone.
fn expect_one_error(case: &Case, stderr: &str, why: &str) {
    let arguments = case.arguments;
    let errors: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("tornsnap: "))
        .collect();
    let [error] = errors[..] else {
        panic!("{arguments:?}: {stderr}");
    };
    let fails_anyway = case.on_full_disk == case.without_reader;
    assert_eq!(
        stderr.contains(why),
        !fails_anyway,
        "{arguments:?}: {stderr}"
    );
    if !fails_anyway {
        assert!(error.starts_with("tornsnap: could not write "), "{error}");
        assert!(stderr.contains("\n  try: "), "{arguments:?}: {stderr}");
    }
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
        expect_one_error(case, &stderr, "No space left on device");
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
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {closed}")]);
    Finished(
        started_by(shell, &command(torn, arguments))
            .output()
            .unwrap(),
    )
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
        expect_one_error(case, &stderr, "is closed");
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
