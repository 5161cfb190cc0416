//! A value that one collector saw change and change back between the rows of others.

use std::collections::BTreeSet;

use super::closed::{database, database_of_factions};
use super::{ORDERS, copy, create, import, open};
use crate::month_model::{EDGES, IN_APRIL, history_rows, prune, summaries, summarize};
use crate::support::{Sandbox, rows};

const FILES: [&str; 3] = ["early.db", "between.db", "late.db"];

/// Three collectors of faction 7: one saw 120 in December, one 125 at the end of January, and one 120 in February.
fn collectors() -> Sandbox {
    let [december, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    for (name, values) in FILES.into_iter().zip([
        format!("(7, {december} + 5, 120)"),
        format!("(7, {january} + 2000000, 125)"),
        format!("(7, {february} + 600, 120)"),
    ]) {
        database_of_factions(&sandbox, name, &values);
    }
    sandbox
}

const HISTORY: &str = "SELECT timestamp, respect FROM faction_history ORDER BY timestamp";

#[test]
fn a_row_that_repeats_another_until_a_third_collector_shows_a_change_between_them_is_kept_in_any_order()
 {
    let [december, january, february, ..] = EDGES;
    let sandbox = collectors();
    create(&sandbox, "new.db");
    let mut found = BTreeSet::new();
    for order in ORDERS {
        copy(&sandbox, "new.db", "merged.db");
        for file in order {
            import(&sandbox, "merged.db", &[FILES[file]]);
        }
        let merged = open(&sandbox, "merged.db");

        assert_eq!(
            rows(&merged, HISTORY),
            [
                format!("{}|120", december + 5),
                format!("{}|125", january + 2_000_000),
                format!("{}|120", february + 600),
            ],
            "{order:?}"
        );
        found.insert((rows(&merged, HISTORY), summaries(&merged)));
        for file in order {
            import(&sandbox, "merged.db", &[FILES[file]]);
        }
        found.insert((rows(&merged, HISTORY), summaries(&merged)));
    }
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_row_of_this_database_that_an_import_removed_comes_back_when_it_is_a_change_again() {
    let sandbox = collectors();
    copy(&sandbox, "late.db", "mine.db");

    let first = import(&sandbox, "mine.db", &["early.db"]);
    let second = import(&sandbox, "mine.db", &["between.db"]);

    assert_eq!(first["tables"]["faction_history"]["replaced"], 1);
    assert_eq!(second["tables"]["faction_history"]["taken"], 2);
    let mine = open(&sandbox, "mine.db");
    assert_eq!(rows(&mine, HISTORY).len(), 3);
    let before = (history_rows(&mine), summaries(&mine));
    summarize(&sandbox, IN_APRIL, "mine.db", &["--force"]);
    assert_eq!((history_rows(&mine), summaries(&mine)), before);
}

#[test]
fn a_prune_forgets_the_values_of_rows_that_were_left_out_and_still_counts_them() {
    let [december, _, february, ..] = EDGES;
    let sandbox = collectors();
    open(&sandbox, "late.db")
        .execute_batch(&format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {february} + 900, 120)"
        ))
        .unwrap();
    let rows_here = format!("(7, {december}, 110), (7, {december} + 5, 120)");
    database_of_factions(&sandbox, "mine.db", &rows_here);
    import(&sandbox, "mine.db", &["late.db"]);
    let kept = "SELECT sum(rows), sum(row <> '') FROM repeated_rows";
    assert_eq!(rows(&open(&sandbox, "mine.db"), kept), ["2|2"]);

    prune(&sandbox, IN_APRIL, "mine.db", &["--keep-months", "1"]).expect(0);

    assert_eq!(rows(&open(&sandbox, "mine.db"), kept), ["2|0"]);
    let records = "SELECT at, rows FROM repeated_rows";
    assert_eq!(
        rows(&open(&sandbox, "mine.db"), records),
        [format!("{february}|2")]
    );
}

#[test]
fn a_repeated_import_after_a_prune_replaces_no_summary_by_one_of_as_many_rows_as_it_had_left_out() {
    let [december, january, ..] = EDGES;
    let insert =
        "INSERT INTO faction_history (faction_id, timestamp, respect, member_count) VALUES";
    let sandbox = Sandbox::new();
    // This collector saw nothing new in January, and has pruned December.
    database(
        &sandbox,
        "observed.db",
        &format!(
            "{insert} (7, {december} + 10, 120, 50), (7, {december} + 20, 130, 50);
             INSERT INTO faction_observations VALUES (7, {january}, {january} + 60, {january} + 60, 1);"
        ),
    );
    prune(&sandbox, IN_APRIL, "observed.db", &[]).expect(0);
    // This one began to save the faction anew in January, when the number of members was unknown.
    database(
        &sandbox,
        "repeating.db",
        &format!("{insert} (7, {december}, 110, 50), (7, {january} + 90, 130, NULL)"),
    );
    create(&sandbox, "mine.db");
    import(&sandbox, "mine.db", &["observed.db"]);
    import(&sandbox, "mine.db", &["repeating.db"]);
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    let january = format!(
        "SELECT record_count, respect_end, member_count_end FROM faction_summary
         WHERE faction_id = 7 AND period_start = {january}"
    );
    assert_eq!(rows(&open(&sandbox, "mine.db"), &january), ["0|130|50"]);

    import(&sandbox, "mine.db", &["repeating.db"]);

    assert_eq!(rows(&open(&sandbox, "mine.db"), &january), ["0|130|50"]);
}
