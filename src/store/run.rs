//! The tables `fetch_runs` and `rejected_payloads`.

use std::path::Path;

use rusqlite::{Transaction, named_params};

use crate::error::Result;
use crate::model::kind::Kind;
use crate::model::path::{display_path, plain_absolute};
use crate::model::run::{ClockCheck, Counts, FailureCause, RunFailure, RunStatus};
use crate::store::{SqlContext, Store, sql};

/// The maximum number of bytes of a rejected body that are stored.
const MAX_BODY: usize = 64 << 10;

/// The id of a row in `fetch_runs`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RunId(i64);

impl RunId {
    pub(crate) fn get(self) -> i64 {
        self.0
    }
}

/// A part of an answer that could not be decoded or saved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rejected {
    /// The path of the request, without the query.
    pub endpoint: String,
    /// The subject of the answer, such as "player 123".
    pub entity: String,
    /// The path in the JSON document, with `*` for each index of a list.
    pub json_path: String,
    /// The path in the JSON document, and the reason.
    pub error: String,
    /// The part as Torn sent it.
    pub body: String,
}

impl Store {
    /// Records the start of a run, and marks unfinished runs of the same kind as killed.
    ///
    /// `configuration`: the configuration file. It is recorded, so that `health` can tell that two of them fetch the same.
    ///
    /// The caller holds the lock of the kind, so that no unfinished run can still be active.
    pub fn start_run(
        &mut self,
        kind: Kind,
        now: i64,
        configuration: Option<&Path>,
    ) -> Result<RunId> {
        // A job has its configuration under this path, too.
        let configuration = configuration.map(plain_absolute);
        self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("runs/mark_killed"),
                    named_params! { ":kind": kind.as_str() },
                )
                .and_then(|_| {
                    transaction.execute(
                        sql!("runs/start_run"),
                        named_params! {
                            ":kind": kind.as_str(),
                            ":started_at": now,
                            ":configuration": configuration.as_deref().map(display_path),
                        },
                    )
                })
                .context("record the start of the run")?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Records the end of a run. `now` is the time of this machine, in unix seconds.
    pub(crate) fn finish_run(
        &mut self,
        run: RunId,
        status: RunStatus,
        counts: Counts,
        failure: Option<&RunFailure>,
        now: i64,
        clock: ClockCheck,
    ) -> Result<()> {
        let real_time = clock.real_time();
        self.connection()
            .execute(
                sql!("runs/finish_run"),
                named_params! {
                    ":id": run.0,
                    ":finished_at": now,
                    ":torn_at": clock.torn_at(),
                    ":clock_ahead": real_time.map(|real_time| now - real_time),
                    ":status": status.as_str(),
                    ":error": failure.map(|failure| &failure.message),
                    ":cause": failure.and_then(|failure| failure.cause).map(FailureCause::as_str),
                    ":requests": counts.requests,
                    ":entities": counts.entities,
                    ":appended": counts.appended,
                    ":unchanged": counts.unchanged,
                    ":failed": counts.failed,
                },
            )
            .context("record the end of the run")?;
        Ok(())
    }

    /// Stores a rejected part of an answer. If the same part is stored already, only its count is increased.
    pub fn save_rejected(&mut self, rejected: &Rejected, at: i64) -> Result<()> {
        let mut end = rejected.body.len().min(MAX_BODY);
        while !rejected.body.is_char_boundary(end) {
            end -= 1;
        }
        let save = || -> rusqlite::Result<()> {
            let saved = self
                .connection()
                .prepare_cached(sql!("runs/record_rejected"))?
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
                    .prepare_cached(sql!("runs/count_rejected"))?
                    .execute(named_params! { ":at": at, ":json_path": rejected.json_path })?;
            }
            Ok(())
        };
        save().context("store a rejected part of an answer")
    }
}

/// Updates the counts of an unfinished run, in the transaction of a batch.
pub(super) fn update_counts(
    transaction: &Transaction<'_>,
    run: RunId,
    counts: Counts,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("runs/update_counts"))?
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_database_takes_each_cause_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        for cause in FailureCause::ALL {
            assert_eq!(FailureCause::from_name(cause.as_str()), Some(cause));
            let sql = "INSERT INTO fetch_runs (kind, started_at, status, cause) VALUES ('wars', 1, 'failed', ?1)";
            store.connection.execute(sql, [cause.as_str()]).unwrap();
        }

        let schema = "SELECT sql FROM sqlite_schema WHERE name = 'fetch_runs'";
        let schema: String = store
            .connection
            .query_row(schema, [], |row| row.get(0))
            .unwrap();
        let (_, allowed) = schema.split_once("cause IN (").unwrap();
        let (allowed, _) = allowed.split_once(')').unwrap();
        let known: Vec<String> = FailureCause::ALL
            .iter()
            .map(|cause| format!("'{}'", cause.as_str()))
            .collect();
        assert_eq!(allowed.split(", ").collect::<Vec<_>>(), known);
    }
}
