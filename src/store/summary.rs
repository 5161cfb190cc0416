//! Writing monthly summaries: a month whole, or not at all.

use rusqlite::{Transaction, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::summary::{SummaryJob, TableJob};
use crate::model::time::Month;
use crate::store::{SqlContext, Store, sql};

/// Changes to the summaries of one month.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) month: Month,
    /// Each summary table.
    pub(crate) tables: Vec<WrittenTable>,
}

/// Changes to one summary table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrittenTable {
    pub(crate) history: History,
    /// Rows that are new or have changed.
    pub(crate) written: usize,
    /// Rows that were removed because nothing in the month accounts for them.
    pub(crate) removed: usize,
}

impl Written {
    /// Rows that were written or removed.
    pub(crate) fn rows(&self) -> usize {
        self.tables.iter().map(WrittenTable::rows).sum()
    }
}

impl WrittenTable {
    fn rows(&self) -> usize {
        self.written + self.removed
    }
}

impl Store {
    /// Summarizes one month in one transaction. Where that changed a summary, the later summaries that begin with its
    /// values are written in the same transaction, so the changes of consecutive months always add up.
    pub(crate) fn summarize(&mut self, job: &SummaryJob, now: i64) -> Result<Vec<Written>> {
        self.transaction(|transaction| {
            let mut written = vec![Written {
                month: job.month,
                tables: Vec::new(),
            }];
            for part in &job.parts {
                written[0].tables.push(derive(transaction, part, now)?);
                if part.is_recorded {
                    record(transaction, part, now)?;
                }
            }
            let changed: Vec<History> = written[0]
                .tables
                .iter()
                .filter(|table| table.rows() > 0)
                .map(|table| table.history)
                .collect();
            for part in &job.followers {
                if !changed.contains(&part.history) {
                    continue;
                }
                let table = derive(transaction, part, now)?;
                match written.last_mut() {
                    Some(last) if last.month == part.month => last.tables.push(table),
                    _ => written.push(Written {
                        month: part.month,
                        tables: vec![table],
                    }),
                }
            }
            Ok(written)
        })
    }
}

/// Brings the summaries of one month and history to what its rows say; rows that are right are not touched.
fn derive(transaction: &Transaction<'_>, part: &TableJob, now: i64) -> Result<WrittenTable> {
    let month = part.month;
    let (stale, derive) = statements(part.history);
    let execute = |statement: &str| -> rusqlite::Result<usize> {
        let mut statement = transaction.prepare_cached(statement)?;
        let values: [(&str, &dyn rusqlite::ToSql); 5] = [
            (":period_start", &month.start()),
            (":period_end", &month.end()),
            (":gone_until", &part.gone_until),
            (":created_at", &now),
            (":takes_thinner", &part.takes_thinner),
        ];
        // The statements name only the parameters that they need.
        for (name, value) in values {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        statement.raw_execute()
    };
    let table = part.history.summary_table();
    let removed = if part.takes_thinner {
        execute(stale).context(format!("tidy {table} of {month}"))?
    } else {
        0
    };
    let written = execute(derive).context(format!("write {table} of {month}"))?;
    Ok(WrittenTable {
        history: part.history,
        written,
        removed,
    })
}

/// Removal of rows without a reason, and the rows of the month.
fn statements(history: History) -> (&'static str, &'static str) {
    match history {
        History::Players => (sql!("summarize/players_stale"), sql!("summarize/players")),
        History::Factions => (sql!("summarize/factions_stale"), sql!("summarize/factions")),
        History::Wars => (sql!("summarize/wars_stale"), sql!("summarize/wars")),
        History::Territories => (
            sql!("summarize/territories_stale"),
            sql!("summarize/territories"),
        ),
    }
}

/// Notes from which rows the month was summarized.
fn record(transaction: &Transaction<'_>, part: &TableJob, now: i64) -> Result<()> {
    let count = match part.history {
        History::Players => sql!("months/count_players"),
        History::Factions => sql!("months/count_factions"),
        History::Wars => sql!("months/count_wars"),
        History::Territories => sql!("months/count_territories"),
    };
    let month = part.month;
    let note = || -> rusqlite::Result<usize> {
        let (rows, last_id, observed): (i64, i64, i64) = transaction.query_row(
            count,
            named_params! { ":period_start": month.start(), ":period_end": month.end() },
            |row| Ok((row.get("rows")?, row.get("last_id")?, row.get("observed")?)),
        )?;
        transaction.execute(
            sql!("months/summarized"),
            named_params! {
                ":history": part.history.table(),
                ":period_start": month.start(),
                ":rows": rows,
                ":last_id": last_id,
                ":observed": observed,
                ":summarized_at": now,
            },
        )
    };
    note()
        .map(drop)
        .context(format!("note that {month} is summarized"))
}
