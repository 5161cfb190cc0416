//! Writing monthly summaries: a month whole, or not at all.

use rusqlite::Transaction;

use crate::error::Result;
use crate::model::summary::{Job, Period};
use crate::model::time::Month;
use crate::store::detail::DATASETS;
use crate::store::{Failed, Store};

/// What was done to the summaries of one month.
#[derive(Clone, Debug)]
pub struct Written {
    /// Which.
    pub month: Month,
    /// Each summary table.
    pub tables: Vec<WrittenTable>,
}

/// What was done to one summary table.
#[derive(Clone, Copy, Debug)]
pub struct WrittenTable {
    /// Which.
    pub table: &'static str,
    /// Rows that are new or have changed.
    pub written: usize,
    /// Rows that should not have been there.
    pub removed: usize,
}

impl Written {
    /// Rows that were touched.
    pub fn rows(&self) -> usize {
        self.tables
            .iter()
            .map(|table| table.written + table.removed)
            .sum()
    }
}

impl Store {
    /// Summarizes one month in one transaction, and with it, if anything changed, the later summaries that begin with
    /// what it ends with: at no time do the changes of consecutive months not add up.
    pub fn summarize(&mut self, job: &Job, created_at: i64) -> Result<Vec<Written>> {
        self.transaction(|transaction| {
            let mut written = vec![derive(transaction, job.period, created_at)?];
            if written[0].rows() > 0 {
                for &follower in &job.followers {
                    written.push(derive(transaction, follower, created_at)?);
                }
            }
            Ok(written)
        })
    }
}

/// Brings the summaries of one month to what its detail says; rows that are right are not touched.
fn derive(transaction: &Transaction<'_>, period: Period, created_at: i64) -> Result<Written> {
    let month = period.month;
    let mut tables = Vec::with_capacity(DATASETS.len());
    for dataset in &DATASETS {
        let execute = |statement: &str| -> rusqlite::Result<usize> {
            let mut statement = transaction.prepare_cached(statement)?;
            let values: [(&str, &dyn rusqlite::ToSql); 4] = [
                (":period_start", &month.start()),
                (":period_end", &month.end()),
                (":previous_is_pruned", &period.previous_is_pruned),
                (":created_at", &created_at),
            ];
            // The statements name only what they need.
            for (name, value) in values {
                if let Some(index) = statement.parameter_index(name)? {
                    statement.raw_bind_parameter(index, value)?;
                }
            }
            statement.raw_execute()
        };
        let removed =
            execute(dataset.remove_stale).failed(format!("tidy {} of {month}", dataset.summary))?;
        let written =
            execute(dataset.derive).failed(format!("write {} of {month}", dataset.summary))?;
        tables.push(WrittenTable {
            table: dataset.summary,
            written,
            removed,
        });
    }
    Ok(Written { month, tables })
}
