//! Removes the oldest backups of a database, and files that killed runs left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Exit, Result, WithContext, without_path};
use crate::model::identity::DatabaseId;
use crate::model::time::DAY;
use crate::store::backup::catalog::Backups;
use crate::store::backup::manifest::{Manifest, claimed_id};
use crate::store::backup::names::{PARTIAL, file_name, has_temp_suffix};
use crate::store::files::remove::remove_if_there;
use crate::store::files::rename::rename;
use crate::store::files::sync::sync_folder;
use crate::store::owner;

/// Removes the oldest of these backups until `keep` are left, but never `new` and never the newest.
pub(super) fn remove_oldest(
    directory: &Path,
    temp_suffix: &str,
    backups: &Backups,
    new: &Path,
    keep: u32,
    warnings: &mut Vec<String>,
) -> Result<Vec<PathBuf>> {
    // A renamed backup was kept on purpose, so rotation does not count it.
    let counted: Vec<&Path> = backups
        .newest_first()
        .iter()
        .filter(|manifest| file_name(&manifest.path) == manifest.file)
        .map(|manifest| manifest.path.as_path())
        .collect();
    let surplus = counted
        .len()
        .saturating_sub(usize::try_from(keep.max(1)).unwrap_or(usize::MAX));
    let mut removed = Vec::new();
    let oldest_first = counted.iter().skip(1).rev();
    for old in oldest_first.filter(|old| **old != new).take(surplus) {
        match remove_backup(directory, temp_suffix, old) {
            Ok(()) => removed.push((*old).to_owned()),
            Err(error) => warnings.push(format!(
                "could not remove the old backup {}: {error}",
                old.display()
            )),
        }
    }
    if !removed.is_empty() {
        sync_folder(directory)?;
    }
    Ok(removed)
}

/// Removes a backup and its manifest. The backup is renamed first, so that none is ever visible without its manifest.
fn remove_backup(directory: &Path, temp_suffix: &str, backup: &Path) -> io::Result<()> {
    let temporary = directory.join(format!(".{}{temp_suffix}", file_name(backup)));
    rename(backup, &temporary)?;
    remove_if_there(&Manifest::path_for(backup))?;
    fs::remove_file(temporary)
}

/// Removes the temporary files of this database that killed runs left, and the manifests that belong to them.
///
/// Temporary files of other databases are removed only if the file system dates them more than a day back.
pub(super) fn remove_leftovers(
    directory: &Path,
    temp_suffix: &str,
    id: &DatabaseId,
    database: &Path,
) -> Result<()> {
    let action = || format!("clean the backup folder {}", directory.display());
    let now = disk_time(directory, temp_suffix, database)?;
    for entry in fs::read_dir(directory).with_context(action)? {
        let path = entry.with_context(action)?.path();
        let name = file_name(&path);
        if !name.starts_with('.') || !name.contains(PARTIAL) {
            continue;
        }
        let of_this_database = name.split_once(temp_suffix);
        let is_old = || {
            let modified = fs::metadata(&path).and_then(|file| file.modified());
            modified.is_ok_and(|modified| {
                now.duration_since(modified)
                    .is_ok_and(|age| age.as_secs() > DAY.unsigned_abs())
            })
        };
        let is_of_another_database = || name.starts_with(".tornsnap-") || has_temp_suffix(&name);
        if of_this_database.is_none() && !(is_of_another_database() && is_old()) {
            continue;
        }
        log::info!("removing {}, which an interrupted run left", path.display());
        // The manifest goes first: if this run is killed too, the next one still finds the temporary file.
        if let Some((backup, _)) = of_this_database {
            let backup = directory.join(backup.trim_start_matches('.'));
            // A run on another database may be claiming this name now.
            if !backup.exists() && claimed_id(&backup).as_ref() == Some(id) {
                let manifest = Manifest::path_for(&backup);
                remove_if_there(&manifest)
                    .with_context(|| format!("remove {}", manifest.display()))?;
            }
        }
        remove_if_there(&path).with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

/// Writes a temporary file to a folder and returns the time that the file system gave it.
pub(super) fn disk_time(
    directory: &Path,
    temp_suffix: &str,
    database: &Path,
) -> Result<SystemTime> {
    tempfile::Builder::new()
        .prefix(".tornsnap-")
        .suffix(temp_suffix)
        .tempfile_in(directory)
        .and_then(|probe| probe.as_file().metadata()?.modified())
        .map_err(|error| {
            let action = format!("write to the folder {}", directory.display());
            let (help, exit) = match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    return owner::explain_folder(action, directory, database, error);
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    ("free some space on that disk", Exit::Io)
                }
                _ => (
                    "check who owns the folder, or name another one with --output",
                    Exit::Config,
                ),
            };
            Error::new(action)
                .with_source(without_path(error))
                .with_help(help)
                .with_exit(exit)
        })
}
