//! What a run did, in numbers.

/// Counts of one run of one kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Calls made to Torn.
    pub(crate) requests: u64,
    /// Answers saved.
    pub(crate) entities: u64,
    /// History rows written.
    pub(crate) appended: u64,
    /// Answers that brought nothing new.
    pub(crate) unchanged: u64,
    /// Targets that could not be had.
    pub(crate) failed: u64,
}

impl Counts {
    /// One answer saved, which wrote so many history rows.
    pub(crate) fn saved(&mut self, appended: usize) {
        self.entities += 1;
        match appended {
            0 => self.unchanged += 1,
            rows => self.appended += rows as u64,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RunStatus {
    /// Everything that was asked for is saved.
    Ok,
    /// Some of it.
    Partial,
    /// None of it.
    Failed,
    /// A signal; what had arrived is saved.
    Interrupted,
}

impl RunStatus {
    /// The word in `fetch_runs` and in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}
