//! Removes the hidden files of runs that were killed before they could remove them.
//!
//! A run locks its hidden file as long as it has that name. The system unlocks it when the process ends, whatever ends it. So
//! a hidden file that can be locked belongs to no run.

use std::fs::{self, DirEntry, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The end of the hidden names.
pub(super) const SUFFIX: &str = ".tornsnap.partial";

/// The number of random letters and digits that `tempfile` puts before the suffix.
const RANDOM: usize = 6;

/// Locks a hidden file that this run has just created.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when another run has taken the file for one of a killed run before it was locked. Then
/// `tempfile` tries another name.
pub(super) fn mark_as_in_use(file: File, path: &Path) -> io::Result<File> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(()) if fs::symlink_metadata(path).is_err() => Err(io::ErrorKind::AlreadyExists.into()),
        // Where the file system has no locks, no run can lock this file and remove it.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Removes the files in `folder` that runs left when they were killed. Best effort: a file that stays costs only space.
pub(super) fn remove(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_hidden_name(&entry.file_name().to_string_lossy()) && is_file() {
            remove_if_left(&entry);
        }
    }
}

/// Whether a name has the form `.gains.csv.aB3dE6.tornsnap.partial`.
fn is_hidden_name(name: &str) -> bool {
    let Some(front) = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(SUFFIX))
    else {
        return false;
    };
    front.rsplit_once('.').is_some_and(|(_, random)| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn remove_if_left(entry: &DirEntry) {
    let path = entry.path();
    // Only those who may write to the file may remove it, although the folder decides that for the system.
    let Ok(file) = open(&path) else {
        return;
    };
    if file.try_lock().is_err() {
        return;
    }
    match fs::remove_file(&path) {
        Ok(()) => log::info!(
            "removed {}, which a run that was killed had left",
            path.display()
        ),
        Err(error) => log::debug!("could not remove {}: {error}", path.display()),
    }
}

/// Opens a file. In a folder of several users, another user may have put a link or a pipe in its place meanwhile.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
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

    const NAME: &str = ".x.csv.aB3dE6.tornsnap.partial";

    #[test]
    fn only_a_file_that_no_run_has_locked_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let used = mark_as_in_use(File::create(&path).unwrap(), &path).unwrap();

        let error = mark_as_in_use(open(&path).unwrap(), &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        remove(folder.path());
        assert!(path.exists());

        drop(used);
        remove(folder.path());
        assert!(!path.exists());
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
