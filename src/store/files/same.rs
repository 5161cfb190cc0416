//! Whether two paths lead to the same file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Result;
#[cfg(unix)]
use crate::error::{Error, Exit};
#[cfg(unix)]
use crate::model::path::shell_word;
use crate::model::path::{MAX_LINKS, folder_of};

/// Whether both paths lead to the same file, through symbolic or hard links or with another spelling. The files need not
/// exist.
pub(crate) fn is_same_file(first: &Path, second: &Path) -> bool {
    let (resolved_first, resolved_second) = (resolve(first), resolve(second));
    if resolved_first == resolved_second {
        return true;
    }
    if !first.exists() || !second.exists() {
        // A missing file has no true spelling. These systems do not tell upper case from lower case.
        return cfg!(any(windows, target_os = "macos"))
            && resolved_first.to_string_lossy().to_lowercase()
                == resolved_second.to_string_lossy().to_lowercase();
    }
    is_hard_link(first, second)
}

#[cfg(unix)]
fn is_hard_link(first: &Path, second: &Path) -> bool {
    let inode = |path| fs::metadata(path).map(|file| inode(&file)).ok();
    inode(first).is_some_and(|found| Some(found) == inode(second))
}

/// The numbers that no other file has: of the device, and of the file on it.
#[cfg(unix)]
fn inode(file: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;

    (file.dev(), file.ino())
}

/// Not on Unix: it opens both files, and closing the database drops the POSIX locks that SQLite holds on it.
#[cfg(not(unix))]
fn is_hard_link(first: &Path, second: &Path) -> bool {
    same_file::is_same_file(first, second).unwrap_or(false)
}

/// Whether an open file still has this name: nothing has removed or replaced it.
///
/// The number of its names does not tell that: it stays 1 on NFS, and some other network file systems do not count names.
pub(in crate::store) fn is_file_at(file: &File, path: &Path) -> bool {
    compare(file, path).unwrap_or(false)
}

#[cfg(unix)]
fn compare(file: &File, path: &Path) -> io::Result<bool> {
    Ok(inode(&file.metadata()?) == inode(&fs::symlink_metadata(path)?))
}

#[cfg(not(unix))]
fn compare(file: &File, path: &Path) -> io::Result<bool> {
    use same_file::Handle;

    Ok(Handle::from_file(file.try_clone()?)? == Handle::from_path(path)?)
}

/// The file that a path has led to.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct FileAt {
    #[cfg(unix)]
    inode: Option<(u64, u64)>,
}

impl FileAt {
    #[cfg(unix)]
    pub(in crate::store) fn new(path: &Path) -> Self {
        let inode = fs::metadata(path).map(|file| inode(&file)).ok();
        Self { inode }
    }

    /// Whether the path does not lead to this file any more.
    #[cfg(unix)]
    pub(in crate::store) fn has_moved_from(self, path: &Path) -> bool {
        self.inode.is_some() && self.inode != Self::new(path).inode
    }

    /// Windows lets nobody move or remove a file that SQLite has open.
    #[cfg(not(unix))]
    pub(in crate::store) fn new(_: &Path) -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "Unix needs it")]
    pub(in crate::store) fn has_moved_from(self, _: &Path) -> bool {
        false
    }
}

/// Fails if a database has a second name, which is a hard link. SQLite keeps the newest rows in a file beside the name by which
/// it opens a database, and a program that opens the other name does not see that file.
/// <https://sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file>
///
/// # Errors
///
/// [`Exit::Config`].
pub(in crate::store) fn refuse_hard_links(database: &Path) -> Result<()> {
    refuse_names(database, || {
        format!("use the database {}", database.display())
    })
}

/// As [`refuse_hard_links`]. `action` completes "could not …".
#[cfg(unix)]
pub(in crate::store) fn refuse_names(
    database: &Path,
    action: impl FnOnce() -> String,
) -> Result<()> {
    use std::os::unix::fs::MetadataExt;

    let Ok(found) = fs::metadata(database) else {
        return Ok(());
    };
    if !found.is_file() || found.nlink() < 2 {
        return Ok(());
    }
    Err(Error::new(action())
        .with_source(format!(
            "its file has {} names, which are hard links, and SQLite would damage it if it is opened by more than one of them",
            found.nlink()
        ))
        .with_help(format!(
            "remove the other names, which `find / -samefile {}` lists; if one of the names has a file beside it that ends in -wal, keep that one",
            shell_word(database)
        ))
        .with_exit(Exit::Config))
}

/// The number of names is not known without opening the file, and closing it would drop the locks of SQLite.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
pub(in crate::store) fn refuse_names(_: &Path, _: impl FnOnce() -> String) -> Result<()> {
    Ok(())
}

/// The absolute path of the file that a path leads to. Of a missing file, the folder and the links are resolved.
pub(in crate::store) fn resolve(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        if let Ok(real) = fs::canonicalize(&path) {
            return real;
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => break,
        }
    }
    match (fs::canonicalize(folder_of(&path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        // `..` stays, because after a link it depends on the target of the link.
        _ => std::path::absolute(&path).unwrap_or(path),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    // On Windows, a removed file keeps its name until it is closed.
    #[test]
    fn a_file_that_was_replaced_has_lost_its_name_also_where_it_keeps_another() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["t.lock", "kept"].map(|name| folder.path().join(name));
        let file = File::create(&path).unwrap();
        assert!(is_file_at(&file, &path));

        fs::hard_link(&path, &other).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!is_file_at(&file, &path), "removed");

        let new = File::create(&path).unwrap();
        assert!(!is_file_at(&file, &path), "replaced");
        assert!(is_file_at(&new, &path));
    }
}
