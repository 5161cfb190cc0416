//! Runs SQLite's own checks on a database, and counts its rows.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::{SqlContext, interrupt, sql};

/// The check of SQLite to run. <https://sqlite.org/pragma.html#pragma_quick_check>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Depth {
    /// Every page, the type of every value, NOT NULL, and the number of entries of each index. CHECK constraints only if the
    /// connection can write: SQLite does not read them from the schema of a file that is opened to read.
    Quick,
    /// Also compares each index entry with its row.
    Full,
}

impl Depth {
    /// The name of the pragma, which manifests and reports use too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick_check",
            Self::Full => "integrity_check",
        }
    }
}

/// Runs all checks on a copy and counts the rows of each table. `what` names the file in errors.
///
/// # Errors
///
/// [`Exit::Damaged`] with the first problem.
pub(super) fn verify(
    connection: &Connection,
    depth: Depth,
    what: &str,
) -> Result<BTreeMap<String, i64>> {
    integrity(connection, depth, what)?;
    foreign_keys(connection, what)?;
    row_counts(connection)
}

/// Runs the check that `depth` names. `what` names the file in errors.
///
/// # Errors
///
/// [`Exit::Damaged`] with the first problem.
pub(super) fn integrity(connection: &Connection, depth: Depth, what: &str) -> Result<()> {
    integrity_of(connection, "main", depth, what)
}

/// Like [`integrity`], for the attached database `schema`.
pub(super) fn integrity_of(
    connection: &Connection,
    schema: &str,
    depth: Depth,
    what: &str,
) -> Result<()> {
    let action = || format!("verify {what}");
    let pragma = format!("PRAGMA {schema}.{}(1)", depth.as_str());
    let first: String = connection
        .query_row(&pragma, [], |row| row.get(0))
        .context(action())?;
    if first == "ok" {
        return Ok(());
    }
    // If SQLite is interrupted within a page, it reports that as a line of text instead of an error.
    interrupt::check().with_context(action)?;
    Err(Error::new(action())
        .with_source(describe(&first))
        .with_exit(Exit::Damaged))
}

/// The words of SQLite about a page that it cannot use, which have the name of one of its functions. The code follows.
const UNREADABLE_PAGE: &str = "btreeInitPage() returns error code ";

/// A problem that SQLite has found, in one line. SQLite puts the name of the schema before it, which is always `main`.
pub(super) fn describe(problem: &str) -> String {
    let lines = problem.lines().filter(|line| !line.starts_with("***"));
    let lines: Vec<String> = lines
        .map(|line| line.replace(UNREADABLE_PAGE, "the page is malformed: SQLite error "))
        .collect();
    format!("it is damaged: {}", lines.join("; "))
}

/// Checks all foreign keys.
///
/// # Errors
///
/// [`Exit::Damaged`] with the first row whose parent row is missing.
pub(super) fn foreign_keys(connection: &Connection, what: &str) -> Result<()> {
    let action = || format!("verify {what}");
    let mut statement = connection
        .prepare("PRAGMA foreign_key_check")
        .context(action())?;
    let mut rows = statement.query([]).context(action())?;
    let Some(row) = rows.next().context(action())? else {
        return Ok(());
    };
    let read = || -> rusqlite::Result<(String, Option<i64>, String)> {
        Ok((row.get("table")?, row.get("rowid")?, row.get("parent")?))
    };
    let (table, rowid, parent) = read().context(action())?;
    Err(Error::new(action())
        .with_source(format!(
            "row {} of {table} refers to a row of {parent} that does not exist",
            rowid.map_or_else(|| "?".to_owned(), |rowid| rowid.to_string())
        ))
        .with_exit(Exit::Damaged))
}

/// The number of rows of each table.
pub(super) fn row_counts(connection: &Connection) -> Result<BTreeMap<String, i64>> {
    let count = || -> rusqlite::Result<BTreeMap<String, i64>> {
        tables(connection)?
            .into_iter()
            .map(|table| {
                let rows = row_count(connection, &table)?;
                Ok((table, rows))
            })
            .collect()
    };
    count().context("count the rows")
}

/// The names of all tables, in the order of [`row_counts`].
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare(sql!("backup/list_tables"))?
        .query_map([], |row| row.get("name"))?
        .collect()
}

/// The number of rows of one table.
pub(super) fn row_count(connection: &Connection, table: &str) -> rusqlite::Result<i64> {
    let statement = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
    connection.query_row(&statement, [], |row| row.get(0))
}
