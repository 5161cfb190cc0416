//! Ctrl-C, and what is left of runs that were killed.

use std::fs;
use std::process::Child;

use crate::export::lake::{check_equal, database_id, export, tree};
use crate::export::long;
use crate::support::{Finished, Sandbox, pause, signal};

/// Starts an export, and waits until it writes a file.
fn start(sandbox: &Sandbox) -> Child {
    let mut child = sandbox
        .command(&["export", "--lake", "lake"])
        .spawn()
        .unwrap();
    let is_writing = || {
        let lake = sandbox.path("lake");
        lake.exists() && tree(&lake).keys().any(|name| name.ends_with(".partial"))
    };
    while !is_writing() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        pause();
    }
    child
}

#[test]
fn an_interrupted_export_leaves_the_files_as_they_were() {
    let sandbox = long(400_000);
    let child = start(&sandbox);
    signal(&child, "INT");
    let first = Finished(child.wait_with_output().unwrap()).expect(130);
    assert!(
        !sandbox.path("lake").exists(),
        "a new folder goes with the files"
    );

    sandbox
        .sqlite()
        .execute_batch("UPDATE players SET name = 'B'")
        .unwrap();
    export(&sandbox).expect(0);
    let before = tree(&sandbox.path("lake"));
    sandbox
        .sqlite()
        .execute_batch("UPDATE player_stats_history SET level = 2 WHERE id % 100 = 0")
        .unwrap();
    let child = start(&sandbox);
    signal(&child, "TERM");
    let second = Finished(child.wait_with_output().unwrap()).expect(143);

    for finished in [first, second] {
        assert!(
            finished
                .stderr()
                .ends_with("it was interrupted; the files that were there are unchanged\n"),
            "{}",
            finished.stderr()
        );
    }
    assert_eq!(tree(&sandbox.path("lake")), before);
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn the_hidden_files_of_a_killed_run_are_removed_and_those_of_other_databases_are_not() {
    let sandbox = long(400_000);
    let mut child = start(&sandbox);
    child.kill().unwrap();
    child.wait().unwrap();
    let id = database_id(&sandbox.sqlite());
    let left = |id: &str| format!("lake/.{id}-0.tornsnap.partial");
    sandbox.write(&left(&id), "half");
    let others = sandbox.write(&left(&"0".repeat(32)), "of a run that may still work");

    export(&sandbox).expect(0);

    assert!(others.exists());
    fs::remove_file(others).unwrap();
    assert!(!sandbox.path(&left(&id)).exists());
    check_equal(&sandbox, "tornsnap.db");
}
