//! The views: their rows, and the indexes that they read.

mod first_owners;
mod gains;
mod last_known;
mod league;
mod times;

use crate::support::new_database::new_database;
use crate::support::{DAY, NOW, Sandbox};

/// A database with two factions, after the statements in `sql`; `$now` and `$day` in them are replaced by numbers.
fn database(sql: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    let sql = sql
        .replace("$now", &NOW.to_string())
        .replace("$day", &DAY.to_string());
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES \
             (1, 'One', {NOW}, {NOW}), (2, 'Two', {NOW}, {NOW}); {sql}"
        ))
        .unwrap();
    sandbox
}

#[test]
fn player_latest_has_the_last_known_value_of_each_column() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, level, faction_id, last_updated) VALUES
             (1, 'A', 11, 1, $now - 60), (2, 'B', NULL, NULL, $now - $day);
         INSERT INTO player_stats_history (player_id, timestamp, strength, defense, total_stats, networth, level) VALUES
             (1, $now - 3 * $day, 5, 6, 11, -7, 10), (1, $now - 2 * $day, NULL, 8, NULL, NULL, 10), (1, $now - $day, NULL, NULL, NULL, NULL, 11);",
    );

    let rows = sandbox.rows(
        "SELECT player_id, level, faction_name, strength, defense, speed, total_stats, networth, \
         recorded_at - 1774958400, age_seconds FROM player_latest ORDER BY player_id",
    );

    assert_eq!(rows, ["1|11|One|5|8||11|-7|0|60", "2|||||||||86400"]);
}

#[test]
fn player_daily_has_the_last_known_values_of_each_day() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, last_updated) VALUES (1, 'A', $now);
         INSERT INTO player_stats_history (player_id, timestamp, strength, networth, level) VALUES
             (1, $now - 2 * $day, 5, 100, 10), (1, $now - 2 * $day + 60, NULL, 200, 10), (1, $now - 2 * $day + 60, NULL, NULL, 11),
             (1, $now - $day, NULL, NULL, 12), (1, $now - $day + $day / 2 - 1, NULL, NULL, 13), (1, $now - $day + $day / 2, NULL, NULL, 14);",
    );

    let rows =
        sandbox.rows("SELECT day, level, strength, networth FROM player_daily ORDER BY timestamp");

    assert_eq!(
        rows,
        [
            "2026-03-30|11|5|200",
            "2026-03-31|13|5|200",
            "2026-04-01|14|5|200"
        ]
    );
}

#[test]
fn gains_count_from_the_last_value_before_a_period_or_else_the_first_in_it() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, level, last_updated) VALUES (1, 'A', 20, $now), (2, 'B', 5, $now - $day), (3, 'C', 1, $now);
         INSERT INTO player_stats_history (player_id, timestamp, total_stats, networth, level) VALUES
             (1, $now - 40 * $day, 100, 1000, 10), (1, $now - 20 * $day, 150, NULL, 12), (1, $now - 10 * $day, NULL, 3000, 15),
             (1, $now - 1, 400, 2000, 20),
             (2, $now - 5 * $day, NULL, 50, 4), (2, $now - $day, NULL, 10, 5);
         UPDATE factions SET respect = 900, member_count = 80 WHERE faction_id = 1;
         INSERT INTO faction_value_times (faction_id, respect_at, member_count_at) VALUES (1, $now, $now);
         INSERT INTO faction_history (faction_id, timestamp, respect, member_count) VALUES
             (1, $now - 8 * $day, 500, 82), (1, $now - $day, 900, 80);",
    );

    let players = sandbox.rows(
        "SELECT player_id, period, level_gain, total_stats_gain, networth_gain FROM player_gains ORDER BY player_id, period",
    );
    let factions = sandbox.rows(
        "SELECT faction_id, period, respect_gain, member_count_gain, best_chain_gain FROM faction_gains ORDER BY period",
    );

    assert_eq!(
        players,
        [
            "1|30 days|10|300|1000",
            "1|7 days|5|250|-1000",
            "1|month|5|250|-1000",
            "2|30 days|1||-40",
            "2|7 days|1||-40",
            "2|month|||",
            "3|30 days|||",
            "3|7 days|||",
            "3|month|||",
        ]
    );
    assert_eq!(
        factions,
        ["1|30 days|400|-2|", "1|7 days|400|-2|", "1|month|0|0|"]
    );
}

/// A history row may have the total alone, or some of the four battle stats.
#[test]
fn each_battle_stat_counts_from_its_own_last_known_value() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, last_updated) VALUES (1, 'A', $now), (2, 'B', $now);
         INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats) VALUES
             (1, $now - 50 * $day, 10, 20, NULL, 1, 31), (1, $now - 45 * $day, 11, NULL, NULL, NULL, NULL),
             (1, $now - 40 * $day, NULL, NULL, NULL, NULL, 60),
             (1, $now - 2 * $day, 15, 26, 37, NULL, 78), (1, $now - $day, NULL, NULL, 40, NULL, NULL),
             (2, $now - 50 * $day, NULL, NULL, NULL, NULL, 60), (2, $now - $day, 15, 26, 37, 48, 126);",
    );

    let gains = sandbox.rows(
        "SELECT player_id, strength_gain, defense_gain, speed_gain, dexterity_gain, total_stats_gain \
         FROM player_gains WHERE period = '30 days' ORDER BY player_id",
    );

    assert_eq!(gains, ["1|4|6|3||18", "2|0|0|0|0|66"]);
}

#[test]
fn joins_and_departures_of_members_are_recorded() {
    let sandbox = database(
        // The first roster: no one joins, all were members before.
        "INSERT INTO faction_history (faction_id, timestamp) VALUES (1, $now - 9 * $day);
         INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'A', 1, $now - 9 * $day), (2, 'B', 1, $now - 9 * $day);
         -- A new member, by an upsert.
         INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (3, 'C', 1, $now - 8 * $day)
             ON CONFLICT DO UPDATE SET faction_id = excluded.faction_id, last_updated = excluded.last_updated;
         -- A player who is tracked alone, in a faction that is not tracked.
         INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (4, 'D', 2, $now - 8 * $day);
         -- Player 1 leaves and is in another faction later. Player 2 changes to another at once, and comes back.
         UPDATE players SET faction_id = NULL, last_updated = $now - 7 * $day WHERE player_id = 1;
         UPDATE players SET faction_id = 2, last_updated = $now - 6 * $day WHERE player_id = 1;
         UPDATE players SET faction_id = 2, last_updated = $now - 5 * $day WHERE player_id = 2;
         UPDATE players SET faction_id = 1, last_updated = $now - 4 * $day WHERE player_id = 2;
         -- No change.
         UPDATE players SET faction_id = 1, last_updated = $now WHERE player_id IN (2, 3);
         -- The clock was set back.
         UPDATE players SET faction_id = NULL, last_updated = 1 WHERE player_id = 4;",
    );

    let changes = sandbox.rows(&format!(
        "SELECT (at - {NOW}) / {DAY}, name, event, faction_id, other_faction_id \
         FROM member_changes ORDER BY at, player_id, event"
    ));
    let roster = sandbox.rows(&format!(
        "SELECT faction_name, name, (joined_at - {NOW}) / {DAY}, member_seconds / {DAY} FROM faction_roster ORDER BY 1, 2"
    ));

    assert_eq!(
        changes,
        [
            "-8|C|joined|1|",
            "-8|D|left|2|",
            "-7|A|left|1|2",
            "-6|A|joined|2|1",
            "-5|B|joined|2|1",
            "-5|B|left|1|2",
            "-4|B|joined|1|2",
            "-4|B|left|2|1",
        ]
    );
    assert_eq!(roster, ["One|B|-4|4", "One|C|-8|8", "Two|A|-6|0"]);
}

#[test]
fn members_unchanged_counts_the_same_days_for_changes_and_for_every_poll() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, faction_id, last_updated) VALUES
             (1, 'changes', 1, $now), (2, 'every poll', 1, $now), (3, 'not looked at', 1, $now - 9 * $day), (4, 'no member', NULL, $now);
         INSERT INTO player_stats_history (player_id, timestamp, level, networth) VALUES
             (1, $now - 30 * $day, 5, 100), (1, $now - 12 * $day, 6, NULL),
             (2, $now - 30 * $day, 5, 100), (2, $now - 20 * $day, 5, 200), (2, $now - 10 * $day, 5, 200), (2, $now - $day, 5, NULL), (2, $now, 5, 200),
             (3, $now - 10 * $day, 5, 1), (4, $now - 10 * $day, 5, 1);",
    );

    let rows =
        sandbox.rows("SELECT name, unchanged_days FROM members_unchanged ORDER BY player_id");

    assert_eq!(rows, ["changes|12", "every poll|20", "not looked at|1"]);
}

#[test]
fn wars_have_a_latest_state_and_a_course_of_scores() {
    let sandbox = database(
        "INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id,
             attacking_score, defending_score, required_score, status, winner_faction_id, started_at, ends_at, recorded_at) VALUES
             (7, 'ranked', NULL, 1, 2, 0, 0, 5000, 'scheduled', NULL, $now - 3600, NULL, $now - 7200),
             (7, 'ranked', NULL, 1, 2, 900, 1000, 4000, 'ongoing', NULL, $now - 3600, NULL, $now - 1800),
             (7, 'territory', 'AAB', 2, 1, 300, 0, 1000, 'ongoing', NULL, $now - 3600, NULL, $now - 600),
             (8, 'territory', 'AAB', 2, 1, 1000, 0, 1000, 'completed', 2, $now - 3600, $now - 900, $now),
             (9, 'ranked', NULL, 1, 2, 0, 0, 5000, 'scheduled', NULL, $now + $day, NULL, $now);",
    );

    let latest = sandbox.rows(
        "SELECT war_type, war_id, status, attacking_faction_name, lead, winner_faction_name, elapsed_seconds \
         FROM war_latest ORDER BY war_type, war_id",
    );
    let curve = sandbox.rows(
        "SELECT elapsed_seconds, lead, required_score, points_to_win FROM war_scores ORDER BY war_type, war_id, recorded_at",
    );

    assert_eq!(
        latest,
        [
            "ranked|7|ongoing|One|-100||3600",
            "ranked|9|scheduled|One|0||",
            "territory|7|ongoing|Two|300||3600",
            "territory|8|completed|Two|1000|Two|2700",
        ]
    );
    assert_eq!(
        curve,
        [
            "|0|5000|5000",
            "1800|-100|4000|3900",
            "|0|5000|5000",
            "3000|300|1000|700",
            "3600|1000|1000|0"
        ]
    );
}

#[test]
fn territory_tenure_has_each_owner_of_a_tile_and_how_it_changed() {
    let sandbox = database(
        "INSERT INTO territories (territory_id, sector, faction_id, racket_type, racket_level, war_status, last_updated) VALUES
             ('AAB', 1, 1, 'Gun Shop', 2, 'none', $now), ('AAC', 1, NULL, NULL, NULL, 'none', $now);
         INSERT INTO territory_ownership_history (territory_id, faction_id, racket_type, racket_level, war_status, recorded_at) VALUES
             ('AAB', 2, NULL, NULL, 'none', $now - 9 * $day), ('AAB', 2, NULL, NULL, 'under_attack', $now - 8 * $day),
             ('AAB', 1, NULL, NULL, 'none', $now - 5 * $day), ('AAB', 1, 'Gun Shop', 1, 'none', $now - 4 * $day),
             ('AAB', 1, 'Gun Shop', 2, 'none', $now - 3 * $day), ('AAB', 1, 'Gun Shop', 2, 'under_attack', $now - 2 * $day),
             ('AAC', NULL, NULL, NULL, 'none', $now - 9 * $day), ('AAC', 2, NULL, NULL, 'none', $now - 6 * $day),
             ('AAC', 1, NULL, NULL, 'none', $now - 5 * $day), ('AAC', NULL, NULL, NULL, 'none', $now - 4 * $day);
         INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, status,
             winner_faction_id, started_at, ends_at, recorded_at) VALUES
             (3, 'territory', 'AAB', 1, 2, 'completed', 2, $now - 9 * $day, $now - 8 * $day - 60, $now - 8 * $day - 60),
             (4, 'territory', 'AAB', 1, 2, 'completed', 1, $now - 8 * $day, $now - 5 * $day - 60, $now - 5 * $day + 60);",
    );

    let tenure = sandbox.rows(&format!(
        "SELECT territory_id, faction_name, (since - {NOW}) / {DAY}, (until - {NOW}) / {DAY}, held_seconds / {DAY}, \
         is_start_known, won_by, won_war_id, lost_by, lost_war_id FROM territory_tenure ORDER BY territory_id, since"
    ));
    let latest = sandbox.rows(&format!(
        "SELECT territory_id, faction_name, (owned_since - {NOW}) / {DAY} FROM territory_latest ORDER BY territory_id"
    ));
    let rackets = sandbox.rows(&format!(
        "SELECT territory_id, racket_type, racket_level, faction_name, (since - {NOW}) / {DAY} FROM rackets"
    ));

    assert_eq!(
        tenure,
        [
            "AAB|Two|-9|-5|4|0|||assault|4",
            "AAB|One|-5||5|1|assault|4||",
            "AAC||-9|-6|3|0||||",
            "AAC|Two|-6|-5|1|1|claim||unknown|",
            "AAC|One|-5|-4|1|1|unknown||abandoned|",
            "AAC||-4||4|1||||",
        ]
    );
    assert_eq!(latest, ["AAB|One|-5", "AAC||-4"]);
    assert_eq!(rackets, ["AAB|Gun Shop|2|One|-3"]);
}

#[test]
fn the_league_views_rank_the_summaries() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'A', 1, $now), (2, 'B', 1, $now), (3, 'C', NULL, $now);
         INSERT INTO player_stats_summary (player_id, period_start, period_end, networth_change, total_stats_change) VALUES
             (1, 1772323200, 1775001600, 5, NULL), (2, 1772323200, 1775001600, 50, 7), (3, 1772323200, 1775001600, 5, NULL);
         INSERT INTO faction_summary (faction_id, period_start, period_end, respect_change) VALUES
             (1, 1772323200, 1775001600, 10), (2, 1772323200, 1775001600, 20);
         INSERT INTO war_summary (war_id, war_type, period_start, period_end, attacking_faction_id, defending_faction_id,
             final_attacking_score, final_defending_score, winner_faction_id) VALUES
             (1, 'ranked', 1772323200, 1775001600, 1, 2, 30, 20, 1), (2, 'ranked', 1772323200, 1775001600, 2, 1, 4, 3, NULL);
         INSERT INTO territory_ownership_summary (territory_id, period_start, period_end, faction_id_start, faction_id_end, days_owned) VALUES
             ('AAB', 1772323200, 1775001600, 1, 2, 9), ('AAC', 1772323200, 1775001600, 1, 1, 31), ('AAD', 1772323200, 1775001600, NULL, NULL, 0);",
    );

    assert_eq!(
        sandbox.rows("SELECT month, name, networth_rank, total_stats_rank FROM player_league ORDER BY player_id"),
        ["2026-03|A|2|", "2026-03|B|1|1", "2026-03|C|2|"]
    );
    assert_eq!(
        sandbox.rows("SELECT month, name, respect_rank FROM faction_league ORDER BY faction_id"),
        ["2026-03|One|2", "2026-03|Two|1"]
    );
    assert_eq!(
        sandbox.rows("SELECT name, wars, won, lost, no_known_winner, score FROM war_league ORDER BY faction_id"),
        ["One|2|1|0|1|33", "Two|2|0|1|1|24"]
    );
    assert_eq!(
        sandbox.rows("SELECT name, tiles_start, tiles_end, gained, lost, tile_days FROM territory_league ORDER BY faction_id"),
        ["One|2|1|0|1|31", "Two|0|1|1|0|9"]
    );
}

/// The views search history tables by an index; only small tables may be scanned.
#[test]
fn no_view_scans_a_history_table() {
    let sandbox = database("");
    // Small tables, and the aliases and subqueries of the views that stand for them.
    let small = [
        "p",
        "f",
        "t",
        "tile",
        "w",
        "m",
        "wars",
        "CONSTANT",
        "told",
        "battle_told",
        "networth_told",
        "players",
        "factions",
        "territories",
        "fetch_runs",
        "leader",
    ];

    for query in [
        "SELECT * FROM newest_answer",
        "SELECT * FROM player_latest",
        "SELECT * FROM player_gains",
        "SELECT * FROM player_daily WHERE player_id = 1",
        "SELECT * FROM player_daily WHERE timestamp >= 1",
        "SELECT * FROM faction_latest",
        "SELECT * FROM faction_gains",
        "SELECT * FROM faction_daily WHERE faction_id = 1",
        "SELECT * FROM faction_roster WHERE faction_id = 1",
        "SELECT * FROM member_changes WHERE faction_id = 1",
        "SELECT * FROM member_changes WHERE player_id = 1",
        "SELECT * FROM members_unchanged WHERE faction_id = 1",
        "SELECT * FROM war_latest",
        "SELECT * FROM war_scores WHERE war_type = 'ranked' AND war_id = 1",
        "SELECT * FROM war_scores WHERE recorded_at >= 1",
        "SELECT * FROM territory_latest",
        "SELECT * FROM rackets",
        "SELECT * FROM territory_tenure WHERE territory_id = 'AAB'",
        "SELECT * FROM territory_tenure WHERE faction_id = 1",
    ] {
        for step in plan(&sandbox, query) {
            let Some(scanned) = step.strip_prefix("SCAN ") else {
                continue;
            };
            let name = scanned.split(' ').next().unwrap();
            assert!(
                small.contains(&name) || name.starts_with('('),
                "{query}: {step}"
            );
        }
    }
}

/// With few owners of keys, the index of the rows with battle stats has more rows for each of its players than the index of
/// all rows. SQLite took the other one, and then read every row of each player without battle stats.
#[test]
fn battle_stats_are_looked_up_in_the_rows_that_have_them_whatever_the_statistics_say() {
    let sandbox = database(
        "ANALYZE;
         DELETE FROM sqlite_stat1;
         INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
             ('player_stats_history', 'idx_player_stats_player_time', '2720691 289 1'),
             ('player_stats_history', 'idx_player_stats_battle_known', '2258640 1200 1'),
             ('player_stats_history', 'idx_player_stats_networth_known', '470550 50 1'),
             ('player_stats_history', 'idx_player_stats_timestamp', '2720691 2');",
    );

    for (view, look_ups) in [
        ("player_latest", 5),
        ("player_daily", 5),
        ("player_gains", 20),
    ] {
        let plan = plan(&sandbox, &format!("SELECT * FROM {view}"));

        let found = plan
            .iter()
            .filter(|step| step.contains("idx_player_stats_battle_known (player_id=?"))
            .count();
        assert!(found >= look_ups, "{view}: {found} in {plan:#?}");
    }
}

/// The queries of `export`: rows come in the order of an index, so that SQLite need not sort them.
#[test]
fn long_views_and_history_tables_are_read_in_order_without_sorting() {
    let sandbox = database("");

    for query in [
        "SELECT * FROM player_stats_history ORDER BY timestamp, id",
        "SELECT * FROM player_stats_history WHERE timestamp >= 1 ORDER BY timestamp, id",
        "SELECT * FROM player_stats_history WHERE player_id IN (1) ORDER BY timestamp, id",
        "SELECT * FROM faction_history ORDER BY timestamp, id",
        "SELECT * FROM war_status_history ORDER BY recorded_at, id",
        "SELECT * FROM territory_ownership_history ORDER BY recorded_at, id",
        "SELECT * FROM player_daily ORDER BY player_id, timestamp",
        "SELECT * FROM faction_daily ORDER BY faction_id, timestamp",
        "SELECT * FROM war_scores ORDER BY war_type, war_id, recorded_at, id",
        "SELECT * FROM territory_tenure ORDER BY territory_id, since, id",
    ] {
        let plan = plan(&sandbox, query);
        assert!(
            !plan.iter().any(|step| step.contains("TEMP B-TREE")),
            "{query}: {plan:#?}"
        );
    }
}

#[test]
fn every_view_begins_with_a_comment() {
    let sandbox = database("");

    for view in sandbox.rows("SELECT sql FROM sqlite_schema WHERE type = 'view'") {
        let second = view.lines().nth(1).unwrap_or_default();
        assert!(second.starts_with("-- "), "{view}");
    }
}

/// The steps of the query plan.
fn plan(sandbox: &Sandbox, query: &str) -> Vec<String> {
    sandbox
        .rows(&format!("EXPLAIN QUERY PLAN {query}"))
        .into_iter()
        .map(|row| row.split('|').nth(3).unwrap().to_owned())
        .collect()
}
