//! `tornsnap health` as a user who may only read.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::copies::archived;
use super::{assert_state, check, well};
use crate::support::{Finished, NOW, Sandbox, set_mode, skipped};

/// Why a test ends early: the tests do not run as root, or the program is where nobody else may run it.
const NOT_AS_NOBODY: &str = "the program cannot be run as the user nobody";

/// Only root can run a program as another user. For other users the test ends early.
#[test]
fn another_user_who_may_only_read_gets_an_answer() {
    let sandbox = well();
    let writer = sandbox.sqlite();
    writer
        .execute_batch("INSERT INTO api_keys (name, state) VALUES ('alice', 'dead')")
        .unwrap();
    let as_nobody = || {
        as_nobody_in(Path::new("/"), &sandbox)
            .output()
            .map(Finished)
    };
    for (path, mode) in [
        (sandbox.path(""), 0o755),
        (sandbox.database(), 0o644),
        (sandbox.path("tornsnap.toml"), 0o600),
    ] {
        set_mode(&path, mode);
    }
    match as_nobody() {
        Ok(finished)
            if [0, 1, 2, 3].contains(&finished.code()) && !finished.stdout().is_empty() => {}
        _ => {
            skipped(NOT_AS_NOBODY);
            return;
        }
    }

    // A writer is open: there is a WAL and its index.
    for suffix in ["-wal", "-shm"] {
        set_mode(&sandbox.path(&format!("tornsnap.db{suffix}")), 0o644);
    }
    assert_state(&as_nobody().unwrap(), "keys", "critical");
    // There is a WAL, but its index cannot be created.
    let wal = fs::read(sandbox.path("tornsnap.db-wal")).unwrap();
    drop(writer);
    fs::write(sandbox.path("tornsnap.db-wal"), wal).unwrap();
    set_mode(&sandbox.path("tornsnap.db-wal"), 0o644);
    let finished = as_nobody().unwrap();
    assert_state(&finished, "database", "ok");
    assert!(
        finished
            .stdout()
            .contains("the changes in the WAL were not read"),
        "{}",
        finished.stdout()
    );
    // No writer is open.
    drop(sandbox.sqlite().execute_batch("SELECT 1 FROM players"));
    fs::remove_file(sandbox.path("tornsnap.db-wal")).ok();
    assert_state(&as_nobody().unwrap(), "database", "ok");
    // There are backups, but the id of their database cannot be read.
    set_mode(&sandbox.path("backups"), 0o755);
    let mut command = as_nobody_in(&sandbox.path(""), &sandbox);
    assert_state(&Finished(command.output().unwrap()), "backup", "unknown");
    // The database may not be read.
    set_mode(&sandbox.database(), 0o600);
    assert_state(&as_nobody().unwrap(), "database", "unknown");
}

#[test]
fn the_owner_who_may_not_write_gets_a_critical_finding_with_the_remedy() {
    struct Case {
        folder_mode: u32,
        file_mode: u32,
        remedy: &'static str,
    }
    let sandbox = well();
    std::os::unix::fs::chown(sandbox.database(), Some(65534), Some(65534)).unwrap_or_default();
    for case in [
        Case {
            folder_mode: 0o755,
            file_mode: 0o644,
            remedy: "sudo chown nobody",
        },
        Case {
            folder_mode: 0o777,
            file_mode: 0o444,
            remedy: "chmod u+rw",
        },
    ] {
        set_mode(&sandbox.path(""), case.folder_mode);
        set_mode(&sandbox.database(), case.file_mode);
        let finished = match as_nobody_in(Path::new("/"), &sandbox).output() {
            Ok(output) if !output.stdout.is_empty() => Finished(output),
            _ => {
                skipped(NOT_AS_NOBODY);
                return;
            }
        };
        assert_state(&finished, "writable", "critical");
        assert!(
            finished.stdout().contains(case.remedy),
            "{}",
            finished.stdout()
        );
    }
    set_mode(&sandbox.path(""), 0o777);
    set_mode(&sandbox.database(), 0o644);
    let finished = as_nobody_in(Path::new("/"), &sandbox)
        .output()
        .map(Finished)
        .unwrap();
    assert_state(&finished, "writable", "ok");
}

/// Only root can run a program as another user. For other users the test ends early.
#[test]
fn an_archive_that_may_not_be_read_is_unknown_and_not_called_missing() {
    let sandbox = archived();
    for (path, mode) in [
        (sandbox.path(""), 0o777),
        (sandbox.database(), 0o644),
        (sandbox.path("cold/archive.db"), 0o644),
        (sandbox.path("backups"), 0o755),
    ] {
        set_mode(&path, mode);
    }
    let look = || {
        as_nobody_in(Path::new("/"), &sandbox)
            .output()
            .map(Finished)
    };
    match look() {
        Ok(finished) if !finished.stdout().is_empty() => {}
        _ => {
            skipped(NOT_AS_NOBODY);
            return;
        }
    }
    for (path, mode) in [("cold", 0o000), ("cold", 0o700), ("cold/archive.db", 0o000)] {
        set_mode(&sandbox.path("cold"), 0o755);
        set_mode(&sandbox.path(path), mode);

        let report = look().unwrap().json();

        let found = check(&report, "archive").unwrap();
        assert_eq!(found["state"], "unknown", "{path}: {found}");
        let message = found["message"].as_str().unwrap();
        assert!(message.contains("cannot be read"), "{path}: {message}");
        assert!(
            message.contains("Permission denied") || message.contains("may not"),
            "{path}: {message}"
        );
        let remedy = found["try"].as_str().unwrap();
        assert!(
            remedy.starts_with("run it as root (uid 0), who owns it"),
            "{path}: {remedy}"
        );
    }
}

/// Only root can mount a folder. For other users the test ends early.
#[test]
fn a_read_only_disk_is_critical_and_every_message_says_so() {
    let sandbox = well();
    let on_read_only_disk = |arguments: &str| {
        let script = format!(
            "mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && exec {} {arguments}",
            env!("CARGO_BIN_EXE_tornsnap")
        );
        let mut command = Command::new("unshare");
        command
            .args(["-m", "sh", "-c", &script])
            .current_dir(sandbox.path(""))
            .env("TORNSNAP_NOW", NOW.to_string());
        command.output().map(Finished)
    };
    match on_read_only_disk("--version") {
        Ok(finished) if finished.code() == 0 => {}
        _ => {
            skipped("this user cannot mount a folder");
            return;
        }
    }

    let finished = on_read_only_disk("health --json").unwrap().expect(2);

    assert_state(&finished, "writable", "critical");
    for arguments in ["backup", "summarize", "prune", "fetch all"] {
        let finished = on_read_only_disk(arguments).unwrap();
        let said = finished.stderr();
        assert_ne!(finished.code(), 0, "{arguments}");
        if arguments == "fetch all" && finished.code() == 77 {
            continue; // It asks for a key first.
        }
        assert!(
            said.contains("is read-only") && said.contains("try: "),
            "{arguments}: {said}"
        );
    }
}

/// `tornsnap health` as the user `nobody`, with a configuration of this folder unless it is the root folder.
fn as_nobody_in(folder: &Path, sandbox: &Sandbox) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(env!("CARGO_BIN_EXE_tornsnap"))
        .args(["--database"])
        .arg(sandbox.database())
        .args(["health", "--json"])
        .current_dir(folder)
        .env_clear()
        .env("TORNSNAP_NOW", NOW.to_string());
    if folder == Path::new("/") {
        return command;
    }
    // This user has a configuration of their own beside the backups.
    let config = folder.join("nobody.toml");
    let database = sandbox.database().display().to_string();
    fs::write(&config, format!("database = {database:?}\n")).unwrap();
    std::os::unix::fs::chown(&config, Some(65534), Some(65534)).unwrap();
    set_mode(&config, 0o600);
    command.env("TORNSNAP_CONFIG", &config);
    command
}
