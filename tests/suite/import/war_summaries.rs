//! Summaries of one war by three collectors that saw different parts of it.

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;

use super::closed::database;
use super::{copy, create, import, open};
use crate::month_model::{
    EDGES, IN_APRIL, for_any_history, history_rows, prune, summaries, summarize, template,
};
use crate::support::{Sandbox, rows};

/// A war between factions 1 and 4, which faction 1 wins. Its score grows by one each day.
const STARTED_AT: i64 = EDGES[0] + 1;

const COLLECTORS: usize = 3;

/// The observations of one collector.
#[derive(Clone, Debug)]
struct Course {
    /// When it polled the running war.
    polls: Vec<i64>,
    /// When it learned of the end, and whether it knows the winner.
    learned: Option<(i64, bool)>,
    kept_months: usize,
    /// When it saw another war, which closes the months in which a prune deletes its rows.
    other: Vec<i64>,
    /// Whether only its summaries are imported, as CSV.
    has_only_summaries: bool,
}

#[derive(Clone, Debug)]
struct World {
    ended_at: i64,
    courses: Vec<Course>,
    orders: [Vec<usize>; 2],
}

fn any_course(ended_at: i64) -> impl Strategy<Value = Course> {
    let polls = vec(STARTED_AT..ended_at, 0..5);
    let learned = proptest::option::weighted(0.7, (ended_at..EDGES[4], any::<bool>()));
    let other = vec(EDGES[0]..EDGES[4], 0..4);
    (
        polls,
        learned,
        1..5_usize,
        other,
        proptest::bool::weighted(0.3),
    )
        .prop_map(
            |(mut polls, learned, kept_months, mut other, has_only_summaries)| {
                other.sort_unstable();
                other.dedup();
                polls.sort_unstable();
                polls.dedup();
                Course {
                    polls,
                    learned,
                    kept_months,
                    other,
                    has_only_summaries,
                }
            },
        )
}

fn any_world() -> impl Strategy<Value = World> {
    let order = || Just((0..COLLECTORS).collect::<Vec<_>>()).prop_shuffle();
    (STARTED_AT + 1..EDGES[3]).prop_flat_map(move |ended_at| {
        (vec(any_course(ended_at), COLLECTORS), order(), order()).prop_map(
            move |(courses, first, second)| World {
                ended_at,
                courses,
                orders: [first, second],
            },
        )
    })
}

impl World {
    /// The month in which one collector with all the polls would have learned who won. `None`: nobody did, or somebody learned
    /// of the end without the winner.
    fn won_in(&self) -> Option<i64> {
        let mut learned = self.courses.iter().filter_map(|course| course.learned);
        if learned.clone().any(|(_, knows_winner)| !knows_winner) {
            return None;
        }
        let first = learned.by_ref().map(|(at, _)| at).min()?;
        EDGES.iter().rfind(|edge| **edge <= first).copied()
    }
}

/// The months whose summaries name the winner.
fn won_in(sandbox: &Sandbox) -> Vec<i64> {
    let query = "SELECT period_start FROM war_summary WHERE winner_faction_id IS NOT NULL";
    let months = rows(&open(sandbox, "new.db"), query);
    months.iter().map(|month| month.parse().unwrap()).collect()
}

/// Writes the file of a collector, and returns its name.
fn write(sandbox: &Sandbox, template: &[u8], number: usize, world: &World) -> String {
    let (name, course) = (format!("{number}.db"), &world.courses[number]);
    sandbox.remove_database(&name);
    fs::write(sandbox.path(&name), template).unwrap();
    let row = |at: i64, end: &str| {
        let score = (at.min(world.ended_at) - STARTED_AT) / 86400;
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, started_at, recorded_at, status, winner_faction_id, ends_at)
             VALUES (504, 'ranked', 1, 4, {score}, 3, {STARTED_AT}, {at}, {end});"
        )
    };
    let running = course
        .polls
        .iter()
        .map(|at| row(*at, "'ongoing', NULL, NULL"));
    let ended = course.learned.map(|(at, knows_winner)| {
        let winner = if knows_winner { "1" } else { "NULL" };
        row(at, &format!("'completed', {winner}, {}", world.ended_at))
    });
    let factions =
        "INSERT OR IGNORE INTO factions (faction_id, name) VALUES (1, 'One'), (4, 'Four');";
    let others = course.other.iter().enumerate().map(|(score, at)| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, started_at, recorded_at, status)
             VALUES (600 + {number}, 'ranked', 1, 4, {score}, 3, {STARTED_AT}, {at}, 'ongoing');"
        )
    });
    let statements: String = [factions.to_owned()]
        .into_iter()
        .chain(running)
        .chain(ended)
        .chain(others)
        .collect();
    open(sandbox, &name).execute_batch(&statements).unwrap();
    summarize(sandbox, IN_APRIL, &name, &[]);
    if course.has_only_summaries {
        let csv = format!("{number}.csv");
        let _ = fs::remove_file(sandbox.path(&csv));
        let export = [
            "export",
            "war_summary",
            "--database",
            &name,
            "--output",
            &csv,
        ];
        sandbox.run_at(IN_APRIL, &export).expect(0);
        return csv;
    }
    if course.kept_months < 4 {
        let keep = ["--keep-months", &course.kept_months.to_string()];
        prune(sandbox, IN_APRIL, &name, &keep).expect(0);
    }
    name
}

/// The number of the collector into whose database the others are imported. `None`: all are imported into a new one.
type Into = Option<usize>;

/// The summaries after an import of the files in this order.
fn import_in_order(
    sandbox: &Sandbox,
    files: &[String],
    into: Into,
    order: &[usize],
) -> Vec<String> {
    match into {
        Some(own) => copy(sandbox, &files[own], "new.db"),
        None => create(sandbox, "new.db"),
    }
    for number in order.iter().filter(|number| Some(**number) != into) {
        import(sandbox, "new.db", &[&files[*number]]);
    }
    summaries(&open(sandbox, "new.db"))
}

/// Whether a collector saw the end of the war and knows the winner, and the war then counts once.
fn check_wins(sandbox: &Sandbox, world: &World) -> Result<(), TestCaseError> {
    let wins = world
        .courses
        .iter()
        .any(|course| matches!(course.learned, Some((_, true))));
    prop_assert_eq!(
        rows(
            &open(sandbox, "new.db"),
            "SELECT coalesce(sum(won), 0), coalesce(sum(lost), 0) FROM war_league"
        ),
        [if wins { "1|1" } else { "0|0" }]
    );
    if let Some(month) = world.won_in() {
        prop_assert_eq!(won_in(sandbox), [month]);
    }
    Ok(())
}

/// Imports the files in both orders, and then all of them again.
fn check_any_order(
    sandbox: &Sandbox,
    template: &[u8],
    world: &World,
    into: Into,
) -> Result<(), TestCaseError> {
    let files: Vec<String> = (0..COLLECTORS)
        .map(|number| write(sandbox, template, number, world))
        .collect();
    let [first, second] = &world.orders;

    let expected = import_in_order(sandbox, &files, into, first);
    let found = import_in_order(sandbox, &files, into, second);

    prop_assert_eq!(&expected, &found, "{:?} {:?}", first, second);
    check_wins(sandbox, world)?;
    let history = history_rows(&open(sandbox, "new.db"));
    for file in first.iter().chain(second).map(|number| &files[*number]) {
        import(sandbox, "new.db", &[file]);
        let merged = open(sandbox, "new.db");
        prop_assert_eq!(&summaries(&merged), &found, "again: {}", file);
        prop_assert_eq!(&history_rows(&merged), &history, "again: {}", file);
    }
    summarize(sandbox, IN_APRIL, "new.db", &["--force"]);
    prop_assert_eq!(&summaries(&open(sandbox, "new.db")), &found);
    Ok(())
}

#[test]
fn a_war_has_the_same_summaries_in_any_order_and_after_any_repetition() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(2, any_world(), |world| {
        check_any_order(&sandbox, &template, &world, None)
    });
}

#[test]
fn a_war_of_which_rows_are_here_has_the_same_summaries_in_any_order() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(2, any_world(), |mut world| {
        world.courses[0].has_only_summaries = false;
        world.courses[0].kept_months = 4;
        check_any_order(&sandbox, &template, &world, Some(0))
    });
}

#[test]
fn a_running_war_has_the_same_duration_in_any_order_where_rows_of_three_collectors_repeat_each_other()
 {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let course = |polls: &[i64], kept_months| Course {
        polls: polls.to_vec(),
        learned: None,
        kept_months,
        other: vec![EDGES[1]],
        has_only_summaries: false,
    };
    for (second, third) in [(1, 1), (1, 4), (4, 1), (4, 4)] {
        let world = World {
            ended_at: EDGES[3] - 1,
            courses: vec![
                course(&[1_827_619_201], 4),
                course(&[1_828_222_673, 1_828_245_725], second),
                course(&[1_827_809_543, 1_828_253_825], third),
            ],
            orders: [vec![1, 2], vec![2, 1]],
        };
        check_any_order(&sandbox, &template, &world, Some(0)).unwrap();
    }
}

#[test]
fn a_war_whose_rows_were_pruned_here_has_the_same_summaries_in_any_order() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(2, any_world(), |mut world| {
        // A summary in CSV replaces none of a month that is pruned here.
        for course in &mut world.courses {
            course.has_only_summaries = false;
        }
        check_any_order(&sandbox, &template, &world, Some(0))
    });
}

/// Rows of January of a war that has not ended: the day, and the score.
fn running(days_and_scores: &[(i64, i64)]) -> String {
    let [december, january, ..] = EDGES;
    let row = |(day, score): &(i64, i64)| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, started_at, recorded_at, status)
             VALUES (504, 'ranked', 1, 4, {score}, 0, {december}, {january} + {day} * 86400, 'ongoing');"
        )
    };
    days_and_scores.iter().map(row).collect()
}

/// A database that has only a summary of January of the same war.
fn with_summary(sandbox: &Sandbox, name: &str, score: i64, record_count: i64) {
    let [december, january, ..] = EDGES;
    let duration = january + 20 * 86400 - december;
    create(sandbox, name);
    sandbox.write(
        "summary.csv",
        &format!(
            "war_id,war_type,period_start,attacking_faction_id,defending_faction_id,final_attacking_score,\
             final_defending_score,duration_seconds,record_count\n\
             504,ranked,2028-01-01,1,4,{score},0,{duration},{record_count}\n"
        ),
    );
    import(sandbox, name, &["summary.csv"]);
}

#[test]
fn a_war_of_which_rows_repeat_ours_counts_the_same_rows_in_any_order_of_two_larger_summaries() {
    let sandbox = Sandbox::new();
    for (name, score, record_count) in [
        ("seven.db", 30, 7),
        ("eight.db", 30, 8),
        ("later_of_five.db", 40, 5),
        ("six.db", 30, 6),
        ("later_of_four.db", 40, 4),
    ] {
        with_summary(&sandbox, name, score, record_count);
    }
    for is_pruned in [false, true] {
        database(
            &sandbox,
            "mine.db",
            &running(&[(0, 10), (10, 20), (20, 30)]),
        );
        // Both rows repeat ours, so a summary of five rows counts no other ones.
        database(&sandbox, "repeated.db", &running(&[(1, 10), (11, 20)]));
        import(&sandbox, "mine.db", &["repeated.db"]);
        if is_pruned {
            prune(&sandbox, IN_APRIL, "mine.db", &["--keep-months", "1"]).expect(0);
        }
        for (files, expected) in [
            (["seven.db", "eight.db"], "30|8"),
            (["later_of_five.db", "six.db"], "40|6"),
            (["later_of_five.db", "seven.db"], "40|7"),
            (["later_of_five.db", "later_of_four.db"], "40|3"),
        ] {
            let backwards = [files[1], files[0]];
            for order in [files, backwards] {
                copy(&sandbox, "mine.db", "new.db");
                for file in order {
                    import(&sandbox, "new.db", &[file]);
                }

                assert_eq!(
                    rows(
                        &open(&sandbox, "new.db"),
                        "SELECT final_attacking_score, record_count FROM war_summary"
                    ),
                    [expected],
                    "{order:?} {is_pruned}"
                );
            }
        }
    }
}

/// Our rows of a war, the rows of another collector that repeat them, and summaries of others: the score, and the rows.
#[derive(Clone, Debug)]
struct Counts {
    own: i64,
    repeated: i64,
    others: Vec<(i64, i64)>,
    backwards: Vec<(i64, i64)>,
    is_pruned: bool,
}

const SCORE: i64 = 30;

fn any_counts() -> impl Strategy<Value = Counts> {
    let others = vec((SCORE..SCORE + 3, 1..12_i64), 1..4);
    (1..5_i64, 0..4_i64, others, any::<bool>()).prop_map(|(own, repeated, others, is_pruned)| {
        let backwards = others.iter().rev().copied().collect();
        Counts {
            own,
            repeated,
            others,
            backwards,
            is_pruned,
        }
    })
}

#[test]
fn a_war_counts_the_most_rows_that_ours_and_repeated_ones_do_not_account_for() {
    let sandbox = Sandbox::new();
    for_any_history(4, any_counts(), |counts| {
        let first = 20 - 4 * (counts.own - 1);
        let first_score = SCORE - (counts.own - 1);
        let own: Vec<(i64, i64)> = (0..counts.own)
            .map(|row| (first + 4 * row, first_score + row))
            .collect();
        let repeated: Vec<(i64, i64)> = (1..=counts.repeated)
            .map(|day| (first + day, first_score))
            .collect();
        database(&sandbox, "mine.db", &running(&own));
        database(&sandbox, "repeated.db", &running(&repeated));
        import(&sandbox, "mine.db", &["repeated.db"]);
        if counts.is_pruned {
            prune(&sandbox, IN_APRIL, "mine.db", &["--keep-months", "1"]).expect(0);
        }
        let score = counts.others.iter().map(|(score, _)| *score).max().unwrap();
        let larger = counts.others.iter().map(|(_, rows)| *rows);
        let larger = larger.filter(|rows| *rows > counts.own + counts.repeated);
        let expected = format!("{score}|{}", larger.max().unwrap_or(counts.own));
        for order in [&counts.others, &counts.backwards] {
            copy(&sandbox, "mine.db", "new.db");
            for (score, record_count) in order {
                with_summary(&sandbox, "other.db", *score, *record_count);
                import(&sandbox, "new.db", &["other.db"]);
            }

            let query = "SELECT final_attacking_score, record_count FROM war_summary";
            prop_assert_eq!(rows(&open(&sandbox, "new.db"), query), [expected.clone()]);
        }
        Ok(())
    });
}
