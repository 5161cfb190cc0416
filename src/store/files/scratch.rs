//! Temporary folders for copies of databases. A folder of a run that was killed is removed by the next run.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = "tornsnap-";
const LOCK: &str = "in-use.lock";

/// A folder that only this user can open. It is removed on drop.
#[derive(Debug)]
pub(in crate::store) struct Scratch {
    // The first field is dropped first: Windows removes no file that is open.
    /// The system unlocks this file when the process ends, whatever ends it.
    _lock: File,
    folder: TempDir,
}

impl Scratch {
    pub(in crate::store) fn new() -> io::Result<Self> {
        remove_abandoned();
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self {
            _lock: lock,
            folder,
        })
    }

    pub(in crate::store) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A run locks its file right after it has made it. An older file without a lock is not about to be locked.
const YOUNGEST: Duration = Duration::from_secs(2);

/// Removes the folders of runs that are gone. Best effort: a folder that stays costs only space.
fn remove_abandoned() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            remove_if_abandoned(&entry.path());
        }
    }
}

fn remove_if_abandoned(folder: &Path) {
    // A folder without this file is of another program, or was made just now.
    let Ok(lock) = File::options().write(true).open(folder.join(LOCK)) else {
        return;
    };
    let is_old = lock
        .metadata()
        .and_then(|file| file.modified())
        .is_ok_and(|made| made.elapsed().is_ok_and(|age| age > YOUNGEST));
    if !is_old || lock.try_lock().is_err() {
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
