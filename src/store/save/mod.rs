//! Saves observations. One transaction writes a batch: current state, history rows and the counts of the run.

mod factions;
mod players;
mod tiles;
mod wars;

use std::collections::BTreeSet;

use rusqlite::{ToSql, Transaction, named_params};
use serde_json::Value;

pub(crate) use factions::RosterChange;
pub(crate) use players::PlayerTarget;
pub(in crate::store) use tiles::MAX_LIST_GAP;
pub(crate) use wars::LookedUpWar;

use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::run::Counts;
use crate::store::failure::SqliteError;
use crate::store::run::{self, RunId};
use crate::store::value::bind_used;
use crate::store::{SqlContext, Store, sql};

/// The run of a batch, and whether it records unchanged observations.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// The run that fetched the batch.
    pub run: RunId,
    /// Whether to add a history row even if nothing has changed.
    pub every_poll: bool,
}

/// A value from an answer, with the time of the answer and the key that was used.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation<T> {
    /// The decoded value.
    pub value: T,
    /// The name of the key.
    pub source: String,
    /// The time of the answer, unix seconds.
    pub at: i64,
}

impl Store {
    /// Saves a batch and the counts of the run in one transaction. `counts` changes only if the transaction is
    /// committed. `save` returns the number of history rows that it added.
    fn save_batch<T>(
        &mut self,
        batch: &Batch,
        items: &[Observation<T>],
        counts: &mut Counts,
        mut save: impl FnMut(&Transaction<'_>, &Batch, &Observation<T>) -> rusqlite::Result<usize>,
        name: impl Fn(&T) -> String,
    ) -> Result<()> {
        let saved = self.transaction(|transaction| {
            let mut after = *counts;
            for item in items {
                let appended = save(transaction, batch, item)
                    .context(format!("save {}", name(&item.value)))?;
                after.add_saved(appended);
            }
            run::update_counts(transaction, batch.run, after)
                .context("update the counts of the run")?;
            Ok(after)
        })?;
        *counts = saved;
        Ok(())
    }
}

/// Whether SQLite refused the data of one item. Other items of the batch can still be saved.
pub(crate) fn is_data_error(error: &crate::error::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<SqliteError>() {
            return error.is_about_data();
        }
        cause = source.source();
    }
    false
}

/// Adds a row for a faction that has none, because foreign keys refer to it. An unknown name becomes a placeholder, which
/// is replaced once the name is known.
fn ensure_faction(
    transaction: &Transaction<'_>,
    id: FactionId,
    name: Option<&str>,
    at: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("fetch/ensure_faction"))?
        .execute(named_params! { ":faction_id": id, ":name": name, ":at": at })?;
    Ok(())
}

/// Ids as a JSON array, for `json_each`.
fn json_ids(ids: impl Iterator<Item = i64>) -> String {
    Value::from(ids.collect::<Vec<_>>()).to_string()
}

/// Executes a statement with those of the named values that it uses.
fn record_values(
    transaction: &Transaction<'_>,
    statement: &str,
    values: &[(&str, &dyn ToSql)],
) -> rusqlite::Result<usize> {
    let mut statement = transaction.prepare_cached(statement)?;
    bind_used(&mut statement, values)?;
    statement.raw_execute()
}

fn first_column<T: rusqlite::types::FromSql + Ord>(
    statement: &mut rusqlite::CachedStatement<'_>,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<BTreeSet<T>> {
    statement.query_map(parameters, |row| row.get(0))?.collect()
}
