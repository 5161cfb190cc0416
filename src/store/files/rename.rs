//! Renames files, and waits briefly for programs that have them open.
//!
//! Windows refuses to replace or move a file while another program has it open: a virus scanner, an indexer or a second
//! run of this program. Most of them close it within a moment.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::error::{Error, Exit, is_open_elsewhere};

/// How often a rename is tried again. No other system than Windows refuses to rename an open file.
const RETRIES: u32 = if cfg!(windows) { 50 } else { 0 };

const RETRY_DELAY: Duration = Duration::from_millis(20);

/// Renames a file. A file at `to` is replaced.
pub(in crate::store) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut retries = RETRIES;
    loop {
        match fs::rename(from, to) {
            Err(error) if retries > 0 && may_be_open(&error) => thread::sleep(RETRY_DELAY),
            result => return result,
        }
        retries -= 1;
    }
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

/// Whether the cause of the failure may be that another program has the file open.
fn may_be_open(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied || is_open_elsewhere(error)
}
