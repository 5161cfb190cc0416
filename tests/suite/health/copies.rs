//! Findings about archives, backups and their disks.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use super::months::{LATER, run, with_march};
use super::{FOLLOWED, FOUR_YEARS, assert_state, check, message_and_remedy, well};
use crate::support::schema::Schema;
#[cfg(target_os = "linux")]
use crate::support::skipped;
use crate::support::{DAY, HOUR, NOW, Sandbox, damage};

/// A database of which `prune` has moved rows to `cold/archive.db`.
pub(super) fn archived() -> Sandbox {
    let sandbox = well();
    fs::create_dir(sandbox.path("cold")).unwrap();
    make_archive(&sandbox, "cold/archive.db");
    let (path, id) = (
        sandbox.path("cold").join("archive.db"),
        id_of(&sandbox, "cold/archive.db"),
    );
    sandbox
        .sqlite()
        .execute(
            "INSERT INTO prune_runs (started_at, finished_at, cutoff, deleted, archive, archive_id)
             VALUES (1775000000, 1775000000, 1767225600, 10, ?1, ?2)",
            [path.to_str().unwrap(), &id],
        )
        .unwrap();
    sandbox
}

fn make_archive(sandbox: &Sandbox, name: &str) {
    let ours: String = sandbox.value("SELECT database_id FROM database_identity");
    drop(Store::create(&sandbox.path(name)).unwrap());
    Connection::open(sandbox.path(name))
        .unwrap()
        .execute("UPDATE database_identity SET archive_of = ?1", [ours])
        .unwrap();
}

fn id_of(sandbox: &Sandbox, name: &str) -> String {
    Connection::open(sandbox.path(name))
        .unwrap()
        .query_row("SELECT database_id FROM database_identity", [], |row| {
            row.get(0)
        })
        .unwrap()
}

#[test]
fn an_archive_that_is_gone_or_replaced_is_critical() {
    let sandbox = archived();
    let archive = sandbox.path("cold").join("archive.db");
    sandbox.run(&["health"]).expect(0);
    sandbox.run(&["health", "--deep"]).expect(0);
    let mut names: Vec<_> = fs::read_dir(sandbox.path("cold"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["archive.db"], "health leaves no file");
    let bytes = fs::read(&archive).unwrap();

    for damaged in [vec![0xA5; 40_000], Vec::new()] {
        fs::write(&archive, damaged).unwrap();
        assert_state(&sandbox.run(&["health", "--json"]), "archive", "critical");
    }
    fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    // Only a deep check reads every page.
    assert_state(
        &sandbox.run(&["health", "--deep", "--json"]),
        "archive",
        "critical",
    );
    fs::remove_file(&archive).unwrap();
    let (message, remedy) = message_and_remedy(&sandbox, NOW, "archive");
    assert!(
        message.contains("it no longer exists")
            && message.contains("the only copy of the history rows from before 2026-01-01"),
        "{message}"
    );
    let expected = format!(
        "mount the disk, put a copy of the archive back, run `tornsnap prune --archive FILE` with its present path as FILE, or run \
         `tornsnap prune --archive {} --new-archive` to start",
        archive.display()
    );
    assert!(remedy.starts_with(&expected), "{remedy}");
    make_archive(&sandbox, "cold/archive.db");
    let (message, _) = message_and_remedy(&sandbox, NOW, "archive");
    assert!(
        message.contains("history rows were moved to another archive at this place before"),
        "a new one: {message}"
    );
    fs::remove_dir_all(sandbox.path("cold")).unwrap();
    let (_, remedy) = message_and_remedy(&sandbox, NOW, "archive");
    assert!(remedy.contains("mount the disk"), "{remedy}");
    sandbox.run(&["health"]).expect(2);
}

#[test]
fn the_archive_that_prune_wrote_is_known_and_missed() {
    let sandbox = with_march();
    run(&sandbox, "summarize");
    run(&sandbox, "backup");
    run(&sandbox, "prune --allow-large --archive old.db");
    let look = || sandbox.run_at(LATER, &["health", "--deep", "--json"]);
    assert_state(&look(), "archive", "ok");

    fs::rename(sandbox.path("old.db"), sandbox.path("away.db")).unwrap();
    assert_state(&look(), "archive", "critical");
    fs::copy(sandbox.database(), sandbox.path("old.db")).unwrap();
    let (message, _) = message_and_remedy(&sandbox, LATER, "archive");
    assert!(
        message.contains("it is a main database, not an archive"),
        "{message}"
    );
    fs::rename(sandbox.path("away.db"), sandbox.path("old.db")).unwrap();
    assert_state(&look(), "archive", "ok");
}

#[test]
fn an_archive_that_is_checked_itself_misses_no_fetch_and_no_summary() {
    let sandbox = with_march();
    run(&sandbox, "summarize");
    run(&sandbox, "backup");
    let backed_up = sandbox
        .run_at(LATER, &["backup", "--json"])
        .expect(0)
        .json();
    assert_eq!(backed_up["archives"], serde_json::json!([]));
    run(&sandbox, "prune --allow-large --archive old.db");

    let report = sandbox
        .run_at(LATER, &["health", "--database", "old.db", "--json"])
        .json();

    super::assert_valid(&report);
    let checks = report["checks"].as_array().unwrap();
    let ids: Vec<&str> = checks
        .iter()
        .map(|check| check["id"].as_str().unwrap())
        .collect();
    assert!(
        ids.contains(&"integrity") && ids.contains(&"followed"),
        "{ids:?}"
    );
    for id in ids {
        assert!(!id.starts_with("age_") && id != "summaries", "{id}");
    }

    let backup = sandbox.run_at(LATER, &["backup"]).expect(0);
    let said = backup.stderr();
    assert!(said.contains("not in this copy: the archive "), "{said}");
    assert!(said.contains("`tornsnap backup --database "), "{said}");
    let backed_up = sandbox
        .run_at(LATER, &["backup", "--json"])
        .expect(0)
        .json();
    Schema::of("backup").expect_valid(&backed_up);
    assert_eq!(
        backed_up["archives"].as_array().unwrap().len(),
        1,
        "{backed_up:#}"
    );
    let (message, _) = message_and_remedy(&sandbox, LATER, "archive");
    assert!(message.contains("not in the backups"), "{message}");
}

/// Nothing can be collected then, so the hourly check must not be green.
#[test]
fn an_archive_at_the_place_of_the_configured_database_is_critical() {
    let sandbox = with_march();
    run(&sandbox, "summarize");
    run(&sandbox, "backup");
    run(&sandbox, "prune --allow-large --archive old.db");
    sandbox.remove_database("tornsnap.db");
    fs::rename(sandbox.path("old.db"), sandbox.database()).unwrap();
    let refused = sandbox.run_at(LATER, &["summarize"]).expect(78).stderr();

    for flags in [
        ["health", "--json"].as_slice(),
        &["health", "--deep", "--json"],
    ] {
        let report = sandbox.run_at(LATER, flags).expect(2).json();

        super::assert_valid(&report);
        let found = check(&report, "followed").unwrap();
        assert_eq!(found["state"], "critical", "{found}");
        let message = found["message"].as_str().unwrap();
        assert!(
            message.contains("it is the archive of another database"),
            "{message}"
        );
        let remedy = format!("try: {}\n", found["try"].as_str().unwrap());
        assert!(refused.contains(&remedy), "{refused} {remedy}");
    }
    let quiet = sandbox.run_at(LATER, &["-q", "health"]).expect(2).stdout();
    assert!(quiet.contains("archive of another database"), "{quiet}");
}

#[test]
fn a_damaged_page_of_the_archive_is_found_by_a_deep_look() {
    let sandbox = archived();
    let archive = sandbox.path("cold").join("archive.db");
    let page: i64 = Connection::open(&archive)
        .unwrap()
        .query_row(
            "SELECT rootpage - 1 FROM sqlite_schema WHERE name = 'player_stats_history'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let at = usize::try_from(page).unwrap() * 4096;
    let mut bytes = fs::read(&archive).unwrap();
    bytes[at..at + 200].fill(0xA5);
    fs::write(&archive, bytes).unwrap();

    assert_state(&sandbox.run(&["health", "--json"]), "archive", "ok");
    assert_state(
        &sandbox.run(&["health", "--deep", "--json"]).expect(2),
        "archive",
        "critical",
    );
}

#[test]
fn an_archive_that_the_configuration_moved_or_dropped_is_no_finding() {
    let sandbox = archived();
    fs::rename(
        sandbox.path("cold").join("archive.db"),
        sandbox.path("elsewhere.db"),
    )
    .unwrap();
    assert_state(&sandbox.run(&["health", "--json"]), "archive", "critical");
    sandbox.write(
        "tornsnap.toml",
        &format!("{FOLLOWED}[retention]\narchive = \"elsewhere.db\"\n"),
    );
    assert_state(&sandbox.run(&["health", "--json"]), "archive", "ok");

    let sandbox = archived();
    fs::remove_file(sandbox.path("cold").join("archive.db")).unwrap();
    make_archive(&sandbox, "cold/archive.db");
    let id = id_of(&sandbox, "cold/archive.db");
    sandbox
        .sqlite()
        .execute(
            "INSERT INTO prune_runs (started_at, cutoff, deleted, archive, archive_id)
             SELECT started_at, cutoff, deleted, archive, ?1 FROM prune_runs",
            [id],
        )
        .unwrap();
    assert_state(&sandbox.run(&["health", "--json"]), "archive", "ok");
}

#[test]
fn a_backup_of_the_future_is_never_the_newest_and_is_named_until_it_is_removed() {
    let sandbox = well();
    sandbox.run_at(NOW + FOUR_YEARS, &["backup"]).expect(0);
    let ahead = "tornsnap-20300331T120000Z.db";
    assert!(sandbox.path("backups").join(ahead).exists());

    let (message, remedy) = message_and_remedy(&sandbox, NOW, "backup_dates");
    assert!(message.contains(ahead), "{message}");
    assert!(remedy.contains("remove"), "{remedy}");
    assert_state(&sandbox.run(&["health", "--json"]), "backup", "ok");
    let (message, _) = message_and_remedy(&sandbox, NOW + DAY, "backup");
    assert!(
        message.starts_with("last verified backup 24 hours ago"),
        "{message}"
    );
    let late = sandbox.run_at(NOW + 8 * DAY, &["health", "--json"]);
    assert_state(&late, "backup", "warning");

    sandbox.run(&["backup"]).expect(0);
    remove_as_advised(&sandbox, &remedy);
    let report = sandbox.run(&["health", "--json"]).expect(0).json();
    assert_eq!(check(&report, "backup_dates"), None);
}

/// Runs the command that the advice ends with. Windows has none, as its two shells differ.
fn remove_as_advised(sandbox: &Sandbox, remedy: &str) {
    if cfg!(windows) {
        for name in [
            "tornsnap-20300331T120000Z.db",
            "tornsnap-20300331T120000Z.db.json",
        ] {
            fs::remove_file(sandbox.path("backups").join(name)).unwrap();
        }
        return;
    }
    let (_, command) = remedy.split_once(": `").unwrap();
    let command = command.trim_end_matches('`');
    let status = Command::new("sh")
        .args(["-c", command])
        .current_dir("/")
        .status();
    assert!(status.unwrap().success(), "{command}");
}

#[test]
fn an_only_backup_from_a_clock_that_was_ahead_is_named_and_not_called_missing() {
    let sandbox = well();
    let folder = sandbox.path("backups");
    for entry in fs::read_dir(&folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    sandbox
        .run_at(NOW + 9 * DAY, &["backup", "--new-folder"])
        .expect(0);

    let (message, remedy) = message_and_remedy(&sandbox, NOW, "backup");

    let expected = "tornsnap-20260410T120000Z.db: made by a clock that was ahead";
    assert!(message.ends_with(expected), "{message}");
    assert!(!message.contains("no longer"), "{message}");
    assert!(remedy.contains("run `tornsnap backup`"), "{remedy}");
    assert!(!remedy.contains("mounted"), "{remedy}");
}

#[test]
fn a_backup_folder_that_lost_its_backups_is_a_finding() {
    let sandbox = well();
    let folder = fs::canonicalize(sandbox.path("backups")).unwrap();
    sandbox
        .sqlite()
        .execute(
            "INSERT OR REPLACE INTO backup_folders VALUES (?1, ?2, 'tornsnap-20260401T120000Z.db')",
            (folder.to_str().unwrap(), NOW),
        )
        .unwrap();
    sandbox.run(&["health"]).expect(0);

    fs::rename(&folder, sandbox.path("unmounted")).unwrap();
    let (message, remedy) = message_and_remedy(&sandbox, NOW + 2 * HOUR, "backup");
    assert!(
        message.contains("tornsnap-20260401T120000Z.db, written to it 2 hours ago")
            && message.contains("the folder is not there"),
        "{message}"
    );
    assert!(remedy.contains("mounted"), "{remedy}");
    fs::create_dir(&folder).unwrap();
    let (message, remedy) = message_and_remedy(&sandbox, NOW + 2 * HOUR, "backup");
    assert!(message.contains("is in it no longer"), "{message}");
    assert!(remedy.contains("mounted"), "{remedy}");
}

#[test]
fn a_backup_that_was_found_damaged_is_named() {
    let sandbox = well();
    let newest = newest_backup(&sandbox);
    let older = "tornsnap-20260401T110000Z.db";
    sandbox.run_at(NOW - HOUR, &["backup"]).expect(0);

    damage(&newest);
    sandbox.run(&["backup", "--verify", "latest"]).expect(79);

    let name = newest.file_name().unwrap().to_str().unwrap();
    let damage = format!("{name} is newer, but was found damaged");
    let (message, _) = message_and_remedy(&sandbox, NOW + 8 * DAY, "backup");
    assert!(
        message.contains(older) && message.contains(&damage),
        "{message}"
    );

    for file in [older.to_owned(), format!("{older}.json")] {
        fs::remove_file(sandbox.path("backups").join(file)).unwrap();
    }
    let (message, remedy) = message_and_remedy(&sandbox, NOW, "backup");
    assert!(
        message.contains(&format!("{name} was found damaged")) && !message.contains("no longer"),
        "{message}"
    );
    assert!(remedy.contains("tornsnap backup"), "{remedy}");
}

/// The only backup of [`well`].
fn newest_backup(sandbox: &Sandbox) -> PathBuf {
    fs::read_dir(sandbox.path("backups"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "db"))
        .unwrap()
}

/// Needs a second disk that a test may write to.
#[cfg(target_os = "linux")]
#[test]
fn each_disk_of_the_copies_is_checked_once() {
    use std::os::unix::fs::MetadataExt;

    let sandbox = archived();
    let report = sandbox.run(&["health", "--json"]).expect(0).json();
    assert!(check(&report, "disk").is_some());
    assert_eq!(check(&report, "disk_backups"), None, "the same disk");
    assert_eq!(check(&report, "disk_archive"), None, "the same disk");

    let disk = |path: &std::path::Path| fs::metadata(path).map(|folder| folder.dev()).ok();
    // The sandbox is in one of the two.
    let folders = [std::env::temp_dir(), "/dev/shm".into()];
    let other = folders
        .iter()
        .flat_map(tempfile::tempdir_in)
        .find(|other| disk(other.path()) != disk(&sandbox.path("")));
    let Some(other) = other else {
        return skipped("/dev/shm cannot be written, or is on the disk of the temporary files");
    };
    sandbox.write(
        "tornsnap.toml",
        &format!(
            "{FOLLOWED}[backup]\ndirectory = \"{}\"\n[health]\nmin_free_mb = 1073741824\n",
            other.path().display()
        ),
    );
    let finished = sandbox.run(&["health", "--json"]);
    assert_state(&finished, "disk", "critical");
    assert_state(&finished, "disk_backups", "critical");
}
