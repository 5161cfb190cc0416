//! Renames files, and waits briefly for programs that have them open.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Exit};
use crate::model::open_elsewhere::retry_while_open;

/// Renames a file. A file at `to` is replaced.
pub(in crate::store) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    retry_while_open(|| fs::rename(from, to))
}

/// Renames a temporary file to `to`. A file there is replaced.
///
/// `NamedTempFile::persist` replaces no file that another process has open, however it shares it.
pub(in crate::store) fn persist(file: NamedTempFile, to: &Path) -> io::Result<()> {
    let (file, temporary) = file.keep().map_err(|error| error.error)?;
    rename(&temporary, to).inspect_err(|_| {
        // Best effort: a later run removes it.
        let _ = fs::remove_file(&temporary);
    })?;
    // The lock ends here. Before the rename, another run would take the file for one of a killed run.
    drop(file);
    Ok(())
}

/// The error for a file that could not be replaced or moved.
///
/// The folder could be written before, so on Windows the probable cause of a missing permission is an open file.
pub(in crate::store) fn rename_error(action: String, error: io::Error) -> Error {
    if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied {
        return Error::new(action)
            .with_source(error)
            .with_help("close the file in other programs, check that it is not read-only, then run it again")
            .with_exit(Exit::TryLater);
    }
    Error::of_io(action, error)
}
