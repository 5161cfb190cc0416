//! A merged database that is imported itself: the result is the same as of the imports of its sources.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::closed::{database, database_of_factions};
use super::two_collectors::{
    Changes, Poll, any_changes, any_polls, collect_values, facts, polls_of,
};
use super::{ORDERS, copy, create, import, open};
use crate::month_model::{
    EDGES, IN_APRIL, for_any_history, history_rows, prune, summaries, summarize, template,
};
use crate::support::{Sandbox, heavy, rows};

const FILES: [&str; 3] = ["early.db", "between.db", "late.db"];

const REMEMBERED: &str =
    "SELECT history, entity, at, rows, row FROM repeated_rows WHERE rows > 0 ORDER BY 1, 2, 3";

/// Three collectors of faction 7: one saw 120 in December, one 125 in January, and one 120 later in January.
fn collectors() -> Sandbox {
    let [december, january, ..] = EDGES;
    let sandbox = Sandbox::new();
    for (name, values) in FILES.into_iter().zip([
        format!("(7, {december} + 5, 120)"),
        format!("(7, {january} + 600, 125)"),
        format!("(7, {january} + 900, 120)"),
    ]) {
        database_of_factions(&sandbox, name, &values);
    }
    sandbox
}

/// The history, the remembered rows and the summaries of a database.
fn known(sandbox: &Sandbox, name: &str) -> [Vec<String>; 3] {
    let found = open(sandbox, name);
    let history = "SELECT faction_id, timestamp, respect FROM faction_history ORDER BY 1, 2";
    [
        rows(&found, history),
        rows(&found, REMEMBERED),
        summaries(&found),
    ]
}

/// Imports these files into a copy of `into`, named `name`.
fn merge(sandbox: &Sandbox, into: &str, name: &str, files: &[&str]) {
    copy(sandbox, into, name);
    for file in files {
        import(sandbox, name, &[file]);
    }
}

#[test]
fn a_row_that_a_merged_database_left_out_comes_back_when_a_third_collector_shows_a_change_in_any_order()
 {
    let [december, january, ..] = EDGES;
    let sandbox = collectors();
    create(&sandbox, "new.db");
    let expected = [
        format!("7|{}|120", december + 5),
        format!("7|{}|125", january + 600),
        format!("7|{}|120", january + 900),
    ];
    let mut found = BTreeSet::new();
    let mut number = 0;
    for order in ORDERS {
        let [first, second, third] = order.map(|file| FILES[file]);
        for into in [first, "new.db"] {
            merge(&sandbox, into, "merged.db", &[first, second]);
            for files in [["merged.db", third], [third, "merged.db"]] {
                for target in ["new.db", files[0], first, third] {
                    number += 1;
                    if number % heavy(1, 5) != 0 {
                        continue;
                    }
                    merge(&sandbox, target, "target.db", &files);

                    let known_there = known(&sandbox, "target.db");
                    assert_eq!(
                        known_there[0], expected,
                        "{order:?} {into} {files:?} {target}"
                    );
                    found.insert(known_there);
                }
            }
        }
    }
    let histories: BTreeSet<_> = found
        .iter()
        .map(|[history, _, summaries]| (history, summaries))
        .collect();
    assert_eq!(histories.len(), 1, "{found:?}");
}

#[test]
fn a_row_that_a_merged_database_left_out_is_remembered_and_counted_as_if_its_file_was_imported() {
    let sandbox = collectors();
    create(&sandbox, "new.db");
    merge(&sandbox, "early.db", "merged.db", &["late.db"]);
    merge(&sandbox, "new.db", "expected.db", &["early.db", "late.db"]);
    create(&sandbox, "target.db");

    let first = import(&sandbox, "target.db", &["merged.db"]);
    let second = import(&sandbox, "target.db", &["merged.db"]);

    let history = &first["tables"]["faction_history"];
    assert_eq!(history["taken"], 1, "{history}");
    assert_eq!(
        history["unchanged"], 0,
        "the file has this row in no history: {history}"
    );
    assert_eq!(second["tables"]["faction_history"]["taken"], 0);
    let expected = known(&sandbox, "expected.db");
    assert_eq!(expected[1].len(), 1);
    assert_eq!(known(&sandbox, "target.db"), expected);
}

#[test]
fn a_row_that_a_merged_database_left_out_is_taken_if_it_is_a_change_here_and_is_taken_once() {
    let sandbox = collectors();
    merge(&sandbox, "early.db", "merged.db", &["late.db"]);
    copy(&sandbox, "between.db", "target.db");

    let rehearsal = import(&sandbox, "target.db", &["merged.db", "--dry-run"]);
    assert_eq!(known(&sandbox, "target.db"), known(&sandbox, "between.db"));
    let first = import(&sandbox, "target.db", &["merged.db"]);
    let before = (
        history_rows(&open(&sandbox, "target.db")),
        known(&sandbox, "target.db"),
    );
    for file in ["merged.db", "early.db", "late.db", "merged.db"] {
        let again = import(&sandbox, "target.db", &[file]);

        assert_eq!(again["tables"]["faction_history"]["taken"], 0, "{file}");
        let now = (
            history_rows(&open(&sandbox, "target.db")),
            known(&sandbox, "target.db"),
        );
        assert_eq!(now, before, "{file}");
    }

    assert_eq!(first["tables"]["faction_history"]["taken"], 2);
    assert_eq!(rehearsal["tables"], first["tables"]);
    assert_eq!(before.1[1], Vec::<String>::new());
}

#[test]
fn a_chain_of_merged_databases_remembers_what_the_first_of_them_left_out() {
    let sandbox = collectors();
    create(&sandbox, "new.db");
    merge(&sandbox, "early.db", "merged.db", &["late.db"]);
    merge(&sandbox, "new.db", "second.db", &["merged.db"]);
    merge(&sandbox, "new.db", "third.db", &["second.db"]);
    merge(&sandbox, "new.db", "target.db", &["third.db", "between.db"]);
    merge(&sandbox, "new.db", "expected.db", &FILES);

    assert_eq!(known(&sandbox, "target.db"), known(&sandbox, "expected.db"));
}

#[test]
fn a_damaged_record_of_a_left_out_row_is_left_and_named_and_the_rest_is_imported() {
    const NO_ARRAY: &str = "row is not an array of the columns";
    const OTHER: &str = "row is of another entity or time";

    let [_, january, ..] = EDGES;
    let at = january + 900;
    let good = format!("[7, {at}, 120, null, null, null]");
    for (rows_there, row, reason) in [
        ("1", "no JSON".to_owned(), NO_ARRAY),
        ("1", "[".repeat(100_000), NO_ARRAY),
        ("1", format!("[7, {at}, 120]"), NO_ARRAY),
        ("1", format!("[7, {at}, [1], null, null, null]"), NO_ARRAY),
        (
            "1",
            format!("{{\"faction_id\": 7, \"timestamp\": {at}}}"),
            NO_ARRAY,
        ),
        ("1", format!("[5, {at}, 120, null, null, null]"), OTHER),
        ("1", format!("[7, {january}, 120, null, null, null]"), OTHER),
        ("9223372036854775807", good, "rows is out of range"),
    ] {
        let sandbox = collectors();
        merge(&sandbox, "early.db", "merged.db", &["late.db"]);
        let merged = open(&sandbox, "merged.db");
        let damage = format!("UPDATE repeated_rows SET rows = {rows_there}, row = ?");
        assert_eq!(merged.execute(&damage, [&row]).unwrap(), 1);
        drop(merged);
        copy(&sandbox, "between.db", "target.db");

        let command = [
            "import",
            "merged.db",
            "--no-backup",
            "--json",
            "--database",
            "target.db",
        ];
        let finished = sandbox.run_at(IN_APRIL, &command).expect(3);

        let history = &finished.json()["tables"]["faction_history"];
        assert_eq!(history["taken"], 1, "{history}");
        let reason = format!("repeated_rows: {reason}");
        assert_eq!(history["left"], json!([{ "count": 1, "reason": reason }]));
    }
}

#[test]
fn a_left_out_row_of_a_month_that_is_pruned_here_is_not_remembered_and_does_not_count() {
    let [december, january, february, ..] = EDGES;
    let sandbox = collectors();
    merge(&sandbox, "early.db", "merged.db", &["late.db"]);
    let later = format!(
        "(7, {december}, 110), (7, {december} + 5, 120), (7, {january} + 5, 130), (7, {february}, 140)"
    );
    database_of_factions(&sandbox, "mine.db", &later);
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    copy(&sandbox, "mine.db", "expected.db");
    import(&sandbox, "expected.db", &["late.db"]);

    let report = import(&sandbox, "mine.db", &["merged.db"]);

    assert_eq!(report["late"], json!([]));
    let history = "SELECT timestamp, respect FROM faction_history ORDER BY 1";
    for query in [history, REMEMBERED] {
        assert_eq!(
            rows(&open(&sandbox, "mine.db"), query),
            rows(&open(&sandbox, "expected.db"), query)
        );
    }
    assert_eq!(
        summaries(&open(&sandbox, "mine.db")),
        summaries(&open(&sandbox, "expected.db"))
    );
}

#[test]
fn rows_of_wars_that_a_merged_database_left_out_count_as_those_of_their_files() {
    let [_, january, ..] = EDGES;
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    // The second and the third collector repeat what the first one knows, one of them with each of two polls.
    for (name, rows_there) in FILES.into_iter().zip([
        format!("({january} + 60, 100), ({january} + 900, 200)"),
        format!("({january} + 300, 100), ({january} + 600, 100)"),
        format!("({january} + 1200, 200)"),
    ]) {
        let war = format!(
            "WITH seen (at, score) AS (VALUES {rows_there})
             INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 status, started_at, recorded_at)
             SELECT 3, 'ranked', 1, 4, score, 'ongoing', {january}, at FROM seen;"
        );
        database(&sandbox, name, &war);
    }
    let mut most_remembered = 0;
    for order in ORDERS {
        let [first, second, third] = order.map(|file| FILES[file]);
        merge(&sandbox, "new.db", "merged.db", &[first, second]);
        for (files, sources) in [
            (["merged.db", third], [first, second, third]),
            ([third, "merged.db"], [third, first, second]),
        ] {
            merge(&sandbox, "new.db", "expected.db", &sources);
            let expected = all_known(&sandbox, "expected.db");
            most_remembered = most_remembered.max(expected[1].len());

            merge(&sandbox, "new.db", "target.db", &files);

            assert_eq!(all_known(&sandbox, "target.db"), expected, "{files:?}");
        }
    }
    assert_eq!(most_remembered, 3);
}

/// Polls of three collectors, and how their databases are merged.
#[derive(Clone, Debug)]
struct Merges {
    polls: Vec<(usize, Poll)>,
    changes: Changes,
    /// The first two are merged to a database, and all three make the result.
    order: Vec<usize>,
    /// Whether the first two are imported into a new database, and not the second one into the first one.
    is_new: bool,
    /// The database that the others are imported into.
    into: &'static str,
    /// The files of the result, in the order of their imports. They may have sources of the merged database, too.
    files: Vec<&'static str>,
}

fn any_merges() -> impl Strategy<Value = Merges> {
    let order = Just(vec![0_usize, 1, 2]).prop_shuffle();
    (any_polls(3), any_changes(), order, any::<bool>()).prop_flat_map(
        |(polls, changes, order, is_new)| {
            let last = FILES[order[2]];
            let files = vec!["merged.db", last, FILES[order[0]], FILES[order[1]]];
            let into = select(vec!["new.db", "merged.db", last, FILES[order[0]]]);
            let merges = move |(into, files, of): (_, Vec<_>, usize)| {
                let has_all =
                    |files: &[&str]| files.contains(&"merged.db") && files.contains(&last);
                let enough = (of..=files.len()).find(|of| has_all(&files[..*of]));
                Merges {
                    polls: polls.clone(),
                    changes: changes.clone(),
                    order: order.clone(),
                    is_new,
                    into,
                    files: files[..enough.unwrap_or(files.len())].to_vec(),
                }
            };
            (into, Just(files).prop_shuffle(), 2..5_usize).prop_map(merges)
        },
    )
}

/// The history without ids, the remembered rows and the summaries.
fn all_known(sandbox: &Sandbox, name: &str) -> [Vec<String>; 3] {
    let found = open(sandbox, name);
    [facts(&found), rows(&found, REMEMBERED), summaries(&found)]
}

#[test]
fn a_merged_database_and_its_sources_make_the_same_history_also_of_values_that_change_back() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    fs::write(sandbox.path("new.db"), &template).unwrap();
    for_any_history(4, any_merges(), |merges| {
        for (collector, name) in FILES.iter().enumerate() {
            sandbox.remove_database(name);
            fs::write(sandbox.path(name), &template).unwrap();
            let polls = polls_of(&merges.polls, &[collector]);
            collect_values(&sandbox.path(name), &polls, &merges.changes, |passed| {
                passed % 3 + 1
            });
            summarize(&sandbox, IN_APRIL, name, &[]);
        }
        let [first, second, ..] = merges.order[..] else {
            unreachable!()
        };
        let into = if merges.is_new {
            "new.db"
        } else {
            FILES[first]
        };
        merge(&sandbox, into, "merged.db", &[FILES[first], FILES[second]]);

        merge(&sandbox, "new.db", "expected.db", &FILES);
        merge(&sandbox, merges.into, "target.db", &merges.files);

        prop_assert_eq!(
            all_known(&sandbox, "target.db"),
            all_known(&sandbox, "expected.db")
        );
        import(&sandbox, "target.db", &["merged.db"]);
        prop_assert_eq!(
            all_known(&sandbox, "target.db"),
            all_known(&sandbox, "expected.db")
        );
        Ok(())
    });
}
