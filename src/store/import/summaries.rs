//! Takes the summaries of months whose history rows are gone.

use std::collections::BTreeSet;

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::rules::{Table, table_named};
use crate::model::month_state::{Closing, MonthState};
use crate::store::history::{render, schema_of};
use crate::store::import::staging::{self, column_list};
use crate::store::import::{ClosedMonths, HistoryMonths, SourceFacts, Tallies};
use crate::store::import::{held, thin};
use crate::store::{SqlContext, months, sql};

/// Inserts the summaries that we do not have, and records their months as pruned where no history row was here before.
///
/// A summary of CSV also replaces ours if the history rows that it was made from are not all here: see [`thin`].
pub(super) fn merge(
    connection: &Connection,
    facts: &SourceFacts,
    had_rows: &HistoryMonths,
    closed: &ClosedMonths,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    for history in History::ALL {
        let name = history.summary_table();
        let Some(table) = table_named(name) else {
            continue;
        };
        leave_purged(connection, history, closed, tallies).context(format!("import {name}"))?;
        let thin_months = if facts.replaces_thin {
            thin::find(connection, history, closed).context(format!("import {name}"))?
        } else {
            Vec::new()
        };
        let taken = insert(connection, history, table, now).context(format!("import {name}"))?;
        staging::tally(connection, name, taken, tallies)?;
        if taken > 0 {
            thin::mark(connection, history, &thin_months, now)
                .context(format!("record which months of {name} were imported"))?;
        }
        for (_, month) in facts
            .pruned
            .iter()
            .filter(|pruned| pruned.0 == history.table() && !had_rows.contains(*pruned))
        {
            thin::mark_pruned(connection, history, *month, false, now)
                .context(format!("record that {month} was pruned"))?;
        }
    }
    Ok(())
}

/// Inserts the summaries, and returns how many were inserted or have replaced one of fewer rows.
fn insert(
    connection: &Connection,
    history: History,
    table: &Table,
    now: i64,
) -> rusqlite::Result<i64> {
    let name = table.name;
    let columns = column_list(table);
    let values = columns.replace("created_at", "coalesce(nullif(created_at, 0), :now)");
    let names = || table.columns.iter().map(|column| column.name);
    let set: Vec<String> = names()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let differs: Vec<String> = names()
        .filter(|column| *column != "created_at")
        .map(|column| format!("{name}.{column} IS NOT excluded.{column}"))
        .collect();
    let taken = connection.execute(
        &format!(
            "INSERT INTO main.{name} (id, {columns}, period_end)
             SELECT iif(:keeps_ids, source_id, NULL), {values}, unixepoch(period_start, 'unixepoch', '+1 month')
             FROM temp.imported_{name} WHERE true ORDER BY rowid
             ON CONFLICT DO UPDATE SET {set}
             WHERE excluded.record_count >= {name}.record_count AND ({differs}) AND EXISTS (
                 SELECT 1 FROM temp.thin
                 JOIN temp.counted ON counted.entity = thin.entity AND counted.period_start >= thin.since
                 WHERE thin.entity = {entity} AND counted.period_start = excluded.period_start)",
            set = set.join(", "),
            differs = differs.join(" OR "),
            entity = schema_of(history).entity,
        ),
        named_params! {
            ":now": now,
            ":keeps_ids": staging::keeps_ids(connection, name)?,
        },
    )?;
    Ok(i64::try_from(taken).unwrap_or(i64::MAX))
}

/// Removes the imported summaries of months whose summaries the user has deleted here.
fn leave_purged(
    connection: &Connection,
    history: History,
    closed: &ClosedMonths,
    tallies: &mut Tallies,
) -> rusqlite::Result<()> {
    let name = history.summary_table();
    let of_history = closed
        .closed
        .iter()
        .filter(|((table, _), closing)| *table == history.table() && **closing == Closing::Purged);
    for ((_, month), closing) in of_history {
        let removed = connection.execute(
            &format!("DELETE FROM temp.imported_{name} WHERE period_start = ?"),
            [month.start()],
        )?;
        if removed > 0 {
            let tally = tallies.entry(name).or_default();
            tally.closed.insert(
                (*month, *closing),
                i64::try_from(removed).unwrap_or(i64::MAX),
            );
        }
    }
    Ok(())
}

/// Removes the marks of months whose summaries were imported before their history rows, once all these rows are here.
///
/// `summarize` then writes these months again, as if the rows had come first. A month begins with the values of earlier
/// ones, so no month after one with missing rows is opened.
pub(super) fn reopen(connection: &Connection, before: &ClosedMonths, now: i64) -> Result<()> {
    let months = months::months(connection, now)?;
    for history in History::ALL {
        reopen_history(connection, history, &months, before).context(format!(
            "look for the rows of summarized months in {}",
            history.table()
        ))?;
    }
    Ok(())
}

fn reopen_history(
    connection: &Connection,
    history: History,
    months: &[MonthState],
    before: &ClosedMonths,
) -> rusqlite::Result<()> {
    let marked = months.iter().filter_map(|state| {
        let table = state.table(history)?;
        let may_open = before.closing(history, state.month).is_none();
        (table.facts.is_imported && may_open).then_some((state.month, table.facts))
    });
    let mut compare = connection.prepare(&render(history, sql!("import/count_incomplete")))?;
    let mut has_all_rows = true;
    let mut counted = BTreeSet::new();
    for (month, facts) in marked {
        let span = named_params! {
            ":history": history.table(),
            ":period_start": month.start(),
            ":period_end": month.end(),
        };
        let (incomplete, uncounted): (i64, i64) = compare.query_row(span, |row| {
            Ok((row.get("incomplete")?, row.get("uncounted")?))
        })?;
        has_all_rows &= incomplete == 0;
        if has_all_rows {
            if facts.rows > 0 || facts.has_older_rows {
                connection.execute(&render(history, sql!("import/discount_repeated")), span)?;
                connection.execute(
                    sql!("import/delete_mark"),
                    named_params! { ":history": history.table(), ":period_start": month.start() },
                )?;
            }
        } else if uncounted == 0 {
            counted.insert(month);
        }
    }
    held::count(connection, history, before, &counted)
}
