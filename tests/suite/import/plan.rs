//! A database of the Python program is taken over whole.

use super::{MARCH, facts, files_of, files_that_matter, with_plan};
use crate::support::{DAY, HOUR, NOW};

/// A small database without oddities: 2026-03-01 to 2026-03-31, with summaries of January.
fn usual() -> String {
    format!(
        "INSERT INTO factions (faction_id, name, tag, respect, member_count, best_chain, created_at, last_updated)
         VALUES (7, 'Seven', 'SVN', 500, 2, 40, {MARCH}, {NOW} - 600);
         INSERT INTO players (player_id, name, level, faction_id, life_current, life_maximum, created_at, last_updated)
         VALUES (1, 'One', 20, 7, 90, 100, {MARCH}, {NOW} - 600), (2, 'Two', 30, NULL, 90, 100, {MARCH}, {NOW} - 900);
         INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats, level,
            life_maximum, networth)
         VALUES (1, {MARCH} + 100, 10, 20, 30, 40, 100, 19, 95, 1000),
                (1, {MARCH} + 400, 10, 20, 30, 40, 100, 19, 95, 1000),
                (1, {MARCH} + 9 * {DAY}, 11, 20, 30, 40, 101, 20, 100, 2000),
                (2, {MARCH} + 100, 0, 0, 0, 0, 0, 30, 100, -5);
         INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain)
         VALUES (7, {MARCH} + 100, 450, 2, 40), (7, {MARCH} + {DAY}, 500, 2, 40);
         INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id,
            attacking_score, defending_score, required_score, status, started_at, ends_at, recorded_at)
         VALUES (5, 'ranked', NULL, 7, 8, 10, 20, 5000, 'ongoing', {MARCH}, NULL, {MARCH} + {HOUR}),
                (5, 'ranked', NULL, 7, 8, 5010, 20, 4000, 'completed', {MARCH}, {MARCH} + {DAY}, {MARCH} + 2 * {DAY});
         INSERT INTO territory_ownership_history (territory_id, faction_id, sector, coordinates, racket_level, racket_type,
            war_status, recorded_at)
         VALUES ('AAB', 7, '3', '12.5,7', 2, 'Loans', 'none', {MARCH} + {HOUR}),
                ('AAB', NULL, '3', '12.5,7', NULL, NULL, 'none', {MARCH} + 3 * {DAY});
         INSERT INTO player_stats_summary (player_id, period_start, period_end, strength_start, strength_end,
            strength_change, level_start, level_end, level_change, record_count)
         VALUES (1, unixepoch('2026-01-01'), unixepoch('2026-01-31'), 0, 5, 5, 17, 18, 1, 300);"
    )
}

#[test]
fn everything_in_a_database_of_the_plan_is_taken() {
    let sandbox = with_plan(&usual());
    let before = files_of(&sandbox, "plan.db");

    let finished = sandbox.run(&["import", "plan.db", "--json"]).expect(0);

    let report = finished.json();
    assert_eq!(report["source"], "plan");
    let taken = |table: &str| report["tables"][table]["taken"].as_i64().unwrap();
    assert_eq!(taken("player_stats_history"), 3);
    assert_eq!(report["tables"]["player_stats_history"]["unchanged"], 1);
    assert_eq!(taken("war_status_history"), 2);
    assert_eq!(taken("player_stats_summary"), 1);
    assert_eq!(
        sandbox.rows("SELECT player_id, strength, level, networth FROM player_stats_history ORDER BY timestamp, player_id"),
        ["1|10|19|1000", "2||30|-5", "1|11|20|2000"]
    );
    assert_eq!(
        sandbox.rows("SELECT faction_id, name, last_updated > 0 FROM factions ORDER BY 1"),
        ["7|Seven|1", "8|Faction 8|0"]
    );
    assert_eq!(
        sandbox.rows("SELECT territory_id, sector, coordinate_x, coordinate_y, faction_id, racket_type FROM territories"),
        ["AAB|3|12.5|7||"]
    );
    assert_eq!(
        sandbox.rows("SELECT player_id, faction_id, joined_at, left_at FROM faction_membership"),
        ["1|7||"]
    );
    assert_eq!(
        files_of(&sandbox, "plan.db"),
        before,
        "the source is as it was"
    );
    assert_eq!(
        sandbox.rows("PRAGMA foreign_key_check"),
        Vec::<String>::new()
    );
}

#[test]
fn months_with_history_are_summarized_and_months_with_summaries_alone_keep_them() {
    let sandbox = with_plan(&usual());

    sandbox.run(&["import", "plan.db"]).expect(0);

    assert_eq!(
        sandbox.rows(
            "SELECT player_id, date(period_start, 'unixepoch'), date(period_end, 'unixepoch'), strength_start, strength_end,
                strength_change, record_count
             FROM player_stats_summary ORDER BY period_start, player_id"
        ),
        [
            // 0 stood for unknown, so the change is unknown, too.
            "1|2026-01-01|2026-02-01||5||300",
            // March begins with the end of January.
            "1|2026-03-01|2026-04-01|5|11|6|2",
            "2|2026-03-01|2026-04-01||||1",
        ]
    );
    let second = sandbox.run(&["summarize", "--no-backup"]).expect(0);
    assert!(
        second.stderr().contains("up to date"),
        "{}",
        second.stderr()
    );
}

#[test]
fn a_second_import_changes_nothing() {
    let sandbox = with_plan(&usual());
    sandbox.run(&["import", "plan.db"]).expect(0);
    let before = (
        facts(&sandbox.sqlite()),
        crate::month_model::summaries(&sandbox.sqlite()),
    );

    let report = sandbox
        .run_at(NOW + 60, &["import", "plan.db", "--json"])
        .expect(0)
        .json();

    for (name, table) in report["tables"].as_object().unwrap() {
        assert_eq!(table["taken"], 0, "{name}: {table}");
        assert_eq!(table["replaced"], 0, "{name}: {table}");
    }
    let after = (
        facts(&sandbox.sqlite()),
        crate::month_model::summaries(&sandbox.sqlite()),
    );
    assert_eq!(after, before);
}

#[test]
fn a_dry_run_reports_the_same_and_writes_nothing() {
    let sandbox = with_plan(&usual());
    let before = files_that_matter(&sandbox, "");

    let dry = sandbox
        .run(&["import", "plan.db", "--dry-run", "--json"])
        .expect(0)
        .json();

    assert_eq!(files_that_matter(&sandbox, ""), before);
    let wet = sandbox
        .run(&["import", "plan.db", "--json"])
        .expect(0)
        .json();
    for field in ["tables", "months", "summarized", "late"] {
        assert_eq!(dry[field], wet[field], "{field}");
    }
}

#[test]
fn a_verified_backup_is_taken_first_unless_it_is_declined() {
    let sandbox = with_plan(&usual());

    let report = sandbox
        .run(&["import", "plan.db", "--json"])
        .expect(0)
        .json();

    let backup = report["backup"].as_str().unwrap();
    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
    let copy = rusqlite::Connection::open(sandbox.path(backup)).unwrap();
    assert_eq!(
        crate::support::rows(&copy, "SELECT count(*) FROM players"),
        ["0"]
    );
    let report = sandbox
        .run_at(NOW + 60, &["import", "plan.db", "--json", "--no-backup"])
        .expect(0)
        .json();
    assert_eq!(report["backup"], serde_json::Value::Null);
}

#[test]
fn a_table_for_people_names_what_was_taken_mended_and_left() {
    let sandbox = with_plan(&format!(
        "{} INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, 5, 1);",
        usual()
    ));

    let finished = sandbox
        .run(&["import", "plan.db", "--no-summarize"])
        .expect(3);

    let stdout = finished.stdout();
    assert!(stdout.contains("player_stats_history"), "{stdout}");
    assert!(
        stdout.contains("mended 1: strength: 0 stood for unknown"),
        "{stdout}"
    );
    assert!(
        stdout.contains("left out 1: timestamp is before 2004"),
        "{stdout}"
    );
    assert!(
        finished.stderr().contains("1 left out"),
        "{}",
        finished.stderr()
    );
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_summary"), ["0"]);
    // The next `summarize` finds the month.
    sandbox.run(&["summarize", "--no-backup"]).expect(0);
    assert_eq!(sandbox.rows("SELECT count(*) FROM faction_summary"), ["1"]);
}

#[test]
fn a_player_in_hospital_keeps_a_life_of_0() {
    let sandbox = with_plan(&format!(
        "INSERT INTO players (player_id, name, life_current, life_maximum, created_at, last_updated)
         VALUES (1, 'One', 0, 100, {MARCH}, {MARCH});"
    ));

    sandbox.run(&["import", "plan.db"]).expect(0);

    assert_eq!(
        sandbox.rows("SELECT life_current, life_maximum FROM players"),
        ["0|100"]
    );
}
