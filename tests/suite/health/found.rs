//! Findings about ids that Torn does not know, times in the future and rejected answers.

use super::{FOUR_YEARS, assert_state, check, message_and_remedy, well};
use crate::support::torn::{OURS, Torn};
use crate::support::{DAY, HOUR, NOW};

/// A time of the far future in one table.
struct FarFuture {
    table: &'static str,
    /// Stores the time `{ahead}`.
    sql: &'static str,
}

const FAR_FUTURE: [FarFuture; 12] = [
    FarFuture {
        table: "player_polls",
        sql: "INSERT INTO player_polls VALUES (1, {ahead}, NULL, NULL)",
    },
    FarFuture {
        table: "player_polls",
        sql: "INSERT INTO player_polls VALUES (1, 1775040000, {ahead}, NULL)",
    },
    FarFuture {
        table: "refreshes",
        sql: "INSERT INTO refreshes VALUES ('tile_facts', {ahead})",
    },
    FarFuture {
        table: "missing_entities",
        sql: "INSERT INTO missing_entities VALUES ('player', 1, 3, {ahead}, {ahead})",
    },
    FarFuture {
        table: "war_follow_ups",
        sql: "INSERT INTO war_follow_ups VALUES ('ranked', 3, 'end', 1775040000, {ahead})",
    },
    FarFuture {
        table: "faction_tile_polls",
        sql: "INSERT INTO faction_tile_polls VALUES (7, 1775040000, {ahead}, 0)",
    },
    FarFuture {
        table: "faction_war_polls",
        sql: "INSERT INTO faction_war_polls VALUES (7, NULL, {ahead})",
    },
    FarFuture {
        table: "api_keys",
        sql: "INSERT INTO api_keys (name, state, last_used_at) VALUES ('alice', 'ok', {ahead})",
    },
    FarFuture {
        table: "api_pauses",
        sql: "INSERT INTO api_pauses VALUES ('address', 0, 'block', {ahead}, 'code 8')",
    },
    FarFuture {
        table: "factions",
        sql: "UPDATE factions SET last_updated = {ahead}",
    },
    FarFuture {
        table: "fetch_runs",
        sql: "INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('wars', {ahead}, {ahead}, 'ok')",
    },
    FarFuture {
        table: "faction_summary",
        sql: "INSERT INTO faction_summary (faction_id, period_start, period_end) VALUES (7, {ahead}, {ahead})",
    },
];

#[test]
fn each_stored_time_of_the_far_future_is_named_with_the_way_out() {
    let ahead = NOW + FOUR_YEARS;
    for FarFuture { table, sql } in FAR_FUTURE {
        let sandbox = well();
        let sql = sql.replace("{ahead}", &ahead.to_string());
        sandbox.sqlite().execute_batch(&sql).unwrap();

        assert_state(&sandbox.run(&["health", "--json"]), "clock", "warning");
        let (message, remedy) = message_and_remedy(&sandbox, NOW, "clock");
        assert!(message.contains(table), "{sql}: {message}");
        assert!(remedy.contains("tornsnap prune --future"), "{remedy}");

        sandbox.run(&["prune", "--future"]).expect(0);
        assert_state(&sandbox.run(&["health", "--json"]), "clock", "ok");
        sandbox.run(&["health"]).expect(0);
    }
}

#[test]
fn an_observation_of_the_future_is_seen_without_any_row_of_history() {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO faction_observations VALUES (7, 1775001600, 1775001700, {NOW} + 600, 9)"
        ))
        .unwrap();

    let (message, remedy) = message_and_remedy(&sandbox, NOW, "clock");

    assert_eq!(message, "the clock is 10 minutes behind the newest record");
    assert!(remedy.contains("tornsnap prune --future"), "{remedy}");
    assert_state(
        &sandbox.run_at(NOW + 300, &["health", "--json"]),
        "clock",
        "ok",
    );
}

#[test]
fn a_run_of_the_far_future_does_not_hide_that_nothing_was_fetched_since() {
    let sandbox = well();
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status)
             VALUES ('players', {NOW} + {FOUR_YEARS}, {NOW} + {FOUR_YEARS}, 'ok')"
        ))
        .unwrap();

    let late = sandbox.run_at(NOW + 3 * DAY, &["health", "--json"]);

    assert_state(&late, "age_players", "critical");
}

#[test]
fn a_followed_id_that_torn_does_not_know_is_named_until_it_is_known_again() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9, 77]\nplayers = [88]\nterritories = \"none\"\n");
    torn.fetch(&["factions", "players"]).expect(3);

    let (message, remedy) = message_and_remedy(&torn.sandbox, NOW, "missing");

    assert!(
        message.contains("faction 77 since 2026-04-01T12:00:00Z"),
        "{message}"
    );
    assert!(
        message.contains("player 88 since 2026-04-01T12:00:00Z"),
        "{message}"
    );
    assert!(remedy.contains("[track]"), "{remedy}");
    assert_state(
        &torn.sandbox.run(&["health", "--json"]),
        "missing",
        "warning",
    );

    torn.edit(|world| {
        world.pin_faction(77).name = "New".to_owned();
        world.pin_player(88).name = "New".to_owned();
    });
    torn.fetch_at(NOW + 8 * DAY, &["factions", "players"])
        .expect(0);
    assert_state(&torn.sandbox.run(&["health", "--json"]), "missing", "ok");
}

/// A missing id in the database, and the state of the check `missing`.
struct Missing {
    name: &'static str,
    /// The lines of the `[track]` table.
    track: &'static str,
    sql: &'static str,
    state: &'static str,
}

#[test]
fn only_followed_ids_are_named() {
    for missing in [
        Missing {
            name: "a player of [track]",
            track: "players = [1]",
            sql: "INSERT INTO missing_entities VALUES ('player', 1, 1, 1775040000, 1775040000)",
            state: "warning",
        },
        Missing {
            name: "a member",
            track: "factions = [7]",
            sql: "INSERT INTO missing_entities VALUES ('player', 1, 1, 1775040000, 1775040000)",
            state: "warning",
        },
        Missing {
            name: "a member, but members are not followed",
            track: "factions = [7]\nmembers = false",
            sql: "INSERT INTO missing_entities VALUES ('player', 1, 1, 1775040000, 1775040000)",
            state: "ok",
        },
        Missing {
            name: "a player who was asked about once",
            track: "factions = [7]",
            sql: "INSERT INTO missing_entities VALUES ('player', 99, 1, 1775040000, 1775040000)",
            state: "ok",
        },
        Missing {
            name: "a faction with the number of a followed player",
            track: "players = [1]",
            sql: "INSERT INTO missing_entities VALUES ('faction', 1, 1, 1775040000, 1775040000)",
            state: "ok",
        },
        Missing {
            name: "a faction of [track]",
            track: "factions = [7]",
            sql: "INSERT INTO missing_entities VALUES ('faction', 7, 1, 1775040000, 1775040000)",
            state: "warning",
        },
        Missing {
            name: "a miss that a wrong clock dated",
            track: "factions = [7]",
            sql: "INSERT INTO missing_entities VALUES ('faction', 7, 1, 1900000000, 1900000000)",
            state: "ok",
        },
    ] {
        let sandbox = well();
        sandbox.write("tornsnap.toml", &format!("[track]\n{}\n", missing.track));
        sandbox.sqlite().execute_batch(missing.sql).unwrap();

        let report = sandbox.run(&["health", "--json"]).json();

        let found = &check(&report, "missing").unwrap()["state"];
        assert_eq!(*found, missing.state, "{}", missing.name);
    }
}

#[test]
fn members_are_distinguished_from_ids_in_the_configuration() {
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    torn.sandbox
        .sqlite()
        .execute_batch("INSERT INTO missing_entities VALUES ('player', 2, 3, 0, 1775044000)")
        .unwrap();

    let (message, remedy) = message_and_remedy(&torn.sandbox, NOW, "missing");

    assert!(
        message.contains("player 2 (Player 2) since 2026-04-01T11:46:40Z")
            || message.contains("player 2 since 2026-04-01T11:46:40Z"),
        "{message}"
    );
    assert!(remedy.contains("roster"), "{remedy}");
    assert_eq!(OURS, 9);
}

/// A part of an answer that was rejected, and the state of the check `rejected`.
struct RejectedPart {
    last_seen_at: i64,
    /// How often it was rejected on the day of `last_seen_at`.
    times_on_day: i64,
    state: &'static str,
}

#[test]
fn rejected_answers_count_as_often_as_they_came_on_the_last_day() {
    for RejectedPart {
        last_seen_at,
        times_on_day,
        state,
    } in [
        RejectedPart {
            last_seen_at: NOW - HOUR,
            times_on_day: 11,
            state: "warning",
        },
        RejectedPart {
            last_seen_at: NOW - HOUR,
            times_on_day: 10,
            state: "ok",
        },
        RejectedPart {
            last_seen_at: NOW - 2 * DAY,
            times_on_day: 1000,
            state: "ok",
        },
    ] {
        let sandbox = well();
        sandbox
            .sqlite()
            .execute_batch(&format!(
                "INSERT INTO rejected_payloads (recorded_at, endpoint, error, body, last_seen_at, times, times_on_day)
                 VALUES ({NOW} - 30 * 86400, '/user/1', 'level: not a number', '', {last_seen_at}, 5000, {times_on_day})"
            ))
            .unwrap();

        let report = sandbox.run(&["health", "--json"]).json();
        let rejected = check(&report, "rejected").unwrap();
        assert_eq!(
            rejected["state"], state,
            "{times_on_day} times, the last one at {last_seen_at}"
        );
        if state == "warning" {
            let message = rejected["message"].as_str().unwrap();
            assert!(
                message.contains("/user/1: level: not a number"),
                "{message}"
            );
            assert_eq!(rejected["value"], 11);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_gets_the_chmod_and_a_missing_one_its_own_remedy() {
    let sandbox = well();
    sandbox.write("k.key", "SomeKeyOfAlice01\n");
    sandbox.write(
        "tornsnap.toml",
        &format!(
            "[[key]]\nname = \"k\"\nkey_file = \"k.key\"\n{}",
            super::FOLLOWED
        ),
    );
    crate::support::set_mode(&sandbox.path("k.key"), 0o644);
    let (message, remedy) = message_and_remedy(&sandbox, NOW, "key_files");
    assert!(message.contains("k.key"), "{message}");
    assert!(
        remedy.contains("chmod 600") && !remedy.contains("first line"),
        "{remedy}"
    );

    std::fs::remove_file(sandbox.path("k.key")).unwrap();
    let (_, remedy) = message_and_remedy(&sandbox, NOW, "key_files");
    assert!(remedy.contains("first line"), "{remedy}");
}

#[test]
fn a_followed_tile_that_torn_does_not_know_is_missing_and_not_old() {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB");
    });
    torn.follow("[track]\nfactions = [9]\nterritories = [\"AAB\", \"ZZZ\"]\n");
    torn.fetch(&["territories"]).expect(3);

    let (message, remedy) = message_and_remedy(&torn.sandbox, NOW, "missing");

    assert!(
        message.contains("tile ZZZ since 2026-04-01T12:00:00Z"),
        "{message}"
    );
    assert!(remedy.contains("[track]"), "{remedy}");
    torn.fetch_at(NOW + 2 * DAY, &["territories"]);
    torn.fetch_at(NOW + 3 * DAY, &["territories"]);
    let report = torn
        .sandbox
        .run_at(NOW + 3 * DAY, &["health", "--json"])
        .json();
    let targets = &check(&report, "targets_territories").unwrap()["state"];
    assert_eq!(*targets, "ok", "{report}");
}
