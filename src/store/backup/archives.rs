//! The archives that may have the history rows that a prune moved while the clock was ahead.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::model::identity::DatabaseId;
use crate::store::reading::Reader;
use crate::store::{SqlContext, identity, open, sql};

/// An archive, as the database recorded it.
#[derive(Debug)]
pub(super) struct RecordedArchive {
    pub(super) path: PathBuf,
    pub(super) id: String,
}

/// The archives that rows were moved to. Those without a recorded id are left out.
pub(super) fn recorded_archives(connection: &Connection) -> Result<Vec<RecordedArchive>> {
    let query = || -> rusqlite::Result<Vec<Option<RecordedArchive>>> {
        connection
            .prepare(sql!("health/list_archives"))?
            .query_map([], |row| {
                let path = PathBuf::from(row.get::<_, String>("archive")?);
                let id: Option<String> = row.get("archive_id")?;
                Ok(id.map(|id| RecordedArchive { path, id }))
            })?
            .collect()
    };
    let found = query().context("look up the archives used before")?;
    Ok(found.into_iter().flatten().collect())
}

impl RecordedArchive {
    /// Opens the archive to read it. Fails if another file is at its path.
    pub(super) fn open(&self, database: &DatabaseId) -> Result<Reader> {
        open::check_is_file(&self.path)?;
        let reader = Reader::open_untouched(&self.path)?;
        open::inspect(&reader.connection, &self.path)?;
        let found = identity::identity(&reader.connection)?;
        if found.id.as_str() == self.id && found.archive_of.as_ref() == Some(database) {
            return Ok(reader);
        }
        Err(Error::new(format!("read {}", self.path.display()))
            .with_source("it is not the archive that `prune` wrote"))
    }
}
