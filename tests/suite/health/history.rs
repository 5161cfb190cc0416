//! Findings about fetch runs, keys and history rows.

use tornsnap::testing::store::Lock;

use super::{assert_state, check, well};
use crate::support::{DAY, MINUTE, NOW};

/// A change to a healthy database, and the state that a check has after it.
struct Problem {
    /// The id of the check.
    check: &'static str,
    state: &'static str,
    sql: &'static str,
}

const PROBLEMS: &[Problem] = &[
    Problem {
        check: "age_players",
        state: "warning",
        sql: "UPDATE fetch_runs SET started_at = started_at - 90000, finished_at = finished_at - 90000 WHERE kind = 'players'",
    },
    Problem {
        check: "age_wars",
        state: "critical",
        sql: "UPDATE fetch_runs SET started_at = started_at - 180000, finished_at = finished_at - 180000 WHERE kind = 'wars'",
    },
    Problem {
        check: "age_factions",
        state: "critical",
        sql: "DELETE FROM fetch_runs WHERE kind = 'factions'",
    },
    Problem {
        check: "failures_players",
        state: "warning",
        sql: "INSERT INTO fetch_runs (kind, started_at, finished_at, status, error) VALUES ('players', 1775044700, 1775044701, 'failed', 'Torn was down')",
    },
    Problem {
        check: "failures_players",
        state: "critical",
        sql: "INSERT INTO fetch_runs (kind, started_at, finished_at, status) SELECT 'players', 1775044700 + value, 1775044701, 'failed' FROM json_each('[1,2,3,4]')",
    },
    Problem {
        check: "killed_runs",
        state: "warning",
        sql: "INSERT INTO fetch_runs (kind, started_at, status) VALUES ('territories', 1775044700, 'running')",
    },
    Problem {
        check: "killed_runs",
        state: "warning",
        sql: "INSERT INTO fetch_runs (id, kind, started_at, status) VALUES (-1, 'wars', 1775000000, 'killed')",
    },
    Problem {
        check: "gaps",
        state: "warning",
        sql: "INSERT INTO fetch_runs (id, kind, started_at, finished_at, status) SELECT -value, 'players', 1775044800 - 86400 * value, 1775044800 - 86400 * value, 'ok' FROM json_each('[2,4,6]')",
    },
    Problem {
        check: "keys",
        state: "critical",
        sql: "INSERT INTO api_keys (name, state, last_error) VALUES ('alice', 'dead', 'code 2: Incorrect key')",
    },
    Problem {
        check: "keys",
        state: "warning",
        sql: "INSERT INTO api_keys (name, state) VALUES ('alice', 'dead'), ('bob', 'ok')",
    },
    Problem {
        check: "keys",
        state: "warning",
        sql: "INSERT INTO api_keys (name, state, paused_until) VALUES ('alice', 'paused', 1775084800)",
    },
    Problem {
        check: "address",
        state: "warning",
        sql: "INSERT INTO api_pauses (scope, owner_id, cause, until, reason) VALUES ('address', 0, 'block', 1775045000, 'code 8: IP block')",
    },
    Problem {
        check: "rejected",
        state: "warning",
        sql: "INSERT INTO rejected_payloads (recorded_at, endpoint, error, body) SELECT 1775044000, '/user/1', 'level: not a number', '{}' FROM json_each('[1,2,3,4,5,6,7,8,9,10,11]')",
    },
    Problem {
        check: "summaries",
        state: "warning",
        sql: "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, 1770000000, 5)",
    },
    Problem {
        check: "retention",
        state: "warning",
        sql: "INSERT INTO player_stats_history (player_id, timestamp, level) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT 1, 1760000000 + i, 5 FROM n",
    },
    Problem {
        check: "clock",
        state: "warning",
        sql: "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, 1775048400, 5)",
    },
];

#[test]
fn each_problem_of_the_history_is_found_with_its_remedy() {
    for problem in PROBLEMS {
        let Problem { check, state, sql } = problem;
        let sandbox = well();
        sandbox.sqlite().execute_batch(sql).unwrap();
        // A new month is a finding only after three days.
        let now = if ["summaries", "retention"].contains(check) {
            NOW + 4 * DAY
        } else {
            NOW
        };
        let finished = sandbox.run_at(now, &["health", "--json"]);
        assert_state(&finished, check, state);
        let code = match *state {
            "warning" if now == NOW => Some(1),
            "critical" => Some(2),
            _ => None, // Four days on, the fetches are old too.
        };
        if let Some(code) = code {
            finished.expect(code);
        }
    }
}

#[test]
fn a_running_fetch_is_not_reported_as_killed() {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO fetch_runs (kind, started_at, status) VALUES ('players', 1775044700, 'running')")
        .unwrap();
    let held = Lock::take(&sandbox.database(), "players").unwrap();

    sandbox.run(&["health"]).expect(0);

    drop(held);
    // It is one cause, so the failed run is no finding of its own.
    let killed = sandbox.run(&["health", "--json"]);
    assert_state(&killed, "killed_runs", "warning");
    assert_state(&killed, "failures_players", "ok");
}

#[test]
fn runs_in_the_second_of_the_last_success_count_by_their_order() {
    let health_after = |statuses: &[&str]| {
        let sandbox = well();
        for (number, status) in statuses.iter().enumerate() {
            let error = (*status == "failed").then(|| format!("run {number}"));
            let insert = "INSERT INTO fetch_runs (kind, started_at, status, error)
                          VALUES ('players', 1775044700, ?1, ?2)";
            let row = (status, error);
            sandbox.sqlite().execute(insert, row).unwrap();
        }
        sandbox.run(&["health", "--json"]).json()
    };
    for (statuses, expected) in [
        (&["ok", "failed"][..], "players: the last run failed: run 1"),
        (
            &["failed", "ok", "failed"],
            "players: the last run failed: run 2",
        ),
        (
            &["ok", "failed", "failed"],
            "players: the last 2 runs failed: run 2",
        ),
        (
            &["failed", "failed", "ok"],
            "players: no run failed since the last success",
        ),
    ] {
        let report = health_after(statuses);
        let message = &check(&report, "failures_players").unwrap()["message"];
        assert_eq!(message, expected, "{statuses:?}");
    }
    for (statuses, failures) in [(["ok", "running"], 1), (["running", "ok"], 0)] {
        let report = health_after(&statuses);
        let check = check(&report, "failures_players").unwrap();
        assert_eq!(check["value"], failures, "{statuses:?}: {check}");
    }
}

#[test]
fn kinds_that_are_not_followed_are_not_checked() {
    let sandbox = well();
    sandbox.write("tornsnap.toml", "[track]\nplayers = [1]\n");
    sandbox
        .sqlite()
        .execute_batch("DELETE FROM fetch_runs WHERE kind != 'players'")
        .unwrap();

    let report = sandbox.run(&["health", "--json"]).expect(0).json();

    assert!(check(&report, "age_wars").is_none());
    assert!(check(&report, "age_players").is_some());
}

#[test]
fn a_configuration_that_follows_nothing_is_pointed_out_where_fetches_were_recorded() {
    let sandbox = well();
    sandbox.write("tornsnap.toml", "");
    let finished = sandbox.run(&["health", "--json"]);
    assert_state(&finished, "followed", "warning");
    let said = finished.stdout();
    assert!(
        said.contains("`tornsnap init`, which keeps the database"),
        "{said}"
    );

    sandbox
        .sqlite()
        .execute_batch("DELETE FROM fetch_runs")
        .unwrap();
    assert_state(&sandbox.run(&["health", "--json"]), "followed", "ok");
}

/// The scheduler starts the first run within the interval, so the kinds are not late yet.
#[test]
fn kinds_that_were_never_fetched_are_a_warning_in_the_first_interval() {
    for (age, state) in [(29 * MINUTE, "warning"), (30 * MINUTE, "critical")] {
        let sandbox = well();
        sandbox
            .sqlite()
            .execute_batch(&format!(
                "DELETE FROM fetch_runs WHERE kind = 'players';
                 UPDATE schema_version SET applied_at = {NOW} - {age}"
            ))
            .unwrap();

        let finished = sandbox.run(&["health", "--json"]);

        assert_state(&finished, "age_players", state);
    }
}

#[test]
fn one_outage_of_all_kinds_is_one_gap() {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status)
             SELECT kind, at, at, 'ok'
             FROM (SELECT DISTINCT kind FROM fetch_runs), (SELECT {NOW} - 4 * {DAY} AS at UNION ALL SELECT {NOW} - 60)"
        ))
        .unwrap();

    let finished = sandbox.run(&["health", "--json"]);

    assert_state(&finished, "gaps", "ok");
    assert!(finished.stdout().contains("one gap in the last 7 days"));
}

#[test]
fn a_block_of_this_address_and_too_many_calls_have_different_remedies() {
    for (cause, remedy) in [
        ("block", "wait; look for another program that uses bad keys"),
        (
            "rate_limit",
            "wait; if it happens again, lower requests_per_minute",
        ),
    ] {
        let sandbox = well();
        sandbox
            .sqlite()
            .execute(
                "INSERT INTO api_pauses (scope, owner_id, cause, until, reason) VALUES ('address', 0, ?1, ?2, 'why')",
                (cause, NOW + MINUTE),
            )
            .unwrap();

        let report = sandbox.run(&["health", "--json"]).json();

        assert_eq!(check(&report, "address").unwrap()["try"], remedy, "{cause}");
    }
}
