//! Errors on a full disk say that it is full and what to do, and name the file that the user knows (Linux only, as root).

use std::process::Command;

use crate::month_model::{IN_APRIL, history_rows, with_steady_history_at};
use crate::support::programs::write_script;
use crate::support::{Finished, Sandbox, skipped, started_by};

/// Runs a command in a copy of the folder on a small disk without free space. `None` where nothing may be mounted.
fn on_full_disk(sandbox: &Sandbox, arguments: &[&str]) -> Option<Finished> {
    let mut command = sandbox.command(arguments);
    command.env("TORNSNAP_NOW", IN_APRIL.to_string());
    started_on_full_disk(sandbox, &command)
}

/// The same for a command with its variables.
fn started_on_full_disk(sandbox: &Sandbox, command: &Command) -> Option<Finished> {
    const SCRIPT: &str = r#"
        mount -t tmpfs -o size=16m none /mnt || exit 99
        cp -r "$0"/. /mnt && cd /mnt || exit 98
        dd if=/dev/zero of=filler bs=1k >/dev/null 2>&1
        exec "$@""#;
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--mount", "sh", "-c", SCRIPT])
        .arg(sandbox.path(""));
    let Ok(output) = started_by(unshare, command).output() else {
        skipped("there is no unshare");
        return None;
    };
    let finished = Finished(output);
    if finished.code() == 99 || finished.stderr().contains("unshare failed") {
        skipped("this user may not mount a disk");
        return None;
    }
    Some(finished)
}

/// Runs a prune with `--vacuum` whose folder for temporary files is a small disk. `None` where nothing may be mounted.
fn vacuum_with_small_temporary_disk(sandbox: &Sandbox, more: &[&str]) -> Option<Finished> {
    const SCRIPT: &str = r#"
        mount -t tmpfs -o size=4m none /mnt || exit 99
        export SQLITE_TMPDIR=/mnt
        exec "$@""#;
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", SCRIPT, "sh"]);
    let flags = [
        "prune",
        "--vacuum",
        "--without-backup",
        "--allow-large",
        "--keep-unsummarized",
    ];
    let mut command = sandbox.command(&[&flags, more].concat());
    command.env("TORNSNAP_NOW", IN_APRIL.to_string());
    let Ok(output) = started_by(unshare, &command).output() else {
        skipped("there is no unshare");
        return None;
    };
    let finished = Finished(output);
    if finished.code() == 99 || finished.stderr().contains("unshare failed") {
        skipped("this user may not mount a disk");
        return None;
    }
    Some(finished)
}

#[test]
fn no_row_is_deleted_without_room_for_the_vacuum() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    let main = with_steady_history_at(&sandbox, "tornsnap.db");
    sandbox
        .run_at(IN_APRIL, &["summarize", "--no-backup"])
        .expect(0);
    let before = history_rows(&main);

    for more in [&[][..], &["--dry-run"]] {
        let Some(finished) = vacuum_with_small_temporary_disk(&sandbox, more) else {
            return;
        };

        let said = finished.expect(74).stderr();
        assert!(said.contains("set SQLITE_TMPDIR to a folder"), "{said}");
        assert_eq!(history_rows(&main), before);
    }
}

#[test]
fn jobs_that_are_installed_on_a_full_disk_need_space_and_nothing_else() {
    for (scheduler, crontab) in [
        ("cron", "echo \"no crontab for $(id -un)\" >&2; exit 1"),
        ("cron", "echo '0 5 * * * mine'"),
        ("systemd", "exit 1"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("alice.key", "SomeKeyOfAlice01\n");
        let config =
            "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n[track]\nfactions = [9]\n";
        sandbox.write("tornsnap.toml", config);
        write_script(&sandbox.path("crontab"), &format!("{crontab}\n"));
        write_script(&sandbox.path("systemctl"), "exit 0\n");
        let mut command = sandbox.command(&["schedule", "install", "--for", scheduler]);
        // The copy of the folder is on the full disk.
        command.env("PATH", "/mnt:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("XDG_CONFIG_HOME", "/mnt");

        let Some(finished) = started_on_full_disk(&sandbox, &command) else {
            return;
        };

        let stderr = finished.stderr();
        let what = format!("{scheduler}, {crontab}: {stderr}");
        assert_eq!(finished.code(), 74, "{what}");
        assert!(stderr.contains("try: free some space"), "{what}");
        for other in ["cron.allow", "systemctl", ".partial"] {
            assert!(!stderr.contains(other), "{what}");
        }
    }
}

#[test]
fn errors_on_a_full_disk_say_what_to_do_and_name_no_hidden_file() {
    let mut failed = 0;
    for arguments in [
        &["summarize", "--no-backup"][..],
        &["backup"],
        &["schedule", "run", "backup"],
        &["demo", "--output", "played"],
        &["man", "--output", "pages"],
        &["export", "players", "--output", "players.csv"],
        &[
            "prune",
            "--without-backup",
            "--allow-large",
            "--keep-unsummarized",
        ],
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
        drop(with_steady_history_at(&sandbox, "tornsnap.db"));
        sandbox.remove_database("template.db");

        let Some(finished) = on_full_disk(&sandbox, arguments) else {
            return;
        };

        if finished.code() == 0 {
            continue; // The rest of the last page of the disk was enough.
        }
        failed += 1;
        let stderr = finished.stderr();
        assert_eq!(finished.code(), 74, "{arguments:?}: {stderr}");
        assert!(stderr.contains("\n  try: "), "{arguments:?}: {stderr}");
        for hidden in [".partial", ".tornsnap-", "Error code", "at path"] {
            assert!(!stderr.contains(hidden), "{arguments:?}: {stderr}");
        }
        assert!(
            ["full", "No space left", "are free"]
                .iter()
                .any(|word| stderr.contains(word)),
            "{arguments:?}: {stderr}"
        );
    }
    assert!(failed >= 4, "{failed}");
}

#[test]
fn a_file_size_limit_fails_the_write_and_leaves_no_partial_file() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    drop(with_steady_history_at(&sandbox, "tornsnap.db"));
    sandbox.remove_database("template.db");
    std::fs::create_dir(sandbox.path("out")).unwrap();
    for (arguments, blocks) in [
        (
            &["export", "player_stats_history", "--output", "out/h.csv"][..],
            64,
        ),
        (&["man", "--output", "out"], 1),
    ] {
        let mut limited = sandbox.limited(blocks, arguments);

        let failed = Finished(limited.output().unwrap()).expect(74);

        let stderr = failed.stderr();
        assert!(
            stderr.contains("the file would be larger than the limit for files allows\n  try: raise the limit that `ulimit -f` shows"),
            "{stderr}"
        );
        let left = std::fs::read_dir(sandbox.path("out")).unwrap();
        let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
        let is_partial = |name: &std::ffi::OsString| !name.to_string_lossy().ends_with(".1");
        assert!(!left.iter().any(is_partial), "{left:?}");
    }
}

#[test]
fn a_file_size_limit_for_a_new_archive_names_the_archive_and_no_hidden_file() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    drop(with_steady_history_at(&sandbox, "tornsnap.db"));
    sandbox.remove_database("template.db");
    let prune = [
        "prune",
        "--without-backup",
        "--allow-large",
        "--keep-unsummarized",
        "--archive",
        "cold.db",
        "--new-archive",
    ];
    let mut limited = sandbox.limited(100, &prune);
    limited.env("TORNSNAP_NOW", IN_APRIL.to_string());

    let stderr = Finished(limited.output().unwrap()).expect(74).stderr();

    assert!(stderr.contains(" cold.db"), "{stderr}");
    assert!(!stderr.contains(".tornsnap-"), "{stderr}");
}
