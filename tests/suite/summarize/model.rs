//! The summaries of generated histories are those of a naive second implementation, and do not change later.

use proptest::prelude::*;

use crate::month_model::{
    EDGES, History, IN_APRIL, any_history, dump, for_any_history, in_order, summaries, summarize,
    template, with_history,
};
use crate::support::{DAY, Sandbox, rows};

#[test]
fn the_summaries_of_any_history_are_those_of_the_naive_model() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |history| {
        let connection = with_history(&sandbox, &template, "a.db", &history);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        let written = summaries(&connection);
        prop_assert_eq!(&written, &history.summaries(IN_APRIL));
        let before = dump(&connection);
        summarize(&sandbox, IN_APRIL + DAY, "a.db", &[]);
        summarize(&sandbox, IN_APRIL + DAY, "a.db", &["--force"]);
        prop_assert_eq!(before, dump(&connection), "a second run changes no row");
        Ok(())
    });
}

#[test]
fn changes_of_consecutive_months_add_up() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(8, any_history(), |history| {
        let connection = with_history(&sandbox, &template, "a.db", &history);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        for faction in history.factions.keys() {
            let rows = in_order(&history.faction_rows, |row| row.faction == *faction);
            let known: Vec<i64> = rows.iter().filter_map(|row| row.respect).collect();
            let whole = known
                .first()
                .zip(known.last())
                .map(|(first, last)| last - first);
            let sum: Option<i64> = connection
                .query_row(
                    "SELECT sum(respect_change) FROM faction_summary WHERE faction_id = ?",
                    [faction],
                    |row| row.get(0),
                )
                .unwrap();
            prop_assert_eq!(sum, whole);
        }
        let gaps = rows(
            &connection,
            "SELECT * FROM player_stats_summary AS one JOIN player_stats_summary AS next
             ON next.player_id = one.player_id AND next.period_start = one.period_end
             WHERE one.strength_end IS NOT NULL AND next.strength_start IS NOT one.strength_end",
        );
        prop_assert!(gaps.is_empty(), "{gaps:?}");
        Ok(())
    });
}

#[test]
fn late_rows_rewrite_the_summaries_of_their_month_and_of_later_ones() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, (any_history(), any_history()), |(history, late)| {
        let connection = with_history(&sandbox, &template, "a.db", &history);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        let mut late = late;
        late.player_rows.truncate(3);
        late.faction_rows.truncate(2);
        late.war_rows.truncate(2);
        late.tile_rows.truncate(2);
        late.shift_ids(1000);
        late.append(&connection);

        summarize(&sandbox, IN_APRIL, "a.db", &[]);

        let mut all = history;
        all.extend(late);
        prop_assert_eq!(summaries(&connection), all.summaries(IN_APRIL));
        Ok(())
    });
}

#[test]
fn later_events_do_not_change_the_summaries_of_finished_months() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |mut history| {
        history.renumber();
        let once = with_history(&sandbox, &template, "once.db", &history);
        let mut file = with_history(&sandbox, &template, "a.db", &History::default());
        let mut before: Vec<String> = Vec::new();
        for number in 0..4 {
            history.known_after(number).store_again(&mut file);
            summarize(&sandbox, EDGES[number + 1], "a.db", &[]);

            let after = summaries(&file);
            let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
            prop_assert!(changed.is_empty(), "{:?}", changed);
            let rows_of_earlier_months = after
                .iter()
                .filter(|line| {
                    !line.contains(&format!("|{}|{}|", EDGES[number], EDGES[number + 1]))
                })
                .count();
            prop_assert_eq!(rows_of_earlier_months, before.len());
            before = after;
        }
        summarize(&sandbox, IN_APRIL, "once.db", &[]);
        prop_assert_eq!(before, summaries(&once), "month by month or all at once");
        Ok(())
    });
}
