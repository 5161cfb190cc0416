//! File sizes and free disk space.

use std::fs;
use std::path::Path;

use crate::error::{Result, WithContext};
use crate::model::path::folder_of;
use crate::store::reading;

/// The size of a file in bytes; 0 if there is none.
pub(crate) fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

pub(crate) fn wal_size(database: &Path) -> u64 {
    size_of(&reading::wal_of(database))
}

/// The free bytes on the disk of a path, which need not exist.
///
/// # Errors
///
/// Fails when the system call does.
pub(crate) fn free_space(path: &Path) -> Result<u64> {
    let folder = existing_folder(path);
    fs4::available_space(folder)
        .with_context(|| format!("ask how much space is free in {}", folder.display()))
}

/// The folder of a path, or its nearest parent that exists.
fn existing_folder(path: &Path) -> &Path {
    let mut folder = if path.is_dir() { path } else { folder_of(path) };
    while !folder.exists() {
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => folder = parent,
            _ => folder = Path::new("."),
        }
    }
    folder
}

/// Whether two paths are on the same disk; `false` if that cannot be found out.
pub(crate) fn is_same_disk(one: &Path, other: &Path) -> bool {
    let disks = [one, other].map(|path| disk_of(existing_folder(path)));
    matches!(disks, [Some(one), Some(other)] if one == other)
}

#[cfg(unix)]
fn disk_of(folder: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(folder).ok().map(|folder| folder.dev())
}

/// The drive or the network share of the path.
#[cfg(not(unix))]
fn disk_of(folder: &Path) -> Option<std::ffi::OsString> {
    match fs::canonicalize(folder).ok()?.components().next()? {
        std::path::Component::Prefix(prefix) => Some(prefix.as_os_str().to_owned()),
        _ => None,
    }
}
