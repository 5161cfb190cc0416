//! The backups in a folder that several databases may share: which there are, and which are of one database.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::time::is_far_future;
use crate::store::backup::manifest::{self, Kind, Manifest};
use crate::store::backup::names::{in_order, is_named_after, moment_in, name_of};

/// The backups of one database in a folder, newest first.
#[derive(Debug)]
pub(crate) struct Backups {
    newest_first: Vec<Manifest>,
    ahead: Vec<Manifest>,
}

impl Backups {
    /// Finds the backups that have a sound manifest with this id and the size that it says, and were not found damaged since; other
    /// files count for nothing.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be read; a folder that is not there holds none.
    pub(crate) fn of(directory: &Path, id: &DatabaseId, now: i64) -> Result<Self> {
        let mut newest_first: Vec<Manifest> = manifests_in(directory)?
            .into_iter()
            .filter_map(|backup| Manifest::of(&backup).ok())
            .filter(|manifest| manifest.kind == Kind::Backup && manifest.database_id == *id)
            .filter(|manifest| manifest.damaged_at.is_none())
            .filter(|manifest| {
                fs::metadata(&manifest.path)
                    .is_ok_and(|file| file.is_file() && file.len() == manifest.bytes)
            })
            .collect();
        newest_first.sort_by_cached_key(|manifest| {
            std::cmp::Reverse((manifest.created_at, in_order(&manifest.path)))
        });
        let ahead = newest_first
            .extract_if(.., |manifest| is_far_future(manifest.created_at, now))
            .collect();
        Ok(Self {
            newest_first,
            ahead,
        })
    }

    /// The backups that were made before now, newest first.
    pub(crate) fn newest_first(&self) -> &[Manifest] {
        &self.newest_first
    }

    /// The backups that were made by a clock that was ahead: they are never the newest, and never counted.
    pub(crate) fn ahead(&self) -> &[Manifest] {
        &self.ahead
    }
}

/// The newest verified backup of one database in a folder that other databases may share.
///
/// # Errors
///
/// As [`Backups::of`].
pub fn newest_of(directory: &Path, id: &DatabaseId, now: i64) -> Result<Option<Manifest>> {
    let backups = Backups::of(directory, id, now)?;
    Ok(backups.newest_first.into_iter().next())
}

/// The backups of one database that were made by a clock that was ahead.
///
/// # Errors
///
/// As [`Backups::of`].
pub(crate) fn future_backups(directory: &Path, id: &DatabaseId, now: i64) -> Result<Vec<Manifest>> {
    Ok(Backups::of(directory, id, now)?.ahead)
}

/// The newest backup in a folder of a database that is called so, for when the database cannot be asked for its id.
///
/// # Errors
///
/// Fails when the folder cannot be read; a folder that is not there holds none.
pub(crate) fn newest_called(
    directory: &Path,
    database: &Path,
    now: i64,
) -> Result<Option<Manifest>> {
    let name = name_of(database);
    Ok(all(directory)?
        .into_iter()
        .filter_map(|entry| entry.manifest.ok())
        .rfind(|manifest| {
            manifest.kind == Kind::Backup
                && manifest.database == name
                && manifest.path.exists()
                && !is_far_future(manifest.created_at, now)
        }))
}

/// A file in a backup folder that has a manifest, be it a damaged one.
#[derive(Debug)]
pub struct Entry {
    /// The backup; it may be gone.
    pub path: PathBuf,
    /// Its manifest, or the reason why that cannot be read.
    pub manifest: Result<Manifest>,
}

impl Entry {
    /// When it was made: by its manifest, or by its name where the manifest cannot be used.
    pub(crate) fn made(&self) -> Option<i64> {
        match &self.manifest {
            Ok(manifest) => Some(manifest.created_at),
            Err(_) => moment_in(&self.path),
        }
    }

    /// Whether it is, or seems to be, a backup of this database.
    ///
    /// A damaged manifest is believed in what it says of the id: passing over it in silence would hide the damage.
    pub(super) fn seems_of(&self, id: &DatabaseId, database: &Path) -> bool {
        match &self.manifest {
            Ok(manifest) => manifest.kind == Kind::Backup && manifest.database_id == *id,
            Err(_) => match manifest::claimed_id(&self.path) {
                Some(claimed) => claimed == *id,
                None => is_named_after(&self.path, database),
            },
        }
    }
}

/// All files in a folder that have a manifest of ours, oldest first.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub fn all(directory: &Path) -> Result<Vec<Entry>> {
    let mut found: Vec<Entry> = manifests_in(directory)?
        .into_iter()
        .map(|path| Entry {
            manifest: Manifest::of(&path),
            path,
        })
        .filter(|entry| entry.made().is_some())
        .collect();
    found.sort_by_cached_key(|entry| (entry.made(), in_order(&entry.path)));
    Ok(found)
}

/// Files in a folder that look like backups of ours but have no manifest.
///
/// # Errors
///
/// Fails when the folder cannot be read.
pub(crate) fn unproven(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = entries(directory)?
        .into_iter()
        .filter(|path| moment_in(path).is_some() && !Manifest::path_for(path).exists())
        .collect();
    found.sort();
    Ok(found)
}

/// Whether any file in a folder is, or seems to be, a backup of this database.
pub(super) fn holds_any(directory: &Path, id: &DatabaseId, database: &Path) -> Result<bool> {
    let listed = all(directory)?;
    if listed.iter().any(|entry| entry.seems_of(id, database)) {
        return Ok(true);
    }
    Ok(unproven(directory)?
        .iter()
        .any(|path| is_named_after(path, database)))
}

/// The newest backup of a database whose manifest is there but may not be read, by the moment in its name.
pub(in crate::store) fn newest_by_name(
    directory: &Path,
    database: &Path,
) -> Result<Option<(i64, PathBuf)>> {
    Ok(manifests_in(directory)?
        .into_iter()
        .filter(|backup| backup.exists() && is_named_after(backup, database))
        .filter(|backup| {
            let manifest = File::open(Manifest::path_for(backup));
            manifest.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
        })
        .filter_map(|backup| Some((moment_in(&backup)?, backup)))
        .max())
}

/// The paths of the backups whose manifests are in a folder, whether or not they are there themselves.
fn manifests_in(directory: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(directory)?
        .into_iter()
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .map(|path| path.with_extension(""))
        .collect())
}

/// The files of a folder, but for hidden ones; none where there is no folder.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let action = || format!("read the backup folder {}", directory.display());
    let listed = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.with_context(action)?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let path = entry.with_context(action)?.path();
        if !name_of(&path).starts_with('.') {
            found.push(path);
        }
    }
    Ok(found)
}
