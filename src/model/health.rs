//! Judges the health of an installation: each function takes measured values and returns the check of that name.

mod archives;
mod backups;
mod clock;
mod data;
mod failures;
mod keys;
mod machine;
mod metric;
mod missing;
mod notification;
mod runs;
mod schedule;
mod targets;

use std::collections::BTreeSet;
use std::fmt;

use crate::model::invocation::with_options;
use crate::model::size::count;
use crate::model::time::{DAY, HOUR, MINUTE, iso};

pub(crate) use archives::{Archive, ArchiveState, archives, refused_archive};
pub(crate) use backups::{Backups, RecordedBackup, backup, future_backups, pruned_early};
pub(crate) use clock::{FutureTimestamps, clock, disputed_clock, put_clock_first};
pub(crate) use data::{OverdueRows, rejected, retention, rows, size, summaries};
pub(crate) use failures::{FailedRuns, failures, join_failures};
pub(crate) use keys::{AddressPause, KeyStatus, UnusableKeyFile, address, key_files, keys};
pub(crate) use machine::{Disk, disk, sqlite, wal};
pub(crate) use metric::Metric;
pub(crate) use missing::{MissingId, missing};
pub(crate) use notification::{Change, Changes, Event, Finding, LastNotification, changes_since};
pub(crate) use runs::{Gap, Setup, age, configurations, gaps, killed, not_fetched};
pub(crate) use schedule::schedule;
pub(crate) use targets::{Incomplete, LastSaving, LastSuccess, Target, incomplete, targets};

/// The states of monitoring plugins, in ascending severity: critical outranks unknown.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum State {
    #[default]
    Ok,
    Warning,
    /// The check could not be made.
    Unknown,
    Critical,
}

impl State {
    /// The name in reports and in the notification state.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }

    /// The state that [`Self::as_str`] gives this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Ok, Self::Warning, Self::Unknown, Self::Critical]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Check {
    /// Monitoring systems refer to checks by this id, so it must not change.
    pub(crate) id: String,
    pub(crate) state: State,
    /// One line.
    pub(crate) message: String,
    /// The help for the user; `None` when the state is OK.
    pub(crate) help: Option<String>,
    pub(crate) metric: Option<Metric>,
    /// The things that the message names, such as keys. A finding that names a new one is notified again.
    pub(crate) subjects: BTreeSet<String>,
}

impl Check {
    pub(crate) fn ok(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            state: State::Ok,
            message: message.into(),
            help: None,
            metric: None,
            subjects: BTreeSet::new(),
        }
    }

    /// A check whose state is not OK.
    pub(crate) fn finding(
        id: impl Into<String>,
        state: State,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            state,
            help: Some(help.into()),
            ..Self::ok(id, message)
        }
    }

    #[must_use]
    pub(crate) fn with_subjects<T: Into<String>>(
        mut self,
        subjects: impl IntoIterator<Item = T>,
    ) -> Self {
        self.subjects = subjects.into_iter().map(Into::into).collect();
        self
    }

    /// The check as this run shows it: with its options in the commands of the texts.
    #[must_use]
    pub(crate) fn with_options(self) -> Self {
        Self {
            message: with_options(&self.message).into_owned(),
            help: self.help.map(|help| with_options(&help).into_owned()),
            ..self
        }
    }

    /// The check with another help, if its state is not OK.
    #[must_use]
    pub(crate) fn with_help(self, help: &str) -> Self {
        Self {
            help: self.help.map(|_| help.to_owned()),
            ..self
        }
    }

    #[must_use]
    pub(crate) fn with_metric(mut self, metric: Metric) -> Self {
        self.metric = Some(metric);
        self
    }
}

/// The most severe state of all checks.
pub(crate) fn overall(checks: &[Check]) -> State {
    checks
        .iter()
        .map(|check| check.state)
        .max()
        .unwrap_or_default()
}

/// The first line that monitoring plugins print: `TORNSNAP OK - … | age_players=120s;86400;172800 …`.
pub(crate) fn status_line(checks: &[Check]) -> String {
    let state = overall(checks);
    // A vertical bar would begin the performance data.
    let text = summary(checks).replace('|', "/");
    let data: Vec<String> = checks
        .iter()
        .filter_map(|check| {
            let metric = check.metric?;
            Some(format!("{}={}", check.id, metric.as_performance_data()))
        })
        .collect();
    let line = format!("TORNSNAP {} - {text}", state.as_str().to_uppercase());
    if data.is_empty() {
        return line;
    }
    format!("{line} | {}", data.join(" "))
}

/// The first line on a terminal.
pub(crate) fn headline(checks: &[Check]) -> String {
    let total = checks.len();
    match overall(checks) {
        State::Ok => format!("All is well ({}).", count(total, "check")),
        state => format!(
            "The state is {state}: {} of {} found something.",
            findings(checks).len(),
            count(total, "check")
        ),
    }
}

/// The message of the most severe finding, and the number of the others.
pub(crate) fn summary(checks: &[Check]) -> String {
    match findings(checks).as_slice() {
        [] => format!("{}, all well", count(checks.len(), "check")),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
    }
}

/// The checks whose state is not OK, the most severe first. A wrong clock is the cause of others, so it comes before them.
pub(crate) fn findings(checks: &[Check]) -> Vec<&Check> {
    let mut findings: Vec<&Check> = checks
        .iter()
        .filter(|check| check.state != State::Ok)
        .collect();
    findings.sort_by_key(|check| (std::cmp::Reverse(check.state), check.id != "clock"));
    findings
}

/// A duration in its largest unit, such as `3 hours`; hours up to two days.
pub(crate) fn format_duration(seconds: i64) -> String {
    match seconds {
        ..0 => "0 seconds".to_owned(),
        0..MINUTE => count(seconds, "second"),
        MINUTE..HOUR => count(seconds / MINUTE, "minute"),
        _ if seconds < 2 * DAY => count(seconds / HOUR, "hour"),
        _ => count(seconds / DAY, "day"),
    }
}

/// The UTC date of a timestamp.
fn format_date(timestamp: i64) -> String {
    iso(timestamp).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::kind::Kind;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn the_status_line_has_the_format_of_monitoring_plugins() {
        let checks = [
            age(Kind::Players, NOW - 120, NOW, 24),
            disk(Disk::Database, 1000, 100),
            Check::ok("sqlite", "SQLite 3"),
        ];
        assert_eq!(
            status_line(&checks),
            "TORNSNAP OK - 3 checks, all well | age_players=120s;86400;172800 disk=1000B;100:;25:"
        );

        let findings = [
            Check::finding("a", State::Warning, "a|b", "x"),
            Check::finding("b", State::Critical, "c|d", "x"),
        ];
        assert_eq!(
            status_line(&findings),
            "TORNSNAP CRITICAL - c/d (and 1 more)"
        );
    }
}
