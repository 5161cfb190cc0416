//! What `health` looks at: read only, without a lock, a file or a byte left behind, whatever stands at the path.

mod found;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row, named_params};
use serde::{Deserialize, Serialize};

use crate::error::{Doing, Error, Exit, Result};
use crate::model::health::{Gap, KeyFact, State, Told};
use crate::model::kind::Kind;
use crate::model::path::folder_of;
use crate::model::time::{DAY, Month};
use crate::store::backup::{self, Manifest};
use crate::store::check::{self, Depth};
use crate::store::files::{with_suffix, write_atomically};
use crate::store::lock::Lock;
use crate::store::migrate::Found;
use crate::store::reading::{self, Reader, Source};
use crate::store::{Failed, SCHEMA_VERSION, open, sql};

pub use crate::store::reading::Reading;

/// How long the check that goes with every visit may take; a database of some 20 MB is looked at as a whole.
const QUICK_CHECK: Duration = Duration::from_millis(40);

/// How far back runs are looked at.
const WINDOW: i64 = 7 * DAY;

/// A database that can be looked at.
#[derive(Debug)]
pub struct View {
    connection: Connection,
    path: PathBuf,
    source: Source,
}

/// What stands at the path.
#[derive(Debug)]
pub enum Subject {
    /// One of ours, as this program makes it.
    Current(View),
    /// One of ours that an older program made.
    Older(i64),
}

/// Opens what stands at a path, and changes nothing about it.
///
/// # Errors
///
/// Says what is wrong with it, as the other commands do.
pub fn look(path: &Path) -> Result<Subject> {
    let Reader { connection, source } = Reader::without_trace(path, open::BUSY_TIMEOUT)?;
    match open::inspect(&connection, path)? {
        Found::Ours(SCHEMA_VERSION) => Ok(Subject::Current(View {
            connection,
            path: path.to_owned(),
            source,
        })),
        Found::Ours(version) => Ok(Subject::Older(version)),
        Found::Empty => Err(Error::new(format!("use the database {}", path.display()))
            .because("it is empty")
            .try_this("run `tornsnap init` to make it")
            .exits(Exit::Config)),
    }
}

/// What the runs of one kind came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Runs {
    /// When one last succeeded.
    pub last_success: Option<i64>,
    /// How many have failed since.
    pub failures: i64,
    /// What the newest of them met.
    pub error: Option<String>,
    /// When those began that were killed within a day.
    pub killed: Vec<i64>,
    /// Times without a success, within a week.
    pub gaps: Vec<Gap>,
}

impl View {
    /// How the file is read.
    pub fn reading(&self) -> Reading {
        self.source.reading
    }

    /// Whether somebody has begun to write since a file was opened that nobody had open.
    pub fn is_outdated(&self) -> bool {
        self.source.is_outdated()
    }

    /// The runs of one kind.
    pub fn runs(&self, kind: Kind, gap_seconds: i64, now: i64) -> Result<Runs> {
        let kind_named = kind.as_str();
        let success: Option<(i64, i64)> = self
            .one(
                sql!("health/last_success"),
                named_params! { ":kind": kind_named, ":horizon": now + DAY },
                |row| Ok((row.get("succeeded_at")?, row.get("started_at")?)),
            )
            .optional()
            .failed("read the last success")?;
        let (failed, error): (i64, Option<String>) = self
            .one(
                sql!("health/failures"),
                named_params! { ":kind": kind_named, ":since": success.map_or(i64::MIN, |(_, began)| began) },
                |row| Ok((row.get("failures")?, row.get("error")?)),
            )
            .failed("read the failures")?;
        let unfinished: Vec<(i64, String)> = self.all(
            sql!("health/unfinished"),
            named_params! { ":kind": kind_named, ":since": now - WINDOW },
            |row| Ok((row.get("started_at")?, row.get("status")?)),
        )?;
        let at_work = unfinished.iter().any(|(_, status)| status == "running")
            && Lock::is_held(&self.path, kind_named);
        let dead: Vec<i64> = unfinished
            .iter()
            .enumerate()
            // Only the newest can be the one that holds the lock.
            .filter(|(number, (_, status))| status == "killed" || !(at_work && *number == 0))
            .map(|(_, (began, _))| *began)
            .collect();
        // A killed run that no later one has noted as such is a failure too.
        let unnoted = unfinished
            .iter()
            .filter(|(began, status)| {
                status == "running"
                    && dead.contains(began)
                    && success.is_none_or(|(_, succeeded)| *began > succeeded)
            })
            .count();
        let gaps = self.all(
            sql!("health/gaps"),
            named_params! { ":kind": kind_named, ":since": now - WINDOW, ":seconds": gap_seconds },
            |row| {
                Ok(Gap {
                    kind,
                    from: row.get("started_at")?,
                    to: row.get("ended_at")?,
                })
            },
        )?;
        Ok(Runs {
            last_success: success.map(|(at, _)| at),
            failures: failed + i64::try_from(unnoted).unwrap_or(0),
            error: error.or_else(|| (unnoted > 0).then(|| "it was killed".to_owned())),
            killed: dead
                .into_iter()
                .filter(|began| *began >= now - DAY)
                .collect(),
            gaps,
        })
    }

    /// The keys as the last run left them.
    pub fn keys(&self) -> Result<Vec<KeyFact>> {
        self.all(sql!("health/keys"), [], |row| {
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
    pub fn address_pause(&self, now: i64) -> Result<Option<(i64, String)>> {
        self.one(
            sql!("health/pauses"),
            named_params! { ":now": now },
            |row| Ok((row.get("until")?, row.get("reason")?)),
        )
        .optional()
        .failed("read the pauses")
    }

    /// The oldest row of detail.
    pub fn oldest(&self) -> Result<Option<i64>> {
        self.one(sql!("health/oldest"), [], |row| row.get("oldest"))
            .failed("read the age of the detail")
    }

    /// Finished months with detail and without a summary of it.
    pub fn unsummarized(&self, oldest: Option<i64>, now: i64) -> Result<Vec<Month>> {
        let Some((mut month, running)) = oldest.and_then(Month::of).zip(Month::of(now)) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        while month < running {
            let missing: bool = self
                .one(
                    sql!("health/unsummarized"),
                    named_params! { ":period_start": month.start(), ":period_end": month.end() },
                    |row| row.get("missing"),
                )
                .failed("look for summaries")?;
            if missing {
                found.push(month);
            }
            month = month.next();
        }
        Ok(found)
    }

    /// Whether there is detail from before the cut-off that should have been pruned.
    pub fn is_overdue(&self, cutoff: i64) -> Result<bool> {
        self.one(
            sql!("health/overdue"),
            named_params! { ":cutoff": cutoff },
            |row| row.get("overdue"),
        )
        .failed("look for detail to prune")
    }

    /// Rows of each table.
    pub fn rows(&self) -> Result<std::collections::BTreeMap<String, i64>> {
        check::row_counts(&self.connection)
    }

    /// Everything that SQLite can find.
    pub fn check_all(&self) -> Result<()> {
        let what = format!("the database {}", self.path.display());
        check::integrity(&self.connection, Depth::Full, &what)?;
        check::foreign_keys(&self.connection, &what)
    }

    /// What SQLite finds in a moment; tells whether it came to the end.
    pub fn check_quickly(&mut self) -> Result<bool> {
        let begun = Instant::now();
        self.connection
            .progress_handler(1000, Some(move || begun.elapsed() > QUICK_CHECK))
            .failed("limit the check")?;
        let what = format!("the database {}", self.path.display());
        let first: rusqlite::Result<String> =
            self.connection
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        self.connection
            .progress_handler(0, None::<fn() -> bool>)
            .failed("limit the check")?;
        match first {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Ok(false)
            }
            Ok(first) if first == "ok" => Ok(true),
            // Interrupted within a page it says so in words.
            Ok(_) if begun.elapsed() > QUICK_CHECK => {
                check::integrity(&self.connection, Depth::Quick, &what).map(|()| true)
            }
            Ok(first) => Err(Error::new(format!("find {what} sound"))
                .because(first.replace('\n', " "))
                .exits(Exit::Damaged)),
            Err(error) => Err(error).failed(format!("find {what} sound")),
        }
    }

    fn one<T>(
        &self,
        statement: &str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection.query_row(statement, parameters, read)
    }

    fn all<T>(
        &self,
        statement: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.connection
            .prepare(statement)
            .and_then(|mut rows| rows.query_map(parameters, read)?.collect())
            .failed("read the database")
    }
}

/// Whether the file is there and may not be read by this user.
pub fn is_forbidden(path: &Path) -> bool {
    reading::is_forbidden(path)
}

/// Size of the file at a path, nothing for none.
pub fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Size of the database's WAL.
pub fn wal_size(database: &Path) -> u64 {
    size_of(&reading::wal_of(database))
}

/// Free bytes on the disk that a path is on, or will be.
///
/// # Errors
///
/// Fails when the system does not tell.
pub fn free_space(path: &Path) -> Result<u64> {
    let mut folder = folder_of(path);
    while !folder.exists() {
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => folder = parent,
            _ => folder = Path::new("."),
        }
    }
    fs4::available_space(folder)
        .doing(|| format!("ask how much space is free in {}", folder.display()))
}

/// The SQLite in this program: its version and number.
pub fn sqlite_version() -> (&'static str, i32) {
    (rusqlite::version(), rusqlite::version_number())
}

/// The newest verified backup of a database, by its manifest, or by its name where that cannot be read.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub fn newest_backup(directory: &Path, database: &Path) -> Result<Option<(i64, PathBuf)>> {
    if let Some(manifest) = backup::newest_of(directory, database)? {
        return Ok(Some((manifest.created_at, manifest.path)));
    }
    backup::newest_by_name(directory, database)
}

/// Proves the newest backup again.
///
/// # Errors
///
/// [`Exit::Damaged`] when a bit differs.
pub fn verify_newest(directory: &Path, database: &Path) -> Result<Option<Manifest>> {
    match backup::newest_of(directory, database)? {
        Some(manifest) => backup::verify(&manifest.path).map(Some),
        None => Ok(None),
    }
}

#[derive(Deserialize, Serialize)]
struct ToldFile {
    state: String,
    told_at: i64,
}

/// The small file that remembers what was last told.
fn told_file(database: &Path) -> PathBuf {
    with_suffix(database, ".health.json")
}

/// What was last told; nothing where that cannot be read.
pub fn told(database: &Path) -> Option<Told> {
    let text = fs::read(told_file(database)).ok()?;
    let file: ToldFile = serde_json::from_slice(&text).ok()?;
    Some(Told {
        state: State::from_word(&file.state)?,
        at: file.told_at,
    })
}

/// Remembers what was told.
///
/// # Errors
///
/// Fails when the folder cannot be written.
pub fn remember(database: &Path, told: Told) -> Result<()> {
    let file = ToldFile {
        state: told.state.as_str().to_owned(),
        told_at: told.at,
    };
    let text = serde_json::json!(file).to_string() + "\n";
    write_atomically(&told_file(database), &text, &backup::mark(database))
}
