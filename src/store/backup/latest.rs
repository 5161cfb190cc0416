//! Finds the backup that the argument `latest` of `restore` and of `backup --verify` means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result};
use crate::model::identity::DatabaseId;
use crate::model::path::shell_word;
use crate::model::time::{is_far_future, iso};
use crate::store::backup::catalog::{ListedBackup, list_backups};
use crate::store::backup::manifest::{BackupKind, Manifest};
use crate::store::backup::names::{file_name, is_named_after, stem, timestamp_in_name};
use crate::store::backup::without_manifest::{WithoutManifest, copies_without_manifest};

/// How many backups an error message lists.
const MAX_CHOICES: usize = 5;

/// The backup that `restore latest` takes.
#[derive(Debug)]
pub(crate) struct LatestBackup {
    pub(crate) file: PathBuf,
    /// The newer backups that a verification found damaged, newest first.
    pub(crate) damaged: Vec<DamagedBackup>,
}

/// A backup that a verification found damaged.
#[derive(Debug)]
pub(crate) struct DamagedBackup {
    pub(crate) file: PathBuf,
    /// Unix seconds.
    pub(crate) found_at: i64,
}

/// The newest backup of a database that no verification found damaged.
///
/// A backup whose manifest cannot be used counts, so that the problem is reported. `command`: the command that takes a backup
/// by its name, for the error that lists them.
///
/// # Errors
///
/// As [`newest_to_verify`]; [`Exit::Damaged`] when all backups were found damaged.
pub(crate) fn latest_backup(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
    command: &dyn Fn(&Path) -> String,
) -> Result<LatestBackup> {
    let mut damaged = Vec::new();
    for backup in newest_first(directory, database, id, now, command)? {
        let damaged_at = backup
            .manifest
            .as_ref()
            .ok()
            .and_then(|manifest| manifest.damaged_at);
        match damaged_at {
            Some(found_at) => damaged.push(DamagedBackup {
                file: backup.path,
                found_at,
            }),
            None => {
                return Ok(LatestBackup {
                    file: backup.path,
                    damaged,
                });
            }
        }
    }
    let damaged: Vec<String> = damaged
        .iter()
        .map(|backup| format!("{} at {}", backup.file.display(), iso(backup.found_at)))
        .collect();
    Err(Error::new(format!(
        "find a sound backup of {} in {}",
        database.display(),
        directory.display()
    ))
    .with_source(format!(
        "each was found damaged: {}",
        damaged.join(", ")
    ))
    .with_help("run `tornsnap backup --verify all` to check them again, or name a backup in another folder")
    .with_exit(Exit::Damaged))
}

/// The newest backup of a database, also if a verification found it damaged: the next one may find it sound again.
///
/// # Errors
///
/// [`Exit::Config`] when there is none, or when the id is unknown and several databases have this name.
pub(crate) fn newest_to_verify(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<PathBuf> {
    let command = |file: &Path| format!("tornsnap backup --verify {}", shell_word(file));
    let mut backups = newest_first(directory, database, id, now, &command)?;
    Ok(backups.swap_remove(0).path)
}

/// The backups of a database, newest first; at least one.
///
/// Without an id (the database is missing or damaged) the file name of the database decides. That works only if all
/// backups with this name are of one database.
fn newest_first(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
    command: &dyn Fn(&Path) -> String,
) -> Result<Vec<ListedBackup>> {
    let mut backups = list_backups(directory)?;
    backups.retain(|backup| backup.path.exists());
    let ours: Vec<ListedBackup> = match id {
        Some(id) => backups
            .extract_if(.., |backup| backup.seems_to_be_of(id, database))
            .collect(),
        None => with_database_name(directory, database, &mut backups, command)?,
    };
    let (future, mut found): (Vec<_>, Vec<_>) =
        ours.into_iter().partition(|backup| match &backup.manifest {
            Ok(manifest) => manifest.is_ahead(now),
            Err(_) => backup
                .created_at()
                .is_none_or(|created_at| is_far_future(created_at, now)),
        });
    let without_manifest = copies_without_manifest(directory, database, id)?;
    found.reverse();
    let Some(newest) = found.first().and_then(ListedBackup::created_at) else {
        return Err(match without_manifest.last() {
            Some(file) if future.is_empty() => only_without_manifest(directory, database, file),
            _ => not_found(directory, database, &backups, &future, command),
        });
    };
    // A renamed one has no time in its name.
    let may_be_newer = |file: &&WithoutManifest| {
        timestamp_in_name(&file.path).is_none_or(|made_at| made_at >= newest)
    };
    for file in without_manifest.iter().filter(may_be_newer) {
        log::warn!(
            "{} is not looked at: {}; {}",
            file.path.display(),
            file.why(),
            help_without_manifest(&file.path)
        );
    }
    Ok(found)
}

/// Moves the backups with the file name of the database out of `backups`. Fails if they are of several databases.
fn with_database_name(
    directory: &Path,
    database: &Path,
    backups: &mut Vec<ListedBackup>,
    command: &dyn Fn(&Path) -> String,
) -> Result<Vec<ListedBackup>> {
    let same_name: Vec<ListedBackup> = backups
        .extract_if(.., |backup| match &backup.manifest {
            Ok(manifest) => {
                manifest.kind == BackupKind::Backup
                    && stem(Path::new(&manifest.database)) == stem(database)
            }
            Err(_) => is_named_after(&backup.path, database),
        })
        .collect();
    let newest = newest_by_database(&same_name);
    if newest.len() > 1 {
        return Err(Error::new(format!(
            "tell which backup in {} is the latest of {}",
            directory.display(),
            database.display()
        ))
        .with_source(format!(
            "the id of the database cannot be read, and there are backups of {} databases of that name",
            newest.len()
        ))
        .with_help(format_choices(&newest, command))
        .with_exit(Exit::Config));
    }
    Ok(same_name)
}

/// The commands that take a backup without a manifest.
fn help_without_manifest(file: &Path) -> String {
    let file = shell_word(file);
    format!(
        "`tornsnap restore {file} --without-manifest` puts it in the place of the database, and `tornsnap import {file}` only \
         adds its rows"
    )
}

/// The error for a folder whose only backups of the database have no manifest. `file`: the newest of them.
fn only_without_manifest(directory: &Path, database: &Path, file: &WithoutManifest) -> Error {
    Error::new(format!(
        "find a backup of {} in {}",
        database.display(),
        directory.display()
    ))
    .with_source(format!(
        "{} cannot be verified: {}",
        file.path.display(),
        file.why()
    ))
    .with_help(help_without_manifest(&file.path))
    .with_exit(Exit::Config)
}

/// The error for a folder without a backup to take. `others` are of other databases, `future` are of this one.
fn not_found(
    directory: &Path,
    database: &Path,
    others: &[ListedBackup],
    future: &[ListedBackup],
    command: &dyn Fn(&Path) -> String,
) -> Error {
    let error = Error::new(format!(
        "find a backup of {} in {}",
        database.display(),
        directory.display()
    ))
    .with_exit(Exit::Config);
    if let Some(future) = future.last() {
        return error
            .with_source(format!(
                "{} was made by a clock that was ahead, so it is not taken for the latest; there is no other",
                file_name(&future.path)
            ))
            .with_help("set the clock if it is behind, or name that file");
    }
    let others = newest_by_database(others);
    if others.is_empty() {
        return error
            .with_source(why_none(directory))
            .with_help("see whether the disk of that folder is mounted, or name the file itself");
    }
    error
        .with_source("all backups there are of other databases")
        .with_help(format_choices(&others, command))
}

/// Why no backup was found in a folder.
pub(crate) fn why_none(directory: &Path) -> &'static str {
    if directory.exists() {
        "there is none with a manifest of tornsnap's"
    } else {
        "the backup folder is not there"
    }
}

/// The newest backup of each database id.
fn newest_by_database(oldest_first: &[ListedBackup]) -> BTreeMap<&str, &Manifest> {
    oldest_first
        .iter()
        .filter_map(|backup| backup.manifest.as_ref().ok())
        .filter(|manifest| manifest.kind == BackupKind::Backup)
        .map(|manifest| (manifest.database_id.as_str(), manifest))
        .collect()
}

/// The commands for the backups, one of which the user has to choose.
fn format_choices(newest: &BTreeMap<&str, &Manifest>, command: &dyn Fn(&Path) -> String) -> String {
    let mut choices: Vec<String> = newest
        .values()
        .take(MAX_CHOICES)
        .map(|manifest| {
            format!(
                "`{}` (of {}, id {})",
                command(&manifest.path),
                manifest.database,
                manifest.database_id.short()
            )
        })
        .collect();
    if newest.len() > MAX_CHOICES {
        choices.push(format!(
            "{} more: `tornsnap backup --list` shows them",
            newest.len() - MAX_CHOICES
        ));
    }
    let run = if newest.len() == 1 {
        "run"
    } else {
        "run one of these:"
    };
    format!("{run} {}", choices.join(", "))
}
