//! `tornsnap summarize`: writes the monthly summaries of finished months.

mod remarks;
mod report;

use std::time::Instant;

use crate::command::backup::Rotation;
use crate::command::clock::{DISPUTE_HELP, clock_dispute};
use crate::command::locked_database::LockedDatabase;
use crate::command::signal::{StopSignal, interrupted};
use crate::command::summarize::remarks::Remark;
use crate::command::summarize::report::{Preview, Report};
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome, backup};
use crate::config::Record;
use crate::error::{Error, Exit, Result};
use crate::model::elapsed::format_elapsed;
use crate::model::month_state::MonthState;
use crate::model::size::count;
use crate::model::summary::{MonthRefusal, SummaryJob, select_months};
use crate::model::time::{Month, format_months};
use crate::model::watch::Watch as _;
use crate::output::progress::Progress;
use crate::output::terminal;
use crate::store::Store;
use crate::store::lock::{MAINTENANCE, SUMMARIZE};
use crate::store::summary::{MonthChanges, SummaryOptions};

/// Write the monthly summaries of finished months that have none or whose history has changed
#[derive(clap::Args, Debug, Default)]
#[command(after_long_help = "\
Examples:
  Summarize each finished month that needs it, after a backup:
    tornsnap summarize

  Show these months, and change nothing:
    tornsnap summarize --dry-run

  Summarize one month again:
    tornsnap summarize --month 2026-03 --force")]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line flag")]
pub(crate) struct Args {
    /// Summarize only this month; it must be over, and its history rows must not have been pruned
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) month: Option<Month>,
    /// Also summarize months whose summaries are up to date; summaries that are correct are not changed
    #[arg(long)]
    pub(crate) force: bool,
    /// Show which months would be summarized, without changing anything
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Summarize even if the clock differed from Torn's at the last fetch
    #[arg(long)]
    pub(crate) ignore_clock: bool,
    /// Do not take a backup first
    #[arg(long)]
    pub(crate) no_backup: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

const ACTION: &str = "summarize all months";

/// Selects the months, takes a backup and summarizes the months one by one, oldest first.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let now = context.settings.clock.now();
    if args.dry_run {
        return preview(context, args, now);
    }
    let lock_wait = LockWait::new(context, "summarize", args.wait.longest());
    let mut database = open(context, &lock_wait)?;
    refuse_disputed_clock(context, args, &database.store, now)?;
    let states = StopSignal::interruptible("find the months", "nothing was changed", || {
        database.store.months(now)
    })?;
    let jobs = select(context, &database.store, &states, args, now)?;
    if jobs.is_empty() {
        let report = Report::new(None, &[], &states);
        return Ok(Outcome::done(nothing_to_do(args), report));
    }
    let backup = take_backup(context, args, &lock_wait)?;
    let mut done = Vec::with_capacity(jobs.len());
    summarize(context, &mut database.store, &jobs, now, &mut done)?;
    Ok(Outcome::done(
        describe(&done),
        Report::new(backup, &done, &states),
    ))
}

/// Shows what would be summarized. Changes nothing and takes no lock.
fn preview(context: &Context, args: &Args, now: i64) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    let states = store.months(now)?;
    let refusal = refuse_disputed_clock(context, args, &store, now).err();
    let jobs = select(context, &store, &states, args, now)?;
    store.check_unchanged()?;
    if let Some(refusal) = refusal {
        log::warn!(
            "would be refused without --ignore-clock: {}",
            refusal.one_line()
        );
    }
    if !context.json {
        print_jobs(&jobs)?;
    }
    let summary = if jobs.is_empty() {
        nothing_to_do(args)
    } else {
        let months: Vec<Month> = jobs.iter().map(|job| job.month).collect();
        format!("{} would be summarized", format_months(&months))
    };
    Ok(Outcome::done(summary, Preview::new(&jobs, &states)))
}

fn open(context: &Context, lock_wait: &LockWait) -> Result<LockedDatabase> {
    let path = &context.settings.database;
    Store::check_openable(path)?;
    // `SUMMARIZE` comes first: a `prune` that starts now waits for it, so that it prunes after the months are summarized.
    let database = LockedDatabase::open(path, &[SUMMARIZE, MAINTENANCE], lock_wait)?;
    database.store.refuse_archive()?;
    Ok(database)
}

/// Refuses a clock that differed from Torn's at the last fetch: the months that it says are over may not be.
fn refuse_disputed_clock(context: &Context, args: &Args, store: &Store, now: i64) -> Result<()> {
    match clock_dispute(context.settings.clock, || store.clock_dispute())? {
        Some(dispute) if !args.ignore_clock => Err(Error::new("summarize")
            .with_source(dispute.reason(now))
            .with_help(DISPUTE_HELP)
            .with_exit(Exit::Config)),
        _ => Ok(()),
    }
}

/// Summarizes every month that needs it, for commands that have changed the history. The caller holds the locks.
///
/// Adds each month that is summarized to `summarized`, also if a later one fails.
pub(crate) fn bring_up_to_date(
    context: &Context,
    store: &mut Store,
    now: i64,
    summarized: &mut Vec<Month>,
) -> Result<()> {
    let jobs = select(context, store, &store.months(now)?, &Args::default(), now)?;
    let mut done = Vec::new();
    let ended = summarize(context, store, &jobs, now, &mut done);
    summarized.extend(done.iter().map(|done| done.job.month));
    ended
}

/// Logs the remarks about the months, and selects the months to summarize.
fn select(
    context: &Context,
    store: &Store,
    states: &[MonthState],
    args: &Args,
    now: i64,
) -> Result<Vec<SummaryJob>> {
    let settings = &context.settings;
    let lost = store.lost_rows(&settings.backup.directory, &settings.database, now)?;
    // Before the selection, so that they are logged also if the month of `--month` is refused.
    remarks::about(states, lost.as_ref(), args)
        .iter()
        .for_each(Remark::log);
    select_months(states, args.month, args.force, now).map_err(|refusal| {
        let months = args
            .month
            .map_or_else(|| "the months".to_owned(), |month| month.to_string());
        let help = match (&refusal, &lost) {
            (MonthRefusal::LacksRows { .. }, Some(lost)) => lost.help(),
            _ => "omit --month to summarize every month that needs it and can be summarized"
                .to_owned(),
        };
        Error::new(format!("summarize {months}"))
            .with_source(refusal.to_string())
            .with_help(help)
            .with_exit(Exit::Config)
    })
}

/// Takes a backup if one is wanted, and returns the name of the file that has the present content.
fn take_backup(context: &Context, args: &Args, lock_wait: &LockWait) -> Result<Option<String>> {
    if args.no_backup || !context.settings.backup.before_summarize {
        return Ok(None);
    }
    log::info!("making a backup first, because [backup] before_summarize is true");
    backup::before_change(context, Rotation::Configured, lock_wait).map(Some)
}

/// Says after a signal which months were summarized.
fn kept(done: &[Done<'_>]) -> String {
    let months: Vec<Month> = done.iter().map(|done| done.job.month).collect();
    match months.as_slice() {
        [] => "no month was changed; run the same command again".to_owned(),
        _ => format!(
            "{} is summarized; run the same command again to do the rest",
            format_months(&months)
        ),
    }
}

/// Summarizes the months, and adds each to `done`. A signal undoes the month at hand and keeps the earlier ones.
fn summarize<'a>(
    context: &Context,
    store: &mut Store,
    jobs: &'a [SummaryJob],
    now: i64,
    done: &mut Vec<Done<'a>>,
) -> Result<()> {
    let rows = |job: &SummaryJob| u64::try_from(job.rows).unwrap_or(0);
    let total = jobs.iter().map(rows).sum();
    let progress = Progress::start("summarizing", total, context.shows_progress());
    let stop = StopSignal::listen()?;
    let options = SummaryOptions {
        now,
        every_poll: context.settings.record == Record::EveryPoll,
    };
    for job in jobs {
        if let Some(exit) = stop.received() {
            store.checkpoint()?;
            return Err(interrupted(ACTION, &kept(done), exit));
        }
        progress.name(&format!("summarizing {}", job.month));
        let changes =
            StopSignal::interruptible(ACTION, &kept(done), || summarize_month(store, job, options));
        if changes.is_err() {
            // Best effort: the error of the month is the one to report.
            let _ = store.checkpoint();
        }
        done.push(Done {
            job,
            changes: changes?,
        });
        progress.advance(rows(job));
    }
    store.checkpoint()
}

fn summarize_month(
    store: &mut Store,
    job: &SummaryJob,
    options: SummaryOptions,
) -> Result<Vec<MonthChanges>> {
    log::info!(
        "summarizing {} ({}, {} history rows)",
        job.month,
        job.reason.as_str(),
        job.rows
    );
    let started = Instant::now();
    let changes = store.summarize(job, options)?;
    let tables = changes.iter().flat_map(|month| &month.tables);
    log::info!(
        "{} is summarized: {} summary rows written in {}",
        job.month,
        tables.map(|table| table.written).sum::<usize>(),
        format_elapsed(started.elapsed())
    );
    Ok(changes)
}

/// A job that is done.
struct Done<'a> {
    job: &'a SummaryJob,
    /// The changes of the month of the job, then those of later months that were written again.
    changes: Vec<MonthChanges>,
}

fn nothing_to_do(args: &Args) -> String {
    match args.month {
        Some(month) => {
            format!("nothing to summarize: {month} is up to date or has no history rows")
        }
        None => "nothing to summarize: every finished month is up to date".to_owned(),
    }
}

fn print_jobs(jobs: &[SummaryJob]) -> Result<()> {
    for job in jobs {
        let rows = count(job.rows, "history row");
        terminal::print(
            "the months",
            &format!("{}  {rows}  {}", job.month, job.reason.as_str()),
        )?;
    }
    Ok(())
}

/// The result in one line.
fn describe(done: &[Done<'_>]) -> String {
    let months: Vec<Month> = done.iter().map(|done| done.job.month).collect();
    let tables = || {
        done.iter()
            .flat_map(|done| &done.changes)
            .flat_map(|month| &month.tables)
    };
    let written: usize = tables().map(|table| table.written).sum();
    let removed: usize = tables().map(|table| table.removed).sum();
    let and_removed = match removed {
        0 => String::new(),
        _ => format!(", {removed} removed"),
    };
    format!(
        "summarized {}: {} written{and_removed}",
        format_months(&months),
        count(written, "row")
    )
}
