//! `tornsnap prune`: deletes old history rows that are summarized, or moves them to an archive.

mod future;
mod report;
mod summaries;

use std::path::PathBuf;

use crate::command::prune::report::Report;
use crate::command::signal::StopSignal;
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
use crate::model::retention::{self, PruneBlocker, PruneFacts};
use crate::model::time::Month;
use crate::model::watch::Watch as _;
use crate::output::progress::Progress;
use crate::store::lock::{Lock, MAINTENANCE, SUMMARIZE};
use crate::store::prune::{Archive, PrunePlan, PruneResult, RetentionPolicy};
use crate::store::{Store, backup};

/// Delete old history rows that are summarized, or move them to an archive
///
/// The newest known values of each player, faction, war and territory stay, because the next summary begins with them.
#[derive(clap::Args, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line flag")]
pub(crate) struct Args {
    /// Full months of history rows to keep in addition to the current one [default: as configured, or 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub(crate) keep_months: Option<u32>,
    /// Move history rows to this database instead of deleting them
    #[arg(long, value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,
    /// Start a new archive even if the one used before is missing or was replaced
    #[arg(long)]
    pub(crate) new_archive: bool,
    /// Show what would be deleted, without changing anything
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Rewrite the whole database file afterwards, to free all unused space
    #[arg(long)]
    pub(crate) vacuum: bool,
    /// If a month is not summarized, prune only the months before it, and keep it and all later ones
    #[arg(long)]
    pub(crate) keep_unsummarized: bool,
    /// Prune even if no backup was verified in the last 7 days; with --future: do not take a backup first
    #[arg(long)]
    pub(crate) without_backup: bool,
    /// Let the first prune delete more than half of all history rows
    #[arg(long)]
    pub(crate) allow_large: bool,
    /// Prune even if the clock is behind the newest history row, or a year ahead of it
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
    /// Remove only rows that were recorded while the clock was ahead; takes a backup first
    #[arg(
        long,
        conflicts_with_all = ["keep_months", "archive", "new_archive", "keep_unsummarized", "allow_large", "ignore_clock", "summaries_before", "yes"]
    )]
    pub(crate) future: bool,
    /// With --future: remove the rows even if the clock seems to be behind now
    #[arg(long, requires = "future")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// Plans the prune, checks that it is safe, and executes the plan.
pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    if args.future {
        return future::run(context, args);
    }
    if let Some(month) = args.summaries_before {
        return summaries::run(context, args, month);
    }
    let now = context.settings.clock.now();
    if args.dry_run {
        return preview(context, args, now);
    }
    let Prepared {
        mut store,
        plan,
        archive,
        _lock,
    } = StopSignal::interruptible("plan the prune", "nothing was deleted", || {
        prepare(context, args, now)
    })?;
    report::warn_about_kept_rows(&plan.scope);
    let mut result = execute(context, &mut store, &plan, archive.as_ref(), now)?;
    if args.vacuum {
        result.bytes_after = vacuum(context, &store)?;
        store.checkpoint()?;
    }
    let archive = archive.as_ref().map(Archive::path);
    Ok(Outcome::done(
        report::describe(&plan, &result, archive),
        Report::new(&plan, &result, archive),
    ))
}

/// Rewrites the database without its free space, and returns its new size.
fn vacuum(context: &Context, store: &Store) -> Result<i64> {
    let progress = context.progress();
    progress.begin("rewriting the database", None);
    StopSignal::interruptible(
        "rewrite the database without its free space",
        "the old rows are deleted, and the file has its old size",
        || store.vacuum(),
    )
}

/// Shows what would be deleted. Changes nothing and takes no lock.
fn preview(context: &Context, args: &Args, now: i64) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    let plan = make_plan(context, args, &store, now)?;
    let archive = check_archive(context, args, &store, &plan)?;
    let blockers = find_blockers(context, args, &store, &plan, now)?;
    store.check_unchanged()?;
    let archive = archive.as_ref().map(Archive::path);
    report::preview(context, &plan, &blockers, archive)
}

/// A prune that was checked and can be executed.
struct Prepared {
    store: Store,
    plan: PrunePlan,
    archive: Option<Archive>,
    _lock: Lock,
}

/// Opens the database, plans the prune and checks that it is safe.
///
/// Waits for a `backup` and a `summarize` that were started before this run or at the same time, because without their
/// results the prune may be refused.
fn prepare(context: &Context, args: &Args, now: i64) -> Result<Prepared> {
    let database = &context.settings.database;
    Store::check_openable(database)?;
    let lock_wait = LockWait::new(context, "prune", args.wait.longest());
    let waits_for: &[&str] = if args.without_backup {
        &[SUMMARIZE]
    } else {
        &[backup::LOCK, SUMMARIZE]
    };
    loop {
        let lock = lock_wait.take(database, MAINTENANCE)?;
        let store = Store::open(database)?;
        store.refuse_archive()?;
        let plan = make_plan(context, args, &store, now)?;
        let archive = check_archive(context, args, &store, &plan)?;
        let blockers = find_blockers(context, args, &store, &plan, now)?;
        let has_nothing_to_do = blockers.is_empty() && plan.history_rows() == 0;
        let may_start_soon = !blockers.is_empty() || !args.without_backup;
        if !has_nothing_to_do
            && lock_wait.is_another_at_work(database, waits_for, may_start_soon)?
        {
            drop((store, lock));
            lock_wait.until_free(database, waits_for)?;
            continue;
        }
        if !blockers.is_empty() {
            return Err(refusal(context, &blockers));
        }
        return Ok(Prepared {
            store,
            plan,
            archive,
            _lock: lock,
        });
    }
}

/// Executes the plan with a progress bar. Stops on a signal.
fn execute(
    context: &Context,
    store: &mut Store,
    plan: &PrunePlan,
    archive: Option<&Archive>,
    now: i64,
) -> Result<PruneResult> {
    let progress = Progress::start(
        if archive.is_some() {
            "moving rows to the archive"
        } else {
            "pruning"
        },
        u64::try_from(plan.history_rows()).unwrap_or(0),
        context.shows_progress() && plan.history_rows() > 0,
    );
    let mut done = 0;
    let stop = StopSignal::listen()?;
    let result = store.prune(plan, archive, now, |rows| {
        done += u64::try_from(rows).unwrap_or(0);
        progress.at(done);
        stop.received().is_none()
    })?;
    store.checkpoint()?;
    if result.was_interrupted {
        return Err(Error::new("prune all old rows")
            .with_source(format!("it was stopped after {done} rows"))
            .with_help("run the same command again to do the rest")
            .with_exit(stop.received().unwrap_or(Exit::Interrupted)));
    }
    Ok(result)
}

/// Checks the archive that history rows are moved to; `None` if they are deleted.
fn check_archive(
    context: &Context,
    args: &Args,
    store: &Store,
    plan: &PrunePlan,
) -> Result<Option<Archive>> {
    if args.new_archive && args.archive.is_none() && context.settings.retention.archive.is_none() {
        return Err(Error::new("start a new archive")
            .with_source("no archive is configured, so history rows would be deleted instead of moved")
            .with_help("name its file with --archive, or set `archive` under [retention] in the configuration")
            .with_exit(Exit::Config));
    }
    args.archive
        .as_ref()
        .or(context.settings.retention.archive.as_ref())
        .map(|path| store.check_archive(path, plan.history_rows() > 0, args.new_archive))
        .transpose()
}

fn make_plan(context: &Context, args: &Args, store: &Store, now: i64) -> Result<PrunePlan> {
    let retention = &context.settings.retention;
    let policy = RetentionPolicy {
        months: args.keep_months.unwrap_or(retention.keep_months),
        rejected_days: retention.rejected_days,
        runs_days: retention.runs_days,
    };
    store.plan_prune(&store.months(now)?, policy, now)
}

/// Finds the reasons not to prune, except those that a flag of this run overrides.
fn find_blockers(
    context: &Context,
    args: &Args,
    store: &Store,
    plan: &PrunePlan,
    now: i64,
) -> Result<Vec<PruneBlocker>> {
    let backup_verified_at = if plan.history_rows() > 0 {
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
        newest_row: plan.newest_row,
        rows_to_delete: plan.history_rows(),
        total_rows: plan.total_rows,
        other_rows_to_delete: plan.housekeeping_rows(),
        was_pruned: plan.was_pruned,
        unsummarized: plan.scope.unsummarized.clone(),
        backup_verified_at,
    };
    let mut blockers = retention::blockers(&facts);
    blockers.retain(|blocker| {
        let is_overridden = match blocker {
            PruneBlocker::Unsummarized(_) => args.keep_unsummarized,
            PruneBlocker::ClockBehind { .. } | PruneBlocker::ClockAhead { .. } => args.ignore_clock,
            PruneBlocker::NoBackup { .. } => args.without_backup,
            PruneBlocker::LargeFirstPrune { .. } => args.allow_large,
        };
        !is_overridden
    });
    Ok(blockers)
}

fn refusal(context: &Context, blockers: &[PruneBlocker]) -> Error {
    let backups = context.settings.backup.directory.display();
    let reasons: Vec<String> = blockers
        .iter()
        .map(|blocker| match blocker {
            PruneBlocker::NoBackup { .. } => format!("{} in {backups}", blocker.reason()),
            _ => blocker.reason(),
        })
        .collect();
    let remedies: Vec<&str> = blockers.iter().map(PruneBlocker::help).collect();
    Error::new("prune")
        .with_source(reasons.join("; "))
        .with_help(remedies.join("; "))
        .with_exit(Exit::Config)
}
