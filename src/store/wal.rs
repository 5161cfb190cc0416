//! Syncs and checkpoints the write-ahead log, and limits its size. <https://sqlite.org/wal.html>
//!
//! Only [`empty`] waits for a reader.

use std::time::Duration;

use rusqlite::Connection;

use crate::error::Result;
use crate::store::{SqlContext, open};

/// Size of the WAL file in bytes above which it is truncated as soon as no connection reads from it.
const MAX_WAL_BYTES: i64 = 16 << 20;

/// The time for which [`empty`] waits for other connections.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Checkpoint {
    /// Whether a reader or another checkpoint blocked this one.
    pub(super) was_busy: bool,
    /// All frames in the WAL.
    pub(super) frames: i64,
    /// Frames that were copied to the database file.
    pub(super) checkpointed: i64,
}

/// Limits the size of the WAL file after a reset. Without a limit, SQLite keeps the file at its largest size.
///
/// SQLite itself starts a PASSIVE checkpoint every 1000 pages.
pub(super) fn limit_size(connection: &Connection) -> Result<()> {
    connection
        .query_row(
            &format!("PRAGMA journal_size_limit = {MAX_WAL_BYTES}"),
            [],
            |_| Ok(()),
        )
        .context("limit the size of the WAL")
}

/// Syncs everything that was committed to this database, by this connection or another one.
///
/// With `synchronous = FULL`, SQLite syncs the whole WAL file after a commit, including frames of other connections.
/// An fsync of our own would be worse: SQLite also syncs the folder of a new file, uses `F_FULLFSYNC` where the system
/// has it, and does not open the file a second time. Closing a second handle would drop SQLite's POSIX locks.
///
/// A commit without a change syncs nothing. Setting `user_version` always writes page 1, even to the same value.
pub(super) fn sync(connection: &Connection) -> Result<()> {
    let commit = || -> rusqlite::Result<()> {
        let set_synchronous = |level| connection.pragma_update(None, "synchronous", level);
        set_synchronous("FULL")?;
        let committed = connection.execute_batch("BEGIN IMMEDIATE").and_then(|()| {
            connection
                .query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
                .and_then(|version| connection.pragma_update(None, "user_version", version))
                .and_then(|()| connection.execute_batch("COMMIT"))
                .inspect_err(|_| {
                    // The first error is the one to report.
                    let _ = connection.execute_batch("ROLLBACK");
                })
        });
        set_synchronous("NORMAL")?;
        committed
    };
    commit().context("sync the database to the disk")
}

/// Checkpoints the WAL of `schema` as far as its readers allow.
///
/// A WAL above [`MAX_WAL_BYTES`] is also truncated if no connection reads from it now.
pub(super) fn checkpoint(connection: &Connection, schema: &str) -> Result<Checkpoint> {
    let checkpoint = || -> rusqlite::Result<Checkpoint> {
        let passive = run_checkpoint(connection, schema, "PASSIVE")?;
        let page_size: i64 =
            connection.query_row(&format!("PRAGMA {schema}.page_size"), [], |row| row.get(0))?;
        if passive.frames.saturating_mul(page_size) <= MAX_WAL_BYTES
            || passive.checkpointed < passive.frames
        {
            return Ok(passive);
        }
        truncate(connection, schema)
    };
    checkpoint().context("checkpoint the WAL")
}

/// Checkpoints the WAL of `schema` as far as its readers allow, if more than `pages` frames are pending.
pub(super) fn checkpoint_beyond(connection: &Connection, schema: &str, pages: i64) -> Result<()> {
    let pending = |mode| {
        run_checkpoint(connection, schema, mode).map(|result| result.frames - result.checkpointed)
    };
    pending("NOOP")
        .and_then(|frames| {
            if frames > pages {
                pending("PASSIVE")?;
            }
            Ok(())
        })
        .context("checkpoint the WAL")
}

/// Checkpoints and truncates the WAL of `schema`, unless another connection uses it.
pub(super) fn truncate_if_unused(connection: &Connection, schema: &str) -> Result<()> {
    truncate(connection, schema)
        .map(drop)
        .context("checkpoint the WAL")
}

/// Copies the whole WAL to the database file, and empties it. Waits some seconds for other connections. Returns whether it is empty
/// now.
pub(super) fn empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(EMPTY_TIMEOUT)?;
    let truncated = run_checkpoint(connection, "main", "TRUNCATE");
    connection.busy_timeout(open::BUSY_TIMEOUT)?;
    truncated.map(|result| !result.was_busy)
}

fn truncate(connection: &Connection, schema: &str) -> rusqlite::Result<Checkpoint> {
    // Without a busy handler, TRUNCATE gives up at once if another connection reads or writes.
    connection.busy_timeout(Duration::ZERO)?;
    let truncated = run_checkpoint(connection, schema, "TRUNCATE");
    connection.busy_timeout(open::BUSY_TIMEOUT)?;
    truncated
}

fn run_checkpoint(
    connection: &Connection,
    schema: &str,
    mode: &str,
) -> rusqlite::Result<Checkpoint> {
    connection.query_row(
        &format!("PRAGMA {schema}.wal_checkpoint({mode})"),
        [],
        |row| {
            Ok(Checkpoint {
                was_busy: row.get::<_, i64>(0)? != 0,
                frames: row.get(1)?,
                checkpointed: row.get(2)?,
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Instant;

    use super::*;
    use crate::store::Store;

    fn wal_bytes(database: &Path) -> u64 {
        let mut wal = database.as_os_str().to_owned();
        wal.push("-wal");
        fs::metadata(wal).map_or(0, |file| file.len())
    }

    fn write(connection: &Connection, rows: i64) {
        connection
            .execute(
                "INSERT INTO rejected_payloads (recorded_at, endpoint, error, body)
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                 SELECT 0, '/user', 'x', hex(zeroblob(4000)) FROM n",
                [rows],
            )
            .unwrap();
    }

    #[test]
    fn a_sync_writes_a_frame_although_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let store = Store::create(&path).unwrap();
        let before = wal_bytes(&path);

        sync(store.connection()).unwrap();

        assert!(wal_bytes(&path) > before, "{before}");
        let level: i64 = store
            .connection()
            .query_row("PRAGMA synchronous", [], |row| row.get(0))
            .unwrap();
        assert_eq!(level, 1, "NORMAL again");
    }

    #[test]
    fn the_wal_is_truncated_after_the_last_reader_has_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let store = Store::create(&path).unwrap();
        let reader = Connection::open(&path).unwrap();
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM players")
            .unwrap();
        write(store.connection(), 4_000);
        let begun = Instant::now();

        let held = checkpoint(store.connection(), "main").unwrap();

        assert!(held.checkpointed < held.frames, "{held:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(wal_bytes(&path) > MAX_WAL_BYTES.unsigned_abs());
        reader.execute_batch("COMMIT").unwrap();
        checkpoint(store.connection(), "main").unwrap();
        assert_eq!(wal_bytes(&path), 0, "the reader is still connected");
    }
}
