//! The small file beside a database that says that a restore is under way, and where the old database is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Result, WithContext};
use crate::store::files::with_suffix;

/// The file, `<database>.restoring`, whether or not it is there.
pub(super) fn marker(database: &Path) -> PathBuf {
    with_suffix(database, ".restoring")
}

/// Where a restore was moving the old database to; `None` when none is under way.
///
/// # Errors
///
/// Fails when the file cannot be read.
pub(super) fn aside_of(database: &Path) -> Result<Option<PathBuf>> {
    let marker = marker(database);
    match fs::read_to_string(&marker) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read
            .map(|aside| Some(PathBuf::from(aside)))
            .with_context(|| format!("read {}", marker.display())),
    }
}
