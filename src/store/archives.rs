//! The archives that history rows were moved to, as `prune` has recorded them.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::model::identity::{DatabaseId, Identity};
use crate::store::sql;

/// An archive, as the database recorded it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecordedArchive {
    pub(crate) path: PathBuf,
    pub(crate) id: DatabaseId,
    /// Rows with a timestamp before this one were moved to the archive.
    pub(crate) cutoff: i64,
    /// Whether `prune --new-archive` has begun another archive at this path.
    pub(crate) is_replaced: bool,
}

impl RecordedArchive {
    /// Whether a file with these ids is this archive of the database.
    pub(super) fn is(&self, found: &Identity, database: &DatabaseId) -> bool {
        found.id == self.id && found.archive_of.as_ref() == Some(database)
    }
}

pub(super) fn recorded_archives(connection: &Connection) -> rusqlite::Result<Vec<RecordedArchive>> {
    connection
        .prepare(sql!("health/list_archives"))?
        .query_map([], |row| {
            Ok(RecordedArchive {
                path: PathBuf::from(row.get::<_, String>("archive")?),
                id: DatabaseId::new(row.get("archive_id")?),
                cutoff: row.get("cutoff")?,
                is_replaced: row.get("is_replaced")?,
            })
        })?
        .collect()
}
