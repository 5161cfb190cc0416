//! The values that the states of players and factions share with their histories: the value that was told last counts,
//! whichever file has it, and in any order of the imports.

use std::fmt::Write as _;

use super::{MARCH, ORDERS, create, import, make_plan, open};
use crate::support::{DAY, Sandbox, rows};

/// The values in the states, and the times that the views tell.
const STATES: &str = "
    SELECT name, level, life_maximum, (SELECT faction_id FROM players WHERE player_id = latest.player_id),
           (last_updated - 1772323200) / 86400, total_stats
    FROM player_latest AS latest WHERE player_id = 5
    UNION ALL
    SELECT name, respect, member_count, best_chain, (last_updated - 1772323200) / 86400, NULL
    FROM faction_latest WHERE faction_id = 77";

/// Writes a CSV file. `$3` in it is the third of March.
fn write(sandbox: &Sandbox, name: &str, text: &str) {
    let day = |text: &str| -> i64 { MARCH + (text.parse::<i64>().unwrap() - 1) * DAY };
    let mut written = String::new();
    for (number, part) in text.split('$').enumerate() {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match number {
            0 => written.push_str(part),
            _ => write!(written, "{}{}", day(&part[..digits]), &part[digits..]).unwrap(),
        }
    }
    sandbox.write(name, &written);
}

fn states(sandbox: &Sandbox) -> Vec<String> {
    rows(&open(sandbox, "new.db"), STATES)
}

/// The states after imports of these files into an empty database.
fn states_after(sandbox: &Sandbox, files: &[&str]) -> Vec<String> {
    create(sandbox, "new.db");
    for file in files {
        import(sandbox, "new.db", &[file]);
    }
    states(sandbox)
}

/// Old states, and histories that end later.
fn with_old_states() -> Sandbox {
    let sandbox = Sandbox::new();
    write(
        &sandbox,
        "factions.csv",
        "faction_id,name,respect,member_count,best_chain,last_updated\n77,Foo,100,10,5,$2\n",
    );
    write(
        &sandbox,
        "players.csv",
        "player_id,name,level,faction_id,life_maximum,last_updated\n5,Bob,10,77,100,$2\n",
    );
    write(
        &sandbox,
        "player_stats_history.csv",
        "player_id,timestamp,total_stats,level,life_maximum\n5,$2,300,10,100\n5,$9,,30,200\n5,$25,,31,\n",
    );
    write(
        &sandbox,
        "faction_history.csv",
        "faction_id,timestamp,respect,member_count,best_chain\n77,$2,100,10,5\n77,$9,900,20,50\n77,$25,950,,55\n",
    );
    sandbox
}

#[test]
fn a_history_that_is_newer_than_the_states_gives_its_values_to_them() {
    let sandbox = with_old_states();
    for files in [
        [
            "factions.csv",
            "players.csv",
            "player_stats_history.csv",
            "faction_history.csv",
        ],
        [
            "faction_history.csv",
            "player_stats_history.csv",
            "players.csv",
            "factions.csv",
        ],
    ] {
        let found = states_after(&sandbox, &files);

        assert_eq!(
            found,
            ["Bob|31|200|77|24|300", "Foo|950|20|55|24|"],
            "{files:?}"
        );
        let new = open(&sandbox, "new.db");
        assert_eq!(
            rows(
                &new,
                "SELECT period, level_gain, total_stats_gain FROM player_gains WHERE player_id = 5"
            ),
            ["7 days|1|", "30 days|21|0", "month|21|0"]
        );
        assert_eq!(
            rows(
                &new,
                "SELECT period, respect_gain, member_count_gain, best_chain_gain FROM faction_gains"
            ),
            ["7 days|50||5", "30 days|850|10|50", "month|850|10|50"]
        );
        assert_eq!(
            rows(&new, "SELECT level, unchanged_days FROM members_unchanged"),
            ["31|0"]
        );
    }
}

#[test]
fn a_player_and_a_faction_of_a_history_alone_have_its_values_and_times() {
    let sandbox = with_old_states();

    let found = states_after(
        &sandbox,
        &["player_stats_history.csv", "faction_history.csv"],
    );

    assert_eq!(
        found,
        ["Player 5|31|200||24|300", "Faction 77|950|20|55|24|"]
    );
    let new = open(&sandbox, "new.db");
    assert_eq!(
        rows(
            &new,
            "SELECT answered_at_utc, players_at_utc, factions_at_utc FROM newest_answer"
        ),
        ["2026-03-25 00:00:00|2026-03-25 00:00:00|2026-03-25 00:00:00"]
    );
    assert_eq!(
        rows(
            &new,
            "SELECT last_updated_utc, age_seconds FROM player_latest UNION ALL
                    SELECT last_updated_utc, age_seconds FROM faction_latest"
        ),
        ["2026-03-25 00:00:00|0", "2026-03-25 00:00:00|0"]
    );
    assert_eq!(
        rows(
            &new,
            "SELECT level_gain, since_utc FROM player_gains WHERE period = '7 days'"
        ),
        ["1|2026-03-18 00:00:00"]
    );
}

#[test]
fn a_member_whom_only_memberships_name_was_never_updated() {
    let sandbox = Sandbox::new();
    write(
        &sandbox,
        "faction_membership.csv",
        "player_id,faction_id,first_seen_at,joined_at,left_at\n5,77,$2,,\n",
    );

    states_after(&sandbox, &["faction_membership.csv"]);

    let new = open(&sandbox, "new.db");
    for query in [
        "SELECT last_updated, last_updated_utc, age_seconds FROM player_latest",
        "SELECT last_updated, last_updated_utc, member_seconds FROM faction_roster",
    ] {
        assert_eq!(rows(&new, query), ["||"], "{query}");
    }
}

#[test]
fn a_database_of_the_python_program_whose_states_are_old_gets_those_of_its_history() {
    let sandbox = Sandbox::new();
    make_plan(
        &sandbox.path("plan.db"),
        &format!(
            "INSERT INTO factions (faction_id, name, respect, member_count, best_chain, last_updated)
                 VALUES (77, 'Foo', 100, 10, 5, {MARCH});
             INSERT INTO players (player_id, name, level, faction_id, life_maximum, last_updated)
                 VALUES (5, 'Bob', 10, 77, 100, {MARCH});
             INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum)
                 VALUES (5, {MARCH} + 86400, 12, 110), (5, {MARCH} + 172800, 13, NULL);
             INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain)
                 VALUES (77, {MARCH} + 86400, 200, 11, 6);"
        ),
    );

    let found = states_after(&sandbox, &["plan.db"]);

    assert_eq!(found, ["Bob|13|110|77|2|", "Foo|200|11|6|1|"]);
}

/// Imports the files in each order, and in the last order again.
#[track_caller]
fn expect_in_any_order(sandbox: &Sandbox, files: [&str; 3], expected: &str) {
    for order in ORDERS {
        let order = order.map(|place| files[place]);
        assert_eq!(states_after(sandbox, &order), [expected], "{order:?}");
    }
    for file in files {
        import(sandbox, "new.db", &[file]);
        assert_eq!(states(sandbox), [expected], "{file} again");
    }
}

/// The newest state does not know the level. The newest row repeats the level of the oldest one.
#[test]
fn the_newest_values_of_a_player_are_the_same_in_any_order_of_imports_and_after_repetition() {
    let sandbox = Sandbox::new();
    write(
        &sandbox,
        "states.csv",
        "player_id,name,level,life_maximum,last_updated\n5,Old,11,100,$3\n",
    );
    write(
        &sandbox,
        "newer-states.csv",
        "player_id,name,level,life_maximum,last_updated\n5,New,,120,$20\n",
    );
    write(
        &sandbox,
        "history.csv",
        "player_id,timestamp,level,life_maximum\n5,$2,10,90\n5,$14,10,150\n",
    );

    let files = ["states.csv", "newer-states.csv", "history.csv"];
    expect_in_any_order(&sandbox, files, "New|10|120||19|");
}

/// The newest state tells a respect that was told before that of another one.
#[test]
fn the_newest_values_of_a_faction_are_the_same_in_any_order_of_imports_and_after_repetition() {
    let sandbox = Sandbox::new();
    write(
        &sandbox,
        "factions.csv",
        "faction_id,name,respect,member_count,last_updated\n77,Foo,500,9,$12\n",
    );
    write(
        &sandbox,
        "history.csv",
        "faction_id,timestamp,member_count,best_chain\n77,$11,12,100\n77,$30,,90\n",
    );
    create(&sandbox, "other.db");
    open(&sandbox, "other.db")
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name, respect, member_count, last_updated)
                 VALUES (77, 'Bar', 400, 10, {MARCH} + 86400 * 20);
             INSERT INTO faction_value_times (faction_id, respect_at, member_count_at)
                 VALUES (77, {MARCH} + 86400 * 5, {MARCH} + 86400 * 20);
             INSERT INTO faction_history (faction_id, timestamp, respect, member_count)
                 VALUES (77, {MARCH} + 86400 * 5, 400, 10);"
        ))
        .unwrap();

    let files = ["factions.csv", "history.csv", "other.db"];
    expect_in_any_order(&sandbox, files, "Bar|500|10|90|29|");
}

#[test]
fn the_times_of_values_that_another_collector_was_told_are_imported() {
    let sandbox = Sandbox::new();
    create(&sandbox, "other.db");
    open(&sandbox, "other.db")
        .execute_batch(&format!(
            "INSERT INTO players (player_id, name, level, last_updated) VALUES (5, 'Bob', 10, {MARCH} + 86400 * 20);
             INSERT INTO player_stats_history (player_id, timestamp, level, strength, defense, networth)
                 VALUES (5, {MARCH}, 10, 1, 2, 3);
             INSERT INTO player_value_times (player_id, strength_at, defense_at, level_at, networth_at)
                 VALUES (5, {MARCH} + 86400 * 20, {MARCH} + 86400 * 9, {MARCH} + 86400 * 20, {MARCH} + 86400 * 18);"
        ))
        .unwrap();

    states_after(&sandbox, &["other.db"]);

    assert_eq!(
        rows(
            &open(&sandbox, "new.db"),
            "SELECT level_gain, strength_gain, defense_gain, networth_gain FROM player_gains WHERE period = '7 days'"
        ),
        ["0|0||0"]
    );
}
