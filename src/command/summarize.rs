//! `tornsnap summarize`: keep what each finished month brought, for ever.

use serde_json::{Value, json};

use crate::command::signal::Stop;
use crate::command::{Context, Outcome, backup};
use crate::error::{Doing, Error, Exit, Result};
use crate::model::retention::list;
use crate::model::summary::{Job, MonthState, Standing, select};
use crate::model::time::Month;
use crate::output::terminal;
use crate::store::Store;
use crate::store::lock::Lock;
use crate::store::summary::Written;

/// Write the monthly summaries of finished months that have none or whose detail has changed
#[derive(clap::Args, Debug, Default)]
pub struct Args {
    /// Only this month; it must be over, and its detail must still be there
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<Month>,
    /// Also months whose summaries are up to date; rows that are right are not touched
    #[arg(long)]
    pub force: bool,
    /// Show which months would be summarized, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take no backup first
    #[arg(long)]
    pub no_backup: bool,
}

/// Decides which months need it, takes a backup, and writes them one by one, oldest first.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let database = &context.settings.database;
    let now = context.settings.clock.now();
    if args.dry_run {
        let store = Store::open_read_only(database)?;
        let states = store.months(now, args.month)?;
        store.must_be_unchanged()?;
        return preview(context, &jobs(&states, args, now)?, &states);
    }
    let mut store = Store::open(database)?;
    let _lock = Lock::take(database, "maintenance")?;
    let states = store.months(now, args.month)?;
    let jobs = jobs(&states, args, now)?;
    if jobs.is_empty() {
        return Ok(Outcome::done(
            nothing(args),
            report(args, None, &[], &states),
        ));
    }
    let takes_backup = context.settings.backup.before_summarize && !args.no_backup;
    let backup = if takes_backup {
        Some(backup::take(context)?.file)
    } else {
        None
    };
    let stop = Stop::listen()?;
    let mut done = Vec::with_capacity(jobs.len());
    for job in &jobs {
        if let Some(exit) = stop.asked() {
            store.checkpoint()?;
            return Err(Error::new("summarize all that needs it")
                .because(format!("it was told to stop before {}", job.period.month))
                .try_this("run the same command again: it does the rest")
                .exits(exit));
        }
        log::info!("summarizing {} ({})", job.period.month, job.reason.as_str());
        done.push((job, store.summarize(job, now)?));
    }
    store.checkpoint()?;
    Ok(Outcome::done(
        told(&done),
        report(args, backup.as_deref(), &done, &states),
    ))
}

/// The months to write, or why the one that was asked for cannot be.
fn jobs(states: &[MonthState], args: &Args, now: i64) -> Result<Vec<Job>> {
    let late: Vec<Month> = states
        .iter()
        .filter(|state| {
            state.standing
                == Standing::Pruned {
                    has_late_rows: true,
                }
        })
        .map(|state| state.month)
        .collect();
    if !late.is_empty() && args.month.is_none() {
        log::warn!(
            "detail of {} came after that was pruned: the summary stays as it is",
            list(&late)
        );
    }
    select(states, args.month, args.force, now).map_err(|why| {
        let month = args
            .month
            .map_or_else(String::new, |month| month.to_string());
        Error::new(format!("summarize {month}"))
            .because(why)
            .try_this("leave --month out to summarize every month that needs it and can be")
            .exits(Exit::Config)
    })
}

fn nothing(args: &Args) -> String {
    match args.month {
        Some(month) => format!("nothing to summarize: {month} is up to date or holds nothing"),
        None => "nothing to summarize: every finished month is up to date".to_owned(),
    }
}

fn preview(context: &Context, jobs: &[Job], states: &[MonthState]) -> Result<Outcome> {
    if !context.json {
        for job in jobs {
            terminal::data(&format!(
                "{}  {} rows of detail  {}",
                job.period.month,
                job.rows,
                job.reason.as_str()
            ))
            .doing(|| "print the months".to_owned())?;
        }
    }
    let months: Vec<Value> = jobs
        .iter()
        .map(|job| {
            json!({
                "month": job.period.month.to_string(),
                "reason": job.reason.as_str(),
                "detail_rows": job.rows,
            })
        })
        .collect();
    Ok(Outcome::done(
        format!("{} would be summarized", list_of(jobs)),
        json!({
            "command": "summarize",
            "status": "ok",
            "dry_run": true,
            "months": months,
            "pruned": pruned(states),
        }),
    ))
}

fn list_of(jobs: &[Job]) -> String {
    list(&jobs.iter().map(|job| job.period.month).collect::<Vec<_>>())
}

fn told(done: &[(&Job, Vec<Written>)]) -> String {
    let months: Vec<Month> = done.iter().map(|(job, _)| job.period.month).collect();
    let rows: usize = done
        .iter()
        .flat_map(|(_, written)| written)
        .map(Written::rows)
        .sum();
    format!("summarized {}: {rows} rows written", list(&months))
}

fn report(
    args: &Args,
    backup: Option<&str>,
    done: &[(&Job, Vec<Written>)],
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
        "command": "summarize",
        "status": "ok",
        "dry_run": args.dry_run,
        "backup": backup,
        "months": months,
        "pruned": pruned(states),
    })
}

fn one(written: &Written) -> Value {
    let tables: serde_json::Map<String, Value> = written
        .tables
        .iter()
        .map(|table| {
            (
                table.table.to_owned(),
                json!({ "written": table.written, "removed": table.removed }),
            )
        })
        .collect();
    json!({ "month": written.month.to_string(), "rows": written.rows(), "tables": tables })
}

/// Months whose summaries stay because their detail has gone.
fn pruned(states: &[MonthState]) -> Vec<String> {
    states
        .iter()
        .filter(|state| state.standing.is_pruned())
        .map(|state| state.month.to_string())
        .collect()
}
