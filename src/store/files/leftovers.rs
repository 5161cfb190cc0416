//! Removes temporary files of runs that were killed before they could remove them.
//!
//! A run locks its temporary file as long as it has that name. The system unlocks it when the process ends, whatever ends it. So
//! a temporary file that can be locked belongs to no run.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// The start of the names of temporary files.
const PREFIX: &str = ".tornsnap-";

/// The number of random letters and digits that `tempfile` puts between the start and the suffix.
const RANDOM: usize = 6;

/// Creates a file that only its owner can read, with a temporary name that ends in `suffix`. Files with such a name that a run
/// left when it was killed are removed from the folder.
pub(crate) fn temporary_in(folder: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    remove_leftovers(folder, suffix);
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(suffix)
        .make_in(folder, |path| {
            options
                .open(path)
                .and_then(|file| mark_as_in_use(file, path))
        })
}

/// Locks a temporary file that this run has just created.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when another run has taken the file for one of a killed run before it was locked. Then
/// `tempfile` tries another name.
fn mark_as_in_use(file: File, path: &Path) -> io::Result<File> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(()) if fs::symlink_metadata(path).is_err() => Err(io::ErrorKind::AlreadyExists.into()),
        // Where the file system has no locks, no run can lock this file and remove it.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Removes the files in `folder` whose names end in `suffix`, and which runs left when they were killed. Best effort: a file
/// that stays can be read only by its owner.
pub(crate) fn remove_leftovers(folder: &Path, suffix: &str) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_temporary_name(&entry.file_name().to_string_lossy(), suffix) && is_file() {
            remove_if_left(&entry.path());
        }
    }
}

/// Whether a name has the form `.tornsnap-aB3dE6<suffix>`.
fn is_temporary_name(name: &str, suffix: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|name| name.strip_suffix(suffix))
        .is_some_and(|random| {
            random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn remove_if_left(path: &Path) {
    // Only those who may write to the file may remove it, although the folder decides that for the system.
    let Ok(file) = File::options().write(true).open(path) else {
        return;
    };
    if file.try_lock().is_err() {
        return;
    }
    match fs::remove_file(path) {
        Ok(()) => log::info!(
            "removed {}, which a run that was killed had left",
            path.display()
        ),
        Err(error) => log::debug!("could not remove {}: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_this_kind_that_no_run_uses_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let kept = [
            ".tornsnap-aB3dE6.unit.partial",
            ".tornsnap-aB3dE67.init.partial",
            "tornsnap-aB3dE6.init.partial",
            "alice.key",
        ];
        for name in kept {
            File::create(path(name)).unwrap();
        }
        let left = path(".tornsnap-aB3dE6.init.partial");
        let used = mark_as_in_use(File::create(&left).unwrap(), &left).unwrap();

        remove_leftovers(folder.path(), ".init.partial");
        assert!(left.exists(), "another run uses it");
        drop(used);
        remove_leftovers(folder.path(), ".init.partial");

        assert!(!left.exists());
        for name in kept {
            assert!(path(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_file_that_another_run_has_removed_or_locked_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".tornsnap-aB3dE6.init.partial");
        let create = || File::create(&path).unwrap();

        let locked = create();
        locked.lock().unwrap();
        let error = mark_as_in_use(create(), &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        drop(locked);

        let file = create();
        fs::remove_file(&path).unwrap();
        let error = mark_as_in_use(file, &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }
}
