//! The findings that were told, and when to tell again.

use std::collections::BTreeSet;

use super::{Check, State};
use crate::model::time::{DAY, MINUTE};

/// A check that is not well, without the numbers that differ from one look to the next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    /// The id of the check.
    pub(crate) id: String,
    /// How bad it is.
    pub(crate) state: State,
    /// The things that it names: a finding that names a new one is told again.
    pub(crate) subjects: BTreeSet<String>,
}

/// The findings at the last message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Notified {
    /// All that stood then.
    pub(crate) findings: Vec<Finding>,
    /// When.
    pub(crate) at: i64,
}

/// Why something is told now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// A finding is new, worse, or names something new.
    Worse,
    /// A finding is gone or less bad, and others stand.
    Better,
    /// All is well again.
    Recovered,
    /// Nothing has changed, and something is critical since a day.
    StillCritical,
}

impl Event {
    /// The word in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Recovered => "recovered",
            Self::StillCritical => "still_critical",
        }
    }
}

/// How a finding has changed since the last message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    /// It was not there.
    New,
    /// Its state is worse.
    Worse,
    /// It names something new.
    Changed,
    /// Its state is better, but not well.
    Better,
    /// It is gone.
    Recovered,
}

impl Change {
    /// The word in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Changed => "changed",
            Self::Better => "better",
            Self::Recovered => "recovered",
        }
    }

    fn is_for_the_worse(self) -> bool {
        matches!(self, Self::New | Self::Worse | Self::Changed)
    }
}

/// The comparison of a look with the last message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Changes {
    /// Why to tell now; `None`: there is nothing to tell.
    pub(crate) event: Option<Event>,
    /// The ids of the checks that changed.
    pub(crate) changed: Vec<(String, Change)>,
    /// All that stands now, for the memory.
    pub(crate) current: Vec<Finding>,
}

impl Changes {
    /// How a check has changed.
    pub(crate) fn change_of(&self, id: &str) -> Option<Change> {
        let (_, change) = self.changed.iter().find(|(changed, _)| changed == id)?;
        Some(*change)
    }
}

/// A schedule that starts a few minutes early must not make a day of two.
const ABOUT_A_DAY: i64 = DAY - 10 * MINUTE;

/// Compares what was found now with what was told last.
pub(crate) fn changes_since(told: &Notified, checks: &[Check], now: i64) -> Changes {
    let mut current: Vec<Finding> = checks
        .iter()
        .filter(|check| check.state != State::Ok)
        .map(|check| Finding {
            id: check.id.clone(),
            state: check.state,
            subjects: check.subjects.clone(),
        })
        .collect();
    let mut changed = Vec::new();
    for finding in &current {
        let before = told.findings.iter().find(|before| before.id == finding.id);
        if let Some(change) = change(before, finding) {
            changed.push((finding.id.clone(), change));
        }
    }
    for before in &told.findings {
        if current.iter().any(|finding| finding.id == before.id) {
            continue;
        }
        if was_looked_at(&before.id, checks) {
            changed.push((before.id.clone(), Change::Recovered));
        } else {
            current.push(before.clone());
        }
    }
    let critical = current
        .iter()
        .any(|finding| finding.state == State::Critical);
    let event = if changed.iter().any(|(_, change)| change.is_for_the_worse()) {
        Some(Event::Worse)
    } else if changed.is_empty() {
        // A clock that was set back must not silence it.
        let is_due = !(0..ABOUT_A_DAY).contains(&now.saturating_sub(told.at));
        (critical && is_due).then_some(Event::StillCritical)
    } else if current.is_empty() {
        Some(Event::Recovered)
    } else {
        Some(Event::Better)
    };
    Changes {
        event,
        changed,
        current,
    }
}

fn change(before: Option<&Finding>, now: &Finding) -> Option<Change> {
    let Some(before) = before else {
        return Some(Change::New);
    };
    match now.state.cmp(&before.state) {
        std::cmp::Ordering::Greater => Some(Change::Worse),
        _ if !now.subjects.is_subset(&before.subjects) => Some(Change::Changed),
        std::cmp::Ordering::Less => Some(Change::Better),
        std::cmp::Ordering::Equal => None,
    }
}

/// Whether the thing that a finding was about was looked at now: a database that could not be read says nothing of what
/// was wrong in it. A check that is not made any more, because its kind is no longer followed, has no finding.
fn was_looked_at(id: &str, checks: &[Check]) -> bool {
    checks.iter().any(|check| check.id == id)
        || checks.iter().all(|check| {
            check.state != State::Unknown && (check.id != "database" || check.state == State::Ok)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    /// Checks as `id state subject …`, one a word group.
    fn checks(text: &str) -> Vec<Check> {
        text.split(',')
            .map(str::trim)
            .filter(|check| !check.is_empty())
            .map(|check| {
                let mut words = check.split(' ').map(str::to_owned);
                let id = words.next().unwrap();
                let state = State::from_word(&words.next().unwrap()).unwrap();
                Check::bad(id, state, "message", "remedy").about(words)
            })
            .collect()
    }

    fn told(text: &str, ago: i64) -> Notified {
        Notified {
            findings: changes_since(&Notified::default(), &checks(text), NOW).current,
            at: NOW - ago,
        }
    }

    #[test]
    fn each_change_is_told_once_and_what_is_critical_daily() {
        use Event::{Better, Recovered, StillCritical, Worse};

        for (before, ago, now, expected) in [
            ("", HOUR, "a ok", None),
            ("", HOUR, "a warning", Some(Worse)),
            ("", HOUR, "a critical", Some(Worse)),
            ("a warning", HOUR, "a warning", None),
            ("a warning", 9 * DAY, "a warning", None),
            ("a warning", HOUR, "a warning, b warning", Some(Worse)),
            ("a critical", HOUR, "a critical, b warning", Some(Worse)),
            ("a warning", HOUR, "a critical", Some(Worse)),
            ("a critical", HOUR, "a warning", Some(Better)),
            ("a critical", HOUR, "a ok", Some(Recovered)),
            (
                "a warning, b warning",
                HOUR,
                "a ok, b warning",
                Some(Better),
            ),
            ("a warning", HOUR, "a ok, b warning", Some(Worse)),
            ("a critical", 23 * HOUR, "a critical", None),
            ("a critical", 24 * HOUR, "a critical", Some(StillCritical)),
            ("a critical", -HOUR, "a critical", Some(StillCritical)),
            ("a warning x", HOUR, "a warning x", None),
            ("a warning x", HOUR, "a warning x y", Some(Worse)),
            ("a warning x y", HOUR, "a warning y", None),
            ("a warning x", HOUR, "a warning y", Some(Worse)),
            ("a critical x", HOUR, "a warning y", Some(Worse)),
            ("a warning", HOUR, "b ok", Some(Recovered)),
        ] {
            let changes = changes_since(&told(before, ago), &checks(now), NOW);
            assert_eq!(changes.event, expected, "{before:?} -> {now:?}");
        }
    }

    #[test]
    fn what_could_not_be_looked_at_has_not_recovered() {
        for unable in [
            "database critical",
            "database unknown",
            "database ok, months unknown",
        ] {
            let now = changes_since(&told("keys warning", HOUR), &checks(unable), NOW);

            assert_eq!(now.change_of("keys"), None, "{unable}");
            let later = Notified {
                findings: now.current,
                at: NOW,
            };
            let back = changes_since(&later, &checks("database ok, months ok, keys warning"), NOW);
            assert_eq!(back.event, Some(Event::Better), "{unable}");
            assert_eq!(back.change_of("keys"), None, "{unable}");
            let well = changes_since(&later, &checks("database ok, months ok, keys ok"), NOW);
            assert_eq!(well.event, Some(Event::Recovered), "{unable}");
        }
    }
}
