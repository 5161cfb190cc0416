//! Runs, and the parts of answers that did not fit.

use rusqlite::{Transaction, named_params};

use crate::error::Result;
use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::store::{SqlContext, Store, sql};

/// The largest part of a rejected body that is kept, in bytes.
const KEPT_BODY: usize = 64 << 10;

/// A row of `fetch_runs`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RunId(i64);

impl RunId {
    /// The row's number.
    pub(crate) fn get(self) -> i64 {
        self.0
    }
}

/// A part of an answer that did not fit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rejected {
    /// The path of the call, without the query.
    pub endpoint: String,
    /// Its subject, such as "player 123".
    pub entity: String,
    /// The place in the JSON, with `*` for positions in lists.
    pub json_path: String,
    /// Where in the JSON, and why.
    pub error: String,
    /// As it came.
    pub body: String,
}

impl Store {
    /// Begins a run; runs of that kind which never said how they ended were killed. Needs the lock of that kind.
    pub fn start_run(&mut self, kind: Kind, now: i64) -> Result<RunId> {
        self.transaction(|transaction| {
            transaction
                .execute(sql!("runs/bury"), named_params! { ":kind": kind.as_str() })
                .and_then(|_| {
                    transaction.execute(
                        sql!("runs/start"),
                        named_params! { ":kind": kind.as_str(), ":started_at": now },
                    )
                })
                .context("note the start of the run")?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Ends a run. `real_time` is the time that Torn told, when our clock turned out to be wrong.
    pub(crate) fn finish_run(
        &mut self,
        run: RunId,
        status: RunStatus,
        counts: Counts,
        error: Option<&str>,
        now: i64,
        real_time: Option<i64>,
    ) -> Result<()> {
        self.connection()
            .execute(
                sql!("runs/finish"),
                named_params! {
                    ":id": run.0,
                    ":finished_at": real_time.unwrap_or(now),
                    ":real_time": real_time,
                    ":status": status.as_str(),
                    ":error": error,
                    ":requests": counts.requests,
                    ":entities": counts.entities,
                    ":appended": counts.appended,
                    ":unchanged": counts.unchanged,
                    ":failed": counts.failed,
                },
            )
            .context("note the end of the run")?;
        Ok(())
    }

    /// Keeps a part of an answer that did not fit, or counts it when it is kept already.
    pub fn save_rejected(&mut self, rejected: &Rejected, at: i64) -> Result<()> {
        let mut end = rejected.body.len().min(KEPT_BODY);
        while !rejected.body.is_char_boundary(end) {
            end -= 1;
        }
        let save = || -> rusqlite::Result<()> {
            let saved = self
                .connection()
                .prepare_cached(sql!("runs/reject"))?
                .execute(named_params! {
                    ":at": at,
                    ":endpoint": rejected.endpoint,
                    ":entity": rejected.entity,
                    ":error": rejected.error,
                    ":json_path": rejected.json_path,
                    ":body": &rejected.body[..end],
                })?;
            if saved == 0 {
                self.connection()
                    .prepare_cached(sql!("runs/reject_more"))?
                    .execute(named_params! { ":at": at, ":json_path": rejected.json_path })?;
            }
            Ok(())
        };
        save().context("keep a part of an answer that did not fit")
    }
}

/// Notes how far a run has come, within the transaction of a batch.
pub(super) fn count(
    transaction: &Transaction<'_>,
    run: RunId,
    counts: Counts,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("runs/count"))?
        .execute(named_params! {
            ":id": run.0,
            ":requests": counts.requests,
            ":entities": counts.entities,
            ":appended": counts.appended,
            ":unchanged": counts.unchanged,
            ":failed": counts.failed,
        })?;
    Ok(())
}
