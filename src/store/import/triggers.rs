//! Suspends our own triggers while an import writes states. Triggers that the user has made run as ever.
//!
//! Our triggers record a move at the time of the newest state. The import writes the memberships itself, each at the time
//! when it was first seen.

use rusqlite::Connection;

use crate::error::Result;
use crate::store::{SqlContext, sql};

/// The triggers that were dropped. They are restored in the same transaction, so a failure drops none.
pub(super) struct Suspended(Vec<String>);

/// Drops our triggers.
pub(super) fn drop_own(connection: &Connection) -> Result<Suspended> {
    let work = || -> rusqlite::Result<Vec<String>> {
        let found: Vec<(String, String)> = connection
            .prepare(sql!("import/list_triggers"))?
            .query_map([], |row| Ok((row.get("name")?, row.get("sql")?)))?
            .collect::<Result<_, _>>()?;
        for (name, _) in &found {
            connection.execute_batch(&format!("DROP TRIGGER main.{name}"))?;
        }
        Ok(found.into_iter().map(|(_, statement)| statement).collect())
    };
    work().context("set up the import").map(Suspended)
}

impl Suspended {
    pub(super) fn restore(self, connection: &Connection) -> Result<()> {
        self.0
            .iter()
            .try_for_each(|statement| connection.execute_batch(statement))
            .context("finish the import")
    }
}
