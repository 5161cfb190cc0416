//! Removes files that may be missing.

use std::fs;
use std::io;
use std::path::Path;

use crate::model::path::with_suffix;

/// The suffixes of the files that SQLite keeps beside a database.
pub(in crate::store) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Removes a file if it exists.
pub(in crate::store) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a temporary database and the files that SQLite left beside it.
pub(crate) fn remove_database_files(path: &Path) {
    // Best effort: the next run removes files that cannot be removed now.
    let _ = remove_if_there(path);
    for suffix in COMPANIONS {
        let _ = remove_if_there(&with_suffix(path, suffix));
    }
}
