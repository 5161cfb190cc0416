//! What is well and what is not: from values to states, without looking anything up.

mod clock;
mod copies;
mod data;
mod keys;
mod machine;
mod missing;
mod notified;
mod runs;
mod targets;

use std::collections::BTreeSet;
use std::fmt;

use crate::model::time::{DAY, HOUR, MINUTE, iso};

pub(crate) use clock::{FarFuture, clock};
pub(crate) use copies::{
    Archive, ArchiveState, Backups, RecordedFolder, archives, backup, backups_ahead,
};
pub(crate) use data::{Overdue, rejected, retention, rows, size, summaries};
pub(crate) use keys::{KeyFact, address, key_files, keys};
pub(crate) use machine::{Disk, disk, sqlite, wal};
pub(crate) use missing::{MissingId, missing};
pub(crate) use notified::{Change, Changes, Event, Finding, Notified, changes_since};
pub(crate) use runs::{Gap, age, failures, gaps, killed};
pub(crate) use targets::{Incomplete, LastSuccess, Target, incomplete, targets};

/// How something is, in the words and the numbers of monitoring plugins.
///
/// The order is that of who is listened to first: one thing that is critical outweighs one that cannot be told.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum State {
    /// Well.
    #[default]
    Ok,
    /// To be looked at.
    Warning,
    /// It cannot be told.
    Unknown,
    /// To be looked at now.
    Critical,
}

impl State {
    /// The word in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }

    /// The state of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Ok, Self::Warning, Self::Unknown, Self::Critical]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Check {
    /// Stable: programs go by it.
    pub(crate) id: String,
    /// How it is.
    pub(crate) state: State,
    /// In one line.
    pub(crate) message: String,
    /// What to do, where there is something to do.
    pub(crate) remedy: Option<String>,
    /// The number behind it.
    pub(crate) value: Option<Value>,
    /// The things that the message names, such as keys: a finding that names a new one is told again.
    pub(crate) subjects: BTreeSet<String>,
}

/// A number with its unit and thresholds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Value {
    pub(crate) number: i64,
    /// "s" seconds, "B" bytes, "" a count.
    pub(crate) unit: &'static str,
    /// Warning beyond this.
    pub(crate) warning: Option<i64>,
    /// Critical beyond this.
    pub(crate) critical: Option<i64>,
    /// Whether "beyond" means below.
    pub(crate) is_minimum: bool,
}

impl Value {
    /// A number that nothing depends on.
    pub(crate) fn plain(number: i64, unit: &'static str) -> Self {
        Self {
            number,
            unit,
            warning: None,
            critical: None,
            is_minimum: false,
        }
    }

    /// As performance data: `120s;86400;172800`. <https://www.monitoring-plugins.org/doc/guidelines.html>
    fn as_performance_data(self) -> String {
        let threshold = |number: Option<i64>| {
            number.map_or_else(String::new, |number| {
                if self.is_minimum {
                    format!("{number}:")
                } else {
                    number.to_string()
                }
            })
        };
        let text = format!(
            "{}{};{};{}",
            self.number,
            self.unit,
            threshold(self.warning),
            threshold(self.critical)
        );
        text.trim_end_matches(';').to_owned()
    }
}

impl Check {
    /// Well.
    pub(crate) fn ok(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            state: State::Ok,
            message: message.into(),
            remedy: None,
            value: None,
            subjects: BTreeSet::new(),
        }
    }

    /// Not well, with what to do about it.
    pub(crate) fn bad(
        id: impl Into<String>,
        state: State,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state,
            remedy: Some(remedy.into()),
            ..Self::ok(id, message)
        }
    }

    /// With the things that the message names.
    #[must_use]
    pub(crate) fn about<T: Into<String>>(mut self, subjects: impl IntoIterator<Item = T>) -> Self {
        self.subjects = subjects.into_iter().map(Into::into).collect();
        self
    }

    /// With the number behind it.
    #[must_use]
    pub(crate) fn with(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }
}

/// The state of everything: that of its worst part.
pub(crate) fn overall(checks: &[Check]) -> State {
    checks
        .iter()
        .map(|check| check.state)
        .max()
        .unwrap_or_default()
}

/// The first line: `TORNSNAP OK - … | age_players=120s;86400;172800 …`.
pub(crate) fn first_line(checks: &[Check]) -> String {
    let state = overall(checks);
    // A bar would begin the performance data.
    let text = in_short(checks).replace('|', "/");
    let data: Vec<String> = checks
        .iter()
        .filter_map(|check| {
            let value = check.value?;
            Some(format!("{}={}", check.id, value.as_performance_data()))
        })
        .collect();
    let line = format!("TORNSNAP {} - {text}", state.as_str().to_uppercase());
    if data.is_empty() {
        return line;
    }
    format!("{line} | {}", data.join(" "))
}

/// The first line for people.
pub(crate) fn in_words(checks: &[Check]) -> String {
    let bad = worst_first(checks).len();
    match overall(checks) {
        State::Ok => format!("All is well ({} checks).", checks.len()),
        state => {
            let state = state.as_str();
            let checks = checks.len();
            format!("The state is {state}: {bad} of {checks} checks found something.")
        }
    }
}

/// The worst in one line.
pub(crate) fn in_short(checks: &[Check]) -> String {
    let bad = worst_first(checks);
    match bad.as_slice() {
        [] => format!("{} checks, all well", checks.len()),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
    }
}

/// What is not well, the worst first.
pub(crate) fn worst_first(checks: &[Check]) -> Vec<&Check> {
    let mut bad: Vec<&Check> = checks
        .iter()
        .filter(|check| check.state != State::Ok)
        .collect();
    bad.sort_by_key(|check| std::cmp::Reverse(check.state));
    bad
}

/// A span of time in words, such as `3 hours`.
pub(crate) fn span(seconds: i64) -> String {
    let of = |number: i64, unit: &str| match number {
        1 => format!("1 {unit}"),
        _ => format!("{number} {unit}s"),
    };
    match seconds {
        ..0 => "0 seconds".to_owned(),
        0..MINUTE => of(seconds, "second"),
        MINUTE..HOUR => of(seconds / MINUTE, "minute"),
        HOUR..DAY => of(seconds / HOUR, "hour"),
        _ if seconds < 2 * DAY => of(seconds / HOUR, "hour"),
        _ => of(seconds / DAY, "day"),
    }
}

fn day(unix: i64) -> String {
    iso(unix).chars().take(10).collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::kind::Kind;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn the_first_line_is_what_monitoring_plugins_print() {
        let checks = [
            age(Kind::Players, Some(NOW - 120), NOW, 24),
            disk(Disk::Database, 1000, 100),
            Check::ok("sqlite", "SQLite 3"),
        ];
        assert_eq!(
            first_line(&checks),
            "TORNSNAP OK - 3 checks, all well | age_players=120s;86400;172800 disk=1000B;100:;25:"
        );

        let worse = [
            Check::bad("a", State::Warning, "a|b", "x"),
            Check::bad("b", State::Critical, "c|d", "x"),
        ];
        assert_eq!(first_line(&worse), "TORNSNAP CRITICAL - c/d (and 1 more)");
    }
}
