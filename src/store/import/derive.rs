//! Derives what a source does not have, from the rows that it has.

use rusqlite::Connection;

use crate::error::Result;
use crate::store::{SqlContext, sql};

/// Fills the temporary tables of observations, memberships and states of tiles.
pub(super) fn missing_tables(target: &Connection) -> Result<()> {
    for statement in [
        sql!("import/derive_territories"),
        sql!("import/derive_memberships"),
        sql!("import/observe_players"),
        sql!("import/observe_factions"),
        sql!("import/observe_territories"),
    ] {
        target
            .execute(statement, [])
            .context("derive the observations")?;
    }
    Ok(())
}
