//! The result of one kind in one run of `fetch`.

use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::store::run::RunId;
use crate::store::save::RosterChange;

/// The counts of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// The counts in `fetch_runs`.
    pub(super) counts: Counts,
    /// Answers with data, including empty lists of wars.
    pub(super) answers: u64,
    /// Failures of answers that could not be decoded or saved.
    pub(super) rejected: u64,
    /// Temporary failures.
    pub(super) passing: u64,
    /// Failures because Torn does not know the id.
    pub(super) missing: u64,
}

/// A run of one kind after its end.
pub(super) struct FinishedRun {
    pub(super) kind: Kind,
    pub(super) status: RunStatus,
    pub(super) tally: Tally,
    pub(super) error: Option<String>,
    pub(super) id: RunId,
    pub(super) started_at: i64,
    pub(super) finished_at: i64,
    pub(super) roster: Option<RosterChange>,
}
