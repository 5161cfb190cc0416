//! One connection to a database, as the other files of this folder use it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction};

use crate::error::{Error, Exit, Result};
use crate::store::migrate::Found;
use crate::store::reading::{Reader, Reading, Source};
use crate::store::{SCHEMA_VERSION, SqlContext, open, transaction, wal};

/// One connection to the database.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) access: Access,
}

/// The rights of a connection.
#[derive(Debug)]
pub(super) enum Access {
    /// Read and write the file.
    Write,
    /// Read the file, as it was found.
    Read(Source),
    /// Read and write a database that is gone afterwards.
    Memory,
}

impl Store {
    /// Opens an existing database to read only; works while others write, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; also [`Exit::Config`] when its schema is older than this program's.
    pub(crate) fn open_read_only(path: &Path) -> Result<Self> {
        let reader = Reader::sharing(path)?;
        open::leave_wal(&reader.connection, true).context("set up the connection")?;
        match open::inspect(&reader.connection, path)? {
            Found::Empty => return Err(open::empty(path)),
            Found::Ours(version) if version < SCHEMA_VERSION => {
                return Err(Error::new(format!("use the database {}", path.display()))
                    .with_source("an older tornsnap made it, and this command changes nothing")
                    .with_help("run `tornsnap init` once to bring it up to date")
                    .with_exit(Exit::Config));
            }
            Found::Ours(_) => {}
        }
        open::leave_wal(&reader.connection, false).context("set up the connection")?;
        Ok(Self::of_reader(reader, path))
    }

    /// A database that was opened elsewhere, to read only.
    pub(super) fn of_reader(reader: Reader, path: &Path) -> Self {
        Self {
            connection: reader.connection,
            path: path.to_owned(),
            access: Access::Read(reader.source),
        }
    }

    /// How the file is read.
    pub(super) fn way_of_reading(&self) -> Reading {
        match &self.access {
            Access::Read(source) => source.reading,
            Access::Write | Access::Memory => Reading::Shared,
        }
    }

    /// Fails when another program wrote to a file that is read without SQLite's locks: what was read may be wrong then.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`].
    pub(crate) fn must_be_unchanged(&self) -> Result<()> {
        match &self.access {
            Access::Read(source) if source.is_outdated() => {
                Err(Error::new(format!("read the database {}", self.path.display()))
                    .with_source("another program wrote to it meanwhile, and its folder cannot be written to share it")
                    .with_help("run it again")
                    .with_exit(Exit::TryLater))
            }
            _ => Ok(()),
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for the other files of this folder.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `work` in one transaction: all of it is kept, or none.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        transaction(&mut self.connection, work)
    }

    /// Makes everything that was saved safe from a power cut, and waits for nobody who reads.
    ///
    /// Pages that no reader needs move from the WAL to the database file; the rest stays in the WAL, which is synced.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        wal::sync(&self.connection)?;
        wal::checkpoint(&self.connection, "main").map(drop)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Access::Write = self.access {
            // Best effort: statistics that were not refreshed cost a little speed, nothing else. So a writer that
            // holds the database is not waited for. FULL, because this may be the last commit of a run.
            let _ = self.connection.busy_timeout(Duration::ZERO);
            let _ = self
                .connection
                .execute_batch("PRAGMA synchronous = FULL; PRAGMA optimize");
        }
    }
}
