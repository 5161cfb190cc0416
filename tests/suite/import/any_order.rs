//! Three collectors that keep different months: the summaries after the imports are the same in any order, and after any
//! repetition.

use std::fs;

use proptest::prelude::*;

use super::many_collectors::{FILES, World, any_world, check_sums, write};
use super::{import, open};
use crate::month_model::{for_any_history, summaries, template};
use crate::support::Sandbox;

/// Imports the files in this order into a copy of `into`, and returns the summaries.
fn import_in_order(
    sandbox: &Sandbox,
    into: &str,
    files: &[&str],
) -> Result<Vec<String>, TestCaseError> {
    sandbox.remove_database("merged.db");
    fs::copy(sandbox.path(into), sandbox.path("merged.db")).unwrap();
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

#[test]
fn summaries_are_the_same_in_any_order_and_after_any_repetition_although_all_have_pruned() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(4, any_world(), |world: World| {
        write(&sandbox, &template, &world);
        let into = if world.is_new {
            "new.db"
        } else {
            FILES[world.order[0]]
        };

        let first = import_in_order(&sandbox, into, &sources(&world.order, into))?;
        let again = sources(&world.again, into);
        let second = import_in_order(&sandbox, into, &again)?;

        prop_assert_eq!(
            &first,
            &second,
            "{:?} {:?}",
            sources(&world.order, into),
            again
        );
        for file in again.iter().chain(&again) {
            import(&sandbox, "merged.db", &[file]);
            prop_assert_eq!(
                &summaries(&open(&sandbox, "merged.db")),
                &second,
                "{}",
                file
            );
        }
        Ok(())
    });
}
