//! Removes the oldest backups of a database, and files that killed runs left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Exit, NO_FILES_THERE, Result, WithContext, without_path};
use crate::model::identity::DatabaseId;
use crate::model::size::{agree, count};
use crate::model::time::{DAY, iso};
use crate::store::backup::catalog::Backups;
use crate::store::backup::directory::NAME_FOLDER_ON_DISK;
use crate::store::backup::manifest::{Manifest, claimed_id};
use crate::store::backup::names::{PARTIAL, file_name, has_temp_suffix};
use crate::store::clock::{Comparison, newest_timestamp};
use crate::store::files::remove::remove_if_there;
use crate::store::files::rename::rename;
use crate::store::files::sync::sync_folder;
use crate::store::owner::{self, Purpose};
use crate::store::{SqlContext, sql};

/// How to remove the oldest backups.
pub(super) struct Rotation<'a> {
    pub(super) directory: &'a Path,
    pub(super) temp_suffix: &'a str,
    /// The backup that was just made.
    pub(super) new: &'a Path,
    /// How many backups to leave.
    pub(super) keep: u32,
    /// See [`newest_doubted_prune`].
    pub(super) doubted_prune: Option<DoubtedPrune>,
}

/// A prune whose clock may have been ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct DoubtedPrune {
    /// Its id in `prune_runs`.
    id: i64,
    /// Unix seconds, by that clock.
    started_at: i64,
}

impl DoubtedPrune {
    /// Whether the backup was made after it. The times do not tell: the clock may have been set in between.
    fn is_in(&self, manifest: &Manifest) -> bool {
        manifest.newest_prune >= self.id
    }
}

impl Rotation<'_> {
    /// Removes the oldest of these backups until `keep` are left, but never the new one and never the newest.
    ///
    /// Backups from before a doubted prune stay, and do not count: no other one may have the rows that it deleted. A backup that is
    /// kept until the user removes it does not count either.
    pub(super) fn remove_oldest(
        &self,
        backups: &Backups,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<PathBuf>> {
        // A renamed backup was kept on purpose, so rotation does not count it.
        let (counted, kept): (Vec<&Manifest>, Vec<&Manifest>) = backups
            .newest_first()
            .iter()
            .filter(|manifest| file_name(&manifest.path) == manifest.file)
            .filter(|manifest| manifest.kept_for.is_none())
            .partition(|manifest| self.doubted_prune.is_none_or(|prune| prune.is_in(manifest)));
        let keep = usize::try_from(self.keep.max(1)).unwrap_or(usize::MAX);
        if let Some(prune) = self.doubted_prune
            && !kept.is_empty()
            && counted.len() + kept.len() > keep
        {
            warnings.push(warn_of_doubted_prune(prune, kept.len()));
        }
        let surplus = counted.len().saturating_sub(keep);
        let mut removed = Vec::new();
        let oldest_first = counted.iter().skip(1).map(|manifest| &manifest.path).rev();
        for old in oldest_first.filter(|old| *old != self.new).take(surplus) {
            match remove_backup(self.directory, self.temp_suffix, old) {
                Ok(()) => removed.push(old.clone()),
                Err(error) => warnings.push(format!(
                    "could not remove the old backup {}: {error}",
                    old.display()
                )),
            }
        }
        if !removed.is_empty() {
            sync_folder(self.directory)?;
        }
        Ok(removed)
    }
}

fn warn_of_doubted_prune(prune: DoubtedPrune, kept: usize) -> String {
    format!(
        "{} from before the prune at {} {} not rotated away: no fetch has confirmed the clock of that prune, so it may have \
         deleted rows too early; see whether the clock is right, then run `tornsnap fetch all`",
        count(kept, "backup"),
        iso(prune.started_at),
        agree(kept, "was", "were")
    )
}

/// The newest prune of which no record shows that its month has begun by Torn's time; `None` if there is none. Its clock
/// may have been ahead, so it may have deleted rows too early.
pub(super) fn newest_doubted_prune(
    connection: &Connection,
    comparison: Option<Comparison>,
) -> Result<Option<DoubtedPrune>> {
    let torn_at = comparison.map(|comparison| comparison.torn_at);
    let newest_row = newest_timestamp(connection)?;
    connection
        .query_row(
            sql!("backup/get_doubted_prune"),
            named_params! { ":torn_at": torn_at, ":newest_row": newest_row },
            |row| {
                Ok(DoubtedPrune {
                    id: row.get("id")?,
                    started_at: row.get("started_at")?,
                })
            },
        )
        .optional()
        .context("look for a prune whose clock no fetch has confirmed")
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
    let entries = fs::read_dir(directory)
        .with_context(action)
        .map_err(|error| owner::explain_forbidden(error, directory, Purpose::Read))?;
    for entry in entries {
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
                io::ErrorKind::NotFound if directory.is_dir() => {
                    return Error::new(action)
                        .with_source(NO_FILES_THERE)
                        .with_help(NAME_FOLDER_ON_DISK)
                        .with_exit(Exit::Config);
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
