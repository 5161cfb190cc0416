//! The report of an import: fields of the JSON document, a table for people, and the summary line.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::import::{Args, Finished, NextPrune};
use crate::error::Result;
use crate::model::history::History;
use crate::model::import::SourceKind;
use crate::model::import::report::{ImportResult, Tally};
use crate::model::size::{agree, count, group_digits};
use crate::model::time::{Month, format_months};
use crate::output::terminal;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    dry_run: bool,
    /// `plan`, `tornsnap` or `csv`.
    source: &'static str,
    file: String,
    /// The file of the backup with the content from before. `None` with `--no-backup` and `--dry-run`.
    backup: Option<String>,
    tables: BTreeMap<&'static str, TableReport>,
    /// Months in which history rows were added or removed.
    months: Vec<Month>,
    /// Months that were summarized afterwards.
    summarized: Vec<Month>,
    /// Months with history rows that no summary will count, because they were added after the month was pruned.
    late: Vec<LateRows>,
    /// The number of times without a time zone that were read as UTC, because --time-offset was not given.
    read_as_utc: i64,
    /// The imported history that the next prune removes. `None`: none of it.
    next_prune: Option<NextPrune>,
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
            read_as_utc: read_as_utc(args, result),
            next_prune: done.next_prune.clone(),
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
            mended: tally.mended.clone().into_iter().map(Reason::from).collect(),
            left: tally.reasons_left().into_iter().map(Reason::from).collect(),
        }
    }
}

impl From<(String, i64)> for Reason {
    fn from((reason, count): (String, i64)) -> Self {
        Self { reason, count }
    }
}

/// The number of times that may be local ones. With --time-offset the user has said what they are.
pub(super) fn read_as_utc(args: &Args, result: &ImportResult) -> i64 {
    if args.time_offset.is_some() || result.kind != SourceKind::Plan {
        return 0;
    }
    result.read_as_utc()
}

/// Prints a line for each table, and one for each reason below it.
pub(super) fn print_table(result: &ImportResult) -> Result<()> {
    let print = |line: &str| terminal::print("the report", line);
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
            group_digits(tally.rows_left() + tally.rows_future() + tally.rows_closed()),
        ))?;
        for (reason, count) in &tally.mended {
            print(&format!("    mended {count}: {reason}"))?;
        }
        for (reason, count) in tally.reasons_left() {
            print(&format!("    left out {count}: {reason}"))?;
        }
        if tally.replaced > 0 {
            print(&format!(
                "    removed {} stored rows that repeat known values now",
                tally.replaced
            ))?;
        }
        if tally.recomputed > 0 {
            print(&format!(
                "    not copied {}: summaries are computed here from the history rows",
                tally.recomputed
            ))?;
        }
    }
    Ok(())
}

/// The months whose imported history the next prune removes, when it runs, and how to keep the history.
pub(super) fn describe_next_prune(next: &NextPrune) -> String {
    let months = format_months(&next.months);
    let keep = next.keep_months;
    let job = next.interval.map_or_else(String::new, |interval| {
        format!(", which the job `backup` of `schedule install` runs {interval},")
    });
    let start = format!("the next `prune`{job}");
    match &next.archive {
        Some(archive) => format!(
            "{start} moves the history of {months} to the archive {}, because keep_months is {keep}",
            archive.display()
        ),
        None => format!(
            "{start} deletes the history of {months}, because keep_months is {keep}; the monthly summaries stay. To keep the \
             history, set archive or keep_months = {} under [retention] before that",
            next.needed_keep_months
        ),
    }
}

/// The rows that were taken, by their kind: the user looks for history rows first.
fn describe_taken(result: &ImportResult) -> String {
    let taken = |fits: &dyn Fn(&str) -> bool| -> i64 {
        let tables = result.tables.iter();
        let rows = tables.filter(|(name, _)| fits(name));
        rows.map(|(_, tally)| tally.taken).sum()
    };
    let is_history = |name: &str| History::from_table_name(name).is_some();
    let is_summary = |name: &str| History::from_summary_table_name(name).is_some();
    let is_other = |name: &str| !is_history(name) && !is_summary(name);
    let mut parts = vec![count(group_digits(taken(&is_history)), "history row")];
    let summaries = taken(&is_summary);
    if summaries > 0 {
        let noun = agree(summaries, "summary", "summaries");
        parts.push(format!("{} {noun}", group_digits(summaries)));
    }
    let others = taken(&is_other);
    if others > 0 {
        let tables = result.tables.iter();
        let names: Vec<&str> = tables
            .filter(|(name, tally)| is_other(name) && tally.taken > 0)
            .map(|(name, _)| *name)
            .collect();
        parts.push(format!(
            "{} of {}",
            count(group_digits(others), "row"),
            names.join(", ")
        ));
    }
    parts.join(", ")
}

/// Says what to do if the times of a database of the Python program were local ones.
pub(super) fn describe_read_as_utc(times: i64) -> String {
    format!(
        "{} without a time zone {} read as UTC; if the bot's clock was local, import again into a fresh database with \
         --time-offset",
        count(group_digits(times), "time"),
        agree(times, "was", "were")
    )
}

/// Says what the times of a file that a spreadsheet has saved are worth, and how to keep exact ones.
pub(super) fn describe_coarse_times(times: i64) -> String {
    format!(
        "{} in the file {} no seconds, as a spreadsheet shows {}; the rows that are not stored here yet begin at the start of the minute \
         or the day; for exact times import the file that `export` wrote into a database without these rows, because a row of a \
         war would be stored twice, and with `record = \"every-poll\"` any row",
        count(group_digits(times), "time"),
        agree(times, "has", "have"),
        agree(times, "it", "them"),
    )
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
        "{imported} {} from {file} ({}); {} were there already or no change",
        describe_taken(result),
        result.kind.describe(),
        group_digits(result.sum(|tally| tally.already_there + tally.unchanged)),
    )];
    if result.left() > 0 {
        parts.push(format!("{} left out", group_digits(result.left())));
    }
    let future = result.sum(Tally::rows_future);
    if future > 0 {
        parts.push(format!(
            "{} with times in the future left out, as `prune --future` removes them",
            group_digits(future)
        ));
    }
    let closed = result.sum(Tally::rows_closed);
    if closed > 0 {
        parts.push(format!(
            "{} of months that were pruned here left out; {file} still has them",
            group_digits(closed)
        ));
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
