//! Pruning: a plan first, then that very plan in small transactions; what goes to an archive is there, durable and
//! compared, before it is deleted here.
//!
//! The state of a month (`month_states`) says which of its rows may go: those that its summary counted.

mod archive;
mod kept;
mod old;
mod pace;
mod plan;
mod purge;
mod run;
mod space;
mod statements;
mod step;

pub(crate) use archive::Archive;
pub(crate) use plan::{Keep, Plan, Share};

use crate::error::{Exit, Result};
use crate::store::Store;
use pace::Pace;
use plan::{Part, PartMonth};
use run::Run;
use step::{Step, Taken};

/// The result of a prune.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pruned {
    /// History rows that went, in the order of the plan.
    pub(crate) detail: Vec<i64>,
    /// Other rows that went, in the order of the plan.
    pub(crate) housekeeping: Vec<i64>,
    /// Whether it was told to stop before it was done.
    pub(crate) is_cut_off: bool,
    /// Size of the database before, in bytes.
    pub(crate) bytes_before: i64,
    /// Size of the database after, in bytes.
    pub(crate) bytes_after: i64,
}

/// A prune at work.
struct Work<'a> {
    store: &'a mut Store,
    run: Run,
    goes_to_archive: bool,
    now: i64,
    pace: Pace,
    /// Whether it goes on, asked with the number of rows that were deleted.
    goes_on: &'a mut dyn FnMut(i64) -> bool,
}

impl Store {
    /// Does what the plan says. `archive`: where history rows go before they are deleted. `goes_on` is told how many rows
    /// each step deleted, and answers whether to take the next.
    ///
    /// Each step is a transaction of its own: whatever ends the process, a later run does the rest.
    pub(crate) fn prune(
        &mut self,
        plan: &Plan,
        archive: Option<&Archive>,
        now: i64,
        mut goes_on: impl FnMut(i64) -> bool,
    ) -> Result<Pruned> {
        let mut pruned = Pruned {
            bytes_before: self.file_bytes()?,
            ..Pruned::default()
        };
        self.expect_many_steps()?;
        let has_rows = plan.going() > 0;
        // Without rows that go, too: a prune that was cut off may have left copies there.
        let archive = archive.filter(|archive| has_rows || archive.exists());
        let place = match archive {
            Some(archive) => Some((archive.recorded_path(), self.attach(archive)?)),
            None => None,
        };
        let goes_to_archive = place.is_some();
        if goes_to_archive && has_rows {
            self.refresh_archive()?;
        }
        let mut work = Work {
            store: self,
            run: Run::new(now, plan.cutoff, place),
            goes_to_archive,
            now,
            pace: if goes_to_archive {
                Pace::with_archive()
            } else {
                Pace::default()
            },
            goes_on: &mut goes_on,
        };
        work.do_all(plan, &mut pruned)?;
        if pruned.is_cut_off {
            return Ok(pruned);
        }
        run::finish(&self.connection, now)?;
        if goes_to_archive {
            self.detach()?;
        }
        self.give_space_back()?;
        pruned.bytes_after = self.file_bytes()?;
        Ok(pruned)
    }
}

impl Work<'_> {
    /// Takes all steps, until it is told to stop.
    fn do_all(&mut self, plan: &Plan, pruned: &mut Pruned) -> Result<()> {
        for part in &plan.parts {
            let mut deleted = 0;
            for month in &part.months {
                if !pruned.is_cut_off {
                    pruned.is_cut_off = !self.month(part, month, &mut deleted)?;
                }
            }
            pruned.detail.push(deleted);
        }
        for old in &plan.old {
            if pruned.is_cut_off {
                return Ok(());
            }
            let deleted = old.delete(self.store, |_| (self.goes_on)(0))?;
            pruned.housekeeping.push(deleted.rows);
            pruned.is_cut_off = deleted.is_cut_off;
        }
        Ok(())
    }

    /// Takes the steps of one month of one history table. The answer is whether it goes on.
    fn month(
        &mut self,
        part: &Part,
        &PartMonth { month, last_id, .. }: &PartMonth,
        deleted: &mut i64,
    ) -> Result<bool> {
        let mut from = month.start();
        while from < month.end() {
            let span = (from, month.end());
            let until = Step::boundary(&self.store.connection, part.history, span, self.pace.rows)?;
            let step = Step {
                history: part.history,
                month,
                from,
                until,
                last_id,
                kept: part.kept.ids(from, until),
            };
            let taken = step.take(self.store, &mut self.run, self.goes_to_archive, self.now);
            let Taken { rows, held } = match taken {
                Err(error) if error.exit() == Exit::Io && !self.pace.is_frugal => {
                    // Perhaps the disk is full: then small steps still get on, and free some.
                    log::warn!("going on in small steps: {}", error.one_line());
                    self.pace.be_frugal();
                    self.pace.checkpoint(self.store, 0)?;
                    continue;
                }
                taken => taken?,
            };
            *deleted += rows;
            if !(self.goes_on)(rows) {
                return Ok(false);
            }
            from = until;
            self.pace.follow(self.store, held)?;
        }
        Ok(true)
    }
}
