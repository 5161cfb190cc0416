//! Reads the values that `health` checks. It changes no database and leaves no file or lock behind, whatever file is at
//! the path.

mod archives;
mod copies;
mod data;
mod disk;
mod months;
mod notification;
mod open;
mod runs;
mod targets;

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::health::{AddressPause, KeyStatus};
use crate::model::identity::Identity;
use crate::model::time::DAY;
use crate::store::check::{self, Depth};
use crate::store::keys::reads_battle_stats;
use crate::store::reading::ReadMode;
use crate::store::{SqlContext, Store, identity, interrupt, sql};

pub(crate) use super::archive_check::ArchiveRecords;
pub(crate) use super::archives::RecordedArchive;
pub(crate) use archives::{inspect_archive, refusal_of_archive};
pub(crate) use copies::{find_backups, verify_newest_backup};
pub(crate) use disk::{free_space, is_same_disk, size_of, wal_size};
pub(crate) use notification::NotificationFile;
pub(crate) use open::is_forbidden;
pub(crate) use runs::RunHistory;
pub(crate) use targets::{FollowedIds, FollowedTiles};

/// The time limit of the check without `--deep`. It is enough for a database of about 20 MB.
const QUICK_CHECK_LIMIT: Duration = Duration::from_millis(40);

/// How far back runs are read, in seconds.
const WINDOW: i64 = 7 * DAY;

/// A read-only view of one state of a database.
#[derive(Debug)]
pub(crate) struct Snapshot {
    store: Store,
}

/// The database at the configured path.
#[derive(Debug)]
#[cfg_attr(
    windows,
    expect(clippy::large_enum_variant, reason = "there is only one at a time")
)]
pub(crate) enum Database {
    /// A database with the schema of this program.
    Current(Snapshot),
    /// A database with an older schema; its version.
    Outdated(i64),
}

impl Snapshot {
    fn connection(&self) -> &Connection {
        self.store.connection()
    }

    fn path(&self) -> &Path {
        self.store.path()
    }

    /// Whether the snapshot has the transactions that are only in the WAL.
    pub(crate) fn includes_wal(&self) -> bool {
        self.store.read_mode() != ReadMode::WithoutWal
    }

    /// Whether another program has changed a file that is read without locks. What was read is then inconsistent.
    pub(crate) fn is_outdated(&self) -> bool {
        self.store.check_unchanged().is_err()
    }

    /// Fails if this is an archive, into which no run fetches.
    pub(crate) fn refuse_archive(&self) -> Result<()> {
        self.store.refuse_archive()
    }

    pub(crate) fn identity(&self) -> Result<Identity> {
        identity::identity(self.connection())
    }

    /// The keys that were used, with their recorded state.
    pub(crate) fn keys(&self) -> Result<Vec<KeyStatus>> {
        self.query_all(sql!("health/list_keys"), [], |row| {
            let state: String = row.get("state")?;
            Ok(KeyStatus {
                name: row.get("name")?,
                is_dead: state == "dead",
                paused_until: row.get("paused_until")?,
                last_error: row.get("last_error")?,
                reads_battle_stats: reads_battle_stats(row)?,
            })
        })
    }

    /// The pause that Torn asked this address to keep.
    pub(crate) fn address_pause(&self, now: i64) -> Result<Option<AddressPause>> {
        self.query_row(
            sql!("health/get_address_pause"),
            named_params! { ":now": now },
            |row| {
                Ok(AddressPause {
                    until: row.get("until")?,
                    reason: row.get("reason")?,
                    is_block: row.get("is_block")?,
                })
            },
        )
        .optional()
        .context("read the pauses")
    }

    /// The number of rows of each table.
    pub(crate) fn row_counts(&self) -> Result<std::collections::BTreeMap<String, i64>> {
        check::row_counts(self.connection())
    }

    /// Runs `integrity_check` and `foreign_key_check`.
    pub(crate) fn check_fully(&self) -> Result<()> {
        let what = format!("the database {}", self.path().display());
        check::integrity(self.connection(), Depth::Full, &what)?;
        check::foreign_keys(self.connection(), &what)
    }

    /// Runs `quick_check` within a time limit. Returns whether it finished.
    pub(crate) fn check_quickly(&mut self) -> Result<bool> {
        let started = Instant::now();
        interrupt::watch(&mut self.store.connection, move || {
            started.elapsed() > QUICK_CHECK_LIMIT
        })
        .context("limit the check")?;
        let what = format!("the database {}", self.path().display());
        let first: rusqlite::Result<String> =
            self.connection()
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        interrupt::watch(&mut self.store.connection, || false).context("limit the check")?;
        match first {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Ok(false)
            }
            Ok(first) if first == "ok" => Ok(true),
            // If SQLite is interrupted within a page, it reports that as a line of text instead of an error.
            Ok(_) if started.elapsed() > QUICK_CHECK_LIMIT => {
                check::integrity(self.connection(), Depth::Quick, &what).map(|()| true)
            }
            Ok(first) => Err(Error::new(format!("find {what} sound"))
                .with_source(check::describe(&first))
                .with_exit(Exit::Damaged)),
            Err(error) => Err(error).context(format!("find {what} sound")),
        }
    }

    fn query_row<T>(
        &self,
        statement: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection().query_row(statement, parameters, read)
    }

    fn query_all<T>(
        &self,
        statement: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.connection()
            .prepare(statement)
            .and_then(|mut rows| rows.query_map(parameters, read)?.collect())
            .context("read the database")
    }
}

/// The version of the SQLite in this program, as text and as number.
pub(crate) fn sqlite_version() -> (&'static str, i32) {
    (rusqlite::version(), rusqlite::version_number())
}
