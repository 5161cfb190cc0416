//! `tornsnap prune`: deletes old history rows that are summarized, or moves them to an archive.

mod future;
mod guards;
mod lake;
mod report;
mod summaries;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args as _;

use crate::command::locked_database::LockedDatabase;
use crate::command::new_folders::new_folder_note;
use crate::command::own_files::refuse_as_archive;
use crate::command::prune::guards::{find_blockers, refusal};
use crate::command::prune::report::Report;
use crate::command::signal::StopSignal;
use crate::command::wait::{LockWait, WaitArgs};
use crate::command::{Context, Outcome};
use crate::error::{Error, Exit, Result};
use crate::model::archive::NamedBy;
use crate::model::digits::parse_in_range;
use crate::model::path::folder_of;
use crate::model::retention::PruneBlocker;
use crate::model::size::count;
use crate::model::time::{Month, iso};
use crate::model::watch::Watch as _;
use crate::output::lake::folder::LakeFolder;
use crate::output::progress::Progress;
use crate::store::archive_check::Archive;
use crate::store::archive_file::ArchiveUse;
use crate::store::lock::{MAINTENANCE, SUMMARIZE};
use crate::store::prune::{PrunePlan, PruneResult, RetentionPolicy};
use crate::store::{Store, backup};

/// How long to wait for a program that locks the archive.
const ARCHIVE_WAIT: Duration = Duration::from_secs(30);

/// Delete old history rows that are summarized, or move them to an archive
///
/// The newest known values of each player, faction, war and territory stay, because the next summary begins with them.
#[derive(clap::Args, Debug, Default)]
#[command(after_long_help = "\
Examples:
  Show what would be deleted, and change nothing:
    tornsnap prune --dry-run

  Keep the history rows of six full months:
    tornsnap prune --keep-months 6

  Move old history rows to another database:
    tornsnap prune --archive old.db")]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line flag")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
    /// Show what would be deleted, without changing anything
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Rewrite the whole database file afterwards, to free all unused space
    #[arg(long)]
    pub(crate) vacuum: bool,
    /// Prune even if no backup was verified in the last 7 days; with --future: do not take a backup first
    #[arg(long)]
    pub(crate) without_backup: bool,
    /// Delete the monthly summaries of all months before this one, and nothing else
    #[arg(
        long,
        value_name = "YYYY-MM",
        conflicts_with_all = history_flags(),
        conflicts_with_all = ["vacuum", "without_backup"]
    )]
    pub(crate) summaries_before: Option<Month>,
    /// Delete summaries without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Remove only rows that were recorded while the clock was ahead; takes a backup first
    #[arg(
        long,
        conflicts_with_all = history_flags(),
        conflicts_with_all = ["summaries_before", "yes"]
    )]
    pub(crate) future: bool,
    /// With --future: remove the rows even if the clock seems to be behind now
    #[arg(long, requires = "future")]
    pub(crate) force: bool,
    /// With --future: give up the rows that a prune deleted while the clock was ahead; the summaries that count them stay
    #[arg(long, requires = "future")]
    pub(crate) accept_loss: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

/// The flags of a prune by age, which `--future` and `--summaries-before` exclude.
#[derive(clap::Args, Debug, Default)]
#[group(skip)]
#[expect(clippy::struct_excessive_bools, reason = "each is a command-line flag")]
pub(crate) struct HistoryArgs {
    /// Full months of history rows to keep in addition to the current one [default: as configured, or 2]
    #[arg(long, value_name = "N", value_parser = |text: &str| parse_in_range(text, &(1..=1200_u32)))]
    keep_months: Option<u32>,
    /// Move history rows to this database instead of deleting them; or to a folder of Parquet files, as `export --lake` writes it, if it
    /// is a folder or ends in a slash
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// Begin a new archive although the one that rows were moved to is gone, empty, replaced or at another path; the file is made
    /// also when no row is to be moved
    #[arg(long)]
    new_archive: bool,
    /// If a month is not summarized, prune only the months before it, and keep it and all later ones
    #[arg(long)]
    keep_unsummarized: bool,
    /// Let the first prune delete more than half of all history rows
    #[arg(long)]
    allow_large: bool,
    /// Prune even if the clock seems to be wrong: it differed from Torn's at the last fetch, or does not fit the newest rows
    #[arg(long)]
    ignore_clock: bool,
}

/// The ids of [`HistoryArgs`]. With a clap group instead, an error would list all of its flags, also unused ones.
fn history_flags() -> Vec<clap::Id> {
    HistoryArgs::augment_args(clap::Command::default())
        .get_arguments()
        .map(|flag| flag.get_id().clone())
        .collect()
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
        mut database,
        plan,
        archive,
        lake,
    } = StopSignal::interruptible("plan the prune", "nothing was deleted", || {
        prepare(context, args, now)
    })?;
    let store = &mut database.store;
    report::warn_about_kept_rows(&plan.scope);
    let place = archive
        .as_ref()
        .map(|archive| new_folder_note(folder_of(archive.path())));
    let mut result = execute(context, store, &plan, archive.as_ref(), lake, now)?;
    let failure = if args.vacuum {
        // The rows are deleted now, so the report tells their number even if this fails.
        let rewritten = vacuum(context, store).map(|bytes| result.bytes_after = bytes);
        let checkpointed = store.checkpoint();
        rewritten.and(checkpointed).err()
    } else {
        None
    };
    let summary = report::describe(&plan, &result, archive.as_ref(), &place.unwrap_or_default());
    let archive = archive.as_ref().map(Archive::path);
    let report = Report::new(&plan, &result, archive);
    Ok(Outcome::done(summary, report).with_failure(failure))
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

/// Fails if there is no room for `--vacuum`, before a row is deleted.
fn check_room_for_vacuum(args: &Args, store: &Store) -> Result<()> {
    if args.vacuum {
        store.check_room_for_vacuum()?;
    }
    Ok(())
}

/// Shows what would be deleted. Changes nothing and takes no lock.
fn preview(context: &Context, args: &Args, now: i64) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    let plan = make_plan(context, args, &store, now)?;
    let archive = check_archive(context, args, &store, &plan)?;
    let blockers = find_blockers(context, args, &store, &plan, now)?;
    let room = check_room_for_vacuum(args, &store);
    verify_archive(context, &plan, archive.as_ref())?;
    store.check_unchanged()?;
    let shown = report::preview(context, &plan, &blockers, archive.as_ref())?;
    Ok(shown.with_failure(room.err()))
}

/// A prune that was checked and can be executed.
struct Prepared {
    database: LockedDatabase,
    plan: PrunePlan,
    archive: Option<Archive>,
    /// `None` if rows are moved to no folder of Parquet files.
    lake: Option<LakeFolder>,
}

/// Opens the database, plans the prune and checks that it is safe.
///
/// Waits for a `backup` and a `summarize` that were started before this run or at the same time, because without their
/// results the prune may be refused.
fn prepare(context: &Context, args: &Args, now: i64) -> Result<Prepared> {
    let path = &context.settings.database;
    Store::check_openable(path)?;
    let lock_wait = LockWait::new(context, "prune", args.wait.longest());
    loop {
        let database = LockedDatabase::open(path, &[MAINTENANCE], &lock_wait)?;
        let store = &database.store;
        store.refuse_archive()?;
        let plan = make_plan(context, args, store, now)?;
        // An export that runs would change the files while they are checked.
        let lake = lake::lock_existing(store, named_archive(context, args), &lock_wait)?;
        let archive = check_archive(context, args, store, &plan)?;
        let blockers = find_blockers(context, args, store, &plan, now)?;
        if has_to_wait(path, args, &plan, &blockers, &lock_wait)? {
            // `summarize` needs the lock that this run holds. Its results change the plan, so the plan is made again.
            drop(lake);
            drop(database);
            lock_wait.until_free(path, needed_runs(args))?;
            continue;
        }
        if !blockers.is_empty() {
            return Err(refusal(context, &blockers));
        }
        check_room_for_vacuum(args, store)?;
        verify_archive(context, &plan, archive.as_ref())?;
        let lake = lake::lock(store, lake, archive.as_ref(), &plan, &lock_wait)?;
        return Ok(Prepared {
            database,
            plan,
            archive,
            lake,
        });
    }
}

/// The locks of the commands whose results a prune needs.
fn needed_runs(args: &Args) -> &'static [&'static str] {
    if args.without_backup {
        &[SUMMARIZE]
    } else {
        &[backup::LOCK, SUMMARIZE]
    }
}

/// Whether another run has to end first, because its results may change the plan or lift the refusal.
fn has_to_wait(
    path: &Path,
    args: &Args,
    plan: &PrunePlan,
    blockers: &[PruneBlocker],
    lock_wait: &LockWait,
) -> Result<bool> {
    if blockers.is_empty() && plan.history_rows() == 0 {
        return Ok(false); // No history row is deleted, so neither a backup nor a summary is needed.
    }
    // A scheduler may start this prune at the same time as a `backup` or a `summarize`. It waits a second for them to
    // start if they could lift a refusal, or if a backup should be made before rows are deleted.
    let may_start_soon = !blockers.is_empty() || !args.without_backup;
    lock_wait.is_another_at_work(path, needed_runs(args), may_start_soon)
}

/// Executes the plan with a progress bar. Stops on a signal.
fn execute(
    context: &Context,
    store: &mut Store,
    plan: &PrunePlan,
    archive: Option<&Archive>,
    lake: Option<LakeFolder>,
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
    if plan.history_rows() > 0 {
        log::info!(
            "pruning {} history rows from before {} in small steps",
            plan.history_rows(),
            iso(plan.cutoff)
        );
    }
    // The lake stays locked until the rows are deleted.
    let lake = match (archive, lake) {
        (Some(archive), Some(folder)) => {
            Some(lake::fill(context, store, archive.path(), folder, plan)?)
        }
        _ => None,
    };
    let mut done = 0;
    let stop = StopSignal::listen()?;
    let copy = lake.as_ref().map(|lake| &lake.copy);
    let result = store.prune(plan, archive, copy, now, |rows| {
        done += u64::try_from(rows).unwrap_or(0);
        progress.at(done);
        stop.received().is_none()
    })?;
    store.checkpoint()?;
    if result.was_interrupted {
        return Err(Error::new("prune all old rows")
            .with_source(format!("it was stopped after {}", count(done, "row")))
            .with_help("run the same command again to do the rest")
            .with_exit(stop.received().unwrap_or(Exit::Interrupted)));
    }
    Ok(result)
}

/// The path of the archive, if one is named.
fn named_archive<'a>(context: &'a Context, args: &'a Args) -> Option<&'a Path> {
    let named = args.history.archive.as_deref();
    named.or(context.settings.retention.archive.as_deref())
}

/// Checks the archive that history rows are moved to; `None` if they are deleted.
fn check_archive(
    context: &Context,
    args: &Args,
    store: &Store,
    plan: &PrunePlan,
) -> Result<Option<Archive>> {
    if args.history.new_archive
        && args.history.archive.is_none()
        && context.settings.retention.archive.is_none()
    {
        return Err(Error::new("start a new archive")
            .with_source("no archive is configured, so history rows would be deleted instead of moved")
            .with_help("name its file with --archive, or set `archive` under [retention] in the configuration")
            .with_exit(Exit::Config));
    }
    let Some(path) = named_archive(context, args) else {
        return Ok(None);
    };
    let named_by = match args.history.archive {
        Some(_) => NamedBy::Flag,
        None => NamedBy::Configuration,
    };
    refuse_as_archive(&context.settings, path)?;
    let archive = store.check_archive(&ArchiveUse {
        path,
        named_by,
        is_needed: plan.history_rows() > 0,
        allows_new: args.history.new_archive,
        wait: ARCHIVE_WAIT,
    })?;
    if plan.history_rows() > 0 && !archive.is_folder() {
        store.refuse_own_columns()?;
    }
    Ok(Some(archive))
}

/// Reads the whole archive if rows are to be moved to it. A daily prune has rows to move about once a month.
fn verify_archive(context: &Context, plan: &PrunePlan, archive: Option<&Archive>) -> Result<()> {
    match archive {
        Some(archive) if plan.history_rows() > 0 => {
            let progress = context.progress();
            progress.begin("checking the archive", None);
            archive.verify()
        }
        _ => Ok(()),
    }
}

fn make_plan(context: &Context, args: &Args, store: &Store, now: i64) -> Result<PrunePlan> {
    let retention = &context.settings.retention;
    let policy = RetentionPolicy {
        months: args.history.keep_months.unwrap_or(retention.keep_months),
        rejected_days: retention.rejected_days,
        runs_days: retention.runs_days,
    };
    store.plan_prune(&store.months(now)?, policy, now)
}
