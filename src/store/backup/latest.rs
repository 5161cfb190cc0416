//! Finds the backup that `latest` means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result};
use crate::model::identity::DatabaseId;
use crate::model::time::is_far_future;
use crate::store::backup::folder::{Entry, all};
use crate::store::backup::manifest::{Kind, Manifest};
use crate::store::backup::names::{is_named_after, name_of, stem};

/// How many choices an error lists.
const CHOICES: usize = 5;

/// The newest backup of a database; one whose manifest is damaged counts, so that it is not passed over in silence.
///
/// Without an id (the database is gone or damaged) it is the newest of those that are called as the database is,
/// if all of them are of one database.
///
/// # Errors
///
/// [`Exit::Config`] when there is none, or when the id is not known and there are backups of several databases.
pub(crate) fn latest(
    directory: &Path,
    database: &Path,
    id: Option<&DatabaseId>,
    now: i64,
) -> Result<PathBuf> {
    let entries: Vec<Entry> = all(directory)?
        .into_iter()
        .filter(|entry| entry.path.exists())
        .collect();
    let ours: Vec<&Entry> = match id {
        Some(id) => entries
            .iter()
            .filter(|entry| entry.seems_of(id, database))
            .collect(),
        None => of_one(directory, database, &entries)?,
    };
    let newest = ours
        .iter()
        .rfind(|entry| entry.made().is_some_and(|made| !is_far_future(made, now)));
    match newest {
        Some(entry) => Ok(entry.path.clone()),
        None => Err(none(directory, database, &entries, &ours)),
    }
}

/// The backups that are called as the database is, if they are of one.
fn of_one<'a>(directory: &Path, database: &Path, entries: &'a [Entry]) -> Result<Vec<&'a Entry>> {
    let of_that_name: Vec<&Entry> = entries
        .iter()
        .filter(|entry| match &entry.manifest {
            Ok(manifest) => {
                manifest.kind == Kind::Backup
                    && stem(Path::new(&manifest.database)) == stem(database)
            }
            Err(_) => is_named_after(&entry.path, database),
        })
        .collect();
    let newest = newest_of_each(of_that_name.iter().copied());
    if newest.len() > 1 {
        return Err(Error::new(format!(
            "tell which backup in {} is the latest of {}",
            directory.display(),
            database.display()
        ))
        .with_source(format!(
            "the database cannot be asked for its id, and there are backups of {} databases of that name",
            newest.len()
        ))
        .with_help(format!("name one of them: {}", in_words(&newest)))
        .with_exit(Exit::Config));
    }
    Ok(of_that_name)
}

fn none(directory: &Path, database: &Path, entries: &[Entry], ours: &[&Entry]) -> Error {
    let error = Error::new(format!(
        "find a backup of {} in {}",
        database.display(),
        directory.display()
    ))
    .with_exit(Exit::Config);
    if let Some(ahead) = ours.last() {
        return error
            .with_source(format!(
                "{} was made by a clock that was ahead, so it is not taken for the latest; there is no other",
                name_of(&ahead.path)
            ))
            .with_help("set the clock if it is behind, or name that file");
    }
    let others = newest_of_each(entries.iter());
    if others.is_empty() {
        return error
            .with_source("there is none with a manifest of tornsnap's")
            .with_help("see whether the disk of that folder is mounted, or name the file itself");
    }
    error
        .with_source("all backups there are of other databases")
        .with_help(format!("name one of them: {}", in_words(&others)))
}

/// The newest backup of each database, by id.
fn newest_of_each<'a>(
    oldest_first: impl Iterator<Item = &'a Entry>,
) -> BTreeMap<&'a str, &'a Manifest> {
    oldest_first
        .filter_map(|entry| entry.manifest.as_ref().ok())
        .filter(|manifest| manifest.kind == Kind::Backup)
        .map(|manifest| (manifest.database_id.as_str(), manifest))
        .collect()
}

fn in_words(newest: &BTreeMap<&str, &Manifest>) -> String {
    let mut words: Vec<String> = newest
        .values()
        .take(CHOICES)
        .map(|manifest| {
            format!(
                "{} ({}, id {})",
                manifest.path.display(),
                manifest.database,
                manifest.database_id.in_short()
            )
        })
        .collect();
    if newest.len() > CHOICES {
        words.push(format!("{} more", newest.len() - CHOICES));
    }
    words.join(", ")
}
