//! Putting a backup in the place of a database.
//!
//! Nothing is touched before the backup has been proven and stands, whole and checked, beside its place. A run that
//! is cut off leaves the old database under its old name or the new one, and the next run finishes; in between a
//! small file `<database>.restoring` says under which name the old one is.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Doing, Error, Exit, Result};
use crate::model::kind::Kind;
use crate::model::path::folder_of;
use crate::store::Failed;
use crate::store::backup::{self, Manifest};
use crate::store::check::{self, Depth};
use crate::store::files::{
    COMPANIONS, check_room, create_private, discard, pour, remove_if_there, sync_file, sync_folder,
    with_suffix, write_atomically,
};
use crate::store::lock::Lock;
use crate::store::migrate::Found;
use crate::store::open::{self, as_file};
use crate::store::restoring::{aside_of, marker};

/// How long to wait for another program that has the present database open.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The first bytes of compressed files. <https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames>
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Says in plain words that a backup is not there, or a folder.
///
/// # Errors
///
/// [`Exit::Config`] for either.
pub fn must_be_a_file(backup: &Path) -> Result<()> {
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
    /// Takes them.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when a run of any kind is at work.
    pub fn take(database: &Path) -> Result<Self> {
        let folder = folder_of(database);
        fs::create_dir_all(folder).doing(|| format!("make the folder {}", folder.display()))?;
        let mut names = vec!["maintenance", backup::LOCK];
        if database.exists() {
            // Without a database nothing can be fetched into it.
            names.extend(Kind::ALL.map(Kind::as_str));
        }
        let held = names
            .into_iter()
            .map(|name| Lock::take(database, name))
            .collect::<Result<_>>()?;
        Ok(Self { _held: held })
    }
}

/// A proven database beside its place, under a temporary name that goes when this is dropped.
#[derive(Debug)]
pub struct Staged {
    file: PathBuf,
    /// Rows of all tables together.
    pub rows: i64,
    /// Its schema.
    pub schema_version: i64,
}

impl Drop for Staged {
    fn drop(&mut self) {
        discard(&self.file);
    }
}

/// Unpacks a backup beside `database` and proves it against its manifest; changes nothing else.
///
/// # Errors
///
/// [`Exit::Damaged`] when anything differs, [`Exit::Config`] when it cannot be used by this program.
pub fn stage(manifest: &Manifest, database: &Path, _locks: &Locks) -> Result<Staged> {
    let place = begin(database, manifest.database_bytes())?;
    let mut staged = Staged {
        file: place,
        rows: manifest.total_rows(),
        schema_version: manifest.schema_version,
    };
    let mut file = create(&staged.file)?;
    backup::unpack(manifest, &mut file)?;
    drop(file);
    finish(&mut staged, &manifest.path)?;
    backup::check_contents(manifest, &staged.file)?;
    switch_to_wal(&staged.file)?;
    Ok(staged)
}

/// As [`stage`], for a file without a manifest: SQLite's own checks have to do.
///
/// # Errors
///
/// As [`stage`].
pub fn stage_unproven(file: &Path, database: &Path, _locks: &Locks) -> Result<Staged> {
    let action = || format!("read {}", file.display());
    let mut source = backup::open_file(file)?;
    let size = source.metadata().doing(action)?.len();
    let mut head = [0; 16];
    let known = source
        .by_ref()
        .take(16)
        .read(&mut head)
        .doing(action)
        .map(|count| &head[..count])?;
    let compressed = known.starts_with(&ZSTD_MAGIC);
    if !compressed && known != SQLITE_MAGIC {
        let why = if size == 0 {
            "it is empty"
        } else {
            "it is neither an SQLite database nor a compressed one"
        };
        return Err(Error::new(format!("restore {}", file.display()))
            .because(why)
            .try_this("name a backup; `tornsnap backup --verify all` lists them")
            .exits(Exit::Config));
    }

    let mut staged = Staged {
        file: begin(database, size)?,
        rows: 0,
        schema_version: 0,
    };
    let mut target = create(&staged.file)?;
    let source = backup::open_file(file)?;
    if compressed {
        zstd::Decoder::new(source)
            .and_then(|mut decoder| pour(&mut decoder, &mut target))
            .map_err(|error| {
                let exit = match error.kind() {
                    io::ErrorKind::StorageFull => Exit::Io,
                    _ => Exit::Damaged,
                };
                Error::new(format!("decompress {}", file.display()))
                    .because(error)
                    .exits(exit)
            })?;
    } else {
        let mut source = source;
        pour(&mut source, &mut target).doing(action)?;
    }
    drop(target);
    finish(&mut staged, file)?;
    let what = format!("the backup {}", file.display());
    let connection = backup::open_copy(&staged.file)?;
    check::integrity(&connection, Depth::Full, &what)?;
    check::foreign_keys(&connection, &what)?;
    staged.rows = check::row_counts(&connection)?.values().sum();
    drop(connection);
    switch_to_wal(&staged.file)?;
    Ok(staged)
}

/// The temporary name, free of what an earlier run left there, on a disk with room enough.
fn begin(database: &Path, bytes: u64) -> Result<PathBuf> {
    let folder = folder_of(database);
    let name = database
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let place = folder.join(format!(
        ".{name}.restore.{}.partial",
        backup::mark(database)
    ));
    discard(&place);
    check_room(folder, bytes, "restore a backup")?;
    Ok(place)
}

fn create(place: &Path) -> Result<fs::File> {
    create_private(place).doing(|| format!("write {}", place.display()))
}

/// Says whose the unpacked database is, and refuses what this program could not open.
fn finish(staged: &mut Staged, source: &Path) -> Result<()> {
    let connection = backup::open_copy(&staged.file)?;
    match open::inspect(&connection, &staged.file) {
        Ok(Found::Ours(version)) => {
            staged.schema_version = version;
            Ok(())
        }
        Ok(Found::Empty) => Err(Error::new(format!("restore {}", source.display()))
            .because("it is a database without any table")
            .try_this("name another backup")
            .exits(Exit::Config)),
        Err(error) => {
            let told = Error::new(format!("restore {}", source.display()))
                .because(error.causes().join(": "))
                .exits(error.exit());
            Err(match error.exit() {
                Exit::Config => {
                    told.try_this("name a backup that this tornsnap can read; nothing was changed")
                }
                _ => told.try_this("name another backup; nothing was changed"),
            })
        }
    }
}

/// Makes it what `init` makes, then syncs it: a database in WAL mode.
fn switch_to_wal(file: &Path) -> Result<()> {
    let switch = || -> rusqlite::Result<()> {
        let connection =
            Connection::open_with_flags(as_file(file), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);")?;
        connection.close().map_err(|(_, error)| error)
    };
    switch().failed(format!("prepare {}", file.display()))?;
    sync_file(file)
}

/// Moves the present database aside and puts the staged one in its place; tells where the old one is.
///
/// # Errors
///
/// [`Exit::TryLater`] when another program has the present one open.
pub fn swap(staged: &Staged, database: &Path, now: i64, _locks: &Locks) -> Result<Option<PathBuf>> {
    let folder = folder_of(database);
    let kept = match aside_of_interrupted(database)? {
        Some(aside) => {
            move_aside(database, &aside)?;
            Some(aside)
        }
        None if names(database).any(|name| name.exists()) => {
            // Held until all is moved, so that nobody opens what is about to go.
            let held = have_alone(database)?;
            #[cfg(windows)]
            drop(held); // Windows moves no file that is open, which is protection enough.
            let aside = free_aside(database, now);
            let mark = backup::mark(database);
            write_atomically(&marker(database), &aside.to_string_lossy(), &mark)?;
            move_aside(database, &aside)?;
            #[cfg(not(windows))]
            drop(held);
            Some(aside)
        }
        None => None,
    };
    fs::rename(&staged.file, database)
        .doing(|| format!("put the restored database at {}", database.display()))?;
    sync_folder(folder)?;
    remove_if_there(&marker(database))
        .doing(|| format!("remove {}", marker(database).display()))?;
    sync_folder(folder)?;
    check_again(staged, database).map_err(|error| {
        let remedy = kept.as_ref().map_or_else(
            || "restore another backup".to_owned(),
            |kept| {
                format!(
                    "restore another backup; the old database is {}",
                    kept.display()
                )
            },
        );
        error.try_this(remedy)
    })?;
    Ok(kept)
}

/// Looks at the database once more where it now is.
fn check_again(staged: &Staged, database: &Path) -> Result<()> {
    let connection = open::connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let what = format!("the restored database {}", database.display());
    check::integrity(&connection, Depth::Quick, &what)?;
    let rows: i64 = check::row_counts(&connection)?.values().sum();
    if rows == staged.rows {
        return Ok(());
    }
    Err(Error::new(format!("find {what} sound"))
        .because("it has other rows than the backup")
        .exits(Exit::Damaged))
}

/// The database and what SQLite may keep beside it.
fn names(database: &Path) -> impl Iterator<Item = PathBuf> {
    [""].into_iter()
        .chain(COMPANIONS)
        .map(|suffix| with_suffix(database, suffix))
}

/// Where a restore that was cut off was moving the old database to, if it had begun and not ended.
fn aside_of_interrupted(database: &Path) -> Result<Option<PathBuf>> {
    let Some(aside) = aside_of(database)? else {
        return Ok(None);
    };
    // A database in its place is the old one, not moved yet, or the new one: both are whole.
    if database.exists() {
        let marker = marker(database);
        remove_if_there(&marker).doing(|| format!("remove {}", marker.display()))?;
        return Ok(None);
    }
    Ok(Some(aside))
}

/// Moves the database first: without it, what stands beside it means nothing to anybody.
fn move_aside(database: &Path, aside: &Path) -> Result<()> {
    for (from, to) in names(database).zip(names(aside)) {
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).doing(|| format!("move {} to {}", from.display(), to.display()));
            }
            _ => {}
        }
    }
    sync_folder(folder_of(database))
}

/// `tornsnap.db.before-restore-20261121T220600Z`, with a number where that is taken.
fn free_aside(database: &Path, now: i64) -> PathBuf {
    let first = with_suffix(
        database,
        &format!(".before-restore-{}", backup::compact(now)),
    );
    let mut aside = first.clone();
    let mut number = 2_u64;
    while names(&aside).any(|name| name.exists()) {
        aside = with_suffix(&first, &format!("-{number}"));
        number += 1;
    }
    aside
}

/// Makes sure that nobody else has the present database open, and folds its WAL into it.
///
/// A damaged one cannot be asked: it is moved as it is.
fn have_alone(database: &Path) -> Result<Option<Connection>> {
    if !has_pages(database) {
        return Ok(None);
    }
    let alone = || -> rusqlite::Result<Option<Connection>> {
        let connection = Connection::open_with_flags(
            as_file(database),
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Leaving WAL mode is refused while anybody else is connected.
        let mode: String =
            connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        if mode == "wal" {
            return Ok(None);
        }
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;")?;
        Ok(Some(connection))
    };
    let busy = |why: &str| {
        Error::new(format!("replace {}", database.display()))
            .because(why.to_owned())
            .try_this("close it there (DB Browser, Datasette, Grafana, a shell), then run it again")
            .exits(Exit::TryLater)
    };
    match alone() {
        Ok(Some(connection)) => Ok(Some(connection)),
        Ok(None) => Err(busy("another program has it open")),
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ) =>
        {
            Err(busy("another program has it open"))
        }
        Err(error) => {
            log::debug!("moving {} as it is: {error}", database.display());
            Ok(None)
        }
    }
}

/// Whether there is a database to ask. Of one without a page SQLite would throw the WAL away: it is moved as it is.
fn has_pages(database: &Path) -> bool {
    let mut head = [0; 512];
    fs::File::open(database)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head.starts_with(SQLITE_MAGIC))
}
