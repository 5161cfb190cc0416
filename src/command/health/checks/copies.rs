//! Backups and archives, and the disks that they are on.

use std::path::Path;
use std::time::Instant;

use super::not_possible;
use crate::config::Settings;
use crate::error::Result;
use crate::model::health::{self, Archive, Check, Disk, RecordedFolder, State};
use crate::model::identity::DatabaseId;
use crate::store::health::{self as look, Recorded, View};

/// The copies that the database knows of; nothing where it cannot be read.
#[derive(Debug, Default)]
pub(super) struct KnownCopies {
    id: Option<DatabaseId>,
    backup_folder: Option<RecordedFolder>,
    archives: Vec<Recorded>,
}

impl KnownCopies {
    /// Reads the copies that an open database knows.
    pub(super) fn of(view: &View, settings: &Settings) -> Result<Self> {
        Ok(Self {
            id: Some(view.identity()?.id),
            backup_folder: view.backup_folder(&settings.backup.directory)?,
            archives: view.archives()?,
        })
    }
}

/// Backups and archives.
pub(super) fn checks(
    settings: &Settings,
    known: &KnownCopies,
    waiting_since: Instant,
    deep: bool,
    now: i64,
) -> Vec<Check> {
    let mut checks = backups(settings, known, deep, now);
    if let Some(id) = &known.id {
        let configured = settings.retention.archive.as_deref();
        let archives: Vec<Archive> = known
            .archives
            .iter()
            .map(|archive| look::look_at_archive(archive, configured, id, deep, waiting_since))
            .collect();
        checks.push(health::archives(&archives));
    }
    checks
}

fn backups(settings: &Settings, known: &KnownCopies, deep: bool, now: i64) -> Vec<Check> {
    let directory = &settings.backup.directory;
    let database = &settings.database;
    if deep && let Err(error) = look::verify_newest(directory, known.id.as_ref(), now) {
        return vec![Check::bad(
            "backup",
            State::Critical,
            error.one_line(),
            "run `tornsnap backup` to have a sound one, and see to the disk",
        )];
    }
    match look::look_at_backups(directory, database, known.id.as_ref(), now) {
        Ok(found) => {
            let days = settings.health.backup_max_age_days;
            let recorded = known.backup_folder.as_ref();
            let mut checks = vec![health::backup(&found, recorded, directory, now, days)];
            checks.extend(health::backups_ahead(&found.ahead));
            checks
        }
        Err(error) => vec![not_possible("backup", State::Unknown, &error)],
    }
}

/// Free space on each disk that holds the database or copies of it, each disk once.
pub(super) fn disks(settings: &Settings, known: &KnownCopies) -> Vec<Check> {
    let mut places: Vec<(Disk, &Path)> = vec![(Disk::Database, &settings.database)];
    let archive = match known.archives.last() {
        Some(recorded) => Some(recorded.path.as_path()),
        None => settings.retention.archive.as_deref(),
    };
    let candidates = [
        (Disk::Backups, Some(settings.backup.directory.as_path())),
        (Disk::Archive, archive),
    ];
    for (disk, path) in candidates {
        // A missing path would be looked for on the disk of a folder above it.
        if let Some(path) = path.filter(|path| path.exists())
            && !places
                .iter()
                .any(|(_, other)| look::is_same_disk(path, other))
        {
            places.push((disk, path));
        }
    }
    let reserve = u64::from(settings.health.min_free_mb) * 1_000_000;
    places
        .into_iter()
        .map(|(disk, path)| match look::free_space(path) {
            Ok(free) => health::disk(disk, free, reserve),
            Err(error) => not_possible(disk.id(), State::Unknown, &error),
        })
        .collect()
}
