//! File systems that cannot sync a folder (older CIFS, vboxsf) cause no failure.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tornsnap::testing::store::Store;

use crate::support::{Finished, Sandbox, fill, skipped};

/// Makes `fsync` of a folder fail with the error in `FOLDER_SYNC`; other calls are unchanged.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
static int answer(const char *name, int file) {
    struct stat found;
    const char *error = getenv("FOLDER_SYNC");
    if (error && fstat(file, &found) == 0 && S_ISDIR(found.st_mode)) {
        errno = atoi(error);
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return answer("fsync", file); }
int fdatasync(int file) { return answer("fdatasync", file); }
"#;

/// Builds the shim. Skips the test without a C compiler.
fn shim(sandbox: &Sandbox) -> Option<PathBuf> {
    let source = sandbox.write("shim.c", SHIM);
    let library = sandbox.path("shim.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    let Ok(status) = built else {
        skipped("there is no C compiler to build the shim with");
        return None;
    };
    assert!(status.success());
    Some(library)
}

/// A database with history, and the shim; no shim without a C compiler.
fn set_up() -> (Sandbox, Option<PathBuf>) {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    fill(&sandbox.sqlite(), 100);
    let shim = shim(&sandbox);
    (sandbox, shim)
}

fn run(sandbox: &Sandbox, shim: &PathBuf, error: i32, arguments: &[&str]) -> Finished {
    let mut command = sandbox.command(arguments);
    command
        .env("LD_PRELOAD", shim)
        .env("FOLDER_SYNC", error.to_string());
    Finished(command.output().unwrap())
}

#[test]
fn a_folder_that_cannot_be_synced_is_no_failure() {
    let (sandbox, Some(shim)) = set_up() else {
        return;
    };
    let (einval, ebadf) = (22, 9);
    for error in [einval, ebadf] {
        for arguments in [
            &["backup", "--keep", "1"][..],
            &["backup", "--keep", "1", "--compress"],
            &["restore", "latest", "--yes"],
            &["export", "players", "--output", "players.csv"],
            &["export", "--all", "--output", "all"],
        ] {
            run(&sandbox, &shim, error, arguments).expect(0);
        }
    }
    let names: Vec<String> = fs::read_dir(sandbox.path("backups"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "one backup, and no other file: {names:?}");
    sandbox.run(&["backup", "--verify", "all"]).expect(0);
}

#[test]
fn an_input_or_output_error_of_a_folder_is_still_a_failure() {
    let (sandbox, Some(shim)) = set_up() else {
        return;
    };
    let eio = 5;
    for arguments in [
        &["backup"][..],
        &["export", "players", "--output", "players.csv"],
    ] {
        run(&sandbox, &shim, eio, arguments).expect(74);
    }
}
