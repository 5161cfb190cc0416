//! The folder for temporary files: what others have left in it, and file systems without locks.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use tornsnap::testing::store::Store;

use crate::support::strace::{may_trace, traced};
use crate::support::{Sandbox, skipped};

/// A database, a file to import and a folder for temporary files.
fn with_folder() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox.write(
        "short.csv",
        "faction_id,timestamp,respect\n7,1700000000,1\n",
    );
    fs::create_dir(sandbox.path("tmp")).unwrap();
    sandbox
}

/// A dry run copies the database to the folder for temporary files.
fn dry_run(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command(&["import", "short.csv", "--dry-run"]);
    command
        .env("TMPDIR", sandbox.path("tmp"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command that takes less than a second, and kills it if it waits for something.
fn finish_in_time(mut command: Command) -> Output {
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
        }
        sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Makes a file as old as that of a run that was killed.
fn make_old(file: &File) {
    let past = SystemTime::now() - Duration::from_secs(3600);
    file.set_modified(past).unwrap();
}

#[test]
fn a_fifo_with_the_name_of_our_lock_makes_no_run_wait() {
    let sandbox = with_folder();
    fs::create_dir(sandbox.path("tmp/tornsnap-foreign")).unwrap();
    let fifo = sandbox.make_fifo("tmp/tornsnap-foreign/in-use.lock");

    let finished = finish_in_time(dry_run(&sandbox));

    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert!(fifo.exists());
}

#[test]
fn a_folder_whose_lock_is_a_link_or_a_fifo_with_a_reader_stays() {
    let sandbox = with_folder();
    let linked = sandbox.path("tmp/tornsnap-linked");
    fs::create_dir(&linked).unwrap();
    make_old(&File::create(sandbox.path("target")).unwrap());
    symlink(sandbox.path("target"), linked.join("in-use.lock")).unwrap();
    let read = sandbox.path("tmp/tornsnap-read");
    fs::create_dir(&read).unwrap();
    let fifo = sandbox.make_fifo("tmp/tornsnap-read/in-use.lock");
    // Opened for both, a FIFO waits for no other end.
    let reader = File::options().read(true).write(true).open(&fifo).unwrap();
    make_old(&reader);
    let abandoned = sandbox.path("tmp/tornsnap-abandoned");
    fs::create_dir(&abandoned).unwrap();
    make_old(&File::create(abandoned.join("in-use.lock")).unwrap());

    let finished = finish_in_time(dry_run(&sandbox));

    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    assert!(linked.exists());
    assert!(read.exists());
    assert!(!abandoned.exists());
}

#[test]
fn a_file_system_without_locks_is_no_obstacle() {
    if !may_trace() {
        skipped("strace may not trace here");
        return;
    }
    let sandbox = with_folder();
    let trace = sandbox.path("trace");
    let inject = "inject=flock:error=ENOLCK";
    let options = ["-f", "-e", "trace=flock", "-e", inject];

    let finished = traced(&dry_run(&sandbox), &options, &trace)
        .output()
        .unwrap();

    let stderr = String::from_utf8_lossy(&finished.stderr);
    assert_eq!(finished.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("in-use.lock"), "{stderr}");
    assert!(fs::read_to_string(&trace).unwrap().contains("ENOLCK"));
    assert_eq!(fs::read_dir(sandbox.path("tmp")).unwrap().count(), 0);
}
