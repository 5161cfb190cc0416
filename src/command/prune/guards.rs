//! The guards of a prune by age: the reasons to refuse it, and the flags that override them.

use crate::command::Context;
use crate::command::clock::{DISPUTE_HELP, clock_dispute};
use crate::command::prune::Args;
use crate::config::Clock;
use crate::error::{Error, Exit, Result};
use crate::model::retention::{self, PruneBlocker, PruneFacts};
use crate::store::prune::PrunePlan;
use crate::store::{Store, backup};

/// Finds the reasons not to prune, except those that a flag of this run overrides.
pub(super) fn find_blockers(
    context: &Context,
    args: &Args,
    store: &Store,
    plan: &PrunePlan,
    now: i64,
) -> Result<Vec<PruneBlocker>> {
    let (backup_verified_at, unusable_backup) = if plan.history_rows() > 0 {
        newest_backup(context, store, now)?
    } else {
        (None, None)
    };
    let facts = PruneFacts {
        now,
        is_replay: matches!(context.settings.clock, Clock::Fixed(_)),
        dispute: clock_dispute(context.settings.clock, || store.clock_dispute())?,
        cutoff: plan.cutoff,
        newest_record: store.newest_timestamp()?,
        newest_row: plan.newest_row,
        rows_to_delete: plan.history_rows(),
        total_rows: plan.total_rows,
        other_rows_to_delete: plan.housekeeping_rows(),
        was_pruned: plan.was_pruned,
        unsummarized: plan.scope.unsummarized.clone(),
        backup_verified_at,
        unusable_backup,
    };
    let mut blockers = retention::blockers(&facts);
    blockers.retain(|blocker| {
        let is_overridden = match blocker {
            PruneBlocker::Unsummarized(_) => args.history.keep_unsummarized,
            PruneBlocker::ClockBehind { .. }
            | PruneBlocker::ClockAhead { .. }
            | PruneBlocker::ClockDisputed { .. }
            | PruneBlocker::NothingRecorded { .. } => args.history.ignore_clock,
            PruneBlocker::NoBackup { .. } => args.without_backup,
            PruneBlocker::LargeFirstPrune { .. } => args.history.allow_large,
        };
        !is_overridden
    });
    Ok(blockers)
}

/// When the newest backup was verified; without one, why a file that seems to be a backup cannot be used.
fn newest_backup(
    context: &Context,
    store: &Store,
    now: i64,
) -> Result<(Option<i64>, Option<String>)> {
    let (directory, id) = (&context.settings.backup.directory, store.identity()?.id);
    if let Some(newest) = backup::newest_backup(directory, &id, now)? {
        return Ok((Some(newest.verified_at), None));
    }
    let unusable = backup::newest_unusable(directory, &id, &context.settings.database)?;
    Ok((None, unusable.map(|copy| copy.describe_unusable())))
}

/// The error of a prune that is refused.
pub(super) fn refusal(context: &Context, blockers: &[PruneBlocker]) -> Error {
    let backups = context.settings.backup.directory.display();
    let reasons: Vec<String> = blockers
        .iter()
        .map(|blocker| match blocker {
            PruneBlocker::NoBackup { unusable: None, .. } => {
                format!("{} in {backups}", blocker.reason())
            }
            _ => blocker.reason(),
        })
        .collect();
    let remedies: Vec<&str> = blockers.iter().map(help).collect();
    Error::new("prune")
        .with_source(reasons.join("; "))
        .with_help(remedies.join("; "))
        .with_exit(Exit::Config)
}

/// The help text for a blocker: a step that removes it, or the flag that overrides it.
pub(super) fn help(blocker: &PruneBlocker) -> &'static str {
    match blocker {
        PruneBlocker::Unsummarized(_) => {
            "run `tornsnap summarize` first, or add --keep-unsummarized to prune only earlier months"
        }
        PruneBlocker::ClockBehind { .. } => {
            "correct the clock; if it is right now and was ahead before, run `tornsnap prune --future`, or add --ignore-clock"
        }
        PruneBlocker::ClockAhead { .. } => {
            "correct the clock, or add --ignore-clock if it is right"
        }
        PruneBlocker::ClockDisputed { .. } => DISPUTE_HELP,
        PruneBlocker::NothingRecorded { .. } => {
            "set the clock; if it is right, run `tornsnap fetch all` first, or add --ignore-clock"
        }
        PruneBlocker::NoBackup { .. } => "run `tornsnap backup` first, or add --without-backup",
        PruneBlocker::LargeFirstPrune { .. } => {
            "check the plan with --dry-run, then add --allow-large (and --archive FILE to move the rows to an archive)"
        }
    }
}
