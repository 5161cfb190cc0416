//! Putting a backup in the place of a database.
//!
//! Nothing is touched before the backup has been proven and stands, whole and checked, beside its place. A run that
//! is cut off leaves the old database under its old name or the new one, and the next run finishes; in between a
//! small file `<database>.restoring` says under which name the old one is.

mod swap;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::Identity;
use crate::model::kind::Kind;
use crate::model::path::folder_of;
use crate::store::SqlContext;
use crate::store::backup::{self, Manifest};
use crate::store::check::{self, Depth};
use crate::store::files::{check_room, create_private, discard, pour, sync_file};
use crate::store::identity::{FileIdentity, identity, inspect_identity};
use crate::store::lock::{AtOnce, Lock, MAINTENANCE, Patience};
use crate::store::migrate::Found;
use crate::store::open::{self, as_file, connect_bare};
use crate::store::owner::{self, make_folder};
use crate::store::restore_marker::aside_of;

pub use swap::swap;

/// The first bytes of compressed files. <https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames>
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Says in plain words that a backup is not there, or a folder.
///
/// # Errors
///
/// [`Exit::Config`] for either.
pub(crate) fn must_be_a_file(backup: &Path) -> Result<()> {
    backup::open_file(backup).map(drop)
}

/// The first bytes of databases. <https://sqlite.org/fileformat.html#magic_header_string>
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// The locks of a database, all of them: nothing else of ours runs on it while they are held.
#[derive(Debug)]
pub struct Locks {
    _held: Vec<Lock>,
}

impl Locks {
    /// Takes them without waiting.
    ///
    /// # Errors
    ///
    /// As [`Locks::wait`].
    pub fn take(database: &Path) -> Result<Self> {
        Self::wait(database, &AtOnce("restore"))
    }

    /// Takes them, and waits for the runs that hold them as long as `patience` says.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when a run of any kind is at work.
    pub(crate) fn wait(database: &Path, patience: &dyn Patience) -> Result<Self> {
        let folder = folder_of(database);
        make_folder(folder, database)
            .with_context(|| format!("make the folder {}", folder.display()))?;
        let mut names = vec![MAINTENANCE, backup::LOCK];
        if database.exists() {
            // Without a database nothing can be fetched into it.
            names.extend(Kind::ALL.map(Kind::as_str));
        }
        let held = names
            .into_iter()
            .map(|name| Lock::wait(database, name, patience))
            .collect::<Result<_>>()?;
        Ok(Self { _held: held })
    }
}

/// A proven database beside its place, under a temporary name that goes when this is dropped.
#[derive(Debug)]
pub struct Staged {
    place: Place,
    /// The ids of the database.
    pub(crate) identity: Identity,
    /// Rows of all tables together.
    pub(crate) rows: i64,
    pub(crate) schema_version: i64,
}

/// Unpacks a backup beside `database` and proves it against its manifest; changes nothing else.
///
/// # Errors
///
/// [`Exit::Damaged`] when anything differs, [`Exit::Config`] when it cannot be used by this program.
pub fn stage(manifest: &Manifest, database: &Path, _locks: &Locks) -> Result<Staged> {
    let place = Place::begin(database, manifest.database_bytes())?;
    if manifest.compressed {
        backup::unpack(manifest, &mut place.create(database)?)?;
    } else {
        backup::copy_out(manifest, place.create(database)?)?;
    }
    // The check, the hash and the sync only read what was written.
    let (schema_version, proven) = backup::at_once(
        || {
            let schema_version = version_of(&place.file, &manifest.path)?;
            backup::check_contents(manifest, &place.file, Depth::Quick)?;
            Ok(schema_version)
        },
        || {
            if !manifest.compressed {
                backup::prove_copy(manifest, &place.file)?;
            }
            sync_file(&place.file)
        },
    );
    // Bytes that differ are the reason for whatever the check met.
    proven?;
    let schema_version = schema_version?;
    switch_to_wal(&place.file)?;
    Ok(Staged {
        place,
        identity: manifest.identity(),
        rows: manifest.total_rows(),
        schema_version,
    })
}

/// As [`stage`], for a file without a manifest: SQLite's own checks have to do.
///
/// # Errors
///
/// As [`stage`].
pub(crate) fn stage_unproven(file: &Path, database: &Path, _locks: &Locks) -> Result<Staged> {
    let size = backup::open_file(file)?
        .metadata()
        .with_context(|| format!("read {}", file.display()))?
        .len();
    let is_packed = is_compressed(file, size)?;
    let place = Place::begin(database, size)?;
    pour_unproven(file, is_packed, &mut place.create(database)?)?;
    let schema_version = version_of(&place.file, file)?;
    let what = format!("the backup {}", file.display());
    let connection = backup::open_copy(&place.file)?;
    let rows = check::prove(&connection, Depth::Full, &what)?
        .values()
        .fold(0, |sum: i64, rows| sum.saturating_add(*rows));
    let identity = identity(&connection)?;
    drop(connection);
    switch_to_wal(&place.file)?;
    Ok(Staged {
        place,
        identity,
        rows,
        schema_version,
    })
}

/// Tells by its first bytes whether a file is a database or a compressed one, and refuses anything else.
fn is_compressed(file: &Path, size: u64) -> Result<bool> {
    let mut head = [0; 16];
    let count = backup::open_file(file)?
        .take(16)
        .read(&mut head)
        .with_context(|| format!("read {}", file.display()))?;
    let known = &head[..count];
    if known.starts_with(&ZSTD_MAGIC) {
        return Ok(true);
    }
    if known == SQLITE_MAGIC {
        return Ok(false);
    }
    let why = if size == 0 {
        "it is empty"
    } else {
        "it is neither an SQLite database nor a compressed one"
    };
    Err(Error::new(format!("restore {}", file.display()))
        .with_source(why)
        .with_help("name a backup; `tornsnap backup --list` lists them")
        .with_exit(Exit::Config))
}

fn pour_unproven(file: &Path, is_packed: bool, target: &mut fs::File) -> Result<()> {
    let mut source = backup::open_file(file)?;
    if !is_packed {
        return pour(&mut source, target).with_context(|| format!("read {}", file.display()));
    }
    zstd::Decoder::new(source)
        .and_then(|mut decoder| pour(&mut decoder, target))
        .map_err(|error| {
            let exit = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Exit::Io,
                _ => Exit::Damaged,
            };
            Error::new(format!("decompress {}", file.display()))
                .with_source(error)
                .with_exit(exit)
        })
}

/// The temporary name beside a database, whose file goes when this is dropped.
#[derive(Debug)]
struct Place {
    file: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        discard(&self.file);
    }
}

impl Place {
    /// Free of what an earlier run left there, on a disk with room enough.
    fn begin(database: &Path, bytes: u64) -> Result<Self> {
        let folder = folder_of(database);
        let name = database
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let file = folder.join(format!(
            ".{name}.restore.{}.partial",
            backup::mark(database)
        ));
        discard(&file);
        check_room(folder, bytes, "restore a backup")?;
        Ok(Self { file })
    }

    fn create(&self, database: &Path) -> Result<fs::File> {
        let file = &self.file;
        create_private(file, database).map_err(|error| {
            owner::explain(format!("write {}", file.display()), file, database, error)
        })
    }
}

/// The schema of the unpacked database; refuses what this program could not open.
fn version_of(unpacked: &Path, source: &Path) -> Result<i64> {
    let connection = backup::open_copy(unpacked)?;
    match open::inspect(&connection, unpacked) {
        Ok(Found::Ours(version)) => Ok(version),
        Ok(Found::Empty) => Err(Error::new(format!("restore {}", source.display()))
            .with_source("it is a database without any table")
            .with_help("name another backup")
            .with_exit(Exit::Config)),
        Err(error) => {
            let told = Error::new(format!("restore {}", source.display()))
                .with_source(error.causes().join(": "))
                .with_exit(error.exit());
            Err(match error.exit() {
                Exit::Config => {
                    told.with_help("name a backup that this tornsnap can read; nothing was changed")
                }
                _ => told.with_help("name another backup; nothing was changed"),
            })
        }
    }
}

/// The database that is to be replaced, be it where a restore that was cut off has put it.
pub(crate) fn present(database: &Path) -> FileIdentity {
    match inspect_identity(database) {
        FileIdentity::Nothing => match aside_of(database) {
            Ok(Some(aside)) => inspect_identity(&aside),
            _ => FileIdentity::Nothing,
        },
        present => present,
    }
}

/// The ids of the database that is to be replaced; `None` when it has none, or when it is too damaged to be asked.
pub(crate) fn present_identity(database: &Path) -> Option<Identity> {
    match present(database) {
        FileIdentity::Ours(identity) => Some(identity),
        _ => None,
    }
}

/// Makes it what `init` makes, then syncs it: a database in WAL mode.
fn switch_to_wal(file: &Path) -> Result<()> {
    let switch = || -> rusqlite::Result<()> {
        let connection = connect_bare(&as_file(file), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);")?;
        connection.close().map_err(|(_, error)| error)
    };
    switch().context(format!("prepare {}", file.display()))?;
    sync_file(file)
}
