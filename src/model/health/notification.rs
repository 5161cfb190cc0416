//! The findings of the last notification, and the decision whether to notify again.

use std::collections::BTreeSet;

use super::{Check, State};
use crate::model::time::{DAY, MINUTE};

/// A check whose state is not OK, as the last notification had it. It has no metric, since that differs at every run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) id: String,
    pub(crate) state: State,
    /// See [`Check::subjects`].
    pub(crate) subjects: BTreeSet<String>,
}

/// The findings at the time of the last notification.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LastNotification {
    pub(crate) findings: Vec<Finding>,
    /// Unix seconds.
    pub(crate) sent_at: i64,
}

/// The reason for a notification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// A finding is new, worse, or names something new.
    Worse,
    /// A finding is gone or less severe, and others remain.
    Better,
    /// No finding remains.
    Recovered,
    /// Nothing has changed, a finding is critical, and the last notification was about a day ago.
    StillCritical,
}

impl Event {
    /// The name in messages.
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
    New,
    Worse,
    /// It names a new subject.
    Changed,
    /// Its state is less severe, but not OK.
    Better,
    Recovered,
}

impl Change {
    /// The name in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Changed => "changed",
            Self::Better => "better",
            Self::Recovered => "recovered",
        }
    }

    fn is_worse(self) -> bool {
        matches!(self, Self::New | Self::Worse | Self::Changed)
    }
}

/// The differences between the checks and the last notification.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Changes {
    /// `None` if no notification is due.
    pub(crate) event: Option<Event>,
    /// The ids of the checks that changed.
    pub(crate) changed: Vec<(String, Change)>,
    /// The findings to remember: those of now, and older ones that could not be checked again.
    pub(crate) current: Vec<Finding>,
}

impl Changes {
    pub(crate) fn change_of(&self, id: &str) -> Option<Change> {
        let (_, change) = self.changed.iter().find(|(changed, _)| changed == id)?;
        Some(*change)
    }
}

/// The time between reminders of a critical finding. It is less than a day, so that a schedule that starts a few minutes
/// early does not skip a reminder.
const REMINDER_INTERVAL: i64 = DAY - 10 * MINUTE;

/// Compares the checks with the last notification.
pub(crate) fn changes_since(last: &LastNotification, checks: &[Check], now: i64) -> Changes {
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
        let before = last.findings.iter().find(|before| before.id == finding.id);
        if let Some(change) = change(before, finding) {
            changed.push((finding.id.clone(), change));
        }
    }
    for before in &last.findings {
        if current.iter().any(|finding| finding.id == before.id) {
            continue;
        }
        if was_checked(&before.id, checks) {
            changed.push((before.id.clone(), Change::Recovered));
        } else {
            current.push(before.clone());
        }
    }
    let critical = current
        .iter()
        .any(|finding| finding.state == State::Critical);
    let event = if changed.iter().any(|(_, change)| change.is_worse()) {
        Some(Event::Worse)
    } else if changed.is_empty() {
        // After the clock was set back, a reminder is due at once.
        let is_due = !(0..REMINDER_INTERVAL).contains(&now.saturating_sub(last.sent_at));
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

/// Whether the thing that a finding was about was checked this time.
///
/// If the database could not be read, or a check is unknown, missing checks say nothing. Otherwise a missing check was not
/// made because its kind is no longer followed, and its finding is gone.
fn was_checked(id: &str, checks: &[Check]) -> bool {
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

    /// Parses `id state subject …`, separated by commas.
    fn checks(text: &str) -> Vec<Check> {
        text.split(',')
            .map(str::trim)
            .filter(|check| !check.is_empty())
            .map(|check| {
                let mut words = check.split(' ').map(str::to_owned);
                let id = words.next().unwrap();
                let state = State::from_name(&words.next().unwrap()).unwrap();
                Check::finding(id, state, "message", "help").with_subjects(words)
            })
            .collect()
    }

    fn last_notification(text: &str, ago: i64) -> LastNotification {
        LastNotification {
            findings: changes_since(&LastNotification::default(), &checks(text), NOW).current,
            sent_at: NOW - ago,
        }
    }

    #[test]
    fn each_change_is_notified_once_and_a_critical_finding_daily() {
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
            let changes = changes_since(&last_notification(before, ago), &checks(now), NOW);
            assert_eq!(changes.event, expected, "{before:?} -> {now:?}");
        }
    }

    #[test]
    fn a_finding_that_could_not_be_checked_again_has_not_recovered() {
        for unreadable in [
            "database critical",
            "database unknown",
            "database ok, months unknown",
        ] {
            let now = changes_since(
                &last_notification("keys warning", HOUR),
                &checks(unreadable),
                NOW,
            );

            assert_eq!(now.change_of("keys"), None, "{unreadable}");
            let later = LastNotification {
                findings: now.current,
                sent_at: NOW,
            };
            let back = changes_since(&later, &checks("database ok, months ok, keys warning"), NOW);
            assert_eq!(back.event, Some(Event::Better), "{unreadable}");
            assert_eq!(back.change_of("keys"), None, "{unreadable}");
            let recovered = changes_since(&later, &checks("database ok, months ok, keys ok"), NOW);
            assert_eq!(recovered.event, Some(Event::Recovered), "{unreadable}");
        }
    }
}
