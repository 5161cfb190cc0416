//! The counts of a run of one kind, and its end.

use crate::command::torn::RunEnd;
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
    /// Failures because Torn gave no usable answer, however often it was asked.
    pub(super) unanswered: u64,
    /// Failures because no key has access.
    pub(super) no_access: u64,
    /// Failures because Torn does not know the id.
    pub(super) missing: u64,
    /// The part of `missing` that only a roster lists.
    pub(super) listed: u64,
    /// Targets that are unknown because another call failed, which is counted itself.
    pub(super) unlearned: u64,
}

impl Tally {
    /// Whether Torn gave no usable answer about any target.
    pub(super) fn is_unreached(&self) -> bool {
        self.answers == 0 && self.counts.failed == self.unanswered + self.unlearned
    }
}

/// A run of one kind after its end.
pub(super) struct FinishedRun {
    pub(super) kind: Kind,
    pub(super) status: RunStatus,
    pub(super) tally: Tally,
    /// The column `fetch_runs.error`.
    pub(super) error: Option<String>,
    /// The first failure of a target.
    pub(super) first_failure: Option<String>,
    /// Set if Torn answered about none of the targets.
    pub(super) unreached: Option<RunEnd>,
    pub(super) id: RunId,
    pub(super) started_at: i64,
    pub(super) finished_at: i64,
    pub(super) roster: Option<RosterChange>,
}
