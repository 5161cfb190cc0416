//! Wars whose end one collector learned in a later month than the other.

use super::closed::database;
use super::{create, import, open};
use crate::month_model::{EDGES, IN_APRIL, prune, summaries};
use crate::support::{Sandbox, rows};

/// A collector that learned at this time that faction 1 won the war, and that polled two other factions later.
fn collector(sandbox: &Sandbox, name: &str, learned_at: i64) {
    let [december, ..] = EDGES;
    database(
        sandbox,
        name,
        &format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, status, winner_faction_id, started_at, ends_at, recorded_at)
             VALUES (504, 'ranked', 1, 4, 9, 3, 'completed', 1, {december}, {december} + 86400, {learned_at}),
                    (505, 'ranked', 5, 7, 1, 0, 'ongoing', NULL, {december}, NULL, {learned_at});"
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
    collector(&sandbox, "first.db", february - 3600);
    collector(&sandbox, "first_pruned.db", february - 3600);
    collector(&sandbox, "second.db", february + 5 * 86400);
    collector(&sandbox, "pruned.db", february + 5 * 86400);
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
