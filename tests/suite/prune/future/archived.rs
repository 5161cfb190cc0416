//! A prune while the clock was ahead moved rows to the archive: they come back from it or from a backup, and each is in the archive
//! once after they are old enough.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::early::{Story, difference};
use crate::month_model::{IN_APRIL, history_rows, prune, summarize};
use crate::support::{DAY, Sandbox};

/// The lead of the clock.
const LEAD: i64 = 70 * DAY;

/// The rows of 2028-02 and 2028-03 are old enough for a prune.
const IN_JUNE: i64 = IN_APRIL + 60 * DAY;

const ARCHIVE: &str = "cold-wrong.db";

/// The file that has the rows that were moved too early.
#[derive(Clone, Copy, Debug)]
enum Source {
    Backup,
    Archive,
    /// The database of another collector with the same rows.
    Collector,
}

impl Source {
    /// The file to import.
    fn file(self, story: &Story) -> String {
        match self {
            Self::Backup => format!("backups/{}", story.backup),
            Self::Archive => ARCHIVE.to_owned(),
            Self::Collector => {
                let from = format!("backups/{}", story.backup);
                let other = story.sandbox.path("other.db");
                fs::copy(story.sandbox.path(&from), &other).unwrap();
                let id = "UPDATE database_identity SET database_id = lower(hex(randomblob(16)))";
                Connection::open(other).unwrap().execute(id, []).unwrap();
                "other.db".to_owned()
            }
        }
    }
}

/// The history rows of a database, with their ids.
fn rows_of(sandbox: &Sandbox, name: &str) -> Vec<String> {
    history_rows(&Connection::open(sandbox.path(name)).unwrap())
}

#[test]
fn rows_that_were_moved_to_the_archive_too_early_come_back_and_are_moved_once() {
    for source in [Source::Backup, Source::Archive, Source::Collector] {
        for was_pruned in [false, true] {
            let story = Story::with_archives(LEAD, was_pruned);
            let archived = rows_of(&story.sandbox, ARCHIVE);
            story.run(IN_APRIL, &["prune", "--future"]);
            let file = source.file(&story);

            story.run(IN_APRIL, &["import", "--no-backup", &file]);

            let told = format!("{source:?} {was_pruned}");
            assert_eq!(story.check("pruned_early"), None, "{told}");
            let same = |left: &str, right: &str| {
                let (left, right) = (story.contents(left), story.contents(right));
                assert!(left == right, "{told}: {:?}", difference(&left, &right));
            };
            same("wrong.db", "right.db");
            for name in ["right.db", "wrong.db"] {
                summarize(&story.sandbox, IN_JUNE, name, &[]);
            }
            fs::copy(
                story.sandbox.path("wrong.db"),
                story.sandbox.path("kept.db"),
            )
            .unwrap();
            for name in ["right.db", "wrong.db"] {
                story.prune(IN_JUNE, name);
            }
            same("wrong.db", "right.db");
            same(ARCHIVE, "cold-right.db");
            let after = rows_of(&story.sandbox, ARCHIVE);
            assert!(archived.iter().all(|row| after.contains(row)), "{told}");
            // The state after a power cut between copy and delete.
            story.sandbox.remove_database("wrong.db");
            fs::rename(
                story.sandbox.path("kept.db"),
                story.sandbox.path("wrong.db"),
            )
            .unwrap();
            story.prune(IN_JUNE, "wrong.db");
            same("wrong.db", "right.db");
            assert_eq!(rows_of(&story.sandbox, ARCHIVE), after, "{told}");
        }
    }
}

#[test]
fn the_archive_is_named_if_no_backup_has_the_rows() {
    let story = Story::with_archives(LEAD, true);
    story.remove_backup();

    let report = story.run(IN_APRIL, &["prune", "--future"]);

    let named = report["pruned_early"]["archive"].as_str().unwrap();
    assert!(named.ends_with(ARCHIVE), "{report}");
    let check = story.check("pruned_early").unwrap();
    let text = |field: &str| check[field].as_str().unwrap().to_owned();
    assert!(
        text("message").ends_with(&format!("{ARCHIVE} has them")),
        "{check}"
    );
    assert!(
        text("try").contains(&format!("`tornsnap import {named} --database wrong.db`")),
        "{check}"
    );
    story.run(IN_APRIL, &["import", "--no-backup", named]);
    assert!(story.contents("wrong.db") == story.contents("right.db"));
}

#[test]
fn an_archive_that_is_not_there_is_named_with_the_reason() {
    let story = Story::with_archives(LEAD, true);
    story.remove_backup();
    fs::rename(story.sandbox.path(ARCHIVE), story.sandbox.path("moved.db")).unwrap();

    let report = story.run(IN_APRIL, &["prune", "--future"]);

    let unread = &report["pruned_early"]["unread"];
    assert!(
        unread[0]["file"].as_str().unwrap().ends_with(ARCHIVE),
        "{report}"
    );
    let check = story.check("pruned_early").unwrap();
    let message = check["message"].as_str().unwrap();
    assert!(message.contains("could not be looked into: "), "{message}");
    fs::rename(story.sandbox.path("moved.db"), story.sandbox.path(ARCHIVE)).unwrap();
    let again = story.run(IN_APRIL, &["prune", "--future"]);
    assert_eq!(again["pruned_early"]["unread"], json!([]), "{again}");
}

#[test]
fn an_archive_of_0_bytes_is_called_empty_by_the_search() {
    let story = Story::with_archives(LEAD, true);
    story.remove_backup();
    fs::write(story.sandbox.path(ARCHIVE), "").unwrap();

    let report = story.run(IN_APRIL, &["prune", "--future"]);

    let because = report["pruned_early"]["unread"][0]["because"]
        .as_str()
        .unwrap();
    assert!(because.ends_with("it is empty: it has 0 bytes"), "{report}");
}

#[test]
fn an_archive_is_imported_only_while_rows_are_missing_that_it_has() {
    let story = Story::with_archives(LEAD, true);
    let import = ["import", "--no-backup", "--database", "wrong.db", ARCHIVE];
    let refused = || story.sandbox.run_at(IN_APRIL, &import).expect(78).stderr();

    assert!(refused().contains("it is an archive"), "{}", refused());
    story.run(IN_APRIL, &["prune", "--future"]);
    let report: Value = story.run(IN_APRIL, &["import", "--no-backup", ARCHIVE]);

    assert!(
        report["tables"]["player_stats_history"]["taken"].as_i64() > Some(0),
        "{report}"
    );
    assert!(refused().contains("it is an archive"), "{}", refused());
}

#[test]
fn an_archive_is_still_looked_for_after_a_new_one_was_begun_in_its_place() {
    let story = Story::with_archives(LEAD, true);
    story.remove_backup();
    fs::rename(story.sandbox.path(ARCHIVE), story.sandbox.path("old.db")).unwrap();
    let wrong = IN_APRIL + LEAD + DAY;
    let at = |now: i64, archive: &str, more: &[&str]| {
        let flags = [&["--ignore-clock", "--archive", archive], more].concat();
        prune(&story.sandbox, now, "wrong.db", &flags).expect(0);
    };
    at(wrong, ARCHIVE, &["--new-archive"]);

    let report = story.run(IN_APRIL, &["prune", "--future"]);

    let unread = &report["pruned_early"]["unread"][0];
    assert!(
        unread["file"].as_str().unwrap().ends_with(ARCHIVE),
        "{report}"
    );
    let because = unread["because"].as_str().unwrap();
    assert!(
        because.contains("another archive was begun in its place"),
        "{because}"
    );
    at(IN_APRIL, "old.db", &[]);
    let found = story.run(IN_APRIL, &["prune", "--future"]);
    let named = found["pruned_early"]["archive"].as_str().unwrap();
    assert!(named.ends_with("old.db"), "{found}");
    story.run(IN_APRIL, &["import", "--no-backup", named]);
    assert!(story.contents("wrong.db") == story.contents("right.db"));
}
