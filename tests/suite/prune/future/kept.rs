//! The backup that `prune --future` names has the rows that it removed, and no rotation removes it.

use std::path::Path;

use super::database;
use super::early::Story;
use crate::month_model::IN_APRIL;
use crate::support::{DAY, NOW, Sandbox, files_with_extension};

/// Makes a backup on each of four days, and keeps one.
fn rotate(sandbox: &Sandbox, from: i64, name: &str) {
    for day in 1..5 {
        let arguments = ["backup", "--keep", "1", "--database", name];
        sandbox.run_at(from + day * DAY, &arguments).expect(0);
        // Each backup has other contents than the one before.
        let player = format!("INSERT INTO players (player_id, name) VALUES (9000 + {day}, 'Late')");
        let connection = rusqlite::Connection::open(sandbox.path(name)).unwrap();
        connection.execute(&player, []).unwrap();
    }
}

fn is_listed_as_kept(sandbox: &Sandbox, file: &str) -> bool {
    let list = sandbox.run_at(IN_APRIL, &["backup", "--list"]).expect(0);
    let file = Path::new(file).file_name().unwrap().to_str().unwrap();
    let line = list.stdout();
    let line = line.lines().find(|line| line.starts_with(file)).unwrap();
    line.contains("kept, because `prune --future` removed rows that it has")
        && line.contains("remove it and its .json file")
}

#[test]
fn the_backup_of_a_forced_removal_is_never_rotated_away() {
    let sandbox = database(&format!(
        "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'One', 1700000000, {NOW});
         INSERT INTO player_stats_history (player_id, timestamp, level)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
         SELECT 1, {NOW} - 86400 * i, 100 - i FROM n;"
    ));
    let behind = NOW - 51 * DAY;
    let report = sandbox
        .run_at(behind, &["--json", "prune", "--future", "--force"])
        .expect(0)
        .json();
    let file = report["backup"].as_str().unwrap();

    rotate(&sandbox, NOW, "tornsnap.db");

    assert!(sandbox.path(file).exists(), "{report}");
    assert!(is_listed_as_kept(&sandbox, file));
    let left = files_with_extension(&sandbox.path("backups"), "db");
    assert_eq!(left.len(), 2, "the kept one does not count: {left:?}");
}

#[test]
fn the_backup_of_an_unforced_removal_is_never_rotated_away() {
    for is_made_before in [false, true] {
        let story = Story::new(70 * DAY, false);
        if is_made_before {
            // It has the same content, so `prune --future` makes no second one.
            story.run(IN_APRIL, &["backup"]);
        }
        let report = story.run(IN_APRIL, &["prune", "--future"]);
        let file = report["backup"].as_str().unwrap();
        let with_rows = report["pruned_early"]["backup"].as_str().unwrap();
        story.run(IN_APRIL, &["import", "--no-backup", with_rows]);

        rotate(&story.sandbox, IN_APRIL, "wrong.db");

        assert!(story.sandbox.path(file).exists(), "{report}");
        assert!(is_listed_as_kept(&story.sandbox, file));
        story
            .sandbox
            .run_at(IN_APRIL + 5 * DAY, &["backup", "--verify", file])
            .expect(0);
    }
}
