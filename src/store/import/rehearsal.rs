//! A private copy of the database, on which a dry run does everything that the import would do.

use std::fs;
use std::path::{Path, PathBuf};

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
        let action = "copy the database for the dry run".to_owned();
        let (folder, copy) = copy_to_folder(self.connection(), self.path(), action)?;
        Ok(Rehearsal {
            store: Self::open(&copy)?,
            _folder: folder,
        })
    }
}

/// Copies the database at `path` to a new folder, and returns the folder and the copy. `action` is the context of an error.
pub(super) fn copy_to_folder(
    from: &Connection,
    path: &Path,
    action: String,
) -> Result<(TempDir, PathBuf)> {
    let folder = tempfile::Builder::new()
        .prefix("tornsnap-")
        .tempdir()
        .with_context(|| "make a temporary folder".to_owned())?;
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    check_room(folder.path(), bytes * 2, "copy the database")?;
    let copy = folder.path().join("copy.db");
    from.backup(rusqlite::MAIN_DB, &copy, None::<fn(Progress)>)
        .context(action)?;
    Ok((folder, copy))
}
