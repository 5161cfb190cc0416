//! Runs that end well and miss the same targets each time.

use tornsnap::testing::sim::{Fault, FaultKind};

use super::{DAY, HOUR, assert_state, check, well};
use crate::support::torn::{OURS, Torn};
use crate::support::{NOW, Sandbox};

/// 116 players of one faction, of whom all but one were answered about ten days ago, in runs that went on since.
fn with_116_players(status: &str) -> Sandbox {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO players (player_id, name, faction_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 11 UNION ALL SELECT i + 1 FROM n WHERE i < 116)
             SELECT i, 'Player ' || i, 7, {NOW} - 864000, {NOW} - 600 FROM n;
             INSERT INTO player_polls (player_id, polled_at) SELECT player_id, {NOW} - 864000 - player_id FROM players;
             UPDATE player_polls SET polled_at = {NOW} - 600 WHERE player_id = 1;
             INSERT INTO fetch_runs (kind, started_at, finished_at, status, failed, error)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 240)
             SELECT 'players', {NOW} - 3600 * i, {NOW} - 3600 * i + 60, '{status}', 115, 'player 2: HTTP status 502' FROM n;
             UPDATE fetch_runs SET status = '{status}', failed = 115 WHERE kind = 'players';"
        ))
        .unwrap();
    sandbox
}

#[test]
fn players_who_fail_in_each_run_are_found_although_their_faction_answers() {
    let sandbox = with_116_players("partial");

    let finished = sandbox.run(&["health", "--json"]).expect(2);

    assert_state(&finished, "age_players", "ok");
    assert_state(&finished, "targets_players", "critical");
    assert_state(&finished, "partial_players", "warning");
    let report = finished.json();
    let message = check(&report, "targets_players").unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.starts_with(
            "115 of 116 followed players were last answered about more than 24 hours ago (oldest: "
        ),
        "{message}"
    );
    // Runs that say nothing of failures are trusted for a week, and no longer.
    let finished = with_116_players("ok").run(&["health", "--json"]);
    assert_state(&finished, "targets_players", "warning");
    assert_state(&finished, "partial_players", "ok");
}

#[test]
fn resting_ids_are_reported_by_another_check() {
    let sandbox = with_116_players("partial");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO missing_entities (kind, entity_id, misses, first_miss, last_miss)
             SELECT 'player', player_id, 9, {NOW} - 864000, {NOW} - 3600 FROM players WHERE player_id > 1"
        ))
        .unwrap();

    let finished = sandbox.run(&["health", "--json"]);

    assert_state(&finished, "targets_players", "ok");
    assert_state(&finished, "missing", "warning");
}

/// A name, the `[track]` table, the id of a check, a change of the database, and the state that the check then has.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

fn assert_each(cases: &[Case]) {
    for (name, config, id, sql, state) in cases {
        let sandbox = well();
        sandbox.write("tornsnap.toml", &format!("[track]\n{config}\n"));
        sandbox
            .sqlite()
            .execute_batch(&sql.replace("{NOW}", &NOW.to_string()))
            .unwrap();

        let report = sandbox.run(&["health", "--json"]).json();

        let found = check(&report, id).unwrap_or_else(|| panic!("{name}: {report:#}"));
        assert_eq!(found["state"], *state, "{name}: {found}");
    }
}

#[test]
fn each_kind_of_target_is_checked() {
    assert_each(&[
        (
            "a followed faction",
            "factions = [7]",
            "targets_factions",
            "UPDATE factions SET last_updated = {NOW} - 864000",
            "warning",
        ),
        (
            "a faction that is only referred to",
            "factions = [7]",
            "targets_factions",
            "INSERT INTO factions VALUES (8, 'Faction 8', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 0)",
            "ok",
        ),
        (
            "war lists",
            "factions = [7]",
            "targets_wars",
            "INSERT INTO faction_war_polls VALUES (7, {NOW} - 864000, {NOW} - 600)",
            "warning",
        ),
        (
            "a tile of the list",
            "territories = [\"AAB\", \"AAC\"]",
            "targets_territories",
            "INSERT INTO territories (territory_id, created_at, last_updated)
             VALUES ('AAB', 1, {NOW} - 864000), ('AAC', 1, {NOW} - 600), ('AAD', 1, {NOW} - 864000)",
            "warning",
        ),
        (
            "a few of all tiles",
            "territories = \"all\"",
            "targets_territories",
            "INSERT INTO territories (territory_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             SELECT i, 1, iif(i < 105, {NOW} - 864000, {NOW} - 600) FROM n",
            "ok",
        ),
        (
            "many of all tiles",
            "territories = \"all\"",
            "targets_territories",
            "INSERT INTO territories (territory_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             SELECT i, 1, iif(i < 106, {NOW} - 864000, {NOW} - 600) FROM n",
            "warning",
        ),
        (
            "tiles of the followed factions",
            "factions = [7]",
            "targets_territories",
            "INSERT INTO territories (territory_id, faction_id, created_at, last_updated)
             VALUES ('AAB', 7, 1, {NOW} - 864000), ('AAC', 7, 1, {NOW} - 600), ('AAD', NULL, 1, 1)",
            "warning",
        ),
    ]);
}

#[test]
fn a_player_is_stale_by_the_polls_of_the_profile() {
    assert_each(&[
        (
            "a player of the configuration",
            "players = [1, 2]\nmembers = false",
            "targets_players",
            "UPDATE players SET last_updated = {NOW} - 864000 WHERE player_id = 2",
            "warning",
        ),
        (
            "a player of the configuration who was never answered about",
            "players = [1, 99]",
            "targets_players",
            "UPDATE fetch_runs SET status = 'partial', failed = 1",
            "warning",
        ),
        (
            "a player who was added to the configuration after the last run",
            "players = [1, 99]",
            "targets_players",
            "SELECT 1",
            "ok",
        ),
        (
            "a member whom a roster named for the first time after the last poll",
            "factions = [7]",
            "targets_players",
            "INSERT INTO player_polls (player_id, polled_at) SELECT player_id, {NOW} - 600 FROM players WHERE player_id <> 3;
             UPDATE fetch_runs SET status = 'partial', failed = 1",
            "ok",
        ),
        (
            "a member whose profile never came",
            "factions = [7]",
            "targets_players",
            "INSERT INTO player_polls (player_id, polled_at) SELECT player_id, {NOW} - 600 FROM players WHERE player_id <> 3;
             UPDATE players SET created_at = {NOW} - 864000;
             UPDATE fetch_runs SET status = 'partial', failed = 1",
            "warning",
        ),
        (
            "players of a database without polls",
            "factions = [7]",
            "targets_players",
            "UPDATE players SET last_updated = {NOW} - 864000 WHERE player_id > 1;
             UPDATE fetch_runs SET status = 'partial', failed = 9",
            "critical",
        ),
    ]);
}

#[test]
fn one_target_that_fails_in_each_run_for_days_is_found() {
    let torn = Torn::new();
    torn.fetch(&["factions", "players"]).expect(0);
    let members = torn.sandbox.value::<i64>(&format!(
        "SELECT count(*) FROM players WHERE faction_id = {OURS}"
    ));
    assert!(members > 0);
    let victim: i64 = torn.sandbox.value(&format!(
        "SELECT max(player_id) FROM players WHERE faction_id = {OURS}"
    ));
    torn.simulator.fault(
        Fault::always(FaultKind::Code(17, "for a test".to_owned())).path(format!("/user/{victim}")),
    );
    for day in 1..=4 {
        torn.fetch_at(NOW + day * DAY, &["factions"]).expect(0);
        torn.fetch_at(NOW + day * DAY, &["players"]).expect(3);
    }
    let at = |now: i64| torn.sandbox.run_at(now, &["health", "--json"]);

    let finished = at(NOW + 4 * DAY + HOUR);

    assert_state(&finished, "age_players", "ok");
    assert_state(&finished, "failures_players", "ok");
    assert_state(&finished, "partial_players", "warning");
    let report = finished.json();
    let message = check(&report, "partial_players").unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("1 target failed in the last run, and no run since 2026-04-01T12:00:")
            && message.contains(&format!("player {victim}")),
        "{message}"
    );
    torn.simulator.clear_faults();
    torn.fetch_at(NOW + 5 * DAY, &["factions", "players"])
        .expect(0);
    assert_state(&at(NOW + 5 * DAY), "partial_players", "ok");
    assert_state(&at(NOW + 5 * DAY), "targets_players", "ok");
}
