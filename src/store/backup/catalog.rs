//! Finds the backups in a folder, which several databases may share.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Result, without_path};
use crate::model::identity::DatabaseId;
use crate::model::lost_rows::{CopyKind, UnreadCopy, WhyUnread};
use crate::model::regular_file::why_no_file;
use crate::model::time::iso;
use crate::store::backup::manifest::{self, BackupKind, Manifest};
use crate::store::backup::names::{
    file_name, is_manifest, is_named_after, name_sort_key, timestamp_in_name,
};
use crate::store::backup::without_manifest::{
    WithoutManifest, copies_without_manifest, visible_files,
};

/// The backups of one database in a folder, newest first.
#[derive(Debug)]
pub(crate) struct Backups {
    newest_first: Vec<Manifest>,
    future: Vec<Manifest>,
    damaged: Vec<Manifest>,
}

impl Backups {
    /// Finds the backups of the database with this id and ignores all other files.
    ///
    /// A backup counts if its manifest is valid, if its file has the size in the manifest, and if no verification found
    /// it damaged.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be read. A missing folder has no backups.
    pub(crate) fn find(directory: &Path, id: &DatabaseId, now: i64) -> Result<Self> {
        let mut newest_first: Vec<Manifest> = backups_with_manifest(directory)?
            .into_iter()
            .filter_map(|backup| Manifest::of(&backup).ok())
            .filter(|manifest| manifest.kind == BackupKind::Backup && manifest.database_id == *id)
            .collect();
        newest_first.sort_by_cached_key(|manifest| {
            std::cmp::Reverse((manifest.created_at, name_sort_key(&manifest.path)))
        });
        let damaged = newest_first
            .extract_if(.., |manifest| manifest.damaged_at.is_some())
            .filter(|manifest| manifest.path.exists() && !manifest.is_ahead(now))
            .collect();
        newest_first.retain(is_whole);
        let future = newest_first
            .extract_if(.., |manifest| manifest.is_ahead(now))
            .collect();
        Ok(Self {
            newest_first,
            future,
            damaged,
        })
    }

    /// The backups that were made while the clock was right.
    pub(crate) fn newest_first(&self) -> &[Manifest] {
        &self.newest_first
    }

    /// The backups that were made while the clock was ahead. They never count as the newest and are never rotated.
    pub(crate) fn future(&self) -> &[Manifest] {
        &self.future
    }

    /// The newest backup, if a verification found it damaged.
    pub(crate) fn damaged_newest(&self) -> Option<&Manifest> {
        let newest = self.newest_first.first();
        self.damaged
            .first()
            .filter(|damaged| newest.is_none_or(|newest| damaged.created_at > newest.created_at))
    }
}

/// Whether the backup is there and has the size in its manifest.
fn is_whole(manifest: &Manifest) -> bool {
    fs::metadata(&manifest.path).is_ok_and(|file| file.is_file() && file.len() == manifest.bytes)
}

/// The newest verified backup of one database.
///
/// # Errors
///
/// As [`Backups::find`].
pub fn newest_backup(directory: &Path, id: &DatabaseId, now: i64) -> Result<Option<Manifest>> {
    let backups = Backups::find(directory, id, now)?;
    Ok(backups.newest_first.into_iter().next())
}

/// The newest backup of a database with this file name, for when the id of the database cannot be read.
///
/// # Errors
///
/// As [`Backups::find`].
pub(crate) fn newest_with_database_name(
    directory: &Path,
    database: &Path,
    now: i64,
) -> Result<Option<Manifest>> {
    let name = file_name(database);
    Ok(list_backups(directory)?
        .into_iter()
        .filter_map(|backup| backup.manifest.ok())
        .rfind(|manifest| {
            manifest.kind == BackupKind::Backup
                && manifest.database == name
                && manifest.damaged_at.is_none()
                && is_whole(manifest)
                && !manifest.is_ahead(now)
        }))
}

/// A backup that has a manifest. The manifest may be damaged.
#[derive(Debug)]
pub struct ListedBackup {
    /// The backup. The file may be missing.
    pub path: PathBuf,
    /// Its manifest, or the reason why it cannot be used.
    pub manifest: Result<Manifest>,
}

impl ListedBackup {
    /// The time of creation from the manifest, or from the file name if the manifest cannot be used.
    pub(crate) fn created_at(&self) -> Option<i64> {
        match &self.manifest {
            Ok(manifest) => Some(manifest.created_at),
            Err(_) => timestamp_in_name(&self.path),
        }
    }

    /// Whether it is, or seems to be, a backup of this database.
    ///
    /// The id in a damaged manifest counts, so that the damage is reported and not skipped.
    pub(super) fn seems_to_be_of(&self, id: &DatabaseId, database: &Path) -> bool {
        match &self.manifest {
            Ok(manifest) => manifest.kind == BackupKind::Backup && manifest.database_id == *id,
            Err(_) => match manifest::claimed_id(&self.path) {
                Some(claimed) => claimed == *id,
                None => is_named_after(&self.path, database),
            },
        }
    }
}

/// All files in a folder that have a manifest of tornsnap, oldest first.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub fn list_backups(directory: &Path) -> Result<Vec<ListedBackup>> {
    let mut found: Vec<ListedBackup> = backups_with_manifest(directory)?
        .into_iter()
        .map(|path| ListedBackup {
            manifest: Manifest::of(&path),
            path,
        })
        .filter(|backup| backup.created_at().is_some())
        .collect();
    found.sort_by_cached_key(|backup| (backup.created_at(), name_sort_key(&backup.path)));
    Ok(found)
}

/// The files in a folder that seem to be backups of a database and cannot be used, the newest first.
pub(super) fn list_unusable(
    directory: &Path,
    id: &DatabaseId,
    database: &Path,
) -> Result<Vec<UnreadCopy>> {
    let unread = |file: &Path, why| UnreadCopy {
        file: file.to_owned(),
        kind: CopyKind::Backup,
        why,
    };
    let mut listed = list_backups(directory)?;
    listed.retain(|backup| backup.seems_to_be_of(id, database));
    let with_manifest = listed.iter().rev().filter_map(|backup| {
        let why = WhyUnread::Failed(why_unusable(backup)?);
        Some(unread(&backup.path, why))
    });
    let without_manifest = copies_without_manifest(directory, database, Some(id))?;
    let without_manifest = without_manifest.iter().rev().map(|file| {
        let is_ours = file.is_of_this_database();
        unread(&file.path, WhyUnread::NoManifest { is_ours })
    });
    Ok(with_manifest.chain(without_manifest).collect())
}

/// The newest file that seems to be a backup of a database and cannot be used.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub(crate) fn newest_unusable(
    directory: &Path,
    id: &DatabaseId,
    database: &Path,
) -> Result<Option<UnreadCopy>> {
    let unusable = list_unusable(directory, id, database)?;
    Ok(unusable.into_iter().next())
}

fn why_unusable(backup: &ListedBackup) -> Option<String> {
    let manifest = match &backup.manifest {
        Ok(manifest) => manifest,
        Err(error) => return Some(error.one_line()),
    };
    if let Some(found_at) = manifest.damaged_at {
        return Some(format!("it was found damaged at {}", iso(found_at)));
    }
    let bytes = match fs::metadata(&backup.path) {
        Ok(file) => file.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some("the file is gone, and only its manifest is there".to_owned());
        }
        Err(error) => return Some(without_path(error).to_string()),
    };
    let wrong_size = || {
        format!(
            "it has {bytes} bytes, and its manifest says {}",
            manifest.bytes
        )
    };
    (!is_whole(manifest)).then(|| match bytes {
        0 => "it is empty".to_owned(),
        _ => wrong_size(),
    })
}

/// Whether any file in a folder is, or seems to be, a backup of this database.
pub(super) fn contains_backup_of(
    directory: &Path,
    id: &DatabaseId,
    database: &Path,
) -> Result<bool> {
    let listed = list_backups(directory)?;
    if listed
        .iter()
        .any(|backup| backup.seems_to_be_of(id, database))
    {
        return Ok(true);
    }
    // A file of an unknown database shows nothing.
    Ok(copies_without_manifest(directory, database, Some(id))?
        .iter()
        .any(WithoutManifest::is_of_this_database))
}

/// The newest backup of a database whose manifest this user has no right to read, and its time from the file name.
pub(in crate::store) fn newest_with_unreadable_manifest(
    directory: &Path,
    database: &Path,
) -> Result<Option<(i64, PathBuf)>> {
    Ok(backups_with_manifest(directory)?
        .into_iter()
        .filter(|backup| backup.exists() && is_named_after(backup, database))
        .filter(|backup| {
            let manifest = Manifest::path_for(backup);
            let is_file = why_no_file(&manifest).is_none();
            is_file
                && File::open(manifest)
                    .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
        })
        .filter_map(|backup| Some((timestamp_in_name(&backup)?, backup)))
        .max())
}

/// The paths that belong to the manifests in a folder. The backups themselves may be missing.
fn backups_with_manifest(directory: &Path) -> Result<Vec<PathBuf>> {
    Ok(visible_files(directory)?
        .into_iter()
        .filter(|path| is_manifest(path))
        .map(|path| path.with_extension(""))
        .collect())
}
