//! Signals to a job, while one of its commands runs.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::interrupt::{files, has_file, is_hangup_ignored};
use crate::support::large::large;
use crate::support::{Finished, Sandbox, pause, signal, started_by};

/// Starts the daily job, and waits until its backup is being written.
fn start(sandbox: &Sandbox, job: &mut Command) -> Child {
    let mut child = job
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !has_file(sandbox, ".partial") {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        pause();
    }
    child
}

/// Checks that the backup has ended and left nothing, and that no other command has run.
fn expect_clean_end(sandbox: &Sandbox, finished: Finished, code: i32) {
    let stderr = finished.expect(code).stderr();
    assert!(stderr.contains("it was interrupted"), "{stderr}");
    assert!(stderr.contains("finish `tornsnap backup`"), "{stderr}");
    assert!(
        !has_file(sandbox, ".partial"),
        "{:?}",
        files(&sandbox.path(""))
    );
    assert_eq!(
        sandbox.rows("SELECT count(*) FROM month_states"),
        ["0"],
        "no other command has run"
    );
    let mark = fs::read_to_string(sandbox.path("tornsnap.toml.backup.last")).unwrap();
    assert!(mark.lines().next().unwrap().ends_with(" 0"), "{mark}");
}

#[test]
fn a_signal_to_a_job_ends_its_command_and_no_other_command_starts() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        if name == "HUP" && is_hangup_ignored() {
            continue;
        }
        let sandbox = large(400_000);
        let child = start(
            &sandbox,
            &mut sandbox.command(&["-q", "schedule", "run", "backup"]),
        );

        signal(&child, name);

        let finished = Finished(child.wait_with_output().unwrap());
        expect_clean_end(&sandbox, finished, code);
    }
}

#[test]
fn a_signal_to_the_whole_process_group_reaches_the_command_once() {
    let sandbox = large(400_000);
    let mut job = sandbox.command(&["-q", "schedule", "run", "backup"]);
    let child = start(&sandbox, job.process_group(0));

    let group = format!("kill -INT -{}", child.id());
    let sent = Command::new("sh").args(["-c", &group]).status().unwrap();

    assert!(sent.success());
    let finished = Finished(child.wait_with_output().unwrap());
    expect_clean_end(&sandbox, finished, 130);
}

#[test]
fn a_hangup_that_nohup_ignores_ends_no_job() {
    let sandbox = large(400_000);
    let config = fs::read_to_string(sandbox.path("tornsnap.toml")).unwrap();
    let retention = "[retention]\nkeep_months = 100\n";
    sandbox.write("tornsnap.toml", &format!("{config}{retention}"));
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    let run = sandbox.command(&["-q", "schedule", "run", "backup"]);
    let child = start(&sandbox, &mut started_by(shell, &run));

    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(1));
    signal(&child, "HUP");

    Finished(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(sandbox.rows("SELECT count(*) > 0 FROM month_states"), ["1"]);
}
