//! Runs numbered migrations, which `schema_version` records, and then creates all views again.
//!
//! A migration may rebuild any table: create a new table, copy the rows, drop the old table, rename the new one. It then
//! also creates the indexes and triggers of the dropped table again. Migrations run with `legacy_alter_table = ON`, so
//! that such a rename does not change the triggers of other tables. A migration that really renames a table sets it
//! `OFF` first. <https://sqlite.org/lang_altertable.html#otheralter>

#[cfg(test)]
mod tests;
mod user_objects;

use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use crate::error::{Error, Exit, Result};
use crate::store::check::{self, Depth};
use crate::store::{SqlContext, open, sequences, sql, transaction};

/// "TSNP": the application id in the header of our databases.
pub(super) const APPLICATION_ID: i64 = 0x5453_4E50;

/// The number, the statements and the description of a migration.
pub(super) type Migration<'a> = (i64, &'a str, &'a str);

/// All migrations in order, and the views of the newest schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema<'a> {
    pub(super) migrations: &'a [Migration<'a>],
    pub(super) views: &'a str,
}

impl Schema<'_> {
    /// The number of the newest migration.
    pub(super) fn version(&self) -> i64 {
        self.migrations.last().map_or(0, |(number, ..)| *number)
    }
}

pub(super) const MIGRATIONS: [Migration<'_>; 1] =
    [(1, sql!("migrations/0001_initial"), "Initial schema")];

/// The schema of this program.
pub(super) const SCHEMA: Schema<'_> = Schema {
    migrations: &MIGRATIONS,
    views: sql!("views"),
};

/// The newest schema version that this program knows.
pub(crate) const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// The schema that a file has.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum SchemaState {
    /// A database without tables.
    Empty,
    /// A database of tornsnap with this schema version.
    Ours(i64),
}

/// Reads the schema version; fails for a database of another program or of a newer tornsnap.
pub(super) fn inspect(connection: &Connection, path: &str, newest: i64) -> Result<SchemaState> {
    let action = format!("read the database {path}");
    let application_id: i64 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .context(action.clone())?;
    if application_id == 0 && count_objects(connection).context(action.clone())? == 0 {
        return Ok(SchemaState::Empty);
    }
    if application_id != APPLICATION_ID {
        return Err(Error::new(format!("use the database {path}"))
            .with_source("it belongs to another program")
            .with_help("name another file with --database; this one was left as it is")
            .with_exit(Exit::Config));
    }
    let recorded = recorded(connection).context(action.clone())?;
    if !recorded.is_unbroken {
        // Damage can change the numbers. Then they name a schema that no tornsnap has made.
        check::integrity(connection, Depth::Quick, path).map_err(|error| {
            let exit = error.exit();
            let causes = error.causes().join(": ");
            Error::new(action.clone())
                .with_source(causes)
                .with_exit(exit)
        })?;
    }
    match recorded.newest {
        Some(version) if version > newest => Err(Error::new(format!("use the database {path}"))
            .with_source(format!(
                "a newer tornsnap wrote it (schema {version}; this one knows {newest})"
            ))
            .with_help("update tornsnap; the file was left as it is")
            .with_exit(Exit::Config)),
        Some(version) if recorded.is_unbroken => {
            if version == SCHEMA_VERSION {
                check_tables(connection, action)?;
            }
            Ok(SchemaState::Ours(version))
        }
        _ => Err(damaged(
            action,
            "its table schema_version does not tell which schema it has",
        )),
    }
}

/// Fails if a table of the newest schema, or the row with the ids, is missing. SQLite's own checks do not find that.
fn check_tables(connection: &Connection, action: String) -> Result<()> {
    let missing: Option<String> = connection
        .query_row(sql!("schema/find_missing_table"), [], |row| row.get("name"))
        .optional()
        .context(action.clone())?;
    if let Some(table) = missing {
        return Err(damaged(action, &format!("its table {table} is missing")));
    }
    let has_identity: bool = connection
        .query_row(sql!("schema/has_identity"), [], |row| {
            row.get("has_identity")
        })
        .context(action.clone())?;
    if !has_identity {
        return Err(damaged(action, "its table database_identity is empty"));
    }
    Ok(())
}

fn damaged(action: String, why: &str) -> Error {
    Error::new(action)
        .with_source(format!("it is damaged: {why}"))
        .with_exit(Exit::Damaged)
}

/// Runs all missing migrations in one transaction, so that a failure leaves the old schema.
///
/// Returns a warning for each view, index and trigger of the user that does not work with the new schema.
pub(super) fn migrate(connection: &mut Connection, schema: &Schema<'_>) -> Result<Vec<String>> {
    let set_migration_mode = |connection: &Connection, is_migrating: bool| {
        // foreign_keys cannot be set in a transaction. With ON, DROP TABLE deletes the rows of the table first, which the
        // foreign keys of other tables refuse or, with ON DELETE CASCADE, follow.
        let (foreign_keys, legacy) = if is_migrating {
            ("OFF", "ON")
        } else {
            ("ON", "OFF")
        };
        connection
            .execute_batch(&format!(
                "PRAGMA foreign_keys = {foreign_keys}; PRAGMA legacy_alter_table = {legacy};"
            ))
            .context("set up the schema migration")
    };
    set_migration_mode(connection, true)?;
    // The version is read in the transaction, because another process may run the same migration now.
    let migrated = transaction(connection, |transaction| run_missing(transaction, schema));
    let is_reset = set_migration_mode(connection, false);
    // The error of the migration comes first.
    let warnings = migrated?;
    is_reset?;
    Ok(warnings)
}

fn run_missing(transaction: &Transaction<'_>, schema: &Schema<'_>) -> Result<Vec<String>> {
    let recorded = recorded(transaction).context("read the schema version")?;
    let found = recorded.newest.unwrap_or(0);
    if found >= schema.version() {
        return Ok(Vec::new());
    }
    let (user_objects, sequences) = if found == 0 {
        (Vec::new(), Vec::new())
    } else {
        // ALTER TABLE fails if a view or trigger refers to the changed table.
        let user_objects = user_objects::drop_all(transaction)?;
        drop_views(transaction)?;
        (user_objects, sequences::read(transaction)?)
    };
    for (number, statements, description) in schema.migrations {
        if *number <= found {
            continue;
        }
        transaction
            .execute_batch(statements)
            .and_then(|()| {
                transaction.execute(
                    "INSERT INTO schema_version (version, description) VALUES (:version, :description)",
                    named_params! { ":version": number, ":description": description },
                )
            })
            .context(format!("migrate the schema to version {number}"))?;
    }
    sequences::raise(transaction, &sequences)?;
    transaction
        .execute_batch(schema.views)
        .context("create the views")?;
    for statement in [
        sql!("schema/delete_program_objects"),
        sql!("schema/record_program_objects"),
    ] {
        transaction
            .execute(statement, [])
            .context("record the objects of the schema")?;
    }
    // A new database has only our own views and triggers, which the tests compile.
    if found > 0 {
        check_compiles(transaction).context("compile the views and triggers of the new schema")?;
    }
    let warnings = user_objects::restore(transaction, user_objects)?;
    check_references(transaction)?;
    Ok(warnings)
}

/// Drops all views of earlier schemas, including those that this schema no longer has.
fn drop_views(transaction: &Transaction<'_>) -> Result<()> {
    let views: Vec<String> = transaction
        .prepare(sql!("schema/list_program_views"))
        .and_then(|mut statement| statement.query_map([], |row| row.get("name"))?.collect())
        .context("list the views")?;
    for view in views {
        transaction
            .execute_batch(&format!("DROP VIEW {}", quoted(&view)))
            .context(format!("replace the view {view}"))?;
    }
    Ok(())
}

/// The tables of the newest schema, without the views, in memory.
pub(super) fn tables_in_memory() -> Result<Connection> {
    let connection = open::connect_to_memory()?;
    for (_, statements, _) in &MIGRATIONS {
        connection
            .execute_batch(statements)
            .context("create the tables in memory")?;
    }
    Ok(connection)
}

/// Fails when a view or trigger does not compile.
///
/// SQLite compiles all of them when a table is renamed, so this renames an empty table that is rolled back.
fn check_compiles(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "SAVEPOINT probe;
         PRAGMA legacy_alter_table = OFF;
         CREATE TABLE tornsnap_probe (a);",
    )?;
    let renamed =
        connection.execute_batch("ALTER TABLE tornsnap_probe RENAME TO tornsnap_probe_renamed");
    connection.execute_batch(
        "ROLLBACK TO probe; RELEASE probe;
         PRAGMA legacy_alter_table = ON;",
    )?;
    renamed
}

/// Fails when a foreign key refers to a missing table or a missing row.
fn check_references(transaction: &Transaction<'_>) -> Result<()> {
    let action = || Error::new("migrate the schema").with_help("report this; nothing was changed");
    let missing: Option<(String, String)> = transaction
        .query_row(sql!("schema/list_missing_parents"), [], |row| {
            Ok((row.get("child")?, row.get("parent")?))
        })
        .optional()
        .context("check the references")?;
    if let Some((child, parent)) = missing {
        return Err(action().with_source(format!(
            "{child} refers to the table {parent}, which is not there"
        )));
    }
    check::foreign_keys(transaction, "the new schema")
        .map_err(|error| action().with_source(error.one_line()))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The migrations that the table `schema_version` records.
struct Recorded {
    /// The newest one; 0 in a database without tables, and `None` if that cannot be read.
    newest: Option<i64>,
    /// Whether they are numbered from 1 without a gap, as every tornsnap writes them.
    is_unbroken: bool,
}

impl Recorded {
    const UNREADABLE: Self = Self {
        newest: None,
        is_unbroken: false,
    };
}

fn recorded(connection: &Connection) -> rusqlite::Result<Recorded> {
    if !connection.table_exists(Some("main"), "schema_version")? {
        // A run that is killed while it makes a database leaves none of the tables.
        return Ok(match count_objects(connection)? {
            0 => Recorded {
                newest: Some(0),
                is_unbroken: true,
            },
            _ => Recorded::UNREADABLE,
        });
    }
    let read = connection.query_row(sql!("schema/get_version"), [], |row| {
        Ok(Recorded {
            newest: row.get("newest")?,
            is_unbroken: row.get("is_unbroken")?,
        })
    });
    match read {
        // A value of another type, or a table without the column.
        Err(rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::SqlInputError { .. }) => {
            Ok(Recorded::UNREADABLE)
        }
        read => read,
    }
}

/// The number of tables, views, indexes and triggers.
pub(super) fn count_objects(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}
