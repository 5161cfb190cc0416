//! Rows that contradict themselves: they are left out, counted and named, and the others are taken.

use serde_json::Value;

use super::closed::database;
use super::{copy, create, open, with_plan};
use crate::month_model::{EDGES, IN_APRIL, prune};
use crate::support::{Sandbox, rows};

/// `other.db`, a database with the summaries of pruned months of two entities of each kind, and an empty `mine.db`.
fn pruned_database() -> Sandbox {
    let [december, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    let months = [december, january, february];
    let inserts: Vec<String> = (1_i64..)
        .zip(months)
        .map(|(value, at)| {
            format!(
                "INSERT INTO player_stats_history (player_id, timestamp, level, networth)
                 VALUES (1, {at}, {value}, -{value}), (2, {at}, {value}, NULL);
                 INSERT INTO faction_history (faction_id, timestamp, respect)
                 VALUES (4, {at}, {value}), (7, {at}, {value});
                 INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
                 VALUES ('AAA', {value} % 2 * 3 + 4, 'none', {at}), ('AAB', NULL, 'none', {at});
                 INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id,
                     attacking_score, defending_score, status, winner_faction_id, started_at, ends_at, recorded_at)
                 VALUES ({value}, 'ranked', 4, 7, 0, 0, 'ongoing', NULL, {at}, NULL, {at}),
                     ({value}, 'ranked', 4, 7, {value}, 0, 'completed', 4, {at}, {at} + 60, {at} + 60);
                 INSERT INTO faction_observations (faction_id, period_start, first_at, last_at, polls)
                 VALUES (4, {at}, {at}, {at} + 9, 2), (7, {at}, {at}, {at} + 9, 2);"
            )
        })
        .collect();
    let players = "INSERT INTO players (player_id, name) VALUES (1, 'A'), (2, 'B');";
    database(
        &sandbox,
        "other.db",
        &format!("{players}{}", inserts.concat()),
    );
    prune(&sandbox, IN_APRIL, "other.db", &[]).expect(0);
    open(&sandbox, "other.db")
        .pragma_update(None, "journal_mode", "DELETE")
        .unwrap();
    create(&sandbox, "mine.db");
    sandbox
}

fn import_other(sandbox: &Sandbox, code: i32) -> Value {
    let arguments = [
        "import",
        "other.db",
        "--database",
        "mine.db",
        "--no-backup",
        "--json",
    ];
    sandbox.run_at(IN_APRIL, &arguments).expect(code).json()
}

/// The rows that were left of all tables: the table, the reason, and the number.
fn left(report: &Value) -> Vec<String> {
    let tables = report["tables"].as_object().unwrap().iter();
    tables
        .flat_map(|(table, counts)| {
            let left = counts["left"].as_array().unwrap().iter();
            left.map(move |left| {
                let reason = left["reason"].as_str().unwrap();
                format!("{table}: {} {reason}", left["count"])
            })
        })
        .collect()
}

/// A change to `other.db` that makes one row nonsense, and how the report names it.
type Case = (&'static str, &'static str);

const SUMMARIES: [Case; 13] = [
    (
        "UPDATE faction_summary SET respect_change = 5 WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 respect_change is not respect_end minus respect_start",
    ),
    (
        "UPDATE player_stats_summary SET networth_change = 9223372036854775807
         WHERE player_id = 1 AND period_start = :january",
        "player_stats_summary: 1 networth_change is not networth_end minus networth_start",
    ),
    (
        "UPDATE player_stats_summary SET networth_start = -9223372036854775807, networth_end = 9223372036854775807,
             networth_change = -2 WHERE player_id = 1 AND period_start = :january",
        "player_stats_summary: 1 networth_change is not networth_end minus networth_start",
    ),
    (
        "UPDATE faction_summary SET record_count = 9223372036854775807 WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 record_count is more than a month can have",
    ),
    (
        "UPDATE territory_ownership_summary SET ownership_changes = 9223372036854775807
         WHERE territory_id = 'AAA' AND period_start = :january",
        "territory_ownership_summary: 1 ownership_changes is more than a month can have",
    ),
    (
        "UPDATE territory_ownership_summary SET days_owned = 32 WHERE territory_id = 'AAA' AND period_start = :january",
        "territory_ownership_summary: 1 days_owned is more days than the month has",
    ),
    (
        "UPDATE faction_summary SET period_end = period_start - 5 WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 period_end is not the end of the month",
    ),
    (
        "UPDATE faction_summary SET period_type = 'weekly' WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 period_type is not monthly",
    ),
    (
        "UPDATE faction_summary SET period_start = period_start + 86400 WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 period_start is not the start of a UTC month",
    ),
    (
        "UPDATE faction_summary SET period_start = -5 WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 period_start is before 2004",
    ),
    (
        "UPDATE faction_summary SET period_start = 4102444800 WHERE faction_id = 7 AND period_start = :january",
        "faction_summary: 1 period_start is in the future",
    ),
    (
        "UPDATE war_summary SET winner_faction_id = 1 WHERE period_start = :january",
        "war_summary: 1 winner_faction_id is neither of the two factions",
    ),
    (
        "UPDATE faction_observations SET last_at = first_at + 40 * 86400 WHERE faction_id = 7 AND period_start = :january",
        "faction_observations: 1 first_at or last_at is not in the month",
    ),
];

#[test]
fn a_row_that_contradicts_itself_is_left_out_counted_and_named_and_the_others_are_taken() {
    let sandbox = pruned_database();
    copy(&sandbox, "other.db", "whole.db");
    let report = import_other(&sandbox, 0);
    assert_eq!(left(&report), [""; 0], "the program wrote all of it");
    let taken = |report: &Value, table: &str| report["tables"][table]["taken"].as_i64().unwrap();
    for (change, reason) in SUMMARIES {
        copy(&sandbox, "whole.db", "other.db");
        create(&sandbox, "mine.db");
        let january = EDGES[1].to_string();
        let change = change.replace(":january", &january);
        let changed = open(&sandbox, "other.db").execute(&change, []).unwrap();
        assert_eq!(changed, 1, "{change}");

        let found = import_other(&sandbox, 3);

        assert_eq!(left(&found), [reason], "{change}");
        let (table, _) = reason.split_once(':').unwrap();
        assert_eq!(taken(&found, table), taken(&report, table) - 1, "{change}");
    }
}

#[test]
fn a_change_of_a_value_that_is_out_of_range_becomes_unknown_with_it() {
    let sandbox = pruned_database();
    let december = EDGES[0];
    open(&sandbox, "other.db")
        .execute_batch(&format!(
            "UPDATE faction_summary SET respect_end = -7, respect_change = -8 WHERE faction_id = 7 AND period_start = {december}"
        ))
        .unwrap();

    let report = import_other(&sandbox, 0);

    let mended = &report["tables"]["faction_summary"]["mended"];
    assert_eq!(mended[0]["reason"], "respect_end: is out of range");
    let summary = format!(
        "SELECT respect_start, respect_end, respect_change FROM faction_summary
         WHERE faction_id = 7 AND period_start = {december}"
    );
    assert_eq!(rows(&open(&sandbox, "mine.db"), &summary), ["1||"]);
}

#[test]
fn ids_and_times_of_sightings_and_tile_lists_that_are_impossible_are_left_out() {
    let january = EDGES[1];
    for (insert, reason) in [
        (
            format!("INSERT INTO membership_sightings VALUES (1, {january}, -4, NULL, 0, NULL)"),
            "faction_membership: 1 membership_sightings: an id or a time is impossible",
        ),
        (
            "INSERT INTO membership_sightings VALUES (1, -5, 4, NULL, 0, NULL)".to_owned(),
            "faction_membership: 1 membership_sightings: an id or a time is impossible",
        ),
        (
            format!("INSERT INTO membership_sightings VALUES (1, {january}, 4, NULL, 7, NULL)"),
            "faction_membership: 1 membership_sightings: an id or a time is impossible",
        ),
        (
            format!("INSERT INTO faction_tile_polls VALUES (-4, {january}, {january}, 0)"),
            "territories: 1 faction_tile_polls: an id or a time is impossible",
        ),
        (
            format!("INSERT INTO faction_tile_polls VALUES (4, {january}, {january} - 1, 0)"),
            "territories: 1 faction_tile_polls: an id or a time is impossible",
        ),
    ] {
        let sandbox = pruned_database();
        open(&sandbox, "other.db")
            .execute_batch(&format!(
                "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {insert}"
            ))
            .unwrap();

        let report = import_other(&sandbox, 3);

        assert_eq!(left(&report), [reason], "{insert}");
    }
}

#[test]
fn counts_of_months_that_are_out_of_range_do_not_end_the_import() {
    let sandbox = pruned_database();
    open(&sandbox, "other.db")
        .execute_batch(
            "UPDATE month_states
             SET counted_rows = -9223372036854775807, last_id = 9223372036854775807, pruned_at = NULL",
        )
        .unwrap();

    import_other(&sandbox, 0);
}

#[test]
fn history_rows_before_2004_and_in_the_future_are_left_out_and_counted() {
    let sandbox = pruned_database();
    open(&sandbox, "other.db")
        .execute_batch(
            "INSERT INTO faction_history (faction_id, timestamp, respect)
             VALUES (7, -9223372036854775807, 1), (7, 915148800, 1), (7, 4102444800, 1), (7, 9223372036854775807, 1)",
        )
        .unwrap();

    let report = import_other(&sandbox, 3);

    assert_eq!(
        left(&report),
        [
            "faction_history: 2 timestamp is before 2004",
            "faction_history: 2 timestamp is in the future"
        ]
    );
}

#[test]
fn a_line_of_csv_that_contradicts_itself_is_a_bad_line() {
    for (line, reason) in [
        (
            "7,2026-01-01,10,12,3,30,,",
            "respect_change is not respect_end minus respect_start",
        ),
        (
            "7,2026-01-01,10,12,2,30,2026-03-01,",
            "period_end is not the end of the month",
        ),
        (
            "7,2026-01-01,10,12,2,30,2025-12-01,monthly",
            "period_end is not the end of the month",
        ),
        (
            "7,2026-01-01,10,12,2,30,2026-02-01,weekly",
            "period_type is not monthly",
        ),
        (
            "7,2026-01-01,10,12,2,9223372036854775807,,",
            "record_count is more than a month can have",
        ),
        (
            "7,2026-13-01,10,12,2,30,,",
            "column period_start: \"2026-13-01\"",
        ),
    ] {
        let sandbox = with_plan("");
        sandbox.write(
            "rows.csv",
            &format!(
                "faction_id,period_start,respect_start,respect_end,respect_change,record_count,period_end,period_type\n\
                 4,2026-01-01,10,12,2,30,2026-02-01,monthly\n{line}\n"
            ),
        );
        let arguments = ["import", "rows.csv", "--no-backup"];

        let refused = sandbox.run(&arguments).expect(78).stderr();
        let skipping = [&arguments[..], &["--skip-invalid"]].concat();
        sandbox.run(&skipping).expect(3);

        assert!(refused.contains(&format!("line 3: {reason}")), "{refused}");
        let taken = "SELECT faction_id, respect_change FROM faction_summary";
        assert_eq!(sandbox.rows(taken), ["4|2"]);
    }
}

#[test]
fn a_coordinate_that_is_infinite_becomes_unknown() {
    let sandbox = pruned_database();
    open(&sandbox, "other.db")
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON;
             UPDATE territory_ownership_history SET coordinate_x = 9e999, coordinate_y = -9e999 WHERE territory_id = 'AAA';
             UPDATE territories SET coordinate_x = -9e999, coordinate_y = 7 WHERE territory_id = 'AAA';",
        )
        .unwrap();

    let report = import_other(&sandbox, 0);

    let mended = |table: &str| {
        report["tables"][table]["mended"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert_eq!(
        mended("territories")[0]["reason"],
        "coordinate_x: is out of range"
    );
    assert_eq!(mended("territory_ownership_history").len(), 2);
    let found = open(&sandbox, "mine.db");
    for table in ["territories", "territory_ownership_history"] {
        let infinite = format!(
            "SELECT count(*) FROM {table} WHERE abs(coordinate_x) > 1e9 OR abs(coordinate_y) > 1e9"
        );
        assert_eq!(rows(&found, &infinite), ["0"], "{table}");
    }
}
