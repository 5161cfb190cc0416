//! Creates databases. A new database gets its name only when it is complete, its mode is 0600 from the start, and it
//! never replaces a file with contents.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempPath;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::{display_path, folder_of};
use crate::store::files::private::create_private;
use crate::store::files::scratch::Scratch;
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
            if restore_marker::unfinished(path).is_some() {
                open::check_is_file(path)?; // Reports the unfinished restore.
            }
            build(path, database)?;
        }
        if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
            // `touch` or an interrupted copy leaves an empty file. It holds no data.
            initialise(path, path, |_| Ok(()))?;
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
    let not_writable = |error: io::Error| {
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
    let new = NewDatabase::build(path, database, |_| Ok(()), not_writable)?;
    match new.file.persist_noclobber(path) {
        Ok(()) => Ok(()),
        Err(_) if path.exists() => Ok(()), // Another process was quicker.
        Err(error) => Err(error.error).with_context(action),
    }
}

/// A complete new database in a hidden folder beside its final path. A later run removes the folder if this one is killed.
pub(super) struct NewDatabase {
    // The first field is dropped first, and is removed then if it still has this name.
    pub(super) file: TempPath,
    _folder: Scratch,
}

impl NewDatabase {
    /// Makes the file for `path`, and runs `finish` on it. It gets the owner of `database`.
    ///
    /// `not_writable` explains why no file can be made in the folder of `path`.
    pub(super) fn build(
        path: &Path,
        database: &Path,
        finish: impl FnOnce(&Connection) -> Result<()>,
        not_writable: impl Fn(io::Error) -> Error,
    ) -> Result<Self> {
        let place = folder_of(path);
        owner::make_folder(place, database).map_err(&not_writable)?;
        let folder = Scratch::beside(place, database).map_err(&not_writable)?;
        let file = folder.path().join("new.db");
        create_private(&file, database).map_err(&not_writable)?;
        initialise(&file, path, finish).map_err(|error| {
            // SQLite names the file by its real path.
            let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            error
                .with_known_name(&real, &display_path(path))
                .with_known_name(&file, &display_path(path))
        })?;
        Ok(Self {
            file: TempPath::try_from_path(file).map_err(&not_writable)?,
            _folder: folder,
        })
    }
}

/// Turns an empty file into a database, and runs `finish` on it. `known` is the path that messages name.
///
/// On return the WAL is empty, so that the file may be renamed. Dropping the connection would checkpoint the WAL too,
/// but would not report a failure.
fn initialise(
    path: &Path,
    known: &Path,
    finish: impl FnOnce(&Connection) -> Result<()>,
) -> Result<()> {
    let action = format!("set up the new database {}", known.display());
    let mut connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch(&format!(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {}; PRAGMA journal_mode = WAL;",
            migrate::APPLICATION_ID
        ))
        .context(&action)?;
    migrate::migrate(&mut connection, &SCHEMA)?;
    finish(&connection)?;
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .context(&action)?;
    connection
        .close()
        .map_err(|(_, error)| error)
        .context("close the new database")
}
