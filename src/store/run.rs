//! What runs did, which answers did not fit, and which ids Torn does not know.

use std::collections::BTreeSet;

use rusqlite::{Transaction, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::kind::Kind;
use crate::model::run::{Counts, RunStatus};
use crate::model::time::DAY;
use crate::store::{Failed, Store, sql};

/// Misses in a row after which an entity counts as gone.
pub(super) const MISSES: u32 = 3;

/// Seconds after which an entity that is gone is asked about once more.
pub(super) const RECHECK: i64 = 7 * DAY;

/// The largest part of a rejected body that is kept, in bytes.
const KEPT_BODY: usize = 64 << 10;

/// A row of `fetch_runs`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RunId(i64);

impl RunId {
    /// The row's number.
    pub fn get(self) -> i64 {
        self.0
    }
}

/// An answer that did not fit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rejected {
    /// The call, without the key.
    pub endpoint: String,
    /// What it was about, such as "player 123".
    pub entity: String,
    /// Where in the JSON, and why.
    pub error: String,
    /// As it came.
    pub body: String,
}

/// An id that Torn does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// A player.
    Player(PlayerId),
    /// A faction.
    Faction(FactionId),
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
                .failed("note the start of the run")?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Ends a run.
    pub fn finish_run(
        &mut self,
        run: RunId,
        status: RunStatus,
        counts: Counts,
        error: Option<&str>,
        now: i64,
    ) -> Result<()> {
        self.connection()
            .execute(
                sql!("runs/finish"),
                named_params! {
                    ":id": run.0,
                    ":finished_at": now,
                    ":status": status.as_str(),
                    ":error": error,
                    ":requests": counts.requests,
                    ":entities": counts.entities,
                    ":appended": counts.appended,
                    ":unchanged": counts.unchanged,
                    ":failed": counts.failed,
                },
            )
            .failed("note the end of the run")?;
        Ok(())
    }

    /// Notes that Torn does not know an id; after a few runs it counts as gone.
    pub fn save_missing(&mut self, missing: Missing, now: i64) -> Result<()> {
        let (kind, id, deactivate) = match missing {
            Missing::Player(id) => ("player", id.get(), sql!("runs/deactivate_player")),
            Missing::Faction(id) => ("faction", id.get(), sql!("runs/deactivate_faction")),
        };
        self.transaction(|transaction| {
            transaction
                .execute(
                    sql!("runs/miss"),
                    named_params! { ":kind": kind, ":entity_id": id, ":last_miss": now },
                )
                .and_then(|_| {
                    transaction.execute(
                        deactivate,
                        named_params! { ":entity_id": id, ":enough": MISSES },
                    )
                })
                .failed(format!("note that Torn does not know {kind} {id}"))
        })?;
        Ok(())
    }

    /// Factions that Torn does not know any more and that are not due for another try.
    pub fn factions_given_up(&self, now: i64) -> Result<BTreeSet<FactionId>> {
        self.connection()
            .prepare_cached(sql!("runs/given_up"))
            .and_then(|mut ids| {
                ids.query_map(
                    named_params! { ":kind": "faction", ":enough": MISSES, ":recheck_before": now - RECHECK },
                    |row| row.get(0),
                )?
                .collect()
            })
            .failed("list the factions that Torn does not know")
    }

    /// Keeps an answer that did not fit.
    pub fn save_rejected(&mut self, rejected: &Rejected, now: i64) -> Result<()> {
        let mut end = rejected.body.len().min(KEPT_BODY);
        while !rejected.body.is_char_boundary(end) {
            end -= 1;
        }
        self.connection()
            .prepare_cached(sql!("runs/reject"))
            .and_then(|mut reject| {
                reject.execute(named_params! {
                    ":recorded_at": now,
                    ":endpoint": rejected.endpoint,
                    ":entity": rejected.entity,
                    ":error": rejected.error,
                    ":body": &rejected.body[..end],
                })
            })
            .failed("keep an answer that did not fit")?;
        Ok(())
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

/// Forgets that Torn once did not know an id.
pub(super) fn found_again(
    transaction: &Transaction<'_>,
    kind: &str,
    id: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("runs/found_again"))?
        .execute(named_params! { ":kind": kind, ":entity_id": id })?;
    Ok(())
}
