//! A database that another program left within a transaction, in rollback-journal mode: SQLite undoes it with the journal.

use std::fs;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use crate::health::check;
use crate::support::{Sandbox, fill, rows};
#[cfg(unix)]
use crate::support::{set_mode, skipped};

/// A database whose names another program was changing when it was killed. A part of the changes is in the file.
fn with_hot_journal() -> Sandbox {
    let sandbox = Sandbox::new();
    let source = sandbox.path("source.db");
    drop(Store::create(&source).unwrap());
    let writer = Connection::open(&source).unwrap();
    fill(&writer, 2000);
    writer
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 2; BEGIN IMMEDIATE;
             UPDATE player_stats_history SET data_source = 'unfinished';
             UPDATE players SET name = 'unfinished'",
        )
        .unwrap();
    let journal = sandbox.path("source.db-journal");
    assert!(fs::metadata(&journal).unwrap().len() > 1000);
    fs::copy(&source, sandbox.database()).unwrap();
    fs::copy(&journal, sandbox.path("tornsnap.db-journal")).unwrap();
    sandbox
}

fn unfinished_rows(sandbox: &Sandbox) -> Vec<String> {
    rows(
        &sandbox.sqlite(),
        "SELECT count(*) FROM player_stats_history WHERE data_source = 'unfinished'",
    )
}

#[test]
fn every_command_undoes_the_transaction_of_a_killed_program() {
    for command in [
        &["backup"][..],
        &["summarize", "--no-backup"],
        &[
            "prune",
            "--without-backup",
            "--ignore-clock",
            "--allow-large",
        ],
        &["prune", "--future", "--without-backup"],
        &["import", "source.db", "--dry-run"],
        &["export", "players", "--output", "players.csv"],
        &["config", "check"],
    ] {
        let sandbox = with_hot_journal();

        let said = sandbox.run(command).stderr();

        assert!(!said.contains("readonly"), "{command:?}: {said}");
        assert!(!said.contains("could not open"), "{command:?}: {said}");
        assert_eq!(unfinished_rows(&sandbox), ["0"], "{command:?}");
        if command[0] == "export" {
            let csv = fs::read_to_string(sandbox.path("players.csv")).unwrap();
            assert!(!csv.contains("unfinished"), "{csv}");
        }
    }
}

#[test]
fn health_reads_the_database_without_an_unfinished_transaction() {
    let sandbox = with_hot_journal();

    let report = sandbox.run(&["health", "--json"]).json();

    let found = check(&report, "database").unwrap();
    assert_eq!(found["state"], "ok", "{found}");
    assert!(!found.to_string().contains("WAL"), "{found}");
    assert_eq!(unfinished_rows(&sandbox), ["0"]);
}

#[cfg(unix)]
#[test]
fn health_names_an_unfinished_transaction_that_it_cannot_undo() {
    let sandbox = with_hot_journal();
    let folder = sandbox.path("");
    set_mode(&sandbox.database(), 0o444);
    set_mode(&folder, 0o555);
    if fs::write(sandbox.path("probe"), "").is_ok() {
        set_mode(&folder, 0o755);
        skipped("root may write everywhere");
        return;
    }

    let report = sandbox.run(&["health", "--json"]).json();

    set_mode(&folder, 0o755);
    let found = check(&report, "database").unwrap();
    assert_ne!(found["state"], "ok", "{found}");
    assert!(
        found.to_string().contains("ended within a transaction"),
        "{found}"
    );
}
