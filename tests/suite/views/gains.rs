//! Gains are NULL where nothing is known, and say from when the values are known.

use super::database;

#[test]
fn a_player_who_was_not_observed_in_a_period_has_no_gain_in_it_and_an_unchanged_one_has_gained_nothing()
 {
    let sandbox = database(
        "INSERT INTO players (player_id, name, level, last_updated) VALUES
             (1, 'left', 10, $now - 15 * $day), (2, 'unchanged', 10, $now), (3, 'roster only', 10, $now),
             (4, 'nothing told', 10, $now), (5, 'told before, imported since', 10, $now);
         INSERT INTO player_value_times (player_id, level_at, total_stats_at, networth_at) VALUES
             (1, $now - 15 * $day, $now - 15 * $day, $now - 15 * $day), (2, $now, $now, $now - $day),
             (3, $now, $now - 15 * $day, $now - 15 * $day), (5, $now, $now - 40 * $day, $now - 40 * $day);
         INSERT INTO player_stats_history (player_id, timestamp, level, total_stats, networth)
         SELECT player_id, $now - 40 * $day, 10, 100, 1000 FROM players;
         INSERT INTO player_stats_history (player_id, timestamp, level, total_stats, networth) VALUES
             (5, $now - 2 * $day, 10, 160, 1200);",
    );

    let gains = sandbox.rows(
        "SELECT player_id, period, level_gain, total_stats_gain, networth_gain FROM player_gains
         WHERE period <> 'month' ORDER BY player_id, period",
    );

    assert_eq!(
        gains,
        [
            "1|30 days|0|0|0",
            "1|7 days|||",
            "2|30 days|0|0|0",
            "2|7 days|0|0|0",
            "3|30 days|0|0|0",
            "3|7 days|0||",
            "4|30 days|||",
            "4|7 days|||",
            "5|30 days|0|60|200",
            "5|7 days|0|60|200",
        ]
    );
}

#[test]
fn a_faction_that_was_not_observed_in_a_period_has_no_gain_in_it() {
    let sandbox = database(
        "UPDATE factions SET respect = 500, member_count = 80, best_chain = 50;
         UPDATE factions SET last_updated = $now - 15 * $day WHERE faction_id = 2;
         INSERT INTO faction_value_times (faction_id, respect_at, member_count_at, best_chain_at)
         SELECT faction_id, last_updated, last_updated, last_updated FROM factions;
         INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain)
         SELECT faction_id, $now - 40 * $day, 500, 80, 50 FROM factions;",
    );

    let gains = sandbox.rows(
        "SELECT faction_id, period, respect_gain, member_count_gain, best_chain_gain FROM faction_gains
         WHERE period <> 'month' ORDER BY faction_id, period",
    );

    assert_eq!(
        gains,
        [
            "1|30 days|0|0|0",
            "1|7 days|0|0|0",
            "2|30 days|0|0|0",
            "2|7 days|||"
        ]
    );
}

#[test]
fn gains_that_begin_after_the_start_of_their_period_say_so() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, level, last_updated) VALUES (1, 'new', 10, $now), (2, 'old', 10, $now),
             (3, 'never recorded', 10, $now);
         INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, $now - 10 * $day, 10),
             (2, $now - 40 * $day, 10);
         UPDATE factions SET respect = 500;
         INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, $now - 10 * $day, 500),
             (2, $now - 40 * $day, 500);",
    );
    for (view, id) in [
        ("player_gains", "player_id"),
        ("faction_gains", "faction_id"),
    ] {
        let known = sandbox.rows(&format!(
            "SELECT {id}, period, (known_since - since) / 86400, known_since_utc = datetime(known_since, 'unixepoch')
             FROM {view} WHERE period <> 'month' AND {id} < 3 ORDER BY {id}, period"
        ));
        assert_eq!(
            known,
            [
                "1|30 days|20|1",
                "1|7 days|0|1",
                "2|30 days|0|1",
                "2|7 days|0|1"
            ],
            "{view}"
        );
    }
    assert_eq!(
        sandbox.rows("SELECT DISTINCT known_since IS NULL FROM player_gains WHERE player_id = 3"),
        ["1"]
    );
}

#[test]
fn a_battle_stat_that_no_row_of_the_period_has_has_no_gain_in_it() {
    let sandbox = database(
        "INSERT INTO players (player_id, name, last_updated) VALUES (1, 'A', $now);
         INSERT INTO player_stats_history (player_id, timestamp, strength, defense, total_stats) VALUES
             (1, $now - 40 * $day, 100, 200, 300), (1, $now - 2 * $day, 150, NULL, NULL);",
    );

    let gains = sandbox.rows(
        "SELECT strength_gain, defense_gain, speed_gain, total_stats_gain FROM player_gains WHERE period = '30 days'",
    );

    assert_eq!(gains, ["50|||"]);
}
