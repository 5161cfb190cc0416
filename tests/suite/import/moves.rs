//! Collectors that saw different parts of the moves of players, imported in any order and again.

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::Connection;

use super::collector::{self, Answer as Torn};
use super::{ORDERS, create, import, make_plan, open};
use crate::month_model::for_any_history;
use crate::support::{DAY, Sandbox, rows};

/// 2026-01-01.
const START: i64 = 1_767_225_600;
const FILES: [&str; 3] = ["first.db", "second.db", "third.db"];

/// An answer of Torn about a player: its time, and the faction.
type Answer = (i64, Option<i64>);

/// The faction of a player on each day.
type Days = Vec<Option<i64>>;

#[derive(Clone, Debug)]
struct World {
    days: Days,
    /// The days on which each collector asked.
    polls: Vec<Vec<usize>>,
    order: Vec<usize>,
    again: Vec<usize>,
}

fn any_world() -> impl Strategy<Value = World> {
    let stretch = (prop::option::of(1..3_i64), 1..4_usize);
    let days = vec(stretch, 2..7).prop_map(|stretches| -> Days {
        let days = stretches.into_iter();
        days.flat_map(|(faction, days)| vec![faction; days])
            .collect()
    });
    let order = || Just(vec![0_usize, 1, 2]).prop_shuffle();
    (days, vec(vec(0..18_usize, 0..6), 3), order(), order()).prop_map(
        |(days, mut polls, order, again)| {
            for polls in &mut polls {
                polls.retain(|day| *day < days.len());
                polls.sort_unstable();
                polls.dedup();
            }
            World {
                days,
                polls,
                order,
                again,
            }
        },
    )
}

fn answers(days: &Days, polls: &[usize]) -> Vec<Answer> {
    let at = |day: usize| START + i64::try_from(day).unwrap() * DAY;
    polls.iter().map(|day| (at(*day), days[*day])).collect()
}

/// Saves profiles of player 1.
fn collect(sandbox: &Sandbox, name: &str, answers: &[Answer]) {
    create(sandbox, name);
    collect_more(sandbox, name, answers);
}

fn collect_more(sandbox: &Sandbox, name: &str, answers: &[Answer]) {
    let profile = |(at, faction): &Answer| (*at, Torn::Profile(1, *faction));
    let answers: Vec<_> = answers.iter().map(profile).collect();
    collector::save(sandbox, name, &answers);
}

/// The answers that a collector keeps: those that tell a change, the last without a faction before a join, and the newest.
fn kept(answers: &[Answer]) -> Vec<Answer> {
    let mut kept = Vec::new();
    for (place, (at, faction)) in answers.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| answers[before].1);
        let after = answers.get(place + 1).map(|(_, after)| *after);
        let (begins, ends) = (before != Some(*faction), after != Some(*faction));
        if begins || after.is_none() || faction.is_none() && ends {
            kept.push((*at, *faction));
        }
    }
    kept
}

/// The memberships that these answers tell, as faction, first_seen_at, joined_at and left_at.
fn model(mut answers: Vec<Answer>) -> Vec<String> {
    answers.sort_unstable();
    answers.dedup_by_key(|(_, faction)| *faction);
    let mut stays = Vec::new();
    for (place, (at, faction)) in answers.iter().enumerate() {
        let Some(faction) = faction else { continue };
        let joined = if place == 0 {
            String::new()
        } else {
            at.to_string()
        };
        let next = answers.get(place + 1);
        let left = next.map_or(String::new(), |(at, _)| at.to_string());
        stays.push(format!("{faction}|{at}|{joined}|{left}"));
    }
    stays
}

fn stays(connection: &Connection) -> Vec<String> {
    rows(
        connection,
        "SELECT faction_id, first_seen_at, joined_at, left_at FROM faction_membership ORDER BY first_seen_at",
    )
}

/// The factions of the player in the views and in his state.
fn views(connection: &Connection) -> Vec<String> {
    rows(
        connection,
        "SELECT 'state', faction_id, last_updated, NULL FROM players
         UNION ALL SELECT 'change', at, event, faction_id || ' ' || coalesce(other_faction_id, '') FROM member_changes
         UNION ALL SELECT 'member', player_id, faction_id, NULL FROM faction_roster
         ORDER BY 1, 2, 3",
    )
}

fn merged(sandbox: &Sandbox, order: &[usize]) -> Connection {
    create(sandbox, "merged.db");
    for file in order {
        import(sandbox, "merged.db", &[FILES[*file]]);
    }
    open(sandbox, "merged.db")
}

#[test]
fn the_time_without_a_faction_is_kept_whichever_file_comes_first() {
    const JOINED_AGAIN: [Answer; 2] = [(START + 9 * DAY, Some(1)), (START + 10 * DAY, Some(1))];
    let sandbox = Sandbox::new();
    collect(&sandbox, FILES[0], &[(START, Some(1))]);
    collect(&sandbox, FILES[1], &[(START + 3 * DAY, None)]);
    collect(&sandbox, FILES[2], &JOINED_AGAIN);
    let (left, back) = (START + 3 * DAY, START + 9 * DAY);
    let expected = [format!("1|{START}||{left}"), format!("1|{back}|{back}|")];

    for order in ORDERS {
        assert_eq!(stays(&merged(&sandbox, &order)), expected, "{order:?}");
    }
}

/// Imports two collectors in either order, and returns the memberships.
fn merged_either_way(sandbox: &Sandbox) -> [Vec<String>; 2] {
    [[0, 1], [1, 0]].map(|order| stays(&merged(sandbox, &order)))
}

#[test]
fn a_player_who_was_in_no_faction_before_a_join_has_left_the_earlier_stay_of_another_collector() {
    let (left, back) = (START + 3 * DAY, START + 9 * DAY);
    let sandbox = Sandbox::new();
    let rejoined = [(left, None), (back, Some(1)), (START + 10 * DAY, Some(1))];
    collect(&sandbox, FILES[0], &rejoined);
    collect(&sandbox, FILES[1], &[(START, Some(1))]);
    let expected = vec![format!("1|{START}||{left}"), format!("1|{back}|{back}|")];

    let found = merged_either_way(&sandbox);

    assert_eq!(found, [expected.clone(), expected]);
}

#[test]
fn a_join_that_both_collectors_saw_is_one_stay_from_the_earlier_sight() {
    let (none, early, late) = (START + 3 * DAY, START + 5 * DAY, START + 9 * DAY);
    let sandbox = Sandbox::new();
    collect(&sandbox, FILES[0], &[(none, None), (late, Some(1))]);
    collect(&sandbox, FILES[1], &[(none, None), (early, Some(1))]);
    let expected = vec![format!("1|{early}|{early}|")];

    let found = merged_either_way(&sandbox);

    assert_eq!(found, [expected.clone(), expected]);
}

/// Lets a collector see the players 2 to 21 on a day, after all that it has seen before.
fn see_twenty(sandbox: &Sandbox, name: &str, day: i64) {
    let roster = Torn::Roster(1, (2..=21).collect());
    collector::save(sandbox, name, &[(START + day * DAY, roster)]);
}

#[test]
fn the_number_of_sightings_depends_on_the_moves_and_not_on_the_number_of_imports() {
    const COUNT: &str = "SELECT count(*) FROM membership_sightings";
    let sandbox = Sandbox::new();
    collect(&sandbox, FILES[0], &[]);
    collect(&sandbox, FILES[1], &[]);
    create(&sandbox, "merged.db");
    let mut counts = Vec::new();
    for round in 0..10 {
        for (file, day) in [(FILES[0], 2 * round), (FILES[1], 2 * round + 1)] {
            see_twenty(&sandbox, file, day);
            import(&sandbox, "merged.db", &[file]);
        }
        counts.push(rows(&open(&sandbox, "merged.db"), COUNT));
    }

    assert_eq!(counts[9], counts[1], "{counts:?}");
    let merged = open(&sandbox, "merged.db");
    let told = rows(
        &merged,
        "SELECT DISTINCT first_seen_at, joined_at, left_at FROM faction_membership",
    );
    assert_eq!(told, [format!("{START}||")]);
}

/// The number of sightings after imports of a growing database of the Python program, one for each of these states of
/// player 1.
fn sightings_of_a_growing_plan(sandbox: &Sandbox, factions: &[&str]) -> String {
    create(sandbox, "merged.db");
    for (day, faction) in (0..).zip(factions) {
        let at = START + day * DAY;
        sandbox.remove_database("plan.db");
        let state = format!(
            "INSERT INTO factions (faction_id, name, last_updated) VALUES (1, 'One', {at});
             INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'Player', {faction}, {at});"
        );
        make_plan(&sandbox.path("plan.db"), &state);
        import(sandbox, "merged.db", &["plan.db"]);
    }
    let count = "SELECT count(*) FROM membership_sightings";
    rows(&open(sandbox, "merged.db"), count).remove(0)
}

#[test]
fn a_growing_database_of_the_python_program_adds_sightings_for_moves_and_not_for_imports() {
    let sandbox = Sandbox::new();
    let short = ["1", "1", "NULL", "NULL", "1", "1"];
    let long = [
        "1", "1", "1", "1", "NULL", "NULL", "NULL", "NULL", "1", "1", "1", "1",
    ];

    let few = sightings_of_a_growing_plan(&sandbox, &short);
    let many = sightings_of_a_growing_plan(&sandbox, &long);

    assert_eq!(few, many);
    let (left, back) = (START + 4 * DAY, START + 8 * DAY);
    let expected = [format!("1|{START}||{left}"), format!("1|{back}|{back}|")];
    assert_eq!(stays(&open(&sandbox, "merged.db")), expected);
}

#[test]
fn an_older_database_of_the_python_program_still_tells_a_time_without_a_faction() {
    let sandbox = Sandbox::new();
    let [first, second] = [("older.db", 3, "NULL"), ("newer.db", 9, "1")].map(|(name, day, faction)| {
        let at = START + day * DAY;
        let state = format!(
            "INSERT INTO factions (faction_id, name, last_updated) VALUES (1, 'One', {at});
             INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'Player', {faction}, {at});"
        );
        make_plan(&sandbox.path(name), &state);
        name
    });
    collect(&sandbox, FILES[0], &[(START, Some(1))]);
    let (left, back) = (START + 3 * DAY, START + 9 * DAY);
    let expected = [format!("1|{START}||{left}"), format!("1|{back}|{back}|")];

    for order in [
        [FILES[0], first, second],
        [second, first, FILES[0]],
        [second, FILES[0], first],
    ] {
        create(&sandbox, "merged.db");
        for file in order {
            import(&sandbox, "merged.db", &[file]);
        }
        assert_eq!(stays(&open(&sandbox, "merged.db")), expected, "{order:?}");
    }
}

#[test]
fn a_rejoin_that_was_merged_stays_when_the_state_that_told_it_is_replaced() {
    let (left, back) = (START + 3 * DAY, START + 5 * DAY);
    let sandbox = Sandbox::new();
    collect(&sandbox, FILES[0], &[(START, Some(1)), (back, Some(1))]);
    collect(&sandbox, FILES[1], &[(START, Some(1)), (left, None)]);
    drop(merged(&sandbox, &[0, 1]));
    collect_more(&sandbox, FILES[0], &[(START + 9 * DAY, Some(1))]);

    import(&sandbox, "merged.db", &[FILES[0]]);

    let expected = [format!("1|{START}||{left}"), format!("1|{back}|{back}|")];
    assert_eq!(stays(&open(&sandbox, "merged.db")), expected);
}

#[test]
fn a_merged_database_tells_a_third_one_every_time_without_a_faction() {
    let sandbox = Sandbox::new();
    collect(&sandbox, FILES[0], &[(START + 3 * DAY, None)]);
    collect(&sandbox, FILES[1], &[(START + 9 * DAY, Some(1))]);
    collect(&sandbox, FILES[2], &[(START, Some(1))]);
    drop(merged(&sandbox, &[0, 1]));

    import(&sandbox, FILES[2], &["merged.db"]);

    let (left, back) = (START + 3 * DAY, START + 9 * DAY);
    let expected = [format!("1|{START}||{left}"), format!("1|{back}|{back}|")];
    assert_eq!(stays(&open(&sandbox, FILES[2])), expected);
}

#[test]
fn the_moves_of_all_collectors_are_the_same_in_any_order_and_after_repetition() {
    let sandbox = Sandbox::new();
    for_any_history(6, any_world(), |world| {
        let mut known = Vec::new();
        for (name, polls) in FILES.iter().zip(&world.polls) {
            let answers = answers(&world.days, polls);
            collect(&sandbox, name, &answers);
            known.extend(kept(&answers));
        }
        let expected = model(known);

        let found = merged(&sandbox, &world.order);

        prop_assert_eq!(stays(&found), expected.clone());
        let said = views(&found);
        for file in &world.again {
            import(&sandbox, "merged.db", &[FILES[*file]]);
            prop_assert_eq!(stays(&found), expected.clone(), "after {} again", file);
            prop_assert_eq!(views(&found), said.clone());
        }
        let again = merged(&sandbox, &world.again);
        prop_assert_eq!(stays(&again), expected);
        prop_assert_eq!(views(&again), said);
        Ok(())
    });
}
