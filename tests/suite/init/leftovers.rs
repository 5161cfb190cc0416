//! Temporary files of an `init` that was killed. One of them may hold a key.

use std::fs::File;

use crate::init::Fresh;
#[cfg(target_os = "linux")]
use crate::support::{
    skipped,
    strace::{may_trace, traced},
};

/// The temporary files in the folder of the configuration.
fn left(fresh: &Fresh) -> Vec<String> {
    let mut names = fresh.sandbox.names();
    names.retain(|name| name.ends_with(".partial"));
    names
}

const ARGUMENTS: [&str; 4] = ["--key-file", "alice.key", "--faction", "9"];

#[cfg(target_os = "linux")]
#[test]
fn the_next_init_removes_what_a_killed_one_has_left() {
    let fresh = Fresh::new();
    if !may_trace() {
        skipped("strace does not work here");
        return;
    }
    let command = fresh.command(&ARGUMENTS);
    // The configuration is the only file that init renames in this way.
    let kill = ["-f", "-e", "inject=rename:signal=KILL:when=1"];
    let mut killed = traced(&command, &kill, &fresh.sandbox.path("trace"));
    assert!(!killed.status().unwrap().success());
    assert_eq!(left(&fresh).len(), 1, "{:?}", left(&fresh));

    fresh.init(&ARGUMENTS).expect(0);

    assert_eq!(left(&fresh), [""; 0]);
}

#[test]
fn a_file_that_another_init_uses_stays() {
    let fresh = Fresh::new();
    let [abandoned, used] = [
        ".tornsnap-aB3dE6.init.partial",
        ".tornsnap-aB3dE7.init.partial",
    ];
    fresh.sandbox.write(abandoned, "SomeKeyOfAlice01");
    let locked = File::create(fresh.sandbox.path(used)).unwrap();
    locked.lock().unwrap();

    fresh.init(&ARGUMENTS).expect(0);

    assert_eq!(left(&fresh), [used]);
}
