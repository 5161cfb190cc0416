//! The effect of `prune --future` on each table.

use rusqlite::Connection;

use super::{
    TEN_CORRECT_ROWS, YEARS, columns_after, database, memberships_are_in_order, time_columns,
};
use crate::month_model::dump;
use crate::support::{DAY, Finished, HOUR, MINUTE, NOW, rows};

/// One row in each table: every timestamp is `at`, and every month begins at `month`.
fn one_row_each(at: i64, month: i64) -> String {
    let end = month + 30 * DAY;
    format!(
        "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', {at}, {at});
         INSERT INTO players (player_id, name, faction_id, created_at, last_updated) VALUES (1, 'One', 7, {at}, {at});
         INSERT INTO territories (territory_id, created_at, last_updated) VALUES ('AAB', {at}, {at});
         INSERT INTO membership_sightings (player_id, at, joined_at, has_left) VALUES (1, {at}, {at}, 0);
         INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, {at});
         INSERT INTO faction_history (faction_id, timestamp) VALUES (7, {at});
         INSERT INTO war_status_history (war_id, war_type, recorded_at) VALUES (3, 'ranked', {at});
         INSERT INTO territory_ownership_history (territory_id, recorded_at) VALUES ('AAB', {at});
         INSERT INTO player_observations VALUES (1, {month}, {at}, {at}, 1);
         INSERT INTO faction_observations VALUES (7, {month}, {at}, {at}, 1);
         INSERT INTO territory_observations VALUES ('AAB', {month}, {at}, {at}, 1);
         INSERT INTO player_stats_summary (player_id, period_start, period_end, created_at) VALUES (1, {month}, {end}, {at});
         INSERT INTO faction_summary (faction_id, period_start, period_end, created_at) VALUES (7, {month}, {end}, {at});
         INSERT INTO war_summary (war_id, war_type, period_start, period_end, created_at) VALUES (3, 'ranked', {month}, {end}, {at});
         INSERT INTO territory_ownership_summary (territory_id, period_start, period_end, created_at) VALUES ('AAB', {month}, {end}, {at});
         INSERT INTO month_states (history, period_start, summarized_at, pruned_at, purged_at)
         VALUES ('faction_history', {month}, {at}, {at}, {at}), ('faction_history', 0, {at}, {at}, {at});
         INSERT INTO imported_summaries (history, period_start, entity) VALUES ('faction_history', {month}, '7');
         INSERT INTO imported_wars (war_type, war_id, period_start) VALUES ('ranked', 1, {month});
         INSERT INTO repeated_rows VALUES ('faction_history', '7', {month}, 1, '', 0);
         INSERT INTO backup_folders VALUES ('/backups', {at}, 'a.db');
         INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('players', {at}, {at}, 'ok');
         INSERT INTO rejected_payloads (recorded_at, endpoint, error, body, last_seen_at) VALUES ({at}, '/x', 'e', '', {at});
         INSERT INTO api_keys (name, state, paused_until, last_error, last_used_at) VALUES ('alice', 'paused', {at}, 'e', {at});
         INSERT INTO key_checks VALUES ('alice', 'f', {at}, 4, 'profile', 'basic', 'territory');
         INSERT INTO api_pauses VALUES ('address', 0, 'rate_limit', {at}, 'r');
         INSERT INTO player_polls VALUES (1, {at}, {at}, NULL);
         INSERT INTO player_value_times VALUES (1, {at}, {at}, {at}, {at}, {at}, {at}, {at}, {at});
         INSERT INTO faction_value_times VALUES (7, {at}, {at}, {at});
         INSERT INTO missing_entities VALUES ('player', 2, 1, {at}, {at});
         INSERT INTO war_follow_ups VALUES ('ranked', 3, 'end', {at}, {at});
         INSERT INTO faction_war_polls VALUES (7, {at}, {at});
         INSERT INTO faction_tile_polls VALUES (7, {at}, {at}, 0), (7, 1, {at}, 0);
         INSERT INTO refreshes VALUES ('tile_facts', {at});
         INSERT INTO prune_runs (started_at, finished_at, cutoff) VALUES ({at}, {at}, {month});"
    )
}

#[test]
fn no_table_keeps_a_timestamp_in_the_future() {
    let sandbox = database(&one_row_each(NOW + YEARS, NOW + YEARS));
    let sqlite = sandbox.sqlite();
    expect_a_row_in_each_table(&sqlite);

    sandbox
        .run(&["prune", "--future", "--force", "--without-backup"])
        .expect(0);

    assert_eq!(
        columns_after(&sqlite, NOW + 5 * MINUTE),
        Vec::<String>::new()
    );
    for table in ["players", "factions", "territories"] {
        expect_rows(
            &sqlite,
            &format!("SELECT created_at, last_updated FROM {table}"),
            &[&format!("{NOW}|0")],
        );
    }
    let expect = |sql, expected: &str| expect_rows(&sqlite, sql, &[expected]);
    expect(
        "SELECT state, paused_until, last_error, last_used_at FROM api_keys",
        "ok|||",
    );
    expect("SELECT checked_at FROM key_checks", "0");
    expect("SELECT count(*) FROM api_pauses", "0");
    expect(
        "SELECT listed_at, history_read_at FROM faction_war_polls",
        "|",
    );
    expect(
        "SELECT period_start, summarized_at, pruned_at, purged_at FROM month_states",
        &format!("0|{NOW}|{NOW}|{NOW}"),
    );
    expect(
        "SELECT last_backup_at FROM backup_folders",
        &NOW.to_string(),
    );
    expect(
        "SELECT first_seen_at, left_at FROM faction_membership",
        &format!("{NOW}|"),
    );
    expect(
        "SELECT started_at, finished_at, cutoff = unixepoch('2026-04-01') FROM prune_runs",
        &format!("{NOW}|{NOW}|1"),
    );
}

/// Asserts that [`one_row_each`] has forgotten no table with timestamps.
#[track_caller]
fn expect_a_row_in_each_table(sqlite: &Connection) {
    let empty: Vec<String> = time_columns(sqlite)
        .into_iter()
        .map(|(table, _)| table)
        .filter(|table| rows(sqlite, &format!("SELECT 1 FROM {table} LIMIT 1")).is_empty())
        .collect();
    assert_eq!(
        empty,
        Vec::<String>::new(),
        "one_row_each has no row for these tables"
    );
}

/// Asserts what a query returns. Each row is its values joined by `|`.
#[track_caller]
fn expect_rows(sqlite: &Connection, sql: &str, expected: &[&str]) {
    assert_eq!(rows(sqlite, sql), expected, "{sql}");
}

#[test]
fn correct_timestamps_do_not_change() {
    // An hour ago, and as far ahead as `prune --future` allows.
    for at in [NOW - HOUR, NOW + 5 * MINUTE] {
        let sandbox = database(&one_row_each(at, NOW - 31 * DAY));
        let before = dump(&sandbox.sqlite());

        let finished = sandbox.run(&["prune", "--future"]).expect(0);

        assert!(finished.stderr().contains("nothing lies in the future"));
        assert_eq!(dump(&sandbox.sqlite()), before);
    }
}

#[test]
fn periods_that_end_in_the_future_end_now() {
    let sandbox = database(&format!(
        "{TEN_CORRECT_ROWS}
         INSERT INTO player_observations VALUES (1, 1775001600, 1775005200, {ahead}, 9);
         INSERT INTO player_observations VALUES (1, 1772323200, 1772323300, 1772323400, 4);
         INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('wars', 1775044000, {ahead}, 'ok');
         INSERT INTO rejected_payloads (recorded_at, endpoint, error, body, last_seen_at) VALUES (1775044000, '/x', 'e', '', {ahead});
         INSERT INTO war_follow_ups VALUES ('ranked', 3, 'report', 1775044000, {ahead});
         INSERT INTO player_polls VALUES (1, 1775044000, {ahead}, 1774915200), (2, 1775044000, 1775044000, {ahead});
         INSERT INTO faction_war_polls VALUES (7, 1775044000, {ahead});
         INSERT INTO api_keys (name, state, last_used_at) VALUES ('alice', 'dead', {ahead});
         UPDATE players SET last_updated = {ahead};",
        ahead = NOW + 3 * DAY,
    ));

    sandbox.run(&["prune", "--future", "--force"]).expect(0);

    let sqlite = sandbox.sqlite();
    expect_rows(
        &sqlite,
        "SELECT first_at, last_at, polls FROM player_observations ORDER BY 1",
        &["1772323300|1772323400|4", &format!("1775005200|{NOW}|9")],
    );
    for columns_and_table in [
        "started_at, finished_at FROM fetch_runs",
        "recorded_at, last_seen_at FROM rejected_payloads",
        "first_asked_at, last_asked_at FROM war_follow_ups",
    ] {
        let sql = format!("SELECT {columns_and_table}");
        expect_rows(&sqlite, &sql, &[&format!("1775044000|{NOW}")]);
    }
    expect_rows(
        &sqlite,
        "SELECT polled_at, bucket_asked_at, bucket_at FROM player_polls ORDER BY player_id",
        &["1775044000||1774915200", "1775044000|1775044000|"],
    );
    let expect = |sql, expected: &str| expect_rows(&sqlite, sql, &[expected]);
    expect(
        "SELECT listed_at, history_read_at FROM faction_war_polls",
        "1775044000|",
    );
    expect("SELECT state, last_used_at FROM api_keys", "dead|");
    expect(
        "SELECT created_at, last_updated FROM players",
        &format!("1775000000|{NOW}"),
    );
    expect("SELECT count(*) FROM player_stats_history", "10");
}

/// A time in a faction, in unix seconds.
struct Membership {
    first_seen: i64,
    /// `None`: the player is still a member.
    left: Option<i64>,
}

const fn membership(first_seen: i64, left: Option<i64>) -> Membership {
    Membership { first_seen, left }
}

/// A player with memberships that are wholly or partly in the future.
struct Member {
    name: &'static str,
    memberships: &'static [Membership],
}

const AHEAD: i64 = NOW + YEARS;

const MEMBERS: [Member; 5] = [
    Member {
        name: "still in it",
        memberships: &[membership(AHEAD, None)],
    },
    Member {
        name: "left in the future",
        memberships: &[membership(NOW - DAY, Some(AHEAD)), membership(AHEAD, None)],
    },
    Member {
        name: "came and went",
        memberships: &[
            membership(NOW - DAY, Some(AHEAD)),
            membership(AHEAD, Some(AHEAD + DAY)),
        ],
    },
    Member {
        name: "came, went, and came again",
        memberships: &[
            membership(NOW - DAY, Some(NOW - HOUR)),
            membership(AHEAD, Some(AHEAD + DAY)),
            membership(AHEAD + DAY, None),
        ],
    },
    Member {
        name: "a minute ahead, then years ahead",
        memberships: &[
            membership(NOW + MINUTE, Some(NOW + 2 * MINUTE)),
            membership(NOW + 2 * MINUTE, Some(AHEAD)),
            membership(AHEAD, None),
        ],
    },
];

#[test]
fn memberships_in_the_future_keep_their_order() {
    let sandbox = database(&format!(
        "{TEN_CORRECT_ROWS} INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', 1, 1);"
    ));
    let sqlite = sandbox.sqlite();
    for (player, member) in (10..).zip(&MEMBERS) {
        insert_member(&sqlite, player, member);
    }
    let open = "SELECT player_id FROM faction_membership WHERE left_at IS NULL ORDER BY 1";
    let before = rows(&sqlite, open);

    sandbox
        .run(&["prune", "--future", "--without-backup"])
        .expect(0);

    memberships_are_in_order(&sqlite);
    assert_eq!(rows(&sqlite, open), before);
    let latest: i64 = sandbox.value(
        "SELECT max(max(first_seen_at, joined_at, coalesce(left_at, 0))) FROM faction_membership",
    );
    assert_eq!(latest, NOW);
}

fn insert_member(sqlite: &Connection, player: i64, member: &Member) {
    sqlite
        .execute(
            "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (?1, ?2, 1, 1)",
            (player, member.name),
        )
        .unwrap();
    for membership in member.memberships {
        sqlite
            .execute(
                "INSERT INTO faction_membership (player_id, faction_id, first_seen_at, joined_at, left_at)
                 VALUES (?1, 7, ?2, ?2, ?3)",
                (player, membership.first_seen, membership.left),
            )
            .unwrap();
    }
}

#[test]
fn a_dry_run_gives_the_counts_of_the_run_for_every_table() {
    let sandbox = database(&one_row_each(NOW + YEARS, NOW + YEARS));
    let counts = |finished: Finished| {
        let report = finished.expect(0).json();
        let tables = report["tables"].as_object().unwrap().clone();
        tables
            .into_iter()
            .map(|(table, share)| (table, share["removed"].clone(), share["mended"].clone()))
            .collect::<Vec<_>>()
    };

    let planned = counts(sandbox.run(&["--json", "prune", "--future", "--dry-run"]));

    let done = counts(sandbox.run(&["--json", "prune", "--future", "--force"]));
    assert_eq!(planned, done);
    assert!(planned.len() > 20, "{planned:?}");
}
