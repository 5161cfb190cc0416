//! Prepares the backup folder, and detects a disk that is not mounted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, named_params};

use crate::error::{Error, Exit, NO_FILES_THERE, Result};
use crate::model::identity::DatabaseId;
use crate::model::lost_rows::Searched;
use crate::model::path::{display_path, plain_absolute};
use crate::model::time::iso;
use crate::store::backup::BackupOptions;
use crate::store::backup::catalog;
use crate::store::backup::manifest::Manifest;
use crate::store::backup::without_manifest::MOVE_FILE_AWAY;
use crate::store::owner::{self, make_folder};
use crate::store::pruned_early::record_searched;
use crate::store::{SqlContext, Store, open, sql, wal};

/// The help for a folder of the system that takes no files.
pub(super) const NAME_FOLDER_ON_DISK: &str =
    "name a folder on a disk, with --output or in the configuration";

/// How long recording the folder waits for another writer. The backup itself is finished by then.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Creates the folder if it is missing, and checks that the backups recorded for it still exist.
///
/// A disk that is not mounted leaves an empty folder, or none. Without this check, backups would then go to the disk
/// of the database, whose failure they protect against.
///
/// # Errors
///
/// [`Exit::Config`] when the earlier backups are gone, unless `new_folder` is set.
pub(super) fn prepare(
    options: &BackupOptions<'_>,
    source: &Connection,
    id: &DatabaseId,
) -> Result<()> {
    let directory = options.directory;
    check_path(directory)?;
    let is_there = directory.exists();
    if !options.new_folder
        && let Some((last_backup_at, last_file)) = last_recorded(source, directory)?
        && !(is_there && catalog::contains_backup_of(directory, id, options.database)?)
    {
        let now = if is_there {
            "the folder holds none now"
        } else {
            "the folder is not there"
        };
        return Err(
            Error::new(format!("make a backup in {}", directory.display()))
                .with_source(format!(
                    "there were backups of this database here (the last, {last_file}, made at {}), and {now}",
                    iso(last_backup_at)
                ))
                .with_help(
                    "mount the disk if it is not mounted; if the backups were removed on purpose, run \
                     `tornsnap backup --new-folder`",
                )
                .with_exit(Exit::Config),
        );
    }
    make_folder(directory, options.database).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return unusable(directory, NO_FILES_THERE.to_owned()).with_help(NAME_FOLDER_ON_DISK);
        }
        let action = format!("make the backup folder {}", directory.display());
        owner::explain_folder(action, directory, options.database, error)
    })
}

/// Refuses a path with a broken link or a file where a folder should be. The system only reports "File exists" there.
fn check_path(directory: &Path) -> Result<()> {
    for part in directory.ancestors() {
        if part.as_os_str().is_empty() {
            break;
        }
        match fs::metadata(part) {
            Ok(found) if found.is_dir() => break,
            Ok(_) => {
                return Err(unusable(directory, format!("{} is a file", part.display()))
                    .with_help(MOVE_FILE_AWAY));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // Making the folder reports this error.
            Err(_) => break,
        }
        if let Ok(target) = fs::read_link(part) {
            return Err(unusable(
                directory,
                format!(
                    "{} is a link to {}, which is not there",
                    part.display(),
                    target.display()
                ),
            )
            .with_help("mount the disk that it leads to, or correct the link"));
        }
    }
    Ok(())
}

fn unusable(directory: &Path, why: String) -> Error {
    Error::new(format!("make the backup folder {}", directory.display()))
        .with_source(why)
        .with_exit(Exit::Config)
}

/// The time and name of the last backup in this folder, as the database records it.
fn last_recorded(source: &Connection, directory: &Path) -> Result<Option<(i64, String)>> {
    source
        .query_row(
            sql!("backup/get_folder"),
            named_params! { ":directory": display_path(&plain_absolute(directory)) },
            |row| Ok((row.get("last_backup_at")?, row.get("last_file")?)),
        )
        .optional()
        .context("read the record of earlier backups")
}

/// The last backup that the database has recorded for a folder: its time and its file; `None` also if the database cannot be
/// read.
pub(crate) fn last_backup_in(database: &Path, directory: &Path) -> Option<(i64, String)> {
    let store = Store::open_read_only(database).ok()?;
    last_recorded(store.connection(), directory).ok()?
}

/// Records in the database that a backup was written to this folder.
///
/// `lacks_rows`: rows were missing when it was made because of a prune that was too early. So it has none of them.
pub(super) fn record(
    options: &BackupOptions<'_>,
    manifest: &Manifest,
    lacks_rows: bool,
) -> Result<()> {
    let connection = open::connect(options.database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| {
            connection.execute(
                sql!("backup/record_folder"),
                named_params! {
                    ":directory": display_path(&plain_absolute(options.directory)),
                    ":at": manifest.created_at,
                    ":file": manifest.file,
                },
            )
        })
        .context("write to the database")?;
    if lacks_rows {
        record_searched(&connection, &manifest.sha256, &Searched::Found(0))?;
    }
    wal::sync(&connection)
}

/// The folders that backups of this database were written to.
pub(super) fn recorded_folders(connection: &Connection) -> Result<Vec<PathBuf>> {
    connection
        .prepare(sql!("health/list_backup_folders"))
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok(PathBuf::from(row.get::<_, String>("directory")?))
                })?
                .collect()
        })
        .context("list the backup folders")
}
