//! `tornsnap backup` into unmounted folders and beside backups from the future, and the checks that it makes.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use tornsnap::testing::store::Store;
use tornsnap::testing::store::backup::Manifest;

use crate::backup::{backups, ready};
use crate::health::check;
use crate::support::{DAY, Finished, NOW, Sandbox};

pub fn has(finished: &Finished, words: &str) {
    let told = finished.stderr();
    assert!(told.contains(words), "{words:?} is not in: {told}");
}

#[test]
fn a_backup_from_a_clock_that_was_ahead_is_neither_latest_nor_counted_nor_removed() {
    let sandbox = ready(10);
    sandbox.run_at(NOW + 400 * DAY, &["backup"]).expect(0);
    let ahead = "backups/tornsnap-20270506T120000Z.db";
    assert!(sandbox.path(ahead).exists());
    let refused = sandbox.run(&["restore", "latest"]).expect(78);
    has(&refused, "a clock that was ahead");
    sandbox
        .sqlite()
        .execute("UPDATE players SET name = 'Newer'", [])
        .unwrap();

    for day in 0..4 {
        let finished = sandbox
            .run_at(NOW + day * DAY, &["backup", "--keep", "2"])
            .expect(0);
        has(
            &finished,
            "tornsnap-20270506T120000Z.db was made at 2027-05-06",
        );
    }
    let now = NOW + 3 * DAY;
    assert_eq!(backups(&sandbox).len(), 6, "two that count, and that one");
    assert!(sandbox.path(ahead).exists());
    let verified = sandbox
        .run_at(now, &["backup", "--verify", "latest", "--json"])
        .expect(0)
        .json();
    assert_eq!(verified["verified"][0]["created_at"], now);
    sandbox.run_at(now, &["restore", "latest"]).expect(0);
    assert_eq!(
        sandbox.value::<String>("SELECT name FROM players LIMIT 1"),
        "Newer"
    );
    let all = sandbox
        .run_at(now, &["backup", "--verify", "all", "--json"])
        .expect(0)
        .json();
    assert_eq!(all["verified"].as_array().unwrap().len(), 3);
    let listed = sandbox.run_at(now, &["backup", "--list"]).expect(0);
    assert!(listed.stdout().contains("made by a clock that was ahead"));
}

/// Records a fetch that has compared the clock with Torn's.
fn record_fetch(sandbox: &Sandbox, at: i64) {
    let run = format!(
        "INSERT INTO fetch_runs (kind, started_at, finished_at, status, entities, requests, torn_at)
         VALUES ('wars', {at}, {at}, 'ok', 1, 1, {at})"
    );
    sandbox.sqlite().execute_batch(&run).unwrap();
}

fn latest(sandbox: &Sandbox, now: i64) -> i64 {
    let verified = sandbox
        .run_at(now, &["backup", "--verify", "latest", "--json"])
        .expect(0)
        .json();
    verified["verified"][0]["created_at"].as_i64().unwrap()
}

#[test]
fn a_backup_from_a_clock_that_was_ahead_is_not_the_latest_when_its_time_comes_either() {
    for notices in [&["backup"][..], &["prune", "--future", "--without-backup"]] {
        let sandbox = ready(10);
        sandbox.run_at(NOW - DAY, &["backup"]).expect(0);
        sandbox.run_at(NOW + 40 * DAY, &["backup"]).expect(0);
        record_fetch(&sandbox, NOW + 40 * DAY);
        record_fetch(&sandbox, NOW - 60);

        sandbox.run(notices).expect(0);

        let right = if notices == ["backup"] {
            NOW
        } else {
            NOW - DAY
        };
        let later = NOW + 41 * DAY;
        assert_eq!(latest(&sandbox, later), right, "{notices:?}");
        let listed = sandbox.run_at(later, &["backup", "--list"]).expect(0);
        assert!(
            listed.stdout().contains("made by a clock that was ahead"),
            "{}",
            listed.stdout()
        );
        let health = sandbox.run_at(later, &["health", "--json"]).json();
        assert_ne!(check(&health, "backup").unwrap()["state"], "ok");
        assert_eq!(check(&health, "backup_dates").unwrap()["state"], "warning");
    }
}

#[test]
fn a_clock_that_has_gone_back_calls_no_newer_backup_one_of_a_clock_that_was_ahead() {
    let sandbox = ready(10);
    let behind = NOW - 40 * DAY;
    for at in [behind - 60, NOW - 60] {
        record_fetch(&sandbox, at);
    }
    sandbox.run(&["backup"]).expect(0);

    sandbox.run_at(behind, &["backup"]).expect(0);

    assert_eq!(latest(&sandbox, NOW), NOW);
    let listed = sandbox.run(&["backup", "--list"]).expect(0);
    assert!(!listed.stdout().contains("ahead"), "{}", listed.stdout());
}

#[test]
fn the_backups_in_other_folders_are_noted_too_and_without_rows_from_the_future() {
    let sandbox = ready(10);
    let to_usb = ["backup", "--output", "usb"];
    sandbox.run_at(NOW - DAY, &to_usb).expect(0);
    sandbox.run_at(NOW + 40 * DAY, &to_usb).expect(0);
    record_fetch(&sandbox, NOW - 60);

    sandbox
        .run(&["prune", "--future", "--without-backup"])
        .expect(0);

    let verified = sandbox
        .run_at(
            NOW + 41 * DAY,
            &["backup", "--output", "usb", "--verify", "latest", "--json"],
        )
        .expect(0)
        .json();
    assert_eq!(verified["verified"][0]["created_at"], NOW - DAY);
}

#[test]
fn a_clock_that_is_behind_does_not_make_earlier_backups_wrong() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    record_fetch(&sandbox, NOW);
    sandbox.run_at(NOW - 100 * DAY, &["backup"]).expect(0);

    assert_eq!(latest(&sandbox, NOW + DAY), NOW);
}

#[test]
fn a_clock_that_is_hours_ahead_makes_backups_like_any_other() {
    let sandbox = ready(10);
    sandbox.run_at(NOW + DAY - 60, &["backup"]).expect(0);

    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
}

#[test]
fn a_folder_that_lost_its_backups_is_used_again_only_with_new_folder() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    assert_eq!(
        sandbox.rows("SELECT last_backup_at, last_file FROM backup_folders"),
        [format!("{NOW}|tornsnap-20260401T120000Z.db")]
    );
    fs::rename(sandbox.path("backups"), sandbox.path("the-usb-disk")).unwrap();

    // An unmounted disk leaves a missing folder or an empty mount point.
    for is_there in [false, true] {
        if is_there {
            fs::create_dir(sandbox.path("backups")).unwrap();
        }
        let refused = sandbox.run_at(NOW + 1, &["backup"]).expect(78);
        has(&refused, "there were backups of this database here");
        has(&refused, "mount the disk");
        has(&refused, "--new-folder");
        assert_eq!(sandbox.path("backups").exists(), is_there);
    }
    // Another spelling of the path and backups of other databases make no difference.
    let spelled = sandbox.path("x/../backups");
    sandbox
        .run_at(NOW + 1, &["backup", "--output", spelled.to_str().unwrap()])
        .expect(78);
    drop(Store::create(&sandbox.path("b.db")).unwrap());
    sandbox
        .run_at(NOW + 1, &["--database", "b.db", "backup"])
        .expect(0);
    sandbox.run_at(NOW + 1, &["backup"]).expect(78);

    sandbox
        .run_at(NOW + 2, &["backup", "--new-folder"])
        .expect(0);
    sandbox.run_at(NOW + 3, &["backup"]).expect(0);
    // A folder that never held a backup is created without a warning.
    sandbox
        .run_at(NOW + 4, &["backup", "--output", "elsewhere/deep"])
        .expect(0);
}

#[test]
fn the_list_of_a_missing_folder_says_so_and_names_the_backup_that_was_written_to_it() {
    let sandbox = ready(10);
    let list = || sandbox.run(&["backup", "--list"]).expect(0).stderr();
    assert!(list().contains(
        "the folder backups is not there, and no backup of this database in it is known"
    ));
    sandbox.run(&["backup"]).expect(0);
    fs::rename(sandbox.path("backups"), sandbox.path("the-usb-disk")).unwrap();

    let expected = "the folder backups is not there, but backups of this database were written to it, the last at \
                    2026-04-01T12:00:00Z: tornsnap-20260401T120000Z.db; is its disk mounted?\n";
    assert!(list().ends_with(expected), "{}", list());
}

#[test]
fn summarize_makes_no_backup_in_a_folder_that_lost_them() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    fs::remove_dir_all(sandbox.path("backups")).unwrap();

    let refused = sandbox
        .run_at(NOW + 35 * DAY, &["summarize", "--json"])
        .expect(78);

    has(&refused, "tornsnap backup --new-folder");
    assert_eq!(refused.json()["exit_code"], 78);
    assert!(!sandbox.path("backups").exists());
}

#[test]
fn a_database_that_is_locked_is_backed_up_and_the_folder_is_not_remembered() {
    let sandbox = ready(10);
    let writer = sandbox.sqlite();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();

    let finished = sandbox.run(&["backup"]).expect(0);

    has(&finished, "does not remember its folder");
    writer.execute_batch("ROLLBACK").unwrap();
    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_missing_disk_is_named_in_the_error() {
    let sandbox = ready(10);
    std::os::unix::fs::symlink("/mnt/no-such-disk/backups", sandbox.path("backups")).unwrap();

    for output in ["backups", "backups/tornsnap"] {
        let refused = sandbox.run(&["backup", "--output", output]).expect(78);
        has(
            &refused,
            "is a link to /mnt/no-such-disk/backups, which is not there",
        );
    }
}

#[test]
fn verifying_the_latest_backup_counts_as_verified_for_prune() {
    let sandbox = ready(4000); // Eleven days.
    sandbox.run(&["backup"]).expect(0);
    let later = NOW + 90 * DAY;
    sandbox
        .run_at(later, &["summarize", "--no-backup"])
        .expect(0);
    let prune = [
        "prune",
        "--keep-months",
        "1",
        "--allow-large",
        "--ignore-clock",
    ];
    let refused = sandbox.run_at(later, &prune).expect(78);
    has(&refused, "no backup was verified in the last 7 days");

    sandbox
        .run_at(later, &["backup", "--verify", "latest"])
        .expect(0);

    sandbox.run_at(later, &prune).expect(0);
    // The verification changes `verified_at` only.
    let manifest = Manifest::of(&sandbox.path("backups/tornsnap-20260401T120000Z.db")).unwrap();
    assert_eq!((manifest.created_at, manifest.verified_at), (NOW, later));
}

#[cfg(unix)]
#[test]
fn a_backup_in_a_folder_that_cannot_be_written_is_verified_all_the_same() {
    use crate::support::set_mode;

    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    set_mode(&sandbox.path("backups"), 0o500);
    if fs::write(sandbox.path("backups/probe"), "").is_ok() {
        return; // As root every folder can be written.
    }

    let finished = sandbox.run(&["backup", "--verify", "latest"]).expect(0);

    has(&finished, "does not remember");
    set_mode(&sandbox.path("backups"), 0o700);
}

#[test]
fn only_a_deep_check_reads_each_index_entry_and_a_quick_one_counts_them() {
    let sandbox = ready(500);
    without_index(
        &sandbox,
        "UPDATE players SET faction_id = NULL WHERE player_id = 3",
    );
    let report = sandbox.run(&["backup", "--json"]).expect(0).json();
    assert_eq!(report["backup"]["check"], "quick_check");
    sandbox
        .run_at(NOW + 1, &["backup", "--deep", "--keep", "1"])
        .expect(79);
    sandbox
        .run(&["backup", "--verify", "latest", "--deep"])
        .expect(79);

    without_index(&sandbox, "DELETE FROM players WHERE player_id = 10");
    sandbox
        .sqlite()
        .execute("DELETE FROM player_stats_history WHERE player_id = 10", [])
        .unwrap();
    let damaged = sandbox.run_at(NOW + 2, &["backup"]).expect(79);
    has(&damaged, "wrong # of entries in index");
}

/// An index as `sqlite_schema` has it.
struct IndexEntry {
    rowid: i64,
    name: String,
    root_page: i64,
    sql: String,
}

/// Runs a statement that leaves an index of `players` as it was, so that index and table disagree.
fn without_index(sandbox: &Sandbox, statement: &str) {
    let index = "idx_player_faction";
    let hide = sandbox.sqlite();
    let entry = hide
        .query_row(
            "SELECT rowid, name, rootpage, sql FROM sqlite_schema
             WHERE type = 'index' AND tbl_name = 'players' AND sql IS NOT NULL",
            [],
            |row| {
                Ok(IndexEntry {
                    rowid: row.get("rowid")?,
                    name: row.get("name")?,
                    root_page: row.get("rootpage")?,
                    sql: row.get("sql")?,
                })
            },
        )
        .unwrap_or_else(|error| panic!("{index}: {error}"));
    hide.execute_batch("PRAGMA writable_schema = ON").unwrap();
    hide.execute("DELETE FROM sqlite_schema WHERE rowid = ?1", [entry.rowid])
        .unwrap();
    drop(hide);
    let change = sandbox.sqlite();
    change.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    change.execute(statement, []).unwrap();
    change.execute_batch("PRAGMA writable_schema = ON").unwrap();
    change
        .execute(
            "INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql)
             VALUES (?1, 'index', ?2, 'players', ?3, ?4)",
            rusqlite::params![entry.rowid, entry.name, entry.root_page, entry.sql],
        )
        .unwrap();
}

#[test]
fn a_backup_keeps_everything_in_the_database_file() {
    let sandbox = ready(50);
    let shell = sandbox.sqlite();
    shell
        .execute_batch(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
             INSERT INTO notes (id, text) VALUES (41, 'mine'); DELETE FROM notes;
             CREATE INDEX my_index ON players (name);
             CREATE VIEW my_view AS SELECT name FROM players;",
        )
        .unwrap();
    drop(shell);
    sandbox.run(&["backup", "--compress"]).expect(0);

    sandbox
        .run(&["restore", "latest", "--to", "copy.db"])
        .expect(0);

    let copy = Connection::open(sandbox.path("copy.db")).unwrap();
    let value = |sql: &str| -> i64 { copy.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(value("PRAGMA application_id"), 0x5453_4E50);
    assert_eq!(value("PRAGMA auto_vacuum"), 2);
    assert_eq!(value("SELECT count(*) FROM my_view"), 10);
    copy.execute("INSERT INTO notes (text) VALUES ('next')", [])
        .unwrap();
    assert_eq!(value("SELECT max(id) FROM notes"), 42);
    assert_eq!(
        value("SELECT count(*) FROM sqlite_schema WHERE name = 'my_index'"),
        1
    );
}

#[test]
fn a_manifest_without_its_backup_is_not_the_latest() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    sandbox.run_at(NOW + 1, &["backup"]).expect(0);
    fs::remove_file(sandbox.path("backups/tornsnap-20260401T120001Z.db")).unwrap();

    let finished = sandbox
        .run_at(NOW + 2, &["restore", "latest", "--json"])
        .expect(0);

    let file = PathBuf::from(finished.json()["backup"].as_str().unwrap());
    assert!(file.ends_with("tornsnap-20260401T120000Z.db"));
}
