//! The messages and the JSON report of `prune`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::command::prune::guards::help;
use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::model::path::display_path;
use crate::model::retention::{PruneBlocker, PruneScope};
use crate::model::size;
use crate::model::size::{agree, count};
use crate::model::time::{Month, format_months, iso};
use crate::output::terminal;
use crate::store::archive_check::Archive;
use crate::store::prune::{PrunePlan, PruneResult, TablePlan};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    dry_run: bool,
    /// Unix seconds. History rows with earlier timestamps are deleted.
    cutoff: i64,
    archive: Option<String>,
    months: Vec<Month>,
    unsummarized: Vec<Month>,
    late: Vec<Month>,
    late_rows: i64,
    tables: BTreeMap<&'static str, TableReport>,
    /// Only with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_be_refused: Option<Vec<BlockerReport>>,
    /// `bytes_before` and `bytes_after` are missing with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_after: Option<i64>,
}

#[derive(Debug, Serialize)]
struct TableReport {
    rows: i64,
    oldest: Option<i64>,
    newest: Option<i64>,
    bytes: i64,
    /// Missing with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<i64>,
}

#[derive(Debug, Serialize)]
struct BlockerReport {
    because: String,
    flag: &'static str,
}

impl Report {
    pub(super) fn new(plan: &PrunePlan, result: &PruneResult, archive: Option<&Path>) -> Self {
        Self {
            tables: tables(plan, |table| result.deleted(table)),
            bytes_before: Some(result.bytes_before),
            bytes_after: Some(result.bytes_after),
            ..Self::of_plan(plan, archive)
        }
    }

    fn preview(plan: &PrunePlan, blockers: &[PruneBlocker], archive: Option<&Path>) -> Self {
        let would_be_refused = blockers.iter().map(|blocker| BlockerReport {
            because: blocker.reason(),
            flag: blocker.flag(),
        });
        Self {
            dry_run: true,
            would_be_refused: Some(would_be_refused.collect()),
            ..Self::of_plan(plan, archive)
        }
    }

    fn of_plan(plan: &PrunePlan, archive: Option<&Path>) -> Self {
        let (late, late_rows) = late_rows(&plan.scope);
        Self {
            dry_run: false,
            cutoff: plan.cutoff,
            archive: archive.map(display_path),
            months: plan.scope.months.clone(),
            unsummarized: plan.scope.unsummarized.clone(),
            late,
            late_rows,
            tables: tables(plan, |_| None),
            would_be_refused: None,
            bytes_before: None,
            bytes_after: None,
        }
    }
}

fn tables(
    plan: &PrunePlan,
    deleted: impl Fn(&str) -> Option<i64>,
) -> BTreeMap<&'static str, TableReport> {
    plan.tables()
        .map(|table| {
            let report = TableReport {
                rows: table.rows,
                oldest: table.oldest,
                newest: table.newest,
                bytes: table.bytes,
                deleted: deleted(table.table),
            };
            (table.table, report)
        })
        .collect()
}

/// The months with late rows, and the number of these rows.
fn late_rows(scope: &PruneScope) -> (Vec<Month>, i64) {
    let (months, rows): (Vec<Month>, Vec<i64>) = scope.late.iter().copied().unzip();
    (months, rows.iter().sum())
}

/// Warns about history rows that stay, although they are from before the cut-off.
pub(super) fn warn_about_kept_rows(scope: &PruneScope) {
    if !scope.unsummarized.is_empty() {
        log::warn!(
            "kept the history rows of {}, which are not summarized; run `tornsnap summarize`",
            format_months(&scope.unsummarized)
        );
    }
    let (months, rows) = late_rows(scope);
    if !months.is_empty() {
        log::warn!(
            "kept {rows} late history rows of {}: they were added after that month was pruned or its summaries were \
             deleted, and are in no summary",
            format_months(&months)
        );
    }
}

/// Prints the plan and logs what would be kept or refused.
pub(super) fn preview(
    context: &Context,
    plan: &PrunePlan,
    blockers: &[PruneBlocker],
    archive: Option<&Archive>,
) -> Result<Outcome> {
    let new = archive.filter(|archive| archive.is_used(plan.history_rows() > 0));
    let new = new.and_then(|archive| note_new(archive, "would be"));
    if !context.json {
        for table in plan.tables() {
            terminal::print("the plan", &format_table(table))?;
        }
    }
    warn_about_kept_rows(&plan.scope);
    for blocker in blockers {
        log::warn!("would be refused: {}; {}", blocker.reason(), help(blocker));
    }
    Ok(Outcome::done(
        format!(
            "{} from before {} would be {}, about {}{}",
            count(plan.history_rows() + plan.housekeeping_rows(), "row"),
            iso(plan.cutoff),
            if archive.is_some() {
                "moved to the archive or deleted"
            } else {
                "deleted"
            },
            format_bytes(plan.tables().map(|table| table.bytes).sum()),
            new.unwrap_or_default(),
        ),
        Report::preview(plan, blockers, archive.map(Archive::path)),
    ))
}

/// One line of the printed plan.
pub(super) fn format_table(plan: &TablePlan) -> String {
    match (plan.oldest, plan.newest) {
        (Some(oldest), Some(newest)) => format!(
            "{:28} {:>10} {}  {}  about {}",
            plan.table,
            plan.rows,
            agree(plan.rows, "row", "rows"),
            if oldest == newest {
                iso(oldest)
            } else {
                format!("{} to {}", iso(oldest), iso(newest))
            },
            format_bytes(plan.bytes)
        ),
        _ => format!("{:28} {:>10} rows", plan.table, 0),
    }
}

/// The result in one line. `place`: a note about the folder of the archive.
pub(super) fn describe(
    plan: &PrunePlan,
    result: &PruneResult,
    archive: Option<&Archive>,
    place: &str,
) -> String {
    let sum = |tables: &[(&str, i64)]| tables.iter().map(|(_, rows)| rows).sum::<i64>();
    let history = sum(&result.history);
    let begun = archive.map_or_else(String::new, |archive| {
        describe_begun(archive, result, history > 0)
    });
    let housekeeping = sum(&result.housekeeping);
    if history + housekeeping == 0 {
        return format!(
            "nothing to prune: there are no summarized history rows from before {} to delete{begun}",
            iso(plan.cutoff)
        );
    }
    let history_note = match archive {
        Some(archive) if history > 0 => {
            format!(
                "moved {} to {}{place}",
                count(history, "history row"),
                archive.path().display()
            )
        }
        _ => format!("deleted {}", count(history, "history row")),
    };
    format!(
        "{history_note} from before {}, deleted {}; the database takes {} (was {}){begun}",
        iso(plan.cutoff),
        count(housekeeping, "old record"),
        format_bytes(result.bytes_after),
        format_bytes(result.bytes_before),
    )
}

/// Names the archive that this prune has begun with, as the end of a line. Empty for the first archive, unless a flag asked for it.
fn describe_begun(archive: &Archive, result: &PruneResult, has_rows: bool) -> String {
    let path = archive.path().display();
    let new = note_new(archive, "is").filter(|_| archive.is_used(has_rows));
    match (archive.begins(), archive.exists()) {
        (false, _) => new.unwrap_or_default(),
        (true, false) => new.unwrap_or_else(|| format!("; a new archive is {path}")),
        (true, true) if result.gave_up_rows => {
            format!("; the archive is {path}, and rows that are not in it are given up")
        }
        (true, true) => format!("; the archive is {path}"),
    }
}

/// Says that the archive is a new one beside that of earlier prunes, as the end of a line.
fn note_new(archive: &Archive, is: &str) -> Option<String> {
    let other = archive.other()?;
    let path = archive.path().display();
    let given_up = if archive.gives_up_rows() {
        ", and are given up"
    } else {
        ""
    };
    Some(format!(
        "; a new archive {is} {path}: earlier rows were moved to {other}{given_up}"
    ))
}

fn format_bytes(bytes: i64) -> String {
    size::format_bytes(u64::try_from(bytes).unwrap_or_default())
}
