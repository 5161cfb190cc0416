//! Temporary files with a private name, which later runs remove if a run is killed.

use std::fs::File;
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::model::leftovers::{self, is_random, mark_as_in_use};

/// The start of the names of temporary files.
const PREFIX: &str = ".tornsnap-";

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

/// Removes the files in `folder` whose names end in `suffix`, and which runs left when they were killed.
pub(crate) fn remove_leftovers(folder: &Path, suffix: &str) {
    leftovers::remove(folder, |name| is_temporary_name(name, suffix));
}

/// Whether a name has the form `.tornsnap-aB3dE6<suffix>`.
fn is_temporary_name(name: &str, suffix: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|name| name.strip_suffix(suffix))
        .is_some_and(is_random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_this_suffix_are_removed() {
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
        File::create(&left).unwrap();

        remove_leftovers(folder.path(), ".init.partial");

        assert!(!left.exists());
        for name in kept {
            assert!(path(name).exists(), "{name}");
        }
    }
}
