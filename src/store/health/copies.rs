//! Finds the backups of a database.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::named_params;

use super::Snapshot;
use crate::error::Result;
use crate::model::health::{Backups, RecordedBackup};
use crate::model::identity::DatabaseId;
use crate::model::lost_rows::LostRows;
use crate::model::path::plain_absolute;
use crate::model::watch::Unwatched;
use crate::store::backup::{self, Manifest};
use crate::store::check::Depth;
use crate::store::sql;

/// Finds the backups of a database in a folder. `id` is that of the database; `None` if it cannot be read.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub(crate) fn find_backups(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<Backups> {
    let has_folder = directory.is_dir();
    let made = |manifest: &Manifest| (manifest.created_at, manifest.path.clone());
    let path = |manifest: &Manifest| manifest.path.clone();
    let found = match id {
        Some(id) => {
            let backups = backup::Backups::find(directory, id, now)?;
            Backups {
                newest: backups.newest_first().first().map(made),
                damaged: backups.damaged_newest().map(path),
                future: backups.future().iter().map(path).collect(),
                unusable: backup::newest_unusable(directory, id, database)?,
                unreadable: None,
                has_folder,
            }
        }
        None => Backups {
            newest: backup::newest_with_database_name(directory, database, now)?
                .as_ref()
                .map(made),
            damaged: None,
            future: Vec::new(),
            unusable: None,
            unreadable: None,
            has_folder,
        },
    };
    if found.newest.is_some() || found.damaged.is_some() {
        return Ok(found);
    }
    let unreadable = backup::newest_with_unreadable_manifest(directory, database)?;
    Ok(Backups {
        unreadable: unreadable.map(|(_, file)| file),
        ..found
    })
}

/// Verifies the newest backup, with a full integrity check.
///
/// # Errors
///
/// [`crate::error::Exit::Damaged`] when the backup is not what was written.
pub(crate) fn verify_newest_backup(
    directory: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<Option<Manifest>> {
    match id {
        Some(id) => backup::newest_backup(directory, id, now)?
            .map(|manifest| backup::verify(&manifest.path, Depth::Full, &Unwatched))
            .transpose(),
        None => Ok(None),
    }
}

impl Snapshot {
    /// The rows that a prune deleted while the clock was ahead, and the recorded results of the last search of the backups.
    pub(crate) fn lost_rows(
        &self,
        directory: &Path,
        database: &Path,
        now: i64,
    ) -> Result<Option<LostRows>> {
        backup::lost_rows(self.connection(), directory, database, now)
    }

    /// The last backup that was written to a folder, as the database recorded it.
    pub(crate) fn last_backup_in(&self, directory: &Path) -> Result<Option<RecordedBackup>> {
        let names = [
            Some(plain_absolute(directory)),
            fs::canonicalize(directory).ok(),
        ];
        let recorded: Vec<(String, RecordedBackup)> = self.query_all(
            sql!("health/list_backup_folders"),
            named_params! {},
            |row| {
                Ok((
                    row.get("directory")?,
                    RecordedBackup {
                        made_at: row.get("last_backup_at")?,
                        file_name: row.get("last_file")?,
                    },
                ))
            },
        )?;
        Ok(recorded
            .into_iter()
            .find(|(directory, _)| {
                let directory = Some(PathBuf::from(directory));
                names.contains(&directory)
            })
            .map(|(_, backup)| backup))
    }
}
