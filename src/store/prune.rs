//! Pruning: a plan first, then that very plan in small transactions; what goes to an archive is there, durable and
//! compared, before it is deleted here.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Doing, Error, Exit, Result};
use crate::model::retention::{self, Reach};
use crate::model::summary::MonthState;
use crate::model::time::{DAY, Month, iso};
use crate::store::detail::{DATASETS, Dataset, KeptRow, ids_between, kept_rows, pruned_before};
use crate::store::{Failed, Store, open, sql, transaction, wal};

/// Rows of the first step; later ones follow the pace of the disk.
const FIRST_STEP: i64 = 1_000;

/// Limits of a step: few enough rows that a full disk can still take them, enough that a big month ends.
const STEPS: (i64, i64) = (500, 64_000);

/// How long a step may keep other writers waiting.
const STEP_TIME: Duration = Duration::from_millis(80);

/// The part of a step's time that is left to other writers after it.
const PAUSE_PART: u32 = 20;

/// Pages that one step gives back to the disk.
const VACUUM_STEP: i64 = 2_000;

/// Pages of WAL before SQLite moves them into the database: 64 MB, so that a page that many steps touch moves once;
/// and how many where the disk is full.
const WAL_PAGES: (i64, i64) = (16_000, 100);

/// Rows of one table that go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Share {
    /// Which.
    pub table: &'static str,
    /// How many.
    pub rows: i64,
    /// Unix seconds of the oldest.
    pub oldest: Option<i64>,
    /// Unix seconds of the newest.
    pub newest: Option<i64>,
    /// About how much space they take.
    pub bytes: i64,
}

/// What a prune will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Detail before this goes, unix seconds: the first moment of a month.
    pub cutoff: i64,
    /// Which months go and which stay.
    pub reach: Reach,
    /// The history tables.
    pub detail: Vec<Share>,
    /// Rows of detail that there are.
    pub all: i64,
    /// The newest row of detail.
    pub newest_detail: Option<i64>,
    /// Rejected answers and records of fetches.
    pub housekeeping: Vec<Share>,
    /// Whether a prune has been here before.
    pub was_pruned: bool,
    rejected_before: i64,
    runs_before: i64,
    /// Of each history table, the rows that stay.
    kept: Vec<Vec<KeptRow>>,
    /// Of each history table, the newest id when the plan was made.
    last_ids: Vec<i64>,
}

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Full months of detail besides the running one.
    pub months: u32,
    /// Days of rejected answers.
    pub rejected_days: u32,
    /// Days of records of fetches.
    pub runs_days: u32,
}

/// What a prune did.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// Rows of detail that went, in the order of the plan.
    pub detail: Vec<i64>,
    /// Other rows that went, in the order of the plan.
    pub housekeeping: Vec<i64>,
    /// Whether it was told to stop before it was done.
    pub is_cut_off: bool,
    /// Size of the database before, in bytes.
    pub bytes_before: i64,
    /// Size of the database after, in bytes.
    pub bytes_after: i64,
}

impl Plan {
    /// Rows of detail that go.
    pub fn going(&self) -> i64 {
        self.detail.iter().map(|share| share.rows).sum()
    }

    /// Other rows that go.
    pub fn housekeeping_rows(&self) -> i64 {
        self.housekeeping.iter().map(|share| share.rows).sum()
    }
}

impl Store {
    /// Plans a prune: nothing is written.
    pub fn plan_prune(&self, states: &[MonthState], keep: Keep, now: i64) -> Result<Plan> {
        let first_kept = retention::first_kept(now, keep.months).ok_or_else(|| {
            Error::new(format!("tell the month of {now}"))
                .because("it is outside the calendar")
                .exits(Exit::Config)
        })?;
        let reach = retention::reach(states, first_kept);
        let cutoff = reach
            .unsummarized
            .first()
            .copied()
            .unwrap_or(first_kept)
            .start();
        // One view of the database for all counts.
        let connection = self
            .connection()
            .unchecked_transaction()
            .failed("plan the prune")?;
        let kept = kept_rows(&connection, cutoff)?;
        let running = retention::first_kept(now, 0).map_or(now, Month::start);
        let spans = spans(&reach.months);
        let mut detail = Vec::with_capacity(DATASETS.len());
        let mut last_ids = Vec::with_capacity(DATASETS.len());
        let mut all = states.iter().map(MonthState::all_rows).sum();
        let mut newest_detail = None;
        for (index, (dataset, kept)) in DATASETS.iter().zip(&kept).enumerate() {
            let (last_id, newest, recent): (i64, Option<i64>, i64) = connection
                .query_row(dataset.total, named_params! { ":since": running }, |row| {
                    Ok((row.get("last_id")?, row.get("newest")?, row.get("recent")?))
                })
                .failed(format!("read {}", dataset.history))?;
            all += recent;
            newest_detail = newest_detail.max(newest);
            last_ids.push(last_id);
            let mut share = Share {
                table: dataset.history,
                rows: states
                    .iter()
                    .filter(|state| reach.months.contains(&state.month))
                    .map(|state| state.rows[index])
                    .sum(),
                oldest: None,
                newest: None,
                bytes: 0,
            };
            for &(from, until) in &spans {
                let (stay, oldest, newest): (i64, Option<i64>, Option<i64>) = connection
                    .query_row(
                        dataset.plan,
                        named_params! {
                            ":from": from, ":until": until, ":kept": ids_between(kept, from, until),
                        },
                        |row| Ok((row.get("stay")?, row.get("oldest")?, row.get("newest")?)),
                    )
                    .failed(format!("plan for {}", dataset.history))?;
                share.rows -= stay;
                share.oldest = share.oldest.or(oldest);
                share.newest = newest.or(share.newest);
            }
            share.bytes = share.rows * dataset.row_bytes;
            detail.push(share);
        }
        let rejected_before = now - i64::from(keep.rejected_days) * DAY;
        let runs_before = now - i64::from(keep.runs_days) * DAY;
        let housekeeping = vec![
            old_rows(
                &connection,
                "rejected_payloads",
                sql!("prune/rejected_plan"),
                rejected_before,
                2_000,
            )?,
            old_rows(
                &connection,
                "fetch_runs",
                sql!("prune/runs_plan"),
                runs_before,
                80,
            )?,
        ];
        let was_pruned = pruned_before(&connection)?.is_some();
        Ok(Plan {
            cutoff,
            reach,
            detail,
            all,
            newest_detail,
            housekeeping,
            was_pruned,
            rejected_before,
            runs_before,
            kept,
            last_ids,
        })
    }

    /// Does what the plan says. `archive`: where detail goes before it is deleted. `goes_on` is told how many rows each
    /// step deleted, and answers whether to take the next.
    ///
    /// Each step is a transaction of its own: whatever ends the process, a later run does the rest.
    pub fn prune(
        &mut self,
        plan: &Plan,
        archive: Option<&Path>,
        now: i64,
        mut goes_on: impl FnMut(i64) -> bool,
    ) -> Result<Pruned> {
        let mut pruned = Pruned {
            bytes_before: self.file_bytes()?,
            ..Pruned::default()
        };
        self.limit_wal(WAL_PAGES.0)?;
        let goes_to_archive = archive.filter(|_| plan.going() > 0);
        if let Some(archive) = goes_to_archive {
            self.attach(archive)?;
        }
        // Committed before the first delete: from here on the months before the cut-off count as pruned.
        let run = self.begin_run(plan, archive, now)?;
        let mut pace = Pace::default();
        for (index, dataset) in DATASETS.iter().enumerate() {
            let mut deleted = 0;
            let months: &[Month] = if plan.detail[index].rows > 0 {
                &plan.reach.months
            } else {
                &[]
            };
            for (from, until) in spans(months) {
                let mut step = Step {
                    dataset,
                    from,
                    until,
                    last_id: plan.last_ids[index],
                    kept: String::new(),
                    run,
                };
                while step.from < until {
                    step.until = self.boundary(&step, until, pace.rows)?;
                    step.kept = ids_between(&plan.kept[index], step.from, step.until);
                    let started = Instant::now();
                    let rows = match self.take(&step, goes_to_archive.is_some()) {
                        Err(error) if error.exit() == Exit::Io && !pace.is_frugal => {
                            // Perhaps the disk is full: then small steps still get on, and free some.
                            log::warn!("going on in small steps: {}", error.on_one_line());
                            pace = Pace::frugal();
                            self.limit_wal(WAL_PAGES.1)?;
                            continue;
                        }
                        rows => rows?,
                    };
                    deleted += rows;
                    if !goes_on(rows) {
                        pruned.detail.push(deleted);
                        pruned.is_cut_off = true;
                        return Ok(pruned);
                    }
                    step.from = step.until;
                    pace.follow(started.elapsed());
                }
            }
            pruned.detail.push(deleted);
        }
        for (statement, before) in [
            (sql!("prune/rejected_delete"), plan.rejected_before),
            (sql!("prune/runs_delete"), plan.runs_before),
        ] {
            pruned
                .housekeeping
                .push(self.delete_old(statement, before, &mut pace)?);
        }
        if let Some(run) = run {
            self.connection
                .execute(
                    sql!("prune/finish_run"),
                    named_params! { ":id": run, ":finished_at": now },
                )
                .failed("note that the prune is done")?;
        }
        if goes_to_archive.is_some() {
            wal::checkpoint(&self.connection, "archive")?;
            self.connection
                .execute_batch("DETACH DATABASE archive")
                .failed("close the archive")?;
        }
        self.give_space_back(&mut pace)?;
        pruned.bytes_after = self.file_bytes()?;
        Ok(pruned)
    }

    /// Rewrites the whole file without free pages. Nobody else can write meanwhile.
    pub fn vacuum(&self) -> Result<i64> {
        self.connection()
            .execute_batch("VACUUM")
            .failed("rewrite the database without its free space")?;
        self.file_bytes()
    }

    /// How many summaries are of months before `month`.
    pub fn plan_purge(&self, month: Month) -> Result<Vec<Share>> {
        DATASETS
            .iter()
            .map(|dataset| {
                old_rows(
                    self.connection(),
                    dataset.summary,
                    dataset.summaries_plan,
                    month.start(),
                    150,
                )
            })
            .collect()
    }

    /// Deletes the summaries of months before `month`, all in one transaction.
    pub fn purge(&mut self, month: Month) -> Result<usize> {
        let deleted = self.transaction(|transaction| {
            let mut deleted = 0;
            for dataset in &DATASETS {
                deleted += transaction
                    .execute(
                        dataset.summaries_delete,
                        named_params! { ":before": month.start() },
                    )
                    .failed(format!("delete old rows of {}", dataset.summary))?;
            }
            Ok(deleted)
        })?;
        self.give_space_back(&mut Pace::default())?;
        Ok(deleted)
    }

    /// Opens the archive beside the database, made if it is missing, and brings what detail refers to up to date in it.
    fn attach(&mut self, archive: &Path) -> Result<()> {
        must_be_another_file(&self.path, archive)?;
        // Makes it, or refuses a file that is not ours or too new, or brings an older one up to date.
        drop(Store::create(archive)?);
        must_be_another_file(&self.path, archive)?;
        let name = open::as_file(archive);
        let name = name.to_str().ok_or_else(|| {
            Error::new(format!("use the archive {}", archive.display()))
                .because("SQLite wants names in UTF-8")
                .exits(Exit::Config)
        })?;
        self.connection
            .execute(
                sql!("prune/attach_archive"),
                named_params! { ":archive": name },
            )
            .and_then(|_| {
                // What is deleted here must be on the disk there, be the power cut the next moment.
                self.connection
                    .execute_batch("PRAGMA archive.synchronous = FULL")
            })
            .failed(format!("open the archive {}", archive.display()))?;
        transaction(&mut self.connection, |transaction| {
            for (what, statement) in [
                ("factions", sql!("prune/archive_factions")),
                ("players", sql!("prune/archive_players")),
                ("territories", sql!("prune/archive_territories")),
                ("memberships", sql!("prune/archive_no_memberships")),
                ("memberships", sql!("prune/archive_memberships")),
            ] {
                transaction
                    .execute(statement, [])
                    .failed(format!("copy {what} to the archive"))?;
            }
            Ok(())
        })
    }

    /// The record of this prune: a new one, or that of the run that was cut off. None when no detail goes.
    fn begin_run(&mut self, plan: &Plan, archive: Option<&Path>, now: i64) -> Result<Option<i64>> {
        let archive = archive.map(|path| absolute(path).display().to_string());
        if let Some(run) = unfinished_run(&self.connection)? {
            self.connection
                .execute(
                    sql!("prune/resume_run"),
                    named_params! { ":id": run, ":cutoff": plan.cutoff, ":archive": archive },
                )
                .failed("go on with the prune that was cut off")?;
            return Ok(Some(run));
        }
        if plan.going() == 0 {
            return Ok(None);
        }
        // In a transaction of its own: of a row that is returned, a failure to commit would not be told.
        transaction(&mut self.connection, |transaction| {
            transaction
                .query_row(
                    sql!("prune/begin_run"),
                    named_params! { ":started_at": now, ":cutoff": plan.cutoff, ":archive": archive },
                    |row| row.get("id"),
                )
                .map(Some)
                .failed("note that a prune begins")
        })
    }

    /// Does one step: copies, compares and deletes.
    fn take(&mut self, step: &Step<'_>, goes_to_archive: bool) -> Result<i64> {
        if goes_to_archive {
            step.copy(&self.connection)?;
        }
        transaction(&mut self.connection, |transaction| {
            if goes_to_archive {
                step.must_be_archived(transaction)?;
            }
            step.delete(transaction)
        })
    }

    /// Moves what it can out of the WAL and says how large it may grow.
    fn limit_wal(&self, pages: i64) -> Result<()> {
        self.connection
            .pragma_update(None, "cache_size", -32_000)
            .and_then(|()| {
                self.connection
                    .pragma_update(None, "wal_autocheckpoint", pages)
            })
            .failed("set up the prune")?;
        wal::checkpoint(&self.connection, "main").map(drop)
    }

    /// Where a step of about `rows` rows ends.
    fn boundary(&self, step: &Step<'_>, until: i64, rows: i64) -> Result<i64> {
        let boundary: Option<i64> = self
            .connection
            .prepare_cached(step.dataset.boundary)
            .and_then(|mut boundary| {
                boundary
                    .query_row(
                        named_params! { ":from": step.from, ":until": until, ":step": rows },
                        |row| row.get("boundary"),
                    )
                    .optional()
            })
            .failed(format!("read {}", step.dataset.history))?;
        // Rows of one second stay together, or a step might not get on.
        Ok(boundary.map_or(until, |boundary| boundary.max(step.from + 1)))
    }

    fn delete_old(&mut self, statement: &str, before: i64, pace: &mut Pace) -> Result<i64> {
        let mut total = 0;
        loop {
            let started = Instant::now();
            let rows = transaction(&mut self.connection, |transaction| {
                transaction
                    .prepare_cached(statement)
                    .and_then(|mut delete| {
                        delete.execute(named_params! { ":before": before, ":step": STEPS.0 })
                    })
                    .failed("delete old records")
            })?;
            if rows == 0 {
                return Ok(total);
            }
            total += i64::try_from(rows).unwrap_or(i64::MAX);
            pace.follow(started.elapsed());
        }
    }

    /// Returns free pages to the disk, some at a time.
    fn give_space_back(&self, pace: &mut Pace) -> Result<()> {
        let free = || -> Result<i64> {
            self.connection
                .query_row("PRAGMA freelist_count", [], |row| row.get(0))
                .failed("count free pages")
        };
        let mut left = free()?;
        while left > 0 {
            let started = Instant::now();
            let mut step = self
                .connection
                .prepare(&format!("PRAGMA incremental_vacuum({VACUUM_STEP})"))
                .failed("give space back")?;
            let mut rows = step.query([]).failed("give space back")?;
            // Each row that SQLite returns is a page given back.
            while rows.next().failed("give space back")?.is_some() {}
            let now = free()?;
            if now >= left {
                break; // Not a database that can: it was made without auto_vacuum.
            }
            left = now;
            pace.rest(started.elapsed());
        }
        Ok(())
    }

    fn file_bytes(&self) -> Result<i64> {
        let pragma = |name: &str| -> Result<i64> {
            self.connection()
                .pragma_query_value(None, name, |row| row.get(0))
                .failed("measure the database")
        };
        Ok(pragma("page_count")? * pragma("page_size")?)
    }
}

/// One transaction's worth of one table.
struct Step<'a> {
    dataset: &'a Dataset,
    from: i64,
    until: i64,
    last_id: i64,
    /// The ids in it that stay, as a JSON list.
    kept: String,
    run: Option<i64>,
}

impl Step<'_> {
    /// Copies the rows to the archive; committed and on the disk when this returns.
    fn copy(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached(self.dataset.archive)
            .and_then(|mut copy| copy.execute(self.parameters().as_slice()))
            .failed(format!("copy {} to the archive", self.dataset.history))?;
        Ok(())
    }

    /// Compares each row with its copy.
    fn must_be_archived(&self, connection: &Connection) -> Result<()> {
        let rows: i64 = connection
            .prepare_cached(self.dataset.unarchived)
            .and_then(|mut unarchived| {
                unarchived.query_row(self.parameters().as_slice(), |row| row.get("rows"))
            })
            .failed(format!("compare {} with the archive", self.dataset.history))?;
        if rows == 0 {
            return Ok(());
        }
        Err(
            Error::new(format!("move {rows} rows of {}", self.dataset.history))
                .because(format!(
                    "the archive has other rows under the same ids (between {} and {}): it belongs to another \
                     database, or this one was restored from an old backup",
                    iso(self.from),
                    iso(self.until)
                ))
                .try_this("name another archive with --archive; nothing of these rows was deleted")
                .exits(Exit::Config),
        )
    }

    /// Deletes the rows and counts them, in the caller's transaction.
    fn delete(&self, connection: &Connection) -> Result<i64> {
        let action = || format!("delete old rows of {}", self.dataset.history);
        let rows = connection
            .prepare_cached(self.dataset.delete)
            .and_then(|mut delete| delete.execute(self.parameters().as_slice()))
            .failed(action())?;
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let counted = connection
            .prepare_cached(sql!("prune/count_deleted"))
            .and_then(|mut count| {
                count.execute(named_params! { ":id": self.run, ":deleted": rows })
            })
            .failed(action())?;
        if counted != 1 {
            // Without its record, the months before the cut-off would not count as pruned.
            return Err(Error::new(action()).because("the record of this prune has gone"));
        }
        Ok(rows)
    }

    fn parameters(&self) -> [(&'static str, &dyn rusqlite::ToSql); 4] {
        [
            (":from", &self.from),
            (":until", &self.until),
            (":last_id", &self.last_id),
            (":kept", &self.kept),
        ]
    }
}

/// Steps as large as the disk allows, with pauses in which other writers get their turn.
struct Pace {
    rows: i64,
    /// Whether steps stay small, however quick they are.
    is_frugal: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rows: FIRST_STEP,
            is_frugal: false,
        }
    }
}

impl Pace {
    fn frugal() -> Self {
        Self {
            rows: STEPS.0,
            is_frugal: true,
        }
    }

    /// Learns from a step how large the next one may be, and rests.
    fn follow(&mut self, took: Duration) {
        if took * 2 < STEP_TIME && !self.is_frugal {
            self.rows = (self.rows * 2).min(STEPS.1);
        } else if took > STEP_TIME {
            self.rows = (self.rows / 2).max(STEPS.0);
        }
        self.rest(took);
    }

    #[expect(
        clippy::unused_self,
        reason = "whoever rests has the pace of a run at hand"
    )]
    fn rest(&self, took: Duration) {
        thread::sleep(took / PAUSE_PART);
    }
}

fn unfinished_run(connection: &Connection) -> Result<Option<i64>> {
    connection
        .query_row(sql!("prune/unfinished_run"), [], |row| row.get("id"))
        .optional()
        .failed("look up the last prune")
}

fn old_rows(
    connection: &Connection,
    table: &'static str,
    statement: &str,
    before: i64,
    row_bytes: i64,
) -> Result<Share> {
    connection
        .query_row(statement, named_params! { ":before": before }, |row| {
            let rows: i64 = row.get("rows")?;
            Ok(Share {
                table,
                rows,
                oldest: row.get("oldest")?,
                newest: row.get("newest")?,
                bytes: rows * row_bytes,
            })
        })
        .failed(format!("count old rows of {table}"))
}

/// Months as half-open intervals, neighbours joined.
fn spans(months: &[Month]) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for month in months {
        match spans.last_mut() {
            Some(last) if last.1 == month.start() => last.1 = month.end(),
            _ => spans.push((month.start(), month.end())),
        }
    }
    spans
}

/// Refuses an archive that is the database itself, whatever name it is given.
///
/// # Errors
///
/// [`Exit::Config`].
pub fn must_be_another_file(database: &Path, archive: &Path) -> Result<()> {
    if !is_same_file(database, archive)? {
        return Ok(());
    }
    Err(
        Error::new(format!("use {} as the archive", archive.display()))
            .because("it is the database itself")
            .try_this("name another file with --archive")
            .exits(Exit::Config),
    )
}

fn is_same_file(one: &Path, other: &Path) -> Result<bool> {
    if !other.exists() {
        return Ok(absolute(one) == absolute(other));
    }
    let canonical = |path: &Path| {
        path.canonicalize()
            .doing(|| format!("find {}", path.display()))
    };
    if canonical(one)? == canonical(other)? {
        return Ok(true);
    }
    #[cfg(unix)]
    {
        // A hard link is the same file under two names.
        use std::os::unix::fs::MetadataExt;
        let identity = |path: &Path| {
            std::fs::metadata(path)
                .map(|file| (file.dev(), file.ino()))
                .doing(|| format!("look at {}", path.display()))
        };
        Ok(identity(one)? == identity(other)?)
    }
    #[cfg(not(unix))]
    Ok(false)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_months_are_pruned_as_one() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let months = [month("2025-11"), month("2025-12"), month("2026-02")];

        let spans = spans(&months);

        assert_eq!(
            spans,
            [
                (month("2025-11").start(), month("2026-01").start()),
                (month("2026-02").start(), month("2026-03").start()),
            ]
        );
    }

    #[test]
    fn steps_follow_the_disk() {
        let mut pace = Pace::default();
        pace.follow(Duration::ZERO);
        assert_eq!(pace.rows, 2 * FIRST_STEP);
        for _ in 0..10 {
            pace.follow(Duration::ZERO);
        }
        assert_eq!(pace.rows, STEPS.1);
        for _ in 0..10 {
            pace.follow(STEP_TIME + Duration::from_millis(1));
        }
        assert_eq!(pace.rows, STEPS.0);
    }
}
