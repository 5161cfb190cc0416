//! Writes the summaries of one month in one transaction.

use rusqlite::{Connection, Statement, Transaction, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::summary::{SummaryJob, TableJob};
use crate::model::time::Month;
use crate::store::history::render;
use crate::store::pruned_early::missing_rows;
use crate::store::value::bind_used;
use crate::store::{SqlContext, Store, sql};

/// The settings of a summary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SummaryOptions {
    /// Unix seconds.
    pub(crate) now: i64,
    /// Whether the histories keep rows that repeat the last known values.
    pub(crate) every_poll: bool,
}

/// The changes to the summaries of one month.
#[derive(Clone, Debug)]
pub(crate) struct MonthChanges {
    pub(crate) month: Month,
    pub(crate) tables: Vec<TableChanges>,
}

/// The changes to one summary table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableChanges {
    pub(crate) history: History,
    /// Rows that were inserted or changed.
    pub(crate) written: usize,
    /// Rows that were deleted, because their entity has neither rows nor observations in the month.
    pub(crate) removed: usize,
}

impl MonthChanges {
    /// The number of rows that were written or removed.
    pub(crate) fn rows(&self) -> usize {
        self.tables.iter().map(TableChanges::rows).sum()
    }
}

impl TableChanges {
    fn rows(&self) -> usize {
        self.written + self.removed
    }
}

impl Store {
    /// Summarizes one month. If that changes the summaries of a history, its later months are summarized again in the same
    /// transaction, because they begin with the values that this month ends with.
    ///
    /// The first element of the result is the month itself, followed by the later months.
    pub(crate) fn summarize(
        &mut self,
        job: &SummaryJob,
        options: SummaryOptions,
    ) -> Result<Vec<MonthChanges>> {
        self.transaction(|transaction| {
            let mut months = vec![MonthChanges {
                month: job.month,
                tables: Vec::new(),
            }];
            for table in &job.tables {
                months[0].tables.push(write(transaction, table, options)?);
                if table.updates_record {
                    record(transaction, table, options.now)?;
                }
            }
            let changed: Vec<History> = months[0]
                .tables
                .iter()
                .filter(|table| table.rows() > 0)
                .map(|table| table.history)
                .collect();
            for dependent in &job.dependents {
                if !changed.contains(&dependent.history) {
                    continue;
                }
                let table = write(transaction, dependent, options)?;
                match months.last_mut() {
                    Some(last) if last.month == dependent.month => last.tables.push(table),
                    _ => months.push(MonthChanges {
                        month: dependent.month,
                        tables: vec![table],
                    }),
                }
            }
            for table in &job.tables {
                for month in chain(transaction, table.history, job.month.start())? {
                    add_written(&mut months, month, table.history);
                }
            }
            Ok(months)
        })
    }
}

/// Writes the summaries of one history in one month. Rows that are already correct are not touched.
fn write(
    transaction: &Transaction<'_>,
    job: &TableJob,
    options: SummaryOptions,
) -> Result<TableChanges> {
    let month = job.month;
    let statements = statements(job.history);
    let execute = |statement: &str| execute(transaction, statement, job, options);
    let table = job.history.summary_table();
    let removed = if job.allows_loss {
        execute(statements.delete_stale).context(format!("delete rows from {table} of {month}"))?
    } else {
        0
    };
    let written = compute(transaction, job, options)?;
    if job.history == History::Wars {
        execute(sql!("summarize/keep_own_wars"))
            .context(format!("record what the wars of {month} were"))?;
    }
    forget_imported(transaction, job).context(format!(
        "compare the imported summaries of {month} with the history"
    ))?;
    Ok(TableChanges {
        history: job.history,
        written,
        removed,
    })
}

fn forget_imported(transaction: &Transaction<'_>, job: &TableJob) -> rusqlite::Result<usize> {
    let statement = match job.history {
        History::Wars => sql!("summarize/forget_imported_wars").to_owned(),
        history => render(history, sql!("summarize/forget_imported")),
    };
    transaction.execute(
        &statement,
        named_params! {
            ":history": job.history.table(),
            ":period_start": job.month.start(),
            ":period_end": job.month.end(),
        },
    )
}

/// Writes the summaries that are computed from history rows.
pub(in crate::store) fn compute(
    connection: &Connection,
    job: &TableJob,
    options: SummaryOptions,
) -> Result<usize> {
    execute(connection, statements(job.history).write, job, options).context(format!(
        "write {} of {}",
        job.history.summary_table(),
        job.month
    ))
}

/// Lets the summaries that were not computed from the rows that are here begin with the values that those before them end
/// with, from a month on. Only the ends are read, so one statement does it for all months. Returns the month of each change.
pub(in crate::store) fn chain(
    connection: &Connection,
    history: History,
    period_start: i64,
) -> Result<Vec<Month>> {
    let Some(chain) = statements(history).chain else {
        return Ok(Vec::new());
    };
    let months = |statement: &mut Statement<'_>| {
        statement
            .query_map(named_params! { ":period_start": period_start }, |row| {
                row.get("period_start").map(Month::of)
            })?
            .filter_map(rusqlite::Result::transpose)
            .collect()
    };
    connection
        .prepare_cached(chain)
        .and_then(|mut statement| months(&mut statement))
        .context(format!(
            "write the first values in {}",
            history.summary_table()
        ))
}

/// Counts a summary that was changed. `months` is in the order of the months.
fn add_written(months: &mut Vec<MonthChanges>, month: Month, history: History) {
    let place = months.partition_point(|changes| changes.month < month);
    if months
        .get(place)
        .is_none_or(|changes| changes.month != month)
    {
        let tables = Vec::new();
        months.insert(place, MonthChanges { month, tables });
    }
    let tables = &mut months[place].tables;
    match tables.iter_mut().find(|table| table.history == history) {
        Some(table) => table.written += 1,
        None => tables.push(TableChanges {
            history,
            written: 1,
            removed: 0,
        }),
    }
}

/// Executes one of the [`Statements`].
fn execute(
    connection: &Connection,
    statement: &str,
    job: &TableJob,
    options: SummaryOptions,
) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(statement)?;
    bind_used(
        &mut statement,
        &[
            (":period_start", &job.month.start()),
            (":period_end", &job.month.end()),
            (":lost_before", &job.rows_lost_before),
            (":created_at", &options.now),
            (":allows_loss", &job.allows_loss),
            (":every_poll", &options.every_poll),
        ],
    )?;
    statement.raw_execute()
}

/// The statements that bring one summary table up to date.
struct Statements {
    delete_stale: &'static str,
    write: &'static str,
    /// See [`chain`]. A summary of a war begins with no value of an earlier month.
    chain: Option<&'static str>,
}

fn statements(history: History) -> Statements {
    match history {
        History::Players => Statements {
            delete_stale: sql!("summarize/delete_stale_players"),
            write: sql!("summarize/players"),
            chain: Some(sql!("summarize/chain_players")),
        },
        History::Factions => Statements {
            delete_stale: sql!("summarize/delete_stale_factions"),
            write: sql!("summarize/factions"),
            chain: Some(sql!("summarize/chain_factions")),
        },
        History::Wars => Statements {
            delete_stale: sql!("summarize/delete_stale_wars"),
            write: sql!("summarize/wars"),
            chain: None,
        },
        History::Territories => Statements {
            delete_stale: sql!("summarize/delete_stale_territories"),
            write: sql!("summarize/territories"),
            chain: Some(sql!("summarize/chain_territories")),
        },
    }
}

/// Records in `month_states` which rows the summaries of the month count.
fn record(transaction: &Transaction<'_>, job: &TableJob, now: i64) -> Result<()> {
    let count = match job.history {
        History::Players => sql!("months/count_players"),
        History::Factions => sql!("months/count_factions"),
        History::Wars => sql!("months/count_wars"),
        History::Territories => sql!("months/count_territories"),
    };
    let month = job.month;
    let lacks_rows = missing_rows(transaction, now)?
        .iter()
        .any(|missing| (missing.history, missing.month) == (job.history, month));
    let update = || -> rusqlite::Result<usize> {
        let (rows, last_id, observed): (i64, i64, i64) = transaction.query_row(
            count,
            named_params! { ":period_start": month.start(), ":period_end": month.end() },
            |row| Ok((row.get("rows")?, row.get("last_id")?, row.get("observed")?)),
        )?;
        transaction.execute(
            sql!("months/mark_summarized"),
            named_params! {
                ":history": job.history.table(),
                ":period_start": month.start(),
                ":rows": rows,
                ":last_id": last_id,
                ":observed": observed,
                ":lacks_rows": lacks_rows,
                ":summarized_at": now,
            },
        )
    };
    update()
        .map(drop)
        .context(format!("record that {month} is summarized"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::plan_of;

    /// A database without statistics, such as one whose first summaries are written, has no other hint. The index on
    /// `period_type` lists all summaries, so that a look-up for each entity would take quadratic time.
    #[test]
    fn earlier_summaries_are_searched_by_entity_also_without_statistics() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();

        for history in History::ALL {
            let Statements { write, chain, .. } = statements(history);
            for statement in [Some(write), chain].into_iter().flatten() {
                let steps = plan_of(&store, statement);

                let looks_up = |step: &&String| {
                    let table = step.split(' ').nth(1).unwrap_or_default();
                    [history.summary_table(), "earlier"].contains(&table)
                };
                let look_ups: Vec<&String> = steps.iter().filter(looks_up).collect();
                assert!(!look_ups.is_empty(), "{steps:#?}");
                for step in look_ups {
                    assert!(step.contains("sqlite_autoindex_"), "{step} in {statement}");
                }
            }
        }
    }
}
