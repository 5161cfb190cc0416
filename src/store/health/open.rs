//! Opens a database for `health`: it changes nothing and waits only briefly for a lock.

use std::path::Path;
use std::time::Duration;

use super::{Database, Snapshot};
use crate::error::{Error, Exit, Result};
use crate::store::files::same::refuse_hard_links;
use crate::store::migrate::SchemaState;
use crate::store::reading::{self, Reader};
use crate::store::{SCHEMA_VERSION, SqlContext, Store, open};

/// The longest wait for a lock when the database is opened. Monitoring agents give up after ten seconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest wait for a lock after that.
const LATER_LOCK_TIMEOUT: Duration = Duration::from_millis(500);

impl Database {
    /// Opens the database at a path for reading.
    ///
    /// # Errors
    ///
    /// The errors are those of the other commands; a lock that is not released in time is [`Exit::TryLater`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let explain_lock = |error: Error| {
            if error.exit() == Exit::TryLater {
                lock_error(path)
            } else {
                error
            }
        };
        refuse_hard_links(path)?;
        let reader = begin_reading(path, LOCK_TIMEOUT).map_err(explain_lock)?;
        let found = open::inspect(&reader.connection, path).map_err(explain_lock)?;
        reader
            .connection
            .busy_timeout(LATER_LOCK_TIMEOUT)
            .context("set the busy timeout")?;
        match found {
            SchemaState::Ours(SCHEMA_VERSION) => Ok(Self::Current(Snapshot {
                store: Store::from_reader(reader, path),
            })),
            SchemaState::Ours(version) => Ok(Self::Outdated(version)),
            SchemaState::Empty => Err(open::empty_error(path)),
        }
    }
}

/// Opens a database and begins a read transaction, so that all statements see one state and only the first waits for a
/// lock.
fn begin_reading(path: &Path, timeout: Duration) -> Result<Reader> {
    let reader = Reader::open_without_trace(path, timeout)?;
    reader
        .connection
        .execute_batch("BEGIN")
        .context(format!("read the database {}", path.display()))?;
    Ok(reader)
}

fn lock_error(path: &Path) -> Error {
    Error::new(format!("read the database {}", path.display()))
        .with_source(format!(
            "another program holds it locked, and did not release the lock within {} seconds",
            LOCK_TIMEOUT.as_secs()
        ))
        .with_help("close the program that has it open for writing, such as DB Browser with unsaved changes or a script")
        .with_exit(Exit::TryLater)
}

/// Whether the file exists and this user may not read it.
pub(crate) fn is_forbidden(path: &Path) -> bool {
    reading::is_forbidden(path)
}
