//! Opens a database for reading, also on a read-only disk or in another user's folder.
//!
//! A reader of a database in WAL mode needs its `-shm` file. If SQLite can neither create nor open that file, and there
//! is no WAL or journal with contents, this module reads only the database file, without locks.
//! <https://sqlite.org/wal.html#readonly>

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::ffi::SQLITE_READONLY_ROLLBACK;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Exit, Result, is_open_elsewhere};
use crate::model::path::with_suffix;
use crate::model::regular_file::why_no_file;
use crate::model::watch::Unwatched;
use crate::store::files::hash::copy_in_chunks;
use crate::store::files::private::create_private;
use crate::store::files::scratch::Scratch;
use crate::store::files::space::check_room;
use crate::store::{SqlContext, open, owner};

/// How the file is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ReadMode {
    /// With SQLite's locks, beside other connections.
    Shared,
    /// Without locks. The file is the complete database.
    Immutable,
    /// Without locks. The changes in the WAL cannot be read, because the folder cannot be written.
    WithoutWal,
}

/// An open database. Its schema has not been checked yet.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) source: ReadSource,
}

/// How a file is read, and the state of its files when it was opened.
#[derive(Debug)]
pub(super) struct ReadSource {
    pub(super) mode: ReadMode,
    path: PathBuf,
    before: Box<FileStamps>,
    /// The folder of the private copy, if one is read. It is removed on drop.
    _copy: Option<Scratch>,
}

impl ReadSource {
    fn new(path: &Path, mode: ReadMode, before: FileStamps) -> Self {
        Self {
            mode,
            path: path.to_owned(),
            before: Box::new(before),
            _copy: None,
        }
    }

    /// Whether another program wrote to a file that is read without locks.
    pub(super) fn is_outdated(&self) -> bool {
        match self.mode {
            ReadMode::Shared => false,
            ReadMode::Immutable => FileStamps::of(&self.path) != *self.before,
            // The WAL may change: it is not read.
            ReadMode::WithoutWal => FileStamps::of(&self.path).database != self.before.database,
        }
    }
}

impl Reader {
    /// Opens a database without leaving a file beside it. Waits up to `wait` for a program that locks it.
    ///
    /// A shared reader of a database in WAL mode creates missing `-wal` and `-shm` files and cannot remove them again.
    /// Therefore only the database file is read if there is no WAL. In other journal modes a reader creates no file.
    pub(super) fn open_without_trace(path: &Path, wait: Duration) -> Result<Self> {
        open::check_is_file(path)?;
        let before = FileStamps::of(path);
        if before.wal.is_none() && is_in_wal_mode(path) {
            return Self::open_immutable(path, ReadMode::Immutable, before, wait);
        }
        match Self::open_shared(path, wait)? {
            Shared::Open(reader) => Ok(reader),
            Shared::HasHotJournal => Self::open_copy(path, &before)?.ok_or_else(|| changing(path)),
            Shared::NeedsFiles if before.has_log() => {
                Self::open_immutable(path, ReadMode::WithoutWal, before, wait)
            }
            Shared::NeedsFiles => Self::open_immutable(path, ReadMode::Immutable, before, wait),
        }
    }

    /// Opens a database with SQLite's locks if possible, otherwise without locks.
    ///
    /// If locks are not possible and there is a WAL or journal with contents, opens a private copy of all files.
    pub(super) fn open(path: &Path) -> Result<Self> {
        open::check_is_file(path)?;
        // Files that this user creates beside another user's database could lock that user out.
        let before = FileStamps::of(path);
        if before.wal.is_none() && is_in_wal_mode(path) && may_not_write(path) {
            return Self::open_immutable(path, ReadMode::Immutable, before, open::BUSY_TIMEOUT);
        }
        for _ in 0..MAX_COPIES {
            if let Shared::Open(reader) = Self::open_shared(path, open::BUSY_TIMEOUT)? {
                return Ok(reader);
            }
            let before = FileStamps::of(path);
            if !before.has_log() {
                return Self::open_immutable(path, ReadMode::Immutable, before, open::BUSY_TIMEOUT);
            }
            if let Some(reader) = Self::open_copy(path, &before)? {
                return Ok(reader);
            }
        }
        Err(changing(path))
    }

    /// Opens a database of another program, and changes neither it nor the files beside it.
    ///
    /// If there is a WAL or journal with contents, reads a private copy of all files: SQLite would otherwise write the
    /// changes in them to the database.
    pub(super) fn open_untouched(path: &Path) -> Result<Self> {
        open::check_is_file(path)?;
        for _ in 0..MAX_COPIES {
            let before = FileStamps::of(path);
            if before.has_log() {
                if let Some(reader) = Self::open_copy(path, &before)? {
                    return Ok(reader);
                }
                continue;
            }
            if !is_in_wal_mode(path)
                && let Shared::Open(reader) = Self::open_shared(path, open::BUSY_TIMEOUT)?
            {
                return Ok(reader);
            }
            return Self::open_immutable(path, ReadMode::Immutable, before, open::BUSY_TIMEOUT);
        }
        Err(changing(path))
    }

    /// Opens a database without the WAL or journal beside it. The manifest of a backup tells the contents of the file alone.
    pub(super) fn open_alone(path: &Path) -> Result<Self> {
        open::check_is_file(path)?;
        let before = FileStamps::of(path);
        Self::open_immutable(path, ReadMode::WithoutWal, before, open::BUSY_TIMEOUT)
    }

    /// Opens a database with locks.
    fn open_shared(path: &Path, wait: Duration) -> Result<Shared> {
        let attempt = || -> rusqlite::Result<Connection> {
            let connection =
                open::connect_to_read(&open::as_file_name(path), OpenFlags::empty(), wait)?;
            open::set_checkpoint_on_close(&connection, false)?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            connection.execute_batch("PRAGMA cache_size = -16000")?;
            open::set_checkpoint_on_close(&connection, true)?;
            Ok(connection)
        };
        let error = match attempt() {
            Ok(connection) => {
                return Ok(Shared::Open(Self {
                    connection,
                    source: ReadSource::new(path, ReadMode::Shared, FileStamps::default()),
                }));
            }
            Err(error) => error,
        };
        if error.sqlite_error().map(|error| error.extended_code) == Some(SQLITE_READONLY_ROLLBACK) {
            return Ok(Shared::HasHotJournal);
        }
        let needs_files = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
        );
        if needs_files && !is_forbidden(path) {
            return Ok(Shared::NeedsFiles);
        }
        Err(error)
            .context(format!("read the database {}", path.display()))
            .map_err(|error| {
                owner::permission_error(path, fs::File::options().read(true))
                    .unwrap_or_else(|| open::explain_not_sqlite(error, path))
            })
    }

    fn open_immutable(
        path: &Path,
        mode: ReadMode,
        before: FileStamps,
        wait: Duration,
    ) -> Result<Self> {
        Ok(Self {
            connection: open::connect_to_read(
                &open::immutable_uri(path)?,
                OpenFlags::SQLITE_OPEN_URI,
                wait,
            )
            .context(format!("open the database {}", path.display()))?,
            source: ReadSource::new(path, mode, before),
        })
    }

    /// Opens a private copy of the database and its WAL or journal; `None` if another program wrote meanwhile.
    fn open_copy(path: &Path, before: &FileStamps) -> Result<Option<Self>> {
        let action = || format!("read the database {} with its WAL", path.display());
        let folder = Scratch::new(&action())?;
        check_room(folder.path(), before.bytes(), "copy the database")?;
        let copy = folder.path().join("copy.db");
        copy_all(&resolve_links(path), &copy).map_err(|error| {
            let is_forbidden = error.kind() == std::io::ErrorKind::PermissionDenied;
            let error = Error::new(action()).with_source(error);
            if is_forbidden {
                error
                    .with_help(
                        "ask its owner for the right to read it and the -wal beside it, or for a copy that \
                         `backup` made",
                    )
                    .with_exit(Exit::Config)
            } else {
                error
                    .with_help(format!("check the disk of {}", folder.path().display()))
                    .with_exit(Exit::Io)
            }
        })?;
        if FileStamps::of(path) != *before {
            return Ok(None);
        }
        let source = ReadSource {
            _copy: Some(folder),
            ..ReadSource::new(path, ReadMode::Shared, FileStamps::default())
        };
        // Read-write, because SQLite may have to recover the WAL or roll back the journal.
        let connection = open::connect(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(|error| error.with_known_name(&copy, &path.display().to_string()))?;
        Ok(Some(Self { connection, source }))
    }
}

/// The result of an attempt to read a database with locks.
enum Shared {
    Open(Reader),
    /// SQLite can neither create nor open the files that it needs beside the database.
    NeedsFiles,
    /// Another program was ended within a transaction, and only a connection that may write can undo it.
    HasHotJournal,
}

fn changing(path: &Path) -> Error {
    Error::new(format!("read the database {}", path.display()))
        .with_source("another program wrote to it each time it was copied")
        .with_help("run it again")
        .with_exit(Exit::TryLater)
}

/// Copies a database and its WAL or journal to files of this user.
fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    let copy = |from: &Path, to: &Path| {
        copy_in_chunks(
            &mut fs::File::open(from)?,
            &mut create_private(to, to)?,
            &Unwatched,
        )
    };
    copy(from, to)?;
    for suffix in LOG_SUFFIXES {
        match copy(&with_suffix(from, suffix), &with_suffix(to, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The number of attempts to copy a database while another program writes to it.
const MAX_COPIES: u32 = 3;

/// The suffixes of the files that may hold a part of the contents of a database.
const LOG_SUFFIXES: [&str; 2] = ["-wal", "-journal"];

/// Size and time of last modification; `None` if there is no such file.
type Stamp = Option<(u64, Option<SystemTime>)>;

/// Stamps of the files of a database, which change whenever another program writes to it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct FileStamps {
    database: Stamp,
    wal: Stamp,
    journal: Stamp,
}

impl FileStamps {
    fn of(path: &Path) -> Self {
        let stamp = |path: &Path| {
            let file = fs::metadata(path).ok()?;
            Some((file.len(), file.modified().ok()))
        };
        let real = resolve_links(path);
        Self {
            database: stamp(&real),
            wal: stamp(&with_suffix(&real, LOG_SUFFIXES[0])),
            journal: stamp(&with_suffix(&real, LOG_SUFFIXES[1])),
        }
    }

    /// Whether a WAL or journal with contents exists.
    fn has_log(&self) -> bool {
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

/// Resolves symbolic links, because SQLite keeps the WAL and the journal beside the target.
fn resolve_links(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether the header says that the database is in WAL mode.
/// <https://sqlite.org/fileformat.html#file_format_version_numbers>
///
/// Call this only while no connection of this process has the file open; see [`is_forbidden`].
fn is_in_wal_mode(path: &Path) -> bool {
    const READ_VERSION: usize = 19;
    const WAL: u8 = 2;
    let mut head = [0; READ_VERSION + 1];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head[READ_VERSION] == WAL)
}

/// The path of the WAL of a database.
pub(super) fn wal_of(database: &Path) -> PathBuf {
    with_suffix(&resolve_links(database), LOG_SUFFIXES[0])
}

/// The path of the shared memory of a database.
pub(super) fn shm_of(database: &Path) -> PathBuf {
    with_suffix(&resolve_links(database), "-shm")
}

/// Whether the file exists and this user has no right to write it.
///
/// Call this only while no connection of this process has the file open; see [`is_forbidden`].
fn may_not_write(path: &Path) -> bool {
    fs::File::options()
        .write(true)
        .open(path)
        .is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// Whether the file exists, and this user has no right to read it or another program keeps it for itself (on Windows).
///
/// Call this only while no connection of this process has the file open: closing the file here drops the POSIX locks
/// that SQLite holds on it in this process.
pub(super) fn is_forbidden(path: &Path) -> bool {
    // The open of a FIFO would wait for its other end.
    why_no_file(path).is_none()
        && fs::File::open(path).is_err_and(|error| {
            error.kind() == std::io::ErrorKind::PermissionDenied || is_open_elsewhere(&error)
        })
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
    fn a_reader_without_locks_notices_another_writer() {
        for is_still_open in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.db");
            drop(Store::create(&path).unwrap());
            let reader = Reader::open_without_trace(&path, open::BUSY_TIMEOUT).unwrap();
            assert_eq!(reader.source.mode, ReadMode::Immutable);
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
    fn a_private_copy_contains_the_rows_in_the_wal() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.db");
        drop(Store::create(&source).unwrap());
        let writer = Connection::open(&source).unwrap();
        writer.execute_batch(WRITE).unwrap();
        let crashed = folder.path().join("crashed.db");
        fs::copy(&source, &crashed).unwrap();
        fs::copy(wal_of(&source), wal_of(&crashed)).unwrap();
        let before = FileStamps::of(&crashed);

        let reader = Reader::open_copy(&crashed, &before).unwrap().unwrap();

        assert_eq!(players(&reader.connection), 1);
        assert_eq!(
            FileStamps::of(&crashed),
            before,
            "the files are left as they are"
        );
        let other = FileStamps::default();
        assert!(
            Reader::open_copy(&crashed, &other).unwrap().is_none(),
            "written to meanwhile"
        );
    }
}
