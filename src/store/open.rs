//! Opens connections, and checks whether a file is a database of tornsnap.

use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
#[cfg(unix)]
use crate::model::path::folder_of;
use crate::model::regular_file::why_no_file;
use crate::model::unfinished_restore::{WAS_INTERRUPTED, finish_restore};
use crate::store::migrate::{self, SchemaState};
use crate::store::writable::{write_obstacle, write_obstacle_in_files};
use crate::store::{SCHEMA_VERSION, SqlContext, interrupt, owner, restore_marker, trace};

/// How long a connection waits for another writer.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

const STATEMENT_CACHE: usize = 64;

/// Sets whether closing the connection may checkpoint and remove the WAL.
///
/// Callers disable this until they know that the database is ours, so that the WAL of another program is left alone.
pub(super) fn set_checkpoint_on_close(
    connection: &Connection,
    is_enabled: bool,
) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !is_enabled)
        .map(drop)
}

/// A path that SQLite treats as a plain file name.
///
/// The bundled SQLite reads a name that begins with `file:` as a URI, and `:memory:` as a database without a file.
/// <https://sqlite.org/uri.html>
pub(super) fn as_file_name(path: &Path) -> Cow<'_, Path> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.starts_with(b"file:") || name.starts_with(b":") {
        Cow::Owned(Path::new(".").join(path))
    } else {
        Cow::Borrowed(path)
    }
}

/// Opens a connection without any pragma, because most pragmas read the file. Used for copies and for files that are replaced.
#[expect(
    clippy::disallowed_methods,
    reason = "every other function opens files through this one"
)]
pub(super) fn connect_bare(name: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let mut connection =
        Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    interrupt::watch(&mut connection, || false)?;
    trace::install(&mut connection)?;
    Ok(connection)
}

/// The longest path in bytes that SQLite opens on Unix. It needs room for `-journal` at its end within 512 bytes.
#[cfg(unix)]
const MAX_PATH: usize = 504;

/// Fails for a path that is too long for SQLite, whose own error says only that it cannot open the file. `action` completes
/// "could not …".
///
/// # Errors
///
/// [`Exit::Config`].
#[cfg(unix)]
pub(super) fn check_length(path: &Path, action: impl FnOnce() -> String) -> Result<()> {
    let folder = folder_of(path);
    // SQLite follows links first.
    let folder = fs::canonicalize(folder)
        .or_else(|_| std::path::absolute(folder))
        .unwrap_or_else(|_| folder.to_owned());
    let name = path.file_name().unwrap_or_default();
    let length = folder.join(name).as_os_str().len();
    if length <= MAX_PATH {
        return Ok(());
    }
    Err(Error::new(action())
        .with_source(format!(
            "a path there has {length} bytes, and is too long for SQLite, which opens at most {MAX_PATH}"
        ))
        .with_help(format!(
            "choose a folder whose path is at least {} bytes shorter",
            length - MAX_PATH
        ))
        .with_exit(Exit::Config))
}

/// SQLite has a longer limit on Windows than Windows itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
pub(super) fn check_length(_: &Path, _: impl FnOnce() -> String) -> Result<()> {
    Ok(())
}

/// Opens a database that this user may write, and sets the usual pragmas.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let action = || format!("open the database {}", path.display());
    check_length(path, action)?;
    // SQLite would open a database that it may only read, and make files of the same mode beside it.
    if let Some(refused) = write_obstacle_in_files(path, &action()) {
        return Err(refused);
    }
    connect_bare(&as_file_name(path), flags)
        .and_then(|connection| {
            set_up(&connection)?;
            Ok(connection)
        })
        .context(action())
        .map_err(|error| {
            owner::permission_error(path, fs::File::options().read(true))
                // Even to read, SQLite has to make files beside a database in WAL mode.
                .or_else(|| write_obstacle(path).filter(|_| error.exit() == Exit::Config))
                .unwrap_or_else(|| explain_not_sqlite(error, path))
        })
}

/// Opens a file name or URI read-only. Returns SQLite's own error.
///
/// Statements wait up to `wait` for a program that locks the file. Opening does not wait: it sets no pragma that reads
/// the file.
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

#[expect(clippy::disallowed_methods, reason = "there is no file to open")]
pub(super) fn connect_to_memory() -> Result<Connection> {
    Connection::open_in_memory()
        .and_then(|mut connection| {
            trace::install(&mut connection)?;
            set_up(&connection)?;
            Ok(connection)
        })
        .context("create a database in memory")
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Plans must not depend on bound values: otherwise SQLite prepares a cached statement again for new values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; \
             PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000;",
    )?;
    Ok(())
}

/// Whether there is neither a database nor an interrupted restore of one.
pub(crate) fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        && restore_marker::unfinished(path).is_none()
}

/// Checks that a path names a file. The error is clearer than SQLite's "unable to open database file".
pub(super) fn check_is_file(path: &Path) -> Result<()> {
    let refusal = |cause: &str, help: &str| {
        Error::new(format!("open the database {}", path.display()))
            .with_source(cause.to_owned())
            .with_help(help.to_owned())
            .with_exit(Exit::Config)
    };
    let refuse = |cause, help| Err(refusal(cause, help));
    if let Some(moved) = restore_marker::unfinished(path) {
        return refuse(WAS_INTERRUPTED, &finish_restore(&moved));
    }
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(refusal(
            "there is no such file",
            "check the name, or name yours with --config or --database; `tornsnap init` makes a new one",
        )
        .with_unusable_database(path)),
        Err(error) => Err(error).with_context(|| format!("open the database {}", path.display())),
        Ok(found) if found.is_dir() => {
            refuse("it is a folder", "name the file in it, with --database")
        }
        Ok(_) => why_no_file(path).map_or(Ok(()), |why| {
            refuse(why, "name the file of the database, with --database")
        }),
    }
}

/// Reads the schema version; fails for a database of another program or of a newer tornsnap.
pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<SchemaState> {
    inspect_for_schema(connection, path, SCHEMA_VERSION)
}

/// Like [`inspect`], where `newest` is the newest schema that counts as known.
pub(super) fn inspect_for_schema(
    connection: &Connection,
    path: &Path,
    newest: i64,
) -> Result<SchemaState> {
    migrate::inspect(connection, &path.display().to_string(), newest)
        .map_err(|error| explain_not_sqlite(error, path))
}

/// Replaces the error about a damaged database if the file is not an SQLite database at all.
pub(super) fn explain_not_sqlite(error: Error, path: &Path) -> Error {
    if error.exit() != Exit::Damaged {
        return error;
    }
    if looks_like_sqlite(path) {
        return error
            .with_help("name a backup of it: `tornsnap restore FILE`")
            .with_unusable_database(path);
    }
    Error::new(format!("use the database {}", path.display()))
        .with_source("it is not an SQLite database")
        .with_help(ANOTHER_FILE)
        .with_exit(Exit::Config)
        .with_unusable_database(path)
}

/// The help for a file that is no database of ours.
const ANOTHER_FILE: &str = "name another file with --database; this one was left as it is";

/// The error for a database without tables. SQLite reads any file shorter than a page as an empty database.
pub(super) fn empty_error(path: &Path) -> Error {
    let error = Error::new(format!("use the database {}", path.display()))
        .with_exit(Exit::Config)
        .with_unusable_database(path);
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return error.with_source("it is empty").with_help(
            "run `tornsnap init` to begin a new one, or `tornsnap restore FILE` with a backup",
        );
    }
    error
        .with_source(if looks_like_sqlite(path) {
            "it is an SQLite database without anything in it"
        } else {
            "it is not an SQLite database"
        })
        .with_help(ANOTHER_FILE)
}

/// Fails if the database does not have the newest schema, for a command that does not migrate it. The refused database is
/// left as it is, with its WAL.
pub(super) fn check_is_current(connection: &Connection, path: &Path) -> Result<()> {
    set_checkpoint_on_close(connection, false).context("set up the connection")?;
    match inspect(connection, path)? {
        SchemaState::Empty => return Err(empty_error(path)),
        SchemaState::Ours(version) if version < SCHEMA_VERSION => {
            return Err(Error::new(format!("use the database {}", path.display()))
                .with_source("an older tornsnap made it, and this command changes nothing")
                .with_help("run `tornsnap init` once to bring it up to date")
                .with_exit(Exit::Config));
        }
        SchemaState::Ours(_) => {}
    }
    set_checkpoint_on_close(connection, true).context("set up the connection")
}

/// Reads the magic header string. <https://sqlite.org/fileformat.html#magic_header_string>
///
/// Call this only for a file that SQLite failed to read: closing the file here drops the POSIX locks that SQLite holds
/// on it in this process.
fn looks_like_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    match fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) => head == *b"SQLite format 3\0",
        // A file shorter than a header is no database. SQLite reports files that cannot be read.
        Err(error) => error.kind() != std::io::ErrorKind::UnexpectedEof,
    }
}

/// The path as a URI with `immutable=1`, so that SQLite takes no locks and ignores the WAL. <https://sqlite.org/uri.html>
pub(super) fn immutable_uri(path: &Path) -> Result<PathBuf> {
    let whole = std::path::absolute(path)
        .with_context(|| format!("find the folder of {}", path.display()))?;
    #[cfg(unix)]
    let name = whole.as_os_str().as_encoded_bytes().to_vec();
    #[cfg(not(unix))]
    let name = without_verbatim_prefix(&whole.to_string_lossy().replace('\\', "/")).into_bytes();
    // The authority is empty. Without it, SQLite would take `nas` in `//nas/share` for the authority.
    let mut uri = String::from("file://");
    if !name.starts_with(b"/") {
        uri.push('/'); // A drive letter.
    }
    uri.extend(name.into_iter().map(|byte| {
        if byte.is_ascii_alphanumeric() || b"/:._-~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02x}")
        }
    }));
    uri.push_str("?immutable=1");
    Ok(PathBuf::from(uri))
}

/// `\\?\C:\Torn` and `\\?\UNC\nas\share` in their usual form. Both have `/` for each `\` here.
#[cfg(not(unix))]
fn without_verbatim_prefix(path: &str) -> String {
    match (path.strip_prefix("//?/UNC/"), path.strip_prefix("//?/")) {
        (Some(share), _) => format!("//{share}"),
        (None, Some(local)) => local.to_owned(),
        (None, None) => path.to_owned(),
    }
}
