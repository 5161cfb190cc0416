//! The counts and the status of a run, which is one fetch of one kind, and the clock that ended it.

use crate::model::time::iso;

/// The counts of a run, as in `fetch_runs`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    pub(crate) requests: u64,
    /// The number of saved answers.
    pub(crate) entities: u64,
    /// The number of appended history rows.
    pub(crate) appended: u64,
    /// The number of saved answers that appended no history row.
    pub(crate) unchanged: u64,
    /// The number of targets that could not be fetched or saved.
    pub(crate) failed: u64,
}

impl Counts {
    /// Counts one saved answer, which added `appended` history rows.
    pub(crate) fn add_saved(&mut self, appended: usize) {
        self.entities += 1;
        match appended {
            0 => self.unchanged += 1,
            rows => self.appended += rows as u64,
        }
    }
}

/// The status of a run that has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RunStatus {
    /// All targets were saved.
    Ok,
    /// Some targets were saved.
    Partial,
    /// No target was saved.
    Failed,
    /// A signal ended the run. The answers received before it are saved.
    Interrupted,
}

impl RunStatus {
    /// The value of the column `fetch_runs.status`, and of the field in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The clock of this machine and that of Torn differed at the last fetch that could compare them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ClockDispute {
    /// Torn's time at that fetch (unix seconds).
    pub(crate) torn_at: i64,
    /// Seconds that the clock of this machine was ahead of Torn's; negative if it was behind.
    pub(crate) ahead: i64,
}

impl ClockDispute {
    /// Both times of that fetch, which show that the clock `now` cannot be trusted.
    pub(crate) fn reason(&self, now: i64) -> String {
        format!(
            "the clock says {}, but the last fetch failed because it said {} when Torn said {}",
            iso(now),
            iso(self.torn_at.saturating_add(self.ahead)),
            iso(self.torn_at)
        )
    }
}
