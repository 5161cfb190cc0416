//! Inspects the archives that hold the old history rows of a database.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::Snapshot;
use super::open::connect_without_trace;
use crate::error::{Exit, Result};
use crate::model::health::{Archive, ArchiveState};
use crate::model::identity::DatabaseId;
use crate::store::archives::{RecordedArchive, lacks_rows, recorded_archives};
use crate::store::check::{self, Depth};
use crate::store::files::is_empty;
use crate::store::{SqlContext, identity, open};

/// The longest wait for a lock on an archive. Together with the waits for the database, it is less than five seconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

impl Snapshot {
    /// The archives that history rows were moved to.
    pub(crate) fn archives(&self) -> Result<Vec<RecordedArchive>> {
        recorded_archives(self.connection()).context("read the database")
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
    let mut state = ArchiveState::Missing {
        has_folder: recorded.path.parent().is_some_and(Path::is_dir),
    };
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
        if is_this_archive || matches!(state, ArchiveState::Missing { .. }) {
            state = found;
            candidate.clone_into(&mut path);
        }
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
    let read = || -> Result<(Connection, Option<ArchiveState>)> {
        open::check_is_file(path)?;
        let connection = connect_without_trace(path, timeout)?;
        open::inspect(&connection, path)?;
        let fault = if !recorded.is(&identity::identity(&connection)?, database) {
            Some(ArchiveState::Replaced)
        } else if lacks_rows(&connection, &recorded.receipts)? {
            Some(ArchiveState::Outdated)
        } else {
            None
        };
        Ok((connection, fault))
    };
    if is_empty(path) {
        return ArchiveState::Empty;
    }
    match read() {
        Err(error) if error.exit() == Exit::TryLater => ArchiveState::Locked,
        Err(error) if super::is_forbidden(path) => ArchiveState::Unreadable(error.one_line()),
        Err(error) => ArchiveState::Damaged(error.one_line()),
        Ok((_, Some(fault))) => fault,
        Ok((connection, None)) if deep => {
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
