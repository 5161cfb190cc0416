//! Inspects the archives that hold the old history rows of a database.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::Snapshot;
use crate::error::{Error, Exit, Result};
use crate::model::archive::{ArchiveFile, IS_NO_DATABASE};
use crate::model::health::{Archive, ArchiveState};
use crate::model::identity::DatabaseId;
use crate::store::archive_check::{ArchiveUse, read_file};
use crate::store::archives::{RecordedArchive, lacks_rows, recorded_archives};
use crate::store::check::{self, Depth};
use crate::store::{SqlContext, open};

/// The longest wait for a lock on an archive. Together with the waits for the database, it is less than five seconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

impl Snapshot {
    /// The archives that history rows were moved to.
    pub(crate) fn archives(&self) -> Result<Vec<RecordedArchive>> {
        recorded_archives(self.connection()).context("read the database")
    }

    /// Why the next prune with rows to move would refuse the configured archive.
    pub(crate) fn refusal_of_archive(&self, configured: &Path) -> Option<Error> {
        // The archive that another program has locked is a finding of its own.
        self.store
            .check_archive(&ArchiveUse::configured(configured, Duration::ZERO))
            .err()
            .filter(|error| error.exit() != Exit::TryLater)
    }
}

/// Inspects an archive at the recorded path, or at the configured path if it was moved there.
pub(crate) fn inspect_archive(
    recorded: &RecordedArchive,
    configured: Option<&Path>,
    database: &DatabaseId,
    deep: bool,
    waiting_since: Instant,
) -> Archive {
    let mut state = match fs::read_link(&recorded.path) {
        Ok(target) => ArchiveState::DanglingLink(target),
        Err(_) => ArchiveState::Missing {
            has_folder: recorded.path.parent().is_some_and(Path::is_dir),
        },
    };
    let mut is_there = false;
    let mut path = recorded.path.clone();
    for candidate in [Some(recorded.path.as_path()), configured]
        .into_iter()
        .flatten()
    {
        if !candidate.exists() {
            continue;
        }
        let timeout = LOCK_TIMEOUT.saturating_sub(waiting_since.elapsed());
        let found = inspect(candidate, recorded, database, deep, timeout);
        let is_this_archive = !matches!(
            found,
            ArchiveState::Replaced | ArchiveState::Outdated | ArchiveState::Empty
        );
        if is_this_archive || !is_there {
            state = found;
            candidate.clone_into(&mut path);
        }
        is_there = true;
        if is_this_archive {
            break;
        }
    }
    // The file at its path is the new archive.
    if recorded.is_replaced && state != ArchiveState::Sound {
        state = ArchiveState::GivenUp;
    }
    Archive {
        path,
        cutoff: recorded.cutoff,
        state,
    }
}

fn inspect(
    path: &Path,
    recorded: &RecordedArchive,
    database: &DatabaseId,
    deep: bool,
    timeout: Duration,
) -> ArchiveState {
    let read = || -> Result<Result<Connection, ArchiveState>> {
        open::check_is_file(path)?;
        let (connection, ids) = match read_file(path, timeout)? {
            (ArchiveFile::Database(ids), Some(connection)) => (connection, ids),
            (ArchiveFile::Empty, _) => return Ok(Err(ArchiveState::Empty)),
            (ArchiveFile::NoDatabase, _) => {
                return Ok(Err(ArchiveState::Damaged(format!("it {IS_NO_DATABASE}"))));
            }
            _ => return Ok(Err(ArchiveState::Replaced)),
        };
        Ok(if !recorded.is(&ids, database) {
            Err(ArchiveState::Replaced)
        } else if lacks_rows(&connection, &recorded.receipts)? {
            Err(ArchiveState::Outdated)
        } else {
            Ok(connection)
        })
    };
    match read() {
        Err(error) if error.exit() == Exit::TryLater => ArchiveState::Locked,
        Err(error) if super::is_forbidden(path) => ArchiveState::Unreadable(error.one_line()),
        Err(error) => ArchiveState::Damaged(error.one_line()),
        Ok(Err(fault)) => fault,
        Ok(Ok(connection)) if deep => {
            let what = format!("the archive {}", path.display());
            let checked = check::integrity(&connection, Depth::Full, &what)
                .and_then(|()| check::foreign_keys(&connection, &what));
            match checked {
                Ok(()) => ArchiveState::Sound,
                Err(error) => ArchiveState::Damaged(error.one_line()),
            }
        }
        Ok(_) => ArchiveState::Sound,
    }
}
