//! The effect of `prune --future` on each table.

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
         INSERT INTO backup_folders VALUES ('/backups', {at}, 'a.db');
         INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES ('players', {at}, {at}, 'ok');
         INSERT INTO rejected_payloads (recorded_at, endpoint, error, body, last_seen_at) VALUES ({at}, '/x', 'e', '', {at});
         INSERT INTO api_keys (name, state, paused_until, last_error, last_used_at) VALUES ('alice', 'paused', {at}, 'e', {at});
         INSERT INTO key_checks VALUES ('alice', 'f', {at}, 4, 'profile', 'basic', 'territory');
         INSERT INTO api_pauses VALUES ('address', 0, 'rate_limit', {at}, 'r');
         INSERT INTO player_polls VALUES (1, {at}, {at}, NULL);
         INSERT INTO missing_entities VALUES ('player', 2, 1, {at}, {at});
         INSERT INTO war_follow_ups VALUES ('ranked', 3, 'end', {at}, {at});
         INSERT INTO faction_war_polls VALUES (7, {at}, {at});
         INSERT INTO refreshes VALUES ('tile_facts', {at});
         INSERT INTO prune_runs (started_at, finished_at, cutoff) VALUES ({at}, {at}, {month});"
    )
}

#[test]
fn no_table_keeps_a_timestamp_in_the_future() {
    let sandbox = database(&one_row_each(NOW + YEARS, NOW + YEARS));
    let sqlite = sandbox.sqlite();
    let empty: Vec<String> = time_columns(&sqlite)
        .into_iter()
        .map(|(table, _)| table)
        .filter(|table| rows(&sqlite, &format!("SELECT 1 FROM {table} LIMIT 1")).is_empty())
        .collect();
    assert_eq!(
        empty,
        Vec::<String>::new(),
        "one_row_each has no row for these tables"
    );

    sandbox
        .run(&["prune", "--future", "--force", "--without-backup"])
        .expect(0);

    assert_eq!(
        columns_after(&sqlite, NOW + 5 * MINUTE),
        Vec::<String>::new()
    );
    for (sql, expected) in [
        (
            "SELECT created_at, last_updated FROM players",
            format!("{NOW}|0"),
        ),
        (
            "SELECT created_at, last_updated FROM factions",
            format!("{NOW}|0"),
        ),
        (
            "SELECT created_at, last_updated FROM territories",
            format!("{NOW}|0"),
        ),
        (
            "SELECT state, paused_until, last_error, last_used_at FROM api_keys",
            "ok|||".to_owned(),
        ),
        ("SELECT checked_at FROM key_checks", "0".to_owned()),
        ("SELECT count(*) FROM api_pauses", "0".to_owned()),
        (
            "SELECT listed_at, history_read_at FROM faction_war_polls",
            "|".to_owned(),
        ),
        (
            "SELECT period_start, summarized_at, pruned_at, purged_at FROM month_states",
            format!("0|{NOW}|{NOW}|{NOW}"),
        ),
        ("SELECT last_backup_at FROM backup_folders", NOW.to_string()),
        (
            "SELECT first_seen_at, left_at FROM faction_membership",
            format!("{NOW}|"),
        ),
        (
            "SELECT started_at, finished_at, cutoff = unixepoch('2026-04-01') FROM prune_runs",
            format!("{NOW}|{NOW}|1"),
        ),
    ] {
        assert_eq!(rows(&sqlite, sql), [expected], "{sql}");
    }
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
    for (sql, expected) in [
        (
            "SELECT first_at, last_at, polls FROM player_observations ORDER BY 1",
            vec![
                "1772323300|1772323400|4".to_owned(),
                format!("1775005200|{NOW}|9"),
            ],
        ),
        (
            "SELECT started_at, finished_at FROM fetch_runs",
            vec![format!("1775044000|{NOW}")],
        ),
        (
            "SELECT recorded_at, last_seen_at FROM rejected_payloads",
            vec![format!("1775044000|{NOW}")],
        ),
        (
            "SELECT first_asked_at, last_asked_at FROM war_follow_ups",
            vec![format!("1775044000|{NOW}")],
        ),
        (
            "SELECT polled_at, bucket_asked_at, bucket_at FROM player_polls ORDER BY player_id",
            vec![
                "1775044000||1774915200".to_owned(),
                "1775044000|1775044000|".to_owned(),
            ],
        ),
        (
            "SELECT listed_at, history_read_at FROM faction_war_polls",
            vec!["1775044000|".to_owned()],
        ),
        (
            "SELECT state, last_used_at FROM api_keys",
            vec!["dead|".to_owned()],
        ),
        (
            "SELECT created_at, last_updated FROM players",
            vec![format!("1775000000|{NOW}")],
        ),
        (
            "SELECT count(*) FROM player_stats_history",
            vec!["10".to_owned()],
        ),
    ] {
        assert_eq!(rows(&sqlite, sql), expected, "{sql}");
    }
}

#[test]
fn memberships_in_the_future_keep_their_order() {
    type Spans<'a> = &'a [(i64, Option<i64>)];
    let ahead = NOW + YEARS;
    let spans: [(&str, Spans<'_>); 5] = [
        ("still in it", &[(ahead, None)]),
        (
            "left in the future",
            &[(NOW - DAY, Some(ahead)), (ahead, None)],
        ),
        (
            "came and went",
            &[(NOW - DAY, Some(ahead)), (ahead, Some(ahead + DAY))],
        ),
        (
            "came, went, and came again",
            &[
                (NOW - DAY, Some(NOW - HOUR)),
                (ahead, Some(ahead + DAY)),
                (ahead + DAY, None),
            ],
        ),
        (
            "a minute ahead, then years ahead",
            &[
                (NOW + MINUTE, Some(NOW + 2 * MINUTE)),
                (NOW + 2 * MINUTE, Some(ahead)),
                (ahead, None),
            ],
        ),
    ];
    let sandbox = database(&format!(
        "{TEN_CORRECT_ROWS} INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (7, 'Seven', 1, 1);"
    ));
    let sqlite = sandbox.sqlite();
    for (player, (name, spans)) in (10..).zip(&spans) {
        sqlite
            .execute(
                "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (?1, ?2, 1, 1)",
                (player, *name),
            )
            .unwrap();
        for (first, left) in *spans {
            sqlite
                .execute(
                    "INSERT INTO faction_membership (player_id, faction_id, first_seen_at, joined_at, left_at)
                     VALUES (?1, 7, ?2, ?2, ?3)",
                    (player, first, left),
                )
                .unwrap();
        }
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
