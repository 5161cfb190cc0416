//! The file `<database>.restoring`, which exists during a restore and holds the new path of the previous database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Result, WithContext};
use crate::model::path::with_suffix;
use crate::model::regular_file::refuse_no_file;
use crate::store::files::same::resolve;

/// The path of the marker file, which need not exist.
pub(super) fn marker(database: &Path) -> PathBuf {
    with_suffix(database, ".restoring")
}

/// The path of the database that an unfinished restore has moved away, so that no file is at `path` or where its link leads;
/// `None` if a file is there, or no restore is unfinished.
pub(crate) fn unfinished(path: &Path) -> Option<PathBuf> {
    if !fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    let database = if path.is_symlink() {
        resolve(path)
    } else {
        path.to_owned()
    };
    marker(&database).exists().then_some(database)
}

/// The path that an unfinished restore moves the previous database to; `None` if no restore is unfinished.
pub(super) fn previous_path(database: &Path) -> Result<Option<PathBuf>> {
    let marker = marker(database);
    let action = format!("read {}", marker.display());
    refuse_no_file(
        &marker,
        &action,
        "remove it, or move it away; tornsnap has not made it",
    )?;
    match fs::read_to_string(&marker) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read
            .map(|previous| Some(PathBuf::from(previous)))
            .with_context(|| action),
    }
}
