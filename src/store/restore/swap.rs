//! Moving the present database aside, and the proven one to its place.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::folder_of;
use crate::store::backup;
use crate::store::files::{
    COMPANIONS, remove_if_there, sync_folder, with_suffix, write_atomically,
};
use crate::store::identity::identity;
use crate::store::open::{self, as_file, connect_bare};
use crate::store::restore::{Locks, SQLITE_MAGIC, Staged};
use crate::store::restore_marker::{aside_of, marker};

/// How long to wait for another program that has the present database open.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

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
            write_atomically(&marker(database), &aside.to_string_lossy(), &mark, database)?;
            move_aside(database, &aside)?;
            #[cfg(not(windows))]
            drop(held);
            Some(aside)
        }
        None => None,
    };
    fs::rename(&staged.place.file, database)
        .with_context(|| format!("put the restored database at {}", database.display()))?;
    sync_folder(folder)?;
    remove_if_there(&marker(database))
        .with_context(|| format!("remove {}", marker(database).display()))?;
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
        error.with_help(remedy)
    })?;
    Ok(kept)
}

/// Looks at the database once more where it now is.
fn check_again(staged: &Staged, database: &Path) -> Result<()> {
    let connection = open::connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if identity(&connection)? == staged.identity {
        return Ok(());
    }
    Err(Error::new(format!("restore {}", database.display()))
        .with_source("another program has put another database in its place")
        .with_exit(Exit::Damaged))
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
        remove_if_there(&marker).with_context(|| format!("remove {}", marker.display()))?;
        return Ok(None);
    }
    Ok(Some(aside))
}

/// Moves the database first: without it, what stands beside it means nothing to anybody.
fn move_aside(database: &Path, aside: &Path) -> Result<()> {
    for (from, to) in names(database).zip(names(aside)) {
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("move {} to {}", from.display(), to.display()));
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
        let connection = connect_bare(&as_file(database), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
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

/// Whether there is a database to ask. Of one without a page SQLite would throw the WAL away: it is moved as it is.
fn has_pages(database: &Path) -> bool {
    let mut head = [0; 512];
    fs::File::open(database)
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head.starts_with(SQLITE_MAGIC))
}
