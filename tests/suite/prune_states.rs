//! `prune` goes by the recorded state of each month, not by counts of rows.

use rusqlite::{Connection, params};
use serde_json::json;

use crate::month_model::{EDGES, IN_APRIL, detail, summaries, template, with_history};
use crate::prune::{ids, prune, summarize};
use crate::summarize::steady_history;
use crate::support::{Sandbox, rows};

fn pruned(sandbox: &Sandbox) -> Connection {
    let connection = with_history(sandbox, &template(sandbox), "a.db", &steady_history());
    summarize(sandbox, IN_APRIL, "a.db");
    prune(sandbox, IN_APRIL, "a.db", &[]).expect(0);
    connection
}

/// Ten late rows of one player in December, with ids above all others.
fn add_late_rows(connection: &Connection) {
    for number in 0..10 {
        connection
            .execute(
                "INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (?, 1, ?, 5)",
                params![90_000 + number, EDGES[0] + 1000 + number],
            )
            .unwrap();
    }
}

#[test]
fn late_rows_of_a_pruned_month_stay_and_are_named() {
    let sandbox = Sandbox::new();
    let connection = pruned(&sandbox);
    add_late_rows(&connection);
    let before = detail(&connection);

    let planned = prune(&sandbox, IN_APRIL, "a.db", &["--dry-run", "--json"])
        .expect(0)
        .json();
    let done = prune(&sandbox, IN_APRIL, "a.db", &["--json"]).expect(0);

    assert_eq!(detail(&connection), before);
    assert!(
        done.stderr().contains("10 late history rows of 2027-12"),
        "{}",
        done.stderr()
    );
    for report in [planned, done.json()] {
        assert_eq!(report["late"], json!(["2027-12"]));
        assert_eq!(report["late_rows"], 10);
        assert_eq!(report["tables"]["player_stats_history"]["rows"], 0);
    }
    summarize(&sandbox, IN_APRIL, "a.db");
    prune(&sandbox, IN_APRIL, "a.db", &["--keep-months", "1"]).expect(0);
    for id in 90_000..90_010 {
        assert!(ids(&connection)[0].contains(&id), "{id}");
    }
}

#[test]
fn late_rows_of_a_month_that_is_not_pruned_are_summarized_first() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    add_late_rows(&connection);

    let refused = prune(&sandbox, IN_APRIL, "a.db", &[]).expect(78);
    assert!(refused.stderr().contains("2027-12"), "{}", refused.stderr());
    summarize(&sandbox, IN_APRIL, "a.db");
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    assert!((90_000..90_010).all(|id| !ids(&connection)[0].contains(&id)));
}

#[test]
fn a_row_that_was_deleted_by_hand_freezes_no_month() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE id = (SELECT min(id) FROM player_stats_history)",
            [],
        )
        .unwrap();

    sandbox
        .run_at(
            IN_APRIL,
            &[
                "summarize",
                "--no-backup",
                "--month",
                "2027-12",
                "--force",
                "--database",
                "a.db",
            ],
        )
        .expect(0);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    assert!(
        ids(&connection)[0].len() < 2 * 4 * 64,
        "two months are left"
    );
}

#[test]
fn only_months_that_lost_rows_are_marked() {
    let sandbox = Sandbox::new();
    let connection = pruned(&sandbox);
    // The wars have no rows at all, and what is left of February are the rows that stay.
    let marked = rows(
        &connection,
        "SELECT history, period_start, pruned_at FROM month_states WHERE pruned_at IS NOT NULL ORDER BY 1, 2",
    );
    let expected: Vec<String> = [
        "faction_history",
        "player_stats_history",
        "territory_ownership_history",
    ]
    .iter()
    .flat_map(|history| {
        EDGES[..2]
            .iter()
            .map(move |month| format!("{history}|{month}|{IN_APRIL}"))
    })
    .collect();
    assert_eq!(marked, expected);

    connection
        .execute("UPDATE month_states SET pruned_at = NULL", [])
        .unwrap();
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    assert_eq!(
        rows(&connection, "SELECT count(pruned_at) FROM month_states"),
        ["0"],
        "all rows that are left are rows that stay"
    );
}

#[test]
fn months_whose_summaries_were_deleted_are_noted_and_may_be_pruned() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    sandbox
        .run_at(
            IN_APRIL,
            &[
                "prune",
                "--summaries-before",
                "2028-01",
                "--yes",
                "--database",
                "a.db",
            ],
        )
        .expect(0);

    assert_eq!(
        rows(
            &connection,
            "SELECT history, period_start FROM month_states WHERE purged_at IS NOT NULL ORDER BY history"
        ),
        [
            "faction_history",
            "player_stats_history",
            "territory_ownership_history"
        ]
        .map(|history| format!("{history}|{}", EDGES[0]))
    );
    let left = summaries(&connection);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    assert_eq!(ids(&connection), steady_history().left_by_prune(EDGES[2]));
    summarize(&sandbox, IN_APRIL, "a.db");
    assert_eq!(summaries(&connection), left);
}
