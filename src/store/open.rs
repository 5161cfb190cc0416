//! Connecting to a file, and finding out whether it is a database of ours.

use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::migrate::{self, Found};
use crate::store::{SCHEMA_VERSION, SqlContext, owner, restore_marker};

/// How long a connection waits for another one that writes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How many prepared statements a connection keeps.
const STATEMENT_CACHE: usize = 64;

/// Whether closing leaves the WAL as it is: until a database turns out to be ours, what another program has not moved
/// into it yet stays where it is.
pub(super) fn leave_wal(connection: &Connection, leave: bool) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave)
        .map(drop)
}

/// A path as SQLite has to be given it: the SQLite in this program takes a name that begins with `file:` for a URI, and
/// `:memory:` for no file at all. <https://sqlite.org/uri.html>
pub(super) fn as_file(path: &Path) -> Cow<'_, Path> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.starts_with(b"file:") || name.starts_with(b":") {
        Cow::Owned(Path::new(".").join(path))
    } else {
        Cow::Borrowed(path)
    }
}

/// Opens a connection to a file that is not, or not yet, a database for daily use: a copy, or a file to be replaced.
///
/// Sets no pragma: most of them read the file.
#[expect(
    clippy::disallowed_methods,
    reason = "every other function opens files through this one"
)]
pub(super) fn connect_bare(name: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Opens a database and sets the pragmas of a connection.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    connect_bare(&as_file(path), flags)
        .and_then(|connection| {
            set_up(&connection)?;
            Ok(connection)
        })
        .context(format!("open the database {}", path.display()))
        .map_err(|error| {
            owner::forbidden(path, fs::File::options().read(true))
                .unwrap_or_else(|| told_apart(error, path))
        })
}

/// Opens a file, or a URI of ours, to read only. The failure is as SQLite has it.
///
/// A program that locks the file is waited for no longer than `wait`, and not before the first statement: settings
/// are not made by pragmas, most of which read the file.
pub(super) fn connect_to_read(
    name: &Path,
    flags: OpenFlags,
    wait: Duration,
) -> rusqlite::Result<Connection> {
    let connection = connect_bare(name, flags | OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA temp_store = MEMORY")?;
    Ok(connection)
}

/// Makes a database in memory.
#[expect(clippy::disallowed_methods, reason = "there is no file to open")]
pub(super) fn connect_to_memory() -> Result<Connection> {
    Connection::open_in_memory()
        .and_then(|connection| {
            set_up(&connection)?;
            Ok(connection)
        })
        .context("make a database in memory")
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Plans must not depend on bound values: SQLite would prepare cached statements anew for each set of them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; \
             PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000;",
    )?;
    Ok(())
}

/// Says in plain words what SQLite would call "unable to open" or "not a database".
pub(super) fn must_be_a_file(path: &Path) -> Result<()> {
    let refuse = |why: &str, remedy: &str| {
        Err(Error::new(format!("open the database {}", path.display()))
            .with_source(why.to_owned())
            .with_help(remedy.to_owned())
            .with_exit(Exit::Config))
    };
    match fs::metadata(path) {
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound
                && restore_marker::marker(path).exists() =>
        {
            refuse(
                "a restore was cut off while it was moving the old one aside",
                "run `tornsnap restore` again: it finishes",
            )
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => refuse(
            "there is no such file",
            "name yours with --config or --database; `tornsnap restore latest` brings one back that was lost, and `tornsnap init` \
             makes a new one",
        ),
        Err(error) => Err(error).with_context(|| format!("open the database {}", path.display())),
        Ok(found) if found.is_dir() => {
            refuse("it is a folder", "name the file in it, with --database")
        }
        Ok(_) => Ok(()),
    }
}

/// Says whose the database is.
pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<Found> {
    inspect_with(connection, path, SCHEMA_VERSION)
}

pub(super) fn inspect_with(connection: &Connection, path: &Path, newest: i64) -> Result<Found> {
    migrate::inspect(connection, &path.display().to_string(), newest)
        .map_err(|error| told_apart(error, path))
}

/// Tells a file of another kind from a damaged database.
pub(super) fn told_apart(error: Error, path: &Path) -> Error {
    if error.exit() != Exit::Damaged || looks_like_sqlite(path) {
        return error;
    }
    Error::new(format!("use the database {}", path.display()))
        .with_source("it is not an SQLite database")
        .with_help("name another file with --database; this one was left as it is")
        .with_exit(Exit::Config)
}

/// SQLite takes any file that is shorter than a page for an empty database.
pub(super) fn empty(path: &Path) -> Error {
    let error = Error::new(format!("use the database {}", path.display())).with_exit(Exit::Config);
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return error.with_source("it is empty").with_help(
            "run `tornsnap restore latest` if it was lost, or `tornsnap init` to begin a new one",
        );
    }
    error
        .with_source(if looks_like_sqlite(path) {
            "it is an SQLite database without anything in it"
        } else {
            "it is not an SQLite database"
        })
        .with_help("name another file with --database; this one was left as it is")
}

/// Reads the first bytes of a file that SQLite has already failed on: of a file in use, closing it would drop
/// SQLite's locks. <https://sqlite.org/fileformat.html#magic_header_string>
fn looks_like_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    match fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) => head == *b"SQLite format 3\0",
        // Shorter than a header, or unreadable: the latter is SQLite's to report.
        Err(error) => error.kind() != std::io::ErrorKind::UnexpectedEof,
    }
}
