//! Imported summaries that were made from more history rows than are here.
//!
//! They come from a database whose history was pruned before it was exported. If that history is imported first, its months
//! are summarized from the rows that are left. The summaries that come later replace these.

use rusqlite::{Connection, named_params};

use crate::model::history::History;
use crate::model::time::Month;
use crate::store::history::{render, schema_of};
use crate::store::import::ClosedMonths;
use crate::store::sql;

/// Finds the imported summaries that were made from more rows than are here, and those of later months of the same
/// entities. Returns their months, oldest first. Months that are closed here are left out.
pub(super) fn find(
    connection: &Connection,
    history: History,
    closed: &ClosedMonths,
) -> rusqlite::Result<Vec<Month>> {
    connection.execute_batch("DELETE FROM temp.counted; DELETE FROM temp.thin;")?;
    connection.execute(
        &format!(
            "INSERT INTO temp.counted (entity, period_start, rows)
             SELECT {}, period_start, record_count FROM temp.imported_{}",
            schema_of(history).entity,
            history.summary_table()
        ),
        [],
    )?;
    let mut leave = connection.prepare("DELETE FROM temp.counted WHERE period_start = ?")?;
    for (_, month) in closed.closed.keys().filter(|key| key.0 == history.table()) {
        leave.execute([month.start()])?;
    }
    connection.execute(
        &render(history, sql!("import/find_thin")),
        named_params! { ":history": history.table() },
    )?;
    let months: Vec<i64> = connection
        .prepare(sql!("import/list_thin_months"))?
        .query_map([], |row| row.get("period_start"))?
        .collect::<Result<_, _>>()?;
    Ok(months.into_iter().filter_map(Month::of).collect())
}

/// Records that the summaries of these months are imported, so that they are not computed again from fewer rows.
///
/// A month with rows that no summary counts is left to `summarize`. A repeated import then takes its summaries.
pub(super) fn mark(
    connection: &Connection,
    history: History,
    months: &[Month],
    now: i64,
) -> rusqlite::Result<()> {
    let mut compare = connection.prepare(&render(history, sql!("import/count_incomplete")))?;
    for month in months {
        let uncounted: i64 = compare.query_row(
            named_params! {
                ":history": history.table(),
                ":period_start": month.start(),
                ":period_end": month.end(),
            },
            |row| row.get("uncounted"),
        )?;
        if uncounted == 0 {
            mark_pruned(connection, history, *month, true, now)?;
        }
    }
    if let Some(first) = months.first() {
        connection.execute(
            sql!("import/mark_later"),
            named_params! { ":history": history.table(), ":period_start": first.start() },
        )?;
    }
    Ok(())
}

/// Records that only the summaries of a month were imported.
pub(super) fn mark_pruned(
    connection: &Connection,
    history: History,
    month: Month,
    is_thin: bool,
    now: i64,
) -> rusqlite::Result<()> {
    connection
        .execute(
            &render(history, sql!("import/mark_pruned")),
            named_params! {
                ":history": history.table(),
                ":period_start": month.start(),
                ":period_end": month.end(),
                ":is_thin": is_thin,
                ":now": now,
            },
        )
        .map(drop)
}
