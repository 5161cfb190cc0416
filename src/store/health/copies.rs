//! The backups of a database.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::named_params;

use super::View;
use crate::error::Result;
use crate::model::health::{Backups, RecordedFolder};
use crate::model::identity::DatabaseId;
use crate::model::path::plain_absolute;
use crate::store::backup::{self, Manifest};
use crate::store::check::Depth;
use crate::store::sql;

/// Looks for the backups of a database in a folder. `id`: that of the database; `None` when it cannot be read.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub(crate) fn look_at_backups(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<Backups> {
    let (newest, ahead) = match id {
        Some(id) => (
            backup::newest_backup(directory, id, now)?,
            backup::future_backups(directory, id, now)?,
        ),
        None => (
            backup::newest_with_database_name(directory, database, now)?,
            Vec::new(),
        ),
    };
    let unreadable = match newest {
        Some(_) => None,
        None => backup::newest_with_unreadable_manifest(directory, database)?.map(|(_, file)| file),
    };
    Ok(Backups {
        newest: newest.map(|manifest| (manifest.created_at, manifest.path)),
        unreadable,
        ahead: ahead.into_iter().map(|manifest| manifest.path).collect(),
        has_folder: directory.is_dir(),
    })
}

/// Proves the newest backup again.
///
/// # Errors
///
/// [`crate::error::Exit::Damaged`] when a bit differs.
pub(crate) fn verify_newest(
    directory: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<Option<Manifest>> {
    match id {
        Some(id) => backup::newest_backup(directory, id, now)?
            .map(|manifest| backup::verify(&manifest.path, Depth::Full))
            .transpose(),
        None => Ok(None),
    }
}

impl View {
    /// The backup that was last written to a folder, as the database remembers it.
    pub(crate) fn backup_folder(&self, directory: &Path) -> Result<Option<RecordedFolder>> {
        let names = [
            Some(plain_absolute(directory)),
            fs::canonicalize(directory).ok(),
        ];
        let recorded: Vec<(String, RecordedFolder)> = self.all(
            sql!("health/list_backup_folders"),
            named_params! {},
            |row| {
                Ok((
                    row.get("directory")?,
                    RecordedFolder {
                        last_backup_at: row.get("last_backup_at")?,
                        last_file: row.get("last_file")?,
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
            .map(|(_, folder)| folder))
    }
}
