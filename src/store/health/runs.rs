//! Reads the runs of each kind: successes, failures, kills and gaps.

use std::path::PathBuf;

use rusqlite::{OptionalExtension, named_params};

use super::{Snapshot, WINDOW};
use crate::error::Result;
use crate::model::health::{FailedRuns, Gap, Incomplete, LastSuccess};
use crate::model::kind::Kind;
use crate::model::run::{FailureCause, KILLED, RUNNING, RunFailure};
use crate::model::time::DAY;
use crate::store::lock::Lock;
use crate::store::{SqlContext, sql};

/// The recent runs of one kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RunHistory {
    pub(crate) last_success: Option<LastSuccess>,
    pub(crate) failed: FailedRuns,
    /// The starts of the runs that were killed in the last day.
    pub(crate) killed: Vec<i64>,
    /// The gaps of the last week.
    pub(crate) gaps: Vec<Gap>,
    /// `None` if no target failed in the last success.
    pub(crate) incomplete: Option<Incomplete>,
}

/// The id of a run. Ids tell the order of the runs, whatever the clock said.
type RunNumber = i64;

struct KilledRun {
    id: RunNumber,
    /// Unix seconds.
    started_at: i64,
    /// Whether its status is still `running`, because no later run has marked it as killed.
    is_unmarked: bool,
}

impl Snapshot {
    /// The configuration files whose fetches took turns in the last day.
    pub(crate) fn configurations(&self, now: i64) -> Result<Vec<PathBuf>> {
        self.query_all(
            sql!("health/list_configurations"),
            named_params! { ":since": now - DAY, ":horizon": now + DAY },
            |row| row.get::<_, String>("configuration").map(PathBuf::from),
        )
    }

    /// Reads the recent runs of one kind. A gap is a time without success that is longer than `gap_seconds`.
    pub(crate) fn runs(&self, kind: Kind, gap_seconds: i64, now: i64) -> Result<RunHistory> {
        let success = self.last_success(kind, now)?;
        let mut failed = self.failures_since(kind, success.map(|(_, id)| id), now)?;
        let killed = self.killed(kind, now)?;
        // A killed run that is not marked yet counts as a failure.
        let unmarked = killed
            .iter()
            .filter(|run| {
                run.is_unmarked && success.is_none_or(|(_, succeeded)| run.id > succeeded)
            })
            .count();
        if unmarked > 0 {
            failed.failure.get_or_insert_with(|| RunFailure {
                message: "it was killed, or could not record how it ended, as on a full disk"
                    .to_owned(),
                cause: Some(FailureCause::Stopped),
            });
        }
        failed.in_a_row += i64::try_from(unmarked).unwrap_or(0);
        Ok(RunHistory {
            incomplete: self.incomplete(kind, now)?,
            last_success: success.map(|(last, _)| last),
            failed,
            killed: killed
                .into_iter()
                .map(|run| run.started_at)
                .filter(|started_at| *started_at >= now - DAY)
                .collect(),
            gaps: self.gaps(kind, gap_seconds, now)?,
        })
    }

    /// When the database was made, in unix seconds; `None` if that is not recorded.
    pub(crate) fn made_at(&self) -> Result<Option<i64>> {
        self.query_row(sql!("health/get_made_at"), [], |row| row.get("made_at"))
            .context("look up when the database was made")
    }

    pub(crate) fn has_runs(&self) -> Result<bool> {
        self.query_row(sql!("health/has_runs"), [], |row| row.get("has_runs"))
            .context("look for recorded runs")
    }

    /// The last success, and the id of that run.
    fn last_success(&self, kind: Kind, now: i64) -> Result<Option<(LastSuccess, RunNumber)>> {
        self.query_row(
            sql!("health/get_last_success"),
            named_params! { ":kind": kind.as_str(), ":horizon": now + DAY },
            |row| {
                let last = LastSuccess {
                    at: row.get("succeeded_at")?,
                    is_incomplete: row.get("is_partial")?,
                };
                Ok((last, row.get("id")?))
            },
        )
        .optional()
        .context("read the last success")
    }

    /// The runs that failed after the last success.
    fn failures_since(
        &self,
        kind: Kind,
        success: Option<RunNumber>,
        now: i64,
    ) -> Result<FailedRuns> {
        let failed = self
            .query_row(
                sql!("health/count_failures"),
                named_params! {
                    ":kind": kind.as_str(),
                    ":since_id": success.unwrap_or(0),
                    ":horizon": now + DAY,
                },
                |row| {
                    let message: Option<String> = row.get("error")?;
                    let cause: Option<String> = row.get("cause")?;
                    Ok(FailedRuns {
                        kind,
                        in_a_row: row.get("failures")?,
                        newest_at: row.get("newest_at")?,
                        failure: message.map(|message| RunFailure {
                            message,
                            cause: cause.as_deref().and_then(FailureCause::from_name),
                        }),
                    })
                },
            )
            .optional()
            .context("read the failures")?;
        Ok(failed.unwrap_or(FailedRuns {
            kind,
            in_a_row: 0,
            newest_at: None,
            failure: None,
        }))
    }

    /// The killed runs of the last week, the newest first.
    fn killed(&self, kind: Kind, now: i64) -> Result<Vec<KilledRun>> {
        let unfinished: Vec<(RunNumber, i64, String)> = self.query_all(
            sql!("health/list_unfinished_runs"),
            named_params! { ":kind": kind.as_str(), ":since": now - WINDOW, ":horizon": now + DAY },
            |row| Ok((row.get("id")?, row.get("started_at")?, row.get("status")?)),
        )?;
        let is_running = unfinished.iter().any(|(_, _, status)| status == RUNNING)
            && Lock::is_held(self.path(), kind.as_str());
        Ok(unfinished
            .into_iter()
            .enumerate()
            // Only the newest run can hold the lock.
            .filter(|(number, (_, _, status))| status == KILLED || !(is_running && *number == 0))
            .map(|(_, (id, started_at, status))| KilledRun {
                id,
                started_at,
                is_unmarked: status == RUNNING,
            })
            .collect())
    }

    fn gaps(&self, kind: Kind, gap_seconds: i64, now: i64) -> Result<Vec<Gap>> {
        self.query_all(
            sql!("health/list_gaps"),
            named_params! {
                ":kind": kind.as_str(),
                ":since": now - WINDOW,
                ":horizon": now + DAY,
                ":seconds": gap_seconds,
            },
            |row| {
                Ok(Gap {
                    kind,
                    from: row.get("started_at")?,
                    to: row.get("ended_at")?,
                })
            },
        )
    }

    fn incomplete(&self, kind: Kind, now: i64) -> Result<Option<Incomplete>> {
        self.query_row(
            sql!("health/find_incomplete"),
            named_params! { ":kind": kind.as_str(), ":horizon": now + DAY },
            |row| {
                Ok(Incomplete {
                    since: row.get("since")?,
                    failed: row.get("failed")?,
                    error: row.get("error")?,
                })
            },
        )
        .optional()
        .context("read the runs with failures")
    }
}
