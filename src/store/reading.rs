//! Reading a database whose folder may not be written: a read-only disk, or a folder of another user.
//!
//! A reader of a database in WAL mode needs its `-shm` file. Where SQLite can neither make nor open that, the database
//! file alone is read, without locks, if nothing is in a WAL or a journal beside it. <https://sqlite.org/wal.html#readonly>

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::files::{check_room, create_private, pour, with_suffix};
use crate::store::{SqlContext, open, owner};

/// How the file is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reading {
    /// As any reader does.
    Shared,
    /// Nobody has it open, so the file alone is the database.
    Alone,
    /// The folder cannot be written, so that what is still in the WAL cannot be seen.
    WithoutWal,
}

/// An open database, not yet looked at.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) source: Source,
}

/// Where rows come from, and how the files were when reading began.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) reading: Reading,
    path: PathBuf,
    before: Box<Files>,
    copy: Option<TempDir>,
}

impl Source {
    fn new(path: &Path, reading: Reading, before: Files) -> Self {
        Self {
            reading,
            path: path.to_owned(),
            before: Box::new(before),
            copy: None,
        }
    }

    /// Whether somebody wrote to a file that is read without locks.
    pub(super) fn is_outdated(&self) -> bool {
        match self.reading {
            Reading::Shared => false,
            Reading::Alone => Files::of(&self.path) != *self.before,
            // Its WAL may grow: that is not read.
            Reading::WithoutWal => Files::of(&self.path).database != self.before.database,
        }
    }
}

impl Reader {
    /// Opens it and leaves no file behind: where there is no WAL, the file alone is read.
    ///
    /// A program that locks the database is waited for no longer than `wait`.
    ///
    /// A reader of a WAL database makes its -wal and -shm where they are missing, and could not remove them again. In
    /// another journal mode it makes no file.
    pub(super) fn without_trace(path: &Path, wait: Duration) -> Result<Self> {
        open::must_be_a_file(path)?;
        let before = Files::of(path);
        if before.wal.is_none() && is_in_wal_mode(path) {
            return Self::alone(path, Reading::Alone, before, wait);
        }
        match Self::shared(path, wait)? {
            Some(reader) => Ok(reader),
            None if before.have_pending() => Self::alone(path, Reading::WithoutWal, before, wait),
            None => Self::alone(path, Reading::Alone, before, wait),
        }
    }

    /// Opens it as any reader does, and without locks only where that cannot be.
    ///
    /// A WAL or journal that is left is read, too: in a private copy, since it may hold half of what is to be seen.
    pub(super) fn sharing(path: &Path) -> Result<Self> {
        open::must_be_a_file(path)?;
        // The files that SQLite makes beside a database of somebody else would be in that user's way.
        let before = Files::of(path);
        if before.wal.is_none() && is_in_wal_mode(path) && may_not_write(path) {
            return Self::alone(path, Reading::Alone, before, open::BUSY_TIMEOUT);
        }
        for _ in 0..ATTEMPTS {
            if let Some(reader) = Self::shared(path, open::BUSY_TIMEOUT)? {
                return Ok(reader);
            }
            let before = Files::of(path);
            if !before.have_pending() {
                return Self::alone(path, Reading::Alone, before, open::BUSY_TIMEOUT);
            }
            if let Some(reader) = Self::copied(path, &before)? {
                return Ok(reader);
            }
        }
        Err(Error::new(format!("read the database {}", path.display()))
            .with_source("another program wrote to it each time it was copied")
            .with_help("run it again")
            .with_exit(Exit::TryLater))
    }

    /// `None`: SQLite needs files beside it that it can neither make nor open.
    fn shared(path: &Path, wait: Duration) -> Result<Option<Self>> {
        let attempt = || -> rusqlite::Result<Connection> {
            let connection = open::connect_to_read(&open::as_file(path), OpenFlags::empty(), wait)?;
            open::leave_wal(&connection, true)?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            connection.execute_batch("PRAGMA cache_size = -16000")?;
            open::leave_wal(&connection, false)?;
            Ok(connection)
        };
        let error = match attempt() {
            Ok(connection) => {
                return Ok(Some(Self {
                    connection,
                    source: Source::new(path, Reading::Shared, Files::default()),
                }));
            }
            Err(error) => error,
        };
        let needs_files = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
        );
        if needs_files && !is_forbidden(path) {
            return Ok(None);
        }
        Err(error)
            .context(format!("read the database {}", path.display()))
            .map_err(|error| {
                owner::forbidden(path, fs::File::options().read(true))
                    .unwrap_or_else(|| open::told_apart(error, path))
            })
    }

    fn alone(path: &Path, reading: Reading, before: Files, wait: Duration) -> Result<Self> {
        Ok(Self {
            connection: open::connect_to_read(
                &as_immutable(path)?,
                OpenFlags::SQLITE_OPEN_URI,
                wait,
            )
            .context(format!("open the database {}", path.display()))?,
            source: Source::new(path, reading, before),
        })
    }

    /// A private copy of the database and what SQLite left beside it; `None` when somebody wrote meanwhile.
    fn copied(path: &Path, before: &Files) -> Result<Option<Self>> {
        let action = || format!("read the database {} with its WAL", path.display());
        let folder = tempfile::Builder::new()
            .prefix("tornsnap-")
            .tempdir()
            .with_context(action)?;
        check_room(folder.path(), before.bytes(), "copy the database")?;
        let copy = folder.path().join("copy.db");
        copy_all(&real(path), &copy).map_err(|error| {
            let is_forbidden = error.kind() == std::io::ErrorKind::PermissionDenied;
            let error = Error::new(action()).with_source(error);
            if is_forbidden {
                error
                    .with_help(
                        "ask its owner for the right to read it and the -wal beside it, or for a copy that \
                         `tornsnap backup` made",
                    )
                    .with_exit(Exit::Config)
            } else {
                error
                    .with_help(format!("check the disk of {}", folder.path().display()))
                    .with_exit(Exit::Io)
            }
        })?;
        if Files::of(path) != *before {
            return Ok(None);
        }
        let mut source = Source::new(path, Reading::Shared, Files::default());
        source.copy = Some(folder);
        // Not read-only: what is left in a WAL or journal may have to be recovered.
        let connection = open::connect(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(Some(Self { connection, source }))
    }
}

/// Copies a database and what belongs to its contents, to files that this user may write.
fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    let copy =
        |from: &Path, to: &Path| pour(&mut fs::File::open(from)?, &mut create_private(to, to)?);
    copy(from, to)?;
    for suffix in PENDING {
        match copy(&with_suffix(from, suffix), &with_suffix(to, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// How often a database is copied that somebody writes to.
const ATTEMPTS: u32 = 3;

/// Files that SQLite may leave beside a database and that belong to its contents.
const PENDING: [&str; 2] = ["-wal", "-journal"];

/// Size and time of the last change.
type Stamp = Option<(u64, Option<SystemTime>)>;

/// How a database and what stands beside it look from outside.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Files {
    database: Stamp,
    wal: Stamp,
    journal: Stamp,
}

impl Files {
    fn of(path: &Path) -> Self {
        let stamp = |path: &Path| {
            let file = fs::metadata(path).ok()?;
            Some((file.len(), file.modified().ok()))
        };
        let real = real(path);
        Self {
            database: stamp(&real),
            wal: stamp(&with_suffix(&real, PENDING[0])),
            journal: stamp(&with_suffix(&real, PENDING[1])),
        }
    }

    /// Whether a part of the contents is not in the database file.
    fn have_pending(&self) -> bool {
        [self.wal, self.journal]
            .iter()
            .any(|stamp| stamp.is_some_and(|(bytes, _)| bytes > 0))
    }

    fn bytes(&self) -> u64 {
        [self.database, self.wal, self.journal]
            .iter()
            .map(|stamp| stamp.map_or(0, |(bytes, _)| bytes))
            .sum()
    }
}

/// The file itself where the path is a link: SQLite keeps its files beside that.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether the header says that the database is in WAL mode.
///
/// As [`is_forbidden`], it is asked only of a file that no connection of this process has open.
/// <https://sqlite.org/fileformat.html#file_format_version_numbers>
fn is_in_wal_mode(path: &Path) -> bool {
    const READ_VERSION: usize = 19;
    const WAL: u8 = 2;
    let mut head = [0; READ_VERSION + 1];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head[READ_VERSION] == WAL)
}

/// Where the WAL of a database is.
pub(super) fn wal_of(database: &Path) -> PathBuf {
    with_suffix(&real(database), PENDING[0])
}

/// Whether the file is there and may not be written by this user.
///
/// As [`is_forbidden`], it is asked only of a file that no connection of this process has open.
fn may_not_write(path: &Path) -> bool {
    fs::File::options()
        .write(true)
        .open(path)
        .is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// Whether the file is there and may not be read by this user.
///
/// It is asked only of a file that no connection of this process has open: closing it would drop SQLite's locks.
pub(super) fn is_forbidden(path: &Path) -> bool {
    fs::File::open(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// The path as a URI that tells SQLite to trust the file alone. <https://sqlite.org/uri.html>
fn as_immutable(path: &Path) -> Result<PathBuf> {
    let whole = std::path::absolute(path)
        .with_context(|| format!("find the folder of {}", path.display()))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn players(connection: &Connection) -> i64 {
        connection
            .query_row("SELECT count(*) FROM players", [], |row| row.get(0))
            .unwrap()
    }

    const WRITE: &str = "INSERT INTO players (player_id, name) VALUES (1, 'One')";

    #[test]
    fn a_reader_without_locks_notices_who_wrote_meanwhile() {
        for is_still_open in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.db");
            drop(Store::create(&path).unwrap());
            let reader = Reader::without_trace(&path, open::BUSY_TIMEOUT).unwrap();
            assert_eq!(reader.source.reading, Reading::Alone);
            assert!(!reader.source.is_outdated());

            let writer = Connection::open(&path).unwrap();
            writer.execute_batch(WRITE).unwrap();
            let writer = is_still_open.then_some(writer);

            assert_eq!(wal_of(&path).exists(), is_still_open);
            assert!(reader.source.is_outdated(), "{is_still_open}");
            drop(writer);
        }
    }

    #[test]
    fn a_copy_has_what_is_only_in_the_wal() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.db");
        drop(Store::create(&source).unwrap());
        let writer = Connection::open(&source).unwrap();
        writer.execute_batch(WRITE).unwrap();
        let crashed = folder.path().join("crashed.db");
        fs::copy(&source, &crashed).unwrap();
        fs::copy(wal_of(&source), wal_of(&crashed)).unwrap();
        let before = Files::of(&crashed);

        let reader = Reader::copied(&crashed, &before).unwrap().unwrap();

        assert_eq!(players(&reader.connection), 1);
        assert_eq!(
            Files::of(&crashed),
            before,
            "the files are left as they are"
        );
        let other = Files::default();
        assert!(
            Reader::copied(&crashed, &other).unwrap().is_none(),
            "written to meanwhile"
        );
    }
}
