//! Folders that cannot be a lake, and disks without room.

use std::fs;

#[cfg(unix)]
use crate::export::lake::{check_equal, open};
use crate::export::lake::{export, tree, world};
use crate::support::Sandbox;

#[test]
fn a_folder_that_is_missing_is_made_with_those_above_it() {
    let sandbox = world();

    let finished = sandbox
        .run(&["export", "--lake", "some/where/lake"])
        .expect(0);

    assert!(
        finished.stderr().contains("is new"),
        "{}",
        finished.stderr()
    );
    assert_eq!(tree(&sandbox.path("some/where/lake")).len(), 21);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error_that_names_it() {
    let sandbox = world();
    sandbox.write("lake", "old");

    let finished = export(&sandbox).expect(78);

    let text = finished.stderr();
    assert!(
        text.starts_with("tornsnap: could not make the folder lake\n"),
        "{text}"
    );
    assert!(
        text.contains("\n  try: ") && text.contains("--lake"),
        "{text}"
    );
    assert_eq!(fs::read_to_string(sandbox.path("lake")).unwrap(), "old");
}

#[test]
fn a_file_in_the_place_of_a_folder_of_the_lake_is_an_error_that_names_it() {
    let sandbox = world();
    for name in ["player_stats_history", "players"] {
        let _ = fs::remove_dir_all(sandbox.path("lake"));
        sandbox.write(&format!("lake/{name}"), "foreign");

        let finished = export(&sandbox);

        assert_eq!(finished.code(), 78, "{}", finished.stderr());
        assert!(finished.stderr().contains(name), "{}", finished.stderr());
        assert_eq!(tree(&sandbox.path("lake")).len(), 1);
    }
}

#[test]
fn a_missing_database_makes_no_lake() {
    let sandbox = Sandbox::new();

    export(&sandbox).expect(78);

    assert!(!sandbox.path("lake").exists());
}

#[test]
fn options_of_other_exports_are_refused() {
    let sandbox = world();
    for more in [
        &["players"][..],
        &["--all", "-o", "x"],
        &["--format", "parquet"],
        &["--since", "2026-01"],
        &["--list"],
    ] {
        let arguments = [&["export", "--lake", "lake"], more].concat();
        sandbox.run(&arguments).expect(2);
    }
    assert!(!sandbox.path("lake").exists());
}

/// A disk that is full at any point leaves the files that were there.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_files_as_they_were() {
    use crate::support::Finished;

    let sandbox = world();
    export(&sandbox).expect(0);
    let before = tree(&sandbox.path("lake"));
    open(&sandbox, "tornsnap.db")
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO player_stats_history (player_id, timestamp, level, networth)
                 SELECT 1, 1767225600 + 1000 * i, 1, abs(random()) FROM n;",
        )
        .unwrap();
    // A file of a month has 10 KB, and a manifest as well.
    for blocks in [1, 2, 8] {
        let limited = sandbox
            .limited(blocks, &["export", "--lake", "lake"])
            .output();

        let finished = Finished(limited.unwrap());

        assert_ne!(finished.code(), 0, "{blocks}");
        let text = finished.stderr();
        assert!(
            text.contains("\n  because: ") && text.contains("\n  try: "),
            "{text}"
        );
        assert_eq!(tree(&sandbox.path("lake")), before, "{blocks}: {text}");
    }
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_free_space_has_its_exit_code_and_gets_no_half_file() {
    use std::process::Command;

    use crate::support::{Finished, skipped, started_by};

    const SCRIPT: &str = r#"
        mount -t tmpfs -o size=1m none "$0" || exit 99
        "$@"; code=$?
        find "$0" -name '*.parquet' -o -name '*.partial' -o -name 'manifest*'
        exit $code"#;
    let sandbox = world();
    open(&sandbox, "tornsnap.db")
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
             INSERT INTO player_stats_history (player_id, timestamp, level, networth)
                 SELECT 1, 1767225600 + 10 * i, 1, abs(random()) FROM n;",
        )
        .unwrap();
    fs::create_dir(sandbox.path("lake")).unwrap();
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--mount", "sh", "-c", SCRIPT])
        .arg(sandbox.path("lake"));
    let command = sandbox.command(&["export", "--lake", "lake"]);
    let Ok(output) = started_by(unshare, &command).output() else {
        return skipped("there is no unshare");
    };
    let finished = Finished(output);
    if finished.code() == 99 || finished.stderr().contains("unshare failed") {
        return skipped("this user may not mount a disk");
    }

    let finished = finished.expect(74);

    assert!(
        finished.stderr().contains("check the free space there"),
        "{}",
        finished.stderr()
    );
    assert_eq!(finished.stdout(), "");
}

/// root may write anywhere, so the command runs as another user.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_not_be_written_is_an_error_that_says_who_owns_it() {
    use std::os::unix::fs::MetadataExt;

    use crate::support::{set_mode, skipped};

    let sandbox = world();
    fs::create_dir(sandbox.path("lake")).unwrap();
    set_mode(&sandbox.path("lake"), 0o555);
    if fs::metadata(sandbox.path("lake")).unwrap().uid() == 0 {
        return skipped("root may write to any folder");
    }

    let finished = export(&sandbox).expect(78);

    assert!(
        finished.stderr().contains("\n  try: "),
        "{}",
        finished.stderr()
    );
}

#[test]
fn the_address_of_a_storage_service_is_no_folder() {
    let sandbox = world();

    let refused = sandbox
        .run(&["export", "--lake", "s3://bucket/lake"])
        .expect(2);

    assert!(!sandbox.path("s3:").exists(), "{}", refused.stderr());
}
