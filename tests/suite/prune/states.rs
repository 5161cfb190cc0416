//! `prune` reads the recorded state of each month, and does not count its rows.

use rusqlite::{Connection, params};
use serde_json::json;

use crate::month_model::{
    EDGES, IN_APRIL, history_ids, history_rows, prune, steady_history, summaries, summarize,
    with_steady_history,
};
use crate::support::{Sandbox, rows};

/// A database that was summarized and pruned.
fn pruned(sandbox: &Sandbox) -> Connection {
    let connection = with_steady_history(sandbox);
    summarize(sandbox, IN_APRIL, "a.db", &[]);
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
fn late_rows_of_a_pruned_month_are_kept_and_reported() {
    let sandbox = Sandbox::new();
    let connection = pruned(&sandbox);
    add_late_rows(&connection);
    let before = history_rows(&connection);

    let planned = prune(&sandbox, IN_APRIL, "a.db", &["--dry-run", "--json"])
        .expect(0)
        .json();
    let done = prune(&sandbox, IN_APRIL, "a.db", &["--json"]).expect(0);

    assert_eq!(history_rows(&connection), before);
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
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    prune(&sandbox, IN_APRIL, "a.db", &["--keep-months", "1"]).expect(0);
    for id in 90_000..90_010 {
        assert!(history_ids(&connection).players.contains(&id), "{id}");
    }
}

#[test]
fn late_rows_of_another_month_have_to_be_summarized_first() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    add_late_rows(&connection);

    let refused = prune(&sandbox, IN_APRIL, "a.db", &[]).expect(78);
    assert!(refused.stderr().contains("2027-12"), "{}", refused.stderr());
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    assert!((90_000..90_010).all(|id| !history_ids(&connection).players.contains(&id)));
}

#[test]
fn a_month_with_a_row_deleted_by_hand_can_be_pruned() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE id = (SELECT min(id) FROM player_stats_history)",
            [],
        )
        .unwrap();

    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2027-12", "--force"],
    );
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    assert!(
        history_ids(&connection).players.len() < 2 * 4 * 64,
        "two months are left"
    );
}

#[test]
fn only_months_that_lost_rows_are_marked_as_pruned() {
    let sandbox = Sandbox::new();
    let connection = pruned(&sandbox);
    // There are no wars, and in February every row is one that prune keeps.
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
        "prune keeps all rows that are left"
    );
}

#[test]
fn a_month_can_be_pruned_after_its_summaries_are_deleted() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
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
    assert_eq!(
        history_ids(&connection),
        steady_history().left_by_prune(EDGES[2])
    );
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(summaries(&connection), left);
}
