//! Temporary files of runs that were killed before they could remove them.
//!
//! A run locks its temporary file as long as it has that name. The system unlocks it when the process ends, whatever ends it. So
//! a temporary file that can be locked belongs to no run.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// The number of random letters and digits that `tempfile` puts into a name.
const RANDOM: usize = 6;

/// Locks a temporary file that this run has just created.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when another run has taken the file for one of a killed run before it was locked. Then
/// `tempfile` tries another name.
pub(crate) fn mark_as_in_use(file: File, path: &Path) -> io::Result<File> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(()) if fs::symlink_metadata(path).is_err() => Err(io::ErrorKind::AlreadyExists.into()),
        // Where the file system has no locks, no run can lock this file and remove it.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Removes the files in `folder` whose names are temporary ones, and which runs left when they were killed. Best effort: a file
/// that stays costs only space.
pub(crate) fn remove(folder: &Path, is_temporary: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_temporary(&entry.file_name().to_string_lossy()) && is_file() {
            remove_if_left(&entry.path());
        }
    }
}

/// Whether a part of a name has the form that `tempfile` gives it, such as `aB3dE6`.
pub(crate) fn is_random(part: &str) -> bool {
    part.len() == RANDOM && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn remove_if_left(path: &Path) {
    // Only those who may write to the file may remove it, although the folder decides that for the system.
    let Ok(file) = open_foreign(path) else {
        return;
    };
    if file.try_lock().is_err() {
        return;
    }
    match fs::remove_file(path) {
        Ok(()) => log::info!(
            "removed the temporary file {}, which no run had locked",
            path.display()
        ),
        Err(error) => log::debug!("could not remove {}: {error}", path.display()),
    }
}

/// Opens a file for writing in a folder of several users, where anyone may have made it. A link is refused, and a FIFO makes no
/// open wait for its other end.
pub(crate) fn open_foreign(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = ".tornsnap-aB3dE6.partial";

    #[test]
    fn only_a_temporary_file_that_no_run_has_locked_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let other = folder.path().join("alice.key");
        File::create(&other).unwrap();
        let used = mark_as_in_use(File::create(&path).unwrap(), &path).unwrap();

        let error = mark_as_in_use(open_foreign(&path).unwrap(), &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        remove(folder.path(), |name| name == NAME);
        assert!(path.exists(), "another run uses it");

        drop(used);
        remove(folder.path(), |name| name == NAME);
        assert!(!path.exists());
        assert!(other.exists());
    }

    #[test]
    fn a_file_that_was_removed_before_it_was_locked_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let file = File::create(&path).unwrap();
        fs::remove_file(&path).unwrap();

        let error = mark_as_in_use(file, &path).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }
}
