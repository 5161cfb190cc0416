//! Paths as text: nothing here looks at a disk.

use std::path::Path;

/// The folder that a file stands in; the working directory for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
