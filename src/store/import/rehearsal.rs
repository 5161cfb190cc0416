//! A private copy of the database, on which a dry run does everything that the import would do.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Progress;
use tempfile::TempDir;

use crate::error::{Result, WithContext};
use crate::store::files::space::check_room;
use crate::store::{SqlContext, Store};

/// The copy. It is removed on drop.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    // The first field is dropped first: the copy is closed before its folder is removed.
    pub(crate) store: Store,
    _folder: TempDir,
}

impl Store {
    /// Copies the database to the temporary folder of the system.
    pub(crate) fn rehearsal(&self) -> Result<Rehearsal> {
        let folder = tempfile::Builder::new()
            .prefix("tornsnap-")
            .tempdir()
            .with_context(|| "make a temporary folder".to_owned())?;
        let bytes = fs::metadata(self.path()).map_or(0, |file| file.len());
        check_room(folder.path(), bytes * 2, "copy the database")?;
        let copy = folder.path().join("copy.db");
        copy_database(self.connection(), &copy).context("copy the database for the dry run")?;
        Ok(Rehearsal {
            store: Self::open(&copy)?,
            _folder: folder,
        })
    }
}

/// Copies a database to a new file.
pub(super) fn copy_database(from: &Connection, to: &Path) -> rusqlite::Result<()> {
    from.backup(rusqlite::MAIN_DB, to, None::<fn(Progress)>)
}
