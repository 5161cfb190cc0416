//! Reads the file at a path that is to be the archive of a database.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Exit, Result};
use crate::model::archive::{ArchiveFile, NamedBy};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::lake::files::files_of;
use crate::model::path::{display_path, plain_absolute};
use crate::store::archive_lake::LakeArchive;
use crate::store::files::is_empty;
use crate::store::files::kind::FileKind;
use crate::store::files::same::refuse_names;
use crate::store::identity::identity;
use crate::store::migrate::{APPLICATION_ID, SchemaState, count_objects};
use crate::store::owner::{Purpose, explain_forbidden};
use crate::store::reading::Reader;
use crate::store::{SqlContext, open, restore_marker};

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

    /// Whether the archive is a folder with Parquet files. The name of a folder that is not there yet ends in a slash.
    pub(super) fn is_folder(&self) -> bool {
        let name = self.path.to_string_lossy();
        self.path.is_dir() || (!self.path.exists() && name.ends_with(std::path::is_separator))
    }

    /// The absolute path, as `prune_runs` records it.
    pub(super) fn recorded_path(&self) -> String {
        display_path(&plain_absolute(self.path))
    }

    pub(super) fn refuse(&self, reason: impl Into<String>) -> Error {
        archive_error(self.path)
            .with_source(reason.into())
            .with_help(self.named_by.another())
    }
}

/// An archive that can be read.
#[derive(Debug)]
pub(super) enum OpenArchive {
    Database(Connection),
    Lake(LakeArchive),
}

/// Reads the ids of the file or folder that is to be the archive of `database`, and opens it if it is one of tornsnap.
pub(super) fn read(
    archive: &ArchiveUse<'_>,
    database: Option<&DatabaseId>,
) -> Result<(ArchiveFile, Option<OpenArchive>)> {
    let path = archive.path;
    if is_file_named_as_folder(path) {
        return Err(
            archive.refuse("it is a file, and the slash at its end says that it is a folder")
        );
    }
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok((missing(path), None));
        }
        Err(error) => return Err(unreadable(path, error)),
        Ok(found) if found.is_dir() => {
            let Some(database) = database else {
                return Ok((ArchiveFile::Missing, None));
            };
            if let Some(lake) = LakeArchive::read(path, database, archive.named_by)? {
                let found = ArchiveFile::Database(lake.identity());
                return Ok((found, Some(OpenArchive::Lake(lake))));
            }
            let has_files = !files_of(path, database).is_empty();
            return Ok((ArchiveFile::Folder { has_files }, None));
        }
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
    Ok((found, connection.map(OpenArchive::Database)))
}

/// Whether the name of a file has a slash at its end.
fn is_file_named_as_folder(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(std::path::is_separator) && path.components().as_path().is_file()
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    explain_forbidden(Error::of_io(context_for(path), error), path, Purpose::Read)
        .with_default_help("check the disk, and who may read it")
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
