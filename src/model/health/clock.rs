//! Whether the clock agrees with what is stored.

use super::{Check, State, Value, span};
use crate::model::time::{CLOCK_TOLERANCE, iso};

/// How many tables a message names.
const NAMED: usize = 3;

/// The times more than a day ahead that are stored.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FarFuture {
    /// The tables that have them.
    pub(crate) tables: Vec<String>,
    pub(crate) latest: Option<i64>,
}

/// Whether the clock is behind the newest recorded moment, or times are stored that only a wrong clock can have made.
pub(crate) fn clock(newest: Option<i64>, far: &FarFuture, now: i64) -> Check {
    let behind = newest.map_or(0, |newest| newest.saturating_sub(now));
    let latest = newest.max(far.latest).unwrap_or(now);
    let value = Value {
        warning: Some(CLOCK_TOLERANCE),
        ..Value::plain(latest.saturating_sub(now).max(0), "s")
    };
    let mut messages = Vec::new();
    if behind > CLOCK_TOLERANCE {
        messages.push(format!(
            "the clock is {} behind the newest record",
            span(behind)
        ));
    }
    if !far.tables.is_empty() {
        messages.push(format!(
            "times more than a day ahead{} are stored in {}",
            far.latest
                .map_or_else(String::new, |latest| format!(", up to {},", iso(latest))),
            named(&far.tables)
        ));
    }
    if messages.is_empty() {
        return Check::ok("clock", "the clock agrees with what is stored").with(value);
    }
    let remedy = "if the clock is wrong, set it; if it is right now and was ahead before, run `tornsnap prune --future`; \
                  until then fetch and prune refuse";
    Check::bad("clock", State::Warning, messages.join("; "), remedy).with(value)
}

fn named(tables: &[String]) -> String {
    let first = tables
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match tables.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more tables"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    fn far(tables: &[&str]) -> FarFuture {
        FarFuture {
            tables: tables.iter().map(|table| (*table).to_owned()).collect(),
            latest: (!tables.is_empty()).then_some(NOW + 2 * DAY),
        }
    }

    #[test]
    fn a_clock_behind_the_newest_record_by_more_than_five_minutes_is_a_warning() {
        for (name, newest, state) in [
            ("nothing recorded", None, State::Ok),
            ("recorded an hour ago", Some(NOW - 3600), State::Ok),
            ("five minutes ahead", Some(NOW + 300), State::Ok),
            ("a second more", Some(NOW + 301), State::Warning),
            ("the end of time", Some(i64::MAX), State::Warning),
        ] {
            assert_eq!(clock(newest, &far(&[]), NOW).state, state, "{name}");
        }
    }

    #[test]
    fn stored_times_more_than_a_day_ahead_are_named_with_the_way_out() {
        let check = clock(Some(NOW), &far(&["player_polls"]), NOW);
        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "times more than a day ahead, up to 2026-04-03T12:00:00Z, are stored in player_polls"
        );
        assert!(check.remedy.unwrap().contains("tornsnap prune --future"));
        assert_eq!(check.value.map(|value| value.number), Some(2 * DAY));

        let many = clock(Some(NOW + 3600), &far(&["a", "b", "c", "d", "e"]), NOW);
        assert_eq!(
            many.message,
            "the clock is 1 hour behind the newest record; times more than a day ahead, up to 2026-04-03T12:00:00Z, \
             are stored in a, b, c and 2 more tables"
        );
    }
}
