//! The report of an import: fields of the JSON document, a table for people, and the summary line.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::import::{Args, Finished};
use crate::error::{Result, WithContext};
use crate::model::import::report::{ImportResult, Tally};
use crate::model::size::group_digits;
use crate::model::time::{Month, format_months};
use crate::output::terminal;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    dry_run: bool,
    /// `plan`, `tornsnap` or `csv`.
    source: &'static str,
    file: String,
    /// The file of the backup. `None` if no backup was taken.
    backup: Option<String>,
    tables: BTreeMap<&'static str, TableReport>,
    /// Months in which history rows were added or removed.
    months: Vec<Month>,
    /// Months that were summarized afterwards.
    summarized: Vec<Month>,
    /// Months with history rows that no summary will count, because they were added after the month was pruned.
    late: Vec<LateRows>,
}

#[derive(Debug, Serialize)]
struct TableReport {
    taken: i64,
    already_there: i64,
    unchanged: i64,
    recomputed: i64,
    replaced: i64,
    mended: Vec<Reason>,
    left: Vec<Reason>,
}

#[derive(Debug, Serialize)]
struct Reason {
    reason: String,
    count: i64,
}

#[derive(Debug, Serialize)]
struct LateRows {
    month: Month,
    rows: i64,
}

impl Report {
    pub(super) fn new(
        args: &Args,
        backup: Option<String>,
        result: &ImportResult,
        done: &Finished,
    ) -> Self {
        let late = done.late.iter();
        Self {
            dry_run: args.dry_run,
            source: result.kind.as_str(),
            file: args.file.display().to_string(),
            backup,
            tables: result
                .tables
                .iter()
                .map(|(name, tally)| (*name, TableReport::from(tally)))
                .collect(),
            months: result.months.clone(),
            summarized: done.summarized.clone(),
            late: late
                .map(|&(month, rows)| LateRows { month, rows })
                .collect(),
        }
    }
}

impl From<&Tally> for TableReport {
    fn from(tally: &Tally) -> Self {
        Self {
            taken: tally.taken,
            already_there: tally.already_there,
            unchanged: tally.unchanged,
            recomputed: tally.recomputed,
            replaced: tally.replaced,
            mended: reasons(&tally.mended),
            left: reasons(&tally.left),
        }
    }
}

fn reasons(counts: &BTreeMap<String, i64>) -> Vec<Reason> {
    counts
        .iter()
        .map(|(reason, count)| Reason {
            reason: reason.clone(),
            count: *count,
        })
        .collect()
}

/// Prints a line for each table, and one for each reason below it.
pub(super) fn print_table(result: &ImportResult) -> Result<()> {
    let print =
        |line: &str| terminal::print_text(line).with_context(|| "print the report".to_owned());
    print(&format!(
        "{:28} {:>10} {:>13} {:>10} {:>10}",
        "table", "taken", "already there", "no change", "left out"
    ))?;
    for (name, tally) in &result.tables {
        print(&format!(
            "{name:28} {:>10} {:>13} {:>10} {:>10}",
            group_digits(tally.taken),
            group_digits(tally.already_there),
            group_digits(tally.unchanged),
            group_digits(tally.rows_left()),
        ))?;
        for (reason, count) in &tally.mended {
            print(&format!("    mended {count}: {reason}"))?;
        }
        for (reason, count) in &tally.left {
            print(&format!("    left out {count}: {reason}"))?;
        }
        if tally.replaced > 0 {
            print(&format!(
                "    removed {} stored rows that are no change any more",
                tally.replaced
            ))?;
        }
        if tally.recomputed > 0 {
            print(&format!(
                "    not copied {}: tornsnap computes summaries from the history rows",
                tally.recomputed
            ))?;
        }
    }
    Ok(())
}

/// The result in one line.
pub(super) fn describe(args: &Args, result: &ImportResult, done: &Finished) -> String {
    let imported = if args.dry_run {
        "would import"
    } else {
        "imported"
    };
    let file = args.file.display();
    let mut parts = vec![format!(
        "{imported} {} rows from {file} ({}); {} were there already or no change",
        group_digits(result.taken()),
        result.kind.describe(),
        group_digits(result.sum(|tally| tally.already_there + tally.unchanged)),
    )];
    if result.left() > 0 {
        parts.push(format!("{} left out", group_digits(result.left())));
    }
    if !done.summarized.is_empty() {
        let verb = if args.dry_run {
            "would summarize"
        } else {
            "summarized"
        };
        parts.push(format!("{verb} {}", format_months(&done.summarized)));
    }
    let late: i64 = done.late.iter().map(|(_, rows)| rows).sum();
    if late > 0 {
        let months: Vec<Month> = done.late.iter().map(|(month, _)| *month).collect();
        parts.push(format!(
            "{late} late history rows of {} are in no summary, because the month was pruned",
            format_months(&months)
        ));
    }
    parts.join("; ")
}
