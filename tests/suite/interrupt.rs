//! SIGINT, SIGTERM and SIGHUP in the middle of long work: the message, the exit code, and what is left.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::large::large;
use crate::support::{Finished, Sandbox, pause, rows, signal, skipped};

/// A command that a signal interrupts, and what is expected of it.
struct Interrupted {
    arguments: &'static [&'static str],
    /// Whether the process is in the middle of its work.
    is_under_way: fn(&Sandbox, &Child) -> bool,
    /// The end of stderr.
    message: &'static str,
}

/// All files below the folder, without the files that SQLite and locks keep beside a database.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found.retain(|name| {
        !["-wal", "-shm", ".lock"]
            .iter()
            .any(|end| name.ends_with(end))
    });
    found.sort();
    found
}

/// Whether a file whose name contains `part` exists in the sandbox.
pub fn has_file(sandbox: &Sandbox, part: &str) -> bool {
    files(&sandbox.path(""))
        .iter()
        .any(|name| name.contains(part))
}

/// Whether the process has opened a file whose path contains `part`.
fn has_opened(child: &Child, part: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{}/fd", child.id())) else {
        return false;
    };
    descriptors.flatten().any(|descriptor| {
        fs::read_link(descriptor.path()).is_ok_and(|target| target.to_string_lossy().contains(part))
    })
}

/// Starts the command, stops it when it is under way, sends the signal and lets it continue.
fn interrupt(sandbox: &Sandbox, case: &Interrupted, name: &str) -> Finished {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut child = sandbox
        .command(case.arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !(case.is_under_way)(sandbox, &child) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "{:?} ended too early",
            case.arguments
        );
        assert!(Instant::now() < deadline, "{:?} hangs", case.arguments);
        pause();
    }
    signal(&child, "STOP");
    signal(&child, name);
    signal(&child, "CONT");
    Finished(child.wait_with_output().unwrap())
}

#[track_caller]
fn assert_sound(sandbox: &Sandbox) {
    assert_eq!(
        rows(&sandbox.sqlite(), "PRAGMA integrity_check"),
        ["ok"],
        "the database is damaged"
    );
}

/// The signals, and the exit codes that they lead to. The kernel sends SIGHUP when the terminal is closed.
const SIGNALS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("HUP", 143)];

/// [`SIGNALS`], without SIGHUP if the tests run under `nohup`: the program leaves a signal alone that is ignored.
pub fn signals() -> impl Iterator<Item = (&'static str, i32)> {
    let is_without_hangup = is_hangup_ignored();
    SIGNALS
        .into_iter()
        .filter(move |(name, _)| *name != "HUP" || !is_without_hangup)
}

/// Whether this process ignores SIGHUP, and with it each process that it starts.
pub fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    let is_ignored = ignored & 1 == 1;
    if is_ignored {
        skipped("SIGHUP is ignored here, as under `nohup`");
    }
    is_ignored
}

/// Interrupts the command with each signal, and compares the files and the database with those before.
fn check(sandbox: &Sandbox, case: &Interrupted) {
    for (name, code) in signals() {
        let files_before = files(&sandbox.path(""));
        let rows_before: i64 = sandbox.value("SELECT count(*) FROM player_stats_history");

        let finished = interrupt(sandbox, case, name).expect(code);

        assert!(
            finished.stderr().ends_with(case.message),
            "{:?}: {}",
            case.arguments,
            finished.stderr()
        );
        let files_after = files(&sandbox.path(""));
        assert_eq!(files_after, files_before, "{:?}", case.arguments);
        assert_sound(sandbox);
        let rows_after: i64 = sandbox.value("SELECT count(*) FROM player_stats_history");
        assert_eq!(rows_after, rows_before);
    }
    sandbox.run(case.arguments).expect(0);
}

#[test]
fn an_interrupted_backup_leaves_nothing_behind() {
    for arguments in [&["backup"][..], &["backup", "--compress"]] {
        let case = Interrupted {
            arguments,
            is_under_way: |sandbox, _| has_file(sandbox, ".partial"),
            message: "\
tornsnap: could not finish the backup
  because: it was interrupted; the incomplete copy was removed, and the earlier backups are as they were
",
        };

        check(&large(400_000), &case);
    }
}

const VERIFICATION: &str = "\
tornsnap: could not verify the backups
  because: it was interrupted; no backup was changed
";

#[test]
fn an_interrupted_verification_does_not_call_the_backup_damaged() {
    let sandbox = large(400_000);
    sandbox.run(&["backup", "--compress"]).expect(0);
    let case = Interrupted {
        arguments: &["backup", "--verify", "latest", "--deep"],
        is_under_way: |sandbox, _| has_file(sandbox, ".tornsnap-verify-"),
        message: VERIFICATION,
    };

    check(&sandbox, &case);
}

#[test]
fn an_interrupted_verification_of_all_backups_calls_none_of_them_unreadable() {
    let sandbox = large(400_000);
    for arguments in [&["backup"][..], &["backup", "--compress"], &["backup"]] {
        sandbox.run(arguments).expect(0);
    }
    let case = Interrupted {
        arguments: &["backup", "--verify", "all", "--deep"],
        is_under_way: |_, child| has_opened(child, "backups/tornsnap"),
        message: VERIFICATION,
    };

    check(&sandbox, &case);

    let case = Interrupted {
        arguments: &["--json", "backup", "--verify", "all", "--deep"],
        ..case
    };
    for (name, code) in signals() {
        let report = interrupt(&sandbox, &case, name).expect(code).json();
        assert_eq!(report["exit_code"], code);
        assert_eq!(report["status"], "interrupted");
    }
}

#[test]
fn an_interrupted_restore_leaves_the_database_as_it_was() {
    for arguments in [&["backup"][..], &["backup", "--compress"]] {
        let sandbox = large(400_000);
        sandbox.run(arguments).expect(0);
        let case = Interrupted {
            arguments: &["restore", "latest"],
            is_under_way: |sandbox, _| has_file(sandbox, ".restore"),
            message: "\
tornsnap: could not restore the backup
  because: it was interrupted; the database is as it was, and the unpacked copy was removed
",
        };

        check(&sandbox, &case);
    }
}

#[test]
fn an_interrupted_export_leaves_no_file() {
    let case = Interrupted {
        arguments: &["export", "player_stats_history", "--output", "rows.csv"],
        is_under_way: |sandbox, _| has_file(sandbox, "partial"),
        message: "\
tornsnap: could not write rows.csv
  because: it was interrupted; nothing was left behind
",
    };

    check(&large(400_000), &case);
}

#[test]
fn an_interrupted_export_of_all_tables_leaves_no_folder() {
    let sandbox = large(400_000);
    for (name, code) in signals() {
        let case = Interrupted {
            arguments: &["export", "--all", "--output", "new/all"],
            is_under_way: |sandbox, _| has_file(sandbox, "player_stats_history.csv"),
            message: "because: it was interrupted; nothing was left behind\n",
        };

        let finished = interrupt(&sandbox, &case, name).expect(code);

        assert!(
            finished.stderr().ends_with(case.message),
            "{}",
            finished.stderr()
        );
        assert!(!sandbox.path("new").exists(), "{name}");
    }
}

#[test]
fn an_interrupted_wait_says_that_nothing_was_changed() {
    let sandbox = large(1_000_000);
    sandbox.run(&["summarize"]).expect(0);
    let prune = ["prune", "--keep-months", "1"];
    for (name, code) in signals() {
        let mut backup = sandbox.command(&["backup"]).spawn().unwrap();
        while !has_file(&sandbox, ".partial") {
            assert!(backup.try_wait().unwrap().is_none(), "it ended too early");
            pause();
        }
        signal(&backup, "STOP");
        let mut child = sandbox.command(&prune).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains("waiting for") {
            assert!(stderr.read_line(&mut text).unwrap() > 0, "{text}");
        }

        signal(&child, name);

        stderr.read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{text}");
        assert!(
            text.contains("\n  because: it was interrupted; nothing was changed\n"),
            "{text}"
        );
        signal(&backup, "CONT");
        signal(&backup, "TERM");
        backup.wait_with_output().unwrap();
    }
    assert_eq!(
        sandbox.value::<i64>("SELECT count(*) FROM player_stats_history"),
        1_000_000
    );
}

#[test]
fn an_interrupted_vacuum_leaves_the_database_as_it_was() {
    let case = Interrupted {
        arguments: &[
            "prune",
            "--vacuum",
            "--without-backup",
            "--keep-unsummarized",
        ],
        // The copy is in a temporary file, which has no name.
        is_under_way: |_, child| has_opened(child, "(deleted)"),
        message: "\
tornsnap: could not rewrite the database without its free space
  because: it was interrupted; the old rows are deleted, and the file has its old size
",
    };

    // Without a summary, the prune itself has nothing to do.
    check(&large(1_000_000), &case);
}

#[test]
fn an_interrupted_summarize_changes_nothing_of_the_month_at_hand() {
    let sandbox = large(1_000_000);
    for (name, code) in signals() {
        let mut child = sandbox.command(&["-v", "summarize"]).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains("summarizing 2026-01") {
            assert!(stderr.read_line(&mut text).unwrap() > 0, "{text}");
        }

        signal(&child, name);

        stderr.read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{text}");
        assert!(
            text.ends_with(
                "tornsnap: could not summarize all months\n  \
                 because: it was interrupted; no month was changed; run the same command again\n"
            ),
            "{text}"
        );
        assert_sound(&sandbox);
        assert_eq!(
            sandbox.value::<i64>("SELECT count(*) FROM player_stats_summary"),
            0
        );
    }
    sandbox.run(&["summarize"]).expect(0);
    assert_eq!(
        sandbox.value::<i64>("SELECT count(*) FROM player_stats_summary"),
        2
    );
}

#[test]
fn an_interrupted_archive_loses_and_duplicates_no_row() {
    let sandbox = large(400_000);
    sandbox.run(&["summarize"]).expect(0);
    let case = Interrupted {
        arguments: &[
            "prune",
            "--archive",
            "cold.db",
            "--without-backup",
            "--allow-large",
        ],
        is_under_way: |sandbox, _| sandbox.path("cold.db-wal").exists(),
        message: " rows\n  try: run the same command again to do the rest\n",
    };

    let finished = interrupt(&sandbox, &case, "TERM").expect(143);

    assert!(
        finished.stderr().ends_with(case.message),
        "{}",
        finished.stderr()
    );
    assert_sound(&sandbox);
    sandbox.run(case.arguments).expect(0);
    let (here, there) = (
        sandbox.value::<i64>("SELECT count(*) FROM player_stats_history"),
        rows(
            &rusqlite::Connection::open(sandbox.path("cold.db")).unwrap(),
            "SELECT count(DISTINCT id), count(*) FROM player_stats_history",
        ),
    );
    let moved = 400_000 - here;
    assert_eq!(there, [format!("{moved}|{moved}")]);
    assert!(moved > 300_000, "{moved}");
}

#[test]
fn interrupted_checks_are_no_findings() {
    let case = Interrupted {
        arguments: &["health", "--deep"],
        is_under_way: |_, child| has_opened(child, "tornsnap.db"),
        message: "\
tornsnap: could not finish the checks
  because: it was interrupted; nothing was changed
",
    };
    let sandbox = large(400_000);

    for (name, code) in signals() {
        let finished = interrupt(&sandbox, &case, name).expect(code);
        assert!(
            finished.stderr().ends_with(case.message),
            "{}",
            finished.stderr()
        );
        assert_eq!(finished.stdout(), "");
    }
}
