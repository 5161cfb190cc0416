//! Takes the summaries of months whose history rows are gone.
//!
//! Each summary that is taken is recorded in `imported_summaries`. From then on, it is replaced only by one that is computed
//! from at least as many known history rows (`sql/summarize/`), or by an imported one of a higher [`rank`]. The rank is an order
//! of the contents of files alone, and the greatest one stays, so the order of the imports does not matter. The summary of a
//! war is joined instead, with what the history rows say (`sql/summarize/wars.sql`) and with an imported one
//! (`sql/import/join_wars.sql`), however many rows they count. Everything else in the month is as in any other month: the
//! other entities are summarized, and so are rows that come later.

use std::collections::BTreeSet;

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::rules::{Table, table_named};
use crate::model::month_state::Closing;
use crate::store::history::{render, schema_of};
use crate::store::import::staging::{self, column_list};
use crate::store::import::wars::{self, Taken};
use crate::store::import::{ClosedMonths, ImportOptions, SourceFacts, Tallies};
use crate::store::{SqlContext, sql, summary};

/// Inserts the summaries that we do not have, and those for which more history rows were known than are here. Marks their months, so
/// that `summarize` brings them up to date.
///
/// The history rows must be merged already, because they are counted.
pub(super) fn merge(
    connection: &Connection,
    facts: &SourceFacts,
    options: &ImportOptions,
    closed: &ClosedMonths,
    tallies: &mut Tallies,
) -> Result<()> {
    let now = options.now;
    for history in History::ALL {
        let name = history.summary_table();
        let Some(table) = table_named(name) else {
            continue;
        };
        leave_purged(connection, history, closed, tallies).context(format!("import {name}"))?;
        stage_counts(connection, history, facts, closed).context(format!("import {name}"))?;
        let mut completed = 0;
        let mut taken = if history == History::Wars {
            completed = wars::fill_winners(connection).context(format!("import {name}"))?;
            let mut taken = wars::join(connection, options).context(format!("import {name}"))?;
            wars::fill_earlier(connection, &mut taken).context(format!("import {name}"))?;
            taken
        } else {
            find_thin(connection, history).context(format!("import {name}"))?;
            insert(connection, history, table, now).context(format!("import {name}"))?
        };
        record_imported(connection, history, &taken)
            .context(format!("record which summaries of {name} were imported"))?;
        if history == History::Wars {
            wars::delete_known(connection, facts, options, &mut taken)
                .context(format!("import {name}"))?;
        }
        let count = i64::try_from(taken.len() + completed).unwrap_or(i64::MAX);
        staging::tally(connection, name, count, tallies)?;
        mark_months(connection, history, &taken, now)
            .context(format!("mark the months of {name}"))?;
        if let Some(first) = taken.iter().map(|taken| taken.1).min() {
            summary::chain(connection, history, first)?;
        }
    }
    Ok(())
}

/// Collects the imported summaries that may replace stored ones. Of months that are closed here, only those of another tornsnap
/// database are among them.
fn stage_counts(
    connection: &Connection,
    history: History,
    facts: &SourceFacts,
    closed: &ClosedMonths,
) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM temp.counted; DELETE FROM temp.thin; DELETE FROM temp.own_rows; DELETE FROM temp.pruned_months;",
    )?;
    connection.execute(
        &format!(
            "INSERT INTO temp.counted (entity, period_start, rows, left_out)
             SELECT {entity}, period_start, record_count, coalesce((
                 SELECT rows FROM temp.left_out_months AS there
                 WHERE there.history = :history AND there.entity = CAST(imported.{entity} AS TEXT)
                   AND there.period_start = imported.period_start), 0)
             FROM temp.imported_{} AS imported",
            history.summary_table(),
            entity = schema_of(history).entity,
        ),
        named_params! { ":history": history.table() },
    )?;
    let mut close = connection.prepare(sql!("import/insert_pruned_month"))?;
    let mut leave = connection.prepare(sql!("import/leave_counted"))?;
    for (_, month) in closed.closed.keys().filter(|key| key.0 == history.table()) {
        let start = named_params! { ":period_start": month.start() };
        if facts.completes_pruned_months || history == History::Wars {
            close.execute(start)?;
        }
        if !facts.completes_pruned_months {
            leave.execute(start)?;
        }
    }
    Ok(())
}

/// Finds those whose sources have known more rows than are known here, and the summaries computed here that they replace.
fn find_thin(connection: &Connection, history: History) -> rusqlite::Result<()> {
    for template in [sql!("import/find_thin"), sql!("import/find_own")] {
        connection.execute(
            &render(history, template),
            named_params! { ":history": history.table() },
        )?;
    }
    connection.execute(&render(history, sql!("import/reset_own")), [])?;
    Ok(())
}

/// Negative infinity in SQL. An unknown value is compared as this.
const BELOW_EVERY_VALUE: &str = "-9e999";

/// The rank of a summary. The summary of the higher rank stays, so the result is the same in any order of the imports.
///
/// More known rows come first: the history rows that it counts, and those that its source had left out (`left_out`, in SQL). Then
/// more history rows count, then the later last row: the owner of a tile at the end has held it for fewer days. Then the values
/// at the end count, in the order of the columns. Most of them only grow, so the higher ones are the later ones.
fn rank(table: &Table, of: &str, left_out: &str) -> String {
    let names = table.columns.iter().map(|column| column.name);
    let days = table.position("days_owned");
    let days = days.map(|_| format!("-coalesce({of}.days_owned, 0)"));
    let ends = names
        .filter(|name| name.ends_with("_end"))
        .map(|name| format!("coalesce({of}.{name}, {BELOW_EVERY_VALUE})"));
    let parts: Vec<String> = days.into_iter().chain(ends).collect();
    let rows = format!("coalesce({of}.record_count, 0)");
    format!(
        "({rows} + coalesce(({left_out}), 0), {rows}, {})",
        parts.join(", ")
    )
}

/// The second rank, which decides between summaries of the same [`rank`] if no earlier summary says what they begin with.
fn rank_of_start(table: &Table, of: &str) -> String {
    let names = table.columns.iter().map(|column| column.name);
    let is_start = |name: &&str| {
        let is_value = name.ends_with("_start") && *name != "period_start";
        is_value || name.ends_with("_change") || name.ends_with("_changes")
    };
    let parts: Vec<String> = names
        .filter(is_start)
        .map(|name| format!("coalesce({of}.{name}, {BELOW_EVERY_VALUE})"))
        .collect();
    format!("({})", parts.join(", "))
}

/// Inserts the summaries, and returns those that were inserted or have replaced one of a lower [`rank`].
fn insert(
    connection: &Connection,
    history: History,
    table: &Table,
    now: i64,
) -> rusqlite::Result<BTreeSet<Taken>> {
    let name = table.name;
    let columns = column_list(table);
    let values = columns.replace("created_at", "coalesce(nullif(created_at, 0), :now)");
    let names = || table.columns.iter().map(|column| column.name);
    let set: Vec<String> = names()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let entity = schema_of(history).entity;
    let left_out_of = |table: &str| {
        format!(
            "SELECT known.left_out FROM {table} AS known
             WHERE known.period_start = excluded.period_start AND known.entity = "
        )
    };
    let left_out_there = left_out_of("temp.counted") + &format!("excluded.{entity}");
    let left_out_before = left_out_of("main.imported_summaries")
        + &format!("CAST(excluded.{entity} AS TEXT) AND known.history = :history");
    connection
        .prepare(&format!(
            "INSERT INTO main.{name} (id, {columns}, period_end)
             SELECT iif(:keeps_ids, source_id, NULL), {values}, unixepoch(period_start, 'unixepoch', '+1 month')
             FROM temp.imported_{name} WHERE true ORDER BY rowid
             ON CONFLICT DO UPDATE SET {set}
             WHERE EXISTS (
                 SELECT 1 FROM temp.thin
                 WHERE thin.entity = excluded.{entity} AND thin.period_start = excluded.period_start)
             AND ({new} > {old} OR {new} = {old} AND {new_start} > {old_start} AND NOT EXISTS (
                 SELECT 1 FROM main.{name} AS earlier
                 WHERE earlier.{entity} = excluded.{entity} AND +earlier.period_type = 'monthly'
                   AND earlier.period_start < excluded.period_start))
             RETURNING CAST({entity} AS TEXT), period_start",
            set = set.join(", "),
            new = rank(table, "excluded", &left_out_there),
            old = rank(table, name, &left_out_before),
            new_start = rank_of_start(table, "excluded"),
            old_start = rank_of_start(table, name),
        ))?
        .query_map(
            named_params! {
                ":now": now,
                ":keeps_ids": staging::keeps_ids(connection, name)?,
                ":history": history.table(),
            },
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect()
}

/// Records which summaries were imported.
fn record_imported(
    connection: &Connection,
    history: History,
    taken: &BTreeSet<Taken>,
) -> rusqlite::Result<()> {
    let mut mark_summary = connection.prepare(sql!("import/mark_summary"))?;
    for (entity, period_start) in taken {
        mark_summary.execute(named_params! {
            ":history": history.table(),
            ":period_start": period_start,
            ":entity": entity,
        })?;
    }
    Ok(())
}

/// Marks the months of the summaries that were taken, and the later ones, for `summarize`.
fn mark_months(
    connection: &Connection,
    history: History,
    taken: &BTreeSet<Taken>,
    now: i64,
) -> rusqlite::Result<()> {
    let months: BTreeSet<i64> = taken.iter().map(|taken| taken.1).collect();
    for period_start in &months {
        connection.execute(
            sql!("import/mark_month"),
            named_params! { ":history": history.table(), ":period_start": period_start, ":now": now },
        )?;
    }
    if let Some(first) = months.first() {
        connection.execute(
            sql!("import/mark_later"),
            named_params! { ":history": history.table(), ":period_start": first },
        )?;
    }
    Ok(())
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
