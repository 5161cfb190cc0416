//! Copies the pages of a database while others read and write it.
//!
//! `VACUUM INTO` takes three times as long and proves no more: it copies the entries of an index as they are, and
//! does not make them anew from the table.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::store::files::create_private;
use crate::store::{SqlContext, open};

/// How long to wait for a source that is locked, which in WAL mode means for its recovery after a crash.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the copy grows before that much is sent to the disk.
const TRICKLE: Duration = Duration::from_millis(10);

/// Copies a database to a new file of the same owner, which is not synced yet as a whole.
pub(super) fn copy(source: &Connection, database: &Path, target: &Path) -> Result<()> {
    create_private(target, database).with_context(|| format!("make {}", target.display()))?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| trickle(target, &done));
        let outcome = pages(source, target);
        done.store(true, Ordering::Relaxed);
        outcome
    })
}

/// Sends what was written so far to the disk while the copy grows, a little at a time: flushed all at once at the end,
/// it would keep a writer's next checkpoint waiting.
fn trickle(file: &Path, done: &AtomicBool) {
    let Ok(file) = File::options().write(true).open(file) else {
        return; // It is only a courtesy: the sync that counts comes when all is written.
    };
    while !done.load(Ordering::Relaxed) {
        thread::sleep(TRICKLE);
        let _ = file.sync_data();
    }
}

/// Copies a database page by page in one step: a stepped copy begins anew whenever somebody commits.
///
/// The copy needs no WAL and no rights to write: it can be opened read-only anywhere.
fn pages(source: &Connection, target: &Path) -> Result<()> {
    let action = || format!("copy the database to {}", target.display());
    let copied = || -> rusqlite::Result<StepResult> {
        let mut copy = open::connect_bare(&open::as_file(target), OpenFlags::default())?;
        // Nobody else sees it, and it is synced as a whole when it is done.
        copy.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
             PRAGMA cache_size = -4000;",
        )?;
        let waiting_since = Instant::now();
        let result = loop {
            let result = Backup::new(source, &mut copy)?.step(-1)?;
            let busy = matches!(result, StepResult::Busy | StepResult::Locked);
            if !busy || waiting_since.elapsed() > BUSY_TIMEOUT {
                break result;
            }
            thread::sleep(Duration::from_millis(50));
        };
        drop(copy);
        let copy = open::connect_bare(&open::as_file(target), OpenFlags::default())?;
        copy.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE;",
        )?;
        Ok(result)
    };
    match copied().context(action())? {
        StepResult::Done => Ok(()),
        _ => Err(Error::new(action())
            .with_source("another program keeps the database locked")
            .with_help("wait for it to end, then run it again")
            .with_exit(Exit::TryLater)),
    }
}

/// How many bytes the database takes, what is still in its WAL included.
pub(super) fn size_of(source: &Connection) -> Result<u64> {
    let pragma = |name: &str| source.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    let size = || -> rusqlite::Result<i64> {
        let pages: i64 = pragma("page_count")?;
        let page: i64 = pragma("page_size")?;
        Ok(pages.saturating_mul(page))
    };
    size()
        .map(|bytes| u64::try_from(bytes).unwrap_or(0))
        .context("measure the database")
}
