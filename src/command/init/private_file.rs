//! Writes files that only their owner can read.

use std::path::Path;

use crate::config::check_private;
use crate::error::{Result, WithContext};
use crate::model::path::folder_of;
use crate::store::files::write_atomically;
use crate::store::owner::make_folder;

/// The ending of the temporary name of a file.
pub(super) const TEMPORARY: &str = ".init.partial";

/// Writes a file atomically, readable only by its owner. Creates its folder if there is none.
pub(in crate::command) fn write_private(path: &Path, text: &str) -> Result<()> {
    make_folder(folder_of(path), path).with_context(|| format!("write {}", path.display()))?;
    write_atomically(path, text, TEMPORARY, path)?;
    // Some file systems have no permissions, so that other users can read the file. Fail now, not at the next run.
    check_private(path)
}
