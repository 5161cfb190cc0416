//! A place that could not be looked into is named with the reason, and nobody claims that it does not have the rows.

use std::fs::{self, OpenOptions};
use std::path::Path;

use serde_json::{Value, json};

use super::early::Story;
use crate::month_model::{IN_APRIL, summarize};
use crate::support::{DAY, files_with_extension};

/// The rows of 2028-03 are old enough for a prune.
const IN_JULY: i64 = IN_APRIL + 90 * DAY;

fn manifest_of(backup: &Path) -> std::path::PathBuf {
    backup.with_extension("db.json")
}

fn resize(file: &Path, bytes: u64) {
    let file = OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(bytes).unwrap();
}

/// Damages a backup or its manifest.
type Fault = fn(&Path);

/// The words that say what is wrong with a backup after each fault.
const FAULTS: [(&str, Fault); 6] = [
    (
        "the file is gone, and only its manifest is there",
        |backup| {
            fs::remove_file(backup).unwrap();
        },
    ),
    ("it is empty", |backup| resize(backup, 0)),
    ("it has 8192 bytes, and its manifest says", |backup| {
        resize(backup, 8192);
    }),
    ("it is not a manifest", |backup| {
        fs::write(manifest_of(backup), "").unwrap();
    }),
    ("it was changed after it was written", |backup| {
        let text = fs::read_to_string(manifest_of(backup)).unwrap();
        fs::write(manifest_of(backup), text.replace("\"rows\"", "\"Rows\"")).unwrap();
    }),
    ("the .json file beside it, is missing", |backup| {
        fs::remove_file(manifest_of(backup)).unwrap();
    }),
];

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_backup_that_is_cut_or_whose_manifest_is_damaged_is_named_with_the_reason() {
    for (reason, fault) in FAULTS {
        let story = Story::new(70 * DAY, false);
        let file = story.sandbox.path("backups").join(&story.backup);
        fault(&file);
        let is_there = file.exists();

        let report = story.run(IN_APRIL, &["prune", "--future"]);

        let early = &report["pruned_early"];
        assert_eq!(early["backup"], Value::Null, "{report}");
        assert!(
            text(&early["unread"][0]["file"]).ends_with(&story.backup),
            "{report}"
        );
        assert!(
            text(&early["unread"][0]["because"]).contains(reason),
            "{report}"
        );
        let check = story.check("pruned_early").unwrap();
        let message = text(&check["message"]);
        assert!(message.contains("could not be looked into: "), "{message}");
        assert!(
            message.contains(reason) && !message.contains("no backup"),
            "{message}"
        );
        let backup = story.run(IN_APRIL, &["backup", "--keep", "1"]);
        assert_eq!(backup["removed"], json!([]), "{reason}: {backup}");
        let warnings = backup["warnings"].as_array().unwrap();
        assert!(
            warnings.iter().any(|line| text(line).contains(reason)),
            "{backup}"
        );
        assert_eq!(file.exists(), is_there, "{reason}");
    }
}

#[test]
fn a_backup_folder_that_is_not_there_is_no_place_without_the_rows() {
    let story = Story::new(70 * DAY, false);
    let folder = story.sandbox.path("backups");
    fs::rename(&folder, story.sandbox.path("unmounted")).unwrap();

    let report = story.run(IN_APRIL, &["prune", "--future", "--without-backup"]);

    let unread = &report["pruned_early"]["unread"][0];
    assert_eq!(
        text(&unread["because"]),
        "the backup folder is not there",
        "{report}"
    );
    let check = story.check("pruned_early").unwrap();
    let message = text(&check["message"]);
    assert!(
        message.ends_with("could not be looked into: the backup folder is not there"),
        "{message}"
    );

    fs::rename(story.sandbox.path("unmounted"), &folder).unwrap();
    let again = story.run(IN_APRIL, &["prune", "--future"]);
    assert!(
        text(&again["pruned_early"]["backup"]).ends_with(&story.backup),
        "{again}"
    );
}

#[test]
fn a_sound_backup_with_all_rows_is_named_without_the_faults_of_others() {
    let story = Story::new(70 * DAY, false);
    for file in files_with_extension(&story.sandbox.path("backups"), "db") {
        if !file.ends_with(&story.backup) {
            resize(&file, 0);
        }
    }

    story.run(IN_APRIL, &["prune", "--future"]);

    let check = story.check("pruned_early").unwrap();
    let message = text(&check["message"]);
    assert!(
        message.ends_with(&format!("backups/{} has them", story.backup)),
        "{message}"
    );
}

#[test]
fn the_backup_with_the_rows_of_the_future_is_named_with_its_folder() {
    let story = Story::new(70 * DAY, false);
    let later = IN_APRIL + 40 * DAY;
    let connection = rusqlite::Connection::open(story.sandbox.path("wrong.db")).unwrap();
    let row = "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, ?, 99)";
    connection.execute(row, [later]).unwrap();
    let removing = ["prune", "--future", "--database", "wrong.db"];

    let done = story.sandbox.run_at(IN_APRIL, &removing).expect(0).stderr();

    let (_, after) = done.split_once("; the backup ").unwrap();
    let (named, _) = after
        .split_once(" has the rows as they were before this")
        .unwrap();
    assert!(story.sandbox.path(named).is_file(), "{done}");
}

#[test]
fn a_backup_of_a_clock_that_was_ahead_is_described_truly_when_its_date_has_passed() {
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);
    let message = |now| {
        let report = story.run(now, &["health"]);
        let check = crate::health::check(&report, "backup_dates").cloned();
        text(&check.unwrap()["message"]).to_owned()
    };

    for now in [IN_APRIL, IN_APRIL + 100 * DAY] {
        let message = message(now);
        assert!(!message.contains("in the future"), "{message}");
        assert!(
            message.contains("made by a clock that was ahead"),
            "{message}"
        );
    }
}

#[test]
fn health_and_prune_say_why_the_only_backup_cannot_be_used() {
    for (reason, fault) in FAULTS {
        let story = Story::new(2 * DAY, false);
        let backups = files_with_extension(&story.sandbox.path("backups"), "db");
        let (newest, older) = backups.split_last().unwrap();
        for file in older {
            fs::remove_file(file).unwrap();
            fs::remove_file(manifest_of(file)).unwrap();
        }
        fault(newest);

        let check = story.check("backup").unwrap();
        let message = text(&check["message"]);
        assert!(
            message.contains("cannot be used: ") && message.contains(reason),
            "{message}"
        );
        summarize(&story.sandbox, IN_JULY, "wrong.db", &[]);
        let pruning = [
            "prune",
            "--ignore-clock",
            "--allow-large",
            "--database",
            "wrong.db",
        ];
        let refused = story.sandbox.run_at(IN_JULY, &pruning).expect(78).stderr();
        assert!(
            refused.contains("cannot be used: ") && refused.contains(reason),
            "{refused}"
        );
    }
}

#[test]
fn a_backup_folder_that_is_not_there_is_not_called_empty() {
    let story = Story::new(2 * DAY, false);
    fs::rename(
        story.sandbox.path("backups"),
        story.sandbox.path("unmounted"),
    )
    .unwrap();
    let run = |arguments: &[&str], code| {
        let arguments = [arguments, &["--database", "wrong.db"]].concat();
        story
            .sandbox
            .run_at(IN_APRIL, &arguments)
            .expect(code)
            .stderr()
    };

    for arguments in [
        &["backup", "--verify", "all"][..],
        &["backup", "--verify", "latest"],
        &["restore", "latest"],
    ] {
        let refused = run(arguments, 78);
        assert!(
            refused.contains("the backup folder is not there"),
            "{arguments:?}: {refused}"
        );
    }
    assert!(run(&["backup", "--list"], 0).contains("is not there"));
}

#[test]
fn a_folder_of_a_disk_that_is_not_mounted_is_not_said_to_have_none_of_the_rows() {
    let story = Story::new(70 * DAY, false);
    let folder = story.sandbox.path("disk");
    fs::create_dir(&folder).unwrap();
    story.run(IN_APRIL + 70 * DAY, &["backup", "--output", "disk"]);
    fs::rename(&folder, story.sandbox.path("away")).unwrap();
    fs::create_dir(&folder).unwrap();
    let backups = story.sandbox.path("backups");
    fs::remove_dir_all(&backups).unwrap();
    story.run(IN_APRIL, &["backup", "--new-folder"]);

    story.run(IN_APRIL, &["prune", "--future"]);

    let check = story.check("pruned_early").unwrap();
    let message = text(&check["message"]);
    assert!(
        message.contains("disk could not be looked into: it holds none of the backups"),
        "{message}"
    );
    assert!(!message.contains("no backup in"), "{message}");
    fs::remove_dir(&folder).unwrap();
    fs::rename(story.sandbox.path("away"), &folder).unwrap();
    story.run(IN_APRIL, &["prune", "--future"]);
    let check = story.check("pruned_early").unwrap();
    assert!(!text(&check["message"]).contains("holds none"), "{check}");
}
