//! Renames the current database, and moves the verified one to its path.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::{folder_of, with_suffix};
use crate::store::backup;
use crate::store::files::kind::SQLITE_MAGIC;
use crate::store::files::private::write_atomically;
use crate::store::files::remove::{COMPANIONS, remove_if_there};
use crate::store::files::rename::{rename, rename_error};
use crate::store::files::sync::sync_folder;
use crate::store::identity::identity;
use crate::store::open::{self, as_file_name, connect_bare};
use crate::store::restore::{Locks, Staged};
use crate::store::restore_marker::{marker, previous_path};

/// How long to wait for another program that has the database open.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The files that were at the place of the restored database, and are kept beside it.
#[derive(Debug)]
pub enum Kept {
    /// The new path of the previous database.
    Database(PathBuf),
    /// Only the WAL and the like of a database that was not there.
    Companions(Vec<PathBuf>),
}

impl Kept {
    fn at(previous: &Path) -> Self {
        if previous.exists() {
            return Self::Database(previous.to_owned());
        }
        let companions = database_files(previous).filter(|file| file.exists());
        Self::Companions(companions.collect())
    }
}

/// Replaces the database with the staged one. Returns what was there before, if anything was.
///
/// # Errors
///
/// [`Exit::TryLater`] when another program has the database open.
pub fn replace(staged: &Staged, database: &Path, now: i64, _locks: &Locks) -> Result<Option<Kept>> {
    let folder = folder_of(database);
    let kept = match previous_of_interrupted_restore(database)? {
        Some(previous) => {
            move_previous(database, &previous)?;
            Some(Kept::at(&previous))
        }
        None if database_files(database).any(|name| name.exists()) => {
            // The lock is held until all files are moved, so that no other program opens the database meanwhile.
            let locked = lock_exclusively(database)?;
            #[cfg(windows)]
            drop(locked); // Windows cannot rename an open file. The rename fails if another program opens it.
            let previous = unused_previous_path(database, now);
            let mark = backup::temp_suffix(database);
            write_atomically(
                &marker(database),
                &previous.to_string_lossy(),
                &mark,
                database,
            )?;
            move_previous(database, &previous)?;
            #[cfg(not(windows))]
            drop(locked);
            Some(Kept::at(&previous))
        }
        None => None,
    };
    rename(&staged.staging.file, database).map_err(|error| {
        rename_error(
            format!("put the restored database at {}", database.display()),
            error,
        )
    })?;
    sync_folder(folder)?;
    remove_if_there(&marker(database))
        .with_context(|| format!("remove {}", marker(database).display()))?;
    sync_folder(folder)?;
    verify_replaced(staged, database).map_err(|error| {
        let error = error.with_help("restore another backup");
        match &kept {
            Some(Kept::Database(kept)) => {
                error.with_more_help(&format!("the old database is {}", kept.display()))
            }
            _ => error,
        }
    })?;
    Ok(kept)
}

/// Checks the id of the database at its final path.
fn verify_replaced(staged: &Staged, database: &Path) -> Result<()> {
    let connection = open::connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if identity(&connection)? == staged.identity {
        return Ok(());
    }
    Err(Error::new(format!("restore {}", database.display()))
        .with_source("another program has put another database in its place")
        .with_exit(Exit::Damaged))
}

/// The paths of the database and of the files that SQLite keeps beside it.
fn database_files(database: &Path) -> impl Iterator<Item = PathBuf> {
    [""].into_iter()
        .chain(COMPANIONS)
        .map(|suffix| with_suffix(database, suffix))
}

/// The path that an unfinished restore moves the previous database to; removes the marker of a finished one.
fn previous_of_interrupted_restore(database: &Path) -> Result<Option<PathBuf>> {
    let Some(previous) = previous_path(database)? else {
        return Ok(None);
    };
    // A file at the path is the previous database before the move, or the new one after it. Both are complete.
    if database.exists() {
        let marker = marker(database);
        remove_if_there(&marker).with_context(|| format!("remove {}", marker.display()))?;
        return Ok(None);
    }
    Ok(Some(previous))
}

/// Moves the database before its WAL and journal: SQLite ignores those without a database.
fn move_previous(database: &Path, previous: &Path) -> Result<()> {
    for (from, to) in database_files(database).zip(database_files(previous)) {
        match rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(rename_error(
                    format!("move {} to {}", from.display(), to.display()),
                    error,
                ));
            }
            _ => {}
        }
    }
    sync_folder(folder_of(database))
}

/// `tornsnap.db.before-restore-20261121T220600Z`, with a number if that name is taken.
fn unused_previous_path(database: &Path, now: i64) -> PathBuf {
    let first = with_suffix(
        database,
        &format!(".before-restore-{}", backup::compact_timestamp(now)),
    );
    let mut previous = first.clone();
    let mut number = 2_u64;
    while database_files(&previous).any(|name| name.exists()) {
        previous = with_suffix(&first, &format!("-{number}"));
        number += 1;
    }
    previous
}

/// Locks the database exclusively and checkpoints its WAL. Fails if another program has it open.
///
/// Returns `None` for a damaged database, which cannot be locked and is moved as it is.
fn lock_exclusively(database: &Path) -> Result<Option<Connection>> {
    if !has_a_page(database) {
        return Ok(None);
    }
    let alone = || -> rusqlite::Result<Option<Connection>> {
        let connection = connect_bare(&as_file_name(database), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // SQLite does not leave WAL mode while another connection is open.
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
            .with_source(why.to_owned())
            .with_help(
                "close it there (DB Browser, Datasette, Grafana, a shell), then run it again",
            )
            .with_exit(Exit::TryLater)
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

/// Whether the file has a first page. Without one, SQLite would delete the WAL, so such a file is moved as it is.
fn has_a_page(database: &Path) -> bool {
    let mut head = [0; 512];
    fs::File::open(database)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head.starts_with(SQLITE_MAGIC))
}
