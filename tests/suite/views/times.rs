//! The times in views, which are there as numbers and as text.

use super::database;
use crate::support::{DAY, NOW};

/// Gives every view a row, and every time in it a value.
const ROWS_OF_EVERY_VIEW: &str = "
    INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'A', 1, $now - 9 * $day);
    INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, $now - 9 * $day, 5);
    INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, $now - 9 * $day, 7);
    INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (2, 'B', 1, $now - 8 * $day);
    UPDATE players SET faction_id = NULL, last_updated = $now - 7 * $day WHERE player_id = 1;
    INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, status,
        winner_faction_id, started_at, ends_at, recorded_at) VALUES
        (4, 'territory', 'AAB', 1, 2, 'completed', 1, $now - 8 * $day, $now - 5 * $day - 60, $now - 5 * $day + 61);
    INSERT INTO territories (territory_id, sector, faction_id, racket_type, racket_level, last_updated) VALUES
        ('AAB', 1, 1, 'Gun Shop', 2, $now - 3);
    INSERT INTO territory_ownership_history (territory_id, faction_id, racket_type, racket_level, recorded_at) VALUES
        ('AAB', 2, NULL, NULL, $now - 9 * $day), ('AAB', 1, 'Gun Shop', 2, $now - 5 * $day);
    INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (2, $now - 2, 5);
    INSERT INTO player_stats_summary (player_id, period_start, period_end) VALUES (1, 1772323200, 1775001600);
    INSERT INTO faction_summary (faction_id, period_start, period_end) VALUES (1, 1772323200, 1775001600);
    INSERT INTO war_summary (war_id, war_type, period_start, period_end, attacking_faction_id) VALUES
        (4, 'territory', 1772323200, 1775001600, 1);
    INSERT INTO territory_ownership_summary (territory_id, period_start, period_end, faction_id_end) VALUES
        ('AAB', 1772323200, 1775001600, 1);
";

/// The names that `export` takes for times, too.
#[test]
fn every_time_in_a_view_has_its_text_beside_it() {
    let sandbox = database("");
    let is_time = |name: &str| {
        ["timestamp", "last_updated", "period_start", "period_end"].contains(&name)
            || ["at", "since", "until"]
                .iter()
                .any(|end| name == *end || name.ends_with(&format!("_{end}")))
    };

    let mut times = 0;
    for view in sandbox.rows("SELECT name FROM sqlite_schema WHERE type = 'view'") {
        let columns = sandbox.rows(&format!("SELECT name FROM pragma_table_info('{view}')"));
        for (index, column) in columns.iter().enumerate() {
            if is_time(column) {
                times += 1;
                assert_eq!(
                    columns.get(index + 1),
                    Some(&format!("{column}_utc")),
                    "{view}"
                );
            }
            if let Some(time) = column.strip_suffix("_utc") {
                assert!(is_time(time), "{view}.{column}");
            }
        }
    }
    assert!(times >= 35, "only {times} times were found");
}

#[test]
fn the_text_of_a_time_is_the_same_moment() {
    let sandbox = database(ROWS_OF_EVERY_VIEW);
    let views = sandbox.rows(
        "SELECT v.name, c.name FROM sqlite_schema AS v, pragma_table_info(v.name) AS c \
         WHERE v.type = 'view' AND c.name LIKE '%\\_utc' ESCAPE '\\'",
    );
    assert!(views.len() >= 35, "{views:?}");

    for column in views {
        let (view, text) = column.split_once('|').unwrap();
        let time = text.strip_suffix("_utc").unwrap();
        let rows = sandbox.value::<i64>(&format!("SELECT count({time}) FROM {view}"));
        let wrong = sandbox.rows(&format!(
            "SELECT {time}, {text} FROM {view} WHERE {text} IS NOT datetime({time}, 'unixepoch')"
        ));
        assert!(rows > 0, "{view}.{time} has no row");
        assert!(wrong.is_empty(), "{view}.{text}: {wrong:?}");
    }
}

/// A faction or a player that is only referred to has `last_updated` 0: Torn never answered about it.
#[test]
fn a_time_that_is_not_known_is_null_in_every_view() {
    let sandbox = database(
        "UPDATE factions SET last_updated = 0;
         INSERT INTO territories (territory_id, sector, faction_id, racket_type, racket_level, last_updated) VALUES ('AAB', 1, 1, 'Gun Shop', 2, 0);
         INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'A', 1, 0);",
    );

    for (view, column) in [
        ("newest_answer", "players_at"),
        ("newest_answer", "factions_at"),
        ("newest_answer", "territories_at"),
        ("newest_answer", "wars_at"),
        ("player_latest", "last_updated"),
        ("player_gains", "last_updated"),
        ("faction_latest", "last_updated"),
        ("faction_roster", "last_updated"),
        ("territory_latest", "last_updated"),
        ("rackets", "last_updated"),
    ] {
        let rows = sandbox.rows(&format!("SELECT {column}, {column}_utc FROM {view}"));
        assert!(!rows.is_empty(), "{view}");
        assert!(
            rows.iter().all(|row| row == "|"),
            "{view}.{column}: {rows:?}"
        );
    }
}

#[test]
fn the_newest_answer_about_wars_is_one_that_no_war_has_changed() {
    let sandbox = database(
        "INSERT INTO war_status_history (war_id, war_type, status, recorded_at) VALUES (1, 'ranked', 'ongoing', $now - 9 * $day);",
    );
    let wars_at = || sandbox.rows(&format!("SELECT wars_at - {NOW} FROM newest_answer"));
    assert_eq!(wars_at(), [(-9 * DAY).to_string()]);

    for (statement, seconds) in [
        (
            "INSERT INTO faction_war_polls VALUES (1, $now - 300, NULL)",
            -300,
        ),
        (
            "UPDATE faction_war_polls SET history_read_at = $now - 200",
            -200,
        ),
        (
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('wars', $now - 110, $now - 100, 'ok')",
            -100,
        ),
        (
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('wars', $now - 60, $now - 50, 'failed')",
            -100,
        ),
    ] {
        let statement = statement.replace("$now", &NOW.to_string());
        sandbox.sqlite().execute_batch(&statement).unwrap();
        assert_eq!(wars_at(), [seconds.to_string()], "{statement}");
    }
}
