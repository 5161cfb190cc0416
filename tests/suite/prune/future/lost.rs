//! Rows that a prune deleted too early, if a backup cannot be read, if they stay away, and if the user gives them up.

use std::fs;

use serde_json::Value;

use super::early::Story;
use crate::month_model::{IN_APRIL, prune, summarize};
use crate::support::{DAY, files_with_extension};

/// A database that was pruned too early, and in whose backup folder no file can be read. `prune --future` is done.
fn with_unreadable_backups() -> (Story, Value) {
    let story = Story::new(70 * DAY, false);
    for file in backup_files(&story) {
        let mut bytes = fs::read(&file).unwrap();
        bytes[4096] ^= 1;
        fs::write(&file, bytes).unwrap();
    }
    let report = story.run(IN_APRIL, &["prune", "--future", "--without-backup"]);
    (story, report)
}

fn backup_files(story: &Story) -> Vec<std::path::PathBuf> {
    files_with_extension(&story.sandbox.path("backups"), "db")
}

fn text(check: &Value, field: &str) -> String {
    check[field].as_str().unwrap().to_owned()
}

#[test]
fn a_backup_that_cannot_be_read_is_named_with_the_reason_and_never_to_be_removed() {
    let (story, report) = with_unreadable_backups();

    let early = &report["pruned_early"];
    assert_eq!(early["backup"], Value::Null);
    let because = early["unread"][0]["because"].as_str().unwrap();
    assert!(because.contains("SHA-256"), "{report}");
    let check = story.check("pruned_early").unwrap();
    let message = text(&check, "message");
    assert!(
        message.contains("could not be looked into: ") && message.contains("SHA-256"),
        "{message}"
    );
    assert!(!message.contains("no backup"), "{message}");
    assert!(
        text(&check, "try").starts_with("keep all backups"),
        "{check}"
    );
    let dates = story.check("backup_dates").unwrap();
    assert!(text(&dates, "try").starts_with("keep them"), "{dates}");
    // Nothing is rotated away either.
    let backup = story.run(IN_APRIL, &["backup", "--keep", "1"]);
    assert_eq!(backup["removed"], serde_json::json!([]), "{backup}");
}

#[test]
fn a_second_search_finds_the_rows_when_the_backup_can_be_read_again() {
    let (story, _) = with_unreadable_backups();
    for file in backup_files(&story) {
        let mut bytes = fs::read(&file).unwrap();
        bytes[4096] ^= 1;
        fs::write(&file, bytes).unwrap();
    }

    let report = story.run(IN_APRIL, &["prune", "--future"]);

    let file = report["pruned_early"]["backup"].as_str().unwrap();
    assert!(file.ends_with(&story.backup), "{report}");
    let message = text(&story.check("pruned_early").unwrap(), "message");
    assert!(message.ends_with(" has them"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn health_and_backup_read_no_old_backup() {
    use crate::support::strace;

    if !strace::may_trace() {
        return;
    }
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);
    for arguments in [["health"], ["backup"]] {
        let trace = story.sandbox.path("trace");
        let mut command = story
            .sandbox
            .command(&[&arguments[..], &["--database", "wrong.db"]].concat());
        command.env("TORNSNAP_NOW", IN_APRIL.to_string());
        strace::traced(&command, &["-f", "-e", "trace=open,openat"], &trace)
            .output()
            .unwrap();

        let calls = fs::read_to_string(&trace).unwrap();
        let opened = format!("{}\"", story.backup);
        assert!(
            calls.contains(&format!("{}.json", story.backup)),
            "{arguments:?}"
        );
        assert!(!calls.contains(&opened), "{arguments:?}: {opened}");
    }
}

#[test]
fn backups_are_rotated_away_if_none_has_the_rows() {
    let story = Story::new(70 * DAY, false);
    for file in backup_files(&story) {
        fs::remove_file(file.with_extension("db.json")).unwrap();
        fs::remove_file(file).unwrap();
    }
    story.run(IN_APRIL, &["prune", "--future", "--without-backup"]);
    assert!(story.check("pruned_early").is_some());
    story.run(IN_APRIL, &["backup", "--new-folder"]);

    let first = story.run(IN_APRIL + 60, &["backup", "--keep", "1"]);
    let second = story.run(IN_APRIL + 120, &["backup", "--keep", "1"]);

    for backup in [&first, &second] {
        assert_eq!(backup["removed"].as_array().unwrap().len(), 1, "{backup}");
    }
}

#[test]
fn the_removal_is_reported_if_the_backup_folder_cannot_be_read() {
    let story = Story::new(70 * DAY, false);
    let folder = story.sandbox.path("backups");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "a file").unwrap();
    let removing = [
        "prune",
        "--future",
        "--without-backup",
        "--database",
        "wrong.db",
    ];

    let done = story.sandbox.run_at(IN_APRIL, &removing).expect(0).stderr();

    assert!(done.contains("removed 0 rows from after"), "{done}");
    assert!(
        done.contains("backups could not be looked into: could not read the backup folder"),
        "{done}"
    );
    let report = story.run(IN_APRIL, &["health"]);
    assert_eq!(crate::health::check(&report, "copies"), None, "{report}");
    assert!(story.check("archive").is_some(), "{report}");
    let message = text(&story.check("pruned_early").unwrap(), "message");
    assert!(message.contains("could not be looked into"), "{message}");
}

#[test]
fn no_summary_is_written_from_the_rows_that_remain() {
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);
    let right = story.contents("right.db").1;

    let forced = [
        "summarize",
        "--month",
        "2028-03",
        "--force",
        "--no-backup",
        "--database",
        "wrong.db",
    ];
    let refused = story.sandbox.run_at(IN_APRIL, &forced).expect(78).stderr();

    let import = format!(
        "`tornsnap import backups/{} --database wrong.db`",
        story.backup
    );
    assert!(refused.contains(&import), "{refused}");
    assert!(
        refused.contains("a prune while the clock was ahead has deleted"),
        "{refused}"
    );
    assert!(!refused.contains("another program"), "{refused}");
    let all = summarize(&story.sandbox, IN_APRIL, "wrong.db", &["--force"]).stderr();
    assert!(
        all.contains(&import) && !all.contains("another program"),
        "{all}"
    );
    assert_eq!(story.contents("wrong.db").1, right);
    assert!(story.check("pruned_early").is_some());
}

#[test]
fn the_loss_can_be_accepted_and_the_summaries_stay() {
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);
    let right = story.contents("right.db").1;
    let dry = story.run(
        IN_APRIL,
        &["prune", "--future", "--accept-loss", "--dry-run"],
    );
    assert_eq!(dry["pruned_early"]["accepted"], false, "{dry}");
    assert!(story.check("pruned_early").is_some());

    let report = story.run(IN_APRIL, &["prune", "--future", "--accept-loss"]);

    assert_eq!(report["pruned_early"]["accepted"], true, "{report}");
    assert_eq!(story.check("pruned_early"), None);
    let dates = text(&story.check("backup_dates").unwrap(), "try");
    assert!(dates.starts_with("make a backup"), "{dates}");
    summarize(&story.sandbox, IN_APRIL, "wrong.db", &["--force"]);
    assert_eq!(story.contents("wrong.db").1, right);
    story.run(IN_APRIL, &["backup"]);
    let backup = story.run(IN_APRIL, &["backup", "--keep", "1"]);
    assert_eq!(backup["removed"].as_array().unwrap().len(), 1, "{backup}");
}

#[test]
fn rows_that_repeat_known_values_come_back_too() {
    let story = Story::new(70 * DAY, false);
    // Now only changes are recorded.
    story.sandbox.write("tornsnap.toml", "");
    let removed = story.run(IN_APRIL, &["prune", "--future"]);
    let file = removed["pruned_early"]["backup"]
        .as_str()
        .unwrap()
        .to_owned();

    story.run(IN_APRIL, &["import", "--no-backup", &file]);

    assert_eq!(story.check("pruned_early"), None);
    assert!(story.contents("wrong.db") == story.contents("right.db"));
}

#[test]
fn only_months_with_missing_rows_are_named() {
    let story = Story::new(70 * DAY, true);

    let removed = story.run(IN_APRIL, &["prune", "--future"]);

    assert_eq!(
        removed["pruned_early"]["months"],
        serde_json::json!(["2028-02", "2028-03"])
    );
}

/// 2028-03-16: the month whose rows are lost is not over yet.
const IN_MIDDLE_OF_MARCH: i64 = IN_APRIL - 25 * DAY;

#[test]
fn a_running_month_stays_open_for_its_rows_after_it_is_summarized() {
    let story = Story::in_middle_of_month(IN_MIDDLE_OF_MARCH);
    let removed = story.run(IN_MIDDLE_OF_MARCH, &["prune", "--future"]);
    let early = &removed["pruned_early"];
    assert_eq!(
        early["months"].as_array().unwrap().last().unwrap(),
        "2028-03",
        "{removed}"
    );
    let file = early["backup"].as_str().unwrap().to_owned();

    for name in ["right.db", "wrong.db"] {
        summarize(&story.sandbox, IN_APRIL, name, &[]);
    }

    let report = story.run(IN_APRIL, &["health"]);
    assert!(crate::health::check(&report, "pruned_early").is_some());
    story.run(IN_APRIL, &["import", "--no-backup", &file]);
    let report = story.run(IN_APRIL, &["health"]);
    assert_eq!(crate::health::check(&report, "pruned_early"), None);
    assert!(story.contents("wrong.db") == story.contents("right.db"));
}

#[test]
fn the_search_ends_when_prune_would_delete_the_rows_anyway() {
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);

    prune(
        &story.sandbox,
        IN_APRIL + 90 * DAY,
        "wrong.db",
        &["--ignore-clock"],
    )
    .expect(0);

    let report = story.run(IN_APRIL + 90 * DAY, &["health"]);
    assert_eq!(
        crate::health::check(&report, "pruned_early"),
        None,
        "{report}"
    );
}
