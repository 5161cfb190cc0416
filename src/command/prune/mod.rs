//! `tornsnap prune`: delete detail that is summarized and old, or move it to an archive.

mod report;
mod summaries;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::signal::Stop;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome, prune_future};
use crate::error::{Error, Exit, Result};
use crate::model::retention::{self, PruneBlocker, PruneFacts};
use crate::model::time::{Month, parse_duration};
use crate::output::progress::Progress;
use crate::store::lock::{Lock, MAINTENANCE, SUMMARIZE};
use crate::store::prune::{Archive, Keep, Plan, Pruned};
use crate::store::{Store, backup};

/// Delete detail that is older than the retention and summarized, or move it to an archive
///
/// What the next month's summary needs stays: the newest known values of everything that is followed.
#[derive(clap::Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Args {
    /// Full months of detail to keep besides the running one [default: as configured, else 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub(crate) keep_months: Option<u32>,
    /// Move detail to this database instead of deleting it
    #[arg(long, value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,
    /// Begin a new archive though the one that rows were moved to is gone or replaced
    #[arg(long)]
    pub(crate) new_archive: bool,
    /// Show what would go, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Rewrite the whole file afterwards, to give all free space back
    #[arg(long)]
    pub(crate) vacuum: bool,
    /// Where months without a summary are in the way: prune what lies before them, keep them and what follows
    #[arg(long)]
    pub(crate) keep_unsummarized: bool,
    /// Prune though no backup was verified in the last 7 days; with --future: take no backup first
    #[arg(long)]
    pub(crate) without_backup: bool,
    /// Let the first prune delete more than half of all detail
    #[arg(long)]
    pub(crate) allow_large: bool,
    /// Prune though the clock is behind the newest detail, or a year ahead of it
    #[arg(long)]
    pub(crate) ignore_clock: bool,
    /// Delete the monthly summaries of all months before this one, and nothing else
    #[arg(
        long,
        value_name = "YYYY-MM",
        conflicts_with_all = ["keep_months", "archive", "new_archive", "vacuum", "keep_unsummarized", "without_backup", "allow_large", "ignore_clock"]
    )]
    pub(crate) summaries_before: Option<Month>,
    /// Delete summaries without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Remove what was recorded under a clock that was ahead, and nothing else; takes a backup first
    #[arg(
        long,
        conflicts_with_all = ["keep_months", "archive", "new_archive", "keep_unsummarized", "allow_large", "ignore_clock", "summaries_before", "yes"]
    )]
    pub(crate) future: bool,
    /// With --future: remove it though it looks as if the clock were behind now
    #[arg(long, requires = "future")]
    pub(crate) force: bool,
    /// How long to wait for another run to finish, such as 30s, 10m or 1h; 0 does not wait [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) wait: Option<Duration>,
}

/// Plans, looks for reasons not to, and does what the plan says.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if args.future {
        return prune_future::run(context, args);
    }
    if let Some(month) = args.summaries_before {
        return summaries::run(context, args, month);
    }
    let database = &context.settings.database;
    let now = context.settings.clock.now();
    if args.dry_run {
        let store = Store::open_read_only(database)?;
        let plan = plan(context, args, &store, now)?;
        let archive = archive(context, args, &store, &plan)?;
        let blockers = blockers(context, args, &store, &plan, now)?;
        store.check_unchanged()?;
        let archive = archive.as_ref().map(Archive::path);
        return report::preview(context, &plan, &blockers, archive);
    }
    Store::check_openable(database)?;
    let Ready {
        mut store,
        plan,
        archive,
        _lock,
    } = begin(context, args, now)?;
    report::warn_of_what_stays(&plan);
    let mut pruned = carry_out(context, &mut store, &plan, archive.as_ref(), now)?;
    if args.vacuum {
        pruned.bytes_after = store.vacuum()?;
        store.checkpoint()?;
    }
    let archive = archive.as_ref().map(Archive::path);
    Ok(Outcome::done(
        report::told(&plan, &pruned, archive),
        report::report(&plan, Some(&pruned), &[], archive, false),
    ))
}

/// A prune that may begin.
struct Ready {
    store: Store,
    plan: Plan,
    archive: Option<Archive>,
    _lock: Lock,
}

/// Opens the database and plans, after a `backup` and a `summarize` that were started before this run or together with
/// it: without them, this run might be refused.
fn begin(context: &Context, args: &Args, now: i64) -> Result<Ready> {
    let database = &context.settings.database;
    let waiting = Waiting::new(context, "prune", args.wait);
    let before_this: &[&str] = if args.without_backup {
        &[SUMMARIZE]
    } else {
        &[backup::LOCK, SUMMARIZE]
    };
    loop {
        let lock = waiting.take(database, MAINTENANCE)?;
        let store = Store::open(database)?;
        store.refuse_archive()?;
        let plan = plan(context, args, &store, now)?;
        let archive = archive(context, args, &store, &plan)?;
        let blockers = blockers(context, args, &store, &plan, now)?;
        let is_idle = blockers.is_empty() && plan.going() == 0;
        let is_patient = !blockers.is_empty() || !args.without_backup;
        if !is_idle && waiting.is_another_at_work(database, before_this, is_patient)? {
            drop((store, lock));
            waiting.until_free(database, before_this)?;
            continue;
        }
        if !blockers.is_empty() {
            return Err(refused(context, &blockers));
        }
        return Ok(Ready {
            store,
            plan,
            archive,
            _lock: lock,
        });
    }
}

/// Prunes with a progress bar, until it is done or told to stop.
fn carry_out(
    context: &Context,
    store: &mut Store,
    plan: &Plan,
    archive: Option<&Archive>,
    now: i64,
) -> Result<Pruned> {
    let progress = Progress::start(
        "pruning",
        u64::try_from(plan.going()).unwrap_or(0),
        context.shows_progress() && plan.going() > 0,
    );
    let mut done = 0;
    let stop = Stop::listen()?;
    let pruned = store.prune(plan, archive, now, |rows| {
        done += u64::try_from(rows).unwrap_or(0);
        progress.at(done);
        stop.asked().is_none()
    })?;
    store.checkpoint()?;
    if pruned.is_cut_off {
        return Err(Error::new("prune all that is old")
            .with_source(format!("it was told to stop after {done} rows"))
            .with_help("run the same command again: it does the rest")
            .with_exit(stop.asked().unwrap_or(Exit::Interrupted)));
    }
    Ok(pruned)
}

/// The archive that history rows go to, checked; `None`: they are deleted.
fn archive(context: &Context, args: &Args, store: &Store, plan: &Plan) -> Result<Option<Archive>> {
    if args.new_archive && args.archive.is_none() && context.settings.retention.archive.is_none() {
        return Err(Error::new("begin a new archive")
            .with_source("no archive is named, so history rows would be deleted instead of moved")
            .with_help("name its file with --archive, or set `archive` under [retention] in the configuration")
            .with_exit(Exit::Config));
    }
    args.archive
        .as_ref()
        .or(context.settings.retention.archive.as_ref())
        .map(|path: &PathBuf| {
            let path: &Path = path;
            store.check_archive(path, plan.going() > 0, args.new_archive)
        })
        .transpose()
}

fn plan(context: &Context, args: &Args, store: &Store, now: i64) -> Result<Plan> {
    let retention = &context.settings.retention;
    let keep = Keep {
        months: args.keep_months.unwrap_or(retention.keep_months),
        rejected_days: retention.rejected_days,
        runs_days: retention.runs_days,
    };
    store.plan_prune(&store.months(now)?, keep, now)
}

fn blockers(
    context: &Context,
    args: &Args,
    store: &Store,
    plan: &Plan,
    now: i64,
) -> Result<Vec<PruneBlocker>> {
    let backup_verified_at = if plan.going() > 0 {
        backup::newest_backup(
            &context.settings.backup.directory,
            &store.identity()?.id,
            now,
        )?
        .map(|manifest| manifest.verified_at)
    } else {
        None
    };
    let facts = PruneFacts {
        now,
        newest_detail: plan.newest_detail,
        going: plan.going(),
        all: plan.all,
        housekeeping: plan.housekeeping_rows(),
        was_pruned: plan.was_pruned,
        unsummarized: plan.prunable.unsummarized.clone(),
        backup_verified_at,
    };
    let mut blockers = retention::blockers(&facts);
    blockers.retain(|blocker| {
        let is_overruled = match blocker {
            PruneBlocker::Unsummarized(_) => args.keep_unsummarized,
            PruneBlocker::ClockBehind { .. } | PruneBlocker::ClockAhead { .. } => args.ignore_clock,
            PruneBlocker::NoBackup { .. } => args.without_backup,
            PruneBlocker::Large { .. } => args.allow_large,
        };
        !is_overruled
    });
    Ok(blockers)
}

fn refused(context: &Context, blockers: &[PruneBlocker]) -> Error {
    let join = |words: Vec<String>| words.join("; ");
    Error::new("prune")
        .with_source(join(
            blockers
                .iter()
                .map(|blocker| match blocker {
                    PruneBlocker::NoBackup { .. } => format!(
                        "{} in {}",
                        blocker.why(),
                        context.settings.backup.directory.display()
                    ),
                    _ => blocker.why(),
                })
                .collect(),
        ))
        .with_help(join(
            blockers
                .iter()
                .map(|blocker| blocker.remedy().to_owned())
                .collect(),
        ))
        .with_exit(Exit::Config)
}
