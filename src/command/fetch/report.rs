//! The fields that `fetch` adds to its report.

use serde::Serialize;

use crate::command::fetch::tally::FinishedRun;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) runs: Vec<RunReport>,
}

/// A row of `fetch_runs`, with the changes of the rosters.
#[derive(Debug, Serialize)]
pub(crate) struct RunReport {
    kind: &'static str,
    run_id: i64,
    status: &'static str,
    /// Unix seconds.
    started_at: i64,
    /// Unix seconds.
    finished_at: i64,
    pub(crate) requests: u64,
    entities: u64,
    pub(crate) appended: u64,
    unchanged: u64,
    failed: u64,
    error: Option<String>,
    /// Only for factions.
    #[serde(skip_serializing_if = "Option::is_none")]
    joined: Option<u64>,
    /// Only for factions.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u64>,
}

impl From<&FinishedRun> for RunReport {
    fn from(run: &FinishedRun) -> Self {
        let counts = run.tally.counts;
        Self {
            kind: run.kind.as_str(),
            run_id: run.id.get(),
            status: run.status.as_str(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            requests: counts.requests,
            entities: counts.entities,
            appended: counts.appended,
            unchanged: counts.unchanged,
            failed: counts.failed,
            error: run.error.clone(),
            joined: run.roster.as_ref().map(|change| change.joined),
            left: run.roster.as_ref().map(|change| change.left),
        }
    }
}
