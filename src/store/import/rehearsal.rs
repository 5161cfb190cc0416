//! A private copy of the database, on which a dry run does everything that the import would do.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result, WithContext};
use crate::store::files::scratch::Scratch;
use crate::store::files::space::check_room;
use crate::store::interrupt;
use crate::store::open::{as_file_name, connect_bare};
use crate::store::{SqlContext, Store};

/// The copy. It is removed on drop.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    // The first field is dropped first: the copy is closed before its folder is removed.
    pub(crate) store: Store,
    _folder: Scratch,
    /// The path of the database that was copied.
    database: PathBuf,
}

impl Rehearsal {
    /// The error with the path of the database for that of the copy, which the user does not know.
    pub(crate) fn named(&self, error: Error) -> Error {
        named(error, self.store.path(), &self.database)
    }
}

fn named(error: Error, copy: &Path, database: &Path) -> Error {
    error.with_known_name(copy, &format!("the copy of {}", database.display()))
}

impl Store {
    /// Copies the database to the temporary folder of the system.
    pub(crate) fn rehearsal(&self) -> Result<Rehearsal> {
        let action = "copy the database for the dry run";
        let (folder, copy) = copy_to_folder(self.connection(), self.path(), action)?;
        Ok(Rehearsal {
            store: Self::open(&copy).map_err(|error| named(error, &copy, self.path()))?,
            _folder: folder,
            database: self.path().to_owned(),
        })
    }
}

/// Copies the database at `path` to a new folder, and returns the folder and the copy. `action` is the context of an error.
pub(super) fn copy_to_folder(
    from: &Connection,
    path: &Path,
    action: &str,
) -> Result<(Scratch, PathBuf)> {
    let folder = Scratch::new(action)?;
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    check_room(folder.path(), bytes * 2, "copy the database")?;
    let copy = folder.path().join("copy.db");
    copy_pages(from, &copy, action).map_err(|error| named(error, &copy, path))?;
    Ok((folder, copy))
}

fn copy_pages(from: &Connection, copy: &Path, action: &str) -> Result<()> {
    const STEP_PAGES: i32 = 1000;
    const PAUSE: Duration = Duration::from_millis(50);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut to = connect_bare(&as_file_name(copy), flags).context(action)?;
    let backup = Backup::new(from, &mut to).context(action)?;
    loop {
        interrupt::check().with_context(|| action.to_owned())?;
        match backup.step(STEP_PAGES).context(action)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => thread::sleep(PAUSE),
            _ => {}
        }
    }
}
