//! A database, or a file beside it, with a mode or an owner that forbids to write.

use std::os::unix::fs::chown;

use super::{NOBODY, as_nobody, give_away, is_root};
use crate::support::torn::Torn;
use crate::support::{Finished, Sandbox, mode, set_mode};

/// The files that SQLite keeps beside the database.
fn companions(sandbox: &Sandbox) -> Vec<String> {
    let mut names = sandbox.names();
    names.retain(|name| name.ends_with("-wal") || name.ends_with("-shm"));
    names
}

/// A simulated Torn whose folder belongs to the user `nobody`; `None` if this user cannot become another one.
fn torn_of_nobody() -> Option<Torn> {
    let torn = Torn::new();
    torn.follow(
        "[track]\nfactions = [9]\nterritories = \"none\"\n[backup]\ndirectory = \"copies\"\n",
    );
    is_root(&torn.sandbox).then(|| {
        give_away(&torn.sandbox);
        torn
    })
}

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    as_nobody(sandbox, &sandbox.command(arguments))
}

const COMMANDS: [&[&str]; 5] = [
    &["fetch", "all"],
    &["backup"],
    &["summarize"],
    &["prune", "--dry-run"],
    &["export", "players"],
];

#[test]
fn a_run_that_a_mode_forbids_leaves_no_files_beside_the_database_and_its_remedy_is_enough() {
    let Some(torn) = torn_of_nobody() else {
        return;
    };
    let sandbox = &torn.sandbox;
    for arguments in COMMANDS {
        set_mode(&sandbox.database(), 0o400);
        let finished = run(sandbox, arguments);
        if !["export", "prune"].contains(&arguments[0]) {
            let stderr = finished.expect(78).stderr();
            let expected =
                "its mode 400 forbids it even to its owner\n  try: chmod u+rw tornsnap.db\n";
            assert!(stderr.ends_with(expected), "{arguments:?}: {stderr}");
        }
        assert_eq!(companions(sandbox), [""; 0], "{arguments:?}");

        set_mode(&sandbox.database(), 0o600);
        run(sandbox, &["fetch", "all"]).expect(0);
    }
}

#[test]
fn a_file_beside_the_database_that_cannot_be_written_is_named_with_the_command_to_run() {
    struct Case {
        owner: u32,
        mode: u32,
        remedy: &'static str,
    }
    let Some(torn) = torn_of_nobody() else {
        return;
    };
    let sandbox = &torn.sandbox;
    run(sandbox, &["fetch", "all"]).expect(0);
    for case in [
        Case {
            owner: NOBODY,
            mode: 0o400,
            remedy: "chmod u+rw tornsnap.db-wal && chmod u+rw tornsnap.db-shm",
        },
        Case {
            owner: 0,
            mode: 0o600,
            remedy: "sudo chown nobody:65534 tornsnap.db-wal && sudo chown nobody:65534 tornsnap.db-shm",
        },
        Case {
            owner: 1,
            mode: 0o644,
            remedy: "sudo chown nobody:65534 tornsnap.db-wal && sudo chown nobody:65534 tornsnap.db-shm",
        },
    ] {
        let writer = sandbox.sqlite();
        writer
            .execute_batch("UPDATE factions SET name = name || '!'; DELETE FROM key_checks")
            .unwrap();
        for suffix in ["-wal", "-shm"] {
            let path = sandbox.path(&format!("tornsnap.db{suffix}"));
            set_mode(&path, case.mode);
            chown(&path, Some(case.owner), Some(case.owner)).unwrap();
        }
        for arguments in [&["fetch", "all"][..], &["backup"], &["summarize"]] {
            let stderr = run(sandbox, arguments).expect(78).stderr();
            assert!(stderr.contains("tornsnap.db-wal belongs to "), "{stderr}");
            let expected = format!("\n  try: {}\n", case.remedy);
            assert!(stderr.ends_with(&expected), "{arguments:?}: {stderr}");
        }
        assert_eq!(companions(sandbox).len(), 2);
        let health = run(sandbox, &["health"]).stdout();
        assert_eq!(companions(sandbox).len(), 2, "{health}");
        assert!(health.contains("tornsnap.db-wal belongs to "), "{health}");
        assert!(health.contains("nothing is collected"), "{health}");
        drop(writer);
    }
    run(sandbox, &["fetch", "all"]).expect(0);
    assert_eq!(mode(&sandbox.database()), 0o600);
}
