//! Whether two paths lead to the same file.

use std::fs;
use std::path::{Path, PathBuf};

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
    use std::os::unix::fs::MetadataExt;

    let inode = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    inode(first).is_some_and(|found| Some(found) == inode(second))
}

/// Not on Unix: it opens both files, and closing the database drops the POSIX locks that SQLite holds on it.
#[cfg(not(unix))]
fn is_hard_link(first: &Path, second: &Path) -> bool {
    same_file::is_same_file(first, second).unwrap_or(false)
}

/// The absolute path of the file that a path leads to. Of a missing file, the folder and the links are resolved.
fn resolve(path: &Path) -> PathBuf {
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
