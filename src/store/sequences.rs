//! The highest ids that the tables with AUTOINCREMENT have assigned. SQLite assigns only higher ones.
//!
//! Some of these rows are gone: pruned, moved to an archive, or recorded after the backup that was restored.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::store::{SqlContext, sql};

/// The highest id that each table has assigned.
pub(super) fn read(connection: &Connection) -> Result<Vec<(String, i64)>> {
    connection
        .prepare(sql!("schema/list_sequences"))
        .and_then(|mut statement| {
            statement
                .query_map([], |row| Ok((row.get("name")?, row.get("seq")?)))?
                .collect()
        })
        .context("read the highest ids")
}

/// Raises the highest ids, so that none of these ids is assigned again.
pub(super) fn raise(connection: &Connection, sequences: &[(String, i64)]) -> Result<()> {
    for (name, seq) in sequences {
        let parameters = named_params! { ":name": name, ":seq": seq };
        connection
            .execute(sql!("schema/raise_sequence"), parameters)
            .and_then(|raised| match raised {
                0 => connection.execute(sql!("schema/add_sequence"), parameters),
                raised => Ok(raised),
            })
            .context(format!("keep the highest id of {name}"))?;
    }
    Ok(())
}
