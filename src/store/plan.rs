//! The sizes of the lists that a run would read, for a plan.

use rusqlite::named_params;

use crate::error::Result;
use crate::model::war::WarType;
use crate::store::{SqlContext, Store, sql};

/// How long the list of one type of war is, as far as it is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct WarListSize {
    /// All wars of that type.
    pub(crate) stored: u64,
    /// Wars that begin no earlier than the oldest one that has not ended.
    pub(crate) up_to_oldest_open: u64,
}

impl Store {
    /// How many wars a reader of the game-wide list would meet before everything is over.
    pub(crate) fn war_list_size(&self, war_type: WarType) -> Result<WarListSize> {
        self.connection()
            .query_row(
                sql!("plan/war_list"),
                named_params! { ":war_type": war_type },
                |row| {
                    Ok(WarListSize {
                        stored: row.get("stored")?,
                        up_to_oldest_open: row.get("up_to_oldest_open")?,
                    })
                },
            )
            .context("count the wars")
    }
}
