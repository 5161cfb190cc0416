//! Pruning: first a plan, then its execution in small transactions.
//!
//! `month_states` limits a prune to rows that a summary counts. With an archive, the copies of rows are durable and
//! compared with the originals before the originals are deleted.

mod archive;
mod band;
mod compared;
mod housekeeping;
mod plan;
mod purge;
mod record;
mod retained;
mod space;
mod statements;
mod step;
mod throttle;

pub(crate) use compared::ComparedRows;
pub(crate) use plan::{PrunePlan, RetentionPolicy};

use std::time::Instant;

use crate::error::{Exit, Result};
use crate::model::elapsed::format_elapsed;
use crate::model::identity::DatabaseId;
use crate::model::size::count;
use crate::store::Store;
use crate::store::archive_check::Archive;
use crate::store::pruned_early::give_up;
use band::Band;
use plan::{HistoryPlan, MonthPlan};
use record::{AttachedArchive, PruneRecord};
use step::{Step, StepResult};
use throttle::Throttle;

/// The rows of one table that are to be deleted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TablePlan {
    pub(crate) table: &'static str,
    pub(crate) rows: i64,
    /// The timestamp of the oldest row.
    pub(crate) oldest: Option<i64>,
    /// The timestamp of the newest row.
    pub(crate) newest: Option<i64>,
    /// The estimated size of the rows.
    pub(crate) bytes: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PruneResult {
    /// The history tables, and how many rows of each were deleted.
    pub(crate) history: Vec<(&'static str, i64)>,
    /// The other tables, and how many rows of each were deleted.
    pub(crate) housekeeping: Vec<(&'static str, i64)>,
    /// Whether rows that were moved before are given up, because the archive to go on with does not have them.
    pub(crate) gave_up_rows: bool,
    /// Whether the prune was stopped before it was complete.
    pub(crate) was_interrupted: bool,
    /// Size of the database before the prune.
    pub(crate) bytes_before: i64,
    /// Size of the database after the prune.
    pub(crate) bytes_after: i64,
}

impl PruneResult {
    /// The number of rows that were deleted from a table.
    pub(crate) fn deleted(&self, table: &str) -> Option<i64> {
        let mut tables = self.history.iter().chain(&self.housekeeping);
        tables
            .find(|(name, _)| *name == table)
            .map(|(_, rows)| *rows)
    }
}

/// A lake that has all rows of the plan: they were synced, read back and compared.
#[derive(Clone, Debug)]
pub(crate) struct LakeCopy {
    /// The id of the lake as an archive.
    pub(crate) id: DatabaseId,
    /// The id under which the manifest and the database count the rows that this prune moves.
    pub(crate) receipt: String,
    pub(crate) rows: ComparedRows,
}

struct Executor<'a> {
    store: &'a mut Store,
    record: PruneRecord,
    now: i64,
    throttle: Throttle,
    /// Is called after each step with the number of deleted rows, and returns false to stop.
    continues: &'a mut dyn FnMut(i64) -> bool,
}

impl Store {
    /// Executes the plan. History rows are moved to `archive`, or deleted if there is none. If the archive is a folder, `lake` says that
    /// they are there.
    ///
    /// `continues` is called after each step with the number of deleted rows, and returns false to stop. Each step is a
    /// separate transaction, so that a later prune can continue after an interruption.
    pub(crate) fn prune(
        &mut self,
        plan: &PrunePlan,
        archive: Option<&Archive>,
        lake: Option<&LakeCopy>,
        now: i64,
        mut continues: impl FnMut(i64) -> bool,
    ) -> Result<PruneResult> {
        // An existing archive is attached even if there are no rows to move: an interrupted prune may have left copies.
        let archive = archive.filter(|archive| archive.is_used(plan.history_rows() > 0));
        let outcome = self.execute(plan, archive, lake, now, &mut continues);
        match archive {
            Some(archive) if !archive.is_folder() => {
                outcome.map_err(|error| self.explain_damage(error, archive))
            }
            _ => outcome,
        }
    }

    fn execute(
        &mut self,
        plan: &PrunePlan,
        archive: Option<&Archive>,
        lake: Option<&LakeCopy>,
        now: i64,
        continues: &mut dyn FnMut(i64) -> bool,
    ) -> Result<PruneResult> {
        let mut result = PruneResult {
            bytes_before: self.file_bytes()?,
            ..PruneResult::default()
        };
        self.prepare_for_steps()?;
        let has_rows = plan.history_rows() > 0;
        let attached = match archive {
            Some(archive) => {
                let (attached, gave_up_rows) = self.begin_archive(archive, lake)?;
                result.gave_up_rows = gave_up_rows;
                if !has_rows || archive.gives_up.is_some() {
                    self.record_archive(archive, &attached.id, plan.cutoff, now)?;
                }
                Some(attached)
            }
            None => None,
        };
        let uses_archive = attached
            .as_ref()
            .is_some_and(|archive| archive.in_lake.is_none());
        if uses_archive && has_rows {
            self.copy_referenced_rows()?;
        }
        let mut executor = Executor {
            store: self,
            record: PruneRecord::new(now, plan.cutoff, attached),
            now,
            throttle: if uses_archive {
                Throttle::with_archive()
            } else {
                Throttle::default()
            },
            continues: &mut *continues,
        };
        executor.execute(plan, &mut result)?;
        if result.was_interrupted {
            return Ok(result);
        }
        self.transaction(|transaction| record::finish(transaction, now))?;
        // Rows of these months would be deleted if they were imported.
        give_up(&self.connection, plan.cutoff, plan.cutoff)?;
        if uses_archive {
            self.detach()?;
        }
        result.was_interrupted = self.release_free_pages(|| continues(0))?;
        result.bytes_after = self.file_bytes()?;
        Ok(result)
    }
}

impl Store {
    /// Attaches an archive that is a database. Returns it, and whether rows that are not in it were given up.
    fn begin_archive(
        &mut self,
        archive: &Archive,
        lake: Option<&LakeCopy>,
    ) -> Result<(AttachedArchive, bool)> {
        let path = archive.recorded_path();
        let Some(lake) = lake else {
            let (id, gave_up_rows) = self.attach(archive)?;
            let attached = AttachedArchive {
                path,
                id,
                receipt: self.make_receipt()?,
                in_lake: None,
            };
            return Ok((attached, gave_up_rows));
        };
        let gave_up_rows = archive.begins() && self.give_up_lake_rows(archive, lake)?;
        let attached = AttachedArchive {
            path,
            id: lake.id.clone(),
            receipt: lake.receipt.clone(),
            in_lake: Some(lake.rows.clone()),
        };
        Ok((attached, gave_up_rows))
    }
}

impl Executor<'_> {
    fn execute(&mut self, plan: &PrunePlan, result: &mut PruneResult) -> Result<()> {
        for table in &plan.history {
            let mut deleted = 0;
            for month in &table.months {
                if !result.was_interrupted {
                    result.was_interrupted = !self.prune_month(table, month, &mut deleted)?;
                }
            }
            result.history.push((table.table.table, deleted));
        }
        for table in &plan.housekeeping {
            if result.was_interrupted {
                return Ok(());
            }
            // The progress bar counts history rows only.
            let deleted = table.rows.delete(self.store, |_| (self.continues)(0))?;
            result.housekeeping.push((table.table.table, deleted.rows));
            result.was_interrupted = deleted.was_interrupted;
        }
        Ok(())
    }

    /// Executes all steps of one history table and one month. Returns false if it was stopped.
    fn prune_month(
        &mut self,
        plan: &HistoryPlan,
        &MonthPlan { month, last_id, .. }: &MonthPlan,
        deleted: &mut i64,
    ) -> Result<bool> {
        let history = plan.history;
        let (started, before) = (Instant::now(), *deleted);
        let mut from = month.start();
        let mut entities = 0;
        while from < month.end() {
            let mut band = Band::read(
                &self.store.connection,
                history,
                (from, month.end()),
                last_id,
                (self.throttle.step_size, entities),
            )?;
            entities = band.size;
            let mut step = Step {
                history,
                month,
                from,
                until: band.until,
                last_id,
                entities: String::new(),
                retained_ids: plan.retained.ids(from, band.until),
            };
            from = band.until;
            while let Some(next) = band.take(self.throttle.step_size) {
                step.entities = next;
                let Some(rows) = self.run(&step)? else {
                    from = step.from; // What is left of the band, in smaller steps.
                    break;
                };
                *deleted += rows;
                if !(self.continues)(rows) {
                    return Ok(false);
                }
            }
        }
        log::info!(
            "{} of {month}: {} {} in {}",
            plan.table.table,
            count(*deleted - before, "row"),
            if self.record.has_archive() {
                "moved to the archive"
            } else {
                "deleted"
            },
            format_elapsed(started.elapsed())
        );
        Ok(true)
    }

    /// Runs a step. Returns the number of deleted rows, or None if the step failed because the disk may be full.
    fn run(&mut self, step: &Step) -> Result<Option<i64>> {
        match step.run(self.store, &mut self.record, self.now) {
            Ok(StepResult { rows, held }) => {
                self.throttle.after_step(self.store, held)?;
                Ok(Some(rows))
            }
            Err(error) if error.exit() == Exit::Io && !self.throttle.is_disk_full => {
                // Small steps can still succeed, and each of them frees some space.
                log::warn!("continuing in small steps: {}", error.one_line());
                self.throttle.set_disk_full();
                self.throttle.checkpoint(self.store, 0)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
