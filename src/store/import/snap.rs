//! Finds the stored rows that rows of a file without seconds repeat.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::rules::Table;
use crate::store::{SqlContext, sql};

/// Gives imported history rows without seconds the exact time of the stored row that they repeat, if there is one.
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
    connection
        .execute(statement, [])
        .map(drop)
        .context("compare the times without seconds")
}
