//! Finds the backup for the argument `latest`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result};
use crate::model::identity::DatabaseId;
use crate::model::time::is_far_future;
use crate::store::backup::catalog::{ListedBackup, list_backups};
use crate::store::backup::manifest::{BackupKind, Manifest};
use crate::store::backup::names::{file_name, is_named_after, stem};

/// How many backups an error message lists.
const MAX_CHOICES: usize = 5;

/// The newest backup of a database. A backup with a damaged manifest counts, so that the damage is reported.
///
/// Without an id (the database is missing or damaged) the file name of the database decides. That works only if all
/// backups with this name are of one database.
///
/// # Errors
///
/// [`Exit::Config`] when there is none, or when several databases have this name.
pub(crate) fn latest_backup(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<PathBuf> {
    let backups: Vec<ListedBackup> = list_backups(directory)?
        .into_iter()
        .filter(|backup| backup.path.exists())
        .collect();
    let ours: Vec<&ListedBackup> = match id {
        Some(id) => backups
            .iter()
            .filter(|backup| backup.seems_to_be_of(id, database))
            .collect(),
        None => with_database_name(directory, database, &backups)?,
    };
    let newest = ours.iter().rfind(|backup| {
        backup
            .created_at()
            .is_some_and(|created_at| !is_far_future(created_at, now))
    });
    match newest {
        Some(backup) => Ok(backup.path.clone()),
        None => Err(not_found(directory, database, &backups, &ours)),
    }
}

/// Finds the backups by the file name of the database. Fails if several databases have this name.
fn with_database_name<'a>(
    directory: &Path,
    database: &Path,
    backups: &'a [ListedBackup],
) -> Result<Vec<&'a ListedBackup>> {
    let same_name: Vec<&ListedBackup> = backups
        .iter()
        .filter(|backup| match &backup.manifest {
            Ok(manifest) => {
                manifest.kind == BackupKind::Backup
                    && stem(Path::new(&manifest.database)) == stem(database)
            }
            Err(_) => is_named_after(&backup.path, database),
        })
        .collect();
    let newest = newest_by_database(same_name.iter().copied());
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
        .with_help(format!("name one of them: {}", format_choices(&newest)))
        .with_exit(Exit::Config));
    }
    Ok(same_name)
}

fn not_found(
    directory: &Path,
    database: &Path,
    backups: &[ListedBackup],
    ours: &[&ListedBackup],
) -> Error {
    let error = Error::new(format!(
        "find a backup of {} in {}",
        database.display(),
        directory.display()
    ))
    .with_exit(Exit::Config);
    if let Some(future) = ours.last() {
        return error
            .with_source(format!(
                "{} was made by a clock that was ahead, so it is not taken for the latest; there is no other",
                file_name(&future.path)
            ))
            .with_help("set the clock if it is behind, or name that file");
    }
    let others = newest_by_database(backups.iter());
    if others.is_empty() {
        return error
            .with_source("there is none with a manifest of tornsnap's")
            .with_help("see whether the disk of that folder is mounted, or name the file itself");
    }
    error
        .with_source("all backups there are of other databases")
        .with_help(format!("name one of them: {}", format_choices(&others)))
}

/// The newest backup of each database id.
fn newest_by_database<'a>(
    oldest_first: impl Iterator<Item = &'a ListedBackup>,
) -> BTreeMap<&'a str, &'a Manifest> {
    oldest_first
        .filter_map(|backup| backup.manifest.as_ref().ok())
        .filter(|manifest| manifest.kind == BackupKind::Backup)
        .map(|manifest| (manifest.database_id.as_str(), manifest))
        .collect()
}

fn format_choices(newest: &BTreeMap<&str, &Manifest>) -> String {
    let mut choices: Vec<String> = newest
        .values()
        .take(MAX_CHOICES)
        .map(|manifest| {
            format!(
                "{} ({}, id {})",
                manifest.path.display(),
                manifest.database,
                manifest.database_id.short()
            )
        })
        .collect();
    if newest.len() > MAX_CHOICES {
        choices.push(format!("{} more", newest.len() - MAX_CHOICES));
    }
    choices.join(", ")
}
