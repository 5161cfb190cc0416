//! Summaries of the Python program: their periods, and changes that contradict their ends.

use serde_json::Value;

use super::with_plan;
use crate::support::{DAY, HOUR, Sandbox};

/// 2026-01-01, 2026-02-01 and 2026-03-01.
const JANUARY: i64 = 1_767_225_600;
const FEBRUARY: i64 = 1_769_904_000;
const MARCH: i64 = super::MARCH;

const SUMMARY: &str = "SELECT date(period_start, 'unixepoch'), date(period_end, 'unixepoch'), period_type, level_start, level_end,
    level_change FROM player_stats_summary";

/// A summary of level 10 to 11 with these values of the period, as SQL.
fn summary(start: &str, end: &str, kind: &str) -> String {
    format!(
        "INSERT INTO player_stats_summary (player_id, period_start, period_end, period_type, level_start, level_end,
             level_change, record_count)
         VALUES (1, {start}, {end}, {kind}, 10, 11, 1, 96);"
    )
}

fn import(sandbox: &Sandbox, code: i32, options: &[&str]) -> Value {
    let arguments = [&["import", "plan.db", "--json"], options].concat();
    let report = sandbox.run(&arguments).expect(code).json();
    report["tables"]["player_stats_summary"].clone()
}

/// The reasons for which summaries were left, each with the number.
fn left(table: &Value) -> Vec<String> {
    let left = table["left"].as_array().unwrap().iter();
    left.map(|left| format!("{} {}", left["count"], left["reason"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_summary_whose_period_is_no_month_is_left_out_and_named() {
    const TYPE: &str = "period_type is not monthly";
    const END: &str = "period_end is not the end of the month";
    const START: &str = "period_start is not the start of a month";
    for (start, end, kind, reason) in [
        (FEBRUARY, FEBRUARY + DAY, "'daily'", TYPE),
        (FEBRUARY + 4 * DAY, FEBRUARY + 5 * DAY, "'daily'", TYPE),
        (FEBRUARY - DAY, FEBRUARY, "'daily'", TYPE),
        (FEBRUARY, FEBRUARY + 7 * DAY, "'weekly'", TYPE),
        (JANUARY - 31 * DAY, MARCH, "'quarterly'", TYPE),
        (FEBRUARY, MARCH, "7", TYPE),
        (FEBRUARY, FEBRUARY + DAY, "'monthly'", END),
        (JANUARY, MARCH, "'monthly'", END),
        (FEBRUARY, MARCH + DAY, "'monthly'", END),
        (FEBRUARY, FEBRUARY, "' Monthly'", END),
        (FEBRUARY, i64::MIN, "'monthly'", END),
        (FEBRUARY, i64::MAX, "'monthly'", END),
        (FEBRUARY + 4 * DAY, FEBRUARY + 5 * DAY, "'monthly'", START),
        (FEBRUARY - DAY, FEBRUARY, "'monthly'", START),
    ] {
        let sandbox = with_plan(&summary(&start.to_string(), &end.to_string(), kind));

        let table = import(&sandbox, 3, &[]);

        assert_eq!(
            left(&table),
            [format!("1 {reason}")],
            "{start} {end} {kind}"
        );
        assert!(!table["mended"].to_string().contains("period"), "{table}");
        assert_eq!(sandbox.rows(SUMMARY), [""; 0], "{start} {end} {kind}");
    }
}

#[test]
fn a_summary_of_a_day_does_not_replace_that_of_the_rows_of_its_month() {
    let days: Vec<String> = (0..28)
        .map(|day| {
            let start = FEBRUARY + day * DAY;
            summary(&start.to_string(), &(start + DAY).to_string(), "'daily'")
        })
        .collect();
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_history (player_id, timestamp, level)
         VALUES (1, {FEBRUARY} + 60, 49), (1, {FEBRUARY} + {DAY}, 50);{}",
        days.concat()
    ));

    let table = import(&sandbox, 3, &[]);

    assert_eq!(left(&table), ["28 period_type is not monthly"]);
    assert_eq!(
        sandbox.rows(SUMMARY),
        ["2026-02-01|2026-03-01|monthly|49|50|1"]
    );
}

#[test]
fn a_month_of_a_local_clock_with_an_exclusive_or_an_inclusive_end_is_taken() {
    let shifted = |hours: i64, end: i64| {
        let start = FEBRUARY - hours * HOUR;
        (start.to_string(), (end - hours * HOUR).to_string())
    };
    let text = |start: &str, end: &str| (format!("'{start}'"), format!("'{end}'"));
    for (start, end) in [
        shifted(0, MARCH),
        shifted(0, MARCH - 1),
        shifted(0, MARCH - DAY),
        shifted(2, MARCH),
        shifted(14, MARCH - 1),
        shifted(-12, MARCH - DAY),
        // The clock is set forward in this month, or back.
        shifted(2, MARCH - HOUR),
        shifted(2, MARCH + HOUR),
        text("2026-02-01", "2026-03-01"),
        text("2026-02-01", "2026-02-28"),
        text("2026-02-01 00:00:00", "2026-02-28 23:59:59"),
        text("2026-02-01T00:00:00+02:00", "2026-02-28T23:59:59.999+02:00"),
        (FEBRUARY.to_string(), format!("{MARCH}000")),
    ] {
        for options in [&[][..], &["--time-offset", "+02:00"]] {
            let sandbox = with_plan(&summary(&start, &end, "'monthly'"));

            let table = import(&sandbox, 0, options);

            assert_eq!(table["taken"], 1, "{start} {end} {options:?}");
            let expected = ["2026-02-01|2026-03-01|monthly|10|11|1"];
            assert_eq!(sandbox.rows(SUMMARY), expected, "{start} {end} {options:?}");
        }
    }
}

#[test]
fn a_summary_without_an_end_or_a_type_is_taken_if_it_begins_with_a_month() {
    let sandbox = with_plan(&format!(
        "ALTER TABLE player_stats_summary RENAME TO whole;
         CREATE TABLE player_stats_summary AS SELECT player_id, period_start, level_start, level_end, level_change, record_count
             FROM whole;
         INSERT INTO player_stats_summary VALUES (1, {FEBRUARY}, 10, 11, 1, 96), (2, {FEBRUARY} + 9 * {DAY}, 10, 11, 1, 96);"
    ));

    let table = import(&sandbox, 3, &[]);

    assert_eq!(left(&table), ["1 period_start is not the start of a month"]);
    assert_eq!(
        sandbox.rows(SUMMARY),
        ["2026-02-01|2026-03-01|monthly|10|11|1"]
    );
}

#[test]
fn a_change_that_contradicts_its_ends_leaves_the_summary_out() {
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_summary (player_id, period_start, period_end, level_start, level_end, level_change, record_count)
         VALUES (1, {FEBRUARY}, {MARCH}, 30, 49, 5, 10), (2, {FEBRUARY}, {MARCH}, 30, 49, 19, 10);"
    ));

    let table = import(&sandbox, 3, &[]);

    assert_eq!(
        left(&table),
        ["1 level_change is not level_end minus level_start"]
    );
    let players = "SELECT player_id, level_change FROM player_stats_summary";
    assert_eq!(sandbox.rows(players), ["2|19"]);
}

#[test]
fn a_change_without_a_known_start_or_end_becomes_unknown_and_is_counted() {
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_summary (player_id, period_start, period_end, level_start, level_end, level_change,
             networth_start, networth_end, networth_change, record_count)
         VALUES (1, {FEBRUARY}, {MARCH}, NULL, 49, 5, 100, 300, NULL, 10);"
    ));

    let table = import(&sandbox, 0, &[]);

    let reasons = table["mended"].as_array().unwrap().iter();
    let changes: Vec<&Value> = reasons
        .map(|mended| &mended["reason"])
        .filter(|reason| reason.as_str().unwrap().contains("_change"))
        .collect();
    assert_eq!(changes, ["level_change: the start or the end is not known"]);
    let values =
        "SELECT level_start, level_end, level_change, networth_change FROM player_stats_summary";
    assert_eq!(sandbox.rows(values), ["|49||200"]);
}
