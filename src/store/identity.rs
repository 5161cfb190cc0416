//! Reads which database a file is.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Exit, Result};
use crate::model::identity::{DatabaseId, Identity};
use crate::store::migrate::APPLICATION_ID;
use crate::store::reading::Reader;
use crate::store::{SqlContext, Store, sql};

/// How long to wait for a program that keeps the database to itself.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The ids of an open database of ours.
pub(super) fn identity(connection: &Connection) -> Result<Identity> {
    connection
        .query_row(sql!("identity/read"), [], |row| {
            Ok(Identity {
                id: DatabaseId::new(row.get("database_id")?),
                archive_of: row
                    .get::<_, Option<String>>("archive_of")?
                    .map(DatabaseId::new),
            })
        })
        .context("read the id of the database")
}

/// The database at a path, as far as it can be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum FileIdentity {
    /// Nothing, or nothing that can be read as a database.
    Nothing,
    /// A database of ours, of whatever version.
    Ours(Identity),
    /// A database of another program.
    Foreign,
    /// A database that another program keeps locked.
    Held,
}

/// Looks which database stands at a path, and leaves no trace of that.
pub(crate) fn inspect_identity(database: &Path) -> FileIdentity {
    let connection = match reader(database) {
        Ok(Some(connection)) => connection,
        Err(error) if error.exit() == Exit::TryLater => return FileIdentity::Held,
        _ => return FileIdentity::Nothing,
    };
    match identity(&connection) {
        Ok(identity) => return FileIdentity::Ours(identity),
        Err(error) if error.exit() == Exit::TryLater => return FileIdentity::Held,
        Err(_) => {}
    }
    let number = |statement| connection.query_row(statement, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id");
    let tables = number("SELECT count(*) FROM sqlite_schema");
    match (application, tables) {
        (Ok(0), Ok(0)) => FileIdentity::Nothing,
        (Ok(application), Ok(_)) if application != APPLICATION_ID => FileIdentity::Foreign,
        _ => FileIdentity::Nothing,
    }
}

/// The ids of the database at a path; `None` where there is none of ours, or where it cannot be read.
pub fn identity_of(database: &Path) -> Option<Identity> {
    match inspect_identity(database) {
        FileIdentity::Ours(identity) => Some(identity),
        _ => None,
    }
}

/// `None` for a file without a page.
fn reader(database: &Path) -> Result<Option<Connection>> {
    // SQLite would remove the WAL of a file without a page.
    let mut head = [0; 512];
    let is_whole = File::open(database).and_then(|mut file| file.read_exact(&mut head));
    if is_whole.is_err() {
        return Ok(None);
    }
    Reader::without_trace(database, BUSY_TIMEOUT).map(|reader| Some(reader.connection))
}

impl Store {
    /// The ids of this database.
    pub(crate) fn identity(&self) -> Result<Identity> {
        identity(self.connection())
    }

    /// Refuses an archive, whose rows belong to another database.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when this is an archive.
    pub(crate) fn must_not_be_an_archive(&self) -> Result<()> {
        if self.identity()?.archive_of.is_none() {
            return Ok(());
        }
        Err(Error::new(format!("write to {}", self.path().display()))
            .with_source("it is the archive of another database, and only `tornsnap prune` of that one adds rows to it")
            .with_help("name the database itself with --database")
            .with_exit(Exit::Config))
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
