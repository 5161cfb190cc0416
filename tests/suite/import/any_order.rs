//! Three collectors that keep different months: the summaries after the imports are the same in any order, and after any
//! repetition.

use proptest::prelude::*;

use super::closed::database;
use super::many_collectors::{FILES, World, any_world, check_sums, write};
use super::{copy, import, open};
use crate::month_model::{
    EDGES, IN_APRIL, for_any_history, history_rows, prune, summaries, template,
};
use crate::support::{Sandbox, rows};

/// Imports the files in this order into a copy of `into`, and returns the summaries.
fn import_in_order(
    sandbox: &Sandbox,
    into: &str,
    files: &[&str],
) -> Result<Vec<String>, TestCaseError> {
    copy(sandbox, into, "merged.db");
    for file in files {
        import(sandbox, "merged.db", &[file]);
        check_sums(&open(sandbox, "merged.db"))?;
    }
    Ok(summaries(&open(sandbox, "merged.db")))
}

/// The files of this order, without the one that they are imported into.
fn sources<'a>(order: &[usize], into: &str) -> Vec<&'a str> {
    let files = order.iter().map(|number| FILES[*number]);
    files.filter(|file| *file != into).collect()
}

/// Imports the other files in two orders into the first one, and in the second order again.
fn check_any_order(sandbox: &Sandbox, template: &[u8], world: &World) -> Result<(), TestCaseError> {
    write(sandbox, template, world);
    let into = FILES[world.order[0]];
    let again = sources(&world.again, into);

    let first = import_in_order(sandbox, into, &sources(&world.order, into))?;
    let second = import_in_order(sandbox, into, &again)?;

    prop_assert_eq!(
        &first,
        &second,
        "{:?} {:?}",
        sources(&world.order, into),
        again
    );
    let history = history_rows(&open(sandbox, "merged.db"));
    for file in again.iter().chain(&again) {
        import(sandbox, "merged.db", &[file]);
        let found = open(sandbox, "merged.db");
        prop_assert_eq!(&history_rows(&found), &history, "{}", file);
        prop_assert_eq!(&summaries(&found), &second, "{}", file);
    }
    Ok(())
}

#[test]
fn summaries_are_the_same_in_any_order_and_after_any_repetition_although_the_others_have_pruned() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(2, any_world(), |mut world: World| {
        world.begin_unpruned();
        check_any_order(&sandbox, &template, &world)
    });
}

#[test]
fn summaries_are_the_same_in_any_order_and_after_any_repetition_although_all_have_pruned() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(2, any_world(), |world: World| {
        check_any_order(&sandbox, &template, &world)
    });
}

/// A database of one collector that has pruned January.
fn pruned(sandbox: &Sandbox, name: &str, statements: &str) {
    database(sandbox, name, statements);
    prune(sandbox, IN_APRIL, name, &[]).expect(0);
}

/// The summary of January of faction 7 and tile AAA, after imports of these files into `new.db`.
fn of_january(sandbox: &Sandbox, into: &str, files: &[&str]) -> Vec<String> {
    import_in_order(sandbox, into, files).unwrap();
    let [_, january, ..] = EDGES;
    rows(
        &open(sandbox, "merged.db"),
        &format!(
            "SELECT 'faction', respect_start, respect_end, record_count FROM faction_summary
             WHERE faction_id = 7 AND period_start = {january}
             UNION ALL
             SELECT 'tile', faction_id_start, faction_id_end, record_count FROM territory_ownership_summary
             WHERE territory_id = 'AAA' AND period_start = {january}"
        ),
    )
}

/// Rows of faction 7 in January, a second apart, that rise by one.
fn rising(count: i64, from: i64) -> String {
    let [_, january, february, ..] = EDGES;
    let values = (0..count).map(|row| format!("(7, {january} + {from} + {row}, {from} + {row}),"));
    format!(
        "INSERT INTO faction_history (faction_id, timestamp, respect)
         VALUES {} (1, {january}, 1), (1, {january} + 1, 2), (1, {february}, 3);",
        values.collect::<String>()
    )
}

#[test]
fn the_summary_of_the_most_rows_stays_in_any_order_although_its_collector_has_pruned_nothing() {
    let sandbox = Sandbox::new();
    pruned(&sandbox, "mine.db", &rising(0, 0));
    pruned(&sandbox, "few.db", &rising(2, 100));
    database(&sandbox, "some.db", &rising(3, 200));
    pruned(&sandbox, "many.db", &rising(4, 300));
    // The same rows of one more second: it differs from the other in nothing but their number.
    let [_, january, ..] = EDGES;
    let repeated = format!(
        "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {january} + 299, 300);"
    );
    pruned(&sandbox, "most.db", &(rising(4, 300) + &repeated));
    for order in [
        ["few.db", "some.db", "many.db", "most.db"],
        ["some.db", "many.db", "most.db", "few.db"],
        ["most.db", "many.db", "some.db", "few.db"],
        ["many.db", "few.db", "most.db", "some.db"],
    ] {
        let found = of_january(&sandbox, "mine.db", &order);

        assert_eq!(found, ["faction|300|303|5"], "{order:?}");
    }
}

#[test]
fn of_summaries_of_as_many_rows_the_one_with_the_later_last_row_stays_whole_in_any_order() {
    let [_, january, february, ..] = EDGES;
    // Prunes close January of the tiles with these rows.
    let others = format!(
        "INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at)
         VALUES ('AAB', 1, {january}), ('AAB', 4, {january} + 1), ('AAB', 5, {february});"
    );
    let tile = |owner: i64, day: i64| {
        format!(
            "{others}
             INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at)
             VALUES ('AAA', {owner}, {january} + {day} * 86400), ('AAA', 1, {february});"
        )
    };
    let sandbox = Sandbox::new();
    pruned(&sandbox, "early.db", &(rising(2, 100) + &tile(5, 1)));
    pruned(&sandbox, "middle.db", &(rising(2, 200) + &tile(7, 10)));
    pruned(&sandbox, "late.db", &(rising(2, 300) + &tile(4, 20)));
    pruned(&sandbox, "mine.db", &(rising(0, 0) + &others));
    for order in [
        ["early.db", "middle.db", "late.db"],
        ["late.db", "early.db", "middle.db"],
        ["middle.db", "late.db", "early.db"],
    ] {
        let found = of_january(&sandbox, "mine.db", &order);

        assert_eq!(found, ["faction|300|301|2", "tile|4|4|1"], "{order:?}");
    }
}
