//! Decides whether a file may be used as the archive of a database: for `prune`, `config check` and `health`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Exit, Result};
use crate::model::archive::{
    ArchiveBlocker, ArchiveFile, NamedBy, UsedArchive, find_blocker, present_path,
};
use crate::model::history::History;
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::{display_path, plain_absolute};
use crate::store::archive_file::{ArchiveUse, OpenArchive, archive_error, explain_damage, read};
use crate::store::archive_lake::LakeArchive;
use crate::store::archives::{Receipts, lacks_rows};
use crate::store::check::{self, Depth};
use crate::store::files::is_same_file;
use crate::store::history::schema_of;
use crate::store::reading::Reader;
use crate::store::typed_columns::column_names;
use crate::store::{SqlContext, Store, open, sql};

/// A file that passed [`Store::check_archive`].
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    pub(super) path: PathBuf,
    pub(super) named_by: NamedBy,
    /// The database that it belongs to.
    database: DatabaseId,
    /// The file before the prune.
    pub(super) found: ArchiveFile,
    /// Whether to begin with this archive also if another one was used before, and if there are no rows to move.
    pub(super) begins: bool,
    /// Whether it is a folder of Parquet files.
    is_folder: bool,
    /// The archive that is gone, and that the user gives up by beginning this one.
    pub(super) gives_up: Option<DatabaseId>,
    /// The archive that rows were moved to last, if this file is a new one beside it.
    other: Option<UsedArchive>,
}

impl Archive {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn exists(&self) -> bool {
        matches!(self.found, ArchiveFile::Database(_))
    }

    /// Whether it is a folder of Parquet files, and not a database.
    pub(crate) fn is_folder(&self) -> bool {
        self.is_folder
    }

    /// Whether the user asked to begin with this archive.
    pub(crate) fn begins(&self) -> bool {
        self.begins
    }

    /// Whether the user gives up the rows of an archive that is gone.
    pub(crate) fn gives_up_rows(&self) -> bool {
        self.gives_up.is_some()
    }

    /// The path of the archive that rows were moved to last, if this one is a new one.
    pub(crate) fn other(&self) -> Option<&str> {
        self.other.as_ref().map(|other| other.path.as_str())
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
    /// [`Damaged`](crate::error::Exit::Damaged) with the remedy for an archive.
    pub(crate) fn verify(&self) -> Result<()> {
        if !self.exists() {
            return Ok(());
        }
        if self.is_folder {
            return match LakeArchive::read(&self.path, &self.database, self.named_by)? {
                Some(lake) => lake.check_fully(),
                None => Ok(()),
            };
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
pub(super) struct Inspected<'a> {
    pub(super) found: ArchiveFile,
    pub(super) blocker: Option<ArchiveBlocker>,
    /// The archive that rows were moved to last, if none is at this path and none was.
    other: Option<OtherArchive<'a>>,
    /// Open if it is a database of tornsnap.
    pub(super) opened: Option<OpenArchive>,
}

/// An archive at another path.
#[derive(Clone, Copy, Debug)]
struct OtherArchive<'a> {
    archive: &'a UsedArchive,
    /// Whether it is at the path where it was recorded, with all rows.
    is_present: bool,
}

impl Store {
    /// Checks that a file is the archive of this database, or that one can be created there. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::error::Exit::Config) if the file cannot be used as the archive, and
    /// [`Damaged`](crate::error::Exit::Damaged) if it is damaged.
    pub(crate) fn check_archive(&self, archive: &ArchiveUse<'_>) -> Result<Archive> {
        self.archive_records()?.check(archive)
    }

    /// As [`refuse_own_columns_of`], for all history tables.
    pub(crate) fn refuse_own_columns(&self) -> Result<()> {
        let mut histories = History::ALL.into_iter();
        histories.try_for_each(|history| refuse_own_columns_of(history, self.connection()))
    }

    /// Fails if rows were moved to a lake at this path, and the lake is gone, another one or an older copy. An export would begin
    /// a new one there, which hides that.
    ///
    /// # Errors
    ///
    /// As [`Store::check_archive`]. Damage is left to the export, which can write some files again.
    pub(crate) fn refuse_lost_lake(&self, path: &Path) -> Result<()> {
        let records = self.archive_records()?;
        // With a slash at its end, so that the remedies name a folder also if it is gone.
        let path = &path.join("");
        let lake = ArchiveUse {
            path,
            named_by: NamedBy::Record,
            is_needed: true,
            allows_new: false,
            wait: Duration::ZERO,
        };
        if !records.has_used(path) {
            return Ok(());
        }
        match records.check(&lake) {
            Err(error) if error.exit() == Exit::Config => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether rows were moved to an archive at this path.
    pub(crate) fn is_archive(&self, path: &Path) -> Result<bool> {
        Ok(self.archive_records()?.has_used(path))
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
    fn has_used(&self, path: &Path) -> bool {
        let place = display_path(&plain_absolute(path));
        self.used.iter().any(|used| used.path == place)
    }

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
            database: self.id.clone(),
            is_folder: archive.is_folder(),
            gives_up: self.given_up(archive, &inspected.found),
            found: inspected.found,
            begins: archive.allows_new,
            other: inspected.other.map(|other| other.archive.clone()),
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
    pub(super) fn inspect(&self, archive: &ArchiveUse<'_>) -> Result<Inspected<'_>> {
        if is_same_file(&self.database, archive.path) {
            return Err(archive.refuse("it is the database itself"));
        }
        let (found, opened) = read(archive, Some(&self.id))?;
        let path = archive.recorded_path();
        let blocker = match find_blocker(&self.id, &found, &path, &self.used) {
            None => self
                .is_outdated(&found, opened.as_ref())
                .map_err(|error| explain_damage(error, archive.path, archive.named_by))?
                .then_some(ArchiveBlocker::Outdated),
            blocker => blocker,
        };
        let other = self
            .used
            .last()
            .filter(|_| blocker == Some(ArchiveBlocker::Elsewhere));
        let other = other.map(|used| OtherArchive {
            archive: used,
            is_present: self.is_present(archive, used),
        });
        // The flag asks for this file, and the archive before is not hidden by it. A path in the configuration may just be wrong.
        let is_asked_for = archive.named_by == NamedBy::Flag;
        let blocker =
            blocker.filter(|_| !(is_asked_for && other.is_some_and(|other| other.is_present)));
        Ok(Inspected {
            found,
            blocker,
            other,
            opened,
        })
    }

    /// Whether the open archive is an older copy, which lacks rows that were moved to the archive later.
    fn is_outdated(&self, found: &ArchiveFile, opened: Option<&OpenArchive>) -> Result<bool> {
        let ArchiveFile::Database(ids) = found else {
            return Ok(false);
        };
        match opened {
            Some(OpenArchive::Database(connection)) => {
                lacks_rows(connection, self.receipts.of(&ids.id))
            }
            Some(OpenArchive::Lake(lake)) => Ok(lake.lacks_rows(&self.receipts.counts(&ids.id))),
            None => Ok(false),
        }
    }

    /// The error about a file that cannot be the archive. It names the archive if that is recorded at another path.
    pub(super) fn refusal(
        &self,
        archive: &ArchiveUse<'_>,
        found: &ArchiveFile,
        blocker: ArchiveBlocker,
    ) -> Error {
        let path = archive.recorded_path();
        if let (ArchiveBlocker::Elsewhere, Some(last)) = (blocker, self.used.last()) {
            return self.refuse_second(archive, last);
        }
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
            .with_help(archive.named_by.name_file(Path::new(&present.path)))
    }

    /// The error about a path without an archive, while rows were moved to `last`.
    fn refuse_second(&self, archive: &ArchiveUse<'_>, last: &UsedArchive) -> Error {
        let blocker = ArchiveBlocker::Elsewhere;
        let reason = format!("{}: {}", blocker.reason(), last.path);
        let error = archive_error(archive.path);
        if self.is_present(archive, last) {
            return error.with_source(reason).with_help(format!(
                "{}, or {} to begin a second one; no row is given up by that",
                archive.named_by.name_file(Path::new(&last.path)),
                archive.named_by.new_archive(archive.path)
            ));
        }
        error
            .with_source(format!("{reason}, which cannot be read now"))
            .with_help(blocker.help(archive.named_by, archive.path, false))
    }

    /// The archive that rows were moved to last, if it is gone and the user begins another one instead.
    fn given_up(&self, archive: &ArchiveUse<'_>, found: &ArchiveFile) -> Option<DatabaseId> {
        let last = self.used.last().filter(|_| archive.allows_new)?;
        let is_this = matches!(found, ArchiveFile::Database(ids) if ids.id == last.id);
        let is_gone =
            last.path != archive.recorded_path() && open::is_missing(Path::new(&last.path));
        (is_gone && !is_this).then(|| last.id.clone())
    }

    /// Whether rows were moved to this archive last.
    pub(super) fn is_last(&self, archive: &DatabaseId) -> bool {
        self.used.last().is_some_and(|last| last.id == *archive)
    }

    /// Whether the archive is at the path where it was recorded last, with all rows.
    fn is_present(&self, archive: &ArchiveUse<'_>, recorded: &UsedArchive) -> bool {
        let place = ArchiveUse {
            path: Path::new(&recorded.path),
            ..*archive
        };
        let look = || -> Result<bool> {
            let (found, opened) = read(&place, Some(&self.id))?;
            let is_same = matches!(&found, ArchiveFile::Database(found) if found.id == recorded.id);
            Ok(is_same && !self.is_outdated(&found, opened.as_ref())?)
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
/// [`Config`](crate::error::Exit::Config) if it is no archive, and [`Damaged`](crate::error::Exit::Damaged) if it is damaged.
pub(crate) fn check_without_database(archive: &ArchiveUse<'_>) -> Result<()> {
    let (found, _) = read(archive, None)?;
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

/// Fails if a history table has a column that the user has added. An archive that is a database has only the columns of tornsnap,
/// so a prune would lose its values.
pub(super) fn refuse_own_columns_of(history: History, connection: &Connection) -> Result<()> {
    let ours: Vec<&str> = schema_of(history).columns.split(", ").collect();
    let found = column_names(connection, history.table())?;
    let Some(own) = found.iter().find(|name| !ours.contains(&name.as_str())) else {
        return Ok(());
    };
    Err(Error::new(format!("move rows of {}", history.table()))
        .with_source(format!(
            "you have added the column {own}, which an archive that is a database does not keep"
        ))
        .with_help("move the rows to a folder of Parquet files, which keeps it: --archive DIR/")
        .with_exit(Exit::Config))
}
