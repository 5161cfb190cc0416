//! Checks whether a path has a regular file.
//!
//! A program that opens a FIFO waits for its other end, and a device may have no end. So a file with a fixed name is looked at
//! before it is opened.

use std::fs;
use std::path::Path;

use crate::error::{Error, Exit, Result};

/// Why the path has no regular file, such as "it is a folder". Links are followed. `None` also if nothing is there, or if it
/// cannot be looked at: then the open says why.
pub(crate) fn why_no_file(path: &Path) -> Option<&'static str> {
    let found = fs::metadata(path).ok()?.file_type();
    if found.is_file() {
        return None;
    }
    if found.is_dir() {
        return Some("it is a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return Some("it is a FIFO, not a file");
        }
        if found.is_socket() {
            return Some("it is a socket, not a file");
        }
    }
    Some("it is a device, not a file")
}

/// Whether the path is in a folder in which the system has devices and the open descriptors of processes. A shell has opened
/// the other end of `<(…)`.
pub(crate) fn is_of_system(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

/// Refuses what [`why_no_file`] finds. `action` completes "could not …".
///
/// # Errors
///
/// [`Exit::Config`].
pub(crate) fn refuse_no_file(path: &Path, action: &str, help: &str) -> Result<()> {
    why_no_file(path).map_or(Ok(()), |why| {
        Err(Error::new(action)
            .with_source(why)
            .with_help(help)
            .with_exit(Exit::Config))
    })
}
