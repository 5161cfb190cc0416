//! SIGHUP, which the kernel and the shell send when a terminal is closed.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::interrupt::{files, has_file, is_hangup_ignored};
use crate::support::large::large;
use crate::support::{Finished, pause, signal};

#[test]
fn a_second_hangup_does_not_end_the_process_before_it_has_removed_its_files() {
    if is_hangup_ignored() {
        return;
    }
    let sandbox = large(400_000);
    let mut child = sandbox.command(&["backup"]).spawn().unwrap();
    while !has_file(&sandbox, ".partial") {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        pause();
    }
    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(1));
    signal(&child, "HUP");

    Finished(child.wait_with_output().unwrap()).expect(143);

    assert!(
        !has_file(&sandbox, ".partial"),
        "{:?}",
        files(&sandbox.path(""))
    );
}

#[test]
fn a_hangup_that_nohup_ignores_ends_nothing() {
    let sandbox = large(400_000);
    let program = sandbox.command(&[]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' HUP; exec \"$0\" backup"])
        .arg(program.get_program())
        .current_dir(sandbox.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    while !has_file(&sandbox, ".partial") {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        pause();
    }
    signal(&child, "HUP");

    Finished(child.wait_with_output().unwrap()).expect(0);
}
