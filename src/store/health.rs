//! What `health` looks at: read only, without a lock, a file or a byte left behind, whatever stands at the path.

mod archives;
mod copies;
mod disk;
mod found;
mod look;
mod memory;
mod months;
mod runs;
mod targets;

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::health::KeyFact;
use crate::model::identity::Identity;
use crate::model::time::DAY;
use crate::store::check::{self, Depth};
use crate::store::{SqlContext, Store, identity, sql};

pub(crate) use crate::store::reading::ReadMode;
pub(crate) use archives::{Recorded, look_at_archive};
pub(crate) use copies::{look_at_backups, verify_newest};
pub(crate) use disk::{free_space, is_same_disk, size_of, wal_size};
pub(crate) use look::{is_forbidden, look};
pub(crate) use memory::Memory;
pub(crate) use targets::{Followed, Tiles};

/// How long the check that goes with every visit may take; a database of some 20 MB is looked at as a whole.
const QUICK_CHECK: Duration = Duration::from_millis(40);

/// How far back runs are looked at.
const WINDOW: i64 = 7 * DAY;

/// A database that can be looked at.
#[derive(Debug)]
pub(crate) struct View {
    store: Store,
}

/// What stands at the path.
#[derive(Debug)]
#[cfg_attr(
    windows,
    expect(clippy::large_enum_variant, reason = "there is only one at a time")
)]
pub(crate) enum Subject {
    /// One of ours, as this program makes it.
    Current(View),
    /// One of ours that an older program made.
    Older(i64),
}

impl View {
    fn connection(&self) -> &Connection {
        self.store.connection()
    }

    fn path(&self) -> &Path {
        self.store.path()
    }

    /// How the file is read.
    pub(crate) fn reading(&self) -> ReadMode {
        self.store.read_mode()
    }

    /// Whether somebody has written to a file that is read without locks.
    pub(crate) fn is_outdated(&self) -> bool {
        self.store.check_unchanged().is_err()
    }

    /// The ids of the database.
    pub(crate) fn identity(&self) -> Result<Identity> {
        identity::identity(self.connection())
    }

    /// The keys as the last run left them.
    pub(crate) fn keys(&self) -> Result<Vec<KeyFact>> {
        self.all(sql!("health/list_keys"), [], |row| {
            let state: String = row.get("state")?;
            Ok(KeyFact {
                name: row.get("name")?,
                is_dead: state == "dead",
                paused_until: row.get("paused_until")?,
                last_error: row.get("last_error")?,
                access_level: row.get("access_level")?,
            })
        })
    }

    /// Until when Torn makes this address wait, and why.
    pub(crate) fn address_pause(&self, now: i64) -> Result<Option<(i64, String)>> {
        self.one(
            sql!("health/get_address_pause"),
            named_params! { ":now": now },
            |row| Ok((row.get("until")?, row.get("reason")?)),
        )
        .optional()
        .context("read the pauses")
    }

    /// Rows of each table.
    pub(crate) fn rows(&self) -> Result<std::collections::BTreeMap<String, i64>> {
        check::row_counts(self.connection())
    }

    /// Everything that SQLite can find.
    pub(crate) fn check_all(&self) -> Result<()> {
        let what = format!("the database {}", self.path().display());
        check::integrity(self.connection(), Depth::Full, &what)?;
        check::foreign_keys(self.connection(), &what)
    }

    /// What SQLite finds in a moment; tells whether it came to the end.
    pub(crate) fn check_quickly(&mut self) -> Result<bool> {
        let begun = Instant::now();
        self.store
            .connection
            .progress_handler(1000, Some(move || begun.elapsed() > QUICK_CHECK))
            .context("limit the check")?;
        let what = format!("the database {}", self.path().display());
        let first: rusqlite::Result<String> =
            self.connection()
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        self.store
            .connection
            .progress_handler(0, None::<fn() -> bool>)
            .context("limit the check")?;
        match first {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Ok(false)
            }
            Ok(first) if first == "ok" => Ok(true),
            // Interrupted within a page it says so in words.
            Ok(_) if begun.elapsed() > QUICK_CHECK => {
                check::integrity(self.connection(), Depth::Quick, &what).map(|()| true)
            }
            Ok(first) => Err(Error::new(format!("find {what} sound"))
                .with_source(first.replace('\n', " "))
                .with_exit(Exit::Damaged)),
            Err(error) => Err(error).context(format!("find {what} sound")),
        }
    }

    fn one<T>(
        &self,
        statement: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection().query_row(statement, parameters, read)
    }

    fn all<T>(
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

/// The SQLite in this program: its version and number.
pub(crate) fn sqlite_version() -> (&'static str, i32) {
    (rusqlite::version(), rusqlite::version_number())
}
