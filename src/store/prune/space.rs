//! Returns free pages of the database file to the disk.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::error::Result;
use crate::model::path::folder_of;
use crate::store::files::space::check_room;
use crate::store::prune::throttle::Throttle;
use crate::store::{SqlContext, Store, wal};

/// The number of pages that the first step frees.
const FIRST_STEP: i64 = 1_000;

/// The minimum and the maximum number of pages of later steps.
const STEP_LIMITS: (i64, i64) = (100, 16_000);

/// Completes "could not …" for `VACUUM`.
const REWRITE: &str = "rewrite the database without its free space";

/// `PRAGMA cache_size` during `VACUUM`: a negative number is in KiB.
const VACUUM_CACHE: i64 = -8_000;

impl Store {
    /// Configures the connection for many small transactions.
    pub(super) fn prepare_for_steps(&self) -> Result<()> {
        self.connection
            .pragma_update(None, "cache_size", -24_000)
            .and_then(|()| {
                // Checkpoints run between the steps, where they do not hold the write lock.
                self.connection.pragma_update(None, "wal_autocheckpoint", 0)
            })
            .context("set up the prune")?;
        wal::checkpoint_beyond(&self.connection, "main", 0)
    }

    /// Runs incremental vacuums until no free page is left, or until `continues` returns false. Returns whether it was
    /// stopped.
    pub(super) fn release_free_pages(&self, mut continues: impl FnMut() -> bool) -> Result<bool> {
        let count_free = || -> Result<i64> {
            self.connection
                .query_row("PRAGMA freelist_count", [], |row| row.get(0))
                .context("count free pages")
        };
        let mut throttle = Throttle::new(FIRST_STEP, STEP_LIMITS);
        let mut free = count_free()?;
        while free > 0 {
            if !continues() {
                return Ok(true);
            }
            let started = Instant::now();
            let mut step = self
                .connection
                .prepare(&format!(
                    "PRAGMA incremental_vacuum({})",
                    throttle.step_size
                ))
                .context("release free pages")?;
            let mut rows = step.query([]).context("release free pages")?;
            // Each step of the statement frees one page.
            while rows.next().context("release free pages")?.is_some() {}
            let held = started.elapsed();
            let left = count_free()?;
            if left >= free {
                break; // The database was created without auto_vacuum.
            }
            free = left;
            throttle.after_step(self, held)?;
        }
        Ok(false)
    }

    /// Fails if there is not enough free space for [`Self::vacuum`].
    ///
    /// # Errors
    ///
    /// [`Exit::Io`](crate::error::Exit::Io).
    pub(crate) fn check_room_for_vacuum(&self) -> Result<()> {
        let bytes = u64::try_from(self.file_bytes()?).unwrap_or_default();
        check_room_for_rewrite(&self.path, &temporary_folder(), bytes, REWRITE)
    }

    /// Runs `VACUUM`, with a small cache. Other processes cannot write meanwhile. Returns the new size of the database.
    ///
    /// # Errors
    ///
    /// [`Exit::Io`](crate::error::Exit::Io) when there is not enough free space for the copy.
    pub(crate) fn vacuum(&self) -> Result<i64> {
        let action = REWRITE;
        self.check_room_for_vacuum()?;
        let set = |temp_store: &str, cache: i64| {
            self.connection
                .pragma_update(None, "temp_store", temp_store)
                .and_then(|()| self.connection.pragma_update(None, "cache_size", cache))
                .context(action)
        };
        let cache: i64 = self
            .connection
            .pragma_query_value(None, "cache_size", |row| row.get(0))
            .context(action)?;
        // SQLite then writes the copy to a file and not into memory.
        set("FILE", VACUUM_CACHE)?;
        let done = self.connection.execute_batch("VACUUM").context(action);
        set("MEMORY", cache)?;
        done?;
        self.file_bytes()
    }

    pub(super) fn file_bytes(&self) -> Result<i64> {
        let pragma = |name: &str| -> Result<i64> {
            self.connection()
                .pragma_query_value(None, name, |row| row.get(0))
                .context("measure the database")
        };
        Ok(pragma("page_count")? * pragma("page_size")?)
    }
}

/// Checks the free space for `VACUUM`: SQLite makes a copy in its folder for temporary files, and writes it back through
/// the WAL beside the database.
/// <https://sqlite.org/lang_vacuum.html>
fn check_room_for_rewrite(
    database: &Path,
    temporary: &Path,
    bytes: u64,
    action: &str,
) -> Result<()> {
    let folder = folder_of(database);
    let copies = if is_same_device(folder, temporary) {
        2
    } else {
        1
    };
    check_room(temporary, bytes.saturating_mul(copies), action).map_err(|error| {
        let variable = if cfg!(unix) { "SQLITE_TMPDIR" } else { "TMP" };
        error.with_help(format!(
            "free some space on that disk, set {variable} to a folder on another one, or leave --vacuum away"
        ))
    })?;
    check_room(folder, bytes, action)
        .map_err(|error| error.with_help("free some space on that disk, or leave --vacuum away"))
}

#[cfg(unix)]
fn is_same_device(first: &Path, second: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().map(|found| found.dev());
    // If a device is unknown, assume the case that needs more space.
    !matches!((device(first), device(second)), (Ok(first), Ok(second)) if first != second)
}

#[cfg(not(unix))]
fn is_same_device(_: &Path, _: &Path) -> bool {
    true
}

/// The folder in which SQLite creates temporary files. <https://sqlite.org/tempfiles.html#temporary_file_storage_locations>
#[expect(clippy::disallowed_methods, reason = "SQLite reads the same variables")]
fn temporary_folder() -> PathBuf {
    if cfg!(not(unix)) {
        return std::env::temp_dir();
    }
    ["SQLITE_TMPDIR", "TMPDIR"]
        .into_iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from)
        .chain(["/var/tmp", "/usr/tmp", "/tmp"].map(PathBuf::from))
        .find(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from("."))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rusqlite::Connection;

    use super::*;
    use crate::error::Exit;

    #[test]
    fn a_vacuum_without_enough_free_space_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        let check = |bytes| check_room_for_rewrite(&database, folder.path(), bytes, "rewrite");

        assert!(check(1_000_000).is_ok());
        assert_eq!(check(1 << 60).unwrap_err().exit(), Exit::Io);
    }

    #[test]
    fn a_checkpoint_does_not_wait_for_readers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let store = Store::create(&path).unwrap();
        let reader = Connection::open(&path).unwrap();
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM players")
            .unwrap();
        store
            .connection()
            .execute(
                "INSERT INTO factions (faction_id, name) VALUES (1, 'A')",
                [],
            )
            .unwrap();
        let started = Instant::now();

        wal::checkpoint_beyond(store.connection(), "main", 0).unwrap();
        wal::truncate_if_unused(store.connection(), "main").unwrap();

        assert!(started.elapsed() < Duration::from_secs(5));
    }
}
