//! Wars whose months end with the same scores, in databases that are imported into themselves or where every poll is kept.

use super::closed::database;
use super::{copy, create, import, open};
use crate::month_model::{EDGES, IN_APRIL, prune, summaries};
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
