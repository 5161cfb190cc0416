//! History rows that lack a value, as imports may bring them: the last known value counts.

use super::database;

#[test]
fn a_newest_row_with_battle_stats_alone_hides_no_change_of_level_or_life() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'level', 1, $now), (2, 'life', 1, $now);
         INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum, strength) VALUES
             (1, $now - 30 * $day, 10, 100, 5), (1, $now - 9 * $day, 12, 100, 5), (1, $now - $day, NULL, NULL, 5),
             (2, $now - 30 * $day, 10, 100, 5), (2, $now - 8 * $day, 10, 200, 5), (2, $now - $day, NULL, NULL, 5);",
    );

    let rows =
        sandbox.rows("SELECT name, unchanged_days FROM members_unchanged ORDER BY player_id");

    assert_eq!(rows, ["level|9", "life|8"]);
}

#[test]
fn a_gain_of_a_faction_counts_from_the_last_known_value() {
    let sandbox = database(
        "UPDATE factions SET respect = 900, member_count = 80, best_chain = 50 WHERE faction_id = 1;
         INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain) VALUES
             (1, $now - 50 * $day, 500, NULL, 10), (1, $now - 40 * $day, NULL, 70, NULL),
             (1, $now - 2 * $day, 900, 80, NULL), (1, $now - $day, NULL, 80, 50);",
    );

    let gains = sandbox.rows(
        "SELECT faction_id, respect_gain, member_count_gain, best_chain_gain FROM faction_gains
         WHERE period = '30 days'",
    );

    assert_eq!(gains, ["1|400|10|40"]);
}

#[test]
fn a_day_has_the_last_known_values() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, last_updated) VALUES (1, 'A', $now);
         INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum, strength) VALUES
             (1, $now - 2 * $day, 10, 100, NULL), (1, $now - $day, NULL, NULL, 5);
         INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain) VALUES
             (1, $now - 2 * $day, 500, 7, 10), (1, $now - $day, NULL, NULL, 11);",
    );

    let players = sandbox.rows("SELECT level, life_maximum FROM player_daily ORDER BY timestamp");
    let factions = sandbox
        .rows("SELECT respect, member_count, best_chain FROM faction_daily ORDER BY timestamp");

    assert_eq!(players, ["10|100", "10|100"]);
    assert_eq!(factions, ["500|7|10", "500|7|11"]);
}
