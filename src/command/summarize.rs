//! `tornsnap summarize`: keep what each finished month brought, for ever.

use std::time::Duration;

use serde_json::{Value, json};

use crate::command::signal::Stop;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome, backup};
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::month_state::{MonthState, SummaryStatus, TableState};
use crate::model::retention::list;
use crate::model::summary::{SummaryJob, select};
use crate::model::time::{Month, parse_duration};
use crate::output::terminal;
use crate::store::Store;
use crate::store::lock::{MAINTENANCE, SUMMARIZE};
use crate::store::summary::Written;

/// Write the monthly summaries of finished months that have none or whose history has changed
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Args {
    /// Only this month; it must be over, and its history must not have been pruned
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) month: Option<Month>,
    /// Also months whose summaries are up to date; rows that are right are not touched
    #[arg(long)]
    pub(crate) force: bool,
    /// Show which months would be summarized, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take no backup first
    #[arg(long)]
    pub(crate) no_backup: bool,
    /// How long to wait for another run to finish, such as 30s, 10m or 1h; 0 does not wait [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) wait: Option<Duration>,
}

/// Decides which months need it, takes a backup, and writes them one by one, oldest first.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let database = &context.settings.database;
    let now = context.settings.clock.now();
    if args.dry_run {
        let store = Store::open_read_only(database)?;
        let states = store.months(now)?;
        store.check_unchanged()?;
        return preview(context, args, &jobs(&states, args, now)?, &states);
    }
    Store::check_openable(database)?;
    let waiting = Waiting::new(context, "summarize", args.wait);
    let _announced = waiting.take(database, SUMMARIZE)?;
    let _lock = waiting.take(database, MAINTENANCE)?;
    // Not before: until then a restore may put another file in its place.
    let mut store = Store::open(database)?;
    store.refuse_archive()?;
    let states = store.months(now)?;
    let jobs = jobs(&states, args, now)?;
    if jobs.is_empty() {
        return Ok(Outcome::done(
            nothing(args),
            report(args, None, &[], &states),
        ));
    }
    let takes_backup = context.settings.backup.before_summarize && !args.no_backup;
    let backup = if takes_backup {
        Some(backup::create(context, &waiting)?.file)
    } else {
        None
    };
    let stop = Stop::listen()?;
    let mut done = Vec::with_capacity(jobs.len());
    for job in &jobs {
        if let Some(exit) = stop.asked() {
            store.checkpoint()?;
            return Err(Error::new("summarize all that needs it")
                .with_source(format!("it was told to stop before {}", job.month))
                .with_help("run the same command again: it does the rest")
                .with_exit(exit));
        }
        log::info!("summarizing {} ({})", job.month, job.reason.as_str());
        done.push((job, store.summarize(job, now)?));
    }
    store.checkpoint()?;
    Ok(Outcome::done(
        told(&done),
        report(args, backup.as_deref(), &done, &states),
    ))
}

/// The months to write, or why the one that was asked for cannot be.
fn jobs(states: &[MonthState], args: &Args, now: i64) -> Result<Vec<SummaryJob>> {
    if args.month.is_none() {
        warn_of_late_rows(states);
    }
    warn_of_deleted_rows(states, args.force);
    select(states, args.month, args.force, now).map_err(|why| {
        let month = args
            .month
            .map_or_else(String::new, |month| month.to_string());
        Error::new(format!("summarize {month}"))
            .with_source(why)
            .with_help("leave --month out to summarize every month that needs it and can be")
            .with_exit(Exit::Config)
    })
}

/// Names the history rows that no summary will ever have.
fn warn_of_late_rows(states: &[MonthState]) {
    let late: Vec<Month> = late(states).map(|(month, _)| month).collect();
    if !late.is_empty() {
        let rows: i64 = self::late(states).map(|(_, rows)| rows).sum();
        log::warn!(
            "{rows} history rows of {} came after that was pruned: they stay, and the summaries stay as they are",
            list(&late)
        );
    }
}

/// Names the months of which another program has deleted most history rows, where a summary would be written otherwise.
fn warn_of_deleted_rows(states: &[MonthState], force: bool) {
    for state in states {
        let rows: i64 = tables_with_deleted_rows(state)
            .map(|table| table.facts.deleted_by_others())
            .sum();
        let would_be_written = force || state.tables.iter().any(|table| table.facts.late > 0);
        if state.has(SummaryStatus::Lost) && would_be_written {
            log::warn!(
                "another program has deleted {rows} history rows of {month}: its summary stays as it is \
                 (--month {month} --force writes a new one from the rows that are left)",
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

fn tables_with_deleted_rows(state: &MonthState) -> impl Iterator<Item = &TableState> {
    state
        .tables
        .iter()
        .filter(|table| table.status != SummaryStatus::Purged)
}

/// Months with history rows that came after the month was pruned, and how many.
fn late(states: &[MonthState]) -> impl Iterator<Item = (Month, i64)> + '_ {
    states
        .iter()
        .map(|state| (state.month, state.unsummarized_late_rows()))
        .filter(|(_, rows)| *rows > 0)
}

fn nothing(args: &Args) -> String {
    match args.month {
        Some(month) => format!("nothing to summarize: {month} is up to date or holds nothing"),
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
            terminal::data(&format!(
                "{}  {} history rows  {}",
                job.month,
                job.rows,
                job.reason.as_str()
            ))
            .with_context(|| "print the months".to_owned())?;
        }
    }
    let months: Vec<Value> = jobs
        .iter()
        .map(|job| {
            json!({
                "month": job.month.to_string(),
                "reason": job.reason.as_str(),
                "detail_rows": job.rows,
            })
        })
        .collect();
    let summary = if jobs.is_empty() {
        nothing(args)
    } else {
        format!("{} would be summarized", list_of(jobs))
    };
    Ok(Outcome::done(
        summary,
        json!({
            "dry_run": true,
            "months": months,
            "pruned": pruned(states),
            "late": late_rows(states),
        }),
    ))
}

fn list_of(jobs: &[SummaryJob]) -> String {
    list(&jobs.iter().map(|job| job.month).collect::<Vec<_>>())
}

fn told(done: &[(&SummaryJob, Vec<Written>)]) -> String {
    let months: Vec<Month> = done.iter().map(|(job, _)| job.month).collect();
    let tables = || {
        done.iter()
            .flat_map(|(_, written)| written)
            .flat_map(|written| &written.tables)
    };
    let written: usize = tables().map(|table| table.written).sum();
    let removed: usize = tables().map(|table| table.removed).sum();
    let and_removed = match removed {
        0 => String::new(),
        _ => format!(", {removed} removed"),
    };
    format!(
        "summarized {}: {written} rows written{and_removed}",
        list(&months)
    )
}

fn report(
    args: &Args,
    backup: Option<&str>,
    done: &[(&SummaryJob, Vec<Written>)],
    states: &[MonthState],
) -> Value {
    let months: Vec<Value> = done
        .iter()
        .map(|(job, written)| {
            let followers: Vec<Value> = written[1..].iter().map(one).collect();
            let mut month = one(&written[0]);
            month["reason"] = json!(job.reason.as_str());
            month["detail_rows"] = json!(job.rows);
            month["followed_by"] = json!(followers);
            month
        })
        .collect();
    json!({
        "dry_run": args.dry_run,
        "backup": backup,
        "months": months,
        "pruned": pruned(states),
        "late": late_rows(states),
    })
}

fn one(written: &Written) -> Value {
    let tables: serde_json::Map<String, Value> = written
        .tables
        .iter()
        .map(|table| {
            (
                table.history.summary_table().to_owned(),
                json!({ "written": table.written, "removed": table.removed }),
            )
        })
        .collect();
    json!({ "month": written.month.to_string(), "rows": written.rows(), "tables": tables })
}

/// Months whose summaries stay because their history rows have been pruned.
fn pruned(states: &[MonthState]) -> Vec<String> {
    states
        .iter()
        .filter(|state| state.has(SummaryStatus::Pruned))
        .map(|state| state.month.to_string())
        .collect()
}

/// History rows that came after their month was pruned, by month.
fn late_rows(states: &[MonthState]) -> Vec<Value> {
    late(states)
        .map(|(month, rows)| json!({ "month": month.to_string(), "rows": rows }))
        .collect()
}
