//! The archives that hold the old history rows of a database.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::View;
use super::look::connect_quietly;
use crate::error::{Exit, Result};
use crate::model::health::{Archive, ArchiveState};
use crate::model::identity::{DatabaseId, Identity};
use crate::store::check::{self, Depth};
use crate::store::{identity, open, sql};

/// How long a lock on an archive is waited for, with the one on the database less than five seconds in all.
const PATIENCE: Duration = Duration::from_secs(1);

/// The archive that rows of the database were moved to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Recorded {
    /// The file that the last prune named.
    pub(crate) path: PathBuf,
    /// The id of the file at that time; `None`: not recorded.
    pub(crate) id: Option<DatabaseId>,
    /// Rows before this moment were moved.
    pub(crate) cutoff: i64,
}

impl View {
    /// The archives that rows were moved to.
    pub(crate) fn archives(&self) -> Result<Vec<Recorded>> {
        self.all(sql!("health/list_archives"), [], |row| {
            let id: Option<String> = row.get("archive_id")?;
            Ok(Recorded {
                path: PathBuf::from(row.get::<_, String>("archive")?),
                id: id.map(DatabaseId::new),
                cutoff: row.get("cutoff")?,
            })
        })
    }
}

/// Looks at an archive at the path that was recorded, or else at the configured one: it may have been moved.
pub(crate) fn look_at_archive(
    recorded: &Recorded,
    configured: Option<&Path>,
    database: &DatabaseId,
    deep: bool,
    waiting_since: Instant,
) -> Archive {
    let mut state = ArchiveState::Gone {
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
        let patience = PATIENCE.saturating_sub(waiting_since.elapsed());
        let found = state_of(candidate, recorded.id.as_ref(), database, deep, patience);
        let is_the_one = !matches!(found, ArchiveState::Replaced);
        if is_the_one || matches!(state, ArchiveState::Gone { .. }) {
            state = found;
            candidate.clone_into(&mut path);
        }
        if is_the_one {
            break;
        }
    }
    Archive {
        path,
        cutoff: recorded.cutoff,
        state,
    }
}

fn state_of(
    path: &Path,
    id: Option<&DatabaseId>,
    database: &DatabaseId,
    deep: bool,
    patience: Duration,
) -> ArchiveState {
    let read = || -> Result<(Identity, Connection)> {
        open::check_is_file(path)?;
        let connection = connect_quietly(path, patience)?;
        open::inspect(&connection, path)?;
        Ok((identity::identity(&connection)?, connection))
    };
    match read() {
        Err(error) if error.exit() == Exit::TryLater => ArchiveState::Held,
        Err(error) if super::is_forbidden(path) => ArchiveState::Forbidden(error.one_line()),
        Err(error) => ArchiveState::Damaged(error.one_line()),
        Ok((found, _))
            if id.is_some_and(|id| *id != found.id)
                || found.archive_of.as_ref().is_some_and(|of| of != database)
                || (id.is_some() && found.archive_of.is_none()) =>
        {
            ArchiveState::Replaced
        }
        Ok((_, connection)) if deep => {
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
