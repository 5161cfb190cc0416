//! The place of an archive: a new one is made and recorded though no row is due, a moved one is followed, an empty file is told.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use serde_json::Value;

use crate::health::check;
use crate::month_model::{EDGES, IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{DAY, Finished, Sandbox, rows};

/// A database whose old rows are in the archive `cold.db`.
fn archived() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    archive(&sandbox, "cold.db", &[]).expect(0);
    sandbox
}

fn archive(sandbox: &Sandbox, file: &str, more: &[&str]) -> Finished {
    let flags = [&["--archive", file], more].concat();
    prune(sandbox, IN_APRIL, "a.db", &flags)
}

fn archive_check(sandbox: &Sandbox) -> Value {
    let report = sandbox
        .run_at(IN_APRIL, &["health", "--json", "--database", "a.db"])
        .json();
    check(&report, "archive").unwrap().clone()
}

fn text<'a>(check: &'a Value, field: &str) -> &'a str {
    check[field].as_str().unwrap()
}

#[test]
fn a_new_archive_is_made_and_recorded_though_no_row_is_due() {
    let sandbox = archived();
    sandbox.remove_database("cold.db");
    assert_eq!(text(&archive_check(&sandbox), "state"), "critical");
    archive(&sandbox, "cold.db", &["--new-archive", "--dry-run"]).expect(0);
    assert!(!sandbox.path("cold.db").exists());

    archive(&sandbox, "cold.db", &["--new-archive"]).expect(0);

    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    let id = rows(&cold, "SELECT database_id FROM database_identity");
    let main = Connection::open(sandbox.path("a.db")).unwrap();
    let recorded = "SELECT archive_id FROM prune_runs ORDER BY id DESC LIMIT 1";
    assert_eq!(rows(&main, recorded), id);
    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "ok", "{check}");
    is_told_as_given_up(&check);
    // Later rows are moved to it without a flag.
    let later = EDGES[4] + 40 * DAY;
    summarize(&sandbox, later, "a.db", &[]);
    prune(&sandbox, later, "a.db", &["--archive", "cold.db"]).expect(0);
    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "ok");
    assert!(
        text(&check, "message").contains("cold.db is there"),
        "{check}"
    );
    is_told_as_given_up(&check);
}

/// Checks that the finding names the rows in the archive that a new one has replaced.
fn is_told_as_given_up(check: &Value) {
    let message = text(check, "message");
    assert!(!message.contains("no archive has"), "{message}");
    assert!(
        message.contains(
            "the archive that had the only copy of the history rows from before 2028-02-01 is not looked at: another one was \
             begun in its place"
        ),
        "{message}"
    );
}

#[test]
fn a_prune_that_only_makes_an_archive_does_not_count_as_a_prune() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    let flags = [
        "--archive",
        "cold.db",
        "--new-archive",
        "--keep-months",
        "1200",
    ];
    prune(&sandbox, IN_APRIL, "a.db", &flags).expect(0);
    assert!(sandbox.path("cold.db").exists());
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let first = [
        "prune",
        "--without-backup",
        "--keep-months",
        "1",
        "--database",
        "a.db",
    ];
    let refused = sandbox.run_at(IN_APRIL, &first).expect(78).stderr();

    assert!(refused.contains("--allow-large"), "{refused}");
}

#[test]
fn the_record_follows_a_moved_archive_though_no_row_is_due() {
    let sandbox = archived();
    fs::create_dir(sandbox.path("disk")).unwrap();
    fs::rename(sandbox.path("cold.db"), sandbox.path("disk/moved.db")).unwrap();
    assert_eq!(text(&archive_check(&sandbox), "state"), "critical");
    archive(&sandbox, "disk/moved.db", &["--dry-run"]).expect(0);
    assert_eq!(text(&archive_check(&sandbox), "state"), "critical");

    archive(&sandbox, "disk/moved.db", &[]).expect(0);

    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "ok", "{check}");
    assert!(text(&check, "message").contains("moved.db"), "{check}");
    fs::remove_file(sandbox.path("disk/moved.db")).unwrap();
    let check = archive_check(&sandbox);
    assert!(
        text(&check, "message").contains(
            "moved.db cannot be used: history rows were moved to it before, and it no longer"
        ),
        "{check}"
    );
}

#[test]
fn two_archives_that_changed_places_are_both_looked_at() {
    let sandbox = archived();
    let later = EDGES[4] + 40 * DAY;
    summarize(&sandbox, later, "a.db", &[]);
    let flags = ["--archive", "second.db", "--ignore-clock"];
    prune(&sandbox, later, "a.db", &flags).expect(0);
    fs::rename(sandbox.path("cold.db"), sandbox.path("aside")).unwrap();
    fs::rename(sandbox.path("second.db"), sandbox.path("cold.db")).unwrap();
    fs::rename(sandbox.path("aside"), sandbox.path("second.db")).unwrap();

    for name in ["cold.db", "second.db"] {
        prune(
            &sandbox,
            later,
            "a.db",
            &["--archive", name, "--ignore-clock"],
        )
        .expect(0);
    }

    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "ok", "{check}");
    assert!(text(&check, "message").contains("2 archives"), "{check}");
}

#[test]
fn a_folder_that_is_made_for_an_archive_is_named() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let place = Path::new("cold").join("a.db");

    let first = archive(&sandbox, place.to_str().unwrap(), &[]).expect(0);
    let second = archive(&sandbox, place.to_str().unwrap(), &[]).expect(0);

    let note = format!(" to {} (the folder cold is new) from", place.display());
    assert!(first.stderr().contains(&note), "{}", first.stderr());
    assert!(!second.stderr().contains("is new"), "{}", second.stderr());
}

#[test]
fn an_empty_archive_is_told_in_plain_words() {
    let sandbox = archived();
    fs::write(sandbox.path("cold.db"), "").unwrap();

    let check = archive_check(&sandbox);

    let (message, remedy) = (text(&check, "message"), text(&check, "try"));
    assert!(message.contains("the file is empty now"), "{check}");
    assert!(
        !message.contains("SQLite") && !message.contains("code"),
        "{check}"
    );
    assert!(remedy.contains("--new-archive"), "{check}");
    let later = EDGES[4] + 40 * DAY;
    summarize(&sandbox, later, "a.db", &[]);
    let refused = prune(
        &sandbox,
        later,
        "a.db",
        &["--archive", "cold.db", "--ignore-clock"],
    );
    let refused = refused.expect(78).stderr();
    assert!(refused.contains("the file is empty now"), "{refused}");
    assert!(refused.contains("--new-archive"), "{refused}");
}

#[test]
fn a_damaged_archive_that_was_moved_away_can_be_begun_anew() {
    let sandbox = archived();
    let damaged = fs::OpenOptions::new()
        .write(true)
        .open(sandbox.path("cold.db"))
        .unwrap();
    damaged.set_len(20_000).unwrap();
    drop(damaged);
    let advice = "move the file away";
    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "critical", "{check}");
    assert!(text(&check, "try").contains(advice), "{check}");
    let refused = archive(&sandbox, "cold.db", &["--new-archive"]);
    assert!(refused.stderr().contains(advice), "{}", refused.stderr());
    // Another file does not give up the rows of this one.
    archive(&sandbox, "other.db", &["--new-archive"]).expect(0);
    assert_eq!(text(&archive_check(&sandbox), "state"), "critical");

    fs::rename(sandbox.path("cold.db"), sandbox.path("damaged")).unwrap();
    archive(&sandbox, "cold.db", &["--new-archive"]).expect(0);

    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "ok", "{check}");
    // Then any archive may be used.
    archive(&sandbox, "other.db", &[]).expect(0);
    assert_eq!(text(&archive_check(&sandbox), "state"), "ok");
}

/// Puts a copy of the archive aside, and moves the rows of one more month to the archive.
fn with_an_older_copy(name: &str) -> Sandbox {
    let sandbox = archived();
    fs::copy(sandbox.path("cold.db"), sandbox.path(name)).unwrap();
    let later = EDGES[4] + 40 * DAY;
    summarize(&sandbox, later, "a.db", &[]);
    prune(&sandbox, later, "a.db", &["--archive", "cold.db"]).expect(0);
    sandbox
}

#[test]
fn an_older_copy_of_the_archive_gets_no_rows_and_the_newer_file_is_named() {
    let sandbox = with_an_older_copy("copy.db");
    let before = fs::read(sandbox.path("copy.db")).unwrap();

    for more in [["--dry-run"].as_slice(), &[]] {
        let refused = archive(&sandbox, "copy.db", more).expect(78);

        let message = refused.stderr();
        assert!(message.contains("is an older copy"), "{message}");
        assert!(message.contains("cold.db has them"), "{message}");
        assert!(fs::read(sandbox.path("copy.db")).unwrap() == before);
    }
    archive(&sandbox, "cold.db", &[]).expect(0);
    assert_eq!(text(&archive_check(&sandbox), "state"), "ok");
}

#[test]
fn an_older_copy_in_place_of_the_archive_is_a_finding_until_its_rows_are_given_up() {
    let sandbox = with_an_older_copy("copy.db");
    fs::rename(sandbox.path("cold.db"), sandbox.path("newer.db")).unwrap();
    sandbox.remove_database("cold.db");
    fs::copy(sandbox.path("copy.db"), sandbox.path("cold.db")).unwrap();

    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "critical", "{check}");
    assert!(text(&check, "message").contains("older copy"), "{check}");
    let refused = archive(&sandbox, "cold.db", &[]).expect(78);
    assert!(
        refused.stderr().contains("--new-archive"),
        "{}",
        refused.stderr()
    );
    // The newer file is known by its id at any place.
    archive(&sandbox, "newer.db", &["--dry-run"]).expect(0);

    archive(&sandbox, "cold.db", &["--new-archive"]).expect(0);

    archive(&sandbox, "cold.db", &[]).expect(0);
    let check = archive_check(&sandbox);
    assert_eq!(text(&check, "state"), "ok", "{check}");
}

#[test]
fn what_a_killed_prune_left_of_a_new_archive_is_removed_by_the_next() {
    let sandbox = archived();
    sandbox.remove_database("cold.db");
    let left = sandbox.path(".tornsnap-new-aB3dE6");
    let used = sandbox.path(".tornsnap-new-aB3dE7");
    for folder in [&left, &used] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("new.db"), "").unwrap();
        let lock = fs::File::create(folder.join("in-use.lock")).unwrap();
        lock.set_modified(SystemTime::now() - Duration::from_secs(60))
            .unwrap();
    }
    let lock = fs::File::open(used.join("in-use.lock")).unwrap();
    lock.lock().unwrap();

    archive(&sandbox, "cold.db", &["--new-archive"]).expect(0);

    assert!(!left.exists());
    assert!(used.exists(), "another run uses it");
    let mut hidden = sandbox.names();
    hidden.retain(|name| name.starts_with('.'));
    assert_eq!(hidden.len(), 1, "{hidden:?}");
}

#[cfg(unix)]
#[test]
fn a_fifo_is_not_used_as_an_archive() {
    let sandbox = archived();
    sandbox.make_fifo("pipe");

    for more in [["--dry-run"].as_slice(), &[]] {
        let refused = archive(&sandbox, "pipe", more).expect(78);

        let said = refused.stderr();
        assert!(said.contains("it is not a file"), "{said}");
    }
}
