//! Computes the summaries of another database that it has not computed itself.
//!
//! The file is only read. So its summaries are copied to temporary tables of the same names, which hide the tables of the file,
//! and the missing ones are written there.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::history::History;
use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::summary::select_months;
use crate::store::SqlContext;
use crate::store::history::schema_of;
use crate::store::import::{HistoryMonths, ImportOptions};
use crate::store::summary::{self, SummaryOptions};

/// Summarizes the histories that are not summarized in some of these months.
pub(super) fn summarize(
    source: &Connection,
    months: &[MonthState],
    needed: &HistoryMonths,
    options: &ImportOptions,
) -> Result<()> {
    // Otherwise the copies are in memory, which grows with the source. Setting temp_store drops all temporary tables.
    source
        .execute_batch("PRAGMA temp_store = FILE")
        .context("copy the summaries of the file")?;
    let how = SummaryOptions {
        now: options.now,
        every_poll: options.every_poll,
    };
    for history in History::ALL {
        let lacks_summary = |month: &&MonthState| {
            let status = month.table(history).map(|table| table.status);
            needed.contains(&(history.table(), month.month))
                && matches!(
                    status,
                    Some(SummaryStatus::Missing | SummaryStatus::Changed)
                )
        };
        let Some(last) = months.iter().rfind(lacks_summary) else {
            continue;
        };
        copy_summaries(source, history)
            .context(format!("copy {} of the file", history.summary_table()))?;
        // Only a month that the user names is refused.
        let jobs = select_months(months, None, false, options.now).unwrap_or_default();
        let tables = jobs.iter().flat_map(|job| &job.tables);
        for table in tables.filter(|table| table.history == history && table.month <= last.month) {
            summary::compute(source, table, how)?;
        }
    }
    Ok(())
}

fn copy_summaries(source: &Connection, history: History) -> rusqlite::Result<()> {
    let name = history.summary_table();
    let key = match history {
        History::Wars => "war_type, war_id",
        _ => schema_of(history).entity,
    };
    source.execute_batch(&format!(
        "CREATE TEMP TABLE {name} AS SELECT * FROM main.{name};
         CREATE UNIQUE INDEX temp.{name}_key ON {name} ({key}, period_start, period_end, period_type);"
    ))
}
