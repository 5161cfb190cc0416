//! Opening a database to look at it: nothing is created or changed, and a lock is not waited for long.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::{Subject, View};
use crate::error::{Error, Exit, Result};
use crate::store::migrate::SchemaState;
use crate::store::reading::{self, Reader};
use crate::store::{SCHEMA_VERSION, SqlContext, Store, open};

/// How long another program's lock on the database is waited for at first. Monitoring agents give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a lock that comes later is waited for.
const LATER_PATIENCE: Duration = Duration::from_millis(500);

/// Opens what stands at a path, and changes nothing about it.
///
/// # Errors
///
/// Says what is wrong with it, as the other commands do.
pub(crate) fn look(path: &Path) -> Result<Subject> {
    let is_held = |error: Error| {
        if error.exit() == Exit::TryLater {
            held(path)
        } else {
            error
        }
    };
    let reader = begin(path, PATIENCE).map_err(is_held)?;
    let found = open::inspect(&reader.connection, path).map_err(is_held)?;
    reader
        .connection
        .busy_timeout(LATER_PATIENCE)
        .context("limit the time of waiting")?;
    match found {
        SchemaState::Ours(SCHEMA_VERSION) => Ok(Subject::Current(View {
            store: Store::from_reader(reader, path),
        })),
        SchemaState::Ours(version) => Ok(Subject::Older(version)),
        SchemaState::Empty => Err(Error::new(format!("use the database {}", path.display()))
            .with_source("it is empty")
            .with_help("run `tornsnap init` to make it")
            .with_exit(Exit::Config)),
    }
}

/// Opens another database of ours to read, and leaves no file behind.
pub(super) fn connect_quietly(path: &Path, patience: Duration) -> Result<Connection> {
    begin(path, patience).map(|reader| reader.connection)
}

/// Opens a database and begins to read: everything that is read from now on is of one moment, and a lock is waited for
/// once, at the first statement.
fn begin(path: &Path, patience: Duration) -> Result<Reader> {
    let reader = Reader::open_without_trace(path, patience)?;
    reader
        .connection
        .execute_batch("BEGIN")
        .context(format!("read the database {}", path.display()))?;
    Ok(reader)
}

fn held(path: &Path) -> Error {
    Error::new(format!("read the database {}", path.display()))
        .with_source(format!(
            "another program holds it locked, and did not let go within {} seconds",
            PATIENCE.as_secs()
        ))
        .with_help("close the program that has it open for writing, such as DB Browser with unsaved changes or a script")
        .with_exit(Exit::TryLater)
}

/// Whether the file is there and may not be read by this user.
pub(crate) fn is_forbidden(path: &Path) -> bool {
    reading::is_forbidden(path)
}
