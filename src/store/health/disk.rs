//! Sizes of files, and the disks that they are on.

use std::fs;
use std::path::Path;

use crate::error::{Result, WithContext};
use crate::model::path::folder_of;
use crate::store::reading;

/// Size of the file at a path, nothing for none.
pub(crate) fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Size of the database's WAL.
pub(crate) fn wal_size(database: &Path) -> u64 {
    size_of(&reading::wal_of(database))
}

/// Free bytes on the disk that a path is on, or will be.
///
/// # Errors
///
/// Fails when the system does not tell.
pub(crate) fn free_space(path: &Path) -> Result<u64> {
    let folder = nearest_folder(path);
    fs4::available_space(folder)
        .with_context(|| format!("ask how much space is free in {}", folder.display()))
}

/// The folder of a path, or the nearest one above it that is there.
fn nearest_folder(path: &Path) -> &Path {
    let mut folder = if path.is_dir() { path } else { folder_of(path) };
    while !folder.exists() {
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => folder = parent,
            _ => folder = Path::new("."),
        }
    }
    folder
}

/// Whether two paths are on one disk; `false` where the system does not tell.
pub(crate) fn is_same_disk(one: &Path, other: &Path) -> bool {
    let disks = [one, other].map(|path| disk_of(nearest_folder(path)));
    matches!(disks, [Some(one), Some(other)] if one == other)
}

#[cfg(unix)]
fn disk_of(folder: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(folder).ok().map(|folder| folder.dev())
}

/// The drive or the share at the beginning of the path.
#[cfg(not(unix))]
fn disk_of(folder: &Path) -> Option<std::ffi::OsString> {
    match fs::canonicalize(folder).ok()?.components().next()? {
        std::path::Component::Prefix(prefix) => Some(prefix.as_os_str().to_owned()),
        _ => None,
    }
}
