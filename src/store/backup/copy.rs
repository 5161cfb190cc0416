//! Copies the pages of a database while other connections read and write it.
//!
//! `VACUUM INTO` takes three times as long and checks no more: it copies index entries as they are and does not
//! rebuild them from the table.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::watch::Watch;
use crate::store::backup::BackupOptions;
use crate::store::files::private::create_private;
use crate::store::{SqlContext, interrupt, open};

/// How long to wait for a locked source. In WAL mode the source is locked only during recovery after a crash.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// The number of pages between two checks for a request to stop.
const STEP: i32 = 2_000;

const SYNC_INTERVAL: Duration = Duration::from_millis(10);

/// Copies a database to a new file of the same owner. The caller syncs the file.
pub(super) fn copy_database(
    source: &Connection,
    options: &BackupOptions<'_>,
    target: &Path,
) -> Result<()> {
    create_private(target, options.database)
        .with_context(|| format!("make {}", target.display()))?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| sync_periodically(target, &done));
        let copied = copy_pages(source, target, options.watch);
        done.store(true, Ordering::Relaxed);
        copied
    })
}

/// Syncs the file again and again while it grows.
///
/// One sync of the whole file at the end would delay the next checkpoint of a process that writes to the database.
fn sync_periodically(file: &Path, done: &AtomicBool) {
    let Ok(file) = File::options().write(true).open(file) else {
        return; // Best effort: only the sync at the end makes the copy durable.
    };
    while !done.load(Ordering::Relaxed) {
        thread::sleep(SYNC_INTERVAL);
        let _ = file.sync_data();
    }
}

/// Copies all pages. The copy is not in WAL mode, so that it can be opened from a read-only folder.
fn copy_pages(source: &Connection, target: &Path, watch: &dyn Watch) -> Result<()> {
    let action = || format!("copy the database to {}", target.display());
    let copied = || -> rusqlite::Result<StepResult> {
        let mut copy = open::connect_bare(&open::as_file_name(target), OpenFlags::default())?;
        // No other process uses this file, and it is synced when it is complete.
        copy.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
             PRAGMA cache_size = -4000;",
        )?;
        // Without this transaction, the copy would start again whenever another connection commits.
        let snapshot = source.unchecked_transaction()?;
        snapshot.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
        let result = step_through(
            &Backup::new(&snapshot, &mut copy)?,
            page_size(source)?,
            watch,
        )?;
        drop((snapshot, copy));
        let copy = open::connect_bare(&open::as_file_name(target), OpenFlags::default())?;
        copy.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE;",
        )?;
        Ok(result)
    };
    match copied().context(action())? {
        StepResult::Done => Ok(()),
        StepResult::More => Err(Error::new(action()).with_source("it was interrupted")),
        _ => Err(Error::new(action())
            .with_source("another program keeps the database locked")
            .with_help("wait for it to end, then run it again")
            .with_exit(Exit::TryLater)),
    }
}

/// Copies [`STEP`] pages at a time. Returns [`StepResult::More`] after a request to stop.
fn step_through(
    backup: &Backup<'_, '_>,
    page_size: u64,
    watch: &dyn Watch,
) -> rusqlite::Result<StepResult> {
    let waiting_since = Instant::now();
    let mut copied = 0;
    loop {
        let result = backup.step(STEP)?;
        let progress = backup.progress();
        let pages = progress.pagecount - progress.remaining;
        watch.advance(u64::try_from(pages - copied).unwrap_or(0) * page_size);
        copied = pages;
        match result {
            StepResult::More if !interrupt::is_requested() => {}
            StepResult::Busy | StepResult::Locked if waiting_since.elapsed() <= BUSY_TIMEOUT => {
                thread::sleep(Duration::from_millis(50));
            }
            result => return Ok(result),
        }
    }
}

/// The size of the database in bytes, including pages that are only in the WAL.
pub(super) fn database_size(source: &Connection) -> Result<u64> {
    let size = || -> rusqlite::Result<u64> {
        let pages: u64 = source.pragma_query_value(None, "page_count", |row| row.get(0))?;
        Ok(pages.saturating_mul(page_size(source)?))
    };
    size().context("measure the database")
}

fn page_size(source: &Connection) -> rusqlite::Result<u64> {
    source.pragma_query_value(None, "page_size", |row| row.get(0))
}
