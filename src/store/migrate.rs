//! Numbered migrations, each recorded in `schema_version`, and the views, made anew after them.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, named_params};

use crate::error::{Error, Exit, Result};
use crate::store::{Failed, sql};

/// "TSNP": says in the file's header whose it is.
pub(super) const APPLICATION_ID: i64 = 0x5453_4E50;

/// Number, statements and description of a migration.
pub(super) type Migration = (i64, &'static str, &'static str);

/// All migrations, in order.
pub(super) const MIGRATIONS: [Migration; 1] =
    [(1, sql!("migrations/0001_initial"), "Initial schema")];

/// The newest schema that this program knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// What stands at a path.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// A database without any table: a new one.
    Empty,
    /// One of ours at this version.
    Ours(i64),
}

/// Says what a database is, and refuses one that is not ours or newer than this program.
pub(super) fn inspect(connection: &Connection, path: &str, newest: i64) -> Result<Found> {
    let look = format!("read the database {path}");
    let application_id: i64 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .failed(look.clone())?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .failed(look.clone())?;
    if application_id == 0 && tables == 0 {
        return Ok(Found::Empty);
    }
    if application_id != APPLICATION_ID {
        return Err(Error::new(format!("use the database {path}"))
            .because("it belongs to another program")
            .try_this("name another file with --database; this one was left as it is")
            .exits(Exit::Config));
    }
    let version = version(connection).failed(look)?.unwrap_or(0);
    if version > newest {
        return Err(Error::new(format!("use the database {path}"))
            .because(format!(
                "a newer tornsnap wrote it (schema {version}; this one knows {newest})"
            ))
            .try_this("update tornsnap; the file was left as it is")
            .exits(Exit::Config));
    }
    Ok(Found::Ours(version))
}

/// Runs the migrations that the file has not seen, all in one transaction: a failed one leaves the old schema.
pub(super) fn migrate(connection: &mut Connection, migrations: &[Migration]) -> Result<()> {
    // Immediate, and the version is read inside: another process may be doing the same right now.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .failed("start the schema migration")?;
    let found = version(&transaction)
        .failed("read the schema version")?
        .unwrap_or(0);
    let missing: Vec<&Migration> = migrations
        .iter()
        .filter(|(number, ..)| *number > found)
        .collect();
    for (number, statements, description) in &missing {
        transaction
            .execute_batch(statements)
            .and_then(|()| {
                transaction.execute(
                    "INSERT INTO schema_version (version, description) VALUES (:version, :description)",
                    named_params! { ":version": number, ":description": description },
                )
            })
            .failed(format!("migrate the schema to version {number}"))?;
    }
    if !missing.is_empty() {
        make_views(&transaction)?;
    }
    transaction.commit().failed("finish the schema migration")
}

/// Replaces all views by those of this program.
fn make_views(transaction: &Transaction<'_>) -> Result<()> {
    let views: Vec<String> = transaction
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .failed("list the views")?;
    for view in views {
        transaction
            .execute_batch(&format!("DROP VIEW \"{view}\""))
            .failed(format!("replace the view {view}"))?;
    }
    transaction
        .execute_batch(sql!("views"))
        .failed("make the views")
}

/// The newest migration recorded in the file; `None` without a table of them.
fn version(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let table: Option<i64> = connection
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    match table {
        None => Ok(None),
        Some(_) => connection.query_row("SELECT max(version) FROM schema_version", [], |row| {
            row.get(0)
        }),
    }
}
