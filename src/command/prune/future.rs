//! `tornsnap prune --future`: removes rows that were recorded under a clock that was ahead.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::backup::Rotation;
use crate::command::clock::{BUILD_DAY, clock_error};
use crate::command::locked_database::LockedDatabase;
use crate::command::prune::Args;
use crate::command::signal::StopSignal;
use crate::command::wait::LockWait;
use crate::command::{Context, Outcome, backup};
use crate::config::Clock;
use crate::error::{Error, Exit, Result};
use crate::model::future::{FutureBounds, FutureFacts, blockers};
use crate::model::lost_rows::{CopyKind, LostRows};
use crate::model::path::display_path;
use crate::model::size::{agree, count};
use crate::model::time::{Month, format_months, iso, outside_calendar};
use crate::output::terminal;
use crate::store::Store;
use crate::store::backup::KeptFor;
use crate::store::future::{FutureFindings, FutureRows};
use crate::store::lock::MAINTENANCE;

#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    /// Always true. It distinguishes this report from that of `prune` without `--future`.
    future: bool,
    /// Unix seconds. Records with later timestamps are in the future.
    after: i64,
    tables: BTreeMap<String, TableReport>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Debug, Serialize)]
struct TableReport {
    removed: i64,
    mended: i64,
    /// Unix seconds. `oldest` and `newest` are missing in the report of a removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
}

/// The fields that depend on what the command did.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Details {
    NothingFound {
        /// As in `Removed`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pruned_early: Option<EarlyReport>,
    },
    Previewed {
        would_be_refused: Vec<BlockerReport>,
    },
    Removed {
        /// The file of the backup with the rows from before; `None` with `--without-backup`.
        backup: Option<String>,
        /// The rows that a prune deleted while the clock was ahead; missing if there are none.
        #[serde(skip_serializing_if = "Option::is_none")]
        pruned_early: Option<EarlyReport>,
    },
}

#[derive(Debug, Serialize)]
struct EarlyReport {
    rows: i64,
    months: Vec<String>,
    /// The backup that has the most of them; `None` if none has any.
    backup: Option<String>,
    /// The archive that has the most of them; `None` if none has any.
    archive: Option<String>,
    /// The backups and archives that could not be searched.
    unread: Vec<UnreadReport>,
    /// Whether `--accept-loss` has given them up.
    accepted: bool,
}

#[derive(Debug, Serialize)]
struct UnreadReport {
    file: String,
    because: Option<String>,
}

impl EarlyReport {
    fn of(lost: &LostRows, accepted: bool) -> Self {
        let unread = lost.unread.iter().map(|backup| UnreadReport {
            file: display_path(&backup.file),
            because: backup.why.reason().map(str::to_owned),
        });
        let named = |is_archive| {
            let mut found = lost.found.iter();
            let copy = found.find(|copy| (copy.kind == CopyKind::Archive) == is_archive)?;
            Some(display_path(&copy.file))
        };
        Self {
            unread: unread.collect(),
            accepted,
            rows: lost.rows,
            months: lost.months.iter().map(Month::to_string).collect(),
            backup: named(false),
            archive: named(true),
        }
    }
}

#[derive(Debug, Serialize)]
struct BlockerReport {
    because: String,
    flag: &'static str,
}

impl Report {
    fn new(bounds: &FutureBounds, tables: &[FutureRows], dry_run: bool, details: Details) -> Self {
        let tables = tables.iter().map(|rows| {
            let report = TableReport {
                removed: rows.removed,
                mended: rows.mended,
                oldest: rows.oldest,
                newest: rows.newest,
            };
            (rows.table.clone(), report)
        });
        Self {
            dry_run,
            future: true,
            after: bounds.max_recorded,
            tables: tables.collect(),
            details,
        }
    }
}

/// Finds rows with future timestamps, checks that it is safe to remove them, takes a backup and removes them.
pub(super) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let path = &context.settings.database;
    let now = context.settings.clock.now();
    let bounds = FutureBounds::at(now).ok_or_else(|| outside_calendar(now))?;
    if args.dry_run {
        return preview(context, args, &bounds);
    }
    Store::check_openable(path)?;
    let lock_wait = LockWait::new(context, "prune", args.wait.longest());
    let mut database = LockedDatabase::open(path, &[MAINTENANCE], &lock_wait)?;
    let store = &mut database.store;
    store.refuse_archive()?;
    let findings = StopSignal::interruptible(
        "look for rows with future timestamps",
        "nothing was removed",
        || store.find_future(&bounds),
    )?;
    if findings.tables.is_empty() {
        // Without rows from the future, only a fetch tells that the clock is right.
        if store.is_clock_confirmed(now)? {
            note_ahead_backups(context, store, now);
        }
        let early = look_for_lost_rows(context, args, store, &bounds, &findings)?;
        return Ok(nothing_found(&bounds, false, early));
    }
    refuse_if_blocked(context, args, &findings, now)?;
    super::check_room_for_vacuum(args, store)?;
    let backup = take_backup(context, args, &lock_wait)?;
    // With --force, the clock may be behind, and then the backups are right. So a fetch has to confirm the clock.
    let is_clock_right =
        doubts(context, &findings, now).is_empty() || store.is_clock_confirmed(now)?;
    let (done, failure) = remove(context, store, &bounds, is_clock_right, args.vacuum)?;
    if is_clock_right {
        note_ahead_backups(context, store, now);
    }
    let early = look_for_lost_rows(context, args, store, &bounds, &findings)?;
    Ok(outcome(&bounds, &done, backup, early).with_failure(failure))
}

/// Notes which backups were made by a clock that was ahead.
fn note_ahead_backups(context: &Context, store: &Store, now: i64) {
    if let Err(error) = store.record_ahead_backups(&context.settings.backup.directory, now) {
        log::warn!("{}{}", error.one_line(), error.help_clause());
    }
}

fn refuse_if_blocked(
    context: &Context,
    args: &Args,
    findings: &FutureFindings,
    now: i64,
) -> Result<()> {
    match find_blockers(context, args, findings, now).first() {
        None => Ok(()),
        Some(reason) => Err(Error::new("remove rows with future timestamps")
            .with_source(format!("the clock seems to be behind: {reason}"))
            .with_help("correct the clock; if it is right and these rows are wrong, add --force")
            .with_exit(Exit::Config)),
    }
}

/// Takes a backup, unless a flag says otherwise, and returns the path of the file that has the present content.
fn take_backup(context: &Context, args: &Args, lock_wait: &LockWait) -> Result<Option<String>> {
    if args.without_backup {
        return Ok(None);
    }
    // A rotation could delete the last backup from before the clock was ahead, or later the only copy of the rows.
    let rotation = Rotation::KeepsThis(KeptFor::PruneFuture);
    backup::before_change(context, rotation, lock_wait).map(Some)
}

/// Returns what was removed, and why the file could not be rewritten afterwards.
fn remove(
    context: &Context,
    store: &mut Store,
    bounds: &FutureBounds,
    is_clock_right: bool,
    vacuum: bool,
) -> Result<(Vec<FutureRows>, Option<Error>)> {
    let done = StopSignal::interruptible(
        "remove rows with future timestamps",
        "nothing was removed",
        || store.remove_future(bounds, is_clock_right),
    )?;
    let failure = if vacuum {
        super::vacuum(context, store).err()
    } else {
        None
    };
    let checkpointed = store.checkpoint();
    Ok((done, failure.or(checkpointed.err())))
}

fn outcome(
    bounds: &FutureBounds,
    done: &[FutureRows],
    backup: Option<String>,
    pruned_early: Option<EarlyReport>,
) -> Outcome {
    let backup_note = backup.as_ref().map_or_else(String::new, |file| {
        format!("; the backup {file} has the rows as they were before this")
    });
    let (removed, mended) = totals(done);
    Outcome::done(
        format!(
            "removed {} from after {}, and corrected the times of {mended} more{backup_note}",
            count(removed, "row"),
            iso(bounds.max_recorded)
        ),
        Report::new(
            bounds,
            done,
            false,
            Details::Removed {
                backup,
                pruned_early,
            },
        ),
    )
}

/// The reasons not to remove the rows; none with `--force`.
fn find_blockers(
    context: &Context,
    args: &Args,
    findings: &FutureFindings,
    now: i64,
) -> Vec<String> {
    if args.force {
        return Vec::new();
    }
    doubts(context, findings, now)
}

/// The reasons to think that the clock is behind now, so that the rows of the future are right.
fn doubts(context: &Context, findings: &FutureFindings, now: i64) -> Vec<String> {
    let is_replay = matches!(context.settings.clock, Clock::Fixed(_));
    blockers(&FutureFacts {
        now,
        clock_is_wrong: clock_error(context.settings.clock, now, BUILD_DAY),
        named_by_torn: findings.named_by_torn.filter(|_| !is_replay),
        is_replay,
        gap: findings.gap,
        future_rows: findings.future_history_rows(),
        total_rows: findings.history_rows,
    })
}

fn preview(context: &Context, args: &Args, bounds: &FutureBounds) -> Result<Outcome> {
    let store = Store::open_read_only(&context.settings.database)?;
    let findings = store.find_future(bounds)?;
    let settings = &context.settings;
    let lost = store.lost_rows(&settings.backup.directory, &settings.database, bounds.now)?;
    store.check_unchanged()?;
    let early = lost.as_ref().map(|lost| EarlyReport::of(lost, false));
    if findings.tables.is_empty() {
        preview_lost_rows(args, &findings, lost.as_ref());
        return Ok(nothing_found(bounds, true, early));
    }
    if !context.json {
        for rows in &findings.tables {
            terminal::print("the plan", &format_rows(rows))?;
        }
    }
    let blockers = find_blockers(context, args, &findings, bounds.now);
    for reason in &blockers {
        log::warn!("would be refused without --force: the clock seems to be behind: {reason}");
    }
    if blockers.is_empty() {
        preview_lost_rows(args, &findings, lost.as_ref());
    }
    let would_be_refused = blockers
        .into_iter()
        .map(|because| BlockerReport {
            because,
            flag: "--force",
        })
        .collect();
    let (removed, mended) = totals(&findings.tables);
    Ok(Outcome::done(
        format!(
            "would remove {} from after {}, and correct the times of {mended} more",
            count(removed, "row"),
            iso(bounds.max_recorded)
        ),
        Report::new(
            bounds,
            &findings.tables,
            true,
            Details::Previewed { would_be_refused },
        ),
    ))
}

/// Warns about the rows that a prune deleted while the clock was ahead.
fn warn_about_pruned_rows(findings: &FutureFindings, lost: Option<&LostRows>) {
    if let Some(lost) = lost {
        log::warn!("{}; {}", lost.describe(), lost.help());
    } else if findings.pruned_rows > 0 {
        log::warn!(
            "while the clock was ahead, a prune deleted {}; by the records of the months, none of them is missing now",
            count(findings.pruned_rows, "history row")
        );
    }
}

/// Searches the backups for the rows that a prune deleted while the clock was ahead, or gives these rows up.
///
/// The removal is done by now. A search that fails is a warning, so that the report is complete.
fn look_for_lost_rows(
    context: &Context,
    args: &Args,
    store: &mut Store,
    bounds: &FutureBounds,
    findings: &FutureFindings,
) -> Result<Option<EarlyReport>> {
    let directory = &context.settings.backup.directory;
    if args.accept_loss {
        let Some(lost) = store.lost_rows(directory, store.path(), bounds.now)? else {
            log::warn!("no history row is missing, so --accept-loss has no effect");
            return Ok(None);
        };
        store.accept_loss(bounds)?;
        store.checkpoint()?;
        log::warn!("{}: {SUMMARIES_STAY}", describe_given_up(&lost, "given up"));
        return Ok(Some(EarlyReport::of(&lost, true)));
    }
    if store.missing_rows(bounds.now)?.is_empty() {
        warn_about_pruned_rows(findings, None);
        return Ok(None);
    }
    let searched = StopSignal::interruptible(
        "search the backups for rows that were deleted too early",
        "rows of the future are removed",
        || store.search_copies(directory, bounds.now, &context.progress()),
    );
    match searched {
        Ok(lost) => {
            store.checkpoint()?;
            warn_about_pruned_rows(findings, lost.as_ref());
            Ok(lost.map(|lost| EarlyReport::of(&lost, false)))
        }
        Err(error) => {
            log::warn!(
                "a prune while the clock was ahead deleted rows too early, and the backups were not searched for them: {}; \
                 run `tornsnap prune --future` again",
                error.one_line()
            );
            Ok(None)
        }
    }
}

const SUMMARIES_STAY: &str = "the summaries that count them stay";

fn describe_given_up(lost: &LostRows, given_up: &str) -> String {
    format!(
        "{} of {} {} {given_up}",
        count(lost.rows, "history row"),
        format_months(&lost.months),
        agree(lost.rows, "is", "are")
    )
}

fn preview_lost_rows(args: &Args, findings: &FutureFindings, lost: Option<&LostRows>) {
    match lost {
        Some(lost) if args.accept_loss => {
            log::warn!("{}", describe_given_up(lost, "about to be given up"));
        }
        lost => warn_about_pruned_rows(findings, lost),
    }
}

fn nothing_found(
    bounds: &FutureBounds,
    dry_run: bool,
    pruned_early: Option<EarlyReport>,
) -> Outcome {
    Outcome::done(
        format!(
            "nothing lies in the future: there is no record from after {}",
            iso(bounds.max_recorded)
        ),
        Report::new(bounds, &[], dry_run, Details::NothingFound { pruned_early }),
    )
}

fn format_rows(rows: &FutureRows) -> String {
    let span = match (rows.oldest, rows.newest) {
        (Some(oldest), Some(newest)) => format!("  {} to {}", iso(oldest), iso(newest)),
        _ => String::new(),
    };
    format!(
        "{:28} {:>8} removed {:>8} corrected{span}",
        rows.table, rows.removed, rows.mended
    )
}

/// The numbers of removed and of corrected rows in all tables.
fn totals(tables: &[FutureRows]) -> (i64, i64) {
    tables.iter().fold((0, 0), |(removed, mended), rows| {
        (removed + rows.removed, mended + rows.mended)
    })
}
