//! The runs of each kind: successes, failures, kills, and times without a run.

use rusqlite::{OptionalExtension, named_params};

use super::{View, WINDOW};
use crate::error::Result;
use crate::model::health::{Gap, Incomplete, LastSuccess};
use crate::model::kind::Kind;
use crate::model::time::DAY;
use crate::store::lock::Lock;
use crate::store::{SqlContext, sql};

/// The results of the runs of one kind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Runs {
    /// When one last succeeded.
    pub(crate) last_success: Option<LastSuccess>,
    /// How many have failed since.
    pub(crate) failures: i64,
    /// The error of the newest failed run.
    pub(crate) error: Option<String>,
    /// When those began that were killed within a day.
    pub(crate) killed: Vec<i64>,
    /// Times without a success, within a week.
    pub(crate) gaps: Vec<Gap>,
    /// Since when each run has had targets that failed; `None`: the last success had none.
    pub(crate) incomplete: Option<Incomplete>,
}

/// A run that did not come to its end.
struct Unfinished {
    began: i64,
    /// Whether no later run has noted that it was killed.
    is_unnoted: bool,
}

impl View {
    /// The runs of one kind. A gap is longer than `gap_seconds`.
    pub(crate) fn runs(&self, kind: Kind, gap_seconds: i64, now: i64) -> Result<Runs> {
        let success = self.last_success(kind, now)?;
        let (failed, error) = self.failures_since(kind, success.map(|(_, began)| began), now)?;
        let killed = self.killed(kind, now)?;
        // A killed run that no later one has noted as such is a failure too.
        let unnoted = killed
            .iter()
            .filter(|run| {
                run.is_unnoted && success.is_none_or(|(_, succeeded)| run.began > succeeded)
            })
            .count();
        Ok(Runs {
            incomplete: self.incomplete(kind, now)?,
            last_success: success.map(|(last, _)| last),
            failures: failed + i64::try_from(unnoted).unwrap_or(0),
            error: error.or_else(|| (unnoted > 0).then(|| "it was killed".to_owned())),
            killed: killed
                .into_iter()
                .map(|run| run.began)
                .filter(|began| *began >= now - DAY)
                .collect(),
            gaps: self.gaps(kind, gap_seconds, now)?,
        })
    }

    /// Whether any fetch was recorded.
    pub(crate) fn has_runs(&self) -> Result<bool> {
        self.one(sql!("health/has_runs"), [], |row| row.get("has_runs"))
            .context("look for records of fetches")
    }

    /// The last success, and when that run began.
    fn last_success(&self, kind: Kind, now: i64) -> Result<Option<(LastSuccess, i64)>> {
        self.one(
            sql!("health/last_success"),
            named_params! { ":kind": kind.as_str(), ":horizon": now + DAY },
            |row| {
                let last = LastSuccess {
                    at: row.get("succeeded_at")?,
                    is_incomplete: row.get("is_partial")?,
                };
                Ok((last, row.get("started_at")?))
            },
        )
        .optional()
        .context("read the last success")
    }

    /// How many runs have failed since a moment, and the error of the newest.
    fn failures_since(
        &self,
        kind: Kind,
        since: Option<i64>,
        now: i64,
    ) -> Result<(i64, Option<String>)> {
        self.one(
            sql!("health/failures"),
            named_params! {
                ":kind": kind.as_str(),
                ":since": since.unwrap_or(i64::MIN),
                ":horizon": now + DAY,
            },
            |row| Ok((row.get("failures")?, row.get("error")?)),
        )
        .context("read the failures")
    }

    /// The runs of the last days that were killed, newest first.
    fn killed(&self, kind: Kind, now: i64) -> Result<Vec<Unfinished>> {
        let unfinished: Vec<(i64, String)> = self.all(
            sql!("health/unfinished"),
            named_params! { ":kind": kind.as_str(), ":since": now - WINDOW, ":horizon": now + DAY },
            |row| Ok((row.get("started_at")?, row.get("status")?)),
        )?;
        let at_work = unfinished.iter().any(|(_, status)| status == "running")
            && Lock::is_held(self.path(), kind.as_str());
        Ok(unfinished
            .into_iter()
            .enumerate()
            // Only the newest can be the one that holds the lock.
            .filter(|(number, (_, status))| status == "killed" || !(at_work && *number == 0))
            .map(|(_, (began, status))| Unfinished {
                began,
                is_unnoted: status == "running",
            })
            .collect())
    }

    /// Times without a success.
    fn gaps(&self, kind: Kind, gap_seconds: i64, now: i64) -> Result<Vec<Gap>> {
        self.all(
            sql!("health/gaps"),
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

    /// Since when each run has had targets that failed.
    fn incomplete(&self, kind: Kind, now: i64) -> Result<Option<Incomplete>> {
        self.one(
            sql!("health/incomplete"),
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
