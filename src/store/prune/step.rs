//! One step of a prune: a part of one month of one history table, in one transaction.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, ToSql, TransactionBehavior, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::history::History;
use crate::model::time::{Month, iso};
use crate::store::prune::run::Run;
use crate::store::prune::statements::Statements;
use crate::store::{SqlContext, Store, sql, transaction};

/// The rows of one step.
pub(super) struct Step {
    pub(super) history: History,
    pub(super) month: Month,
    /// Half-open, unix seconds.
    pub(super) from: i64,
    pub(super) until: i64,
    /// The highest id when the month was summarized: rows with a higher one stay.
    pub(super) last_id: i64,
    /// The ids in it that stay, as a JSON list.
    pub(super) kept: String,
}

/// The result of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// Rows that are deleted here.
    pub(super) rows: i64,
    /// How long it held the write lock.
    pub(super) held: Duration,
}

impl Step {
    /// Copies the rows to the archive, compares them and deletes them here.
    pub(super) fn take(
        &self,
        store: &mut Store,
        run: &mut Run,
        goes_to_archive: bool,
        now: i64,
    ) -> Result<Taken> {
        if goes_to_archive {
            self.copy(&mut store.connection)?;
        }
        let mut since = Instant::now();
        let outcome = transaction(&mut store.connection, |transaction| {
            since = Instant::now(); // From here on the lock is ours.
            if goes_to_archive {
                self.must_be_archived(transaction)?;
            }
            let rows = self.delete(transaction)?;
            if rows == 0 {
                return Ok((0, None));
            }
            self.mark(transaction, now)?;
            Ok((rows, Some(run.count(transaction, rows)?)))
        });
        let held = since.elapsed();
        match outcome {
            Ok((rows, id)) => {
                if let Some(id) = id {
                    run.goes_on(id);
                }
                Ok(Taken { rows, held })
            }
            Err(error) => {
                if goes_to_archive {
                    // Should this fail, too, the next prune with this archive does it.
                    let _ = self.undo(&mut store.connection);
                }
                Err(error)
            }
        }
    }

    /// Where a step of about `rows` rows that begins at `from` ends.
    pub(super) fn boundary(
        connection: &Connection,
        history: History,
        (from, until): (i64, i64),
        rows: i64,
    ) -> Result<i64> {
        let boundary: Option<i64> = connection
            .prepare_cached(&Statements::of(history).boundary)
            .and_then(|mut boundary| {
                boundary
                    .query_row(
                        named_params! { ":from": from, ":until": until, ":step": rows },
                        |row| row.get("boundary"),
                    )
                    .optional()
            })
            .context(format!("read {}", history.table()))?;
        // Rows of one second stay together, or a step might not get on.
        Ok(boundary.map_or(until, |boundary| boundary.max(from + 1)))
    }

    /// Copies the rows to the archive and notes there which they are; both are on the disk when this returns.
    fn copy(&self, connection: &mut Connection) -> Result<()> {
        let action = || format!("copy {} to the archive", self.table());
        // Deferred: only the archive is written, so other writers to the database are not held up.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .context(action())?;
        transaction
            .prepare_cached(sql!("prune/note_step"))
            .and_then(|mut note| {
                note.execute(named_params! {
                    ":history": self.table(), ":from": self.from, ":until": self.until, ":last_id": self.last_id,
                })
            })
            .and_then(|_| transaction.prepare_cached(&Statements::of(self.history).archive))
            .and_then(|mut copy| copy.execute(self.parameters().as_slice()))
            .context(action())?;
        transaction.commit().context(action())
    }

    /// Compares each row with its copy.
    fn must_be_archived(&self, connection: &Connection) -> Result<()> {
        let rows: i64 = connection
            .prepare_cached(&Statements::of(self.history).unarchived)
            .and_then(|mut unarchived| {
                unarchived.query_row(self.parameters().as_slice(), |row| row.get("rows"))
            })
            .context(format!("compare {} with the archive", self.table()))?;
        if rows == 0 {
            return Ok(());
        }
        Err(Error::new(format!("move {rows} rows of {}", self.table()))
            .with_source(format!(
                "the archive has other rows under the same ids (between {} and {}): this database was restored from \
                 an old backup, or two copies of it use one archive",
                iso(self.from),
                iso(self.until)
            ))
            .with_help("name another archive with --archive; nothing of these rows was deleted")
            .with_exit(Exit::Config))
    }

    fn delete(&self, connection: &Connection) -> Result<i64> {
        let rows = connection
            .prepare_cached(&Statements::of(self.history).delete)
            .and_then(|mut delete| delete.execute(self.parameters().as_slice()))
            .context(format!("delete old rows of {}", self.table()))?;
        Ok(i64::try_from(rows).unwrap_or(i64::MAX))
    }

    /// Notes that rows of the month are gone.
    fn mark(&self, connection: &Connection, now: i64) -> Result<()> {
        connection
            .prepare_cached(sql!("months/pruned"))
            .and_then(|mut mark| {
                mark.execute(named_params! {
                    ":history": self.table(), ":period_start": self.month.start(), ":now": now,
                })
            })
            .context(format!(
                "note that {} of {} is pruned",
                self.table(),
                self.month
            ))?;
        Ok(())
    }

    /// Takes the copies out of the archive again, should the rows still be here.
    fn undo(&self, connection: &mut Connection) -> Result<()> {
        undo(
            connection,
            self.history,
            (self.from, self.until),
            self.last_id,
        )
    }

    fn table(&self) -> &'static str {
        self.history.table()
    }

    fn parameters(&self) -> [(&'static str, &dyn ToSql); 4] {
        [
            (":from", &self.from),
            (":until", &self.until),
            (":last_id", &self.last_id),
            (":kept", &self.kept),
        ]
    }
}

/// Takes the copies of a step out of the archive whose rows are still here, and forgets the step.
pub(super) fn undo(
    connection: &mut Connection,
    history: History,
    (from, until): (i64, i64),
    last_id: i64,
) -> Result<()> {
    let action = "take back what was copied to the archive and not deleted here";
    transaction(connection, |transaction| {
        transaction
            .execute(
                &Statements::of(history).undo,
                named_params! { ":from": from, ":until": until, ":last_id": last_id },
            )
            .and_then(|_| transaction.execute(sql!("prune/forget_step"), []))
            .context(action)?;
        Ok(())
    })
}
