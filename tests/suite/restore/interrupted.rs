//! A restore that a signal or a power cut ends.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use super::{ASIDE, BACKUP, change, dump, ready};
use crate::backup::kill_after;
use crate::support::{Dice, NOW, Sandbox, heavy};
#[cfg(target_os = "linux")]
use crate::support::{
    skipped,
    strace::{may_trace, traced},
};

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
            .contains("`tornsnap restore latest --database "),
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

/// The database was moved back by hand, so no command asks for another restore.
#[cfg(target_os = "linux")]
#[test]
fn the_next_backup_removes_what_an_interrupted_restore_has_left() {
    if !may_trace() {
        skipped("strace may not trace here");
        return;
    }
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let before = sandbox.names();
    for number in 1..20 {
        let inject = format!("inject=rename:signal=KILL:when={number}");
        let options = ["-f", "-e", "trace=rename", "-e", &inject];
        let restore = sandbox.command(&["restore", "latest"]);
        traced(&restore, &options, &sandbox.path("trace"))
            .output()
            .unwrap();
        if !sandbox.database().exists() {
            break;
        }
    }
    let left = |end: &str| sandbox.names().iter().any(|name| name.ends_with(end));
    assert!(left(".restoring") && left(".partial"));
    fs::rename(sandbox.path(ASIDE), sandbox.database()).unwrap();
    fs::remove_file(sandbox.path("trace")).unwrap();

    sandbox.run(&["backup"]).expect(0);

    assert!(!left(".restoring") && !left(".partial"));
    let mut names = sandbox.names();
    names.retain(|name| !name.contains(".lock"));
    let mut expected = before;
    expected.retain(|name| !name.contains(".lock"));
    assert_eq!(names, expected);
}

#[cfg(unix)]
#[test]
fn a_restore_cut_off_behind_a_link_is_finished_by_the_same_command() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    let saved = dump(&sandbox.database());
    fs::create_dir(sandbox.path("disk")).unwrap();
    let aside = sandbox.path("disk/real.db.before-restore-20260401T120000Z");
    fs::rename(sandbox.database(), &aside).unwrap();
    sandbox.write("disk/real.db.restoring", aside.to_str().unwrap());
    std::os::unix::fs::symlink("disk/real.db", sandbox.database()).unwrap();
    let refused = sandbox.run(&["backup"]).expect(78).stderr();
    assert!(refused.contains("a restore was interrupted"), "{refused}");
    assert!(
        refused.contains("/disk/real.db` restores the newest backup"),
        "{refused}"
    );

    sandbox.run(&["restore", "latest"]).expect(0);

    assert!(sandbox.database().is_symlink());
    assert_eq!(dump(&sandbox.database()), saved);
    assert!(aside.exists() && !sandbox.path("disk/real.db.restoring").exists());
}

#[test]
fn a_log_whose_database_is_gone_is_kept_and_not_called_a_database() {
    for ending in ["-wal", "-journal"] {
        let sandbox = ready();
        sandbox.run(&["backup"]).expect(0);
        sandbox.remove_database("tornsnap.db");
        sandbox.write(&format!("tornsnap.db{ending}"), "pages");

        let restored = sandbox.run(&["restore", "latest", "--json"]).expect(0);

        let said = restored.stderr();
        let expected = format!(
            "; only files that SQLite keeps beside a database were there: they are kept as {ASIDE}{ending}, and cannot be read \
             without that database"
        );
        assert!(said.contains(&expected), "{said}");
        assert!(!said.contains("tornsnap import"), "{said}");
        assert!(!said.contains("the old one"), "{said}");
        assert_eq!(restored.json()["kept"], serde_json::Value::Null);
        let moved = fs::read(sandbox.path(&format!("{ASIDE}{ending}"))).unwrap();
        assert_eq!(moved, b"pages");
    }
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
