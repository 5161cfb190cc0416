//! Rotation never removes the last copy of rows that a prune deleted too early, also while nobody knows that it was too early.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::early::{Story, difference};
use super::unread::text;
use crate::month_model::IN_APRIL;
use crate::support::new_database::new_database;
use crate::support::{DAY, Sandbox, files_with_extension};

const LEAD: i64 = 70 * DAY;

fn has_backup(story: &Story) -> bool {
    story.sandbox.path("backups").join(&story.backup).exists()
}

/// Records a fetch whose clock agreed with Torn's.
pub(super) fn record_fetch(story: &Story, at: i64) {
    Connection::open(story.sandbox.path("wrong.db"))
        .unwrap()
        .execute(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status, requests, torn_at) VALUES ('players', ?1, ?1, 'ok', 1, ?1)",
            [at],
        )
        .unwrap();
}

#[test]
fn backups_from_before_a_prune_stay_until_a_fetch_shows_that_its_month_has_begun() {
    for keep in ["1", "2"] {
        let story = Story::new(LEAD, false);
        let mut last = Value::Null;
        // The clock is still wrong, and no fetch has noticed it.
        for day in 2..5 {
            last = story.run(IN_APRIL + LEAD + day * DAY, &["backup", "--keep", keep]);
        }

        assert!(has_backup(&story), "{keep}: {last}");
        // The backups from after the prune are rotated.
        assert_eq!(last["removed"].as_array().unwrap().len(), 1, "{last}");
        let warnings = last["warnings"].as_array().unwrap();
        assert!(
            warnings
                .iter()
                .any(|line| text(line).contains("no fetch has confirmed the clock of that prune")),
            "{last}"
        );
        let report = story.run(IN_APRIL, &["prune", "--future"]);
        let file = text(&report["pruned_early"]["backup"]);
        assert!(file.ends_with(&story.backup), "{report}");
        story.run(IN_APRIL, &["import", "--no-backup", file]);
        let (wrong, right) = (story.contents("wrong.db"), story.contents("right.db"));
        assert!(wrong == right, "{keep}: {:?}", difference(&wrong, &right));
    }
}

#[test]
fn a_backup_from_before_a_prune_stays_if_the_clock_has_stepped_back_in_between() {
    let story = Story::with_step_back(LEAD);

    let report = story.run(IN_APRIL + LEAD + DAY, &["backup", "--keep", "1"]);

    assert!(has_backup(&story), "{report}");
    assert_eq!(report["removed"], json!([]), "{report}");
}

#[test]
fn backups_from_before_a_prune_are_rotated_after_a_fetch_in_its_month() {
    let story = Story::new(LEAD, false);
    record_fetch(&story, IN_APRIL + LEAD + DAY);

    let report = story.run(IN_APRIL + LEAD + 2 * DAY, &["backup", "--keep", "1"]);

    assert!(!has_backup(&story), "{report}");
    assert_eq!(report["warnings"], json!([]), "{report}");
}

#[test]
fn backups_from_before_a_prune_stay_also_if_it_left_no_history_row() {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    sandbox.run_at(IN_APRIL, &["backup"]).expect(0);
    let pruned = format!(
        "INSERT INTO month_states (history, period_start, pruned_at)
         VALUES ('war_status_history', unixepoch('2027-01-01'), {IN_APRIL} + 1);
         INSERT INTO prune_runs (started_at, finished_at, cutoff, deleted)
         VALUES ({IN_APRIL} + 1, {IN_APRIL} + 1, unixepoch('2027-02-01'), 5);"
    );
    sandbox.sqlite().execute_batch(&pruned).unwrap();
    sandbox.run_at(IN_APRIL + 2, &["backup"]).expect(0);
    let rotate = |now: i64| {
        let backup = ["backup", "--keep", "1", "--json"];
        sandbox.run_at(now, &backup).expect(0).json()
    };

    let doubted = rotate(IN_APRIL + 3);

    let left = files_with_extension(&sandbox.path("backups"), "db");
    assert_eq!(left.len(), 2, "{doubted}");
    assert!(
        text(&doubted["warnings"][0]).contains("no fetch has confirmed the clock of that prune"),
        "{doubted}"
    );
}

#[test]
fn rows_are_found_in_the_other_backup_folders() {
    let story = Story::new(LEAD, false);
    let folder = story.sandbox.path("disk");
    fs::create_dir(&folder).unwrap();
    // The database remembers the folder after a backup to it.
    story.run(IN_APRIL + LEAD + DAY, &["backup", "--output", "disk"]);
    for name in [story.backup.clone(), format!("{}.json", story.backup)] {
        fs::rename(
            story.sandbox.path("backups").join(&name),
            folder.join(&name),
        )
        .unwrap();
    }

    let report = story.run(IN_APRIL, &["prune", "--future"]);

    let file = text(&report["pruned_early"]["backup"]);
    assert!(
        file.ends_with(&format!("disk/{}", story.backup)),
        "{report}"
    );
    let check = story.check("pruned_early").unwrap();
    assert!(text(&check["message"]).contains("disk"), "{check}");
    assert!(text(&check["try"]).contains(file), "{check}");
    // The backups in the other folder have none of the rows.
    story.run(IN_APRIL, &["backup"]);
    let rotated = story.run(IN_APRIL + 60, &["backup", "--keep", "1"]);
    assert_ne!(rotated["removed"], json!([]), "{rotated}");
    let kept = story.run(
        IN_APRIL + 60,
        &["backup", "--keep", "1", "--output", "disk"],
    );
    assert_eq!(kept["removed"], json!([]), "{kept}");
    story.run(IN_APRIL, &["import", "--no-backup", file]);
    assert!(story.contents("wrong.db") == story.contents("right.db"));
}

#[test]
fn another_backup_folder_that_is_not_there_is_named() {
    let story = Story::new(LEAD, false);
    let folder = story.sandbox.path("disk");
    fs::create_dir(&folder).unwrap();
    story.run(IN_APRIL + LEAD + DAY, &["backup", "--output", "disk"]);
    fs::remove_dir_all(folder).unwrap();
    fs::remove_dir_all(story.sandbox.path("backups")).unwrap();
    fs::create_dir(story.sandbox.path("backups")).unwrap();

    let report = story.run(IN_APRIL, &["prune", "--future", "--without-backup"]);

    let unread = report["pruned_early"]["unread"].as_array().unwrap();
    let because = |folder: &str| {
        let mut unread = unread.iter();
        let found = unread.find(|copy| text(&copy["file"]).ends_with(folder));
        text(&found.unwrap()["because"])
    };
    assert_eq!(because("disk"), "the backup folder is not there");
    let none = "it holds none of the backups that were written to it: its disk may not be mounted";
    assert_eq!(because("backups"), none);
}

#[test]
fn a_forced_removal_does_not_note_that_the_clock_of_a_backup_was_ahead() {
    let story = Story::new(LEAD, false);
    // The clock is behind by months now, and only --force says that it is right.
    record_fetch(&story, IN_APRIL + LEAD);
    let behind = IN_APRIL - 40 * DAY;

    story.run(behind, &["prune", "--future", "--force"]);

    assert!(
        !story.manifest().contains("ahead_noticed_at"),
        "{}",
        story.manifest()
    );
    record_fetch(&story, IN_APRIL);
    story.run(IN_APRIL + 60, &["backup"]);
    assert!(
        story.manifest().contains("ahead_noticed_at"),
        "{}",
        story.manifest()
    );
}
