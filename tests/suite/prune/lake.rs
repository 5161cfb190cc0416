//! `prune --archive DIR/`: each history row is in the database or in the lake, and what is deleted was read back before.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rusqlite::Connection;

use crate::month_model::{
    IN_APRIL, IN_MARCH, any_history, for_any_history, history_rows, prune, summaries, summarize,
    template, with_history, with_steady_history,
};
use crate::support::parquet::Parquet;
use crate::support::{Finished, Sandbox, rows};

const HISTORIES: [&str; 4] = [
    "player_stats_history",
    "faction_history",
    "war_status_history",
    "territory_ownership_history",
];

fn move_to_lake(sandbox: &Sandbox, now: i64, more: &[&str]) -> Finished {
    let flags = [&["--ignore-clock", "--archive", "lake/"], more].concat();
    prune(sandbox, now, "a.db", &flags)
}

/// The files with rows of a dataset, found as a glob finds them.
fn files(lake: &Path, dataset: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let listed = fs::read_dir(folder).into_iter().flatten();
        listed.map(|entry| entry.unwrap().path()).collect()
    };
    for month in entries(&lake.join(dataset)) {
        let is_file = |path: &PathBuf| path.extension().is_some_and(|end| end == "parquet");
        found.extend(entries(&month).into_iter().filter(is_file));
    }
    found.sort();
    found
}

/// The history rows of the lake, in the form of `history_rows`.
pub(crate) fn rows_of_lake(lake: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for table in HISTORIES {
        for file in files(lake, table) {
            let found = Parquet::open(&file).rows().into_iter();
            lines.extend(found.map(|row| {
                let (row, _database_id) = row.rsplit_once('|').unwrap();
                format!("{table}: {row}")
            }));
        }
    }
    lines.sort();
    lines
}

/// The rows of both. The lake has all rows, and the database those that were not deleted.
fn rows_of_both(main: &Connection, lake: &Path) -> Vec<String> {
    let mut all = rows_of_lake(lake);
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "a row is twice in the lake");
    all.extend(history_rows(main));
    all.sort();
    all.dedup();
    all
}

#[test]
fn the_lake_and_the_database_together_hold_every_row() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |history| {
        let _ = fs::remove_dir_all(sandbox.path("lake"));
        let main = with_history(&sandbox, &template, "a.db", &history);
        let before = history_rows(&main);
        summarize(&sandbox, IN_MARCH, "a.db", &[]);
        move_to_lake(&sandbox, IN_MARCH, &["--keep-months", "1"]).expect(0);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(0);

        prop_assert_eq!(&rows_of_both(&main, &sandbox.path("lake")), &before);
        prop_assert_eq!(summaries(&main), history.summaries(IN_APRIL));
        Ok(())
    });
}

#[test]
fn the_moved_rows_are_in_the_lake_and_no_longer_in_the_database() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    let before = history_rows(&main);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let moved = move_to_lake(&sandbox, IN_APRIL, &["--json"])
        .expect(0)
        .json();

    let left = history_rows(&main);
    assert!(left.len() < before.len());
    assert_eq!(rows_of_lake(&sandbox.path("lake")), before);
    assert!(moved["archive"].is_string());
    let receipts = "SELECT count(*) FROM archive_receipts WHERE rows > 0";
    assert_eq!(rows(&main, receipts), ["1"]);
    let again = move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);
    assert_eq!(history_rows(&main), left, "{}", again.stderr());
}

#[test]
fn a_lake_that_lost_a_file_is_refused_and_reported() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_MARCH, "a.db", &[]);
    move_to_lake(&sandbox, IN_MARCH, &["--keep-months", "1"]).expect(0);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = history_rows(&main);
    let lost = files(&sandbox.path("lake"), "player_stats_history").remove(0);
    fs::remove_file(&lost).unwrap();

    let refused = move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(79);

    assert_eq!(history_rows(&main), before);
    let name = lost.file_name().unwrap().to_str().unwrap();
    assert!(refused.stderr().contains(name), "{}", refused.stderr());
    let health = sandbox.run_at(IN_APRIL, &["health", "--database", "a.db", "--json"]);
    assert!(health.stdout().contains("is gone"), "{}", health.stdout());
}

#[test]
fn an_older_copy_of_the_lake_is_refused() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    sandbox
        .run_at(
            IN_MARCH,
            &["export", "--database", "a.db", "--lake", "lake"],
        )
        .expect(0);
    let manifest = fs::read_dir(sandbox.path("lake")).unwrap();
    let manifest = manifest
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "json"))
        .unwrap();
    let older = fs::read(&manifest).unwrap();
    move_to_lake(&sandbox, IN_MARCH, &["--keep-months", "1"]).expect(0);
    fs::write(&manifest, older).unwrap();
    let before = history_rows(&main);

    let refused = move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(78);

    let stderr = refused.stderr();
    assert!(
        stderr.contains("is an older copy of the archive"),
        "{stderr}"
    );
    assert_eq!(history_rows(&main), before);
}

#[test]
fn a_row_of_a_moved_month_that_comes_late_joins_the_others_in_the_lake() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);
    main.execute(
        "INSERT INTO player_stats_history (player_id, timestamp, level)
         SELECT player_id, timestamp + 1, 98765 FROM player_stats_history ORDER BY timestamp LIMIT 1",
        [],
    )
    .unwrap();

    move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);

    let late = "SELECT count(*) FROM player_stats_history WHERE level = 98765";
    assert_eq!(rows(&main, late), ["1"]);
    let moved = rows_of_lake(&sandbox.path("lake"));
    let is_late = |row: &&String| row.contains("|98765|");
    assert_eq!(moved.iter().filter(is_late).count(), 1);
    assert!(moved.len() > history_rows(&main).len());
}

#[test]
fn an_export_does_not_begin_a_new_lake_where_the_archive_is_gone() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);
    fs::rename(sandbox.path("lake"), sandbox.path("unmounted")).unwrap();

    let export = ["export", "--database", "a.db", "--lake", "lake"];
    let refused = sandbox.run_at(IN_APRIL, &export).expect(78);

    assert!(!sandbox.path("lake").exists(), "{}", refused.stderr());
    fs::rename(sandbox.path("unmounted"), sandbox.path("lake")).unwrap();
    sandbox.run_at(IN_APRIL, &export).expect(0);
}

#[test]
fn a_column_of_the_user_comes_along_whatever_its_name_is() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    main.execute_batch("ALTER TABLE faction_history ADD COLUMN \"my note\" TEXT")
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = history_rows(&main);

    move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);

    assert_eq!(rows_of_lake(&sandbox.path("lake")), before);
}

#[test]
fn a_lake_of_a_newer_version_is_refused_and_not_called_damaged() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    move_to_lake(&sandbox, IN_MARCH, &["--keep-months", "1"]).expect(0);
    let listed = fs::read_dir(sandbox.path("lake")).unwrap();
    let manifest = listed
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "json"))
        .unwrap();
    let text = fs::read_to_string(&manifest).unwrap();
    let newer = text.replacen("\"format\": 1", "\"format\": 2", 1);
    assert_ne!(newer, text);
    fs::write(&manifest, newer).unwrap();
    let before = history_rows(&main);

    let refused = move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(78);

    let stderr = refused.stderr();
    assert!(stderr.contains("update tornsnap"), "{stderr}");
    assert_eq!(history_rows(&main), before);
}

#[test]
fn a_copy_put_back_by_hand_does_not_bring_another_row_under_the_id_of_a_moved_one() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    let player = "SELECT player_id FROM players LIMIT 1";
    let row_at = |time: &str, level: i64| {
        format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level)
             SELECT ({player}), {time}, {level} FROM player_stats_history"
        )
    };
    let first = "min(timestamp) + 1";
    drop(main);
    let copy = fs::read(sandbox.path("a.db")).unwrap();
    let main = Connection::open(sandbox.path("a.db")).unwrap();
    main.execute_batch(&row_at(first, 41)).unwrap();
    drop(main);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);
    let moved = rows_of_lake(&sandbox.path("lake"));
    sandbox.remove_database("a.db");
    fs::write(sandbox.path("a.db"), copy).unwrap();
    let main = Connection::open(sandbox.path("a.db")).unwrap();
    main.execute_batch(&row_at("min(timestamp) + 2", 42))
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = history_rows(&main);

    let refused = move_to_lake(&sandbox, IN_APRIL, &[]).expect(78);

    assert!(
        refused.stderr().contains("another row under this id"),
        "{}",
        refused.stderr()
    );
    assert_eq!(rows_of_lake(&sandbox.path("lake")), moved);
    assert_eq!(history_rows(&main), before);
    let export = ["export", "--lake", "lake", "--database", "a.db"];
    sandbox.run_at(IN_APRIL, &export).expect(78);
    assert_eq!(rows_of_lake(&sandbox.path("lake")), moved);
    let flags = ["--ignore-clock", "--archive", "other/", "--new-archive"];
    prune(&sandbox, IN_APRIL, "a.db", &flags).expect(0);
    assert_eq!(rows_of_both(&main, &sandbox.path("other")), before);
}

/// Moves rows to the lake, and runs a statement of another program after they were compared and before they are deleted. Returns
/// what the prune says.
fn move_while_another_program_writes(
    sandbox: &Sandbox,
    main: &Connection,
    statement: &str,
) -> Finished {
    // With the write lock taken, the prune writes and compares the lake, and waits before it deletes.
    main.execute_batch("BEGIN IMMEDIATE").unwrap();
    let lake = sandbox.path("lake");
    std::thread::scope(|scope| {
        let pruning = scope.spawn(|| move_to_lake(sandbox, IN_APRIL, &[]));
        let is_filled = || {
            let text = manifest_text(&lake).unwrap_or_default();
            text.contains("receipts")
        };
        while !is_filled() && !pruning.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        main.execute_batch(statement).unwrap();
        main.execute_batch("COMMIT").unwrap();
        pruning.join().unwrap()
    })
}

#[test]
fn rows_that_another_program_changes_after_they_were_compared_are_not_deleted() {
    for (statement, changed) in [
        (
            "UPDATE player_stats_history SET data_source = 'changed'",
            "rows after the rows",
        ),
        (
            "ALTER TABLE player_stats_history ADD COLUMN note TEXT DEFAULT 'changed'",
            "the table after",
        ),
    ] {
        let sandbox = Sandbox::new();
        let main = with_steady_history(&sandbox);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        let history = history_rows(&main);
        let players = rows(&main, "SELECT count(*) FROM player_stats_history");

        let refused = move_while_another_program_writes(&sandbox, &main, statement);

        let message = refused.expect(75).stderr().clone();
        assert!(message.contains("another program has changed"), "{message}");
        assert!(message.contains(changed), "{message}");
        assert_eq!(
            rows(&main, "SELECT count(*) FROM player_stats_history"),
            players
        );
        move_to_lake(&sandbox, IN_APRIL, &[]).expect(0);
        assert!(history_rows(&main).len() < history.len());
        let with_change = rows_of_both(&main, &sandbox.path("lake"))
            .into_iter()
            .filter(|row| row.starts_with("player_stats_history") && row.contains("changed"));
        assert_eq!(with_change.count().to_string(), players[0]);
    }
}

#[test]
fn rows_are_moved_though_another_program_writes_others_meanwhile() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = history_rows(&main).len();
    let other = "INSERT INTO factions (faction_id, name) VALUES (900, 'Another')";

    let moved = move_while_another_program_writes(&sandbox, &main, other);

    moved.expect(0);
    assert!(history_rows(&main).len() < before);
}

/// The text of the only manifest in a lake, once it is there.
fn manifest_text(lake: &Path) -> Option<String> {
    let entries = fs::read_dir(lake).ok()?.flatten();
    let manifest = entries.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("manifest-")
    })?;
    fs::read_to_string(manifest).ok()
}
