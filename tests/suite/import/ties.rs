//! Answers of one collector in the same second: the merge has no order of them but their contents.

use proptest::collection::vec;
use proptest::prelude::*;

use super::collector::{Answer, save};
use super::{copy, create, import, make_plan, open, results_in_any_order};
use crate::month_model::for_any_history;
use crate::support::{DAY, Sandbox, rows};

/// 2026-01-01.
const START: i64 = 1_767_225_600;

const KNOWN: &str =
    "SELECT player_id, faction_id, first_seen_at, joined_at, left_at FROM faction_membership
    UNION ALL SELECT player_id, at, faction_id, has_left, newest_of FROM membership_sightings
    UNION ALL SELECT player_id, faction_id, last_updated, NULL, NULL FROM players
    ORDER BY 1, 2, 3, 4, 5";

/// The rows of a new database after the imports of these files.
fn merged(sandbox: &Sandbox, order: &[&str]) -> Vec<String> {
    create(sandbox, "merged.db");
    for file in order {
        import(sandbox, "merged.db", &[file]);
    }
    rows(&open(sandbox, "merged.db"), KNOWN)
}

#[test]
fn two_newest_answers_of_one_collector_in_the_same_second_are_merged_alike_in_any_order() {
    for [first, second] in [[Some(1), Some(2)], [Some(1), None], [None, Some(2)]] {
        let sandbox = Sandbox::new();
        create(&sandbox, "before.db");
        save(&sandbox, "before.db", &[(START, Answer::Profile(1, first))]);
        std::fs::copy(sandbox.path("before.db"), sandbox.path("after.db")).unwrap();
        save(&sandbox, "after.db", &[(START, Answer::Profile(1, second))]);

        let found = merged(&sandbox, &["before.db", "after.db"]);

        let other_way = merged(&sandbox, &["after.db", "before.db"]);
        assert_eq!(found, other_way, "{first:?} and {second:?}");
    }
}

#[test]
fn two_states_of_the_python_program_of_the_same_second_are_merged_alike_in_any_order() {
    for [first, second] in [["1", "2"], ["1", "NULL"]] {
        let sandbox = Sandbox::new();
        for (name, faction) in [("first.db", first), ("second.db", second)] {
            let at = START + DAY;
            let state = format!(
                "INSERT INTO factions (faction_id, name, last_updated) VALUES (1, 'One', {at}), (2, 'Two', {at});
                 INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'Player', {faction}, {at});"
            );
            make_plan(&sandbox.path(name), &state);
        }

        let found = merged(&sandbox, &["first.db", "second.db"]);

        let other_way = merged(&sandbox, &["second.db", "first.db"]);
        assert_eq!(found, other_way, "{first} and {second}");
    }
}

/// A database with history rows of player 1 and faction 1: the values of each, and a level or respect of 4 before.
fn with_history(sandbox: &Sandbox, name: &str, answers: &[(&str, &str)]) {
    create(sandbox, name);
    let mut statements = format!(
        "INSERT INTO factions (faction_id, name) VALUES (1, 'One');
         INSERT INTO players (player_id, name) VALUES (1, 'Player');
         INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, {START}, 4);
         INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, {START}, 4);"
    );
    let rows_of = |(first, second): &(&str, &str)| {
        format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum)
             VALUES (1, {START} + 60, {first}, {second});
             INSERT INTO faction_history (faction_id, timestamp, respect, member_count)
             VALUES (1, {START} + 60, {first}, {second});"
        )
    };
    statements.extend(answers.iter().map(rows_of));
    open(sandbox, name).execute_batch(&statements).unwrap();
}

/// The history rows without their ids, and the rows that are remembered, of a copy of `into` after the imports of these files.
fn merged_history(sandbox: &Sandbox, into: &str, files: &[&str]) -> Vec<String> {
    copy(sandbox, into, "merged.db");
    for file in files {
        import(sandbox, "merged.db", &[file]);
    }
    rows(
        &open(sandbox, "merged.db"),
        "SELECT 'player', timestamp, level, life_maximum FROM player_stats_history
         UNION ALL SELECT 'faction', timestamp, respect, member_count FROM faction_history
         UNION ALL SELECT history, at, rows, row FROM repeated_rows WHERE rows > 0
         ORDER BY 1, 2, 3, 4",
    )
}

#[test]
fn answers_of_one_second_with_different_known_values_are_the_same_rows_in_any_order() {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    for [some, others] in [
        [("5", "NULL"), ("5", "100")],
        [("5", "NULL"), ("NULL", "100")],
        [("5", "NULL"), ("4", "100")],
    ] {
        with_history(&sandbox, "some.db", &[some]);
        with_history(&sandbox, "others.db", &[others]);
        with_history(&sandbox, "both.db", &[some, others]);
        let expected = merged_history(&sandbox, "both.db", &[]);

        for (into, files) in [
            ("new.db", &["some.db", "others.db", "some.db"][..]),
            ("new.db", &["others.db", "some.db", "others.db"]),
            ("new.db", &["both.db", "some.db", "others.db"]),
            ("some.db", &["others.db", "both.db"]),
            ("others.db", &["some.db", "both.db"]),
            ("both.db", &["some.db", "others.db"]),
        ] {
            let found = merged_history(&sandbox, into, files);

            assert_eq!(found, expected, "{some:?} and {others:?}: {into} {files:?}");
        }
    }
}

/// An answer about faction 7: the collector, the second, and which of the two values it has.
type Seen = (usize, usize, [bool; 2]);

const COLLECTORS: [&str; 3] = ["first.db", "second.db", "third.db"];

/// The rows `(second, respect, member_count)` that `fetch` would store of these answers of one collector. `every_poll`: also those
/// that repeat the known values.
fn stored(
    seen: &[Seen],
    collector: usize,
    every_poll: bool,
    truth: &[[i64; 2]],
) -> Vec<(usize, [Option<i64>; 2])> {
    let mut answers: Vec<&Seen> = seen.iter().filter(|seen| seen.0 == collector).collect();
    answers.sort_by_key(|seen| seen.1);
    answers.dedup_by_key(|seen| seen.1);
    let mut known = [None; 2];
    let mut kept = Vec::new();
    for &&(_, second, has) in &answers {
        let values = [0, 1].map(|value| has[value].then_some(truth[second][value]));
        let says_more = |value: usize| every_poll || values[value] != known[value];
        if (0..2).any(|value| values[value].is_some() && says_more(value)) {
            known = [0, 1].map(|value| values[value].or(known[value]));
            kept.push((second, values));
        }
    }
    kept
}

fn write_collector(sandbox: &Sandbox, name: &str, kept: &[(usize, [Option<i64>; 2])]) {
    create(sandbox, name);
    let connection = open(sandbox, name);
    connection
        .execute_batch("INSERT INTO factions (faction_id, name) VALUES (7, 'Seven')")
        .unwrap();
    for (second, [respect, members]) in kept {
        connection
            .execute(
                "INSERT INTO faction_history (faction_id, timestamp, respect, member_count) VALUES (7, ?1 + ?2, ?3, ?4)",
                rusqlite::params![START, i64::try_from(*second).unwrap(), respect, members],
            )
            .unwrap();
    }
}

/// The history, and each row that is left out.
const RESULT: &str = "SELECT timestamp, respect, member_count FROM faction_history
    UNION ALL SELECT at, rows, row FROM repeated_rows WHERE rows > 0 ORDER BY 1, 2, 3";

#[test]
fn answers_with_some_of_the_values_in_few_seconds_are_the_same_history_in_any_order() {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    let truth = vec([4..6_i64, 1..3_i64], 5);
    let seen = vec((0..3_usize, 0..5_usize, any::<[bool; 2]>()), 2..9);
    let every_poll = any::<[bool; 3]>();
    for_any_history(2, (truth, seen, every_poll), |(truth, seen, every_poll)| {
        for (collector, name) in COLLECTORS.iter().enumerate() {
            let kept = stored(&seen, collector, every_poll[collector], &truth);
            write_collector(&sandbox, name, &kept);
        }
        // Nothing is removed of rows that repeat each other before an import.
        let into_first = !every_poll.contains(&true);
        let found = results_in_any_order(&sandbox, COLLECTORS, into_first, RESULT);
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        Ok(())
    });
}
