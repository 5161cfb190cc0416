//! Decides whether a file may be used as the archive of a database: for `prune`, `config check` and `health`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Exit, Result};
use crate::model::archive::{
    ArchiveBlocker, ArchiveFile, NamedBy, UsedArchive, find_blocker, present_path,
};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::{display_path, plain_absolute, shell_word};
use crate::store::archives::{Receipts, lacks_rows};
use crate::store::check::{self, Depth};
use crate::store::files::kind::FileKind;
use crate::store::files::same::refuse_names;
use crate::store::files::{is_empty, is_same_file};
use crate::store::identity::identity;
use crate::store::migrate::{APPLICATION_ID, SchemaState, count_objects};
use crate::store::owner::{Purpose, explain_forbidden};
use crate::store::reading::Reader;
use crate::store::{SqlContext, Store, open, restore_marker, sql};

/// A path that is to be the archive, and the use that is made of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArchiveUse<'a> {
    pub(crate) path: &'a Path,
    pub(crate) named_by: NamedBy,
    /// Whether there are rows to move.
    pub(crate) is_needed: bool,
    /// Accepts another archive than the one used before.
    pub(crate) allows_new: bool,
    /// How long to wait for a program that locks the file.
    pub(crate) wait: Duration,
}

impl<'a> ArchiveUse<'a> {
    /// The use that the next prune with rows to move makes of the configured archive.
    pub(crate) fn configured(path: &'a Path, wait: Duration) -> Self {
        Self {
            path,
            named_by: NamedBy::Configuration,
            is_needed: true,
            allows_new: false,
            wait,
        }
    }

    /// The absolute path, as `prune_runs` records it.
    fn recorded_path(&self) -> String {
        display_path(&plain_absolute(self.path))
    }

    fn refuse(&self, reason: impl Into<String>) -> Error {
        archive_error(self.path)
            .with_source(reason.into())
            .with_help(self.named_by.another())
    }
}

/// A file that passed [`Store::check_archive`].
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    pub(super) path: PathBuf,
    named_by: NamedBy,
    /// The file before the prune.
    pub(super) found: ArchiveFile,
    /// Whether to begin with this archive also if another one was used before, and if there are no rows to move.
    pub(super) begins: bool,
}

impl Archive {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn exists(&self) -> bool {
        matches!(self.found, ArchiveFile::Database(_))
    }

    /// Whether the user asked to begin with this archive.
    pub(crate) fn begins(&self) -> bool {
        self.begins
    }

    /// Whether the prune uses the file. It makes a missing one if the user asks for it, also if there are no rows to move.
    pub(crate) fn is_used(&self, has_rows: bool) -> bool {
        has_rows || self.begins || self.exists()
    }

    /// The absolute path, as `prune_runs` records it.
    pub(super) fn recorded_path(&self) -> String {
        display_path(&plain_absolute(&self.path))
    }

    /// Reads the whole archive with `quick_check`. Rows that are moved to it are deleted from the database.
    ///
    /// # Errors
    ///
    /// [`Exit::Damaged`] with the remedy for an archive.
    pub(crate) fn verify(&self) -> Result<()> {
        if !self.exists() {
            return Ok(());
        }
        Reader::open_without_trace(&self.path, open::BUSY_TIMEOUT)
            .and_then(|reader| {
                let what = format!("the archive {}", self.path.display());
                check::integrity(&reader.connection, Depth::Quick, &what)
            })
            .map_err(|error| self.explain_damage(error))
    }

    /// Gives an error about a damaged archive the remedy for an archive.
    pub(super) fn explain_damage(&self, error: Error) -> Error {
        explain_damage(error, &self.path, self.named_by)
    }
}

/// The records of a database about its archives, for a decision without the database.
#[derive(Clone, Debug)]
pub(crate) struct ArchiveRecords {
    database: PathBuf,
    id: DatabaseId,
    /// The archives that were used, oldest first.
    used: Vec<UsedArchive>,
    receipts: Receipts,
}

/// The file at the path of an archive, and why it cannot be the archive.
pub(super) struct Inspected {
    pub(super) found: ArchiveFile,
    pub(super) blocker: Option<ArchiveBlocker>,
    /// Open if it is a database of tornsnap.
    pub(super) connection: Option<Connection>,
}

impl Store {
    /// Checks that a file is the archive of this database, or that one can be created there. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] if the file cannot be used as the archive, and [`Exit::Damaged`] if it is damaged.
    pub(crate) fn check_archive(&self, archive: &ArchiveUse<'_>) -> Result<Archive> {
        self.archive_records()?.check(archive)
    }

    pub(super) fn archive_records(&self) -> Result<ArchiveRecords> {
        let connection = self.connection();
        let used = || -> rusqlite::Result<Vec<UsedArchive>> {
            connection
                .prepare(sql!("prune/list_archives"))?
                .query_map([], |row| {
                    Ok(UsedArchive {
                        path: row.get("archive")?,
                        id: DatabaseId::new(row.get("archive_id")?),
                    })
                })?
                .collect()
        };
        Ok(ArchiveRecords {
            database: self.path.clone(),
            id: self.identity()?.id,
            used: used().context("look up the archives used before")?,
            receipts: Receipts::read(connection).context("look up what was moved to archives")?,
        })
    }
}

impl ArchiveRecords {
    /// As [`Store::check_archive`].
    ///
    /// # Errors
    ///
    /// As [`Store::check_archive`].
    pub(crate) fn check(&self, archive: &ArchiveUse<'_>) -> Result<Archive> {
        let inspected = self.inspect(archive)?;
        let checked = Archive {
            path: archive.path.to_owned(),
            named_by: archive.named_by,
            found: inspected.found,
            begins: archive.allows_new,
        };
        let is_used = checked.is_used(archive.is_needed);
        if is_used && archive.path.to_str().is_none() {
            return Err(archive.refuse("SQLite wants names in UTF-8"));
        }
        // A missing archive is an error only if there are rows to move.
        let blocker = inspected
            .blocker
            .filter(|_| is_used)
            .filter(|blocker| !(archive.allows_new && blocker.can_be_overridden()));
        match blocker {
            None => Ok(checked),
            Some(blocker) => Err(self.refusal(archive, &checked.found, blocker)),
        }
    }

    /// Reads the file at the path, and finds a reason not to use it.
    pub(super) fn inspect(&self, archive: &ArchiveUse<'_>) -> Result<Inspected> {
        if is_same_file(&self.database, archive.path) {
            return Err(archive.refuse("it is the database itself"));
        }
        let (found, connection) = read(archive)?;
        let path = archive.recorded_path();
        let blocker = match find_blocker(&self.id, &found, &path, &self.used) {
            None => self
                .is_outdated(&found, connection.as_ref())
                .map_err(|error| explain_damage(error, archive.path, archive.named_by))?
                .then_some(ArchiveBlocker::Outdated),
            blocker => blocker,
        };
        Ok(Inspected {
            found,
            blocker,
            connection,
        })
    }

    /// Whether the open archive is an older copy, which lacks rows that were moved to the archive later.
    fn is_outdated(&self, found: &ArchiveFile, connection: Option<&Connection>) -> Result<bool> {
        let (ArchiveFile::Database(ids), Some(connection)) = (found, connection) else {
            return Ok(false);
        };
        lacks_rows(connection, self.receipts.of(&ids.id))
    }

    /// The error about a file that cannot be the archive. It names the archive if that is recorded at another path.
    pub(super) fn refusal(
        &self,
        archive: &ArchiveUse<'_>,
        found: &ArchiveFile,
        blocker: ArchiveBlocker,
    ) -> Error {
        let path = archive.recorded_path();
        let is_recorded = self.used.iter().any(|used| used.path == path);
        let error = refusal(archive, found, blocker, is_recorded);
        let copy = match (blocker, found) {
            (ArchiveBlocker::Outdated, ArchiveFile::Database(ids)) => Some(ids),
            _ => None,
        };
        let present = present_path(copy, &path, &self.used)
            .filter(|present| self.is_present(archive, present));
        let Some(present) = present else {
            return error;
        };
        let reason = error.causes().join(": ");
        let moved = |reason: String| {
            archive_error(archive.path)
                .with_source(reason)
                .with_exit(blocker.exit())
        };
        if copy.is_some() {
            return moved(format!("{reason}; {} has them", present.path))
                .with_help(error.help().unwrap_or_default());
        }
        moved(format!("{reason}; the archive is {} now", present.path))
            .with_help(archive.named_by.name(&shell_word(Path::new(&present.path))))
    }

    /// Whether the archive is at the path where it was recorded last, with all rows.
    fn is_present(&self, archive: &ArchiveUse<'_>, recorded: &UsedArchive) -> bool {
        let place = ArchiveUse {
            path: Path::new(&recorded.path),
            ..*archive
        };
        let look = || -> Result<bool> {
            let (found, connection) = read(&place)?;
            let is_same = matches!(&found, ArchiveFile::Database(found) if found.id == recorded.id);
            Ok(is_same && !self.is_outdated(&found, connection.as_ref())?)
        };
        look().unwrap_or(false)
    }
}

/// The error about a file that cannot be the archive.
fn refusal(
    archive: &ArchiveUse<'_>,
    found: &ArchiveFile,
    blocker: ArchiveBlocker,
    is_recorded: bool,
) -> Error {
    let reason = match found {
        ArchiveFile::DanglingLink(target) => format!("{}: {}", blocker.reason(), target.display()),
        _ => blocker.reason(),
    };
    let place = match found {
        ArchiveFile::RestoreUnfinished(moved) => moved,
        _ => archive.path,
    };
    archive_error(archive.path)
        .with_source(reason)
        .with_help(blocker.help(archive.named_by, place, is_recorded))
        .with_exit(blocker.exit())
}

/// Checks the file at a path that is to be the archive of a database that is not known.
///
/// # Errors
///
/// [`Exit::Config`] if it is no archive, and [`Exit::Damaged`] if it is damaged.
pub(crate) fn check_without_database(archive: &ArchiveUse<'_>) -> Result<()> {
    let (found, _) = read(archive)?;
    let ours = match &found {
        ArchiveFile::Database(Identity {
            archive_of: Some(of),
            ..
        }) => of.clone(),
        _ => DatabaseId::new(String::new()),
    };
    match find_blocker(&ours, &found, &archive.recorded_path(), &[]) {
        None => Ok(()),
        Some(blocker) => Err(refusal(archive, &found, blocker, false)),
    }
}

/// Reads the ids of the file that is to be the archive, and opens it if it is a database of tornsnap.
fn read(archive: &ArchiveUse<'_>) -> Result<(ArchiveFile, Option<Connection>)> {
    let path = archive.path;
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok((missing(path), None));
        }
        Err(error) => return Err(unreadable(path, error)),
        Ok(found) if found.is_dir() => return Err(archive.refuse("it is a folder")),
        // SQLite would wait for the other end of a FIFO.
        Ok(found) if !found.is_file() => return Err(archive.refuse("it is not a file")),
        Ok(_) => {}
    }
    refuse_names(path, || context_for(path))?;
    // Before SQLite opens the file: closing another descriptor of it would drop SQLite's locks.
    match fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(unreadable(path, error));
        }
        _ => {}
    }
    let (found, connection) = read_file(path, archive.wait)
        .map_err(|error| explain_damage(error, path, archive.named_by))?;
    Ok((found, connection))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    explain_forbidden(Error::of_io(context_for(path), error), path, Purpose::Read)
}

fn missing(path: &Path) -> ArchiveFile {
    if let Some(moved) = restore_marker::unfinished(path) {
        return ArchiveFile::RestoreUnfinished(moved);
    }
    match fs::read_link(path) {
        Ok(target) => ArchiveFile::DanglingLink(target),
        Err(_) => ArchiveFile::Missing,
    }
}

/// Reads the ids of a file that is to be an archive, and leaves no file beside it.
///
/// # Errors
///
/// [`Exit::Damaged`] if it is a database of tornsnap whose own tables cannot be read.
fn read_file(path: &Path, wait: Duration) -> Result<(ArchiveFile, Option<Connection>)> {
    if is_empty(path) {
        return Ok((ArchiveFile::Empty, None));
    }
    // A file that cannot be read is left to SQLite, whose error names the owner.
    let kind = fs::File::open(path).and_then(FileKind::of);
    if kind.is_ok_and(|kind| kind != FileKind::Database) {
        return Ok((ArchiveFile::NoDatabase, None));
    }
    let connection = Reader::open_without_trace(path, wait)?.connection;
    // All statements see one state, and only the first waits for a lock.
    connection
        .execute_batch("BEGIN")
        .context(format!("read the archive {}", path.display()))?;
    let application = connection
        .query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0))
        .context(format!("read the archive {}", path.display()))?;
    if application != APPLICATION_ID {
        let objects =
            count_objects(&connection).context(format!("read the archive {}", path.display()))?;
        let is_empty = application == 0 && objects == 0;
        let found = if is_empty {
            ArchiveFile::NoDatabase
        } else {
            ArchiveFile::OfAnotherProgram
        };
        return Ok((found, None));
    }
    match inspect(&connection, path)? {
        None => Ok((ArchiveFile::NoDatabase, None)),
        Some(ids) => Ok((ArchiveFile::Database(ids), Some(connection))),
    }
}

/// The ids of an archive; `None` if it has no tables.
fn inspect(connection: &Connection, path: &Path) -> Result<Option<Identity>> {
    match open::inspect(connection, path)? {
        SchemaState::Empty => Ok(None),
        SchemaState::Ours(0) => Err(Error::new(format!("read the archive {}", path.display()))
            .with_source("it has no tables")
            .with_exit(Exit::Damaged)),
        SchemaState::Ours(_) => identity(connection).map(Some),
    }
}

/// Gives an error about a damaged file the remedy for an archive. `restore latest` would replace the database.
pub(super) fn explain_damage(error: Error, path: &Path, named_by: NamedBy) -> Error {
    if error.exit() != Exit::Damaged {
        return error;
    }
    Error::new(context_for(path))
        .with_source(error.one_line())
        .with_help(named_by.damage_help(path))
        .with_exit(Exit::Damaged)
}

pub(super) fn archive_error(archive: &Path) -> Error {
    Error::new(context_for(archive)).with_exit(Exit::Config)
}

fn context_for(archive: &Path) -> String {
    format!("use the archive {}", archive.display())
}
