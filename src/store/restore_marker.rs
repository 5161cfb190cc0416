//! The file `<database>.restoring`, which exists during a restore and holds the new path of the previous database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Result, WithContext};
use crate::model::path::with_suffix;

/// The path of the marker file, which need not exist.
pub(super) fn marker(database: &Path) -> PathBuf {
    with_suffix(database, ".restoring")
}

/// The path that an unfinished restore moves the previous database to; `None` if no restore is unfinished.
pub(super) fn previous_path(database: &Path) -> Result<Option<PathBuf>> {
    let marker = marker(database);
    match fs::read_to_string(&marker) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read
            .map(|previous| Some(PathBuf::from(previous)))
            .with_context(|| format!("read {}", marker.display())),
    }
}
