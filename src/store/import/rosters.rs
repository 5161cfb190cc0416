//! Members who were not on a newer roster of their faction.
//!
//! An imported state of a player may be newer than ours, and name a faction whose roster was read later here, without the
//! player. Then the player had left.

use rusqlite::Connection;

use crate::error::Result;
use crate::store::{SqlContext, sql};

/// Finds when our own fetches have read rosters. It runs before the imported states are merged.
pub(super) fn find(connection: &Connection) -> Result<()> {
    connection
        .execute(sql!("import/find_rosters"), [])
        .map(drop)
        .context("find the rosters that were read here")
}

/// Removes the imported members who are not on a newer roster.
pub(super) fn remove_leavers(connection: &Connection) -> Result<()> {
    connection
        .execute(sql!("import/remove_leavers"), [])
        .map(drop)
        .context("remove members who have left")
}
