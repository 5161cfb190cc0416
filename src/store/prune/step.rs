//! One step of a prune: deletes or moves some rows of one history table and one month.

use std::time::{Duration, Instant};

use rusqlite::{Connection, ToSql, TransactionBehavior, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::history::History;
use crate::model::size::count;
use crate::model::time::{Month, iso};
use crate::store::archive_check::refuse_own_columns_of;
use crate::store::prune::compared::{CheckedVersion, ComparedRows};
use crate::store::prune::record::PruneRecord;
use crate::store::prune::statements::Statements;
use crate::store::{SqlContext, Store, sql, transaction};

/// The rows that one step deletes or moves.
pub(super) struct Step {
    pub(super) history: History,
    pub(super) month: Month,
    /// The start of the interval `from..until`, unix seconds.
    pub(super) from: i64,
    pub(super) until: i64,
    /// The highest id when the month was summarized. Rows with a higher id stay.
    pub(super) last_id: i64,
    /// The entities whose rows are in this step, as a JSON array.
    pub(super) entities: String,
    /// The ids in the interval that stay, as a JSON array.
    pub(super) retained_ids: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StepResult {
    /// The number of deleted rows.
    pub(super) rows: i64,
    /// How long the step held the write lock.
    pub(super) held: Duration,
}

impl Step {
    /// Deletes the rows. With an archive it first copies them there and compares the copies.
    pub(super) fn run(
        &self,
        store: &mut Store,
        record: &mut PruneRecord,
        now: i64,
    ) -> Result<StepResult> {
        if let Some(receipt) = record.receipt() {
            self.copy(&mut store.connection, receipt)?;
        }
        // Without the write lock first: after a change by another program, the check takes long.
        let checked = match record.in_lake() {
            Some(lake) => {
                let reading = store
                    .connection
                    .transaction_with_behavior(TransactionBehavior::Deferred)
                    .context("compare the rows with the lake")?;
                Some(self.check_lake(&reading, lake, lake.version())?)
            }
            None => None,
        };
        let mut locked_at = Instant::now();
        let outcome = transaction(&mut store.connection, |transaction| {
            locked_at = Instant::now(); // The wait for the lock does not count.
            if let Some(receipt) = record.receipt() {
                refuse_own_columns_of(self.history, transaction)?;
                self.compare_copies(transaction)?;
                confirm_receipt(transaction, receipt)?;
            }
            if let (Some(lake), Some(checked)) = (record.in_lake(), checked) {
                self.check_lake(transaction, lake, checked)?;
            }
            let rows = self.delete(transaction)?;
            if rows == 0 {
                return Ok((0, None));
            }
            self.record_months(transaction, record.cutoff(), now)?;
            record.count_in_lake(transaction, rows)?;
            Ok((rows, Some(record.add_deleted(transaction, rows)?)))
        });
        let held = locked_at.elapsed();
        match outcome {
            Ok((rows, id)) => {
                if let Some(id) = id {
                    record.set_id(id);
                }
                Ok(StepResult { rows, held })
            }
            Err(error) => {
                if record.receipt().is_some() {
                    // If this fails too, the next prune with this archive deletes the copies.
                    let _ = self.delete_copies(&mut store.connection);
                }
                Err(error)
            }
        }
    }

    fn check_lake(
        &self,
        connection: &Connection,
        lake: &ComparedRows,
        checked: CheckedVersion,
    ) -> Result<CheckedVersion> {
        lake.check(connection, self.history, checked, || self.ids(connection))
    }

    /// Copies the rows to the archive and records the step there. Both are durable when this returns.
    fn copy(&self, connection: &mut Connection, receipt: &str) -> Result<()> {
        let action = || format!("copy {} to the archive", self.table());
        // Deferred, because only the archive is written: no lock on the main database is needed.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .context(action())?;
        let known = self.known_ids(&transaction)?;
        transaction
            .prepare_cached(sql!("prune/record_step"))
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":history": self.table(), ":from": self.from, ":until": self.until, ":last_id": self.last_id,
                })
            })
            .and_then(|_| transaction.prepare_cached(&Statements::of(self.history).archive))
            .and_then(|mut statement| statement.execute(self.parameters_with(&known).as_slice()))
            .and_then(|rows| {
                let mut statement = transaction.prepare_cached(sql!("prune/record_receipt"))?;
                statement.execute(named_params! { ":receipt": receipt, ":rows": rows })
            })
            .context(action())?;
        transaction.commit().context(action())
    }

    /// The ids of the rows that the archive has under another id, as a JSON array.
    fn known_ids(&self, connection: &Connection) -> Result<String> {
        let query = || -> rusqlite::Result<Vec<i64>> {
            connection
                .prepare_cached(&Statements::of(self.history).known)?
                .query_map(self.parameters().as_slice(), |row| row.get("id"))?
                .collect()
        };
        let ids = query().context(format!("look for {} in the archive", self.table()))?;
        Ok(serde_json::Value::from(ids).to_string())
    }

    /// Fails if any row differs from its copy in the archive.
    fn compare_copies(&self, connection: &Connection) -> Result<()> {
        // Again, because they are deleted only if the archive has them now.
        let known = self.known_ids(connection)?;
        let rows: i64 = connection
            .prepare_cached(&Statements::of(self.history).unarchived)
            .and_then(|mut statement| {
                let parameters = self.parameters_with(&known);
                statement.query_row(parameters.as_slice(), |row| row.get("rows"))
            })
            .context(format!("compare {} with the archive", self.table()))?;
        if rows == 0 {
            return Ok(());
        }
        Err(Error::new(format!("move {} of {}", count(rows, "row"), self.table()))
            .with_source(format!(
                "the archive has other rows under the same ids (between {} and {}): this database was restored from \
                 an old backup, or two copies of it use one archive",
                iso(self.from),
                iso(self.until)
            ))
            .with_help("name a new file with --archive, and set `archive` under [retention] to it; none of these rows was deleted")
            .with_exit(Exit::Config))
    }

    /// The ids of the rows that the step deletes.
    fn ids(&self, connection: &Connection) -> Result<Vec<i64>> {
        let query = || -> rusqlite::Result<Vec<i64>> {
            connection
                .prepare_cached(&Statements::of(self.history).step_ids)?
                .query_map(self.parameters().as_slice(), |row| row.get("id"))?
                .collect()
        };
        query().context(format!("read {}", self.table()))
    }

    fn delete(&self, connection: &Connection) -> Result<i64> {
        let rows = connection
            .prepare_cached(&Statements::of(self.history).delete)
            .and_then(|mut statement| statement.execute(self.parameters().as_slice()))
            .context(format!("delete old rows of {}", self.table()))?;
        Ok(i64::try_from(rows).unwrap_or(i64::MAX))
    }

    /// Records in `month_states` that the month and the later ones before the cut-off are pruned.
    ///
    /// The first step that deletes a row does so for all of them, because any of them may begin with that row. After an
    /// interruption, the next prune deletes the rows that are left.
    fn record_months(&self, connection: &Connection, cutoff: i64, now: i64) -> Result<()> {
        connection
            .prepare_cached(sql!("months/mark_pruned"))
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":history": self.table(), ":period_start": self.month.start(), ":cutoff": cutoff, ":now": now,
                })
            })
            .context(format!(
                "record that {} of {} is pruned",
                self.table(),
                self.month
            ))?;
        Ok(())
    }

    fn delete_copies(&self, connection: &mut Connection) -> Result<()> {
        delete_copies(
            connection,
            self.history,
            (self.from, self.until),
            self.last_id,
        )
    }

    fn table(&self) -> &'static str {
        self.history.table()
    }

    fn parameters(&self) -> [(&'static str, &dyn ToSql); 5] {
        [
            (":from", &self.from),
            (":until", &self.until),
            (":last_id", &self.last_id),
            (":entities", &self.entities),
            (":kept", &self.retained_ids),
        ]
    }

    /// `known`: the result of [`Self::known_ids`].
    fn parameters_with<'a>(&'a self, known: &'a dyn ToSql) -> [(&'static str, &'a dyn ToSql); 6] {
        let [from, until, last_id, entities, kept] = self.parameters();
        [from, until, last_id, entities, kept, (":known", known)]
    }
}

/// Records in the database how many rows of this prune the archive has.
fn confirm_receipt(connection: &Connection, receipt: &str) -> Result<()> {
    connection
        .prepare_cached(sql!("prune/confirm_receipt"))
        .and_then(|mut statement| statement.execute(named_params! { ":receipt": receipt }))
        .map(drop)
        .context("record the number of moved rows")
}

/// Deletes from the archive the copies of a step whose originals still exist, and the record of the step.
pub(super) fn delete_copies(
    connection: &mut Connection,
    history: History,
    (from, until): (i64, i64),
    last_id: i64,
) -> Result<()> {
    let action = "delete copies from the archive whose originals were not deleted";
    transaction(connection, |transaction| {
        transaction
            .execute(
                &Statements::of(history).undo,
                named_params! { ":from": from, ":until": until, ":last_id": last_id },
            )
            .and_then(|_| transaction.execute(sql!("prune/delete_step"), []))
            .context(action)?;
        Ok(())
    })
}
