//! The archives that history rows were moved to, as `prune` has recorded them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::identity::{DatabaseId, Identity};
use crate::store::{SqlContext, sql};

/// An archive, as the database recorded it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecordedArchive {
    pub(crate) path: PathBuf,
    pub(crate) id: DatabaseId,
    /// Rows with a timestamp before this one were moved to the archive.
    pub(crate) cutoff: i64,
    /// The path of the archive that `prune --new-archive` has begun at this path, or elsewhere while this one was gone.
    pub(crate) replaced_by: Option<PathBuf>,
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
                replaced_by: row
                    .get::<_, Option<String>>("replaced_by")?
                    .map(PathBuf::from),
            })
        })?
        .collect()
}

/// The receipts of the rows that were moved to each archive, by the id of the archive.
#[derive(Clone, Debug)]
pub(super) struct Receipts(HashMap<String, String>);

impl Receipts {
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        connection
            .prepare(sql!("prune/list_receipts"))?
            .query_map([], |row| Ok((row.get("archive_id")?, row.get("receipts")?)))?
            .collect::<rusqlite::Result<_>>()
            .map(Self)
    }

    /// The receipts of an archive, each with its number of rows.
    pub(super) fn counts(&self, archive: &DatabaseId) -> BTreeMap<String, i64> {
        serde_json::from_str(self.of(archive)).unwrap_or_default()
    }

    /// The receipts of an archive, as the JSON text that [`lacks_rows`] reads.
    pub(super) fn of(&self, archive: &DatabaseId) -> &str {
        self.0.get(archive.as_str()).map_or("{}", String::as_str)
    }
}

/// Whether an archive is an older copy, which lacks rows that were moved to it later. `receipts`: those of [`Receipts::of`].
pub(super) fn lacks_rows(archive: &Connection, receipts: &str) -> Result<bool> {
    archive
        .query_row(
            sql!("prune/lacks_rows"),
            named_params! { ":receipts": receipts },
            |row| row.get("lacks_rows"),
        )
        .context("look up what was moved to the archive")
}
