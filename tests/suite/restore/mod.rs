//! `tornsnap restore`: afterwards the database is the backup or the old database, never a mixture.

mod ids;
mod interrupted;
mod leftovers;
mod lost;
mod properties;
mod unsound;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tornsnap::testing::store::Lock;
use tornsnap::testing::store::Store;
use tornsnap::testing::store::backup::Manifest;

use crate::backup::listed;
use crate::support::new_database::new_database;
use crate::support::{Sandbox, fill, rows};

#[test]
fn the_backup_replaces_the_database_and_the_old_one_is_kept() {
    let sandbox = ready();
    let saved = dump(&sandbox.database());
    sandbox.run(&["backup"]).expect(0);
    change(&sandbox.database());
    let changed = dump(&sandbox.database());

    let finished = sandbox.run(&["restore", BACKUP, "--yes"]).expect(0);

    assert_eq!(
        finished.stderr(),
        format!(
            "restored tornsnap.db from backups/tornsnap-20260401T120000Z.db, made at 2026-04-01T12:00:00Z ({} rows); \
             the old one is tornsnap.db.before-restore-20260401T120000Z, and what was recorded after the backup is only \
             there: if it is sound, run `tornsnap import tornsnap.db.before-restore-20260401T120000Z` before the next prune\n",
            Manifest::of(&sandbox.path(BACKUP)).unwrap().total_rows()
        )
    );
    assert_eq!(dump(&sandbox.database()), saved);
    assert_eq!(dump(&sandbox.path(ASIDE)), changed);
    assert_eq!(sandbox.value::<String>("PRAGMA journal_mode"), "wal");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(sandbox.database())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The kept database can be restored in turn.
    sandbox
        .run(&["restore", ASIDE, "--without-manifest", "--yes"])
        .expect(0);
    assert_eq!(dump(&sandbox.database()), changed);
}

#[cfg(unix)]
#[test]
fn a_signal_or_a_no_at_the_question_changes_nothing() {
    use crate::support::pty::{CTRL_C, Pty};

    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    change(&sandbox.database());
    let before = dump(&sandbox.database());
    let start = || {
        let mut pty = Pty::start(&sandbox.command(&["restore", BACKUP]), 60);
        pty.expect("[y/N]");
        pty
    };
    for (end, exit) in [(CTRL_C, 130), ("\r", 0), ("no\r", 0)] {
        let mut pty = start();
        pty.send(end);
        pty.expect_exit(exit);
        assert!(
            !pty.raw().contains("\u{1b}[?25l") || pty.raw().contains("\u{1b}[?25h"),
            "{}",
            pty.raw()
        );
        assert!(pty.shows_typing());
    }
    for (signal, exit) in [("TERM", 143), ("INT", 130)] {
        let mut pty = start();
        pty.signal(signal);
        pty.expect_exit(exit);
        assert!(
            !pty.raw().contains("\u{1b}[?25l") || pty.raw().contains("\u{1b}[?25h"),
            "{}",
            pty.raw()
        );
        assert!(pty.shows_typing());
    }
    assert_eq!(dump(&sandbox.database()), before);
    assert!(!sandbox.path(ASIDE).exists());

    let mut pty = start();
    pty.send("y\r");
    pty.expect_exit(0);
    assert_eq!(dump(&sandbox.path(ASIDE)), before);
}

const BACKUP: &str = "backups/tornsnap-20260401T120000Z.db";
const ASIDE: &str = "tornsnap.db.before-restore-20260401T120000Z";

#[test]
fn a_compressed_backup_and_the_latest_one_can_be_restored_elsewhere() {
    let sandbox = ready();
    sandbox.run(&["backup", "--compress"]).expect(0);
    let before = fs::read(sandbox.database()).unwrap();

    let report = sandbox
        .run(&["restore", "latest", "--to", "new/copy.db", "--json"])
        .expect(0)
        .json();

    assert_eq!(report["kept"], serde_json::Value::Null);
    assert_eq!(report["proven"], true);
    assert_eq!(
        dump(&sandbox.path("new/copy.db")),
        dump(&sandbox.database())
    );
    assert_eq!(fs::read(sandbox.database()).unwrap(), before);
}

#[test]
fn without_a_terminal_nothing_is_asked_and_the_present_database_is_put_aside() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);

    sandbox.run(&["restore", BACKUP]).expect(0);

    assert_eq!(dump(&sandbox.path(ASIDE)), dump(&sandbox.database()));
}

/// Names and bytes of all files except locks and `-shm`, which is shared memory.
fn listing(sandbox: &Sandbox) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = ["", "backups"]
        .iter()
        .flat_map(|folder| fs::read_dir(sandbox.path(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.is_file()
                && !path.to_string_lossy().ends_with(".lock")
                && !path.to_string_lossy().ends_with("-shm")
        })
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_restore_waits_for_other_runs_and_programs() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    for kind in [
        "players",
        "factions",
        "wars",
        "territories",
        "maintenance",
        "backup",
    ] {
        let _held = Lock::take(&sandbox.database(), kind).unwrap();
        sandbox
            .run(&["restore", BACKUP, "--yes", "--wait", "0"])
            .expect(75);
    }
    let shell = sandbox.sqlite();
    shell.execute_batch("SELECT count(*) FROM players").unwrap();

    let finished = sandbox.run(&["restore", BACKUP, "--yes"]).expect(75);

    assert!(finished.stderr().contains("another program has it open"));
    assert!(!sandbox.path(ASIDE).exists());
    drop(shell);
    sandbox.run(&["restore", BACKUP, "--yes"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_its_locks_count() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    fs::create_dir(sandbox.path("disk")).unwrap();
    fs::rename(sandbox.database(), sandbox.path("disk/real.db")).unwrap();
    std::os::unix::fs::symlink("disk/real.db", sandbox.database()).unwrap();
    let held = Lock::take(&sandbox.database(), "players").unwrap();
    sandbox
        .run(&["restore", BACKUP, "--yes", "--wait", "0"])
        .expect(75);
    drop(held);

    sandbox.run(&["restore", BACKUP, "--yes"]).expect(0);

    assert!(sandbox.database().is_symlink());
    assert!(
        sandbox
            .path("disk/real.db.before-restore-20260401T120000Z")
            .exists()
    );
}

#[test]
fn a_damaged_database_with_its_wal_is_moved_as_it_is() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let saved = dump(&sandbox.database());
    sandbox.write(
        "tornsnap.db",
        "this was a database once, and is not any more",
    );
    sandbox.write("tornsnap.db-wal", "and this was its log");

    sandbox.run(&["restore", BACKUP, "--yes"]).expect(0);

    assert_eq!(dump(&sandbox.database()), saved);
    assert!(
        fs::read_to_string(sandbox.path(ASIDE))
            .unwrap()
            .starts_with("this was")
    );
    assert!(
        fs::read_to_string(sandbox.path(&format!("{ASIDE}-wal")))
            .unwrap()
            .starts_with("and this")
    );
}

#[test]
fn a_wal_without_its_database_does_not_touch_the_restored_one() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let saved = dump(&sandbox.database());
    let writer = sandbox.sqlite();
    writer
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE players SET name = 'Stale'")
        .unwrap();
    let wal = fs::read(sandbox.path("tornsnap.db-wal")).unwrap();
    drop(writer);
    fs::remove_file(sandbox.database()).unwrap();
    fs::write(sandbox.path("tornsnap.db-wal"), wal).unwrap();

    sandbox.run(&["restore", BACKUP]).expect(0);

    assert_eq!(dump(&sandbox.database()), saved);
}

#[test]
fn a_database_put_in_place_by_hand_is_in_wal_mode_after_its_first_use() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    fs::copy(sandbox.path(BACKUP), sandbox.database()).unwrap();
    assert_eq!(sandbox.value::<String>("PRAGMA journal_mode"), "delete");

    drop(Store::open(&sandbox.database()).unwrap());

    assert_eq!(sandbox.value::<String>("PRAGMA journal_mode"), "wal");
}

fn ready() -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    fill(&sandbox.sqlite(), 200);
    sandbox
}

fn change(database: &Path) {
    Connection::open(database)
        .unwrap()
        .execute_batch(
            "DELETE FROM player_stats_history WHERE id % 2; UPDATE players SET level = 99;
             INSERT INTO factions (faction_id, name) VALUES (8, 'Eight');",
        )
        .unwrap();
}

/// The schema and all rows of a database.
fn dump(database: &Path) -> Vec<String> {
    assert!(database.exists());
    let connection = Connection::open(database).unwrap();
    let mut found = rows(
        &connection,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
    );
    let tables = rows(
        &connection,
        // `backup_folders` is written after the copy is made, so the copy lacks the newest row.
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'backup_folders' ORDER BY name",
    );
    for table in tables {
        for row in rows(
            &connection,
            &format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"),
        ) {
            found.push(format!("{table}: {row}"));
        }
    }
    found
}

#[test]
fn a_database_that_cannot_be_asked_for_its_id_is_not_replaced() {
    let sandbox = ready();
    fs::create_dir(sandbox.path("other")).unwrap();
    new_database(&sandbox.path("other/tornsnap.db"));
    sandbox
        .run(&[
            "backup",
            "--output",
            "theirs",
            "--database",
            "other/tornsnap.db",
        ])
        .expect(0);
    let theirs = listed(&sandbox.path("theirs"));
    let theirs = theirs
        .iter()
        .find(|path| path.extension().is_some_and(|end| end == "db"))
        .unwrap();
    let holder = sandbox.sqlite();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();

    let arguments = ["restore", theirs.to_str().unwrap(), "--yes", "--wait", "0"];
    let finished = sandbox.run(&arguments).expect(75);

    assert!(
        finished.stderr().contains("keeps it locked"),
        "{}",
        finished.stderr()
    );
    drop(holder);
    sandbox.run(&arguments).expect(78);
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_not_replaced_by_a_file() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    std::os::unix::fs::symlink("mnt/t.db", sandbox.path("t.db")).unwrap();

    let finished = sandbox
        .run(&["restore", "latest", "--to", "t.db", "--yes"])
        .expect(78);

    assert!(
        finished
            .stderr()
            .contains("a link to a file that is not there")
    );
    assert!(sandbox.path("t.db").is_symlink());
}
