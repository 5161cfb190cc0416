//! Opening a database to look at it: nothing is created or changed, and a lock is not waited for long.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::disk::wal_of;
use super::{Reading, Subject, View};
use crate::error::{Doing, Error, Exit, Result};
use crate::store::migrate::Found;
use crate::store::{Failed, SCHEMA_VERSION, open};

/// How long another program's lock on the database is waited for at first. Monitoring agents give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long one that comes later is waited for.
const LATER_PATIENCE: Duration = Duration::from_millis(500);

/// Opens what stands at a path, and changes nothing about it.
///
/// # Errors
///
/// Says what is wrong with it, as the other commands do.
pub fn look(path: &Path) -> Result<Subject> {
    open::must_be_a_file(path)?;
    let first = first_reading(path);
    match attempt(path, first) {
        // A reader that may not make the -shm is told that the file cannot be opened. If it was another reason,
        // the second attempt meets it too.
        Err(error)
            if first == Reading::Shared && error.exit() == Exit::Config && !is_forbidden(path) =>
        {
            attempt(path, Reading::WithoutWal)
        }
        seen => seen,
    }
}

/// A reader of a WAL database makes its -wal and -shm where they are missing, and could not remove them again. Where there
/// is no WAL nobody is writing, and the file can be read as it stands. Reading a database in another journal mode makes
/// no file.
fn first_reading(path: &Path) -> Reading {
    if is_in_wal_mode(path) && !wal_of(path).exists() {
        Reading::Alone
    } else {
        Reading::Shared
    }
}

/// Opens another database of ours to read, and leaves no file behind.
pub(in crate::store) fn connect_quietly(path: &Path, patience: Duration) -> Result<Connection> {
    connect(path, first_reading(path), patience)
}

fn attempt(path: &Path, reading: Reading) -> Result<Subject> {
    let connection = connect(path, reading, PATIENCE)?;
    let found = open::inspect(&connection, path).map_err(|error| {
        if error.exit() == Exit::TryLater {
            held(path)
        } else {
            error
        }
    })?;
    connection
        .busy_timeout(LATER_PATIENCE)
        .failed("limit the time of waiting")?;
    match found {
        Found::Ours(SCHEMA_VERSION) => Ok(Subject::Current(View::new(connection, path, reading))),
        Found::Ours(version) => Ok(Subject::Older(version)),
        Found::Empty => Err(Error::new(format!("use the database {}", path.display()))
            .because("it is empty")
            .try_this("run `tornsnap init` to make it")
            .exits(Exit::Config)),
    }
}

fn held(path: &Path) -> Error {
    Error::new(format!("read the database {}", path.display()))
        .because(format!(
            "another program holds it locked, and did not let go within {} seconds",
            PATIENCE.as_secs()
        ))
        .try_this("close the program that has it open for writing, such as DB Browser with unsaved changes or a script")
        .exits(Exit::TryLater)
}

/// Opens a database and begins to read: everything that is read from now on is of one moment, and a lock is waited for
/// once, at the first statement.
fn connect(path: &Path, reading: Reading, patience: Duration) -> Result<Connection> {
    let (path_or_uri, flags) = match reading {
        Reading::Shared => (path.to_owned(), OpenFlags::empty()),
        Reading::Alone | Reading::WithoutWal => (as_immutable(path)?, OpenFlags::SQLITE_OPEN_URI),
    };
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            path_or_uri,
            flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(patience)?;
        // Not as pragmas: most of them read the file, and would wait for a lock.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch("PRAGMA temp_store = MEMORY; BEGIN")?;
        Ok(connection)
    };
    open().failed(format!("open the database {}", path.display()))
}

/// Whether the header says that the database is in WAL mode. <https://sqlite.org/fileformat.html#file_format_version_numbers>
fn is_in_wal_mode(path: &Path) -> bool {
    const READ_VERSION: usize = 19;
    const WAL: u8 = 2;
    let mut head = [0; READ_VERSION + 1];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head[READ_VERSION] == WAL)
}

/// Whether the file is there and may not be read by this user.
pub fn is_forbidden(path: &Path) -> bool {
    fs::File::open(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// The path as a URI that tells SQLite to trust the file alone. <https://sqlite.org/uri.html>
fn as_immutable(path: &Path) -> Result<PathBuf> {
    let whole =
        std::path::absolute(path).doing(|| format!("find the folder of {}", path.display()))?;
    #[cfg(unix)]
    let name = whole.as_os_str().as_encoded_bytes().to_vec();
    #[cfg(not(unix))]
    let name = whole.to_string_lossy().replace('\\', "/").into_bytes();
    let mut uri = String::from("file:");
    if !name.starts_with(b"/") {
        uri.push('/'); // A drive letter.
    }
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"/:._-~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push('%');
            for half in [byte >> 4, byte & 15] {
                uri.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
    }
    uri.push_str("?immutable=1");
    Ok(PathBuf::from(uri))
}
