//! Files that get their name only when they are complete.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

#[cfg(unix)]
use crate::model::disk;
use crate::model::leftovers::{self, is_random};
use crate::model::open_elsewhere::retry_while_open;
use crate::model::path::folder_of;

/// The end of the hidden names.
const SUFFIX: &str = ".tornsnap.partial";

/// A file that is written in the folder of its target, under a hidden name that ends in [`SUFFIX`].
#[derive(Debug)]
pub(crate) struct AtomicFile {
    temporary: NamedTempFile<File>,
    target: PathBuf,
}

impl AtomicFile {
    /// Creates the file. It gets the mode and the owner of the `old` file at `target`, if there is one. Files in its folder
    /// that a run left when it was killed are removed.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub(super) fn create(target: PathBuf, old: Option<&Metadata>) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;

            // An export is meant for others, so a new file gets the mode that the umask gives to any new file.
            options.mode(if old.is_some() { 0o600 } else { 0o666 });
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        leftovers::remove(folder_of(&target), is_hidden_name);
        // The hidden name has at most 50 characters of the name, because file systems limit the length of a name.
        let start: String = name.chars().take(50).collect();
        let mut cause = None;
        let temporary = tempfile::Builder::new()
            .prefix(&format!(".{start}."))
            .suffix(SUFFIX)
            .make_in(folder_of(&target), |path| {
                options
                    .open(path)
                    .and_then(|file| leftovers::mark_as_in_use(file, path))
                    .inspect_err(|error| cause = error.raw_os_error())
            })
            // The error of `tempfile` contains the hidden name, which the user does not know.
            .map_err(|error| cause.map_or(error, io::Error::from_raw_os_error))?;
        if let Some(old) = old {
            copy_ownership(temporary.as_file(), old)?;
        }
        Ok(Self { temporary, target })
    }

    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.target)
    }

    /// Syncs the file to the disk. Call it after the last write.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.temporary.as_file().sync_all()
    }

    /// Renames the file to its target and replaces the file there.
    pub(super) fn persist(self) -> io::Result<()> {
        let (file, hidden) = self.temporary.keep().map_err(|error| error.error)?;
        // The standard library replaces more files on Windows than `tempfile` does: those that another process has open and
        // shares.
        retry_while_open(|| fs::rename(&hidden, &self.target)).inspect_err(|_| {
            // Best effort: the next run removes it.
            let _ = fs::remove_file(&hidden);
        })?;
        // The lock ends here. Before the rename, another run would take the file for one of a killed run.
        drop(file);
        sync_folder(folder_of(&self.target))
    }
}

/// Whether a name has the form `.gains.csv.aB3dE6.tornsnap.partial`.
fn is_hidden_name(name: &str) -> bool {
    name.strip_prefix('.')
        .and_then(|name| name.strip_suffix(SUFFIX))
        .and_then(|front| front.rsplit_once('.'))
        .is_some_and(|(_, random)| is_random(random))
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.as_file_mut().flush()
    }
}

/// Gives a new file the owner, the group and the mode of the old one, as far as this process may.
#[cfg(unix)]
fn copy_ownership(file: &File, old: &Metadata) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let new = file.metadata()?;
    if new.uid() != old.uid() {
        // Only root may change the owner. For other users the export is their own file.
        let _ = fchown(file, Some(old.uid()), None);
    }
    let keeps_group = new.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
    let mut mode = old.mode() & 0o777;
    if !keeps_group {
        // The group differs from the old one, so it gets only the rights of all other users.
        mode = mode & 0o707 | (mode & 0o007) << 3;
    }
    // Some file systems (FAT, network shares) have no modes.
    let _ = file.set_permissions(Permissions::from_mode(mode));
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
fn copy_ownership(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Syncs the folder, so that a power cut cannot undo a rename in it.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // A folder without read permission cannot be opened and therefore not be synced.
    let Ok(folder) = File::open(folder) else {
        return Ok(());
    };
    folder.sync_all().or_else(disk::unless_not_supported)
}

/// Windows has no sync for folders.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
