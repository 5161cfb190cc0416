//! The folder that backups go to: whether it is the one that they went to before.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::identity::DatabaseId;
use crate::model::path::{display_path, plain_absolute};
use crate::model::time::iso;
use crate::store::backup::Request;
use crate::store::backup::folder;
use crate::store::backup::manifest::Manifest;
use crate::store::owner::{self, make_folder};
use crate::store::{SqlContext, open, sql, wal};

/// How long the record waits for another program that writes: the backup itself is done.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes sure that the folder is there and, if backups of this database went to it, that one of them is in it.
///
/// A disk that is not mounted leaves an empty folder, or none: without this, backups would go to the disk that they
/// are to protect from.
///
/// # Errors
///
/// [`Exit::Config`] when the backups that were in it are gone and nobody insists.
pub(super) fn prepare(request: &Request<'_>, source: &Connection, id: &DatabaseId) -> Result<()> {
    let directory = request.directory;
    must_not_dangle(directory)?;
    let is_there = directory.exists();
    if !request.new_folder
        && let Some((last_backup_at, last_file)) = recorded(source, directory)?
        && !(is_there && folder::holds_any(directory, id, request.database)?)
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
    make_folder(directory, request.database).map_err(|error| {
        let action = format!("make the backup folder {}", directory.display());
        owner::explain(action, directory, request.database, error)
    })
}

/// Refuses a link to nothing and a file in the way, for which the system says no more than "File exists".
fn must_not_dangle(directory: &Path) -> Result<()> {
    for part in directory.ancestors() {
        if part.as_os_str().is_empty() {
            break;
        }
        match fs::metadata(part) {
            Ok(found) if found.is_dir() => break,
            Ok(_) => {
                return Err(
                    in_the_way(directory, format!("{} is a file", part.display()))
                        .with_help("name a folder, with --output or in the configuration"),
                );
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // The call that makes the folder says what it is.
            Err(_) => break,
        }
        if let Ok(target) = fs::read_link(part) {
            return Err(in_the_way(
                directory,
                format!(
                    "{} is a link to {}, which is not there",
                    part.display(),
                    target.display()
                ),
            )
            .with_help("mount the disk that it leads to, or mend the link"));
        }
    }
    Ok(())
}

fn in_the_way(directory: &Path, why: String) -> Error {
    Error::new(format!("make the backup folder {}", directory.display()))
        .with_source(why)
        .with_exit(Exit::Config)
}

/// When the newest backup was written to this folder, and its name; `None` when none is remembered.
fn recorded(source: &Connection, directory: &Path) -> Result<Option<(i64, String)>> {
    source
        .query_row(
            sql!("backup/recorded_folder"),
            named_params! { ":directory": display_path(&plain_absolute(directory)) },
            |row| Ok((row.get("last_backup_at")?, row.get("last_file")?)),
        )
        .optional()
        .context("read where backups went before")
}

/// Remembers in the database that a backup was written to this folder.
///
/// # Errors
///
/// Fails when the database cannot be written; the backup is made all the same.
pub(super) fn record(request: &Request<'_>, manifest: &Manifest) -> Result<()> {
    let connection = open::connect(request.database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| {
            connection.execute(
                sql!("backup/record_folder"),
                named_params! {
                    ":directory": display_path(&plain_absolute(request.directory)),
                    ":at": manifest.created_at,
                    ":file": manifest.file,
                },
            )
        })
        .context("write to the database")?;
    wal::sync(&connection)
}
