//! Databases into which copies of themselves are imported, and wars whose months end with the same scores.

use proptest::prelude::*;

use super::closed::database;
use super::{copy, create, import, open};
use crate::month_model::{
    EDGES, IN_APRIL, any_history, for_any_history, history_rows, prune, summaries, summarize,
    template, with_history,
};
use crate::support::{DAY, Sandbox, rows};

/// Two wars with rows in each month from January to March. One is scheduled, the other was cancelled.
fn pruned_collector(sandbox: &Sandbox, name: &str) {
    let [december, january, february, march, april] = EDGES;
    let polled = [january, february, february + DAY, march].map(|at| {
        format!(
            "(501, 'territory', 1, 4, 9, 3, 'scheduled', NULL, {april} + {DAY}, NULL, {at} + {DAY}),
             (502, 'territory', 1, 4, 9, 3, 'cancelled', 'end_with_peace', {december}, {december} + {DAY}, {at} + {DAY})"
        )
    });
    database(
        sandbox,
        name,
        &format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, status, end_reason, started_at, ends_at, recorded_at)
             VALUES {};",
            polled.join(", ")
        ),
    );
    prune(sandbox, IN_APRIL, name, &["--keep-months", "1"]).expect(0);
    let kept = "SELECT count(*) FROM war_status_history GROUP BY war_id";
    assert_eq!(
        rows(&open(sandbox, name), kept),
        ["2", "2"],
        "the rows of January are pruned, the newest of February and those of March are kept"
    );
}

#[test]
fn a_copy_of_a_pruned_database_changes_no_summary_of_it() {
    for record in ["changes", "every-poll"] {
        let sandbox = Sandbox::new();
        sandbox.write(
            "tornsnap.toml",
            &format!("[history]\nrecord = \"{record}\"\n"),
        );
        pruned_collector(&sandbox, "pruned.db");
        let before = summaries(&open(&sandbox, "pruned.db"));
        copy(&sandbox, "pruned.db", "copy.db");

        import(&sandbox, "pruned.db", &["copy.db"]);

        assert_eq!(summaries(&open(&sandbox, "pruned.db")), before, "{record}");
    }
}

#[test]
fn a_database_that_keeps_every_poll_takes_each_summary_of_a_pruned_one() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    pruned_collector(&sandbox, "pruned.db");
    create(&sandbox, "new.db");

    import(&sandbox, "new.db", &["pruned.db"]);

    let months =
        "SELECT war_id, period_start, record_count FROM war_summary ORDER BY war_id, period_start";
    assert_eq!(
        rows(&open(&sandbox, "new.db"), months),
        rows(&open(&sandbox, "pruned.db"), months)
    );
}

/// The history and the summaries.
fn content(sandbox: &Sandbox) -> [Vec<String>; 2] {
    let connection = open(sandbox, "own.db");
    [history_rows(&connection), summaries(&connection)]
}

#[test]
fn a_copy_changes_no_history_row_and_no_summary_of_any_database_without_wars() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for_any_history(
        3,
        (any_history(), 0..4_usize),
        |(mut history, kept_months)| {
            // A random war can be won and go on. An import fills in the winner.
            history.war_rows.clear();
            for record in ["changes", "every-poll"] {
                sandbox.write(
                    "tornsnap.toml",
                    &format!("[history]\nrecord = \"{record}\"\n"),
                );
                drop(with_history(&sandbox, &template, "own.db", &history));
                summarize(&sandbox, IN_APRIL, "own.db", &[]);
                if kept_months > 0 {
                    let kept_months = kept_months.to_string();
                    prune(
                        &sandbox,
                        IN_APRIL,
                        "own.db",
                        &["--keep-months", &kept_months],
                    )
                    .expect(0);
                }
                let before = content(&sandbox);
                copy(&sandbox, "own.db", "copy.db");

                import(&sandbox, "own.db", &["copy.db"]);

                prop_assert_eq!(content(&sandbox), before, "{}", record);
            }
            Ok(())
        },
    );
}
