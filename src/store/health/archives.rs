//! Inspects the archives that hold the old history rows of a database.

use std::path::Path;
use std::time::{Duration, Instant};

use super::Snapshot;
use crate::error::{Error, Exit, Result};
use crate::model::archive::{ArchiveBlocker, ArchiveFile, NamedBy};
use crate::model::health::{Archive, ArchiveState};
use crate::model::path::plain_absolute;
use crate::store::SqlContext;
use crate::store::archive_check::ArchiveRecords;
use crate::store::archive_file::{ArchiveUse, OpenArchive, explain_damage};
use crate::store::archives::{RecordedArchive, recorded_archives};
use crate::store::check::{self, Depth};

/// The longest wait for a lock on an archive. Together with the waits for the database, it is less than five seconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

impl Snapshot {
    /// The archives that history rows were moved to.
    pub(crate) fn archives(&self) -> Result<Vec<RecordedArchive>> {
        recorded_archives(self.connection()).context("read the database")
    }

    /// The records of the database that the decision about an archive needs.
    pub(crate) fn archive_records(&self) -> Result<ArchiveRecords> {
        self.store.archive_records()
    }
}

/// The reason why the next prune with rows to move would refuse the configured archive.
///
/// An archive that another program has locked is a finding of its own.
pub(crate) fn refusal_of_archive(records: &ArchiveRecords, configured: &Path) -> Option<Error> {
    records
        .check(&ArchiveUse::configured(configured, Duration::ZERO))
        .err()
        .filter(|error| error.exit() != Exit::TryLater)
}

/// Inspects an archive at the recorded path, or at the configured path if it was moved there. `prune` makes the same decision.
pub(crate) fn inspect_archive(
    recorded: &RecordedArchive,
    configured: Option<&Path>,
    records: &ArchiveRecords,
    deep: bool,
    waiting_since: Instant,
) -> Archive {
    let place = |path, named_by| ArchiveUse {
        named_by,
        wait: LOCK_TIMEOUT.saturating_sub(waiting_since.elapsed()),
        ..ArchiveUse::configured(path, Duration::ZERO)
    };
    let is_recorded = |path: &&Path| is_at(path, recorded);
    let mut archive = match configured {
        // Its name may end in a slash, which the recorded one does not.
        Some(path) if is_recorded(&path) => place(path, NamedBy::Configuration),
        _ => place(recorded.path.as_path(), NamedBy::Record),
    };
    let mut found = find(&archive, recorded, records);
    if let (Found::Nothing(_) | Found::Other(_), Some(path)) =
        (&found, configured.filter(|path| !is_recorded(path)))
    {
        let moved = place(path, NamedBy::Configuration);
        let there = find(&moved, recorded, records);
        // A prune would look for the archive at the configured path, and its remedy is about that path.
        let is_awaited = matches!(&there, Found::Nothing(_)) && records.is_last(&recorded.id);
        if is_awaited || matches!(there, Found::This(_) | Found::Unreadable(_)) {
            (archive, found) = (moved, there);
        }
    }
    let error = match found {
        Found::This(opened) if deep => check_fully(&opened, &archive).err(),
        Found::This(_) => None,
        Found::Unreadable(error) | Found::Nothing(error) | Found::Other(error) => Some(error),
    };
    let (path, state) = match (error, &recorded.replaced_by) {
        (None, _) => (archive.path, ArchiveState::Sound),
        (Some(_), Some(new)) => (new.as_path(), ArchiveState::GivenUp),
        (Some(error), None) => (archive.path, unusable(&error, archive.path)),
    };
    Archive {
        path: path.to_owned(),
        cutoff: recorded.cutoff,
        state,
    }
}

/// The file at a path that may have an archive.
enum Found {
    /// The archive. It is open.
    This(OpenArchive),
    /// A file that may be the archive and cannot be read.
    Unreadable(Error),
    /// No archive, and none was there.
    Nothing(Error),
    /// The file is gone, or is another one.
    Other(Error),
}

fn is_at(path: &Path, recorded: &RecordedArchive) -> bool {
    plain_absolute(path) == recorded.path
}

fn find(archive: &ArchiveUse<'_>, recorded: &RecordedArchive, records: &ArchiveRecords) -> Found {
    let inspected = match records.inspect(archive) {
        Ok(inspected) => inspected,
        Err(error) => return Found::Unreadable(error),
    };
    let is_this =
        matches!(&inspected.found, ArchiveFile::Database(found) if found.id == recorded.id);
    // The path may be recorded in another form.
    let blocker = inspected.blocker.filter(|blocker| {
        !(*blocker == ArchiveBlocker::Elsewhere && is_at(archive.path, recorded))
    });
    let blocker = match (blocker, inspected.opened) {
        (None, Some(opened)) if is_this => return Found::This(opened),
        (None, _) => match inspected.found {
            ArchiveFile::Missing => ArchiveBlocker::Missing,
            ArchiveFile::Folder { has_files: true } => ArchiveBlocker::ManifestGone,
            ArchiveFile::Folder { has_files: false } => ArchiveBlocker::FolderEmptied,
            ArchiveFile::Empty => ArchiveBlocker::Emptied,
            // Another archive of this database, which has changed places with this one.
            _ => ArchiveBlocker::Replaced,
        },
        (Some(blocker), _) => blocker,
    };
    let error = records.refusal(archive, &inspected.found, blocker);
    match blocker {
        ArchiveBlocker::Elsewhere => Found::Nothing(error),
        _ => Found::Other(error),
    }
}

fn check_fully(opened: &OpenArchive, archive: &ArchiveUse<'_>) -> Result<()> {
    let connection = match opened {
        OpenArchive::Database(connection) => connection,
        OpenArchive::Lake(lake) => return lake.check_fully(),
    };
    let what = format!("the archive {}", archive.path.display());
    check::integrity(connection, Depth::Full, &what)
        .and_then(|()| check::foreign_keys(connection, &what))
        .map_err(|error| explain_damage(error, archive.path, archive.named_by))
}

fn unusable(error: &Error, path: &Path) -> ArchiveState {
    let why = error.causes().join(": ");
    let help = error.help().unwrap_or("check who owns it").to_owned();
    if error.exit() == Exit::TryLater || super::is_forbidden(path) {
        ArchiveState::Unreadable { why, help }
    } else {
        ArchiveState::Unusable { why, help }
    }
}
