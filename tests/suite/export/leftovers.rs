//! Files that an export left behind when it was killed: the next export removes them.

use std::fs;
use std::path::Path;
use std::process::Child;

use crate::export::{export, files, hard, is_under_way, long};
use crate::support::{Sandbox, pause};

/// Starts an export that has written some rows to a hidden file in the folder `out`.
fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut child = sandbox.command(arguments).spawn().unwrap();
    while !is_under_way(&sandbox.path("out")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        pause();
    }
    child
}

fn partial(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = files(folder).into_iter().collect();
    names.retain(|name| name.ends_with(".partial"));
    names
}

#[test]
fn the_next_export_to_the_folder_removes_what_a_killed_one_left() {
    const ONE: &[&str] = &["export", "player_stats_history", "-o", "out/h.csv"];
    const OTHER: &[&str] = &["export", "players", "-o", "out/p.csv"];
    const ALL: &[&str] = &["export", "--all", "-o", "out"];
    let sandbox = long(300_000);
    let folder = sandbox.path("out");
    for (killed, next) in [(ONE, ONE), (ONE, OTHER), (ALL, ALL)] {
        fs::create_dir(&folder).unwrap();
        let mut child = start(&sandbox, killed);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!partial(&folder).is_empty(), "{killed:?}");

        let told = sandbox.run(&[next, &["-v"]].concat()).expect(0).stderr();

        assert!(partial(&folder).is_empty(), "{:?}", files(&folder));
        assert!(told.contains("which no run had locked"), "{told}");
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn the_file_of_an_export_that_still_runs_stays() {
    use crate::support::{Finished, signal};

    let sandbox = long(300_000);
    let folder = sandbox.path("out");
    fs::create_dir(&folder).unwrap();
    let child = start(
        &sandbox,
        &["export", "player_stats_history", "-o", "out/h.csv"],
    );
    signal(&child, "STOP");
    let at_work = partial(&folder);
    assert_eq!(at_work.len(), 1);

    for place in ["out/h.csv", "out/p.csv"] {
        export(&sandbox, &["players", "-o", place]).expect(0);
        assert_eq!(partial(&folder), at_work, "{place}");
    }

    signal(&child, "CONT");
    Finished(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(files(&folder).len(), 2, "{:?}", files(&folder));
    let rows = fs::read_to_string(sandbox.path("out/h.csv")).unwrap();
    assert_eq!(rows.lines().count(), 300_001);
}

#[test]
fn files_that_are_not_surely_of_an_export_stay() {
    let sandbox = hard();
    for name in [
        ".h.csv.partial",
        ".h.csv.aB3dE6.partial",
        "h.csv.aB3dE6.tornsnap.partial",
        ".h.csv.aB3.tornsnap.partial",
        ".h.csv.aB3dE6.tornsnap.partial.txt",
        ".tornsnap-20261121T220600Z.db.0123abcd.partial",
    ] {
        sandbox.write(&format!("out/{name}"), "foreign");
    }
    fs::create_dir(sandbox.path("out/.d.aB3dE6.tornsnap.partial")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;

        sandbox.make_fifo("out/.f.aB3dE6.tornsnap.partial");
        sandbox.write("kept.csv", "kept");
        let link = sandbox.path("out/.l.aB3dE6.tornsnap.partial");
        symlink("../kept.csv", link).unwrap();
    }
    let mut expected = files(&sandbox.path("out"));
    let own = sandbox.write("out/.h.csv.aB3dE6.tornsnap.partial", "left");

    export(&sandbox, &["players", "-o", "out/p.csv"]).expect(0);

    expected.insert("p.csv".to_owned());
    assert_eq!(files(&sandbox.path("out")), expected);
    assert!(!own.exists());
}
