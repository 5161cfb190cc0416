//! Takes the summaries of months whose history rows are gone.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::rules::table_named;
use crate::model::time::Month;
use crate::store::history::schema_of;
use crate::store::import::staging::{self, column_list};
use crate::store::import::{HistoryMonths, SourceFacts, Tallies};
use crate::store::{SqlContext, sql};

/// Inserts the summaries that we do not have, and records their months as pruned where no history row was here before.
pub(super) fn merge(
    connection: &Connection,
    facts: &SourceFacts,
    had_rows: &HistoryMonths,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    for history in History::ALL {
        let name = history.summary_table();
        let Some(table) = table_named(name) else {
            continue;
        };
        let columns = column_list(table);
        let values = columns.replace("created_at", "coalesce(nullif(created_at, 0), :now)");
        let keeps_ids = staging::keeps_ids(connection, name).context(format!("import {name}"))?;
        let taken = connection
            .execute(
                &format!(
                    "INSERT INTO main.{name} (id, {columns}, period_end)
                     SELECT iif(:keeps_ids, source_id, NULL), {values}, unixepoch(period_start, 'unixepoch', '+1 month')
                     FROM temp.imported_{name} WHERE true ORDER BY rowid
                     ON CONFLICT DO NOTHING"
                ),
                named_params! { ":now": now, ":keeps_ids": keeps_ids },
            )
            .context(format!("import {name}"))?;
        let taken = i64::try_from(taken).unwrap_or(i64::MAX);
        staging::tally(connection, name, taken, tallies)?;
        for (_, month) in facts
            .pruned
            .iter()
            .filter(|pruned| pruned.0 == history.table() && !had_rows.contains(*pruned))
        {
            mark_pruned(connection, history, *month, now)
                .context(format!("record that {month} was pruned"))?;
        }
    }
    Ok(())
}

fn mark_pruned(
    connection: &Connection,
    history: History,
    month: Month,
    now: i64,
) -> rusqlite::Result<()> {
    let table = history.table();
    let time = schema_of(history).timestamp;
    let rows: i64 = connection.query_row(
        &format!("SELECT count(*) FROM main.{table} WHERE {time} >= ? AND {time} < ?"),
        [month.start(), month.end()],
        |row| row.get(0),
    )?;
    let last_id: i64 = connection.query_row(
        &format!("SELECT coalesce(max(id), 0) FROM main.{table}"),
        [],
        |row| row.get(0),
    )?;
    connection
        .execute(
            sql!("import/mark_pruned"),
            named_params! {
                ":history": table,
                ":period_start": month.start(),
                ":rows": rows,
                ":last_id": last_id,
                ":now": now,
            },
        )
        .map(drop)
}
