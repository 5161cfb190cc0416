//! Reads the ids of a database.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::error::{Error, Exit, Result};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::regular_file::why_no_file;
use crate::store::files::same::refuse_hard_links;
use crate::store::migrate::{APPLICATION_ID, SchemaState};
use crate::store::reading::Reader;
use crate::store::{SCHEMA_VERSION, SqlContext, Store, open, sql};

/// How long to wait for a program that locks the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The ids of an open database of tornsnap.
///
/// # Errors
///
/// [`Exit::Damaged`] if the table has no ids.
pub(super) fn identity(connection: &Connection) -> Result<Identity> {
    let action = "read the id of the database";
    match connection.query_row(sql!("identity/get_identity"), [], identity_from_row) {
        Err(
            rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::SqlInputError { .. },
        ) => Err(Error::new(action)
            .with_source("it is damaged: its table database_identity has no ids")
            .with_exit(Exit::Damaged)),
        found => found.context(action),
    }
}

/// The ids in a row of `database_identity`.
pub(super) fn identity_from_row(row: &Row<'_>) -> rusqlite::Result<Identity> {
    Ok(Identity {
        id: DatabaseId::new(row.get("database_id")?),
        archive_of: row
            .get::<_, Option<String>>("archive_of")?
            .map(DatabaseId::new),
    })
}

/// The kind of file at a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FileIdentity {
    /// No file, or a file that cannot be read as a database.
    NoDatabase,
    /// A database of tornsnap, of any version.
    Ours(Identity),
    /// A database of another program.
    OtherProgram,
    /// A database that another program keeps locked.
    Locked,
}

/// Finds out which database is at a path, without making any file beside it.
pub(crate) fn inspect_identity(database: &Path) -> FileIdentity {
    let connection = match open_if_not_empty(database) {
        Ok(Some(connection)) => connection,
        Err(error) if error.exit() == Exit::TryLater => return FileIdentity::Locked,
        _ => return FileIdentity::NoDatabase,
    };
    match identity(&connection) {
        Ok(identity) => return FileIdentity::Ours(identity),
        Err(error) if error.exit() == Exit::TryLater => return FileIdentity::Locked,
        Err(_) => {}
    }
    let query = |statement| connection.query_row(statement, [], |row| row.get::<_, i64>(0));
    let application = query("PRAGMA application_id");
    let tables = query("SELECT count(*) FROM sqlite_schema");
    match (application, tables) {
        (Ok(0), Ok(0)) => FileIdentity::NoDatabase,
        (Ok(application), Ok(_)) if application != APPLICATION_ID => FileIdentity::OtherProgram,
        _ => FileIdentity::NoDatabase,
    }
}

/// The ids of the database at a path; `None` if there is no database of tornsnap, or it cannot be read.
pub fn identity_of(database: &Path) -> Option<Identity> {
    match inspect_identity(database) {
        FileIdentity::Ours(identity) => Some(identity),
        _ => None,
    }
}

/// A database that this program can use.
#[derive(Debug)]
pub(crate) struct Usable {
    /// Whether the next command that writes brings the schema up to date.
    pub(crate) is_outdated: bool,
}

/// Checks that a database is ours and no archive, and that its schema is known. Makes no file beside it.
///
/// # Errors
///
/// The errors are those of [`Store::open_read_only`] and [`Store::refuse_archive`]. An older schema is none.
pub(crate) fn check_usable(database: &Path) -> Result<Usable> {
    refuse_hard_links(database)?;
    let reader = Reader::open_without_trace(database, BUSY_TIMEOUT)?;
    let is_outdated = match open::inspect(&reader.connection, database)? {
        SchemaState::Empty => return Err(open::empty_error(database)),
        SchemaState::Ours(0) => {
            return Err(
                Error::new(format!("use the database {}", database.display()))
                    .with_source("it has no tables: a run has ended while it made them")
                    .with_help("run `tornsnap init` to make them")
                    .with_exit(Exit::Config),
            );
        }
        SchemaState::Ours(version) => version < SCHEMA_VERSION,
    };
    let identity = identity(&reader.connection)?;
    refuse_archive(database, &identity)?;
    Ok(Usable { is_outdated })
}

fn refuse_archive(database: &Path, identity: &Identity) -> Result<()> {
    if identity.archive_of.is_none() {
        return Ok(());
    }
    Err(Error::new(format!("write to {}", database.display()))
        .with_source(
            "it is the archive of another database, and only `prune` of that one adds rows to it",
        )
        .with_help("name the database itself with --database")
        .with_exit(Exit::Config))
}

/// Opens a database; `None` if the file is missing or shorter than the smallest page.
fn open_if_not_empty(database: &Path) -> Result<Option<Connection>> {
    if why_no_file(database).is_some() {
        return Ok(None);
    }
    // SQLite would remove the WAL of a file without a page.
    let mut head = [0; 512];
    let is_whole = File::open(database).and_then(|mut file| file.read_exact(&mut head));
    if is_whole.is_err() {
        return Ok(None);
    }
    Reader::open_without_trace(database, BUSY_TIMEOUT).map(|reader| Some(reader.connection))
}

impl Store {
    pub(crate) fn identity(&self) -> Result<Identity> {
        identity(self.connection())
    }

    /// Fails if this database is an archive, whose rows belong to another database.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when this is an archive.
    pub(crate) fn refuse_archive(&self) -> Result<()> {
        refuse_archive(self.path(), &self.identity()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_new_database_has_its_own_id() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name| Store::create(&folder.path().join(name)).unwrap();
        let (one, other) = (make("one.db"), make("other.db"));

        assert_ne!(one.identity().unwrap().id, other.identity().unwrap().id);
        assert_eq!(one.identity().unwrap(), one.identity().unwrap());
        assert_eq!(one.identity().unwrap().archive_of, None);
    }
}
