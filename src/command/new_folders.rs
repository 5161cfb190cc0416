//! Names the folders that a command makes, and removes them if it fails.

use std::fs;
use std::path::{Path, PathBuf};

/// New folders. They are removed on drop if they are empty, unless [`NewFolders::keep`] was called.
#[derive(Debug, Default)]
pub(super) struct NewFolders(Vec<PathBuf>);

/// Returns the note of a summary about a folder that the command is going to make, so that a mistyped name is noticed. Empty if
/// the folder is there.
pub(super) fn new_folder_note(folder: &Path) -> String {
    if folder.exists() {
        return String::new();
    }
    format!(" (the folder {} is new)", folder.display())
}

impl NewFolders {
    /// Notes a folder and its parents, as far as they do not exist yet.
    pub(super) fn note(&mut self, folder: &Path) {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        self.0.extend(missing.map(Path::to_owned));
    }

    pub(super) fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        self.0.sort_unstable();
        for folder in self.0.iter().rev() {
            // A folder that is not empty stays.
            let _ = fs::remove_dir(folder);
        }
    }
}
