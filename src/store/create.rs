//! Making a database: whole, private from its first byte, and only where there is none.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Exit, Result, WithContext};
use crate::model::path::folder_of;
use crate::store::handle::{Access, Store};
use crate::store::migrate::{self, SCHEMA};
use crate::store::{SqlContext, open, owner, restore_marker};

impl Store {
    /// Makes the database if it is missing, and brings it up to date.
    ///
    /// A new one is built under a temporary name and appears whole: eight processes at once make one.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when the place cannot be written, or holds something that is not ours.
    pub fn create(path: &Path) -> Result<Self> {
        Self::create_for(path, path)
    }

    /// As [`Store::create`]; a new one belongs to the owner of another database, the one that it is an archive of.
    ///
    /// # Errors
    ///
    /// As [`Store::create`].
    pub(crate) fn create_for(path: &Path, database: &Path) -> Result<Self> {
        if !path.exists() {
            if restore_marker::marker(path).exists() {
                open::must_be_a_file(path)?; // Which says what happened.
            }
            build(path, database)?;
        }
        if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
            // Left by `touch` or by an interrupted copy: nothing in it to lose.
            adopt_empty(path)?;
        }
        Self::open(path)
    }

    /// Makes a database in memory, for what has to be remembered before there is a file.
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

/// Builds a new database beside its place and puts it there, unless another process was quicker.
fn build(path: &Path, database: &Path) -> Result<()> {
    let action = || format!("make the database {}", path.display());
    let folder = folder_of(path);
    let no_place = |error: std::io::Error| {
        let error = owner::explain(action(), folder, database, error).with_exit(Exit::Config);
        if error.help().is_some() {
            return error;
        }
        error.with_help(format!(
            "check that {} is a folder and can be written, or name another place with --database",
            folder.display()
        ))
    };
    owner::make_folder(folder, database).map_err(no_place)?;
    // tempfile makes it with mode 0600.
    let temporary = tempfile::Builder::new()
        .prefix(".tornsnap-new-")
        .tempfile_in(folder)
        .map_err(no_place)?;
    owner::give(temporary.as_file(), temporary.path(), database);
    initialise(temporary.path(), |_| Ok(()))?;
    match temporary.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(_) if path.exists() => Ok(()), // Another process was quicker.
        Err(error) => Err(error.error).with_context(action),
    }
}

/// Makes an empty file a database, in place.
fn adopt_empty(path: &Path) -> Result<()> {
    initialise(path, |_| Ok(()))
}

/// Sets what the file itself remembers, once, makes the tables, and does `more`.
///
/// When this returns, everything is in the file itself and nothing in a WAL beside it, so the file may be renamed. A
/// connection that is merely dropped moves its WAL into the file too, but tells nobody when that fails half-way.
pub(super) fn initialise(path: &Path, more: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
    let mut connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch(&format!(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {}; PRAGMA journal_mode = WAL;",
            migrate::APPLICATION_ID
        ))
        .context("set up a new database")?;
    migrate::migrate(&mut connection, &SCHEMA)?;
    more(&connection)?;
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .context("set up a new database")?;
    connection
        .close()
        .map_err(|(_, error)| error)
        .context("close the new database")
}
