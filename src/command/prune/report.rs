//! The texts and the JSON report of `prune`: the plan and the result.

use std::path::Path;

use serde_json::{Value, json};

use crate::command::{Context, Outcome};
use crate::error::{Result, WithContext};
use crate::model::path::display_path;
use crate::model::retention::{PruneBlocker, list};
use crate::model::size;
use crate::model::time::{Month, iso};
use crate::output::terminal;
use crate::store::prune::{Plan, Pruned, Share};

/// Warns of history rows before the cut-off that stay.
pub(super) fn warn_of_what_stays(plan: &Plan) {
    if !plan.prunable.unsummarized.is_empty() {
        log::warn!(
            "kept {}: in no summary; run `tornsnap summarize`",
            list(&plan.prunable.unsummarized)
        );
    }
    if !plan.prunable.late.is_empty() {
        let months: Vec<Month> = plan.prunable.late.iter().map(|(month, _)| *month).collect();
        let rows: i64 = plan.prunable.late.iter().map(|(_, rows)| rows).sum();
        log::warn!(
            "kept {rows} late history rows of {}: they came after that month was pruned or its summaries were deleted, \
             and are in no summary",
            list(&months)
        );
    }
}

/// Shows what would go.
pub(super) fn preview(
    context: &Context,
    plan: &Plan,
    blockers: &[PruneBlocker],
    archive: Option<&Path>,
) -> Result<Outcome> {
    if !context.json {
        for share in plan.detail.iter().chain(&plan.housekeeping) {
            terminal::data(&line(share)).with_context(|| "print the plan".to_owned())?;
        }
    }
    warn_of_what_stays(plan);
    for blocker in blockers {
        log::warn!("would be refused: {}; {}", blocker.why(), blocker.remedy());
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
            in_words(
                plan.detail
                    .iter()
                    .chain(&plan.housekeeping)
                    .map(|share| share.bytes)
                    .sum()
            ),
        ),
        report(plan, None, blockers, archive, true),
    ))
}

/// One table of the plan.
pub(super) fn line(share: &Share) -> String {
    match (share.oldest, share.newest) {
        (Some(oldest), Some(newest)) => format!(
            "{:28} {:>10} rows  {} to {}  about {}",
            share.table,
            share.rows,
            iso(oldest),
            iso(newest),
            in_words(share.bytes)
        ),
        _ => format!("{:28} {:>10} rows", share.table, 0),
    }
}

/// The result in one line.
pub(super) fn told(plan: &Plan, pruned: &Pruned, archive: Option<&Path>) -> String {
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
        in_words(pruned.bytes_after),
        in_words(pruned.bytes_before),
    )
}

/// The machine-readable report.
pub(super) fn report(
    plan: &Plan,
    pruned: Option<&Pruned>,
    blockers: &[PruneBlocker],
    archive: Option<&Path>,
    dry_run: bool,
) -> Value {
    let names = |months: &[Month]| months.iter().map(Month::to_string).collect::<Vec<_>>();
    let late: Vec<Month> = plan.prunable.late.iter().map(|(month, _)| *month).collect();
    let late_rows: i64 = plan.prunable.late.iter().map(|(_, rows)| rows).sum();
    let mut report = json!({
        "dry_run": dry_run,
        "cutoff": plan.cutoff,
        "archive": archive.map(display_path),
        "months": names(&plan.prunable.months),
        "unsummarized": names(&plan.prunable.unsummarized),
        "late": names(&late),
        "late_rows": late_rows,
        "tables": tables(plan, pruned),
    });
    if dry_run {
        report["would_be_refused"] = json!(
            blockers
                .iter()
                .map(|blocker| json!({ "because": blocker.why(), "flag": blocker.flag() }))
                .collect::<Vec<_>>()
        );
    }
    if let Some(pruned) = pruned {
        report["bytes_before"] = json!(pruned.bytes_before);
        report["bytes_after"] = json!(pruned.bytes_after);
    }
    report
}

/// The rows of each table, those that go and those that went.
fn tables(plan: &Plan, pruned: Option<&Pruned>) -> serde_json::Map<String, Value> {
    let deleted = pruned.map(|pruned| {
        pruned
            .detail
            .iter()
            .chain(&pruned.housekeeping)
            .copied()
            .collect::<Vec<_>>()
    });
    plan.detail
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
        .collect()
}

fn in_words(bytes: i64) -> String {
    size::format_bytes(u64::try_from(bytes).unwrap_or_default())
}
