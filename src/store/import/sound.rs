//! Checks another database of tornsnap before anything is read from it, so that damage names the place and a remedy.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::shell_word;
use crate::store::check::{self, Depth};
use crate::store::{SqlContext, interrupt, migrate, sql};

/// Runs SQLite's `quick_check`, and names the table that is damaged.
///
/// It finds no broken CHECK constraint on a connection that only reads. So the values of each row are checked when it is copied.
pub(super) fn check_pages(connection: &Connection, path: &Path) -> Result<()> {
    let what = path.display().to_string();
    let Err(error) = check::integrity(connection, Depth::Quick, &what) else {
        return Ok(());
    };
    if error.exit() != Exit::Damaged {
        return Err(error);
    }
    let action = || format!("import {what}");
    let table = damaged_table(connection);
    // An interrupted check is no damage.
    interrupt::check().with_context(action)?;
    let causes = error.causes().join(": ");
    Err(Error::new(action())
        .with_source(match table {
            Some(table) => format!("{causes} (in the table {table})"),
            None => causes,
        })
        .with_exit(Exit::Damaged))
}

/// The first table in which SQLite finds damage.
fn damaged_table(connection: &Connection) -> Option<String> {
    // Damage may keep SQLite from reading the schema, too.
    let tables = check::tables(connection).unwrap_or_default();
    tables.into_iter().find(|table| {
        let problem: rusqlite::Result<String> = connection.query_row(
            sql!("schema/check_table"),
            named_params! { ":table": table },
            |row| row.get("problem"),
        );
        // The check itself fails at a page that SQLite cannot read at all.
        problem.map_or(true, |problem| problem != "ok")
    })
}

/// A part of the schema that is missing.
struct Missing {
    table: String,
    column: Option<String>,
    index: Option<String>,
    definition: Option<String>,
}

/// Fails if a column of a table, or an index that statements name, is missing. The file has the newest schema.
pub(super) fn check_schema(connection: &Connection, path: &Path) -> Result<()> {
    let action = || format!("read the schema of {}", path.display());
    let parts: String = migrate::tables_in_memory()?
        .query_row(sql!("schema/list_parts"), [], |row| row.get("parts"))
        .context("list the columns of the tables")?;
    let missing = connection
        .query_row(
            sql!("schema/find_missing_part"),
            named_params! { ":parts": parts },
            |row| {
                Ok(Missing {
                    table: row.get("table")?,
                    column: row.get("column")?,
                    index: row.get("index")?,
                    definition: row.get("definition")?,
                })
            },
        )
        .optional()
        .context(action())?;
    missing.map_or(Ok(()), |missing| Err(missing.error(path)))
}

impl Missing {
    fn error(&self, path: &Path) -> Error {
        let table = &self.table;
        let error = Error::new(format!("import {}", path.display())).with_exit(Exit::Damaged);
        let Some(index) = &self.index else {
            let column = self.column.as_deref().unwrap_or_default();
            return error
                .with_source(format!(
                    "it is damaged: its table {table} has no column {column}"
                ))
                .with_help(
                    "import an older backup, or give a column that was renamed its name again",
                );
        };
        let definition = self.definition.as_deref().unwrap_or_default();
        // In one line.
        let definition = definition.split_whitespace().collect::<Vec<_>>().join(" ");
        error
            .with_source(format!(
                "it is damaged: the index {index} of its table {table} is missing"
            ))
            .with_help(format!(
                "create it again: `sqlite3 {} \"{definition}\"`, or import an older backup",
                shell_word(path)
            ))
    }
}
