//! Files that root makes for another user's database belong to the owner of that database.
//!
//! These tests need root, who can become another user; for other users they are skipped.
#![cfg(target_os = "linux")]

mod leftovers;
mod modes;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use tornsnap::testing::store::Lock;

use crate::init::Fresh;
use crate::month_model::{IN_APRIL, with_steady_history_at};
use crate::support::programs::copy_program;
use crate::support::torn::Torn;
use crate::support::{Finished, Sandbox, set_mode, skipped};

/// The id of the user `nobody`, who exists on every Linux system.
pub const NOBODY: u32 = 65534;

/// Whether this process is root; otherwise prints that the test is skipped.
pub fn is_root(sandbox: &Sandbox) -> bool {
    let is_root = fs::metadata(sandbox.path("")).unwrap().uid() == 0;
    if !is_root {
        skipped("only root can become another user");
    }
    is_root
}

/// Gives everything in the folder to the user `nobody`, and copies the program to where that user can start it.
pub fn give_away(sandbox: &Sandbox) {
    let program = sandbox.path("tornsnap");
    copy_program(&program);
    set_mode(&program, 0o755);
    chown(sandbox.path(""), Some(NOBODY), Some(NOBODY)).unwrap();
    for path in walk(&sandbox.path("")) {
        std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Everything below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found
}

/// Runs the program as the user `nobody`.
pub fn as_nobody(sandbox: &Sandbox, like: &Command) -> Finished {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(sandbox.path("tornsnap"))
        .args(like.get_args())
        .current_dir(sandbox.path(""))
        .env_clear();
    for (name, value) in like.get_envs() {
        command.env(name, value.unwrap_or(OsStr::new("")));
    }
    loop {
        let output = command.output().unwrap();
        // The kernel refuses to execute a file that a process has open for writing (ETXTBSY). A child that another test
        // has forked during the copy has the file open until it calls `exec`.
        if !String::from_utf8_lossy(&output.stderr).contains("Text file busy") {
            return Finished(output);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
fn all_belong_to_nobody(sandbox: &Sandbox) {
    for path in walk(&sandbox.path("")) {
        let found = fs::symlink_metadata(&path).unwrap();
        assert_eq!(
            (found.uid(), found.gid()),
            (NOBODY, NOBODY),
            "{}",
            path.display()
        );
    }
}

#[test]
fn files_made_by_root_belong_to_the_owner_of_the_database() {
    let torn = Torn::new();
    let sandbox = &torn.sandbox;
    if !is_root(sandbox) {
        return;
    }
    torn.follow(
        "[track]\nfactions = [9]\nterritories = \"none\"\n[log]\nfile = \"logs/here/t.log\"\n\
         [backup]\ndirectory = \"copies/daily\"\ncompress = true\n",
    );
    give_away(sandbox);

    torn.fetch(&["all"]).expect(0);
    for arguments in [
        &["backup"][..],
        &["summarize"],
        &["prune", "--archive", "old.db"],
        &["restore", "latest", "--yes"],
        &["backup"],
    ] {
        sandbox.run(arguments).expect(0);
    }
    assert!(sandbox.path("logs/here/t.log").exists());
    all_belong_to_nobody(sandbox);

    for arguments in [
        &["backup"][..],
        &["fetch", "all"],
        &["summarize"],
        &["prune"],
        &["restore", "latest", "--yes"],
    ] {
        as_nobody(sandbox, &sandbox.command(arguments)).expect(0);
    }
    let health = as_nobody(sandbox, &sandbox.command(&["health", "--json"])).json();
    assert_eq!(health["checks"][0]["state"], "ok", "{health}");
    all_belong_to_nobody(sandbox);
}

#[test]
fn an_archive_that_root_makes_elsewhere_belongs_to_the_owner_of_the_database() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(with_steady_history_at(&sandbox, "tornsnap.db"));
    give_away(&sandbox);
    fs::create_dir(sandbox.path("of-root")).unwrap();

    sandbox.run_at(IN_APRIL, &["summarize"]).expect(0);
    sandbox
        .run_at(
            IN_APRIL,
            &["prune", "--keep-months", "3", "--archive", "of-root/old.db"],
        )
        .expect(0);

    chown(sandbox.path("of-root"), Some(NOBODY), Some(NOBODY)).unwrap();
    all_belong_to_nobody(&sandbox);
}

#[test]
fn files_that_root_sets_up_in_the_folder_of_a_user_belong_to_that_user() {
    let fresh = Fresh::new();
    if !is_root(&fresh.sandbox) {
        return;
    }
    fs::create_dir(fresh.sandbox.path("torn")).unwrap();
    give_away(&fresh.sandbox);
    for more in [["--faction", "9"], ["--player", "1"]] {
        let arguments = [
            &[
                "--config",
                "torn/a/tornsnap.toml",
                "--key-file",
                "alice.key",
            ],
            &more[..],
        ]
        .concat();
        fresh.init(&arguments).expect(0);
    }

    assert!(fresh.sandbox.path("torn/a/tornsnap.db").exists());
    let kept = walk(&fresh.sandbox.path("torn/a"))
        .iter()
        .any(|path| path.to_string_lossy().contains(".before-"));
    assert!(kept, "the second run keeps the file of the first");
    all_belong_to_nobody(&fresh.sandbox);
}

#[test]
fn a_file_of_root_is_named_with_its_owner_and_the_chown_to_run() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    give_away(&sandbox);
    fs::create_dir(sandbox.path("copies")).unwrap();
    set_mode(&sandbox.path("copies"), 0o700);
    let lock = sandbox.path("tornsnap.db.backup.lock");
    sandbox.write("tornsnap.db.backup.lock", "");

    let refused = as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(78);
    let expected = format!(
        "tornsnap: could not open the lock file {0}\n  because: Permission denied: the file {0} belongs to \
         root (uid 0), and the database to nobody (uid 65534)\n  try: sudo chown nobody:65534 {0}\n",
        fs::canonicalize(&lock).unwrap().display()
    );
    assert_eq!(refused.stderr(), expected);

    // Root repairs it by running the same command.
    sandbox.run(&["backup"]).expect(0);
    as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(0);

    let refused = as_nobody(
        &sandbox,
        &sandbox.command(&["backup", "--output", "copies"]),
    )
    .expect(78);
    assert!(
        refused
            .stderr()
            .contains("try: sudo chown nobody:65534 copies"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn a_log_file_of_root_is_a_warning_with_the_chown_to_run() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    sandbox.write("tornsnap.toml", "[log]\nfile = \"t.log\"\n");
    give_away(&sandbox);
    let log = sandbox.write("t.log", "");

    let finished = as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(0);

    let warning = "could not open the log file t.log: Permission denied: the file t.log belongs to root \
                   (uid 0), and the database to nobody (uid 65534); try: sudo chown nobody:65534 t.log\n";
    assert!(finished.stderr().contains(warning), "{}", finished.stderr());
    assert_eq!(fs::read_to_string(log).unwrap(), "");
}

#[test]
fn another_user_is_told_to_run_it_as_the_owner_of_the_database() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    drop(Lock::take(&sandbox.database(), "backup").unwrap());
    give_away(&sandbox);
    for path in walk(&sandbox.path("")) {
        if path != sandbox.path("tornsnap") {
            chown(&path, Some(0), Some(0)).unwrap();
        }
    }
    set_mode(&sandbox.database(), 0o644);

    let refused = as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(78);

    assert!(
        refused
            .stderr()
            .contains("try: run it as root (uid 0), who owns the database, too"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn root_never_changes_the_owner_of_other_files() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    let precious = sandbox.write("precious/shadow", "secret");
    give_away(&sandbox);
    for path in [precious.parent().unwrap(), &precious] {
        chown(path, Some(0), Some(0)).unwrap();
    }
    sandbox.write("tornsnap.toml", "[log]\nfile = \"t.log\"\n");
    let [lock, log, hard] = [
        "tornsnap.db.summarize.lock",
        "t.log",
        "tornsnap.db.backup.lock",
    ]
    .map(|name| sandbox.path(name));
    symlink(&precious, &lock).unwrap();
    symlink(&precious, &log).unwrap();
    sandbox.run(&["summarize"]).expect(78);
    fs::remove_file(&log).unwrap();
    fs::hard_link(&precious, &hard).unwrap();
    sandbox.run(&["backup"]).expect(0);

    let found = fs::metadata(&precious).unwrap();
    assert_eq!((found.uid(), found.gid()), (0, 0));
}

#[test]
fn a_database_of_root_is_named_with_its_owner_and_the_chown_to_run() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    give_away(&sandbox);
    chown(sandbox.database(), Some(0), Some(0)).unwrap();
    for (mode, arguments) in [
        (0o600, &["summarize"][..]),
        (0o600, &["backup"]),
        (0o600, &["export", "players"]),
        (0o644, &["summarize"]),
        (0o644, &["prune"]),
        (0o644, &["fetch", "all"]),
    ] {
        set_mode(&sandbox.database(), mode);
        let refused = as_nobody(&sandbox, &sandbox.command(arguments)).expect(78);
        let expected = "the file tornsnap.db belongs to root (uid 0), and its folder to nobody (uid 65534)\n  \
                        try: sudo chown nobody:65534 tornsnap.db\n";
        assert!(
            refused.stderr().ends_with(expected),
            "{mode:o} {arguments:?}: {}",
            refused.stderr()
        );
    }
    set_mode(&sandbox.database(), 0o644);
    as_nobody(&sandbox, &sandbox.command(&["export", "players"])).expect(0);
}

#[test]
fn the_owner_of_a_folder_of_the_system_or_of_another_user_is_never_changed() {
    struct Case {
        output: &'static str,
        remedy: &'static str,
    }
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    fs::create_dir(sandbox.path("of-root")).unwrap();
    fs::create_dir(sandbox.path("of-root/disk")).unwrap();
    give_away(&sandbox);
    for name in ["of-root", "of-root/disk"] {
        chown(sandbox.path(name), Some(0), Some(0)).unwrap();
    }
    let other = sandbox.path("of-bob");
    fs::create_dir(&other).unwrap();
    set_mode(&other, 0o755);
    chown(&other, Some(1), Some(1)).unwrap();
    for Case { output, remedy } in [
        Case {
            output: "/tornsnap-backups-of-nobody",
            remedy: "make the folder: sudo mkdir -p /tornsnap-backups-of-nobody && sudo chown nobody \
                     /tornsnap-backups-of-nobody; if it is on a disk, is the disk mounted?",
        },
        Case {
            output: "/etc",
            remedy: "make a folder in it that belongs to nobody, then name that one: sudo mkdir /etc/tornsnap && sudo \
                     chown nobody /etc/tornsnap",
        },
        Case {
            output: "of-root/disk",
            remedy: "make a folder in it that belongs to nobody, then name that one: sudo mkdir of-root/disk/tornsnap \
                     && sudo chown nobody of-root/disk/tornsnap",
        },
        Case {
            output: "of-bob/copies",
            remedy: "make the folder: sudo mkdir -p of-bob/copies && sudo chown nobody of-bob/copies; if it is on a \
                     disk, is the disk mounted?",
        },
        Case {
            output: "of-bob",
            remedy: "make a folder in it that belongs to nobody, then name that one: sudo mkdir of-bob/tornsnap && \
                     sudo chown nobody of-bob/tornsnap",
        },
    ] {
        let refused =
            as_nobody(&sandbox, &sandbox.command(&["backup", "--output", output])).expect(78);
        assert!(
            refused.stderr().ends_with(&format!("\n  try: {remedy}\n")),
            "{output}: {}",
            refused.stderr()
        );
    }
}

#[test]
fn a_log_in_a_folder_of_the_system_is_not_written_for_another_user() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    give_away(&sandbox);
    sandbox.write("tornsnap.toml", "[log]\nfile = \"/etc/passwd\"\n");
    chown(sandbox.path("tornsnap.toml"), Some(NOBODY), Some(NOBODY)).unwrap();
    let finished = as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(0);
    let warning = "and the database to nobody (uid 65534); try: name a file in a folder that belongs to nobody\n";
    assert!(finished.stderr().contains(warning), "{}", finished.stderr());
}

#[test]
fn a_folder_without_permissions_for_its_owner_is_named_with_the_chmod_to_run() {
    let sandbox = Sandbox::new();
    if !is_root(&sandbox) {
        return;
    }
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    fs::create_dir(sandbox.path("backups")).unwrap();
    give_away(&sandbox);
    for mode in [0o500, 0o600, 0o000] {
        set_mode(&sandbox.path("backups"), mode);
        let refused = as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(78);
        let expected = format!(
            "its mode {mode:03o} forbids it even to its owner\n  try: chmod u+rwx backups\n"
        );
        assert!(
            refused.stderr().ends_with(&expected),
            "{}",
            refused.stderr()
        );
    }
    set_mode(&sandbox.path("backups"), 0o700);
    set_mode(&sandbox.path("tornsnap.db.backup.lock"), 0o400);
    let refused = as_nobody(&sandbox, &sandbox.command(&["backup"])).expect(78);
    assert!(
        refused.stderr().contains("\n  try: chmod u+rw "),
        "{}",
        refused.stderr()
    );
}
