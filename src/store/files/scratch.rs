//! Temporary folders for copies of databases. A folder of a run that was killed is removed by the next run.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::model::leftovers::open_foreign;
use crate::store::owner;

/// The start of the names in the folder for temporary files.
const PREFIX: &str = "tornsnap-";
/// The start of the names beside a database.
const HIDDEN_PREFIX: &str = ".tornsnap-new-";
const LOCK: &str = "in-use.lock";

/// A folder that only this user can open. It is removed on drop.
#[derive(Debug)]
pub(in crate::store) struct Scratch {
    // The first field is dropped first: Windows removes no file that is open.
    /// The system unlocks this file when the process ends, whatever ends it. `None` where files cannot be locked.
    _lock: Option<File>,
    folder: TempDir,
}

impl Scratch {
    /// Makes a folder in the one for temporary files. `action` is the context of an error.
    pub(in crate::store) fn new(action: &str) -> Result<Self> {
        Self::make(&std::env::temp_dir(), PREFIX, None)
            .map_err(|error| Error::of_temporary_folder(action, error))
    }

    /// Makes a folder in `place`, for a file that gets its name there when it is complete. The folder gets the owner of
    /// `database`, who can then remove what a run of root has left.
    pub(in crate::store) fn beside(place: &Path, database: &Path) -> io::Result<Self> {
        Self::make(place, HIDDEN_PREFIX, Some(database))
    }

    fn make(place: &Path, prefix: &str, database: Option<&Path>) -> io::Result<Self> {
        remove_abandoned(place, prefix, database);
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(place)?;
        if let Some(database) = database {
            owner::give_folder_to_owner(folder.path(), database);
        }
        let lock = lock_new(&folder.path().join(LOCK), database)?;
        Ok(Self {
            _lock: lock,
            folder,
        })
    }

    pub(in crate::store) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes and locks the file that says that the folder is in use. Some network file systems have no locks. Without the file,
/// no other run removes the folder.
fn lock_new(path: &Path, database: Option<&Path>) -> io::Result<Option<File>> {
    let lock = File::create_new(path)?;
    if let Some(database) = database {
        owner::give_to_owner(&lock, path, database);
    }
    match lock.lock() {
        Ok(()) => Ok(Some(lock)),
        Err(error) => {
            log::debug!("{} cannot be locked: {error}", path.display());
            drop(lock);
            fs::remove_file(path)?;
            Ok(None)
        }
    }
}

/// A run locks its file right after it has made it. An older file without a lock is not about to be locked.
const YOUNGEST: Duration = Duration::from_secs(2);

/// Removes the folders of runs that are gone. Best effort: a folder that stays costs only space.
fn remove_abandoned(place: &Path, prefix: &str, database: Option<&Path>) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name().to_string_lossy().starts_with(prefix) {
            remove_if_abandoned(&entry.path(), database);
        }
    }
}

fn remove_if_abandoned(folder: &Path, database: Option<&Path>) {
    // A folder without this file is of another program, or was made just now.
    let Ok(lock) = open_foreign(&folder.join(LOCK)) else {
        return;
    };
    let is_abandoned = lock.metadata().is_ok_and(|file| {
        file.is_file() && owner::is_of_user_or_owner(&file, database) && is_old(&file)
    });
    if !is_abandoned || lock.try_lock().is_err() {
        return;
    }
    drop(lock);
    match fs::remove_dir_all(folder) {
        Ok(()) => log::info!(
            "removed {}, which a run that was killed had left",
            folder.display()
        ),
        Err(error) => log::debug!("could not remove {}: {error}", folder.display()),
    }
}

fn is_old(file: &Metadata) -> bool {
    file.modified()
        .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > YOUNGEST))
}
