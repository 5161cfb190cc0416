//! Whether what is followed is fetched: ages, failures, kills and gaps.

use super::{Check, State, Value, count, span};
use crate::model::kind::Kind;
use crate::model::time::{HOUR, iso};

/// How long ago a kind was last fetched: a warning from `hours`, critical from twice that.
pub(crate) fn age(kind: Kind, last_success: Option<i64>, now: i64, hours: u32) -> Check {
    let id = format!("age_{kind}");
    let warning = i64::from(hours) * HOUR;
    let Some(last) = last_success else {
        return Check::bad(
            id,
            State::Critical,
            format!("{kind}: never fetched"),
            format!("run `tornsnap fetch {kind}` and read what it says"),
        );
    };
    let age = (now - last).max(0);
    let value = Value {
        warning: Some(warning),
        critical: Some(2 * warning),
        ..Value::plain(age, "s")
    };
    let state = match age {
        _ if age >= 2 * warning => State::Critical,
        _ if age >= warning => State::Warning,
        _ => State::Ok,
    };
    let message = format!("{kind}: last fetched {} ago", span(age));
    match state {
        State::Ok => Check::ok(id, message),
        _ => Check::bad(
            id,
            state,
            message,
            format!("run `tornsnap fetch {kind}`, and see whether the scheduler still starts it"),
        ),
    }
    .with(value)
}

/// Runs that failed in a row: one is a warning, more than `most` are critical.
pub(crate) fn failures(kind: Kind, in_a_row: i64, error: Option<&str>, most: u32) -> Check {
    let id = format!("failures_{kind}");
    let most = i64::from(most);
    let value = Value {
        warning: Some(0),
        critical: Some(most),
        ..Value::plain(in_a_row, "")
    };
    let why = error.map_or_else(String::new, |error| format!(": {error}"));
    let times = match in_a_row {
        1 => "the last run failed".to_owned(),
        _ => format!("the last {in_a_row} runs failed"),
    };
    match in_a_row {
        0 => Check::ok(id, format!("{kind}: no run failed since the last success")),
        _ => Check::bad(
            id,
            if in_a_row > most {
                State::Critical
            } else {
                State::Warning
            },
            format!("{kind}: {times}{why}"),
            format!("run `tornsnap -v fetch {kind}` and read what it says"),
        ),
    }
    .with(value)
}

/// Runs of all kinds that were killed within a day.
pub(crate) fn killed(killed: &[(Kind, i64)]) -> Check {
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(killed.len()), "")
    };
    match killed {
        [] => Check::ok("killed_runs", "no run was killed in the last 24 hours"),
        [(kind, at), ..] => Check::bad(
            "killed_runs",
            State::Warning,
            format!(
                "{} in the last 24 hours, the latest one of {kind}, begun {}",
                match killed.len() {
                    1 => "1 run was killed".to_owned(),
                    number => format!("{number} runs were killed"),
                },
                iso(*at)
            ),
            "see whether the scheduler ends runs early, the memory ran out or the machine went down",
        ),
    }
    .with(value)
}

/// A time without any success of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Gap {
    /// The kind that was not fetched.
    pub(crate) kind: Kind,
    /// The success before it.
    pub(crate) from: i64,
    /// The success after it.
    pub(crate) to: i64,
}

/// Gaps of the last seven days.
///
/// One is over and done with, and was told of while it lasted; from two on, the schedule cannot be relied on.
pub(crate) fn gaps(gaps: &[Gap]) -> Check {
    let value = Value {
        warning: Some(1),
        ..Value::plain(count(gaps.len()), "")
    };
    let longest = gaps.iter().max_by_key(|gap| gap.to - gap.from).map(|gap| {
        format!(
            "{} without {}, until {}",
            span(gap.to - gap.from),
            gap.kind,
            iso(gap.to)
        )
    });
    match (gaps.len(), longest) {
        (1, Some(longest)) => Check::ok("gaps", format!("one gap in the last 7 days: {longest}")),
        (number, Some(longest)) => Check::bad(
            "gaps",
            State::Warning,
            format!("{number} gaps in the last 7 days, the longest {longest}"),
            "see whether the machine sleeps or the scheduler skips runs at those times",
        ),
        _ => Check::ok("gaps", "no gaps in the last 7 days"),
    }
    .with(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn a_kind_is_stale_after_its_hours_and_critical_after_twice_as_many() {
        let state = |seconds| age(Kind::Players, Some(NOW - seconds), NOW, 24).state;

        assert_eq!(
            state(-60),
            State::Ok,
            "a clock that is behind is another check's business"
        );
        assert_eq!(state(24 * HOUR - 1), State::Ok);
        assert_eq!(state(24 * HOUR), State::Warning);
        assert_eq!(state(48 * HOUR - 1), State::Warning);
        assert_eq!(state(48 * HOUR), State::Critical);
        assert_eq!(age(Kind::Players, None, NOW, 24).state, State::Critical);
    }

    #[test]
    fn one_failed_run_is_a_warning_and_too_many_are_critical() {
        let state = |in_a_row| failures(Kind::Wars, in_a_row, Some("down"), 3).state;

        assert_eq!(state(0), State::Ok);
        assert_eq!(state(1), State::Warning);
        assert_eq!(state(3), State::Warning);
        assert_eq!(state(4), State::Critical);
    }

    #[test]
    fn one_gap_is_over_and_two_are_a_habit() {
        let gap = Gap {
            kind: Kind::Players,
            from: NOW - 2 * DAY,
            to: NOW - 3 * HOUR,
        };

        assert_eq!(gaps(&[]).state, State::Ok);
        assert_eq!(gaps(&[gap]).state, State::Ok);
        assert_eq!(gaps(&[gap, gap]).state, State::Warning);
    }
}
