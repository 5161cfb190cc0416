//! `tornsnap summarize`: writes the monthly summaries of finished months.

mod report;

use crate::command::signal::StopSignal;
use crate::command::summarize::report::{Preview, Report, months_with_late_rows};
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome, backup};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::month_state::{MonthState, SummaryStatus, TableState};
use crate::model::summary::{SummaryJob, select_months};
use crate::model::time::{Month, format_months};
use crate::output::terminal;
use crate::store::Store;
use crate::store::lock::{MAINTENANCE, SUMMARIZE};
use crate::store::summary::MonthChanges;

/// Write the monthly summaries of finished months that have none or whose history has changed
#[derive(clap::Args, Debug, Default)]
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
    /// Do not take a backup first
    #[arg(long)]
    pub(crate) no_backup: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// Selects the months, takes a backup and summarizes the months one by one, oldest first.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let database = &context.settings.database;
    let now = context.settings.clock.now();
    if args.dry_run {
        let store = Store::open_read_only(database)?;
        let states = store.months(now)?;
        store.check_unchanged()?;
        return preview(context, args, &select_jobs(&states, args, now)?, &states);
    }
    Store::check_openable(database)?;
    let lock_wait = LockWait::new(context, "summarize", args.wait.longest());
    // A `prune` that starts now waits for this lock, so that it prunes after the months are summarized.
    let _announcement = lock_wait.take(database, SUMMARIZE)?;
    let _lock = lock_wait.take(database, MAINTENANCE)?;
    // Open the database only after taking the lock, because until then a restore may replace the file.
    let mut store = Store::open(database)?;
    store.refuse_archive()?;
    let states = store.months(now)?;
    let jobs = select_jobs(&states, args, now)?;
    if jobs.is_empty() {
        return Ok(Outcome::done(
            nothing_to_do(args),
            Report::new(None, &[], &states),
        ));
    }
    let takes_backup = context.settings.backup.before_summarize && !args.no_backup;
    let backup = if takes_backup {
        Some(backup::create(context, &lock_wait)?.file)
    } else {
        None
    };
    let stop = StopSignal::listen()?;
    let mut done = Vec::with_capacity(jobs.len());
    for job in &jobs {
        if let Some(exit) = stop.received() {
            store.checkpoint()?;
            return Err(Error::new("summarize all months")
                .with_source(format!("it was stopped before {}", job.month))
                .with_help("run the same command again to do the rest")
                .with_exit(exit));
        }
        log::info!("summarizing {} ({})", job.month, job.reason.as_str());
        done.push((job, store.summarize(job, now)?));
    }
    store.checkpoint()?;
    Ok(Outcome::done(
        describe(&done),
        Report::new(backup, &done, &states),
    ))
}

fn select_jobs(states: &[MonthState], args: &Args, now: i64) -> Result<Vec<SummaryJob>> {
    if args.month.is_none() {
        warn_about_late_rows(states);
    }
    warn_about_deleted_rows(states, args.force);
    select_months(states, args.month, args.force, now).map_err(|reason| {
        let month = args
            .month
            .map_or_else(String::new, |month| month.to_string());
        Error::new(format!("summarize {month}"))
            .with_source(reason)
            .with_help("omit --month to summarize every month that needs it and can be summarized")
            .with_exit(Exit::Config)
    })
}

/// Warns about history rows that no summary will ever count.
fn warn_about_late_rows(states: &[MonthState]) {
    let (months, rows): (Vec<Month>, Vec<i64>) = months_with_late_rows(states).unzip();
    if !months.is_empty() {
        let rows: i64 = rows.iter().sum();
        log::warn!(
            "{rows} history rows of {} were added after the month was pruned: they stay, and its summaries do not change",
            format_months(&months)
        );
    }
}

/// Warns about months that are not summarized again because another program has deleted most of their history rows.
fn warn_about_deleted_rows(states: &[MonthState], force: bool) {
    for state in states {
        let rows: i64 = tables_with_summaries(state)
            .map(|table| table.facts.deleted_by_others())
            .sum();
        let would_be_written = force || state.tables.iter().any(|table| table.facts.late_rows > 0);
        if state.has(SummaryStatus::Lost) && would_be_written {
            log::warn!(
                "another program has deleted {rows} history rows of {month}: its summary does not change \
                 (--month {month} --force writes a new one from the remaining rows)",
                month = state.month
            );
        } else if rows > 0 {
            log::info!(
                "another program has deleted {rows} history rows of {}",
                state.month
            );
        }
    }
}

fn tables_with_summaries(state: &MonthState) -> impl Iterator<Item = &TableState> {
    state
        .tables
        .iter()
        .filter(|table| table.status != SummaryStatus::Purged)
}

fn nothing_to_do(args: &Args) -> String {
    match args.month {
        Some(month) => {
            format!("nothing to summarize: {month} is up to date or has no history rows")
        }
        None => "nothing to summarize: every finished month is up to date".to_owned(),
    }
}

fn preview(
    context: &Context,
    args: &Args,
    jobs: &[SummaryJob],
    states: &[MonthState],
) -> Result<Outcome> {
    if !context.json {
        for job in jobs {
            terminal::print_line(&format!(
                "{}  {} history rows  {}",
                job.month,
                job.rows,
                job.reason.as_str()
            ))
            .with_context(|| "print the months".to_owned())?;
        }
    }
    let summary = if jobs.is_empty() {
        nothing_to_do(args)
    } else {
        let months: Vec<Month> = jobs.iter().map(|job| job.month).collect();
        format!("{} would be summarized", format_months(&months))
    };
    Ok(Outcome::done(summary, Preview::new(jobs, states)))
}

/// The result in one line.
fn describe(done: &[(&SummaryJob, Vec<MonthChanges>)]) -> String {
    let months: Vec<Month> = done.iter().map(|(job, _)| job.month).collect();
    let tables = || {
        done.iter()
            .flat_map(|(_, months)| months)
            .flat_map(|month| &month.tables)
    };
    let written: usize = tables().map(|table| table.written).sum();
    let removed: usize = tables().map(|table| table.removed).sum();
    let and_removed = match removed {
        0 => String::new(),
        _ => format!(", {removed} removed"),
    };
    format!(
        "summarized {}: {written} rows written{and_removed}",
        format_months(&months)
    )
}
