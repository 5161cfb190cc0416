//! Wars whose end one collector learned in a later month than the other.

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;

use super::closed::database;
use super::{copy, create, import, open};
use crate::month_model::{
    EDGES, IN_APRIL, IN_MARCH, for_any_history, prune, summaries, summarize, template,
};
use crate::support::{DAY, Sandbox, rows};

/// A collector that learned at this time that faction 1 won the war, and that polled two other factions later. The target of a
/// ranked war decays, so each collector has the one of its last poll.
fn collector(sandbox: &Sandbox, name: &str, learned_at: i64, last_target: i64) {
    let [december, ..] = EDGES;
    database(
        sandbox,
        name,
        &format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, required_score, status, winner_faction_id, started_at, ends_at, recorded_at)
             VALUES (504, 'ranked', 1, 4, 9, 3, {last_target}, 'completed', 1, {december}, {december} + 86400, {learned_at}),
                    (505, 'ranked', 5, 7, 1, 0, NULL, 'ongoing', NULL, {december}, NULL, {learned_at});"
        ),
    );
}

#[test]
fn a_war_counts_in_the_month_in_which_its_end_was_first_known_in_any_order() {
    let [_, january, february, ..] = EDGES;
    let orders: [&[&str]; 6] = [
        &["first.db", "second.db"],
        &["first.db", "pruned.db"],
        &["first.db", "pruned.db", "second.db"],
        &["pruned.db", "first.db"],
        &[
            "pruned.db",
            "first.db",
            "second.db",
            "pruned.db",
            "first.db",
        ],
        &["first_pruned.db", "pruned.db", "second.db"],
    ];
    let sandbox = Sandbox::new();
    collector(&sandbox, "first.db", february - 3600, 4976);
    collector(&sandbox, "first_pruned.db", february - 3600, 4976);
    collector(&sandbox, "second.db", february + 5 * 86400, 4994);
    collector(&sandbox, "pruned.db", february + 5 * 86400, 4994);
    for name in ["pruned.db", "first_pruned.db"] {
        prune(&sandbox, IN_APRIL, name, &["--keep-months", "1"]).expect(0);
    }
    for order in orders {
        create(&sandbox, "new.db");
        for file in order {
            import(&sandbox, "new.db", &[file]);
        }

        let found = open(&sandbox, "new.db");
        assert_eq!(
            rows(
                &found,
                "SELECT period_start, winner_faction_id FROM war_summary WHERE war_id = 504"
            ),
            [format!("{january}|1")],
            "{order:?}"
        );
        assert_eq!(
            rows(&found, "SELECT sum(won), sum(lost) FROM war_league"),
            ["1|1"],
            "{order:?}"
        );
        let before = summaries(&found);
        for file in order.iter().rev() {
            import(&sandbox, "new.db", &[file]);
        }
        assert_eq!(summaries(&found), before, "{order:?}");
    }
}

#[test]
fn the_end_of_a_war_from_a_month_that_is_pruned_here_replaces_the_same_end_of_an_open_month_in_any_order()
 {
    let [_, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    collector(&sandbox, "first.db", january + 20 * DAY, 4976);
    collector(&sandbox, "second.db", february + 5 * DAY, 4976);
    // Rows that a prune deletes: January is closed then.
    let closing = format!(
        "INSERT INTO war_status_history (war_id, war_type, status, started_at, attacking_score, recorded_at)
         VALUES (506, 'ranked', 'ongoing', {january}, 1, {january}), (506, 'ranked', 'ongoing', {january}, 2, {january} + 1);"
    );
    database(&sandbox, "target.db", &closing);
    for (name, now) in [
        ("first.db", IN_MARCH),
        ("target.db", IN_MARCH),
        ("second.db", IN_APRIL),
    ] {
        prune(&sandbox, now, name, &["--keep-months", "1"]).expect(0);
    }
    for files in [["first.db", "second.db"], ["second.db", "first.db"]] {
        copy(&sandbox, "target.db", "new.db");
        for file in files {
            import(&sandbox, "new.db", &[file]);
        }
        summarize(&sandbox, IN_APRIL, "new.db", &[]);

        let found = open(&sandbox, "new.db");
        let ends = "SELECT recorded_at FROM war_status_history WHERE war_id = 504";
        let months = "SELECT period_start, winner_faction_id FROM war_summary WHERE war_id = 504";
        assert_eq!(
            rows(&found, ends),
            [(january + 20 * DAY).to_string()],
            "{files:?}"
        );
        assert_eq!(rows(&found, months), [format!("{january}|1")], "{files:?}");
    }
}

/// A collector that learned of the end of a war at this time. `seen`: when it saw the war running, and the required score then,
/// which its end has, too.
fn ranked_collector(sandbox: &Sandbox, name: &str, seen: Option<(i64, i64)>, learned_at: i64) {
    let [december, january, ..] = EDGES;
    let row = |at: i64, score: i64, required: &str, end: &str| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, required_score, status, winner_faction_id, started_at, ends_at, recorded_at)
             VALUES (504, 'ranked', 1, 4, {score}, 3, {required}, {end}, {at});"
        )
    };
    let required = seen.map_or("NULL".to_owned(), |(_, required)| required.to_string());
    let running = seen.map(|(at, _)| {
        row(
            at,
            0,
            &required,
            &format!("'ongoing', NULL, {december}, NULL"),
        )
    });
    let won = format!("'completed', 1, {december}, {january} + 604800");
    let rows = running.unwrap_or_default() + &row(learned_at, 9, &required, &won);
    database(sandbox, name, &rows);
}

#[test]
fn a_war_is_won_once_if_only_a_pruned_collector_saw_its_newest_required_score() {
    let [december, january, february, ..] = EDGES;
    let (learned_at, pruned_learned_at) = (january + 14 * DAY, february + 4 * DAY);
    let sandbox = Sandbox::new();
    ranked_collector(&sandbox, "unknown.db", None, learned_at);
    let older = Some((december + 27 * DAY, 1000));
    ranked_collector(&sandbox, "older.db", older, learned_at);
    let newest = Some((december + 28 * DAY, 990));
    ranked_collector(&sandbox, "pruned.db", newest, pruned_learned_at);
    prune(&sandbox, IN_APRIL, "pruned.db", &["--keep-months", "1"]).expect(0);
    let kept = "SELECT recorded_at FROM war_status_history";
    assert_eq!(
        rows(&open(&sandbox, "pruned.db"), kept),
        [pruned_learned_at.to_string()]
    );
    create(&sandbox, "none.db");
    for other in ["unknown.db", "older.db"] {
        for (into, files) in [
            ("none.db", [other, "pruned.db"]),
            ("none.db", ["pruned.db", other]),
            (other, ["pruned.db", "pruned.db"]),
            ("pruned.db", [other, other]),
        ] {
            copy(&sandbox, into, "new.db");
            for file in files {
                import(&sandbox, "new.db", &[file]);
            }

            let found = open(&sandbox, "new.db");
            let case = format!("{files:?} into {into}");
            let ends = "SELECT recorded_at, required_score FROM war_status_history WHERE status = 'completed'";
            assert_eq!(rows(&found, ends), [format!("{learned_at}|990")], "{case}");
            let won = "SELECT period_start FROM war_summary WHERE winner_faction_id IS NOT NULL";
            assert_eq!(rows(&found, won), [january.to_string()], "{case}");
            let league = "SELECT sum(won), sum(lost) FROM war_league";
            assert_eq!(rows(&found, league), ["1|1"], "{case}");
            let before = summaries(&found);
            for file in files {
                import(&sandbox, "new.db", &[file]);
            }
            assert_eq!(summaries(&found), before, "{case}");
        }
    }
}

#[test]
fn a_war_counts_once_although_our_own_later_summary_of_it_was_pruned() {
    let [_, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    collector(&sandbox, "first.db", february - 3600, 4976);
    collector(&sandbox, "first_pruned.db", february - 3600, 4976);
    for name in ["late.db", "late_pruned.db"] {
        collector(&sandbox, name, february + 5 * 86400, 4994);
        // Rows that a prune deletes: February is closed then.
        let other = format!(
            "INSERT INTO war_status_history (war_id, war_type, status, started_at, attacking_score, recorded_at)
             VALUES (506, 'ranked', 'ongoing', {january}, 1, {february}), (506, 'ranked', 'ongoing', {january}, 2, {february} + 1);"
        );
        open(&sandbox, name).execute_batch(&other).unwrap();
        summarize(&sandbox, IN_APRIL, name, &[]);
    }
    for name in ["late_pruned.db", "first_pruned.db"] {
        prune(&sandbox, IN_APRIL, name, &["--keep-months", "1"]).expect(0);
    }
    for (into, file) in [
        ("late_pruned.db", "first.db"),
        ("late_pruned.db", "first_pruned.db"),
        ("first.db", "late_pruned.db"),
        ("first_pruned.db", "late.db"),
        ("first_pruned.db", "late_pruned.db"),
    ] {
        copy(&sandbox, into, "new.db");

        for _ in 0..2 {
            import(&sandbox, "new.db", &[file]);

            assert_eq!(
                rows(
                    &open(&sandbox, "new.db"),
                    "SELECT period_start, winner_faction_id FROM war_summary WHERE war_id = 504"
                ),
                [format!("{january}|1")],
                "{file} into {into}"
            );
        }
    }
}

/// A database in which the score of a won war was corrected in the next month. Both months are pruned.
fn with_corrected_score(sandbox: &Sandbox, name: &str) {
    let [december, january, february, ..] = EDGES;
    let row = |war: i64, score: i64, at: i64| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, status, winner_faction_id, started_at, ends_at, recorded_at)
             VALUES ({war}, 'ranked', 1, 4, {score}, 3, 'completed', 1, {december}, {december} + 86400, {at});"
        )
    };
    // Rows that a prune deletes: both months are closed then.
    let other = format!(
        "INSERT INTO war_status_history (war_id, war_type, status, started_at, attacking_score, recorded_at)
         VALUES (506, 'ranked', 'ongoing', {december}, 0, {january}), (506, 'ranked', 'ongoing', {december}, 1, {january} + 1),
                (506, 'ranked', 'ongoing', {december}, 2, {february}), (506, 'ranked', 'ongoing', {december}, 3, {february} + 1);"
    );
    let statements = row(504, 100, january) + &row(504, 120, february) + &other;
    database(sandbox, name, &statements);
    prune(sandbox, IN_APRIL, name, &["--keep-months", "1"]).expect(0);
}

#[test]
fn an_import_of_other_things_keeps_the_summary_of_a_corrected_score() {
    let sandbox = Sandbox::new();
    with_corrected_score(&sandbox, "mine.db");
    sandbox.write(
        "players.csv",
        "player_id,timestamp,level\n7,2028-02-02T00:00:00Z,10\n",
    );
    let before = rows(&open(&sandbox, "mine.db"), "SELECT * FROM war_summary");

    import(&sandbox, "mine.db", &["players.csv"]);

    assert_eq!(
        rows(&open(&sandbox, "mine.db"), "SELECT * FROM war_summary"),
        before
    );
}

#[test]
fn a_corrected_score_stays_and_its_war_counts_once_when_another_collector_names_the_winner() {
    let [_, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    let of_war = "SELECT period_start, final_attacking_score, winner_faction_id FROM war_summary
                  WHERE war_id = 504 ORDER BY 1";
    with_corrected_score(&sandbox, "corrected.db");
    create(&sandbox, "january.db");
    sandbox.write(
        "summary.csv",
        "war_id,war_type,period_start,attacking_faction_id,defending_faction_id,final_attacking_score,\
         final_defending_score,winner_faction_id,duration_seconds,record_count\n\
         504,ranked,2028-01-01,1,4,100,3,1,86400,30\n",
    );
    import(&sandbox, "january.db", &["summary.csv"]);
    for (into, file) in [
        ("corrected.db", "january.db"),
        ("january.db", "corrected.db"),
    ] {
        copy(&sandbox, into, "new.db");

        for _ in 0..2 {
            import(&sandbox, "new.db", &[file]);

            assert_eq!(
                rows(&open(&sandbox, "new.db"), of_war),
                [format!("{january}|100|1"), format!("{february}|120|")],
                "{file} into {into}"
            );
        }
        let again = import(&sandbox, "new.db", &[file]);
        assert!(
            again["tables"]["war_summary"]["taken"] == 0,
            "{file} into {into}: {again}"
        );
    }
}

/// The times at which one collector saw the war, and how long it keeps its rows.
#[derive(Clone, Debug)]
struct Course {
    /// When its score was first seen. `None`: only after the end.
    seen_at: Option<i64>,
    learned_at: i64,
    kept_months: usize,
}

fn any_course() -> impl Strategy<Value = Course> {
    let second = EDGES[0] + 1;
    (any::<bool>(), second + 1..EDGES[4], 1..5_usize).prop_map(
        move |(was_seen, learned_at, kept_months)| Course {
            seen_at: was_seen.then_some(second),
            learned_at,
            kept_months,
        },
    )
}

/// Writes the database of a collector, summarized and pruned.
fn write(sandbox: &Sandbox, template: &[u8], name: &str, course: &Course) {
    sandbox.remove_database(name);
    fs::write(sandbox.path(name), template).unwrap();
    let row = |at: i64, score: i64, end: &str| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, started_at, recorded_at, status, winner_faction_id, ends_at)
             VALUES (504, 'ranked', 1, 4, {score}, 3, {}, {at}, {end});",
            EDGES[0]
        )
    };
    let mut statements =
        "INSERT OR IGNORE INTO factions (faction_id, name) VALUES (1, 'One'), (4, 'Four');"
            .to_owned();
    if let Some(at) = course.seen_at {
        statements += &row(at, 5, "'ongoing', NULL, NULL");
    }
    statements += &row(
        course.learned_at,
        9,
        &format!("'completed', 1, {} + 1", EDGES[0]),
    );
    open(sandbox, name).execute_batch(&statements).unwrap();
    summarize(sandbox, IN_APRIL, name, &[]);
    if course.kept_months < 4 {
        let keep = ["--keep-months", &course.kept_months.to_string()];
        prune(sandbox, IN_APRIL, name, &keep).expect(0);
    }
}

#[test]
fn a_won_war_counts_once_whatever_was_pruned_and_imported_in_any_order() {
    const FILES: [&str; 3] = ["a.db", "b.db", "c.db"];
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    let any_order = vec(0..FILES.len(), 1..6);
    for_any_history(
        4,
        (vec(any_course(), FILES.len()), any_order),
        |(courses, order)| {
            for (name, course) in FILES.iter().zip(&courses) {
                write(&sandbox, &template, name, course);
            }
            create(&sandbox, "new.db");
            for file in &order {
                import(&sandbox, "new.db", &[FILES[*file]]);
            }
            let first = order
                .iter()
                .map(|file| courses[*file].learned_at)
                .min()
                .unwrap();
            let month = EDGES.iter().rfind(|edge| **edge <= first).unwrap();
            prop_assert_eq!(
                rows(
                    &open(&sandbox, "new.db"),
                    "SELECT period_start, winner_faction_id FROM war_summary
                 WHERE war_id = 504 AND winner_faction_id IS NOT NULL"
                ),
                [format!("{month}|1")]
            );
            Ok(())
        },
    );
}

/// A pruned collector that learned at this time that the war was cancelled, without a winner.
fn cancelled(sandbox: &Sandbox, name: &str, learned_at: i64) {
    let [december, _, february, ..] = EDGES;
    database(
        sandbox,
        name,
        &format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, status, started_at, ends_at, recorded_at)
             VALUES (504, 'ranked', 1, 4, 9, 3, 'ongoing', {december}, NULL, {december} + 3600),
                    (504, 'ranked', 1, 4, 9, 3, 'cancelled', {december}, {december} + 86400, {learned_at});
             INSERT INTO war_status_history (war_id, war_type, status, started_at, attacking_score, recorded_at)
             VALUES (506, 'ranked', 'ongoing', {december}, 1, {february} - 9),
                    (506, 'ranked', 'ongoing', {december}, 2, {february});"
        ),
    );
    prune(sandbox, IN_APRIL, name, &["--keep-months", "1"]).expect(0);
}

#[test]
fn a_war_without_a_winner_that_was_learned_in_two_pruned_months_has_a_summary_of_its_end_only_in_the_first()
 {
    let [december, january, ..] = EDGES;
    let sandbox = Sandbox::new();
    cancelled(&sandbox, "first.db", december + 9 * 86400);
    cancelled(&sandbox, "second.db", january + 5 * 86400);
    for (into, file) in [("first.db", "second.db"), ("second.db", "first.db")] {
        copy(&sandbox, into, "new.db");

        for _ in 0..2 {
            import(&sandbox, "new.db", &[file]);
            assert_eq!(
                rows(
                    &open(&sandbox, "new.db"),
                    "SELECT period_start, duration_seconds FROM war_summary WHERE war_id = 504"
                ),
                [format!("{december}|86400")],
                "{into}"
            );
        }
    }
}
