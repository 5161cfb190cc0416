//! Files and folders that the user of the program may not read or write: the error names the owner and the command that helps.
//!
//! These tests need root, who can become another user; for other users they are skipped.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::chown;

use crate::backup::ready;
use crate::health::check;
use crate::owners::{NOBODY, as_nobody, give_away, is_root};
use crate::support::{NOW, Sandbox, set_mode};

const BACKUP: &str = "backups/tornsnap-20260401T120000Z.db";

fn with_backup() -> Option<Sandbox> {
    let sandbox = ready(20);
    if !is_root(&sandbox) {
        return None;
    }
    sandbox.run(&["backup"]).expect(0);
    give_away(&sandbox);
    Some(sandbox)
}

/// The commands that read the backup folder, with their exit codes.
const READERS: [(&[&str], i32); 6] = [
    (&["backup", "--list"], 78),
    (&["backup", "--verify", "all"], 78),
    (&["restore", "latest", "--yes"], 78),
    (&["restore", BACKUP, "--yes"], 78),
    (&["import", BACKUP, "--no-backup"], 78),
    (&["health"], 3),
];

#[track_caller]
fn all_readers_say(sandbox: &Sandbox, cause: &str, remedy: &str) {
    for (command, code) in READERS {
        let finished = as_nobody(sandbox, &sandbox.command(command)).expect(code);
        let said = format!("{}{}", finished.stderr(), finished.stdout());
        for words in [cause, remedy] {
            assert!(said.contains(words), "{command:?}: {words}: {said}");
        }
    }
}

#[test]
fn a_backup_folder_that_its_owner_may_not_read_is_named_with_the_chmod_to_run() {
    let Some(sandbox) = with_backup() else { return };
    set_mode(&sandbox.path("backups"), 0o000);
    all_readers_say(
        &sandbox,
        "the folder backups belongs to nobody (uid 65534), and its mode 000 forbids it even to its owner",
        "try: chmod u+rwx backups",
    );
}

#[test]
fn a_backup_folder_that_root_has_closed_is_named_with_the_chown_to_run() {
    let Some(sandbox) = with_backup() else { return };
    set_mode(&sandbox.path("backups"), 0o700);
    chown(sandbox.path("backups"), Some(0), Some(0)).unwrap();
    all_readers_say(
        &sandbox,
        "the folder backups belongs to root (uid 0), and this program runs as nobody (uid 65534)",
        "try: sudo chown nobody:65534 backups",
    );
}

#[test]
fn a_backup_that_another_user_has_closed_is_named_with_the_user_who_may_read_it() {
    let Some(sandbox) = with_backup() else { return };
    fs::copy(sandbox.path(BACKUP), sandbox.path("backups/copy.db")).unwrap();
    chown(sandbox.path("backups/copy.db"), Some(1), Some(1)).unwrap();
    set_mode(&sandbox.path("backups/copy.db"), 0o600);
    for command in [
        &["import", "backups/copy.db", "--no-backup"][..],
        &["restore", "backups/copy.db", "--yes", "--without-manifest"],
    ] {
        let said = as_nobody(&sandbox, &sandbox.command(command))
            .expect(78)
            .stderr();
        assert!(
            said.contains("the file backups/copy.db belongs to ")
                && said.contains(
                    "(uid 1), and this program runs as nobody (uid 65534)\n  try: run it as "
                )
                && said.ends_with("(uid 1), who owns it\n"),
            "{command:?}: {said}"
        );
    }
}

#[test]
fn an_export_into_a_closed_folder_names_its_owner_and_the_command_that_helps() {
    let Some(sandbox) = with_backup() else { return };
    for (name, owner, mode) in [
        ("shut", NOBODY, 0o500),
        ("of-root", 0, 0o755),
        ("of-bob", 1, 0o755),
    ] {
        fs::create_dir(sandbox.path(name)).unwrap();
        set_mode(&sandbox.path(name), mode);
        chown(sandbox.path(name), Some(owner), Some(owner)).unwrap();
    }
    for (folder, cause, remedy) in [
        (
            "shut",
            "the folder shut belongs to nobody (uid 65534), and its mode 500 forbids it even to its owner",
            "chmod u+rwx shut",
        ),
        (
            "of-root",
            "the folder of-root belongs to root (uid 0), and this program runs as nobody (uid 65534)",
            "sudo chown nobody:65534 of-root",
        ),
        (
            "of-bob",
            "(uid 1), and this program runs as nobody (uid 65534)",
            "choose a folder that belongs to nobody (uid 65534)",
        ),
    ] {
        for command in [
            &["export", "players", "-o", &format!("{folder}/x.csv")][..],
            &["export", "--all", "-o", &format!("{folder}/all")],
        ] {
            let said = as_nobody(
                &sandbox,
                sandbox
                    .command(command)
                    .env("TORNSNAP_NOW", NOW.to_string()),
            )
            .expect(78)
            .stderr();
            for words in [cause, &format!("  try: {remedy}, or name another ")] {
                assert!(said.contains(words), "{command:?}: {words}: {said}");
            }
        }
    }
}

#[test]
fn a_backup_without_a_manifest_is_restored_by_the_command_that_the_refusal_names() {
    let Some(sandbox) = with_backup() else { return };
    fs::copy(sandbox.path(BACKUP), sandbox.path("copy.db")).unwrap();
    let said = sandbox
        .run(&["restore", "copy.db", "--yes"])
        .expect(78)
        .stderr();
    assert!(
        said.contains("`tornsnap restore copy.db --without-manifest`"),
        "{said}"
    );
}

#[test]
fn a_closed_folder_of_the_database_is_a_warning_while_a_fetch_needs_no_new_file() {
    let Some(sandbox) = with_backup() else { return };
    let health = || {
        let report = as_nobody(&sandbox, &sandbox.command(&["health", "--json"])).json();
        check(&report, "writable").unwrap().clone()
    };
    // An open connection keeps the files.
    let writer = sandbox.sqlite();
    writer.execute_batch("DELETE FROM api_keys").unwrap();
    sandbox.write("tornsnap.db.players.lock", "");
    for end in ["-wal", "-shm", ".players.lock"] {
        chown(
            sandbox.path(&format!("tornsnap.db{end}")),
            Some(NOBODY),
            Some(NOBODY),
        )
        .unwrap();
    }
    set_mode(&sandbox.path(""), 0o555);

    let found = health();

    assert_eq!(found["state"], "warning", "{found}");
    let said = found["message"].as_str().unwrap();
    assert!(
        said.starts_with("a fetch works only until the files beside the database that end in -wal, -shm and .lock are removed: "),
        "{said}"
    );
    fs::remove_file(sandbox.path("tornsnap.db.players.lock")).unwrap();

    let found = health();

    assert_eq!(found["state"], "critical", "{found}");
    assert!(
        found["message"]
            .as_str()
            .unwrap()
            .starts_with("nothing is collected: "),
        "{found}"
    );
    set_mode(&sandbox.path(""), 0o755);
}

#[test]
fn a_file_of_root_that_its_next_owner_could_not_write_either_is_named_with_both_commands() {
    let Some(sandbox) = with_backup() else { return };
    let mark = sandbox.write("tornsnap.toml.backup.last", "");
    let config = sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    chown(&config, Some(NOBODY), Some(NOBODY)).unwrap();
    chown(&mark, Some(0), Some(0)).unwrap();
    set_mode(&mark, 0o444);

    let job = sandbox.command(&["-q", "schedule", "run", "backup"]);
    let refused = as_nobody(&sandbox, &job).expect(78).stderr();

    let place = mark.display();
    let remedy = format!("try: sudo chown nobody:65534 {place} && sudo chmod u+rw {place}\n");
    assert!(refused.contains(&remedy), "{refused}");
    chown(&mark, Some(NOBODY), Some(NOBODY)).unwrap();
    set_mode(&mark, 0o644);
    as_nobody(&sandbox, &job).expect(0);
}

#[test]
fn an_archive_in_a_folder_that_is_closed_is_named_with_the_command_that_helps() {
    let Some(sandbox) = with_backup() else { return };
    fs::create_dir(sandbox.path("cold")).unwrap();
    for (owner, mode, cause, remedy) in [
        (
            NOBODY,
            0o000,
            "the folder cold belongs to nobody (uid 65534), and its mode 000 forbids it even to its owner",
            "chmod u+rwx cold",
        ),
        (
            0,
            0o700,
            "the folder cold belongs to root (uid 0), and this program runs as nobody (uid 65534)",
            "sudo chown nobody:65534 cold",
        ),
    ] {
        set_mode(&sandbox.path("cold"), mode);
        chown(sandbox.path("cold"), Some(owner), Some(owner)).unwrap();
        let prune = ["prune", "--archive", "cold/a.db"];
        let refused = as_nobody(&sandbox, &sandbox.command(&prune)).expect(78);
        let expected = format!("{cause}\n  try: {remedy}\n");
        assert!(
            refused.stderr().ends_with(&expected),
            "{}",
            refused.stderr()
        );
    }
}

#[test]
fn of_all_backups_the_one_that_cannot_be_read_is_named_with_the_command_that_helps() {
    let Some(sandbox) = with_backup() else { return };
    let backup = sandbox.path(BACKUP);
    chown(&backup, Some(0), Some(0)).unwrap();
    set_mode(&backup, 0o600);

    let verify = ["backup", "--verify", "all"];
    let failed = as_nobody(&sandbox, &sandbox.command(&verify)).expect(78);

    let expected = format!("(uid 65534); try: sudo chown nobody:65534 {BACKUP}\n");
    assert!(failed.stderr().contains(&expected), "{}", failed.stderr());
}
