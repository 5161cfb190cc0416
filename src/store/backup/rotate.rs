//! Removing the oldest backups of a database, and what killed runs left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::time::DAY;
use crate::store::backup::folder::Backups;
use crate::store::backup::manifest::{Manifest, claimed_id};
use crate::store::backup::names::{PARTIAL, has_mark, name_of};
use crate::store::files::{remove_if_there, sync_folder};
use crate::store::owner;

/// Removes the oldest of these backups until `keep` are left, but never the new one or the newest.
pub(super) fn rotate(
    directory: &Path,
    mark: &str,
    backups: &Backups,
    new: &Path,
    keep: u32,
    warnings: &mut Vec<String>,
) -> Result<Vec<PathBuf>> {
    // A renamed backup was put by on purpose, so rotation leaves it.
    let counted: Vec<&Path> = backups
        .newest_first()
        .iter()
        .filter(|manifest| name_of(&manifest.path) == manifest.file)
        .map(|manifest| manifest.path.as_path())
        .collect();
    let surplus = counted
        .len()
        .saturating_sub(usize::try_from(keep.max(1)).unwrap_or(usize::MAX));
    let mut removed = Vec::new();
    let oldest_first = counted.iter().skip(1).rev();
    for old in oldest_first.filter(|old| **old != new).take(surplus) {
        match remove_backup(directory, mark, old) {
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

/// Takes the backup's name away first and its manifest second: no backup is ever seen without its manifest.
fn remove_backup(directory: &Path, mark: &str, backup: &Path) -> io::Result<()> {
    let doomed = directory.join(format!(".{}.{mark}{PARTIAL}", name_of(backup)));
    fs::rename(backup, &doomed)?;
    remove_if_there(&Manifest::path_for(backup))?;
    fs::remove_file(doomed)
}

/// Removes what killed runs left: temporary files of this database, and manifests whose backup is still one.
///
/// Temporary files of other databases are left alone unless they are a day older than now, by the disk's own clock.
pub(super) fn clean(directory: &Path, mark: &str, id: &DatabaseId, database: &Path) -> Result<()> {
    let action = || format!("clean the backup folder {}", directory.display());
    let now = disk_time(directory, mark, database)?;
    for entry in fs::read_dir(directory).with_context(action)? {
        let path = entry.with_context(action)?.path();
        let name = name_of(&path);
        if !name.starts_with('.') || !name.contains(PARTIAL) {
            continue;
        }
        let inner = name.split_once(&format!(".{mark}{PARTIAL}"));
        let forgotten = || {
            let then = fs::metadata(&path).and_then(|file| file.modified());
            then.is_ok_and(|then| {
                now.duration_since(then)
                    .is_ok_and(|age| age.as_secs() > DAY.unsigned_abs())
            })
        };
        let ours_of_another = || name.starts_with(".tornsnap-") || has_mark(&name);
        if inner.is_none() && !(ours_of_another() && forgotten()) {
            continue;
        }
        log::info!(
            "removing {}, left by a run that was cut off",
            path.display()
        );
        // Its manifest first: while the temporary file is there, the next run knows what to do.
        if let Some((backup, _)) = inner {
            let backup = directory.join(backup.trim_start_matches('.'));
            // Another database may be taking that name at this moment.
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

/// The time by the clock of the disk that a folder is on, and proof that the folder can be written.
pub(super) fn disk_time(directory: &Path, mark: &str, database: &Path) -> Result<SystemTime> {
    tempfile::Builder::new()
        .prefix(".tornsnap-")
        .suffix(&format!(".{mark}{PARTIAL}"))
        .tempfile_in(directory)
        .and_then(|probe| probe.as_file().metadata()?.modified())
        .map_err(|error| {
            let action = format!("write to the folder {}", directory.display());
            let (remedy, exit) = match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    return owner::explain(action, directory, database, error);
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
                .with_source(error)
                .with_help(remedy)
                .with_exit(exit)
        })
}
