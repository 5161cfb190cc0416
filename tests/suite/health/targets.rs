//! Findings about targets that fail in each run although the runs succeed.

use tornsnap::testing::sim::{Fault, FaultKind};

use super::{assert_state, check, well};
use crate::support::torn::{OURS, Torn};
use crate::support::{DAY, HOUR, NOW, Sandbox};

/// 116 players of one faction. The last answer about all but one of them is ten days old; the runs continued.
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
             INSERT INTO fetch_runs (id, kind, started_at, finished_at, status, failed, error)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 240)
             SELECT -i, 'players', {NOW} - 3600 * i, {NOW} - 3600 * i + 60, '{status}', 115, 'player 2: HTTP status 502' FROM n;
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
    // Without recorded failures the limit is a week.
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

/// A change to a healthy database, and the state that a check has after it.
struct Case {
    name: &'static str,
    /// The lines of the `[track]` table.
    track: &'static str,
    /// The id of the check.
    check: &'static str,
    /// The statements that change the database; `{NOW}` stands for the present time.
    sql: &'static str,
    state: &'static str,
}

fn assert_each(cases: &[Case]) {
    for case in cases {
        let name = case.name;
        let sandbox = well();
        sandbox.write("tornsnap.toml", &format!("[track]\n{}\n", case.track));
        sandbox
            .sqlite()
            .execute_batch(&case.sql.replace("{NOW}", &NOW.to_string()))
            .unwrap();

        let report = sandbox.run(&["health", "--json"]).json();

        let found = check(&report, case.check).unwrap_or_else(|| panic!("{name}: {report:#}"));
        assert_eq!(found["state"], case.state, "{name}: {found}");
    }
}

#[test]
fn each_kind_of_target_is_checked() {
    assert_each(&[
        Case {
            name: "a followed faction",
            track: "factions = [7]",
            check: "targets_factions",
            sql: "UPDATE factions SET last_updated = {NOW} - 864000",
            state: "warning",
        },
        Case {
            name: "a faction that is only referred to",
            track: "factions = [7]",
            check: "targets_factions",
            sql: "INSERT INTO factions VALUES (8, 'Faction 8', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, 0)",
            state: "ok",
        },
        Case {
            name: "war lists",
            track: "factions = [7]",
            check: "targets_wars",
            sql: "INSERT INTO faction_war_polls VALUES (7, {NOW} - 864000, {NOW} - 600)",
            state: "warning",
        },
        Case {
            name: "a tile of the list",
            track: "territories = [\"AAB\", \"AAC\"]",
            check: "targets_territories",
            sql:
                "INSERT INTO territories (territory_id, created_at, last_updated)
             VALUES ('AAB', 1, {NOW} - 864000), ('AAC', 1, {NOW} - 600), ('AAD', 1, {NOW} - 864000)",
            state: "warning",
        },
        Case {
            name: "a few of all tiles",
            track: "territories = \"all\"",
            check: "targets_territories",
            sql: "INSERT INTO territories (territory_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             SELECT i, 1, iif(i < 105, {NOW} - 864000, {NOW} - 600) FROM n",
            state: "ok",
        },
        Case {
            name: "many of all tiles",
            track: "territories = \"all\"",
            check: "targets_territories",
            sql: "INSERT INTO territories (territory_id, created_at, last_updated)
             WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
             SELECT i, 1, iif(i < 106, {NOW} - 864000, {NOW} - 600) FROM n",
            state: "warning",
        },
        Case {
            name: "tiles of the followed factions",
            track: "factions = [7]",
            check: "targets_territories",
            sql: "INSERT INTO territories (territory_id, faction_id, created_at, last_updated)
             VALUES ('AAB', 7, 1, {NOW} - 864000), ('AAC', 7, 1, {NOW} - 600), ('AAD', NULL, 1, 1)",
            state: "warning",
        },
    ]);
}

#[test]
fn a_player_is_stale_by_the_polls_of_the_profile() {
    assert_each(&[
        Case {
            name: "a player of the configuration",
            track: "players = [1, 2]\nmembers = false",
            check: "targets_players",
            sql: "UPDATE players SET last_updated = {NOW} - 864000 WHERE player_id = 2",
            state: "warning",
        },
        Case {
            name: "a player of the configuration who was never answered about",
            track: "players = [1, 99]",
            check: "targets_players",
            sql: "UPDATE fetch_runs SET status = 'partial', failed = 1",
            state: "warning",
        },
        Case {
            name: "a player who was added to the configuration after the last run",
            track: "players = [1, 99]",
            check: "targets_players",
            sql: "SELECT 1",
            state: "ok",
        },
        Case {
            name: "a member whom a roster named for the first time after the last poll",
            track: "factions = [7]",
            check: "targets_players",
            sql: "INSERT INTO player_polls (player_id, polled_at) SELECT player_id, {NOW} - 600 FROM players WHERE player_id <> 3;
             UPDATE fetch_runs SET status = 'partial', failed = 1",
            state: "ok",
        },
        Case {
            name: "a member whose profile never came",
            track: "factions = [7]",
            check: "targets_players",
            sql: "INSERT INTO player_polls (player_id, polled_at) SELECT player_id, {NOW} - 600 FROM players WHERE player_id <> 3;
             UPDATE players SET created_at = {NOW} - 864000;
             UPDATE fetch_runs SET status = 'partial', failed = 1",
            state: "warning",
        },
        Case {
            name: "players of a database without polls",
            track: "factions = [7]",
            check: "targets_players",
            sql: "UPDATE players SET last_updated = {NOW} - 864000 WHERE player_id > 1;
             UPDATE fetch_runs SET status = 'partial', failed = 9",
            state: "critical",
        },
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

#[test]
fn answers_from_a_clock_that_was_ahead_are_unknown_and_the_clock_comes_before_a_fetch() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
    torn.fetch(&["all"]).expect(0);
    torn.fetch_at(NOW + 40 * DAY, &["all"]).expect(0);
    let now = NOW + HOUR;
    torn.fetch_at(now, &["players"]).expect(78);

    let finished = torn.sandbox.run_at(now, &["health", "--json"]);

    assert_state(&finished, "targets_players", "warning");
    let report = finished.json();
    let found = check(&report, "targets_players").unwrap();
    let message = found["message"].as_str().unwrap();
    assert!(
        message.starts_with("it is unknown when ")
            && message.ends_with("because the clock was ahead then"),
        "{message}"
    );
    for check in report["checks"].as_array().unwrap() {
        let help = check["try"].as_str().unwrap_or_default();
        assert!(
            check["id"] == "clock"
                || !help.contains("fetch")
                || help.starts_with("first do what the check clock says"),
            "{check}"
        );
    }

    torn.sandbox.run_at(now, &["prune", "--future"]).expect(0);
    let finished = torn.sandbox.run_at(now, &["health", "--json"]);
    for id in ["targets_players", "targets_factions", "targets_wars"] {
        assert_state(&finished, id, "ok");
    }
    torn.fetch_at(now, &["all"]).expect(0);
}

#[test]
fn a_player_whose_poll_was_pruned_has_the_time_of_the_newest_observation() {
    let sandbox = with_116_players("partial");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "UPDATE player_polls SET polled_at = {NOW} - 600;
             DELETE FROM player_polls WHERE player_id <= 50;
             UPDATE players SET rank = 'Viper', last_updated = {NOW} - 600 WHERE player_id <= 50"
        ))
        .unwrap();

    assert_state(&sandbox.run(&["health", "--json"]), "targets_players", "ok");
}
