//! The conditions on which `prune --future` is refused, and its dry run.

use serde_json::Value;

use super::{TEN_CORRECT_ROWS, backups, database};
use crate::month_model::dump;
use crate::support::{DAY, NOW};

#[test]
fn a_clock_that_is_behind_deletes_nothing() {
    // A hundred days of history that end at NOW.
    let steady = format!(
        "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'One', 1700000000, {NOW});
         INSERT INTO player_stats_history (player_id, timestamp, level)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
         SELECT 1, {NOW} - 86400 * i, 100 - i FROM n;"
    );
    for (name, now) in [
        ("1970", 3600),
        ("a year behind", NOW - 365 * DAY),
        ("more than half of the history behind", NOW - 51 * DAY),
        ("a month and a half behind", NOW - 45 * DAY),
    ] {
        let sandbox = database(&steady);
        let before = dump(&sandbox.sqlite());

        let refused = sandbox.run_at(now, &["prune", "--future"]).expect(78);

        assert!(
            refused.stderr().contains("--force"),
            "{name}: {}",
            refused.stderr()
        );
        assert_eq!(dump(&sandbox.sqlite()), before, "{name}");
        assert_eq!(backups(&sandbox), 0, "{name}");
        let planned = sandbox
            .run_at(now, &["--json", "prune", "--future", "--dry-run"])
            .expect(0)
            .json();
        assert_ne!(
            planned["would_be_refused"],
            Value::from(Vec::<Value>::new())
        );

        sandbox
            .run_at(now, &["prune", "--future", "--force"])
            .expect(0);
        assert_eq!(backups(&sandbox), 1, "{name}: a forced run makes a backup");
    }
}

#[test]
fn the_system_clock_is_compared_with_the_times_that_torn_has_named() {
    let now = chrono::Utc::now().timestamp();
    let (soon, later) = (now + 3 * DAY, now + 2 * DAY);
    for (source, sql) in [
        (
            "a daily value",
            format!("INSERT INTO player_polls (player_id, polled_at, bucket_asked_at, bucket_at)
                 VALUES (1, {now}, {now}, {later});"),
        ),
        (
            "the end of a war",
            format!(
                "INSERT INTO war_status_history (war_id, war_type, status, started_at, ends_at, recorded_at)
                 VALUES (3, 'ranked', 'completed', {now}, {later}, {later});"
            ),
        ),
    ] {
        let sandbox = database(&format!(
            "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'One', 1700000000, {now});
             INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, {now}, 1), (1, {soon}, 2);
             {sql}"
        ));
        let before = dump(&sandbox.sqlite());

        let refused = sandbox
            .run_with_real_clock(&["prune", "--future"])
            .expect(78);

        assert!(
            refused.stderr().contains("Torn has already named the time"),
            "{source}: {}",
            refused.stderr()
        );
        assert_eq!(dump(&sandbox.sqlite()), before, "{source}");
    }
}

#[test]
fn with_the_system_clock_only_future_rows_are_removed() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (1, 'One', 0, 0);
         INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, 1), (1, 2), (1, 4102444800);",
    );

    sandbox
        .run_with_real_clock(&["prune", "--future"])
        .expect(0);

    assert_eq!(
        sandbox.value::<i64>("SELECT count(*) FROM player_stats_history"),
        2
    );
}

#[test]
fn flags_of_other_prunes_are_usage_errors() {
    let sandbox = database(TEN_CORRECT_ROWS);
    for flag in [
        &["--keep-months", "2"][..],
        &["--archive", "a.db"],
        &["--keep-unsummarized"],
        &["--allow-large"],
        &["--ignore-clock"],
        &["--summaries-before", "2026-01"],
        &["--yes"],
    ] {
        let arguments = [&["prune", "--future"], flag].concat();
        sandbox.run(&arguments).expect(2);
    }
    sandbox.run(&["prune", "--force"]).expect(2);
    sandbox.run(&["prune", "--future", "--vacuum"]).expect(0);
}

#[test]
fn a_second_prune_is_refused_while_one_runs() {
    let sandbox = database(TEN_CORRECT_ROWS);
    let _held = tornsnap::testing::store::Lock::take(&sandbox.database(), "maintenance").unwrap();

    sandbox
        .run(&["prune", "--future", "--wait", "0"])
        .expect(75);
}

#[test]
fn a_dry_run_counts_the_changes_of_a_run_and_does_not_change_the_file() {
    let ahead = NOW + 40 * DAY;
    let sandbox = database(&format!(
        "{TEN_CORRECT_ROWS}
         INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, {ahead}), (1, {ahead} + 60);
         INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
         VALUES (1, 1775001600, 1775005200, {ahead}, 9), (1, {ahead}, {ahead}, {ahead}, 9);
         INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES
            ('wars', 1775044000, {ahead}, 'ok'), ('wars', {ahead}, {ahead}, 'ok');
         UPDATE players SET last_updated = {ahead};
         PRAGMA wal_checkpoint(TRUNCATE);"
    ));
    let before = std::fs::read(sandbox.database()).unwrap();

    let planned = sandbox
        .run(&["--json", "prune", "--future", "--dry-run"])
        .expect(0)
        .json();
    let shown = sandbox
        .run(&["prune", "--future", "--dry-run"])
        .expect(0)
        .stdout();

    assert!(before == std::fs::read(sandbox.database()).unwrap());
    assert_eq!(backups(&sandbox), 0);
    let done = sandbox
        .run(&["--json", "prune", "--future"])
        .expect(0)
        .json();
    let tables = planned["tables"].as_object().unwrap();
    let expect = |table: &str, removed: i64, mended: i64| {
        for report in [&planned, &done] {
            assert_eq!(report["tables"][table]["removed"], removed, "{table}");
            assert_eq!(report["tables"][table]["mended"], mended, "{table}");
        }
        assert!(shown.contains(table), "{shown}");
    };
    assert_eq!(tables.len(), 4, "{planned}");
    expect("fetch_runs", 1, 1);
    expect("player_observations", 1, 1);
    expect("player_stats_history", 2, 0);
    expect("players", 0, 1);
    assert!(done["backup"].as_str().unwrap().contains("tornsnap-"));
}

#[test]
fn when_one_table_cannot_be_corrected_no_table_changes() {
    let sandbox = database(&format!(
        "{TEN_CORRECT_ROWS}
         INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, {ahead});
         INSERT INTO territories (territory_id, created_at, last_updated) VALUES ('AAB', {ahead}, {ahead});
         CREATE TRIGGER fails BEFORE UPDATE ON territories BEGIN SELECT raise(ABORT, 'for a test'); END;",
        ahead = NOW + 40 * DAY,
    ));
    let before = dump(&sandbox.sqlite());

    let failed = sandbox.run(&["prune", "--future"]);

    assert_ne!(failed.code(), 0);
    assert!(
        failed.stderr().contains("territories"),
        "{}",
        failed.stderr()
    );
    let mut after = dump(&sandbox.sqlite());
    // The backup before the run was made, and its folder is recorded.
    after.retain(|row| !row.starts_with("backup_folders: "));
    assert_eq!(after, before);
    sandbox
        .sqlite()
        .execute_batch("DROP TRIGGER fails")
        .unwrap();
    sandbox.run(&["prune", "--future"]).expect(0);
}
