//! Rows that another program deletes from the database make no summary smaller.

use rusqlite::Connection;

use crate::month_model::{
    EDGES, History, IN_APRIL, IN_MARCH, PlayerRow, steady_history, summaries, summarize, template,
    with_history, with_steady_history,
};
use crate::support::{DAY, Sandbox, rows};

#[test]
fn rows_deleted_by_another_program_do_not_change_their_summary() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_MARCH, "a.db", &[]);
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE timestamp < ?",
            [EDGES[2]],
        )
        .unwrap();

    let finished = sandbox.run_at(
        IN_APRIL,
        &["summarize", "--no-backup", "--force", "--database", "a.db"],
    );

    let stderr = finished.expect(0).stderr();
    assert!(stderr.contains("another program has deleted"), "{stderr}");
    assert!(stderr.contains("--month 2028-01 --force"), "{stderr}");
    assert_eq!(
        summaries(&connection),
        steady_history().summaries(IN_APRIL),
        "February still begins with the last values of January, which its summary has"
    );
    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2028-01", "--force"],
    );
    let left: i64 = connection
        .query_row(
            "SELECT count(*) FROM player_stats_summary WHERE period_start = ?",
            [EDGES[1]],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        left, 0,
        "a month that is named is summarized from the rows that are left"
    );
}

#[test]
fn summaries_deleted_by_another_program_are_written_again() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    history.player_rows.retain(|row| row.at < EDGES[1]);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    connection
        .execute_batch("DELETE FROM player_stats_summary")
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(
        summaries(&connection),
        history.summaries(IN_APRIL),
        "also those of months without a change"
    );
}

#[test]
fn a_late_row_does_not_replace_a_summary_of_deleted_rows() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let january_of = |player: i64| -> Vec<String> {
        let start = EDGES[1];
        rows(
            &connection,
            &format!(
                "SELECT * FROM player_stats_summary WHERE player_id = {player} AND period_start = {start}"
            ),
        )
    };
    let (first, second) = (january_of(1), january_of(2));
    delete_january(&connection);
    History::of_player_rows(vec![PlayerRow::all(5001, 1, EDGES[1] + DAY, 7000)])
        .append(&connection);

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!((january_of(1), january_of(2)), (first, second));
}

#[test]
fn a_month_whose_only_row_was_deleted_is_summarized_from_the_next_row() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let january = format!(
        "SELECT level_end, record_count FROM player_stats_summary WHERE player_id = 2 AND period_start = {}",
        EDGES[1]
    );
    let insert = |id: i64, at: i64, level: i64| {
        connection
            .execute(
                "INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (?, 2, ?, ?)",
                [id, at, level],
            )
            .unwrap();
    };
    delete_january(&connection);
    insert(6001, EDGES[1] + 5, 30);
    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2028-01", "--force"],
    );
    assert_eq!(
        rows(&connection, &january),
        ["30|1"],
        "a month that is named is summarized from the rows that are left"
    );

    connection
        .execute("DELETE FROM player_stats_history WHERE id = 6001", [])
        .unwrap();
    insert(6002, EDGES[1] + 6, 31);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(rows(&connection, &january), ["31|1"]);
}

/// Deletes the history rows of players in January, as another program might.
fn delete_january(connection: &Connection) {
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE timestamp >= ?1 AND timestamp < ?2",
            [EDGES[1], EDGES[2]],
        )
        .unwrap();
}

#[test]
fn a_month_with_a_row_deleted_by_another_program_can_be_summarized_again() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    let deleted = history
        .player_rows
        .iter()
        .position(|row| row.at > EDGES[1] + DAY)
        .unwrap();
    let deleted = history.player_rows.remove(deleted);
    connection
        .execute(
            "DELETE FROM player_stats_history WHERE id = ?",
            [deleted.id],
        )
        .unwrap();

    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(summaries(&connection), before, "there are no late rows");

    let late = History::of_player_rows(vec![PlayerRow::all(5001, 1, EDGES[2] - 1, 7000)]);
    late.append(&connection);
    history.player_rows.extend(late.player_rows);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
    summarize(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--month", "2028-01", "--force"],
    );
    assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
}
