//! `tornsnap restore`: the backup or what was there before, and never anything in between.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;
use tornsnap::testing::store::Lock;
use tornsnap::testing::store::backup::{self, Manifest, Request};
use tornsnap::testing::store::restore::{self, Locks};
use tornsnap::testing::store::{Depth, Store};

use crate::backup::{kill_after, listed};
use crate::support::{Dice, NOW, Sandbox, fill, heavy, rows};

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
            "restored tornsnap.db from backups/tornsnap-20260401T120000Z.db ({} rows); \
             the old one is tornsnap.db.before-restore-20260401T120000Z\n",
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
    // And back again: what was kept is a database like any other.
    sandbox
        .run(&["restore", ASIDE, "--without-manifest", "--yes"])
        .expect(0);
    assert_eq!(dump(&sandbox.database()), changed);
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

#[test]
fn a_file_that_is_no_sound_backup_is_refused_and_changes_nothing() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox
        .run_at(NOW + 60, &["backup", "--compress"])
        .expect(0);
    sandbox.write("empty.db", "");
    sandbox.write("text.db", "Dear diary, this is not a database at all.");
    fs::create_dir(sandbox.path("folder")).unwrap();
    Connection::open(sandbox.path("other.db"))
        .unwrap()
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)")
        .unwrap();
    Connection::open(sandbox.path("bare.db"))
        .unwrap()
        .execute_batch("VACUUM")
        .unwrap();
    newer_schema(&sandbox, "newer.db");
    damaged(&sandbox, BACKUP, "damaged.db");
    damaged(
        &sandbox,
        "backups/tornsnap-20260401T120100Z.db.zst",
        "damaged.db.zst",
    );
    let whole = fs::read(sandbox.path(BACKUP)).unwrap();
    fs::write(sandbox.path("short.db"), &whole[..whole.len() / 2]).unwrap();
    fs::copy(
        Manifest::path_for(&sandbox.path(BACKUP)),
        sandbox.path("short.db.json"),
    )
    .unwrap();
    let before = listing(&sandbox);

    for (arguments, code, why) in [
        (&["none.db"][..], 78, "there is no such file"),
        (&["folder"], 78, "it is a folder"),
        (&["text.db"], 78, "manifest text.db.json is not there"),
        (
            &["text.db", "--without-manifest"],
            78,
            "neither an SQLite database",
        ),
        (&["empty.db", "--without-manifest"], 78, "it is empty"),
        (&["bare.db", "--without-manifest"], 78, "without any table"),
        (
            &["other.db", "--without-manifest"],
            78,
            "belongs to another program",
        ),
        (
            &["newer.db", "--without-manifest"],
            78,
            "a newer tornsnap wrote it",
        ),
        (&["damaged.db"], 79, "SHA-256 differs"),
        (&["damaged.db.zst"], 79, "damaged.db.zst"),
        (&["short.db"], 79, "its manifest says"),
        (&["short.db", "--without-manifest"], 79, "because"),
    ] {
        let mut all = vec!["restore", "--yes"];
        all.extend(arguments);
        let finished = sandbox.run(&all).expect(code);
        assert!(
            finished.stderr().contains(why),
            "{arguments:?}: {}",
            finished.stderr()
        );
        assert!(
            finished.stderr().contains("  try: "),
            "{arguments:?}: {}",
            finished.stderr()
        );
        assert_eq!(listing(&sandbox), before, "{arguments:?}");
    }
}

/// Names and bytes of all files, but for locks, and the `-shm` that is only shared memory.
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

fn newer_schema(sandbox: &Sandbox, name: &str) {
    fs::copy(sandbox.path(BACKUP), sandbox.path(name)).unwrap();
    Connection::open(sandbox.path(name))
        .unwrap()
        .execute_batch("INSERT INTO schema_version (version) VALUES (999)")
        .unwrap();
}

fn damaged(sandbox: &Sandbox, from: &str, to: &str) {
    let mut bytes = fs::read(sandbox.path(from)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(sandbox.path(to), bytes).unwrap();
    fs::copy(
        Manifest::path_for(&sandbox.path(from)),
        Manifest::path_for(&sandbox.path(to)),
    )
    .unwrap();
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

#[test]
fn a_restore_cut_off_in_the_middle_says_so_and_is_finished_by_the_next() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let saved = dump(&sandbox.database());
    change(&sandbox.database());
    let changed = dump(&sandbox.database());
    // As a power cut leaves it: the database is moved, its log not yet, the new one not in place.
    sandbox.write(
        "tornsnap.db.restoring",
        sandbox.path(ASIDE).to_str().unwrap(),
    );
    let writer = sandbox.sqlite();
    writer
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE players SET name = 'Last'")
        .unwrap();
    let wal = fs::read(sandbox.path("tornsnap.db-wal")).unwrap();
    drop(writer);
    fs::rename(sandbox.database(), sandbox.path(ASIDE)).unwrap();
    fs::write(sandbox.path("tornsnap.db-wal"), wal).unwrap();

    let refused = sandbox.run(&["backup"]).expect(78);
    assert!(
        refused.stderr().contains("run `tornsnap restore` again"),
        "{}",
        refused.stderr()
    );
    let refused = Store::create(&sandbox.database()).unwrap_err();
    assert_eq!(refused.exit().code(), 78, "no new one is made over it");
    sandbox.run_at(NOW + 9, &["restore", BACKUP]).expect(0);

    assert_eq!(dump(&sandbox.database()), saved);
    assert!(!sandbox.path("tornsnap.db.restoring").exists());
    let old = dump(&sandbox.path(ASIDE));
    assert_ne!(old, changed);
    assert!(
        old.iter().any(|row| row.contains("Last")),
        "its log went with it"
    );
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
fn a_restore_killed_at_any_moment_leaves_the_old_or_the_new() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox
        .run_at(NOW + 60, &["backup", "--compress"])
        .expect(0);
    let saved = dump(&sandbox.database());
    change(&sandbox.database());
    let changed = dump(&sandbox.database());
    let original = fs::read(sandbox.database()).unwrap();
    let mut dice = Dice::new(11);
    let usual = {
        let begun = Instant::now();
        sandbox
            .run(&["restore", "latest", "--to", "elsewhere.db"])
            .expect(0);
        begun.elapsed()
    };
    let (mut olds, mut news, mut betweens) = (0, 0, 0);

    for number in 0..heavy(300, 15) {
        for name in fs::read_dir(sandbox.path("")).unwrap() {
            let path = name.unwrap().path();
            if path.to_string_lossy().contains("tornsnap.db") && path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
        fs::write(sandbox.database(), &original).unwrap();
        let backup = match number % 2 {
            0 => BACKUP,
            _ => "backups/tornsnap-20260401T120100Z.db.zst",
        };
        let pause = dice.below(u64::try_from(usual.as_micros()).unwrap() * 6 / 5);
        kill_after(
            &mut sandbox.command(&["restore", backup, "--yes"]),
            Duration::from_micros(pause),
        );

        if sandbox.database().exists() {
            let found = dump(&sandbox.database());
            if found == changed {
                olds += 1;
            } else {
                assert_eq!(found, saved);
                assert_eq!(dump(&sandbox.path(ASIDE)), changed);
                news += 1;
            }
        } else {
            betweens += 1;
            assert_eq!(dump(&sandbox.path(ASIDE)), changed);
        }
        sandbox
            .run_at(NOW + 1 + number, &["restore", backup, "--yes"])
            .expect(0);
        assert_eq!(dump(&sandbox.database()), saved);
        assert!(!sandbox.path("tornsnap.db.restoring").exists());
        let kept = fs::read_dir(sandbox.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("before-restore"))
            .filter(|path| Connection::open(path).is_ok() && dump(path) == changed)
            .count();
        assert_eq!(kept, 1, "the old one is kept once");
    }
    println!("killed: {olds} old, {news} new, {betweens} between");
}

#[test]
fn any_history_is_restored_as_it_was_backed_up() {
    let mut runner = TestRunner::new(Config {
        cases: u32::try_from(heavy(500, 20)).unwrap(),
        failure_persistence: None,
        ..Config::default()
    });
    let history = prop::collection::vec(
        (
            1..6_i64,
            any::<i32>(),
            prop::option::of(0..i64::MAX),
            prop::option::of(any::<i64>()),
            prop::option::of("\\PC{0,12}"),
        ),
        0..60,
    );
    runner
        .run(&(history, any::<bool>(), any::<bool>()), |(history, compress, in_wal)| {
            let sandbox = Sandbox::new();
            let database = sandbox.database();
            drop(Store::create(&database).unwrap());
            let writer = Connection::open(&database).unwrap();
            writer
                .execute_batch(
                    "PRAGMA wal_autocheckpoint = 0; BEGIN;
                     INSERT INTO players (player_id, name) VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d'),(5,'e');",
                )
                .unwrap();
            for (player, time, strength, networth, source) in history {
                writer
                    .execute(
                        "INSERT INTO player_stats_history (player_id, timestamp, strength, networth, data_source)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                        rusqlite::params![player, time, strength, networth, source],
                    )
                    .unwrap();
            }
            writer.execute_batch("COMMIT").unwrap();
            let saved = dump(&database);
            let open = in_wal.then_some(writer);

            let lock = Lock::take(&database, backup::LOCK).unwrap();
            let directory = sandbox.path("backups");
            let request = Request {
                database: &database,
                directory: &directory,
                compress,
                depth: Depth::Full,
                keep: None,
                new_folder: false,
                now: NOW,
            };
            let manifest = backup::take(&request, &lock).unwrap().manifest;
            drop(open);
            let target = sandbox.path("restored.db");
            let locks = Locks::take(&target).unwrap();
            let staged = restore::stage(&manifest, &target, &locks).unwrap();
            restore::swap(&staged, &target, NOW, &locks).unwrap();

            prop_assert_eq!(dump(&target), saved);
            Ok(())
        })
        .unwrap();
}

fn ready() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
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

/// Everything that is in a database, row by row.
fn dump(database: &Path) -> Vec<String> {
    assert!(database.exists());
    let connection = Connection::open(database).unwrap();
    let mut found = rows(
        &connection,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
    );
    let tables = rows(
        &connection,
        // Where backups went is remembered after the copy is made, so that the copy cannot know it.
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
    drop(Store::create(&sandbox.path("other/tornsnap.db")).unwrap());
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
