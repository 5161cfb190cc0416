//! Space: what waits in the WAL, what is free in the file, and the rewrite of the whole file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::error::Result;
use crate::model::path::folder_of;
use crate::store::files::check_room;
use crate::store::prune::pace::Pace;
use crate::store::{SqlContext, Store, wal};

/// Pages that one step gives back to the disk: in the first, and the limits of later ones.
const FIRST_PAGES: i64 = 1_000;
const PAGES: (i64, i64) = (100, 16_000);

/// Pages in memory while the whole file is rewritten, in KiB as SQLite wants it.
const VACUUM_CACHE: i64 = -8_000;

impl Store {
    /// Sets up a connection for a lot of small transactions.
    pub(super) fn expect_many_steps(&self) -> Result<()> {
        self.connection
            .pragma_update(None, "cache_size", -32_000)
            .and_then(|()| {
                // The prune itself says when: between its steps, not within their commits.
                self.connection.pragma_update(None, "wal_autocheckpoint", 0)
            })
            .context("set up the prune")?;
        wal::checkpoint_beyond(&self.connection, "main", 0)
    }

    /// Returns free pages to the disk, some at a time.
    pub(super) fn give_space_back(&self) -> Result<()> {
        let free = || -> Result<i64> {
            self.connection
                .query_row("PRAGMA freelist_count", [], |row| row.get(0))
                .context("count free pages")
        };
        let mut pace = Pace::starting(FIRST_PAGES, PAGES);
        let mut left = free()?;
        while left > 0 {
            let started = Instant::now();
            let mut step = self
                .connection
                .prepare(&format!("PRAGMA incremental_vacuum({})", pace.rows))
                .context("give space back")?;
            let mut rows = step.query([]).context("give space back")?;
            // Each row that SQLite returns is a page given back.
            while rows.next().context("give space back")?.is_some() {}
            let held = started.elapsed();
            let now = free()?;
            if now >= left {
                break; // Not a database that can: it was made without auto_vacuum.
            }
            left = now;
            pace.follow(self, held)?;
        }
        Ok(())
    }

    /// Rewrites the whole file without free pages, in flat memory. Nobody else can write meanwhile.
    ///
    /// # Errors
    ///
    /// [`Exit::Io`](crate::error::Exit::Io) when a disk has no room for the copy.
    pub(crate) fn vacuum(&self) -> Result<i64> {
        let action = "rewrite the database without its free space";
        let bytes = u64::try_from(self.file_bytes()?).unwrap_or_default();
        check_room_for_rewrite(&self.path, &temporary_folder(), bytes, action)?;
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
        // The copy goes to a file, not into memory.
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

/// SQLite makes the copy in its folder for temporary files, and writes it back through the WAL beside the database.
/// <https://sqlite.org/lang_vacuum.html>
fn check_room_for_rewrite(
    database: &Path,
    temporary: &Path,
    bytes: u64,
    action: &str,
) -> Result<()> {
    let folder = folder_of(database);
    let both = if is_one_disk(folder, temporary) { 2 } else { 1 };
    check_room(temporary, bytes * both, action)?;
    check_room(folder, bytes, action)
}

#[cfg(unix)]
fn is_one_disk(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().map(|found| found.dev());
    // Where it cannot be told, the larger need is asked for.
    !matches!((device(one), device(other)), (Ok(one), Ok(other)) if one != other)
}

#[cfg(not(unix))]
fn is_one_disk(_: &Path, _: &Path) -> bool {
    true
}

/// Where SQLite makes temporary files. <https://sqlite.org/tempfiles.html#temporary_file_storage_locations>
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
    fn a_rewrite_without_room_is_refused_before_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        let check = |bytes| check_room_for_rewrite(&database, folder.path(), bytes, "rewrite");

        assert!(check(1_000_000).is_ok());
        assert_eq!(check(1 << 60).unwrap_err().exit(), Exit::Io);
    }

    #[test]
    fn a_full_checkpoint_waits_for_no_reader() {
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
        wal::empty(store.connection(), "main").unwrap();

        assert!(started.elapsed() < Duration::from_secs(5));
    }
}
