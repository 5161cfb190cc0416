//! `health` answers within the timeout of a monitoring agent, whatever lock another program holds.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use super::{assert_state, check, well};
use crate::support::Sandbox;

const AT_MOST: Duration = Duration::from_secs(5);

#[track_caller]
fn assert_held(sandbox: &Sandbox, arguments: &[&str]) {
    let begun = Instant::now();
    let finished = sandbox.run(arguments).expect(3);
    let took = begun.elapsed();

    assert_state(&finished, "database", "unknown");
    let report = finished.json();
    let found = check(&report, "database").unwrap();
    let message = found["message"].as_str().unwrap();
    assert!(
        message.contains("another program holds it locked"),
        "{message}"
    );
    assert!(found["try"].as_str().unwrap().contains("close the program"));
    assert!(took < AT_MOST, "{took:?}");
}

#[test]
fn an_exclusive_lock_of_another_program_is_reported_within_five_seconds() {
    let sandbox = well();
    let holder = sandbox.sqlite();
    holder
        .execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
        .unwrap();
    let before = sandbox.names();
    assert_held(&sandbox, &["health", "--json"]);
    assert_held(&sandbox, &["health", "--deep", "--json"]);
    assert_eq!(sandbox.names(), before);
    holder.execute_batch("ROLLBACK").unwrap();
    let before = sandbox.names();
    sandbox.run(&["health"]).expect(0);
    assert_eq!(sandbox.names(), before, "a database out of WAL mode");

    holder
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA locking_mode = EXCLUSIVE;
             BEGIN; INSERT INTO api_keys (name, state) VALUES ('alice', 'ok'); COMMIT",
        )
        .unwrap();
    assert_held(&sandbox, &["health", "--json"]);
}

#[test]
fn a_locked_archive_costs_a_second() {
    let sandbox = well();
    let ours: String = sandbox.value("SELECT database_id FROM database_identity");
    drop(Store::create(&sandbox.path("archive.db")).unwrap());
    let holder = Connection::open(sandbox.path("archive.db")).unwrap();
    holder
        .execute("UPDATE database_identity SET archive_of = ?1", [ours])
        .unwrap();
    sandbox
        .sqlite()
        .execute(
            "INSERT INTO prune_runs (started_at, cutoff, deleted, archive, archive_id)
             VALUES (1, 1767225600, 10, ?1, 'cold')",
            [sandbox.path("archive.db").to_str().unwrap()],
        )
        .unwrap();
    holder
        .execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
        .unwrap();

    let begun = Instant::now();
    let finished = sandbox.run(&["health", "--json"]).expect(3);

    assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
    assert_state(&finished, "archive", "unknown");
}

#[test]
fn a_wal_above_its_limit_points_to_an_open_reader() {
    let sandbox = well();
    let reader = sandbox.sqlite();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM players;")
        .unwrap();
    sandbox
        .sqlite()
        .execute_batch(
            "PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(66000000)); DROP TABLE filler;",
        )
        .unwrap();

    let finished = sandbox.run(&["health", "--json"]).expect(1);

    assert_state(&finished, "wal", "warning");
    let report = finished.json();
    let message = check(&report, "wal").unwrap()["message"].as_str().unwrap();
    assert!(
        message.contains("a program keeps the database open for reading"),
        "{message}"
    );
    drop(reader);
}
