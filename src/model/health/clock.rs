//! The check of the clock against the stored timestamps.

use super::{Check, Metric, State, format_duration};
use crate::model::run::ClockDispute;
use crate::model::size::count;
use crate::model::time::{CLOCK_TOLERANCE, iso};

/// How many tables a message names.
const NAMED: usize = 3;

/// Stored timestamps that are more than a day ahead of the clock.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FutureTimestamps {
    pub(crate) tables: Vec<String>,
    pub(crate) latest: Option<i64>,
}

/// Critical, because no fetch saves anything while the clock differs from Torn's.
pub(crate) fn disputed_clock(dispute: &ClockDispute, now: i64) -> Check {
    Check::finding(
        "clock",
        State::Critical,
        format!("nothing is collected: {}", dispute.reason(now)),
        "set the clock of this machine, then run `tornsnap fetch all`",
    )
}

/// Warns when the clock is behind the newest record, or when timestamps are stored that only a wrong clock can have made.
pub(crate) fn clock(newest: Option<i64>, future: &FutureTimestamps, now: i64) -> Check {
    let behind = newest.map_or(0, |newest| newest.saturating_sub(now));
    let latest = newest.max(future.latest).unwrap_or(now);
    let metric = Metric::seconds(latest.saturating_sub(now).max(0)).warn_above(CLOCK_TOLERANCE);
    let mut messages = Vec::new();
    if behind > CLOCK_TOLERANCE {
        messages.push(format!(
            "the clock is {} behind the newest record",
            format_duration(behind)
        ));
    }
    if !future.tables.is_empty() {
        messages.push(format!(
            "times more than a day ahead{} are stored in {}",
            future
                .latest
                .map_or_else(String::new, |latest| format!(", up to {},", iso(latest))),
            list_tables(&future.tables)
        ));
    }
    if messages.is_empty() {
        return Check::ok("clock", "the clock agrees with what is stored").with_metric(metric);
    }
    let refusal = if behind > CLOCK_TOLERANCE {
        "; until then fetch and prune refuse"
    } else {
        ""
    };
    let help = format!(
        "if the clock is wrong, set it; if it is right now and was ahead before, run `tornsnap prune --future`{refusal}"
    );
    Check::finding("clock", State::Warning, messages.join("; "), help).with_metric(metric)
}

/// Adds to advice to fetch that the clock comes first, if fetches are refused because it is behind the newest record.
pub(crate) fn put_clock_first(checks: &mut [Check], newest: Option<i64>, now: i64) {
    if newest.map_or(0, |newest| newest.saturating_sub(now)) <= CLOCK_TOLERANCE {
        return;
    }
    let others = checks.iter_mut().filter(|check| check.id != "clock");
    for help in others.filter_map(|check| check.help.as_mut()) {
        if FETCH_ADVICE.iter().any(|advice| help.contains(advice)) {
            help.insert_str(
                0,
                "first do what the check clock says, because fetch refuses until then; then ",
            );
        }
    }
}

/// The commands in the help of checks that a clock behind the newest record makes useless.
const FETCH_ADVICE: [&str; 2] = ["`tornsnap fetch ", "`tornsnap -v fetch "];

fn list_tables(tables: &[String]) -> String {
    let first = tables
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match tables.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {}", count(more, "more table")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn future(tables: &[&str]) -> FutureTimestamps {
        FutureTimestamps {
            tables: tables.iter().map(|table| (*table).to_owned()).collect(),
            latest: (!tables.is_empty()).then_some(NOW + 2 * DAY),
        }
    }

    #[test]
    fn a_clock_behind_the_newest_record_by_more_than_five_minutes_is_a_warning() {
        let state = |newest| clock(newest, &future(&[]), NOW).state;

        assert_eq!(state(None), State::Ok, "nothing recorded");
        assert_eq!(state(Some(NOW - 3600)), State::Ok);
        assert_eq!(state(Some(NOW + 300)), State::Ok);
        assert_eq!(state(Some(NOW + 301)), State::Warning);
        assert_eq!(state(Some(i64::MAX)), State::Warning);
    }

    #[test]
    fn timestamps_more_than_a_day_ahead_are_a_warning_that_names_prune_future() {
        let check = clock(Some(NOW), &future(&["player_polls"]), NOW);
        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "times more than a day ahead, up to 2026-04-03T12:00:00Z, are stored in player_polls"
        );
        let help = check.help.unwrap();
        assert!(help.ends_with("run `tornsnap prune --future`"), "{help}");
        assert_eq!(check.metric.map(|metric| metric.number), Some(2 * DAY));

        let many = clock(Some(NOW + 3600), &future(&["a", "b", "c", "d", "e"]), NOW);
        assert_eq!(
            many.message,
            "the clock is 1 hour behind the newest record; times more than a day ahead, up to 2026-04-03T12:00:00Z, \
             are stored in a, b, c and 2 more tables"
        );
        let help = many.help.unwrap();
        assert!(
            help.ends_with("until then fetch and prune refuse"),
            "{help}"
        );
    }
}
