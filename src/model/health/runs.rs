//! The checks of the fetches: ages, failed runs, killed runs and gaps.

use super::{Check, Metric, State, format_duration};
use crate::model::kind::Kind;
use crate::model::time::{HOUR, iso};

/// Checks the time since the last successful fetch of a kind: a warning from `hours` on, critical from twice that.
pub(crate) fn age(kind: Kind, last_success: Option<i64>, now: i64, hours: u32) -> Check {
    let id = format!("age_{kind}");
    let warning = i64::from(hours) * HOUR;
    let Some(last) = last_success else {
        return Check::finding(
            id,
            State::Critical,
            format!("{kind}: never fetched"),
            format!("run `tornsnap fetch {kind}` and read what it says"),
        );
    };
    let age = (now - last).max(0);
    let metric = Metric::seconds(age)
        .warn_above(warning)
        .critical_above(2 * warning);
    let state = match age {
        _ if age >= 2 * warning => State::Critical,
        _ if age >= warning => State::Warning,
        _ => State::Ok,
    };
    let message = format!("{kind}: last fetched {} ago", format_duration(age));
    match state {
        State::Ok => Check::ok(id, message),
        _ => Check::finding(
            id,
            state,
            message,
            format!("run `tornsnap fetch {kind}`, and see whether the scheduler still starts it"),
        ),
    }
    .with_metric(metric)
}

/// Checks the number of failed runs since the last success: one is a warning, more than `most` are critical.
pub(crate) fn failures(kind: Kind, in_a_row: i64, error: Option<&str>, most: u32) -> Check {
    let id = format!("failures_{kind}");
    let most = i64::from(most);
    let metric = Metric::count(in_a_row).warn_above(0).critical_above(most);
    let why = error.map_or_else(String::new, |error| format!(": {error}"));
    let times = match in_a_row {
        1 => "the last run failed".to_owned(),
        _ => format!("the last {in_a_row} runs failed"),
    };
    match in_a_row {
        0 => Check::ok(id, format!("{kind}: no run failed since the last success")),
        _ => Check::finding(
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
    .with_metric(metric)
}

/// Warns about runs that were killed in the last day. `killed`: kind and start of each, the newest first.
pub(crate) fn killed(killed: &[(Kind, i64)]) -> Check {
    let metric = Metric::count(killed.len()).warn_above(0);
    match killed {
        [] => Check::ok("killed_runs", "no run was killed in the last 24 hours"),
        [(kind, at), ..] => Check::finding(
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
            "check whether the scheduler ends runs early, the memory ran out or the machine went down",
        ),
    }
    .with_metric(metric)
}

/// A time without a successful run of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Gap {
    pub(crate) kind: Kind,
    /// Unix seconds of the success before the gap.
    pub(crate) from: i64,
    /// Unix seconds of the success after the gap.
    pub(crate) to: i64,
}

/// Warns about two or more gaps in the last seven days.
///
/// A single gap needs no warning: [`age`] reported it while it lasted. Two gaps mean that the schedule is unreliable.
pub(crate) fn gaps(gaps: &[Gap]) -> Check {
    let metric = Metric::count(gaps.len()).warn_above(1);
    let longest = gaps.iter().max_by_key(|gap| gap.to - gap.from).map(|gap| {
        format!(
            "{} without {}, until {}",
            format_duration(gap.to - gap.from),
            gap.kind,
            iso(gap.to)
        )
    });
    match (gaps.len(), longest) {
        (1, Some(longest)) => Check::ok("gaps", format!("one gap in the last 7 days: {longest}")),
        (number, Some(longest)) => Check::finding(
            "gaps",
            State::Warning,
            format!("{number} gaps in the last 7 days, the longest {longest}"),
            "see whether the machine sleeps or the scheduler skips runs at those times",
        ),
        _ => Check::ok("gaps", "no gaps in the last 7 days"),
    }
    .with_metric(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn an_old_success_is_a_warning_and_one_twice_as_old_is_critical() {
        let state = |seconds| age(Kind::Players, Some(NOW - seconds), NOW, 24).state;

        assert_eq!(
            state(-60),
            State::Ok,
            "the check of the clock reports a clock that is behind"
        );
        assert_eq!(state(24 * HOUR - 1), State::Ok);
        assert_eq!(state(24 * HOUR), State::Warning);
        assert_eq!(state(48 * HOUR - 1), State::Warning);
        assert_eq!(state(48 * HOUR), State::Critical);
        assert_eq!(age(Kind::Players, None, NOW, 24).state, State::Critical);
    }

    #[test]
    fn one_failed_run_is_a_warning_and_more_than_the_limit_are_critical() {
        let state = |in_a_row| failures(Kind::Wars, in_a_row, Some("down"), 3).state;

        assert_eq!(state(0), State::Ok);
        assert_eq!(state(1), State::Warning);
        assert_eq!(state(3), State::Warning);
        assert_eq!(state(4), State::Critical);
    }

    #[test]
    fn one_gap_is_ok_and_two_are_a_warning() {
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
