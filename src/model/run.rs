//! The counts and the status of a run, which is one fetch of one kind.

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
