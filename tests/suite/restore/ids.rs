//! After a restore, no id of a row that was recorded after the backup is assigned again.

use rusqlite::Connection;

use crate::month_model::{EDGES, IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{Sandbox, files_with_extension, rows};

/// Records a row of a month that the next prune moves to the archive.
fn record_old_row(sandbox: &Sandbox, at: i64) {
    let statement = format!(
        "INSERT INTO player_stats_history (player_id, timestamp, networth)
         SELECT player_id, {at}, {at} FROM player_stats_history ORDER BY timestamp DESC LIMIT 1"
    );
    let database = Connection::open(sandbox.path("a.db")).unwrap();
    database.execute_batch(&statement).unwrap();
}

fn run(sandbox: &Sandbox, arguments: &[&str]) {
    sandbox.run_at(IN_APRIL, arguments).expect(0);
}

const PRUNE: &[&str] = &[
    "prune",
    "--without-backup",
    "--allow-large",
    "--ignore-clock",
];

/// A database with a backup, and an archive with a row that was recorded after that backup.
fn with_archived_row() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    sandbox.write(
        "tornsnap.toml",
        "database = \"a.db\"\n[retention]\narchive = \"cold.db\"\n",
    );
    run(&sandbox, &["backup"]);
    let backup = files_with_extension(&sandbox.path("backups"), "db").remove(0);
    record_old_row(&sandbox, EDGES[1] + 1);
    run(&sandbox, &["summarize"]);
    run(&sandbox, PRUNE);
    (sandbox, backup.to_str().unwrap().to_owned())
}

fn expect_a_prune_of_new_rows(sandbox: &Sandbox) {
    record_old_row(sandbox, EDGES[1] + 2);
    run(sandbox, &["summarize"]);
    run(sandbox, PRUNE);
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    let recorded = format!(
        "SELECT networth FROM player_stats_history WHERE networth BETWEEN {} AND {} ORDER BY 1",
        EDGES[1] + 1,
        EDGES[1] + 2
    );
    assert_eq!(
        rows(&cold, &recorded),
        [(EDGES[1] + 1).to_string(), (EDGES[1] + 2).to_string()]
    );
}

#[test]
fn new_rows_get_ids_that_neither_the_old_database_nor_the_archive_has() {
    let (sandbox, backup) = with_archived_row();

    let restored = sandbox
        .run_at(IN_APRIL, &["restore", &backup, "--yes"])
        .expect(0)
        .stderr();

    assert!(
        restored.contains("is only there or, if `prune` has moved it, in cold.db"),
        "{restored}"
    );
    expect_a_prune_of_new_rows(&sandbox);
}

#[test]
fn the_archive_is_asked_when_the_old_database_is_lost() {
    let (sandbox, backup) = with_archived_row();
    sandbox.remove_database("a.db");

    run(&sandbox, &["restore", &backup, "--yes"]);

    expect_a_prune_of_new_rows(&sandbox);
}

#[test]
fn a_replaced_archive_is_put_back_by_the_command_that_the_restore_of_an_older_one_names() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let archive = |more: &[&str]| {
        let flags = [&["--archive", "cold.db", "--ignore-clock"], more].concat();
        prune(&sandbox, IN_APRIL, "a.db", &flags)
    };
    archive(&["--keep-months", "3"]).expect(0);
    sandbox
        .run_at(IN_APRIL, &["backup", "--database", "cold.db"])
        .expect(0);
    archive(&["--keep-months", "2"]).expect(0);

    let restore = ["restore", "latest", "--database", "cold.db"];
    let said = sandbox.run_at(IN_APRIL, &restore).expect(0).stderr();

    assert!(!said.contains("tornsnap import"), "{said}");
    let (_, command) = said.split_once("`tornsnap ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    archive(&["--keep-months", "2", "--dry-run"]).expect(78);
    let words: Vec<&str> = command.split(' ').collect();
    sandbox.run_at(IN_APRIL + 1, &words).expect(0);
    archive(&["--keep-months", "2", "--dry-run"]).expect(0);
}
