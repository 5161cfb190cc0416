//! Syncs files and folders to the disk.

use std::fs::File;
use std::path::Path;

use crate::error::{Result, WithContext};
#[cfg(unix)]
use crate::model::disk;

pub(in crate::store) fn sync_file(path: &Path) -> Result<()> {
    File::options()
        .read(true)
        .write(true)
        .open(path)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("sync {} to the disk", path.display()))
}

/// Syncs a folder, so that renames in it survive a power cut.
///
/// Windows has no such call and needs none. A file system that does not support it (EINVAL) is not an error.
#[cfg_attr(
    not(unix),
    expect(clippy::unnecessary_wraps, reason = "Unix can fail here")
)]
pub(in crate::store) fn sync_folder(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .or_else(disk::unless_not_supported)
        .with_context(|| format!("sync the folder {} to the disk", folder.display()))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
