//! Imports that a signal ends.

use std::fmt::Write as _;
use std::fs;
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tornsnap::testing::store::Store;

use crate::month_model::{EDGES, IN_APRIL};
use crate::support::schema::Schema;
use crate::support::{Finished, Sandbox, signal};

/// A CSV file that takes seconds to import.
fn with_long_import() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    let mut lines = String::from("faction_id,timestamp,respect\n");
    for row in 0..150_000 {
        writeln!(lines, "7,{},{row}", EDGES[0] + row).unwrap();
    }
    sandbox.write("long.csv", &lines);
    fs::create_dir(sandbox.path("tmp")).unwrap();
    sandbox
}

/// Runs the import until a file is in its temporary folder, then sends the signal.
fn end_with(sandbox: &Sandbox, arguments: &[&str], name: &str) -> Output {
    let mut command = sandbox.command(arguments);
    command
        .env("TMPDIR", sandbox.path("tmp"))
        .env("TORNSNAP_NOW", IN_APRIL.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // The program makes the copy, and writes to it, only after it listens for signals.
    wait_until(|| has_copy(sandbox));
    signal(&child, name);
    child.wait_with_output().unwrap()
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it never came");
        sleep(Duration::from_millis(1));
    }
}

/// A CSV file whose months take seconds to summarize.
fn with_long_summarizing() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    let mut lines = String::from("faction_id,timestamp,respect\n");
    for row in 0..120_000 {
        writeln!(lines, "{},{},{row}", 7 + row % 1000, EDGES[0] + 50 * row).unwrap();
    }
    sandbox.write("long.csv", &lines);
    sandbox
}

/// Whether another program holds the write lock of the database, as an import does only while its transaction runs.
fn is_writing(sandbox: &Sandbox) -> bool {
    let connection = sandbox.sqlite();
    connection.busy_timeout(Duration::ZERO).unwrap();
    connection
        .execute_batch("BEGIN IMMEDIATE; ROLLBACK")
        .is_err()
}

fn has_copy(sandbox: &Sandbox) -> bool {
    let mut folders = fs::read_dir(sandbox.path("tmp")).unwrap().flatten();
    folders.any(|folder| folder.path().join("copy.db").exists())
}

fn folders(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.path("tmp")).unwrap().count()
}

#[test]
fn a_dry_run_leaves_no_copy_after_a_signal_and_the_next_run_removes_that_of_a_killed_one() {
    let sandbox = with_long_import();
    let dry_run = ["import", "long.csv", "--dry-run"];

    let stopped = end_with(&sandbox, &dry_run, "INT");

    let stderr = String::from_utf8_lossy(&stopped.stderr);
    assert_eq!(stopped.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.contains(
            "it was interrupted; nothing was changed, and the copy of the database was removed"
        ),
        "{stderr}"
    );
    assert_eq!(folders(&sandbox), 0);
    end_with(&sandbox, &dry_run, "KILL");
    assert_eq!(folders(&sandbox), 1);
    sleep(Duration::from_millis(2100));
    sandbox.write(
        "short.csv",
        "faction_id,timestamp,respect\n7,1700000000,1\n",
    );
    let mut command = sandbox.command(&["import", "short.csv", "--dry-run"]);
    command.env("TMPDIR", sandbox.path("tmp"));
    assert!(command.status().unwrap().success());
    assert_eq!(folders(&sandbox), 0);
}

#[test]
fn a_signal_ends_an_import_and_nothing_is_imported() {
    let sandbox = with_long_import();
    let mut command = sandbox.command(&["import", "long.csv", "--no-backup"]);
    command
        .env("TORNSNAP_NOW", IN_APRIL.to_string())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_until(|| is_writing(&sandbox));
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();

    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(143), "{stderr}");
    assert!(
        stderr.contains("it was interrupted; nothing was imported"),
        "{stderr}"
    );
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_history"), ["0"]);
}

#[test]
fn a_signal_after_the_import_says_that_the_rows_are_imported_and_what_to_do() {
    let sandbox = with_long_summarizing();
    let mut command = sandbox.command(&["import", "long.csv", "--no-backup", "--json"]);
    command.env("TORNSNAP_NOW", IN_APRIL.to_string());
    let child = command.spawn().unwrap();
    let has_rows = "SELECT EXISTS (SELECT 1 FROM faction_history)";
    wait_until(|| sandbox.rows(has_rows) == ["1"]);
    signal(&child, "INT");
    let finished = Finished(child.wait_with_output().unwrap()).expect(130);

    let stderr = finished.stderr();
    assert!(
        stderr.contains("it was interrupted; all rows are imported"),
        "{stderr}"
    );
    assert!(stderr.contains("tornsnap summarize"), "{stderr}");
    assert!(!stderr.contains("nothing was imported"), "{stderr}");
    let report = finished.json();
    Schema::of("import").expect_valid(&report);
    assert_eq!(report["status"], "interrupted");
    assert_eq!(report["tables"]["faction_history"]["taken"], 120_000);
    let left = sandbox
        .run_at(IN_APRIL, &["summarize", "--no-backup", "--json"])
        .expect(0)
        .json();
    let months = |field: &serde_json::Value| field.as_array().unwrap().len();
    assert_eq!(months(&report["summarized"]) + months(&left["months"]), 3);
}

#[test]
fn an_error_after_the_import_says_that_the_rows_are_imported() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox
        .sqlite()
        .execute_batch(
            "CREATE TRIGGER full_disk BEFORE INSERT ON faction_summary
             BEGIN SELECT RAISE(ABORT, 'no summary today'); END",
        )
        .unwrap();
    sandbox.write(
        "short.csv",
        &format!("faction_id,timestamp,respect\n7,{},1\n", EDGES[0]),
    );

    let finished = sandbox.run_at(IN_APRIL, &["import", "short.csv", "--no-backup"]);

    assert_ne!(finished.code(), 0);
    let (stdout, stderr) = (finished.stdout(), finished.stderr());
    assert!(stdout.contains("faction_history"), "{stdout}");
    assert!(stderr.contains("no summary today"), "{stderr}");
    assert!(stderr.contains("; all rows are imported"), "{stderr}");
    assert!(stderr.contains("imported 1 history row"), "{stderr}");
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_history"), ["1"]);
}
