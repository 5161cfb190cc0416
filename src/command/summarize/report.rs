//! The fields that `summarize` adds to its report.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::command::summarize::Done;
use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::summary::SummaryJob;
use crate::model::time::Month;
use crate::store::summary::MonthChanges;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    dry_run: bool,
    /// The file of the backup. `None` if no backup was taken.
    backup: Option<String>,
    months: Vec<MonthReport>,
    #[serde(flatten)]
    unwritten: Unwritten,
}

/// The report of `--dry-run`.
#[derive(Debug, Serialize)]
pub(super) struct Preview {
    dry_run: bool,
    months: Vec<MonthPreview>,
    #[serde(flatten)]
    unwritten: Unwritten,
}

/// The months whose summaries are not written again.
#[derive(Debug, Serialize)]
struct Unwritten {
    /// Months whose summaries stay because their history rows were pruned.
    pruned: Vec<Month>,
    /// Months with late rows that no summary will count.
    late: Vec<LateRows>,
}

#[derive(Debug, Serialize)]
struct LateRows {
    month: Month,
    rows: i64,
}

#[derive(Debug, Serialize)]
struct MonthPreview {
    month: Month,
    reason: &'static str,
    detail_rows: i64,
}

#[derive(Debug, Serialize)]
struct MonthReport {
    #[serde(flatten)]
    changes: ChangesReport,
    reason: &'static str,
    detail_rows: i64,
    /// Later months whose summaries were written again.
    followed_by: Vec<ChangesReport>,
}

#[derive(Debug, Serialize)]
struct ChangesReport {
    month: Month,
    rows: usize,
    /// By summary table.
    tables: BTreeMap<&'static str, TableReport>,
}

#[derive(Debug, Serialize)]
struct TableReport {
    written: usize,
    removed: usize,
}

impl Report {
    pub(super) fn new(backup: Option<String>, done: &[Done<'_>], states: &[MonthState]) -> Self {
        let months = done.iter().map(|Done { job, changes }| MonthReport {
            changes: ChangesReport::from(&changes[0]),
            reason: job.reason.as_str(),
            detail_rows: job.rows,
            followed_by: changes[1..].iter().map(ChangesReport::from).collect(),
        });
        Self {
            dry_run: false,
            backup,
            months: months.collect(),
            unwritten: Unwritten::from(states),
        }
    }
}

impl Preview {
    pub(super) fn new(jobs: &[SummaryJob], states: &[MonthState]) -> Self {
        let months = jobs.iter().map(|job| MonthPreview {
            month: job.month,
            reason: job.reason.as_str(),
            detail_rows: job.rows,
        });
        Self {
            dry_run: true,
            months: months.collect(),
            unwritten: Unwritten::from(states),
        }
    }
}

impl From<&[MonthState]> for Unwritten {
    fn from(states: &[MonthState]) -> Self {
        let pruned = states
            .iter()
            .filter(|state| state.has(SummaryStatus::Pruned))
            .map(|state| state.month);
        let late = months_with_late_rows(states).map(|(month, rows)| LateRows { month, rows });
        Self {
            pruned: pruned.collect(),
            late: late.collect(),
        }
    }
}

impl From<&MonthChanges> for ChangesReport {
    fn from(changes: &MonthChanges) -> Self {
        let tables = changes.tables.iter().map(|table| {
            let report = TableReport {
                written: table.written,
                removed: table.removed,
            };
            (table.history.summary_table(), report)
        });
        Self {
            month: changes.month,
            rows: changes.rows(),
            tables: tables.collect(),
        }
    }
}

/// Months with late rows that no summary will count, and how many.
pub(super) fn months_with_late_rows(
    states: &[MonthState],
) -> impl Iterator<Item = (Month, i64)> + '_ {
    states
        .iter()
        .map(|state| (state.month, state.unsummarized_late_rows()))
        .filter(|(_, rows)| *rows > 0)
}
