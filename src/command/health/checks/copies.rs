//! The checks of backups and archives, and of the disks that they are on.

use std::path::Path;
use std::time::Instant;

use super::failed_check;
use crate::command::lost_database::is_lost;
use crate::command::own_files::refuse_as_archive;
use crate::config::Settings;
use crate::error::{Exit, Result};
use crate::model::health::{self, Archive, ArchiveState, Check, Disk, RecordedBackup, State};
use crate::model::identity::DatabaseId;
use crate::model::lost_rows::LostRows;
use crate::model::path::plain_absolute;
use crate::store::health::{self as database, ArchiveRecords, RecordedArchive, Snapshot};

/// The help for backups while there is nothing to back up.
const NO_DATABASE_HELP: &str = "the database comes first: see the check `database`";

/// The copies that the database has recorded; empty if it cannot be read.
#[derive(Debug, Default)]
pub(super) struct RecordedCopies {
    id: Option<DatabaseId>,
    last_backup: Option<RecordedBackup>,
    archives: Vec<RecordedArchive>,
    records: Option<ArchiveRecords>,
    /// The rows that a prune deleted while the clock was ahead.
    lost: Option<LostRows>,
}

impl RecordedCopies {
    pub(super) fn read(snapshot: &Snapshot, settings: &Settings, now: i64) -> Result<Self> {
        Ok(Self {
            id: Some(snapshot.identity()?.id),
            last_backup: snapshot.last_backup_in(&settings.backup.directory)?,
            archives: snapshot.archives()?,
            records: Some(snapshot.archive_records()?),
            lost: snapshot.lost_rows(&settings.backup.directory, &settings.database, now)?,
        })
    }
}

pub(super) fn checks(
    settings: &Settings,
    recorded: &RecordedCopies,
    waiting_since: Instant,
    deep: bool,
    now: i64,
) -> Vec<Check> {
    let mut checks = backups(settings, recorded, deep, now);
    checks.extend(recorded.lost.as_ref().map(health::pruned_early));
    if let Some(records) = &recorded.records {
        let configured = settings.retention.archive.as_deref();
        let archives: Vec<Archive> = recorded
            .archives
            .iter()
            .map(|archive| {
                database::inspect_archive(archive, configured, records, deep, waiting_since)
            })
            .collect();
        let found = health::archives(&archives);
        checks.push(match configured {
            Some(path) if found.state == State::Ok => {
                refused_archive(settings, records, path, &archives).unwrap_or(found)
            }
            _ => found,
        });
    }
    checks
}

/// The reason why a prune would refuse the configured archive. It may have no rows yet, or be recorded at another path.
///
/// `inspected`: the recorded archives.
fn refused_archive(
    settings: &Settings,
    records: &ArchiveRecords,
    path: &Path,
    inspected: &[Archive],
) -> Option<Check> {
    let is_sound = |archive: &Archive| {
        archive.state == ArchiveState::Sound && archive.path == plain_absolute(path)
    };
    let refusal = match refuse_as_archive(settings, path) {
        Err(refusal) => refusal,
        Ok(()) if inspected.iter().any(is_sound) => return None,
        Ok(()) => database::refusal_of_archive(records, path)?,
    };
    Some(health::refused_archive(
        &refusal.one_line(),
        refusal.help().unwrap_or_default(),
    ))
}

fn backups(settings: &Settings, recorded: &RecordedCopies, deep: bool, now: i64) -> Vec<Check> {
    let directory = &settings.backup.directory;
    let database = &settings.database;
    if deep && let Err(error) = database::verify_newest_backup(directory, recorded.id.as_ref(), now)
    {
        if error.exit() == Exit::Config {
            return vec![failed_check("backup", State::Unknown, &error)];
        }
        return vec![Check::finding(
            "backup",
            State::Critical,
            error.one_line(),
            "run `tornsnap backup` to make a new one, and check the disk",
        )];
    }
    match database::find_backups(directory, database, recorded.id.as_ref(), now) {
        Ok(found) => {
            let days = settings.health.backup_max_age_days;
            let last = recorded.last_backup.as_ref();
            let mut backup = health::backup(&found, last, directory, now, days);
            if is_lost(database) && backup.help.is_some() {
                backup.help = Some(NO_DATABASE_HELP.to_owned());
            }
            let mut checks = vec![backup];
            checks.extend(health::future_backups(
                &found.future,
                recorded.lost.as_ref(),
            ));
            checks
        }
        Err(error) => vec![failed_check("backup", State::Unknown, &error)],
    }
}

/// Checks the free space of each disk that holds the database or copies of it; each disk once.
pub(super) fn disks(settings: &Settings, recorded: &RecordedCopies) -> Vec<Check> {
    let mut places: Vec<(Disk, &Path)> = vec![(Disk::Database, &settings.database)];
    let archive = match recorded.archives.last() {
        Some(recorded) => Some(recorded.path.as_path()),
        None => settings.retention.archive.as_deref(),
    };
    let candidates = [
        (Disk::Backups, Some(settings.backup.directory.as_path())),
        (Disk::Archive, archive),
    ];
    for (disk, path) in candidates {
        // Skip a missing path, because its check would report the disk of a parent folder.
        if let Some(path) = path.filter(|path| path.exists())
            && !places
                .iter()
                .any(|(_, other)| database::is_same_disk(path, other))
        {
            places.push((disk, path));
        }
    }
    let reserve = u64::from(settings.health.min_free_mb) * 1_000_000;
    places
        .into_iter()
        .map(|(disk, path)| match database::free_space(path) {
            Ok(free) => health::disk(disk, free, reserve),
            Err(error) => failed_check(disk.check_id(), State::Unknown, &error),
        })
        .collect()
}
