//! The summaries of pruned months do not change, and the months around them still join.

use proptest::prelude::*;
use rusqlite::Connection;

use super::assert_refused;
use crate::month_model::{
    EDGES, EVERY_MONTH, History, IN_APRIL, PlayerRow, any_history, for_any_history, prune,
    steady_history, summaries, summarize, template, with_history, with_steady_history,
};
use crate::support::{DAY, Sandbox, rows};

#[test]
fn a_pruned_month_cannot_be_summarized_and_keeps_its_summary() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);

    for month in ["2027-12", "2028-01"] {
        assert_refused(&sandbox, month, "has been pruned");
    }
    summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);

    assert_eq!(summaries(&connection), before);
}

#[test]
fn an_unchanged_month_keeps_its_summary_when_the_rows_before_it_are_pruned() {
    let sandbox = Sandbox::new();
    let mut history = steady_history();
    // Player 1 does not change in January, and every row that a prune leaves is newer.
    history
        .player_rows
        .retain(|row| row.player != 1 || row.at < EDGES[1] || row.at >= EDGES[2]);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    prune(&sandbox, IN_APRIL, "a.db", &["--keep-months", "1", "-q"]).expect(0);

    summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);
    assert_eq!(summaries(&connection), before);

    let late = History::of_player_rows(vec![PlayerRow::all(5001, 2, EDGES[1] + DAY, 7000)]);
    late.append(&connection);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    assert_eq!(
        summaries(&connection),
        before,
        "late rows of a pruned month change no summary"
    );
}

#[test]
fn a_month_that_begins_with_pruned_rows_keeps_its_summary_though_none_of_its_own_rows_were_pruned()
{
    let sandbox = Sandbox::new();
    let mut history = History::of_player_rows(vec![
        PlayerRow::all(1, 1, EDGES[0] + DAY, 5),
        PlayerRow::all(2, 1, EDGES[0] + 2 * DAY, 6),
        // The newest row before the cut-off stays. So nothing of January is deleted, and both rows of December are.
        PlayerRow::all(3, 1, EDGES[1] + 20 * DAY, 8),
    ]);
    history.players.insert(1, EVERY_MONTH);
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = summaries(&connection);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let left = "SELECT id FROM player_stats_history ORDER BY id";
    assert_eq!(rows(&connection, left), ["3"]);

    assert_refused(&sandbox, "2028-01", "has been pruned");
    // 6 is the value of the last row of December, so this row is no change.
    let late = History::of_player_rows(vec![PlayerRow::all(5001, 1, EDGES[1] + DAY, 6)]);
    late.append(&connection);
    let summarized = summarize(&sandbox, IN_APRIL, "a.db", &[]);

    assert_eq!(summaries(&connection), before);
    assert!(
        summarized.stderr().contains("2028-01"),
        "the late row is not named: {}",
        summarized.stderr()
    );
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    assert_eq!(rows(&connection, left), ["3", "5001"]);
}

#[test]
fn prune_stops_at_an_unchanged_month_without_a_summary() {
    for is_observed_late in [false, true] {
        let sandbox = Sandbox::new();
        let mut history = steady_history();
        history.war_rows.clear();
        history.tile_rows.clear();
        history.faction_rows.clear();
        history
            .player_rows
            .retain(|row| row.player == 1 && (row.at < EDGES[1] || row.at >= EDGES[2]));
        if is_observed_late {
            history.players.insert(2, 0b1101);
            history
                .player_rows
                .push(PlayerRow::all(1, 2, EDGES[0] + 1, 5));
        }
        let connection = with_history(&sandbox, &template(&sandbox), "a.db", &history);
        for month in ["2027-12", "2028-01", "2028-02", "2028-03"] {
            if is_observed_late || month != "2028-01" {
                summarize(&sandbox, IN_APRIL, "a.db", &["--month", month]);
            }
        }
        if is_observed_late {
            connection
                .execute(
                    "INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
                     VALUES (2, ?1, ?1, ?1, 1)",
                    [EDGES[1]],
                )
                .unwrap();
            history.players.insert(2, 0b1111);
        }

        let refused = prune(&sandbox, IN_APRIL, "a.db", &["--wait", "0"]).expect(78);
        assert!(refused.stderr().contains("2028-01"), "{}", refused.stderr());

        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        prune(&sandbox, IN_APRIL, "a.db", &["--wait", "0"]).expect(0);
        summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);
        assert_eq!(summaries(&connection), history.summaries(IN_APRIL));
    }
}

#[test]
fn late_rows_of_a_pruned_month_do_not_change_its_summary() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let before = summaries(&connection);
    let late = History::of_player_rows(vec![
        // The new last row of January, and a row of February, so that February is summarized again.
        PlayerRow::all(5001, 1, EDGES[2] - 1, 7),
        PlayerRow::all(5002, 1, EDGES[2] + 1, 8),
    ]);
    late.append(&connection);

    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let after = summaries(&connection);
    let january = |lines: &[String]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line.contains(&format!("|{}|{}|", EDGES[1], EDGES[2])))
            .cloned()
            .collect()
    };
    assert_eq!(january(&before), january(&after));
    assert_ne!(before, after);
    let gaps = rows(
        &connection,
        "SELECT * FROM player_stats_summary AS one JOIN player_stats_summary AS next
         ON next.player_id = one.player_id AND next.period_start = one.period_end
         WHERE next.level_start IS NOT one.level_end",
    );
    assert_eq!(
        gaps,
        Vec::<String>::new(),
        "February begins with the last values of January"
    );
}

/// Summaries that do not begin with the last known value of the summary before them, however many months lie between.
///
/// The exception is a pruned month whose next month was summarized for the first time afterwards.
const GAPS: &str = "
    WITH pruned AS (
        SELECT history, period_start FROM month_states AS month
        WHERE EXISTS (SELECT 1 FROM month_states AS later
                      WHERE later.history = month.history AND later.period_start >= month.period_start
                        AND later.pruned_at IS NOT NULL))
    SELECT player_id, period_start, level_start, before FROM (
        SELECT player_id, period_start, level_start,
               lag(level_end) OVER (PARTITION BY player_id ORDER BY period_start) AS before
        FROM player_stats_summary)
    WHERE before IS NOT NULL AND level_start IS NOT before
      AND ('player_stats_history', period_start) NOT IN pruned
    UNION ALL
    SELECT territory_id, period_start, faction_id_start, before FROM (
        SELECT territory_id, period_start, faction_id_start,
               lag(faction_id_end) OVER one_by_one AS before, lag(1) OVER one_by_one AS has_before
        FROM territory_ownership_summary
        WINDOW one_by_one AS (PARTITION BY territory_id ORDER BY period_start))
    WHERE has_before AND faction_id_start IS NOT before
      AND ('territory_ownership_history', period_start) NOT IN pruned";

/// Each history table with its table of summaries.
const TABLES: [(&str, &str); 4] = [
    ("player_stats_history", "player_stats_summary"),
    ("faction_history", "faction_summary"),
    ("war_status_history", "war_summary"),
    ("territory_ownership_history", "territory_ownership_summary"),
];

/// What the summaries of pruned months tell by themselves: the last values, and the number of rows. They begin with the values
/// that the month before ends with, and that month may be open.
fn summaries_of_pruned(connection: &Connection) -> Vec<String> {
    TABLES
        .iter()
        .flat_map(|(history, summary)| {
            let ends = match *summary {
                "player_stats_summary" => "player_id, strength_end, level_end, networth_end",
                "faction_summary" => "faction_id, respect_end, member_count_end, best_chain_end",
                "war_summary" => "war_id, final_attacking_score, duration_seconds",
                _ => "territory_id, faction_id_end, days_owned",
            };
            let sql = format!(
                "SELECT period_start, record_count, {ends} FROM {summary} WHERE period_start IN (
                     SELECT period_start FROM month_states
                     WHERE history = '{history}' AND pruned_at IS NOT NULL)
                 ORDER BY id"
            );
            rows(connection, &sql)
        })
        .collect()
}

#[test]
fn rows_recorded_after_a_prune_change_no_pruned_month_and_leave_no_gaps() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(8, (any_history(), any_history()), |(history, late)| {
        let connection = with_history(&sandbox, &template, "a.db", &history);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        prune(&sandbox, IN_APRIL, "a.db", &["-q"]).expect(0);
        let before = summaries_of_pruned(&connection);
        let mut late = late;
        late.war_rows.clear();
        late.shift_ids(1000);
        late.append(&connection);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        prune(&sandbox, IN_APRIL, "a.db", &["-q"]).expect(0);
        summarize(&sandbox, IN_APRIL, "a.db", &["--force"]);

        // The second prune may have reached more months, so there may be more of these summaries than before.
        let after = summaries_of_pruned(&connection);
        let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
        prop_assert!(changed.is_empty(), "{:?}", changed);
        let gaps = rows(&connection, GAPS);
        prop_assert!(gaps.is_empty(), "{:?}", gaps);
        Ok(())
    });
}
