//! A restore that fails leaves nothing behind.

use std::fs;

use tornsnap::testing::store::Lock;

use super::{BACKUP, ready};
use crate::support::damage;
#[cfg(target_os = "linux")]
use crate::support::{
    Finished, skipped,
    strace::{may_trace, traced},
};

/// Some file systems do not tell whether an open file still has its name. A run must not try for ever.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_file_that_never_proves_to_be_in_its_place_ends_the_wait() {
    if !may_trace() {
        skipped("strace may not trace here");
        return;
    }
    let sandbox = ready();
    let lock = fs::canonicalize(sandbox.path(""))
        .unwrap()
        .join("tornsnap.db.backup.lock");
    let trace = sandbox.path("trace");
    let inject = "inject=statx,newfstatat:error=ENOENT";
    let options = ["-f", "-P", lock.to_str().unwrap(), "-e", inject];

    let command = sandbox.command(&["backup", "--wait", "0"]);
    let finished = traced(&command, &options, &trace).output().unwrap();

    let stderr = Finished(finished).expect(75).stderr();
    let expected = "backup.lock is removed by other runs\n";
    assert!(stderr.contains(expected), "{stderr}");
    assert!(fs::read_to_string(&trace).unwrap().contains("INJECTED"));
}

#[test]
fn a_damaged_backup_leaves_neither_locks_nor_folders_at_a_new_place() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    damage(&sandbox.path(BACKUP));
    let before = sandbox.names();

    for place in ["copy.db", "new/folder/copy.db"] {
        sandbox
            .run(&["restore", BACKUP, "--to", place, "--yes"])
            .expect(79);

        assert_eq!(sandbox.names(), before, "{place}");
    }
}

#[test]
fn a_restore_that_fails_while_another_is_unfinished_keeps_its_locks() {
    const PREVIOUS: &str = "copy.db.before-restore-20261121T220600Z";
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    fs::copy(sandbox.database(), sandbox.path(PREVIOUS)).unwrap();
    let previous = sandbox.path(PREVIOUS);
    sandbox.write("copy.db.restoring", previous.to_str().unwrap());
    damage(&sandbox.path(BACKUP));
    let before = sandbox.names();

    sandbox
        .run(&["restore", BACKUP, "--to", "copy.db", "--yes"])
        .expect(79);

    let locks = ["backup", "maintenance"].map(|name| format!("copy.db.{name}.lock"));
    let mut expected = [&before[..], &locks].concat();
    expected.sort();
    assert_eq!(sandbox.names(), expected);
}

#[test]
fn a_restore_that_another_run_refuses_removes_its_own_locks_only() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    for held in ["maintenance", "backup"] {
        let lock = Lock::take(&sandbox.path("copy.db"), held).unwrap();
        let before = sandbox.names();

        sandbox
            .run(&["restore", BACKUP, "--to", "copy.db", "--yes", "--wait", "0"])
            .expect(75);

        assert_eq!(sandbox.names(), before);
        drop(lock);
        fs::remove_file(sandbox.path(&format!("copy.db.{held}.lock"))).unwrap();
    }
    sandbox
        .run(&["restore", BACKUP, "--to", "copy.db", "--yes"])
        .expect(0);
}

#[test]
fn a_file_of_tornsnap_itself_is_not_replaced_by_a_database() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox.write("alice.key", "");
    sandbox.write(
        "tornsnap.toml",
        "[log]\nfile = \"t.log\"\n[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n",
    );
    let before = sandbox.names();
    for (place, word) in [
        ("tornsnap.toml", "the configuration"),
        ("alice.key", "the file of a key"),
        ("t.log", "the log"),
        ("tornsnap.db.backup.lock", "a lock"),
        (BACKUP, "a backup"),
    ] {
        let refused = sandbox
            .run(&["restore", "latest", "--to", place, "--yes"])
            .expect(78);

        let said = refused.stderr();
        assert!(said.contains(word), "{place}: {said}");
        let mut after = sandbox.names();
        after.retain(|name| name != "t.log");
        assert_eq!(after, before, "{place}");
    }
}

#[cfg(unix)]
#[test]
fn a_fifo_is_neither_a_backup_nor_a_place_for_one() {
    let sandbox = ready();
    sandbox.run(&["backup"]).expect(0);
    sandbox.make_fifo("pipe");
    let before = sandbox.names();

    for command in [
        &["restore", "latest", "--to", "pipe", "--yes"][..],
        &["restore", "pipe", "--without-manifest", "--yes"],
        &["restore", "pipe", "--yes"],
        &["backup", "--verify", "pipe"],
    ] {
        let refused = sandbox.run(command).expect(78);

        let said = refused.stderr();
        assert!(said.contains("it is not a file"), "{command:?}: {said}");
    }
    assert_eq!(sandbox.names(), before);
}
