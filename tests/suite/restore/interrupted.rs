//! A restore that a signal or a power cut ends.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use super::{ASIDE, BACKUP, change, dump, ready};
use crate::backup::kill_after;
use crate::support::{Dice, NOW, Sandbox, heavy};

#[test]
fn a_restore_cut_off_in_the_middle_says_so_and_is_finished_by_the_next() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let saved = dump(&sandbox.database());
    change(&sandbox.database());
    let changed = dump(&sandbox.database());
    // A power cut after the database was moved, before its WAL was moved and the backup was put in place.
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
        refused
            .stderr()
            .contains("run `tornsnap restore latest`, or `tornsnap restore FILE` with the backup"),
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
        remove_databases(&sandbox);
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
        let kept = kept_databases(&sandbox).filter(|path| dump(path) == changed);
        assert_eq!(kept.count(), 1, "the old one is kept once");
    }
    println!("killed: {olds} old, {news} new, {betweens} between");
}

/// Removes the database and all files beside it that have its name.
fn remove_databases(sandbox: &Sandbox) {
    for name in fs::read_dir(sandbox.path("")).unwrap() {
        let path = name.unwrap().path();
        if path.to_string_lossy().contains("tornsnap.db") && path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
}

/// The databases that a restore has put aside.
fn kept_databases(sandbox: &Sandbox) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(sandbox.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("before-restore"))
        .filter(|path| Connection::open(path).is_ok())
}
