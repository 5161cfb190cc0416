//! `tornsnap backup`: every copy is verified, whatever happens while it is made.

mod concurrent;
mod folder;
mod identity;
mod no_manifest;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tornsnap::testing::model::DatabaseId;
use tornsnap::testing::model::format_bytes;
use tornsnap::testing::store::backup::{self, Manifest};
use tornsnap::testing::store::identity_of;

use crate::support::new_database::new_database;
use crate::support::{NOW, Sandbox, fill, native};

#[test]
fn a_backup_is_a_database_that_anybody_can_open_and_its_manifest_proves_it() {
    let sandbox = ready(500);

    let finished = sandbox.run(&["backup"]).expect(0);

    let file = sandbox.path("backups/tornsnap-20260401T120000Z.db");
    let header = fs::read(&file).unwrap();
    assert_eq!(
        &header[18..20],
        [1, 1],
        "no WAL: it opens where nothing can be written"
    );
    let manifest = Manifest::of(&file).unwrap();
    assert_eq!(
        finished.stderr(),
        format!(
            "verified backup: {} ({}, {} rows)\n",
            native("backups/tornsnap-20260401T120000Z.db"),
            format_bytes(manifest.bytes),
            manifest.total_rows()
        )
    );
    assert_eq!(manifest.tool, "tornsnap");
    assert_eq!((manifest.created_at, manifest.verified_at), (NOW, NOW));
    assert_eq!(manifest.rows["player_stats_history"], 500);
    assert_eq!(manifest.bytes, header.len() as u64);
    assert_eq!(manifest.check, "quick_check");
    #[cfg(unix)]
    for path in [&file, &Manifest::path_for(&file)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(hidden(&sandbox.path("backups")), Vec::<PathBuf>::new());
}

#[test]
fn a_backup_contains_rows_that_are_still_in_the_wal() {
    let sandbox = ready(10);
    let writer = sandbox.sqlite();
    writer
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE players SET name = 'Late'")
        .unwrap();

    sandbox.run(&["backup"]).expect(0);

    let copy = Connection::open(newest(&sandbox)).unwrap();
    let name: String = copy
        .query_row("SELECT name FROM players LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "Late");
}

#[test]
fn a_compressed_backup_is_smaller_and_just_as_proven() {
    let sandbox = ready(2000);

    let report = sandbox
        .run(&["backup", "--compress", "--json"])
        .expect(0)
        .json();

    let report = &report["backup"];
    assert_eq!(
        report["file"],
        native("backups/tornsnap-20260401T120000Z.db.zst")
    );
    assert!(report["bytes"].as_i64().unwrap() < report["database_bytes"].as_i64().unwrap() / 2);
    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
    assert_eq!(hidden(&sandbox.path("backups")), Vec::<PathBuf>::new());
}

#[test]
fn a_backup_never_overwrites_an_existing_file() {
    let sandbox = ready(1);
    sandbox.write(
        "backups/tornsnap-20260401T120000Z-2.db",
        "somebody's own file",
    );

    for _ in 0..3 {
        sandbox.run(&["backup"]).expect(0);
    }

    assert_eq!(
        backups(&sandbox),
        [
            "tornsnap-20260401T120000Z-2.db",
            "tornsnap-20260401T120000Z-3.db",
            "tornsnap-20260401T120000Z-3.db.json",
            "tornsnap-20260401T120000Z-4.db",
            "tornsnap-20260401T120000Z-4.db.json",
            "tornsnap-20260401T120000Z.db",
            "tornsnap-20260401T120000Z.db.json",
        ]
    );
    assert_eq!(
        fs::read_to_string(sandbox.path("backups/tornsnap-20260401T120000Z-2.db")).unwrap(),
        "somebody's own file"
    );
}

#[test]
fn rotation_removes_the_oldest_of_ours_and_nothing_else() {
    let sandbox = ready(1);
    sandbox.write("backups/notes.txt", "mine");
    sandbox.write("backups/tornsnap-20200101T000000Z.db", "has no manifest");
    sandbox.run_at(NOW - 500, &["backup"]).expect(0);
    let by_hand = sandbox.path("backups/before-the-war.db");
    fs::rename(newest(&sandbox), &by_hand).unwrap();
    fs::rename(
        sandbox.path("backups/tornsnap-20260401T115140Z.db.json"),
        Manifest::path_for(&by_hand),
    )
    .unwrap();
    // Another database's backups share the folder.
    new_database(&sandbox.path("other.db"));
    sandbox
        .run_at(
            NOW - 400,
            &["--database", "other.db", "backup", "--keep", "1"],
        )
        .expect(0);

    for day in 0..4 {
        sandbox
            .run_at(NOW + day * 86_400, &["backup", "--keep", "2"])
            .expect(0);
    }

    assert_eq!(
        backups(&sandbox),
        [
            "before-the-war.db",
            "before-the-war.db.json",
            "notes.txt",
            "other-20260401T115320Z.db",
            "other-20260401T115320Z.db.json",
            "tornsnap-20200101T000000Z.db",
            "tornsnap-20260403T120000Z.db",
            "tornsnap-20260403T120000Z.db.json",
            "tornsnap-20260404T120000Z.db",
            "tornsnap-20260404T120000Z.db.json",
        ]
    );
}

#[test]
fn a_clock_that_was_ahead_once_does_not_make_rotation_remove_the_new_backup() {
    let sandbox = ready(1);
    sandbox.run_at(NOW + 365 * 86_400, &["backup"]).expect(0);

    sandbox.run(&["backup", "--keep", "1"]).expect(0);

    assert!(
        sandbox
            .path("backups/tornsnap-20260401T120000Z.db")
            .exists()
    );
    assert!(
        sandbox
            .path("backups/tornsnap-20270401T120000Z.db")
            .exists(),
        "the newest is never removed either"
    );
}

#[test]
fn a_backup_much_smaller_than_the_last_is_pointed_out() {
    let sandbox = ready(20_000);
    sandbox.run(&["backup"]).expect(0);
    sandbox
        .sqlite()
        .execute_batch("DELETE FROM player_stats_history; VACUUM")
        .unwrap();

    let finished = sandbox.run_at(NOW + 60, &["backup"]).expect(0);

    assert!(
        finished
            .stderr()
            .contains("less than half of the last one's"),
        "{}",
        finished.stderr()
    );
}

#[test]
fn a_damaged_database_makes_no_backup_and_removes_none() {
    let sandbox = ready(5000);
    sandbox.run(&["backup"]).expect(0);
    let before = backups(&sandbox);
    let mut bytes = fs::read(sandbox.database()).unwrap();
    let page = root_page(&sandbox, "player_stats_history") * 4096;
    bytes[page..page + 512].fill(0xA5);
    fs::write(sandbox.database(), bytes).unwrap();

    let finished = sandbox
        .run_at(NOW + 60, &["backup", "--keep", "1"])
        .expect(79);

    assert!(
        finished.stderr().contains("tornsnap restore"),
        "{}",
        finished.stderr()
    );
    assert_eq!(backups(&sandbox), before);
    assert_eq!(hidden(&sandbox.path("backups")), Vec::<PathBuf>::new());
}

/// The zero-based number of the table's root page. The root of a large table is an interior page.
fn root_page(sandbox: &Sandbox, table: &str) -> usize {
    let page: i64 = sandbox.value(&format!(
        "SELECT rootpage - 1 FROM sqlite_schema WHERE name = '{table}'"
    ));
    usize::try_from(page).unwrap()
}

#[test]
fn two_backups_never_run_at_the_same_time() {
    let sandbox = ready(1);
    let _held = tornsnap::testing::store::Lock::take(&sandbox.database(), "backup").unwrap();

    sandbox.run(&["backup", "--wait", "0"]).expect(75);
}

#[test]
fn a_missing_database_or_an_unwritable_folder_is_refused() {
    let sandbox = Sandbox::new();
    let missing = sandbox.run(&["backup"]).expect(78);
    assert!(
        missing
            .stderr()
            .contains("neither a configuration nor a database")
    );
    assert!(
        !sandbox.path("tornsnap.db.backup.lock").exists(),
        "nothing is left behind"
    );

    let sandbox = ready(1);
    sandbox.write("taken", "a file");
    let taken = sandbox.run(&["backup", "--output", "taken"]).expect(78);
    assert!(taken.stderr().contains("taken is a file"));
    sandbox.run(&["backup", "--verify", "latest"]).expect(78);
    sandbox.run(&["backup", "--verify", "all"]).expect(78);
    sandbox
        .run(&["backup", "--verify", "backups/none.db"])
        .expect(78);
    sandbox.run(&["backup", "--verify", "taken"]).expect(78);
}

#[test]
fn temporary_files_of_another_database_are_left_alone() {
    let sandbox = ready(1);
    let other = sandbox.write("backups/.x-20260401T120000Z.db.0123abcd.partial", "at work");
    let foreign = sandbox.write("backups/.download.partial", "not ours at all");

    sandbox.run(&["backup"]).expect(0);

    assert!(other.exists() && foreign.exists());
}

#[cfg(unix)]
#[test]
fn an_unwritable_folder_is_reported_before_anything_is_copied() {
    let sandbox = ready(1);
    fs::create_dir(sandbox.path("closed")).unwrap();
    crate::support::set_mode(&sandbox.path("closed"), 0o500);
    if fs::write(sandbox.path("closed/probe"), "").is_ok() {
        return; // As root every folder can be written.
    }

    let finished = sandbox.run(&["backup", "--output", "closed"]).expect(78);

    assert!(
        finished.stderr().contains("who owns the folder"),
        "{}",
        finished.stderr()
    );
}

/// A sandbox with a database that has some history.
pub fn ready(rows: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    fill(&sandbox.sqlite(), rows);
    sandbox
}

/// Starts a command and kills it after a pause, unless it ends first.
pub fn kill_after(command: &mut Command, pause: Duration) {
    let mut child = command.spawn().unwrap();
    thread::sleep(pause);
    let _ = child.kill();
    child.wait().unwrap();
}

fn newest(sandbox: &Sandbox) -> PathBuf {
    let id = id_of(&sandbox.database());
    backup::newest_backup(&sandbox.path("backups"), &id, NOW + 86_400 * 7)
        .unwrap()
        .unwrap()
        .path
}

pub fn id_of(database: &Path) -> DatabaseId {
    identity_of(database).unwrap().id
}

pub fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with('.')
}

fn hidden(folder: &Path) -> Vec<PathBuf> {
    listed(folder)
        .into_iter()
        .filter(|path| is_hidden(path))
        .collect()
}

fn visible(folder: &Path) -> Vec<PathBuf> {
    listed(folder)
        .into_iter()
        .filter(|path| !is_hidden(path))
        .collect()
}

pub fn backups(sandbox: &Sandbox) -> Vec<String> {
    visible(&sandbox.path("backups"))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}
