//! Finds the stored rows that rows of a file without seconds repeat.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::recorder::layout;
use crate::model::import::rules::Table;
use crate::store::import::staging::entity_list;
use crate::store::{SqlContext, sql};

/// Gives imported history rows without seconds the exact time of the stored row that they repeat. Rows that repeat none follow
/// the row before them in the file.
pub(super) fn to_stored_rows(connection: &Connection, table: &Table) -> Result<()> {
    let Some(history) = History::from_table_name(table.name) else {
        return Ok(());
    };
    let statement = match history {
        History::Players => sql!("import/snap_players"),
        History::Factions => sql!("import/snap_factions"),
        History::Wars => sql!("import/snap_wars"),
        History::Territories => sql!("import/snap_territories"),
    };
    [&number_occurrences(history), statement, &space(history)]
        .into_iter()
        .try_for_each(|statement| connection.execute(statement, []).map(drop))
        .context("compare the times without seconds")
}

/// Numbers the rows without seconds that have the same values at the same time. The second of them repeats the second stored row.
fn number_occurrences(history: History) -> String {
    let layout = layout(history);
    let columns = &layout.table.columns;
    let facts: Vec<&str> = layout
        .facts
        .iter()
        .map(|&index| columns[index].name)
        .collect();
    format!(
        "UPDATE temp.imported_{table} AS found SET coarse_at = {time}, occurrence = numbered.occurrence
         FROM (
             SELECT rowid AS row, row_number() OVER (
                 PARTITION BY {entity}, {time}, {facts} ORDER BY coalesce(source_id, rowid), rowid) AS occurrence
             FROM temp.imported_{table} WHERE within > 0
         ) AS numbered
         WHERE numbered.row = found.rowid",
        table = history.table(),
        time = columns[layout.time].name,
        entity = entity_list(&layout),
        facts = facts.join(", "),
    )
}

/// Gives the other rows without seconds seconds of their own, in the order of the file: each comes after the row before it.
fn space(history: History) -> String {
    let layout = layout(history);
    let entity = entity_list(&layout);
    format!(
        "UPDATE temp.imported_{table} AS found SET {time} = min(placed.at, coarse_at + within - 1)
         FROM (
             SELECT row, max(at - place) OVER (PARTITION BY {entity} ORDER BY place) + place AS at
             FROM (
                 SELECT rowid AS row, {entity}, {time} AS at, row_number() OVER (
                     PARTITION BY {entity} ORDER BY coalesce(coarse_at, {time}), coalesce(source_id, rowid), rowid) AS place
                 FROM temp.imported_{table})
         ) AS placed
         WHERE placed.row = found.rowid AND found.{time} = found.coarse_at",
        table = history.table(),
        time = layout.table.columns[layout.time].name,
    )
}
