//! `tornsnap prune --future`: the way out after a clock that was ahead.

use serde_json::{Value, json};

use crate::command::clock::{BUILD_DAY, before_build};
use crate::command::prune::Args;
use crate::command::wait::Waiting;
use crate::command::{Context, Outcome, backup};
use crate::config::Clock;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::future::{FutureBounds, FutureFacts, blockers};
use crate::model::time::iso;
use crate::output::terminal;
use crate::store::Store;
use crate::store::future::{Ahead, Share};
use crate::store::lock::MAINTENANCE;

/// Finds what lies in the future, looks for reasons not to touch it, takes a backup and removes it.
pub(super) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    let settings = &context.settings;
    let database = &settings.database;
    let now = settings.clock.now();
    let moments = FutureBounds::at(now).ok_or_else(|| {
        Error::new(format!("tell the month of {now}"))
            .with_source("it is outside the calendar")
            .with_help("set the clock right, or unset TORNSNAP_NOW")
            .with_exit(Exit::Config)
    })?;
    if args.dry_run {
        let store = Store::open_read_only(database)?;
        let ahead = store.ahead(&moments)?;
        store.check_unchanged()?;
        return preview(context, args, &moments, &ahead);
    }
    Store::check_openable(database)?;
    let waiting = Waiting::new(context, "prune", args.wait);
    let _lock = waiting.take(database, MAINTENANCE)?;
    let mut store = Store::open(database)?;
    let ahead = store.ahead(&moments)?;
    if ahead.tables.is_empty() {
        return Ok(nothing(&moments, false));
    }
    let reasons = reasons(context, args, &ahead, now);
    if let Some(first) = reasons.first() {
        return Err(Error::new("remove rows of the future")
            .with_source(format!("the clock seems to be behind: {first}"))
            .with_help("set the clock; if it is right and these rows are wrong, add --force")
            .with_exit(Exit::Config));
    }
    let backup = if args.without_backup {
        None
    } else {
        // Older backups stay: one of them may be the last from before the clock was ahead.
        Some(backup::create_without_rotation(context, &waiting)?.file)
    };
    let done = store.remove_future(&moments)?;
    if args.vacuum {
        store.vacuum()?;
    }
    store.checkpoint()?;
    warn_of_what_was_pruned(&ahead);
    let mut report = report(&moments, &done, false);
    report["backup"] = json!(backup);
    let copied = backup.map_or_else(String::new, |file| {
        format!("; the backup {file} has them as they were")
    });
    Ok(Outcome::done(
        told(&done, moments.limit, "removed", "mended") + &copied,
        report,
    ))
}

fn reasons(context: &Context, args: &Args, ahead: &Ahead, now: i64) -> Vec<String> {
    if args.force {
        return Vec::new();
    }
    let is_replay = matches!(context.settings.clock, Clock::Fixed(_));
    blockers(&FutureFacts {
        now,
        clock_is_wrong: before_build(context.settings.clock, now, BUILD_DAY),
        named_by_torn: ahead.named_by_torn.filter(|_| !is_replay),
        is_replay,
        around: ahead.around,
        history: (ahead.removed_from("_history"), ahead.history_rows),
    })
}

fn preview(
    context: &Context,
    args: &Args,
    moments: &FutureBounds,
    ahead: &Ahead,
) -> Result<Outcome> {
    if ahead.tables.is_empty() {
        return Ok(nothing(moments, true));
    }
    if !context.json {
        for share in &ahead.tables {
            terminal::data(&line(share)).with_context(|| "print the plan".to_owned())?;
        }
    }
    let reasons = reasons(context, args, ahead, moments.now);
    for reason in &reasons {
        log::warn!("would be refused without --force: the clock seems to be behind: {reason}");
    }
    if reasons.is_empty() {
        warn_of_what_was_pruned(ahead);
    }
    let mut report = report(moments, &ahead.tables, true);
    report["would_be_refused"] = json!(
        reasons
            .iter()
            .map(|reason| json!({ "because": reason, "flag": "--force" }))
            .collect::<Vec<_>>()
    );
    Ok(Outcome::done(
        told(&ahead.tables, moments.limit, "would remove", "mend"),
        report,
    ))
}

fn warn_of_what_was_pruned(ahead: &Ahead) {
    if ahead.pruned_rows > 0 {
        log::warn!(
            "while the clock was ahead, a prune deleted {} history rows too early; a backup from before has them",
            ahead.pruned_rows
        );
    }
}

fn nothing(moments: &FutureBounds, dry_run: bool) -> Outcome {
    Outcome::done(
        format!(
            "nothing lies in the future: no record is of a time after {}",
            iso(moments.limit)
        ),
        report(moments, &[], dry_run),
    )
}

fn line(share: &Share) -> String {
    let span = match (share.oldest, share.newest) {
        (Some(oldest), Some(newest)) => format!("  {} to {}", iso(oldest), iso(newest)),
        _ => String::new(),
    };
    format!(
        "{:28} {:>8} removed {:>8} mended{span}",
        share.table, share.removed, share.mended
    )
}

/// `did`: "removed", or "would remove". `mended`: "mended", or "mend".
fn told(tables: &[Share], limit: i64, did: &str, mended: &str) -> String {
    let sum = |count: fn(&Share) -> i64| tables.iter().map(count).sum::<i64>();
    format!(
        "{did} {} rows from after {}, and {mended} the times of {} more",
        sum(|share| share.removed),
        iso(limit),
        sum(|share| share.mended)
    )
}

fn report(moments: &FutureBounds, tables: &[Share], dry_run: bool) -> Value {
    let tables: serde_json::Map<String, Value> = tables
        .iter()
        .map(|share| {
            let mut table = json!({ "removed": share.removed, "mended": share.mended });
            if share.newest.is_some() {
                table["oldest"] = json!(share.oldest);
                table["newest"] = json!(share.newest);
            }
            (share.table.clone(), table)
        })
        .collect();
    json!({
        "dry_run": dry_run,
        "future": true,
        "after": moments.limit,
        "tables": tables,
    })
}
