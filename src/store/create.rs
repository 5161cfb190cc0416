//! Creates databases. A new database gets its name only when it is complete, its mode is 0600 from the start, and it
//! never replaces a file with contents.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Exit, Result, WithContext};
use crate::model::path::{display_path, folder_of};
use crate::store::handle::{Access, Store};
use crate::store::migrate::{self, SCHEMA};
use crate::store::{SqlContext, open, owner, restore_marker};

impl Store {
    /// Creates the database if it is missing, and migrates it to the newest schema.
    ///
    /// A new database is built under a temporary name and then renamed, so that several processes may do this at once.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when the folder cannot be written, or the file is not a database of tornsnap.
    pub fn create(path: &Path) -> Result<Self> {
        Self::create_for(path, path)
    }

    /// Like [`Store::create`], but a new file gets the owner of `database`.
    ///
    /// # Errors
    ///
    /// As [`Store::create`].
    pub(crate) fn create_for(path: &Path, database: &Path) -> Result<Self> {
        if !path.exists() {
            if restore_marker::marker(path).exists() {
                open::check_is_file(path)?; // Reports the unfinished restore.
            }
            build(path, database)?;
        }
        if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
            // `touch` or an interrupted copy leaves an empty file. It holds no data.
            initialise(path, |_| Ok(()))?;
        }
        Self::open(path)
    }

    /// Checks that [`Store::create`] would not refuse the file at `path`. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when there is another file, or a database of a newer tornsnap.
    pub(crate) fn check_existing(path: &Path) -> Result<()> {
        if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
            return Ok(());
        }
        Self::open_without_trace(path).map(drop)
    }

    /// Creates a database in memory, for use before there is a file.
    pub fn in_memory() -> Result<Self> {
        let path = PathBuf::from(":memory:");
        let mut connection = open::connect_to_memory()?;
        migrate::migrate(&mut connection, &SCHEMA)?;
        Ok(Self {
            connection,
            path,
            access: Access::Memory,
        })
    }
}

/// Builds a new database under a temporary name and renames it, unless another process was quicker.
fn build(path: &Path, database: &Path) -> Result<()> {
    let action = || format!("make the database {}", path.display());
    let folder = folder_of(path);
    let not_writable = |error: std::io::Error| {
        let error =
            owner::explain_folder(action(), folder, database, error).with_exit(Exit::Config);
        if error.help().is_some() {
            return error;
        }
        error.with_help(format!(
            "check that {} is a folder and can be written, or name another place with --database",
            folder.display()
        ))
    };
    owner::make_folder(folder, database).map_err(not_writable)?;
    // tempfile creates it with mode 0600.
    let temporary = tempfile::Builder::new()
        .prefix(".tornsnap-new-")
        .tempfile_in(folder)
        .map_err(not_writable)?;
    owner::give_to_owner(temporary.as_file(), temporary.path(), database);
    initialise(temporary.path(), |_| Ok(()))
        .map_err(|error| error.with_known_name(temporary.path(), &display_path(path)))?;
    match temporary.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(_) if path.exists() => Ok(()), // Another process was quicker.
        Err(error) => Err(error.error).with_context(action),
    }
}

/// Turns an empty file into a database, and runs `finish` on it.
///
/// On return the WAL is empty, so that the file may be renamed. Dropping the connection would checkpoint the WAL too,
/// but would not report a failure.
pub(super) fn initialise(
    path: &Path,
    finish: impl FnOnce(&Connection) -> Result<()>,
) -> Result<()> {
    let mut connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch(&format!(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {}; PRAGMA journal_mode = WAL;",
            migrate::APPLICATION_ID
        ))
        .context("set up a new database")?;
    migrate::migrate(&mut connection, &SCHEMA)?;
    finish(&connection)?;
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .context("set up a new database")?;
    connection
        .close()
        .map_err(|(_, error)| error)
        .context("close the new database")
}
