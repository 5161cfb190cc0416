//! The archives that may have the history rows that a prune moved while the clock was ahead.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::model::identity::DatabaseId;
use crate::store::archives::recorded_archives;
use crate::store::reading::Reader;
use crate::store::{SqlContext, identity, open};

/// An archive whose id the database has recorded.
#[derive(Debug)]
pub(super) struct KnownArchive {
    pub(super) path: PathBuf,
    pub(super) id: DatabaseId,
}

/// The archives that rows were moved to. Those without a recorded id are left out.
pub(super) fn known_archives(connection: &Connection) -> Result<Vec<KnownArchive>> {
    let recorded = recorded_archives(connection).context("look up the archives used before")?;
    let known = recorded.into_iter().filter_map(|archive| {
        Some(KnownArchive {
            path: archive.path,
            id: archive.id?,
        })
    });
    Ok(known.collect())
}

impl KnownArchive {
    /// Opens the archive to read it. Fails if another file is at its path.
    pub(super) fn open(&self, database: &DatabaseId) -> Result<Reader> {
        open::check_is_file(&self.path)?;
        let reader = Reader::open_untouched(&self.path)?;
        open::inspect(&reader.connection, &self.path)?;
        let found = identity::identity(&reader.connection)?;
        if found.id == self.id && found.archive_of.as_ref() == Some(database) {
            return Ok(reader);
        }
        Err(Error::new(format!("read {}", self.path.display()))
            .with_source("it is not the archive that `prune` wrote"))
    }
}
