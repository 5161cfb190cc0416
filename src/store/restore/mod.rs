//! Replaces a database with a backup.
//!
//! The backup is unpacked and verified beside the database before anything else changes. A run that is killed leaves
//! the previous database at its old path or at a new one. The file `<database>.restoring` holds the new path, and the
//! next run finishes the restore.

mod ids;
mod replace;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::Identity;
use crate::model::kind::Kind;
use crate::model::path::folder_of;
use crate::model::watch::{Unit, Watch};
use crate::store::SqlContext;
use crate::store::backup::{self, Form, Manifest};
use crate::store::check::{self, Depth};
use crate::store::files::compressed;
use crate::store::files::hash::copy_in_chunks;
use crate::store::files::private::create_private;
use crate::store::files::remove::remove_database_files;
use crate::store::files::same::resolve;
use crate::store::files::space::check_room;
use crate::store::files::sync::sync_file;
use crate::store::identity::{FileIdentity, identity, inspect_identity};
use crate::store::lock::{Lock, MAINTENANCE, NoWait, WaitPolicy};
use crate::store::migrate::SchemaState;
use crate::store::open::{self, as_file_name, connect_bare};
use crate::store::owner::{self, make_folder};
use crate::store::parallel::run_both;
use crate::store::restore_marker::{marker, previous_path};

pub(crate) use super::restore_marker::unfinished;
pub(crate) use ids::keep_ids;
pub(crate) use replace::Kept;
pub use replace::replace;

/// Checks that a path names a file.
///
/// # Errors
///
/// [`Exit::Config`] when it is missing or a folder.
pub(crate) fn check_backup_file(backup: &Path) -> Result<()> {
    backup::open_backup_file(backup).map(drop)
}

/// Checks by its first bytes that a file without a manifest may be a backup.
///
/// # Errors
///
/// [`Exit::Config`] when it is another file.
pub(crate) fn check_form(backup: &Path) -> Result<()> {
    form_of(backup).map(drop)
}

fn form_of(file: &Path) -> Result<Form> {
    backup::form_of(file, &format!("restore {}", file.display()))
}

/// All locks of a database. No other run of tornsnap changes it while they are held.
#[derive(Debug)]
pub struct Locks {
    database: PathBuf,
    held: Vec<Lock>,
}

impl Drop for Locks {
    fn drop(&mut self) {
        let is_absent = |path: &Path| matches!(path.try_exists(), Ok(false));
        if !is_absent(&self.database) || !is_absent(&marker(&self.database)) {
            return; // With a marker, the next run brings a database back.
        }
        // The restore has failed, and there is no database for which these files could be needed.
        for lock in self.held.drain(..) {
            lock.remove();
        }
    }
}

impl Locks {
    /// Takes all locks without waiting.
    ///
    /// # Errors
    ///
    /// As [`Locks::wait`].
    pub fn take(database: &Path) -> Result<Self> {
        Self::wait(database, &NoWait("restore"))
    }

    /// Takes all locks, and waits for their holders as long as `policy` says.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when another run still holds one of them.
    pub(crate) fn wait(database: &Path, policy: &dyn WaitPolicy) -> Result<Self> {
        let folder = folder_of(database);
        make_folder(folder, database)
            .with_context(|| format!("make the folder {}", folder.display()))?;
        let mut names = vec![MAINTENANCE, backup::LOCK];
        if database.exists() {
            // No run can fetch into a database that does not exist.
            names.extend(Kind::ALL.map(Kind::as_str));
        }
        let mut locks = Self {
            database: database.to_owned(),
            held: Vec::new(),
        };
        for name in names {
            locks.held.push(Lock::wait(database, name, policy)?);
        }
        Ok(locks)
    }
}

/// A verified database beside its final path. Its temporary file is removed on drop.
#[derive(Debug)]
pub struct Staged {
    staging: StagingFile,
    pub(crate) identity: Identity,
    /// Rows of all tables together.
    pub(crate) rows: i64,
    pub(crate) schema_version: i64,
}

/// Unpacks a backup beside `database` and verifies it against its manifest. Changes nothing else.
///
/// # Errors
///
/// [`Exit::Damaged`] when anything differs, [`Exit::Config`] when this program cannot use the backup.
pub fn stage(
    manifest: &Manifest,
    database: &Path,
    _locks: &Locks,
    watch: &dyn Watch,
) -> Result<Staged> {
    let staging = StagingFile::reserve(database, manifest.database_bytes())?;
    let schema_version = fill(&staging, manifest, database, watch)
        .map_err(|error| staging.named(error, &manifest.path))?;
    Ok(Staged {
        staging,
        identity: manifest.identity(),
        rows: manifest.total_rows(),
        schema_version,
    })
}

/// Unpacks a backup to the file, verifies it, and returns its schema version.
fn fill(
    staging: &StagingFile,
    manifest: &Manifest,
    database: &Path,
    watch: &dyn Watch,
) -> Result<i64> {
    let bytes = manifest.database_bytes();
    if manifest.compressed {
        watch.begin("decompressing", Some((bytes, Unit::Bytes)));
        backup::unpack_and_verify(manifest, &mut staging.create(database)?, watch)?;
        watch.begin("checking", None);
    } else {
        watch.begin("copying", Some((bytes, Unit::Bytes)));
        backup::copy_unverified(manifest, staging.create(database)?, watch)?;
        watch.begin("checking and hashing", Some((bytes, Unit::Bytes)));
    }
    // The checks, the hash and the sync only read the file, so they can run at the same time.
    let (schema_version, hash_result) = run_both(
        || {
            let schema_version = check_schema(&staging.file, &manifest.path)?;
            backup::verify_contents(manifest, &staging.file, Depth::Quick)?;
            Ok(schema_version)
        },
        || {
            if !manifest.compressed {
                backup::verify_hash(manifest, &staging.file, watch)?;
                watch.begin("checking", None);
            }
            sync_file(&staging.file)
        },
    );
    // A wrong hash explains every error of the checks, so it is reported first.
    hash_result?;
    let schema_version = schema_version?;
    switch_to_wal(&staging.file)?;
    Ok(schema_version)
}

/// Like [`stage`] for a file without a manifest, with only SQLite's own checks.
///
/// # Errors
///
/// As [`stage`].
pub(crate) fn stage_without_manifest(
    file: &Path,
    database: &Path,
    _locks: &Locks,
    watch: &dyn Watch,
) -> Result<Staged> {
    let is_compressed = form_of(file)? == Form::Compressed;
    let size = fs::metadata(file)
        .with_context(|| format!("read {}", file.display()))?
        .len();
    let staging = StagingFile::reserve(database, size)?;
    let unpack = || -> Result<(Identity, i64, i64)> {
        let total = (!is_compressed).then_some((size, Unit::Bytes));
        watch.begin("copying", total);
        unpack_without_manifest(file, is_compressed, &mut staging.create(database)?, watch)?;
        watch.begin("checking", None);
        let schema_version = check_schema(&staging.file, file)?;
        let what = format!("the backup {}", file.display());
        let connection = backup::open_copy(&staging.file)?;
        let rows = check::verify(&connection, Depth::Full, &what)?
            .values()
            .fold(0, |sum: i64, rows| sum.saturating_add(*rows));
        let identity = identity(&connection)?;
        drop(connection);
        switch_to_wal(&staging.file)?;
        Ok((identity, rows, schema_version))
    };
    let (identity, rows, schema_version) = unpack().map_err(|error| {
        let error = staging.named(error, file);
        match error.exit() {
            // The advice of other errors of SQLite is about the database in use.
            Exit::Damaged => error.with_help(NAME_ANOTHER),
            _ => error,
        }
    })?;
    Ok(Staged {
        staging,
        identity,
        rows,
        schema_version,
    })
}

/// The help about a backup that is damaged.
const NAME_ANOTHER: &str = "name another backup; nothing was changed";

/// Copies a file that may be compressed with zstd to `target`, without comparing it with a manifest.
fn unpack_without_manifest(
    file: &Path,
    is_compressed: bool,
    target: &mut impl Write,
    watch: &dyn Watch,
) -> Result<()> {
    let mut source = backup::open_backup_file(file)?;
    if !is_compressed {
        return copy_in_chunks(&mut source, target, watch)
            .with_context(|| format!("copy {}", file.display()));
    }
    let damaged = |why| {
        Error::new(format!("restore {}", file.display()))
            .with_source(why)
            .with_help(NAME_ANOTHER)
            .with_exit(Exit::Damaged)
    };
    compressed::decompress(source, target, watch)
        .map_err(|failure| failure.into_error(file, damaged))
}

/// Removes what an interrupted restore has left beside a database that is at its path again. Best effort: the next restore
/// removes it, too.
///
/// `_lock`: that of backups, which each restore holds.
pub(crate) fn remove_leftovers(database: &Path, _lock: &Lock) {
    // The files are beside the file that a link leads to.
    let database = &resolve(database);
    let mark = marker(database);
    if database.exists() && mark.is_file() {
        let _ = fs::remove_file(&mark);
    }
    remove_database_files(&StagingFile::path(database));
}

/// A temporary file beside a database, which is removed on drop.
#[derive(Debug)]
struct StagingFile {
    file: PathBuf,
}

impl Drop for StagingFile {
    fn drop(&mut self) {
        remove_database_files(&self.file);
    }
}

impl StagingFile {
    /// Removes the file of an earlier run, and checks that the disk has room for `bytes`.
    fn reserve(database: &Path, bytes: u64) -> Result<Self> {
        let file = Self::path(database);
        remove_database_files(&file);
        check_room(folder_of(database), bytes, "restore a backup")?;
        Ok(Self { file })
    }

    fn path(database: &Path) -> PathBuf {
        let name = database
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let suffix = backup::temp_suffix(database);
        folder_of(database).join(format!(".{name}.restore{suffix}"))
    }

    fn create(&self, database: &Path) -> Result<fs::File> {
        create_private(&self.file, database).map_err(|error| {
            let folder = folder_of(database);
            let action = format!("copy the backup to {}", folder.display());
            owner::explain_folder(action, folder, database, error)
        })
    }

    /// The error without the hidden name of this file, which is a copy of `backup`.
    fn named(&self, error: Error, backup: &Path) -> Error {
        error.with_known_name(&self.file, &format!("the copy of {}", backup.display()))
    }
}

/// Reads the schema version of the unpacked database. Fails if this program could not open it.
fn check_schema(unpacked: &Path, source: &Path) -> Result<i64> {
    let connection = backup::open_copy(unpacked)?;
    match open::inspect(&connection, unpacked) {
        Ok(SchemaState::Ours(version)) => Ok(version),
        Ok(SchemaState::Empty) => Err(Error::new(format!("restore {}", source.display()))
            .with_source("it is a database without any table")
            .with_help("name another backup")
            .with_exit(Exit::Config)),
        Err(error) => {
            let refused = Error::new(format!("restore {}", source.display()))
                .with_source(error.causes().join(": "))
                .with_exit(error.exit());
            Err(match error.exit() {
                Exit::Config => refused
                    .with_help("name a backup that this tornsnap can read; nothing was changed"),
                _ => refused.with_help(NAME_ANOTHER),
            })
        }
    }
}

/// The database to replace. After an unfinished restore it is at the path in the marker file.
pub(crate) fn present_database(database: &Path) -> FileIdentity {
    match inspect_identity(database) {
        FileIdentity::NoDatabase => {
            let moved = unfinished(database);
            match previous_path(moved.as_deref().unwrap_or(database)) {
                Ok(Some(previous)) => inspect_identity(&previous),
                _ => FileIdentity::NoDatabase,
            }
        }
        present => present,
    }
}

/// The ids of the database to replace; `None` if they cannot be read.
pub(crate) fn present_identity(database: &Path) -> Option<Identity> {
    match present_database(database) {
        FileIdentity::Ours(identity) => Some(identity),
        _ => None,
    }
}

/// Switches the unpacked database to WAL mode and syncs it.
fn switch_to_wal(file: &Path) -> Result<()> {
    let switch = || -> rusqlite::Result<()> {
        let connection = connect_bare(&as_file_name(file), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);")?;
        connection.close().map_err(|(_, error)| error)
    };
    switch().context(format!("prepare {}", file.display()))?;
    sync_file(file)
}
