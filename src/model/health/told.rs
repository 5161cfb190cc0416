//! When to tell of a change.

use super::State;
use crate::model::time::{DAY, MINUTE};

/// The last state that was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Told {
    /// The state.
    pub state: State,
    /// When.
    pub at: i64,
}

/// Why something is told now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Occasion {
    /// Worse than what was last told.
    Worse,
    /// Better, but not well.
    Better,
    /// Well again.
    Recovered,
    /// Critical since a day.
    StillCritical,
}

impl Occasion {
    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Recovered => "recovered",
            Self::StillCritical => "still_critical",
        }
    }
}

/// A schedule that starts a few minutes early must not make a day of two.
const ABOUT_A_DAY: i64 = DAY - 10 * MINUTE;

/// Whether to tell, and why: when the state is another than was last told, and daily while it is critical.
pub fn occasion(told: Option<Told>, state: State, now: i64) -> Option<Occasion> {
    let last = told.map_or(State::Ok, |told| told.state);
    match state.cmp(&last) {
        std::cmp::Ordering::Greater => Some(Occasion::Worse),
        std::cmp::Ordering::Less if state == State::Ok => Some(Occasion::Recovered),
        std::cmp::Ordering::Less => Some(Occasion::Better),
        std::cmp::Ordering::Equal => {
            let since = told.map_or(0, |told| now - told.at);
            // A clock that was set back must not silence it.
            (state == State::Critical && !(0..ABOUT_A_DAY).contains(&since))
                .then_some(Occasion::StillCritical)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn each_change_is_told_once_and_what_is_critical_daily() {
        let told = |state, ago| {
            Some(Told {
                state,
                at: NOW - ago,
            })
        };
        for (before, state, expected) in [
            (None, State::Ok, None),
            (None, State::Warning, Some(Occasion::Worse)),
            (
                told(State::Ok, HOUR),
                State::Critical,
                Some(Occasion::Worse),
            ),
            (told(State::Warning, HOUR), State::Warning, None),
            (told(State::Warning, 9 * DAY), State::Warning, None),
            (
                told(State::Warning, HOUR),
                State::Critical,
                Some(Occasion::Worse),
            ),
            (
                told(State::Critical, HOUR),
                State::Warning,
                Some(Occasion::Better),
            ),
            (
                told(State::Critical, HOUR),
                State::Ok,
                Some(Occasion::Recovered),
            ),
            (told(State::Critical, 23 * HOUR), State::Critical, None),
            (
                told(State::Critical, 24 * HOUR),
                State::Critical,
                Some(Occasion::StillCritical),
            ),
            (
                told(State::Critical, -HOUR),
                State::Critical,
                Some(Occasion::StillCritical),
            ),
        ] {
            assert_eq!(occasion(before, state, NOW), expected, "{before:?} {state}");
        }
    }
}
