//! FIFOs and folders under the fixed names of files: no command waits for the other end of a FIFO, and each error has a remedy.
#![cfg(unix)]

use std::fs;

use crate::backup::ready;
use crate::support::Sandbox;

const BACKUP: &str = "backups/tornsnap-20260401T120000Z.db";

/// Makes something in the place of what is there.
type Make = fn(&Sandbox, &str);

/// Each kind of what is no file, as errors name it.
const KINDS: [(&str, Make); 2] = [
    ("it is a FIFO, not a file", |sandbox, name| {
        let _ = fs::remove_file(sandbox.path(name));
        sandbox.make_fifo(name);
    }),
    ("it is a folder", |sandbox, name| {
        let _ = fs::remove_file(sandbox.path(name));
        fs::create_dir(sandbox.path(name)).unwrap();
    }),
];

/// A database, a backup, and a configuration of a player.
fn prepared() -> Sandbox {
    let sandbox = ready(20);
    sandbox.write("alice.key", "SomeKeyOfAlice01\n");
    let text = "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n[track]\nplayers = [1]\n";
    sandbox.write("tornsnap.toml", text);
    sandbox.run(&["-q", "backup"]).expect(0);
    sandbox
}

/// Runs the commands with each kind of what is no file under this name. Their codes are those of `commands`.
#[track_caller]
fn all_refuse(name: &str, commands: &[(&[&str], i32)], remedy: &str) {
    for (why, make) in KINDS {
        for (command, code) in commands {
            let sandbox = prepared();
            make(&sandbox, name);

            let finished = sandbox.run(command).expect(*code);

            let said = finished.stdout() + &finished.stderr();
            for words in [why, remedy] {
                assert!(said.contains(words), "{command:?}: {words}: {said}");
            }
        }
    }
}

#[test]
fn a_lock_that_is_no_file_is_refused() {
    for (lock, command) in [
        ("tornsnap.db.players.lock", &["fetch", "players"][..]),
        ("tornsnap.db.maintenance.lock", &["prune"]),
        ("tornsnap.db.summarize.lock", &["summarize"]),
        ("tornsnap.db.backup.lock", &["backup"]),
        ("tornsnap.db.wars.lock", &["restore", "latest", "--yes"]),
    ] {
        let remedy = "try: remove it, and run the command again";
        all_refuse(lock, &[(command, 78)], remedy);
    }
}

#[test]
fn health_and_schedule_show_take_a_lock_that_is_no_file_for_free() {
    for (_, make) in KINDS {
        let sandbox = prepared();
        make(&sandbox, "tornsnap.db.players.lock");
        make(&sandbox, "tornsnap.db.health.lock");
        let run = "INSERT INTO fetch_runs (kind, started_at, status) VALUES ('players', 1775044700, 'running')";
        sandbox.sqlite().execute_batch(run).unwrap();

        let health = sandbox.run(&["health"]).stdout();
        let shown = sandbox.run(&["schedule", "show", "--for", "cron"]);

        assert!(health.contains("1 run was killed"), "{health}");
        let shown = shown.expect(0).stdout();
        assert!(shown.contains("  killed "), "{shown}");
    }
}

#[test]
fn a_manifest_that_is_no_file_is_refused() {
    let remedy = "`tornsnap backup --list` shows them";
    let commands: &[(&[&str], i32)] = &[
        (&["restore", BACKUP, "--yes"], 78),
        (&["restore", BACKUP, "--without-manifest", "--yes"], 78),
        (&["backup", "--verify", BACKUP], 78),
    ];
    all_refuse(&format!("{BACKUP}.json"), commands, remedy);
}

#[test]
fn no_command_waits_for_a_manifest_that_is_no_file() {
    for (_, make) in KINDS {
        let sandbox = prepared();
        make(&sandbox, &format!("{BACKUP}.json"));
        for command in [
            &["backup", "--list"][..],
            &["backup", "--verify", "all"],
            &["import", BACKUP, "--no-backup"],
            &["restore", "latest", "--yes"],
            &["health"],
            &["backup"],
            &["prune", "--dry-run"],
        ] {
            let finished = sandbox.run(command);
            assert!((0..=78).contains(&finished.code()), "{command:?}");
        }
    }
}

#[test]
fn a_configuration_that_is_no_file_is_refused() {
    let remedy = "try: name ";
    let commands: &[(&[&str], i32)] = &[
        (&["--config", "tornsnap.toml", "fetch", "all"], 78),
        (&["--config", "tornsnap.toml", "config", "check"], 78),
        (
            &["--config", "tornsnap.toml", "init", "--non-interactive"],
            78,
        ),
        (&["--config", "tornsnap.toml", "schedule", "show"], 78),
    ];
    all_refuse("tornsnap.toml", commands, remedy);
}

#[test]
fn a_key_file_that_is_no_file_is_refused() {
    let commands: &[(&[&str], i32)] = &[(&["fetch", "players"], 77)];
    all_refuse("alice.key", commands, "try: put the key on the first line");
}

#[test]
fn a_marker_of_a_restore_that_is_no_file_is_refused() {
    let commands: &[(&[&str], i32)] = &[(&["restore", "latest", "--yes"], 78)];
    all_refuse("tornsnap.db.restoring", commands, "try: remove it");
}

#[test]
fn a_configuration_in_an_open_descriptor_is_read() {
    let sandbox = prepared();
    let checked = sandbox.run(&["--config", "/dev/null", "config", "show"]);
    checked.expect(0);
}

#[test]
fn a_database_that_is_no_file_is_refused() {
    let commands: &[(&[&str], i32)] = &[
        (&["export", "players"], 78),
        (&["backup"], 78),
        (&["summarize"], 78),
        (&["prune"], 78),
        (&["health"], 2),
    ];
    all_refuse("tornsnap.db", commands, "--database");
}

#[test]
fn a_link_that_leads_to_itself_is_refused_as_a_database_and_as_an_archive() {
    let sandbox = prepared();
    std::os::unix::fs::symlink("circle.db", sandbox.path("circle.db")).unwrap();
    for arguments in [
        &["export", "players", "--database", "circle.db"][..],
        &["fetch", "players", "--database", "circle.db"],
        &["summarize", "--database", "circle.db"],
        &["backup", "--database", "circle.db"],
        &["prune", "--archive", "circle.db"],
    ] {
        let stderr = sandbox.run(arguments).expect(78).stderr();
        assert!(
            stderr.contains("circle.db\n  because: Too many levels of symbolic links")
                && stderr.contains("\n  try: remove or correct the symbolic links of that path"),
            "{arguments:?}: {stderr}"
        );
    }
}
