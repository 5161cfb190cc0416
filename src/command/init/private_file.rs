//! Writes files that only their owner can read.

use std::path::Path;

use crate::config::check_private;
use crate::error::{Error, Result, WithContext};
use crate::model::path::folder_of;
use crate::store::files::write_checked;
use crate::store::owner::make_folder;

/// The ending of the temporary name of a file.
pub(super) const TEMPORARY: &str = ".init.partial";

/// Writes a file atomically, readable only by its owner. Creates its folder if there is none.
///
/// # Errors
///
/// Also if others could read the file. A file that was there before stays as it was then.
pub(in crate::command) fn write_private(path: &Path, text: &str) -> Result<()> {
    make_folder(folder_of(path), path).with_context(|| format!("write {}", path.display()))?;
    write_checked(path, text, TEMPORARY, path, &|new| check_new(new, path))
}

/// Refuses a file system without permissions, where others can read each new file. `new` becomes the file at `path`.
pub(super) fn check_new(new: &Path, path: &Path) -> Result<()> {
    check_private(new).map_err(|error| {
        Error::new(format!("write {}", path.display()))
            .with_source(format!(
                "the file system keeps no permissions, so of a new file there, {}",
                error.causes().join(": ")
            ))
            .with_help("name a folder on another file system, or mount this one so that only you can read it")
            .with_exit(error.exit())
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_check_that_fails_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tornsnap.toml");
        let refuse = |_: &Path| Err(Error::new("trust it"));
        let names = || fs::read_dir(folder.path()).unwrap().count();

        write_checked(&path, "new", TEMPORARY, &path, &refuse).unwrap_err();
        assert_eq!(names(), 0);

        fs::write(&path, "old").unwrap();
        write_checked(&path, "new", TEMPORARY, &path, &refuse).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(), 1);
    }
}
