//! A run, which is one fetch of one kind: its counts, its status, its failure, and what it learned about the clock.

use crate::error::Exit;
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
    /// No target was saved, or a cause ended the run for which the next runs save nothing either.
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

/// The status of a run that has not recorded its end. It still works if its lock is held.
pub(crate) const RUNNING: &str = "running";

/// The status of a run that ended without recording it.
pub(crate) const KILLED: &str = "killed";

/// Why a run failed, as far as it matters for what to do. `fetch_runs.error` has the words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FailureCause {
    /// Torn could not be reached, or something on the way answered in its place.
    Network,
    /// Torn refused to answer, or its server had a fault.
    Torn,
    /// No key could be used, or none has access.
    Keys,
    /// An answer could not be decoded.
    Answers,
    /// Torn does not know the targets.
    Targets,
    /// The configuration, or the machine, has to be changed first: a proxy, a certificate.
    Configuration,
    /// The database could not be read or written.
    Storage,
    /// The clock of this machine is wrong.
    Clock,
    /// The run was killed.
    Stopped,
}

impl FailureCause {
    pub(crate) const ALL: [Self; 9] = [
        Self::Network,
        Self::Torn,
        Self::Keys,
        Self::Answers,
        Self::Targets,
        Self::Configuration,
        Self::Storage,
        Self::Clock,
        Self::Stopped,
    ];

    /// Whether it keeps all kinds from being saved. The others are about what one kind fetches.
    pub(crate) fn is_shared(self) -> bool {
        match self {
            Self::Network
            | Self::Torn
            | Self::Keys
            | Self::Configuration
            | Self::Storage
            | Self::Clock
            | Self::Stopped => true,
            Self::Answers | Self::Targets => false,
        }
    }

    /// Whether nothing can be saved before the user has done something about this machine.
    pub(crate) fn ends_saving(self) -> bool {
        matches!(self, Self::Storage | Self::Clock)
    }

    /// The value of the column `fetch_runs.cause`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Torn => "torn",
            Self::Keys => "keys",
            Self::Answers => "answers",
            Self::Targets => "targets",
            Self::Configuration => "configuration",
            Self::Storage => "storage",
            Self::Clock => "clock",
            Self::Stopped => "stopped",
        }
    }

    /// The cause that [`Self::as_str`] gives this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == name)
    }

    /// The cause of an error with this exit code, before a run made its first call.
    pub(crate) fn of_start(exit: Exit) -> Option<Self> {
        match exit {
            Exit::NoKey => Some(Self::Keys),
            Exit::Config => Some(Self::Configuration),
            Exit::Io | Exit::Damaged => Some(Self::Storage),
            _ => None,
        }
    }
}

/// The first failure of a run, or what ended it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RunFailure {
    pub(crate) message: String,
    /// `None` if it is not known.
    pub(crate) cause: Option<FailureCause>,
}

/// The comparison of this machine's clock with Torn's in one run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ClockCheck {
    /// No answer had Torn's time.
    Unknown,
    /// It agrees with Torn's, which has reached this time (unix seconds).
    Agrees(i64),
    /// It differs from Torn's, which is this (unix seconds).
    Differs(i64),
}

impl ClockCheck {
    /// Torn's time, or a time that it has reached (unix seconds).
    pub(crate) fn torn_at(self) -> Option<i64> {
        match self {
            Self::Unknown => None,
            Self::Agrees(at) | Self::Differs(at) => Some(at),
        }
    }

    /// Torn's time, if the clock of this machine differs from it (unix seconds).
    pub(crate) fn real_time(self) -> Option<i64> {
        match self {
            Self::Differs(at) => Some(at),
            Self::Unknown | Self::Agrees(_) => None,
        }
    }
}

/// A target of a run that could not be fetched or saved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TargetFailure {
    pub(crate) target: String,
    pub(crate) message: String,
    /// `None` if it is not known.
    pub(crate) cause: Option<FailureCause>,
}

impl TargetFailure {
    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.target, self.message)
    }

    /// The failure of its run, which ended with this status. If nothing was saved for a cause that all kinds share, it is not
    /// about this target, and does not name it.
    pub(crate) fn of_run(self, status: RunStatus) -> RunFailure {
        let names_target =
            status != RunStatus::Failed || !self.cause.is_some_and(FailureCause::is_shared);
        RunFailure {
            message: if names_target {
                self.text()
            } else {
                self.message
            },
            cause: self.cause,
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
        format!("the clock says {}, but {}", iso(now), self.failure())
    }

    /// Both times of that fetch, as the reason why it failed.
    pub(crate) fn failure(&self) -> String {
        format!(
            "the last fetch failed because it said {} when Torn said {}",
            iso(self.torn_at.saturating_add(self.ahead)),
            iso(self.torn_at)
        )
    }
}
