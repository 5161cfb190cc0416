//! Lets a restored database go on with new ids.
//!
//! The rows that were recorded after the backup stay in the old database and in the archive. If their ids were assigned
//! again, `prune` could not move the new rows to the archive, and an import of the old database would take two rows for one.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;

use crate::error::Result;
use crate::model::archive::NamedBy;
use crate::model::identity::Identity;
use crate::store::SqlContext;
use crate::store::archive_lake::LakeArchive;
use crate::store::identity::identity;
use crate::store::open::{as_file_name, connect_bare};
use crate::store::reading::Reader;
use crate::store::restore::{Staged, switch_to_wal};
use crate::store::restore_marker::previous_path;
use crate::store::sequences;

/// How long to wait for a program that locks one of the files.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Raises the highest ids in the staged database to those of the database that it replaces, and of its archive.
///
/// A file that is not there, cannot be read or belongs to another database is left out.
pub(crate) fn keep_ids(staged: &Staged, database: &Path, archive: Option<&Path>) -> Result<()> {
    let id = &staged.identity.id;
    let previous = previous_path(database).ok().flatten();
    let present = previous.as_deref().unwrap_or(database);
    let is_present = |found: &Identity| found.id == *id && found.archive_of.is_none();
    let is_archive = |found: &Identity| found.archive_of.as_ref() == Some(id);
    let mut found = sequences_of(present, &is_present);
    if let Some(archive) = archive {
        found.extend(match LakeArchive::read(archive, id, NamedBy::Record) {
            Ok(Some(lake)) => lake.highest_ids(),
            _ => sequences_of(archive, &is_archive),
        });
    }
    if found.is_empty() || staged.identity.archive_of.is_some() {
        return Ok(());
    }
    let file = &staged.staging.file;
    let action = format!("raise the ids in {}", file.display());
    let mut connection =
        connect_bare(&as_file_name(file), OpenFlags::SQLITE_OPEN_READ_WRITE).context(&action)?;
    let transaction = connection.transaction().context(&action)?;
    sequences::raise(&transaction, &found)?;
    transaction.commit().context(&action)?;
    switch_to_wal(file)
}

fn sequences_of(file: &Path, fits: &dyn Fn(&Identity) -> bool) -> Vec<(String, i64)> {
    let read = || -> Result<Option<Vec<(String, i64)>>> {
        let connection = Reader::open_without_trace(file, BUSY_TIMEOUT)?.connection;
        if !fits(&identity(&connection)?) {
            return Ok(None);
        }
        sequences::read(&connection).map(Some)
    };
    match read() {
        Ok(found) => found.unwrap_or_default(),
        Err(error) => {
            log::debug!(
                "the ids in {} are not known: {}",
                file.display(),
                error.one_line()
            );
            Vec::new()
        }
    }
}
