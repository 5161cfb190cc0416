//! The sizes of Torn's war lists, for `fetch --plan`.

use rusqlite::named_params;

use crate::error::Result;
use crate::model::war::WarType;
use crate::store::{SqlContext, Store, sql};

/// The estimated size of the game-wide list of one type of war, counted from the stored wars.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct WarListSize {
    /// All stored wars of the type.
    pub(crate) stored: u64,
    /// Stored wars that start no earlier than the oldest unfinished one.
    pub(crate) up_to_oldest_unfinished: u64,
}

impl Store {
    pub(crate) fn war_list_size(&self, war_type: WarType) -> Result<WarListSize> {
        self.connection()
            .query_row(
                sql!("plan/count_wars"),
                named_params! { ":war_type": war_type },
                |row| {
                    Ok(WarListSize {
                        stored: row.get("stored")?,
                        up_to_oldest_unfinished: row.get("up_to_oldest_open")?,
                    })
                },
            )
            .context("count the wars")
    }
}
