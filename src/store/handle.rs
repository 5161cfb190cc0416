//! The `Store`: one connection to a database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction};

use crate::error::{Error, Exit, Result};
use crate::model::path::shell_word;
use crate::store::files::same::{FileAt, refuse_hard_links};
use crate::store::reading::{ReadMode, ReadSource, Reader, shm_of, wal_of};
use crate::store::{open, transaction, wal};

/// One connection to the database.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) access: Access,
}

/// The kind of access that a connection has.
#[derive(Debug)]
pub(super) enum Access {
    Write(OpenedFiles),
    /// Only the calls to Torn are recorded.
    RecordCalls,
    Read(ReadSource),
    /// The database is in memory, which can be read and written.
    Memory,
}

/// The files that were opened for writing. Another program may have put other ones in their places since.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenedFiles {
    database: FileAt,
    wal: FileAt,
}

impl OpenedFiles {
    /// `database`: the file at the path before it was opened. Call this when the WAL exists.
    pub(super) fn new(database: FileAt, path: &Path) -> Self {
        Self {
            database,
            wal: FileAt::new(&wal_of(path)),
        }
    }
}

impl Store {
    /// Opens an existing database read-only, also while another process writes to it.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; also [`Exit::Config`] when the schema needs a migration.
    pub(crate) fn open_read_only(path: &Path) -> Result<Self> {
        refuse_hard_links(path)?;
        let reader = Reader::open(path)?;
        open::check_is_current(&reader.connection, path)?;
        Ok(Self::from_reader(reader, path))
    }

    /// Opens an existing database read-only, and leaves no file beside it. What another process writes at the same time may
    /// be missed.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub(crate) fn open_without_trace(path: &Path) -> Result<Self> {
        let reader = Reader::open_without_trace(path, open::BUSY_TIMEOUT)?;
        open::inspect(&reader.connection, path)?;
        Ok(Self::from_reader(reader, path))
    }

    pub(super) fn from_reader(reader: Reader, path: &Path) -> Self {
        Self {
            connection: reader.connection,
            path: path.to_owned(),
            access: Access::Read(reader.source),
        }
    }

    pub(super) fn read_mode(&self) -> ReadMode {
        match &self.access {
            Access::Read(source) => source.mode,
            Access::Write(_) | Access::RecordCalls | Access::Memory => ReadMode::Shared,
        }
    }

    /// Fails if another program wrote to a file that was read without locks. The rows that were read may then be wrong.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`].
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        match &self.access {
            Access::Read(source) if source.is_outdated() => {
                Err(Error::new(format!("read the database {}", self.path.display()))
                    .with_source("another program wrote to it meanwhile, and its folder is read-only, so no lock could prevent that")
                    .with_help("run it again")
                    .with_exit(Exit::TryLater))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `work` in one transaction and rolls back on an error.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        transaction(&mut self.connection, work)
    }

    /// Makes all commits durable, without waiting for readers.
    ///
    /// Syncs the WAL, then checkpoints it as far as readers allow.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] also if the path has led to another file since the database was opened, or to none.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        wal::sync(&self.connection)?;
        wal::checkpoint(&self.connection, "main")?;
        self.check_in_place()
    }

    /// Fails if the path has led to another file since the database was opened, or to none.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`].
    pub(crate) fn check_in_place(&self) -> Result<()> {
        match &self.access {
            Access::Write(files) if files.database.has_moved_from(&self.path) => {
                Err(Error::new(format!("save in {}", self.path.display()))
                    .with_source("the file was moved, replaced or removed meanwhile; the new rows are in the file that was there before")
                    .with_help(self.leave_moved_file(files))
                    .with_exit(Exit::TryLater))
            }
            _ => Ok(()),
        }
    }

    /// Empties the WAL of a file that has lost its place, and returns what is left to do.
    ///
    /// SQLite keeps the WAL of such a file, and the next program would read the file that is now there with it. So all of it is
    /// copied to the file that it belongs to. SQLite's locks prevent that while another program reads that WAL.
    fn leave_moved_file(&self, files: &OpenedFiles) -> String {
        let advice = "leave the file alone while tornsnap runs, and run it again";
        let wal = wal_of(&self.path);
        if wal::empty(&self.connection).unwrap_or(false) || files.wal.has_moved_from(&wal) {
            return advice.to_owned();
        }
        let [wal, shm] = [wal, shm_of(&self.path)].map(|file| shell_word(&file));
        format!(
            "end the programs that have it open, and run `mv {wal} {wal}.old; mv {shm} {shm}.old`, because these two belong to the \
             file that was there before; then {advice}"
        )
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Access::Write(files) = self.access {
            if files.database.has_moved_from(&self.path) {
                let _ = self.leave_moved_file(&files);
                return;
            }
            // Best effort: outdated statistics only cost some speed, so this does not wait for another writer.
            // FULL, because this may be the last commit of a run.
            let _ = self.connection.busy_timeout(Duration::ZERO);
            let _ = self
                .connection
                .execute_batch("PRAGMA synchronous = FULL; PRAGMA optimize");
        }
    }
}
