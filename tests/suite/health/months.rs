//! Findings about months that are due for `summarize` or `prune`.

use super::{assert_state, check, well};
use crate::support::{DAY, NOW, Sandbox};

/// 2026-06-10T12:00:00Z: March is before the cut-off, and three days have passed since May ended.
pub const LATER: i64 = 1_781_092_800;

fn state_and_message(sandbox: &Sandbox, id: &str) -> (String, String) {
    let report = sandbox.run_at(LATER, &["health", "--json"]).json();
    let check = check(&report, id).unwrap_or_else(|| panic!("no check {id} in {report:#}"));
    let text = |name: &str| check[name].as_str().unwrap().to_owned();
    (text("state"), text("message"))
}

pub fn run(sandbox: &Sandbox, command: &str) {
    let arguments: Vec<&str> = command.split(' ').collect();
    sandbox.run_at(LATER, &arguments).expect(0);
}

/// Forty players with three rows each in March, 4,107 tiles whose facts are known, and two rows of each of two tiles.
pub fn with_march() -> Sandbox {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO players (player_id, name, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 101 UNION ALL SELECT i + 1 FROM n WHERE i < 140)
             SELECT i, 'Player ' || i, 1, 1772366400 FROM n;
             INSERT INTO player_stats_history (player_id, timestamp, level)
             SELECT player_id, 1772366400 + 86400 * day.value, 5 + day.value
             FROM players, json_each('[0, 1, 2]') AS day WHERE player_id > 100;
             INSERT INTO territories (territory_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4106)
             SELECT char(65 + i / 676, 65 + i / 26 % 26, 65 + i % 26), 1, 0 FROM n;
             INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at)
             SELECT tile.value, 7, 1772366400 + 86400 * day.value
             FROM json_each('[\"AAA\", \"AAB\"]') AS tile, json_each('[0, 1]') AS day;
             INSERT INTO war_status_history (war_id, war_type, status, recorded_at)
             VALUES (1, 'ranked', 'ongoing', 1772366400), (1, 'ranked', 'completed', 1772452800);",
        )
        .unwrap();
    sandbox
}

#[test]
fn a_month_is_a_finding_until_it_is_summarized_and_then_until_it_is_pruned() {
    let sandbox = with_march();
    let (state, message) = state_and_message(&sandbox, "summaries");
    assert_eq!(
        (state.as_str(), message.as_str()),
        (
            "warning",
            "2 months are to be summarized, the first 2026-03"
        )
    );
    let (state, message) = state_and_message(&sandbox, "retention");
    assert_eq!(state, "warning", "{message}");
    assert!(message.contains("of 2026-03"), "{message}");

    run(&sandbox, "summarize");
    assert_eq!(state_and_message(&sandbox, "summaries").0, "ok");
    let (state, message) = state_and_message(&sandbox, "retention");
    assert_eq!(state, "warning", "{message}");
    let report = sandbox
        .run_at(LATER, &["prune", "--dry-run", "--json"])
        .expect(0)
        .json();
    let due_rows: i64 = report["tables"].as_array().map_or(0, |tables| {
        tables
            .iter()
            .filter(|table| {
                table["table"]
                    .as_str()
                    .is_some_and(|name| name.ends_with("_history"))
            })
            .filter_map(|table| table["rows"].as_i64())
            .sum()
    });
    if due_rows > 0 {
        assert!(
            message.starts_with(&format!("{due_rows} history rows")),
            "{message}"
        );
    }

    run(&sandbox, "backup");
    run(&sandbox, "prune --allow-large");
    assert_eq!(state_and_message(&sandbox, "retention").0, "ok");
    assert_eq!(state_and_message(&sandbox, "summaries").0, "ok");
}

#[test]
fn a_few_excess_rows_are_found_in_each_history_despite_many_known_tiles() {
    for table in [
        "player_stats_history",
        "territory_ownership_history",
        "war_status_history",
    ] {
        let sandbox = with_march();
        for other in [
            "player_stats_history",
            "territory_ownership_history",
            "war_status_history",
        ] {
            if other != table {
                sandbox
                    .sqlite()
                    .execute_batch(&format!("DELETE FROM {other}"))
                    .unwrap();
            }
        }
        run(&sandbox, "summarize");

        let (state, message) = state_and_message(&sandbox, "retention");

        assert_eq!(state, "warning", "{table}: {message}");
    }
}

#[test]
fn late_rows_of_a_summarized_month_are_a_finding_and_those_of_a_pruned_one_are_named() {
    let late = |sandbox: &Sandbox| {
        sandbox
            .sqlite()
            .execute_batch(
                "INSERT INTO player_stats_history (player_id, timestamp, level)
                 SELECT player_id, 1772700000 + day.value, 9
                 FROM players, json_each('[0,1,2,3,4,5,6,7,8,9]') AS day WHERE player_id > 100",
            )
            .unwrap();
    };
    let sandbox = with_march();
    run(&sandbox, "summarize");
    late(&sandbox);
    let (state, message) = state_and_message(&sandbox, "summaries");
    assert_eq!(
        (state.as_str(), message.as_str()),
        (
            "warning",
            "history of 2026-03 has changed since it was summarized"
        )
    );

    run(&sandbox, "summarize");
    run(&sandbox, "backup");
    run(&sandbox, "prune --allow-large");
    late(&sandbox);
    let (state, message) = state_and_message(&sandbox, "summaries");
    assert_eq!(state, "ok");
    assert!(
        message
            .contains("400 history rows of 2026-03 came after it was pruned and are in no summary"),
        "{message}"
    );
    // There are newer values than those that the first prune kept, so the next one deletes these.
    run(&sandbox, "prune");
    assert_eq!(state_and_message(&sandbox, "retention").0, "ok");
    assert_eq!(state_and_message(&sandbox, "summaries").1, message);
}

#[test]
fn summaries_deleted_on_request_are_no_finding() {
    let sandbox = with_march();
    run(&sandbox, "summarize");
    run(&sandbox, "backup");
    run(&sandbox, "prune --allow-large");

    run(&sandbox, "prune --summaries-before 2026-04 --yes");

    assert_state(
        &sandbox.run_at(LATER, &["health", "--json"]),
        "summaries",
        "ok",
    );
    assert_eq!(state_and_message(&sandbox, "retention").0, "ok");
}

#[test]
fn a_month_that_has_just_ended_has_three_days() {
    let sandbox = well();
    let end_of_april = NOW + 30 * DAY;
    for (days, state) in [(1, "ok"), (2, "ok"), (3, "warning")] {
        let finished = sandbox.run_at(end_of_april + days * DAY - DAY / 2, &["health", "--json"]);
        assert_state(&finished, "summaries", state);
    }
}
