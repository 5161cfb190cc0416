//! Reads the values that `demo` shows at its end.

use rusqlite::OptionalExtension;
use rusqlite::types::FromSql;

use crate::error::Result;
use crate::store::{SqlContext, Store, sql};

/// Ids with history rows; `None` if there are none.
#[derive(Debug)]
pub(crate) struct ExampleIds {
    pub(crate) player: Option<i64>,
    pub(crate) war: Option<i64>,
    pub(crate) territory: Option<String>,
}

/// The gains of a player in a month.
#[derive(Debug)]
pub(crate) struct LeagueRow {
    pub(crate) month: String,
    pub(crate) name: String,
    pub(crate) level_change: Option<i64>,
    pub(crate) networth_change: i64,
}

impl Store {
    pub(crate) fn example_ids(&self) -> Result<ExampleIds> {
        Ok(ExampleIds {
            player: self.first_value(sql!("demo/pick_player"))?,
            war: self.first_value(sql!("demo/pick_war"))?,
            territory: self.first_value(sql!("demo/pick_territory"))?,
        })
    }

    fn first_value<T: FromSql>(&self, statement: &str) -> Result<Option<T>> {
        self.connection()
            .query_row(statement, [], |row| row.get(0))
            .optional()
            .context("look for an example")
    }

    /// The players who gained most in the newest summarized month.
    pub(crate) fn league(&self) -> Result<Vec<LeagueRow>> {
        let list = || -> rusqlite::Result<Vec<LeagueRow>> {
            self.connection()
                .prepare(sql!("demo/list_league"))?
                .query_map([], |row| {
                    Ok(LeagueRow {
                        month: row.get("month")?,
                        name: row.get("name")?,
                        level_change: row.get("level_change")?,
                        networth_change: row.get("networth_change")?,
                    })
                })?
                .collect()
        };
        list().context("read who gained most")
    }
}
