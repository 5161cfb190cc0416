//! The required score of a ranked war that is over. Torn does not name it then, so each collector carries on the last one that it
//! has seen itself.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{copy, create, import, open};
use crate::month_model::{EDGES, for_any_history};
use crate::support::{DAY, Sandbox, rows};

const FILES: [&str; 3] = ["0.db", "1.db", "2.db"];
const STARTED_AT: i64 = EDGES[0] + 1;
const ENDED_AT: i64 = STARTED_AT + 4 * DAY;

/// The moment this many days after the start of the war.
const fn day(number: i64) -> i64 {
    STARTED_AT + number * DAY
}

/// The required score decays while the war runs.
const fn required_at(at: i64) -> i64 {
    5000 - (at - STARTED_AT) / 7200
}

/// Writes the database of a collector that has polled the war at these times, in their order: a row for each change.
fn collector(sandbox: &Sandbox, name: &str, polls: &[i64]) {
    create(sandbox, name);
    let mut statements =
        "INSERT INTO factions (faction_id, name) VALUES (1, 'One'), (4, 'Four');".to_owned();
    let is_running = |at: &&i64| **at < ENDED_AT;
    let running = polls.iter().filter(is_running);
    let known = running.clone().next_back();
    let ended = polls.iter().find(|at| !is_running(at));
    let mut last = None;
    for at in running.chain(ended) {
        let score = (at.min(&ENDED_AT) - STARTED_AT) / 600;
        let end = if is_running(&at) {
            format!("{}, 'ongoing', NULL, NULL", required_at(*at))
        } else {
            let required = known.map_or("NULL".to_owned(), |at| required_at(*at).to_string());
            format!("{required}, 'completed', 1, {ENDED_AT}")
        };
        let state = Some((score, end.clone()));
        if state == last {
            continue;
        }
        last = state;
        write!(
            statements,
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, started_at,
                 recorded_at, attacking_score, required_score, status, winner_faction_id, ends_at)
             VALUES (504, 'ranked', 1, 4, {STARTED_AT}, {at}, {score}, {end});"
        )
        .unwrap();
    }
    open(sandbox, name).execute_batch(&statements).unwrap();
}

fn history(sandbox: &Sandbox, name: &str) -> Vec<String> {
    let query = "SELECT recorded_at, status, attacking_score, required_score, winner_faction_id
                 FROM war_status_history ORDER BY recorded_at, id";
    rows(&open(sandbox, name), query)
}

/// Checks that each collector has the rows of one that has made all polls, after the others are imported in either order.
fn check(sandbox: &Sandbox, courses: &[Vec<i64>]) -> Result<(), TestCaseError> {
    let mut polls = courses.concat();
    polls.sort_unstable();
    polls.dedup();
    collector(sandbox, "all.db", &polls);
    let expected = history(sandbox, "all.db");
    let files = &FILES[..courses.len()];
    for (name, polls) in files.iter().zip(courses) {
        collector(sandbox, name, polls);
    }
    create(sandbox, "none.db");
    for into in files.iter().chain(&["none.db"]) {
        let mut others: Vec<&str> = files.iter().copied().filter(|name| name != into).collect();
        for _ in 0..2 {
            copy(sandbox, into, "new.db");
            for file in others.iter().chain(&others) {
                import(sandbox, "new.db", &[file]);
            }
            let found = history(sandbox, "new.db");
            prop_assert_eq!(&found, &expected, "{:?} into {}", others, into);
            let report = import(sandbox, "new.db", &[others[0]]);
            prop_assert_eq!(&report["months"], &serde_json::json!([]));
            others.reverse();
        }
    }
    Ok(())
}

#[test]
fn an_end_that_came_without_a_required_score_has_that_of_the_other_collector() {
    let sandbox = Sandbox::new();
    check(&sandbox, &[vec![day(5)], vec![day(2), day(3)]]).unwrap();
}

#[test]
fn an_end_has_the_newest_required_score_before_it_and_not_that_of_its_own_collector() {
    let sandbox = Sandbox::new();
    check(&sandbox, &[vec![day(2), day(5)], vec![day(3), day(6)]]).unwrap();
    check(&sandbox, &[vec![day(2), day(6)], vec![day(3), day(5)]]).unwrap();
}

#[test]
fn an_earlier_end_without_a_required_score_replaces_a_later_one_with_it() {
    let sandbox = Sandbox::new();
    check(&sandbox, &[vec![day(3), day(6)], vec![day(5)]]).unwrap();
}

#[test]
fn two_collectors_that_import_each_other_have_one_end() {
    let sandbox = Sandbox::new();
    collector(&sandbox, "0.db", &[day(5)]);
    collector(&sandbox, "1.db", &[day(2), day(3)]);
    collector(&sandbox, "all.db", &[day(2), day(3), day(5)]);

    for _ in 0..2 {
        import(&sandbox, "0.db", &["1.db"]);
        import(&sandbox, "1.db", &["0.db"]);
    }

    assert_eq!(history(&sandbox, "0.db"), history(&sandbox, "all.db"));
    assert_eq!(history(&sandbox, "1.db"), history(&sandbox, "all.db"));
}

/// A prune has left only the end, with the required score from before it.
#[test]
fn an_end_that_another_collector_knows_with_its_required_score_is_mended() {
    let sandbox = Sandbox::new();
    collector(&sandbox, "0.db", &[day(5)]);
    collector(&sandbox, "1.db", &[day(3), day(5)]);
    open(&sandbox, "1.db")
        .execute(
            "DELETE FROM war_status_history WHERE status = 'ongoing'",
            [],
        )
        .unwrap();

    let report = import(&sandbox, "0.db", &["1.db"]);

    assert_eq!(history(&sandbox, "0.db"), history(&sandbox, "1.db"));
    let mended = &report["tables"]["war_status_history"]["mended"];
    let expected = serde_json::json!([
        { "reason": "required_score: carried on from the rows before", "count": 1 }
    ]);
    assert_eq!(*mended, expected);
}

#[test]
fn the_required_score_of_a_war_is_that_of_one_collector_in_any_order_and_after_repetition() {
    let sandbox = Sandbox::new();
    let any_polls = vec(STARTED_AT..day(8), 1..6).prop_map(|mut polls| {
        polls.sort_unstable();
        polls.dedup();
        polls
    });
    for_any_history(3, vec(any_polls, 2..4), |courses| check(&sandbox, &courses));
}
