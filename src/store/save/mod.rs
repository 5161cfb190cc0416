//! Saves observations: a batch in one transaction, with the state, the history and the counts of the run.

mod factions;
mod players;
mod tiles;
mod wars;

use std::collections::BTreeSet;

use rusqlite::{ErrorCode, Transaction, named_params};
use serde_json::Value;

pub(crate) use factions::RosterChange;
pub(crate) use players::PlayerTarget;

use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::run::Counts;
use crate::store::run::{self, RunId};
use crate::store::{SqlContext, Store, sql};

/// The run and the recording mode of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// The run.
    pub run: RunId,
    /// Whether each poll appends to the history, changed or not.
    pub every_poll: bool,
}

/// A value from an answer, with the time of the answer and the key that brought it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The name of the key.
    pub source: String,
    /// When the answer came, unix seconds.
    pub at: i64,
}

impl Store {
    /// Saves items in an immediate transaction, together with the counts of the run; all of them or, on failure, none.
    fn save_batch<T>(
        &mut self,
        batch: &Batch,
        items: &[Sourced<T>],
        counts: &mut Counts,
        mut save: impl FnMut(&Transaction<'_>, &Batch, &Sourced<T>) -> rusqlite::Result<usize>,
        name: impl Fn(&T) -> String,
    ) -> Result<()> {
        let saved = self.transaction(|transaction| {
            let mut after = *counts;
            for item in items {
                let appended = save(transaction, batch, item)
                    .context(format!("save {}", name(&item.value)))?;
                after.saved(appended);
            }
            run::count(transaction, batch.run, after).context("note how far the run has come")?;
            Ok(after)
        })?;
        *counts = saved;
        Ok(())
    }
}

/// Whether a failure is due to the data: another item of the batch may well be saved.
pub(crate) fn is_about_the_data(error: &crate::error::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<rusqlite::Error>() {
            return matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
            );
        }
        cause = source.source();
    }
    false
}

/// Makes sure that a faction has a row, by its name or a placeholder.
fn name_faction(
    transaction: &Transaction<'_>,
    id: FactionId,
    name: Option<&str>,
    at: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("fetch/name_faction"))?
        .execute(named_params! { ":faction_id": id, ":name": name, ":at": at })?;
    Ok(())
}

/// Ids as a JSON array, for `json_each`.
fn json_ids(ids: impl Iterator<Item = i64>) -> String {
    Value::from(ids.collect::<Vec<_>>()).to_string()
}

/// The first column of each row.
fn first_column<T: rusqlite::types::FromSql + Ord>(
    statement: &mut rusqlite::CachedStatement<'_>,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<BTreeSet<T>> {
    statement.query_map(parameters, |row| row.get(0))?.collect()
}
