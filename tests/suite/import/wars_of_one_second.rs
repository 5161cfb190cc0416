//! Wars that several collectors see in the same seconds, partly late: the same rows in any order of the
//! imports, with each setting of `record`.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{create, open, results_in_any_order};
use crate::month_model::for_any_history;
use crate::support::Sandbox;

/// 2026-01-01, when the war starts.
const START: usize = 1_767_225_600;
/// The war has so many states, one a second. The last one is its end.
const STATES: usize = 3;
const COLLECTORS: [&str; 3] = ["first.db", "second.db", "third.db"];

/// An answer about the war.
#[derive(Clone, Copy, Debug)]
struct Seen {
    collector: usize,
    second: usize,
    /// The age of the state that it tells, in seconds: Torn's caches give older ones.
    age: usize,
}

fn any_seen() -> impl Strategy<Value = Seen> {
    (0..3_usize, 0..STATES + 1, 0..3_usize).prop_map(|(collector, second, age)| Seen {
        collector,
        second,
        age,
    })
}

/// The facts of a row of the war.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Told {
    is_over: bool,
    scores: [i64; 2],
}

/// The rows that `fetch` would store of these answers of one collector. `every_poll`: also those that repeat the known values.
fn stored(
    seen: &[Seen],
    collector: usize,
    every_poll: bool,
    scores: &[[i64; 2]],
) -> Vec<(usize, Told)> {
    let mut answers: Vec<&Seen> = seen
        .iter()
        .filter(|seen| seen.collector == collector)
        .collect();
    answers.sort_by_key(|seen| (seen.second, std::cmp::Reverse(seen.age)));
    let mut known: Option<Told> = None;
    let mut kept = Vec::new();
    for answer in answers {
        let state = answer.second.saturating_sub(answer.age).min(STATES - 1);
        let told = Told {
            is_over: state == STATES - 1,
            scores: scores[state],
        };
        // A war that is over stays over.
        let now = known.filter(|known| known.is_over).unwrap_or(told);
        if every_poll || known != Some(now) {
            kept.push((answer.second, now));
        }
        known = Some(now);
    }
    kept
}

fn write_collector(sandbox: &Sandbox, name: &str, kept: &[(usize, Told)]) {
    create(sandbox, name);
    let rows = kept.iter().map(|(second, told)| {
        let [one, other] = told.scores;
        let at = START + second;
        let (status, end) = if told.is_over {
            ("completed", (START + STATES - 1).to_string())
        } else {
            ("ongoing", "NULL".to_owned())
        };
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                defending_score, status, started_at, ends_at, recorded_at)
             VALUES (9, 'ranked', 3, 4, {one}, {other}, '{status}', {START}, {end}, {at});"
        )
    });
    let factions =
        "INSERT INTO factions (faction_id, name) VALUES (3, 'Three'), (4, 'Four');".to_owned();
    let statements: String = std::iter::once(factions).chain(rows).collect();
    open(sandbox, name).execute_batch(&statements).unwrap();
}

/// The history in its order.
const RESULT: &str = "SELECT recorded_at - 1767225600, status, attacking_score, defending_score
    FROM war_status_history ORDER BY recorded_at, id";

#[test]
fn a_war_has_the_same_rows_in_any_order() {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    let truth = vec([0..3_i64, 0..2_i64], STATES).prop_map(|steps| {
        let mut scores = [0; 2];
        let grown = steps.iter().map(|step| {
            scores = [scores[0] + step[0], scores[1] + step[1]];
            scores
        });
        grown.collect::<Vec<[i64; 2]>>()
    });
    let seen = vec(any_seen(), 6..12);
    for_any_history(
        3,
        (truth, seen, any::<bool>()),
        |(truth, seen, every_poll)| {
            let record = if every_poll { "every-poll" } else { "changes" };
            sandbox.write(
                "tornsnap.toml",
                &format!("[history]\nrecord = \"{record}\"\n"),
            );
            for (collector, name) in COLLECTORS.iter().enumerate() {
                write_collector(
                    &sandbox,
                    name,
                    &stored(&seen, collector, every_poll, &truth),
                );
            }
            // Nothing is removed of rows that repeat each other before an import.
            let found = results_in_any_order(&sandbox, COLLECTORS, !every_poll, RESULT);
            prop_assert_eq!(found.len(), 1, "{:#?}", found);
            Ok(())
        },
    );
}
