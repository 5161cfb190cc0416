//! `tornsnap prune`: delete detail that is summarized and old, or move it to an archive.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::command::signal::Stop;
use crate::command::{Context, Outcome, prune_future};
use crate::error::{Doing, Error, Exit, Result};
use crate::model::path::shown;
use crate::model::retention::{self, Facts, Refusal, list};
use crate::model::time::{Month, iso};
use crate::output::progress::Progress;
use crate::output::{prompt, terminal};
use crate::store::lock::Lock;
use crate::store::prune::{Keep, Plan, Pruned, Share, must_be_another_file};
use crate::store::{Store, backup};

/// Delete detail that is older than the retention and summarized, or move it to an archive
///
/// What the next month's summary needs stays: the newest known values of everything that is followed.
#[derive(clap::Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Full months of detail to keep besides the running one [default: as configured, else 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub keep_months: Option<u32>,
    /// Move detail to this database instead of deleting it
    #[arg(long, value_name = "FILE")]
    pub archive: Option<PathBuf>,
    /// Show what would go, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Rewrite the whole file afterwards, to give all free space back
    #[arg(long)]
    pub vacuum: bool,
    /// Where months without a summary are in the way: prune what lies before them, keep them and what follows
    #[arg(long)]
    pub keep_unsummarized: bool,
    /// Prune though no backup was verified in the last 7 days; with --future: take no backup first
    #[arg(long)]
    pub without_backup: bool,
    /// Let the first prune delete more than half of all detail
    #[arg(long)]
    pub allow_large: bool,
    /// Prune though the clock is behind the newest detail, or a year ahead of it
    #[arg(long)]
    pub ignore_clock: bool,
    /// Delete the monthly summaries of all months before this one, and nothing else
    #[arg(
        long,
        value_name = "YYYY-MM",
        conflicts_with_all = ["keep_months", "archive", "vacuum", "keep_unsummarized", "without_backup", "allow_large", "ignore_clock"]
    )]
    pub summaries_before: Option<Month>,
    /// Delete summaries without asking
    #[arg(long)]
    pub yes: bool,
    /// Remove what was recorded under a clock that was ahead, and nothing else; takes a backup first
    #[arg(
        long,
        conflicts_with_all = ["keep_months", "archive", "keep_unsummarized", "allow_large", "ignore_clock", "summaries_before", "yes"]
    )]
    pub future: bool,
    /// With --future: remove it though it looks as if the clock were behind now
    #[arg(long, requires = "future")]
    pub force: bool,
}

/// Plans, looks for reasons not to, and does what the plan says.
pub fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if args.future {
        return prune_future::run(context, args);
    }
    if let Some(month) = args.summaries_before {
        return purge(context, args, month);
    }
    let settings = &context.settings;
    let now = settings.clock.now();
    let archive = args
        .archive
        .as_ref()
        .or(settings.retention.archive.as_ref());
    if args.dry_run {
        let store = Store::open_read_only(&settings.database)?;
        if let Some(archive) = archive {
            must_be_another_file(&settings.database, archive)?;
        }
        let plan = plan(context, args, &store, now)?;
        let refusals = refusals(context, args, &plan, now)?;
        store.must_be_unchanged()?;
        return preview(context, &plan, &refusals, archive);
    }
    let mut store = Store::open(&settings.database)?;
    let _lock = Lock::take(&settings.database, "maintenance")?;
    if let Some(archive) = archive {
        must_be_another_file(&settings.database, archive)?;
    }
    let plan = plan(context, args, &store, now)?;
    let refusals = refusals(context, args, &plan, now)?;
    if !refusals.is_empty() {
        return Err(refused(&refusals));
    }
    warn_of_what_stays(&plan);
    let progress = Progress::start(
        "pruning",
        u64::try_from(plan.going()).unwrap_or(0),
        context.shows_progress() && plan.going() > 0,
    );
    let mut done = 0;
    let stop = Stop::listen()?;
    let mut pruned = store.prune(&plan, archive.map(PathBuf::as_path), now, |rows| {
        done += u64::try_from(rows).unwrap_or(0);
        progress.at(done);
        stop.asked().is_none()
    })?;
    if pruned.is_cut_off {
        store.checkpoint()?;
        return Err(Error::new("prune all that is old")
            .because(format!("it was told to stop after {done} rows"))
            .try_this("run the same command again: it does the rest")
            .exits(stop.asked().unwrap_or(Exit::Interrupted)));
    }
    if args.vacuum {
        pruned.bytes_after = store.vacuum()?;
    }
    store.checkpoint()?;
    drop(progress);
    Ok(Outcome::done(
        told(&plan, &pruned, archive.map(PathBuf::as_path)),
        report(
            &plan,
            Some(&pruned),
            &[],
            archive.map(PathBuf::as_path),
            false,
        ),
    ))
}

fn plan(context: &Context, args: &Args, store: &Store, now: i64) -> Result<Plan> {
    let retention = &context.settings.retention;
    let keep = Keep {
        months: args.keep_months.unwrap_or(retention.keep_months),
        rejected_days: retention.rejected_days,
        runs_days: retention.runs_days,
    };
    store.plan_prune(&store.months_by_detail(now)?, keep, now)
}

fn refusals(context: &Context, args: &Args, plan: &Plan, now: i64) -> Result<Vec<Refusal>> {
    let backup_verified_at = if plan.going() > 0 {
        backup::newest_of(
            &context.settings.backup.directory,
            &context.settings.database,
        )?
        .map(|manifest| manifest.verified_at)
    } else {
        None
    };
    let facts = Facts {
        now,
        newest_detail: plan.newest_detail,
        going: plan.going(),
        all: plan.all,
        housekeeping: plan.housekeeping_rows(),
        was_pruned: plan.was_pruned,
        unsummarized: plan.reach.unsummarized.clone(),
        backup_verified_at,
    };
    let mut refusals = retention::refusals(&facts);
    refusals.retain(|refusal| {
        let is_overruled = match refusal {
            Refusal::Unsummarized(_) => args.keep_unsummarized,
            Refusal::ClockBehind { .. } | Refusal::ClockAhead { .. } => args.ignore_clock,
            Refusal::NoBackup { .. } => args.without_backup,
            Refusal::Large { .. } => args.allow_large,
        };
        !is_overruled
    });
    Ok(refusals)
}

fn refused(refusals: &[Refusal]) -> Error {
    let join = |words: Vec<String>| words.join("; ");
    Error::new("prune")
        .because(join(refusals.iter().map(Refusal::why).collect()))
        .try_this(join(
            refusals
                .iter()
                .map(|refusal| refusal.remedy().to_owned())
                .collect(),
        ))
        .exits(Exit::Config)
}

fn warn_of_what_stays(plan: &Plan) {
    if !plan.reach.unsummarized.is_empty() {
        log::warn!(
            "kept {}: in no summary; run `tornsnap summarize`",
            list(&plan.reach.unsummarized)
        );
    }
    if !plan.reach.late.is_empty() {
        log::warn!(
            "kept {}: its detail came after that month was pruned, and is in no summary",
            list(&plan.reach.late)
        );
    }
}

fn preview(
    context: &Context,
    plan: &Plan,
    refusals: &[Refusal],
    archive: Option<&PathBuf>,
) -> Result<Outcome> {
    if !context.json {
        for share in plan.detail.iter().chain(&plan.housekeeping) {
            terminal::data(&line(share)).doing(|| "print the plan".to_owned())?;
        }
    }
    warn_of_what_stays(plan);
    for refusal in refusals {
        log::warn!("would be refused: {}; {}", refusal.why(), refusal.remedy());
    }
    Ok(Outcome::done(
        format!(
            "{} rows from before {} would {}, about {}",
            plan.going() + plan.housekeeping_rows(),
            iso(plan.cutoff),
            if archive.is_some() {
                "move to the archive or go"
            } else {
                "go"
            },
            megabytes(
                plan.detail
                    .iter()
                    .chain(&plan.housekeeping)
                    .map(|share| share.bytes)
                    .sum()
            ),
        ),
        report(plan, None, refusals, archive.map(PathBuf::as_path), true),
    ))
}

fn line(share: &Share) -> String {
    match (share.oldest, share.newest) {
        (Some(oldest), Some(newest)) => format!(
            "{:28} {:>10} rows  {} to {}  about {}",
            share.table,
            share.rows,
            iso(oldest),
            iso(newest),
            megabytes(share.bytes)
        ),
        _ => format!("{:28} {:>10} rows", share.table, 0),
    }
}

fn told(plan: &Plan, pruned: &Pruned, archive: Option<&Path>) -> String {
    let detail: i64 = pruned.detail.iter().sum();
    let housekeeping: i64 = pruned.housekeeping.iter().sum();
    if detail + housekeeping == 0 {
        return format!(
            "nothing to prune: no summarized detail before {}",
            iso(plan.cutoff)
        );
    }
    let detail_went = match archive {
        Some(archive) if detail > 0 => {
            format!("moved {detail} rows of detail to {}", archive.display())
        }
        _ => format!("deleted {detail} rows of detail"),
    };
    format!(
        "{detail_went} from before {}, deleted {housekeeping} old records; the database takes {} (was {})",
        iso(plan.cutoff),
        megabytes(pruned.bytes_after),
        megabytes(pruned.bytes_before),
    )
}

fn report(
    plan: &Plan,
    pruned: Option<&Pruned>,
    refusals: &[Refusal],
    archive: Option<&Path>,
    dry_run: bool,
) -> Value {
    let deleted = pruned.map(|pruned| {
        pruned
            .detail
            .iter()
            .chain(&pruned.housekeeping)
            .copied()
            .collect::<Vec<_>>()
    });
    let tables: serde_json::Map<String, Value> = plan
        .detail
        .iter()
        .chain(&plan.housekeeping)
        .enumerate()
        .map(|(index, share)| {
            let mut table = json!({
                "rows": share.rows,
                "oldest": share.oldest,
                "newest": share.newest,
                "bytes": share.bytes,
            });
            if let Some(deleted) = &deleted {
                table["deleted"] = json!(deleted[index]);
            }
            (share.table.to_owned(), table)
        })
        .collect();
    let names = |months: &[Month]| months.iter().map(Month::to_string).collect::<Vec<_>>();
    let mut report = json!({
        "command": "prune",
        "status": "ok",
        "dry_run": dry_run,
        "cutoff": plan.cutoff,
        "archive": archive.map(shown),
        "months": names(&plan.reach.months),
        "unsummarized": names(&plan.reach.unsummarized),
        "late": names(&plan.reach.late),
        "tables": tables,
    });
    if dry_run {
        report["would_be_refused"] = json!(
            refusals
                .iter()
                .map(|refusal| json!({ "because": refusal.why(), "flag": refusal.flag() }))
                .collect::<Vec<_>>()
        );
    }
    if let Some(pruned) = pruned {
        report["bytes_before"] = json!(pruned.bytes_before);
        report["bytes_after"] = json!(pruned.bytes_after);
    }
    report
}

/// Deletes old summaries: the one thing that no detail brings back.
fn purge(context: &Context, args: &Args, month: Month) -> Result<Outcome> {
    let database = &context.settings.database;
    let shares = if args.dry_run {
        let store = Store::open_read_only(database)?;
        let shares = store.plan_purge(month)?;
        store.must_be_unchanged()?;
        shares
    } else {
        Store::open(database)?.plan_purge(month)?
    };
    let rows: i64 = shares.iter().map(|share| share.rows).sum();
    let tables: serde_json::Map<String, Value> = shares
        .iter()
        .map(|share| (share.table.to_owned(), json!({ "rows": share.rows })))
        .collect();
    let report = json!({
        "command": "prune",
        "status": "ok",
        "dry_run": args.dry_run,
        "summaries_before": month.to_string(),
        "tables": tables,
    });
    if args.dry_run {
        if !context.json {
            for share in &shares {
                terminal::data(&line(share)).doing(|| "print the plan".to_owned())?;
            }
        }
        return Ok(Outcome::done(
            format!("{rows} summaries of months before {month} would go"),
            report,
        ));
    }
    if rows == 0 {
        return Ok(Outcome::done(
            format!("there are no summaries of months before {month}"),
            report,
        ));
    }
    let question =
        format!("Delete {rows} summaries of months before {month}? Nothing can bring them back");
    if !args.yes && !prompt::confirm(&question, "--yes")? {
        return Err(Error::new("delete summaries")
            .because("the answer was no")
            .exits(Exit::Config));
    }
    let mut store = Store::open(database)?;
    let _lock = Lock::take(database, "maintenance")?;
    let deleted = store.purge(month)?;
    store.checkpoint()?;
    Ok(Outcome::done(
        format!("deleted {deleted} summaries of months before {month}"),
        report,
    ))
}

/// Bytes as people read them.
#[expect(
    clippy::cast_precision_loss,
    reason = "one digit after the point is shown"
)]
fn megabytes(bytes: i64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
