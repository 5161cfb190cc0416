//! Wars of which the files of several collectors repeat each other's scores in months that one of them has pruned.

use super::closed::database;
use super::{ORDERS, copy, create, import, open};
use crate::month_model::{EDGES, IN_APRIL, history_rows, prune, summaries};
use crate::support::{Sandbox, heavy, rows};

const DAY: i64 = 86400;

/// When the war of [`row`] has started.
const STARTED_AT: i64 = EDGES[0] + 19 * DAY;

/// A row of a war. `end`: its status, the winner and the end.
fn row(at: i64, score: i64, end: &str) -> String {
    format!(
        "INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id,
             attacking_score, defending_score, required_score, started_at, recorded_at, status, winner_faction_id, ends_at)
         VALUES (504, 'territory', 'AAA', 1, 4, {score}, 0, 1000, {STARTED_AT}, {at}, {end});"
    )
}

fn running(at: i64, score: i64) -> String {
    row(at, score, "'ongoing', NULL, NULL")
}

fn won(at: i64, score: i64, ended_at: i64) -> String {
    row(at, score, &format!("'completed', 1, {ended_at}"))
}

/// The month, the rows, the score, the winner and the duration of each summary of the war.
fn war(sandbox: &Sandbox) -> Vec<String> {
    rows(
        &open(sandbox, "new.db"),
        "SELECT period_start, record_count, final_attacking_score, coalesce(winner_faction_id, 0), duration_seconds
         FROM war_summary WHERE war_id = 504 ORDER BY 1",
    )
}

/// Prunes the file of the collector that has pruned January.
fn prune_january(sandbox: &Sandbox) {
    prune(sandbox, IN_APRIL, "pruned.db", &["--keep-months", "1"]).expect(0);
    let kept = "SELECT count(*), min(recorded_at) >= 1832976000 FROM war_status_history WHERE war_id = 504";
    assert_eq!(rows(&open(sandbox, "pruned.db"), kept), ["1|1"]);
}

/// Imports the files in each order, and then again.
fn expect_in_any_order(sandbox: &Sandbox, files: [&str; 3], expected: &[String]) {
    for order in ORDERS {
        create(sandbox, "new.db");
        for number in order {
            import(sandbox, "new.db", &[files[number]]);
        }
        assert_eq!(war(sandbox), expected, "{order:?}");
        let history = history_rows(&open(sandbox, "new.db"));
        for number in order {
            import(sandbox, "new.db", &[files[number]]);
            assert_eq!(war(sandbox), expected, "{order:?} again: {number}");
            assert_eq!(history_rows(&open(sandbox, "new.db")), history);
        }
    }
}

#[test]
fn a_pruned_month_all_of_whose_rows_repeat_earlier_scores_has_no_summary_of_the_war_in_any_order() {
    let [_, january, february, ..] = EDGES;
    let (seen_at, ended_at) = (january - 6 * DAY, february + 3 * DAY);
    let sandbox = Sandbox::new();
    let collector = |name: &str, seen_at: i64, learned_at: i64| {
        let rows = running(seen_at, 0) + &won(learned_at, 9, ended_at);
        database(&sandbox, name, &rows);
    };
    collector("pruned.db", january + DAY, february + 6 * DAY);
    prune_january(&sandbox);
    collector("second.db", january + 2 * DAY, february + 4 * DAY);
    collector("first.db", seen_at, february + 8 * DAY);

    expect_in_any_order(
        &sandbox,
        ["pruned.db", "second.db", "first.db"],
        &[
            format!("{}|1|0|0|{}", EDGES[0], seen_at - STARTED_AT),
            format!("{february}|1|9|1|{}", ended_at - STARTED_AT),
        ],
    );
}

#[test]
fn a_pruned_month_with_more_rows_than_repeat_known_scores_keeps_its_own_duration_in_any_order() {
    let [_, january, february, ..] = EDGES;
    let (seen_at, ended_at) = (january - 6 * DAY, february + 3 * DAY);
    let sandbox = Sandbox::new();
    database(
        &sandbox,
        "pruned.db",
        &(running(january + DAY, 5)
            + &running(january + 2 * DAY, 6)
            + &running(january + 4 * DAY, 7)
            + &won(february + 6 * DAY, 9, ended_at)),
    );
    prune_january(&sandbox);
    let collector = |name: &str, at: i64| {
        database(
            &sandbox,
            name,
            &(running(at, 5) + &won(february + 4 * DAY, 9, ended_at)),
        );
    };
    // The second one's row of January repeats the first one's, which is older.
    collector("second.db", january + 9 * DAY);
    collector("first.db", seen_at);

    expect_in_any_order(
        &sandbox,
        ["pruned.db", "second.db", "first.db"],
        &[
            format!("{}|1|5|0|{}", EDGES[0], seen_at - STARTED_AT),
            format!("{january}|3|7|0|{}", january + 4 * DAY - STARTED_AT),
            format!("{february}|1|9|1|{}", ended_at - STARTED_AT),
        ],
    );
}

#[test]
fn a_row_that_came_back_in_the_file_of_another_collector_counts_once() {
    let [_, january, february, ..] = EDGES;
    let (first_at, ended_at) = (january + 9 * DAY, february + 3 * DAY);
    let sandbox = Sandbox::new();
    let learned = won(february + 6 * DAY, 9, ended_at);
    let collector = |name: &str, at: i64| database(&sandbox, name, &(running(at, 5) + &learned));
    collector("new.db", first_at);
    collector("other.db", january + 21 * DAY);
    let before = [(1, 1), (7, 3), (8, 5)].map(|(day, score)| running(january + day * DAY, score));
    database(&sandbox, "pruned.db", &(before.concat() + &learned));
    prune_january(&sandbox);

    for _ in 0..2 {
        import(&sandbox, "new.db", &["other.db"]);
        import(&sandbox, "other.db", &["new.db"]);
    }

    let repeated = "SELECT at, rows FROM repeated_rows";
    let expected = [format!("{}|1", january + 21 * DAY)];
    for name in ["new.db", "other.db"] {
        assert_eq!(rows(&open(&sandbox, name), repeated), expected, "{name}");
    }
    import(&sandbox, "new.db", &["pruned.db"]);
    assert_eq!(war(&sandbox)[0].split('|').nth(1), Some("3"));
}

#[test]
fn a_row_that_stays_although_another_collector_has_left_it_out_counts_once() {
    let [_, january, february, ..] = EDGES;
    let (first_at, later_at) = (january + 9 * DAY, january + 21 * DAY);
    let sandbox = Sandbox::new();
    let learned = won(february + 6 * DAY, 9, february + 3 * DAY);
    let collector = |name: &str, at: i64| database(&sandbox, name, &(running(at, 5) + &learned));
    collector("first.db", first_at);
    collector("new.db", later_at);
    import(&sandbox, "first.db", &["new.db"]);
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");

    import(&sandbox, "new.db", &["first.db"]);

    let found = open(&sandbox, "new.db");
    let running = "SELECT recorded_at FROM war_status_history WHERE status = 'ongoing' ORDER BY 1";
    let expected = [first_at, later_at].map(|at| at.to_string());
    assert_eq!(rows(&found, running), expected);
    assert!(rows(&found, "SELECT at, rows FROM repeated_rows").is_empty());
}

/// A collector of a war whose required score decays, so that rows of the same score are changes. `days`: the day of January, and
/// the required score.
fn decaying(sandbox: &Sandbox, name: &str, days: &[(i64, i64)]) {
    let [_, january, february, ..] = EDGES;
    let row = |(day, required): &(i64, i64)| {
        running(january + day * DAY, 0).replace(", 1000, ", &format!(", {required}, "))
    };
    let learned = won(february + 6 * DAY, 9, february + 3 * DAY);
    database(
        sandbox,
        name,
        &(days.iter().map(row).collect::<String>() + &learned),
    );
}

#[test]
fn a_pruned_month_with_all_rows_of_a_war_keeps_its_duration_before_and_after_a_prune_in_any_order()
{
    let [_, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    let collector = |name: &str, days: &[(i64, i64)]| decaying(&sandbox, name, days);
    collector("pruned.db", &[(11, 1000), (14, 995), (21, 990)]);
    prune_january(&sandbox);
    collector("second.db", &[(12, 1000)]);
    collector("third.db", &[(13, 1000)]);
    let files = ["pruned.db", "second.db", "third.db"];
    let ended = format!("{february}|1|9|1|{}", february + 3 * DAY - STARTED_AT);
    let expected = [
        format!("{january}|3|0|0|{}", january + 21 * DAY - STARTED_AT),
        ended,
    ];

    expect_in_any_order(&sandbox, files, &expected);
    for order in ORDERS {
        create(&sandbox, "new.db");
        for number in order {
            import(&sandbox, "new.db", &[files[number]]);
        }
        prune(&sandbox, IN_APRIL, "new.db", &["--keep-months", "1"]).expect(0);
        for number in order {
            let report = import(&sandbox, "new.db", &[files[number]]);

            assert_eq!(war(&sandbox), expected, "{order:?} {number}");
            assert_eq!(
                report["tables"]["war_summary"]["taken"], 0,
                "{order:?} {number}"
            );
        }
    }
}

#[test]
fn of_two_summaries_with_unknown_rows_the_one_of_more_rows_tells_the_duration_in_any_order() {
    let january = EDGES[1];
    let sandbox = Sandbox::new();
    let collector = |name: &str, days: &[(i64, i64)]| decaying(&sandbox, name, days);
    for (name, days) in [
        ("three.db", &[(11, 1000), (14, 995), (20, 991)][..]),
        ("two.db", &[(11, 1000), (22, 990)]),
    ] {
        collector("pruned.db", days);
        prune_january(&sandbox);
        copy(&sandbox, "pruned.db", name);
    }
    collector("own.db", &[(12, 1000)]);
    let duration = january + 20 * DAY - STARTED_AT;
    let expected = format!("{january}|3|0|0|{duration}");
    for is_pruned in [false, true] {
        if is_pruned {
            prune(&sandbox, IN_APRIL, "own.db", &["--keep-months", "1"]).expect(0);
        }
        for files in [["three.db", "two.db"], ["two.db", "three.db"]] {
            copy(&sandbox, "own.db", "new.db");
            for file in [files, files].concat() {
                import(&sandbox, "new.db", &[file]);
            }
            assert_eq!(war(&sandbox)[0], expected, "{files:?} {is_pruned}");
        }
    }
}

#[test]
fn files_that_were_imported_before_a_prune_change_no_summary_of_a_war_after_it() {
    let [december, january, february, march, ..] = EDGES;
    let ended_at = march - DAY;
    let sandbox = Sandbox::new();
    let early = running(january - 2 * DAY, 4) + &running(january + 9 * DAY, 5);
    database(
        &sandbox,
        "early.db",
        &(early + &won(ended_at + 60, 9, ended_at)),
    );
    // These rows of January and February repeat the score of the other collector.
    let late = running(january + DAY, 4) + &running(january + 19 * DAY, 5);
    let late = late + &won(march + DAY, 9, ended_at);
    database(&sandbox, "late.db", &late);
    let later = running(february + 9 * DAY, 5) + &won(march + 2 * DAY, 9, ended_at);
    database(&sandbox, "later.db", &later);
    let files = ["early.db", "late.db", "later.db"];
    let expected = [
        format!("{december}|1|4|0|{}", january - 2 * DAY - STARTED_AT),
        format!("{january}|1|5|0|{}", january + 9 * DAY - STARTED_AT),
        format!("{february}|1|9|1|{}", ended_at - STARTED_AT),
    ];
    let mut number = 0;
    for order in ORDERS {
        for kept_months in ["1", "2", "3"] {
            number += 1;
            if number % heavy(1, 4) != 0 {
                continue;
            }
            create(&sandbox, "new.db");
            for number in order {
                import(&sandbox, "new.db", &[files[number]]);
            }
            assert_eq!(war(&sandbox), expected, "{order:?}");
            prune(
                &sandbox,
                IN_APRIL,
                "new.db",
                &["--keep-months", kept_months],
            )
            .expect(0);
            let before = summaries(&open(&sandbox, "new.db"));
            let history = history_rows(&open(&sandbox, "new.db"));

            for number in [order, ORDERS[0]].concat() {
                import(&sandbox, "new.db", &[files[number]]);

                let case = format!("{order:?} {kept_months} {number}");
                assert_eq!(summaries(&open(&sandbox, "new.db")), before, "{case}");
                assert_eq!(history_rows(&open(&sandbox, "new.db")), history, "{case}");
            }
        }
    }
}

#[test]
fn a_change_at_the_start_of_a_month_is_taken_although_later_rows_repeat_the_pruned_month_before() {
    let [_, january, ..] = EDGES;
    let sandbox = Sandbox::new();
    let polls = [january - 2 * DAY, january + 2 * DAY].map(|at| running(at, 10));
    database(&sandbox, "polls.db", &polls.concat());
    database(&sandbox, "change.db", &running(january, 20));
    create(&sandbox, "new.db");
    import(&sandbox, "new.db", &["polls.db"]);
    prune(&sandbox, IN_APRIL, "new.db", &["--keep-months", "3"]).expect(0);

    import(&sandbox, "new.db", &["change.db"]);

    let scores = "SELECT recorded_at, attacking_score FROM war_status_history ORDER BY 1";
    let found = rows(&open(&sandbox, "new.db"), scores);
    assert!(found.contains(&format!("{january}|20")), "{found:?}");
}
