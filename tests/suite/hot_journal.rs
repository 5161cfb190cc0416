//! A database that another program left within a transaction, in rollback-journal mode: SQLite undoes it with the journal.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use crate::health::check;
use crate::support::{Sandbox, fill, rows};

/// A database whose names another program was changing when it was killed. A part of the changes is in the file.
fn with_hot_journal() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
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

fn journal(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("tornsnap.db-journal")
}

/// The bytes of the database and of its journal.
fn files(sandbox: &Sandbox) -> [Vec<u8>; 2] {
    [sandbox.database(), journal(sandbox)].map(|file| fs::read(file).unwrap())
}

#[test]
fn commands_that_write_undo_the_transaction_of_a_killed_program() {
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
        &["import", "source.db", "--no-backup"],
    ] {
        let sandbox = with_hot_journal();
        // The writer of the test is not killed, and so the imported file is changed in a transaction that is not ended.
        fs::copy(sandbox.database(), sandbox.path("source.db")).unwrap();
        fs::copy(journal(&sandbox), sandbox.path("source.db-journal")).unwrap();

        sandbox.run(command).expect(0);

        // Before a connection of the test undoes it.
        assert!(!journal(&sandbox).exists(), "{command:?}");
        let unfinished =
            "SELECT count(*) FROM player_stats_history WHERE data_source = 'unfinished'";
        assert_eq!(rows(&sandbox.sqlite(), unfinished), ["0"], "{command:?}");
    }
}

#[test]
fn commands_that_only_read_see_no_unfinished_transaction_and_leave_it_as_it_is() {
    for (command, code) in [
        (&["export", "players", "--output", "players.csv"][..], 0),
        (&["config", "check"], 77),
        (&["health", "--json"], 2),
    ] {
        let sandbox = with_hot_journal();
        let before = files(&sandbox);

        let finished = sandbox.run(command).expect(code);

        assert_eq!(files(&sandbox), before, "{command:?}");
        match command[0] {
            "export" => {
                let csv = fs::read_to_string(sandbox.path("players.csv")).unwrap();
                assert!(!csv.contains("unfinished"), "{csv}");
            }
            "health" => {
                let report = finished.json();
                let found = check(&report, "database").unwrap();
                assert_eq!(found["state"], "ok", "{found}");
                assert!(!found.to_string().contains("WAL"), "{found}");
            }
            _ => {}
        }
    }
}
