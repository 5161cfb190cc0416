//! Files that appear whole, or not at all.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

#[cfg(unix)]
use crate::model::disk;
use crate::model::path::folder_of;

/// A file that is written beside its place, under a hidden name that ends in `.partial`.
#[derive(Debug)]
pub(crate) struct NewFile {
    temporary: NamedTempFile<File>,
    target: PathBuf,
}

impl NewFile {
    /// Begins a file that will stand at `target`, with the mode and the owner of the `old` file there.
    ///
    /// # Errors
    ///
    /// Fails when its folder cannot be written.
    pub(super) fn begin(target: PathBuf, old: Option<&Metadata>) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;

            // An export is meant for others, so a new file gets the mode that the umask gives to any new file.
            options.mode(if old.is_some() { 0o600 } else { 0o666 });
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        // The hidden name has to fit where the name itself just fits.
        let start: String = name.chars().take(50).collect();
        let mut cause = None;
        let temporary = tempfile::Builder::new()
            .prefix(&format!(".{start}."))
            .suffix(".partial")
            .make_in(folder_of(&target), |path| {
                options
                    .open(path)
                    .inspect_err(|error| cause = error.raw_os_error())
            })
            // The error of `tempfile` shows the hidden name, which tells the user nothing.
            .map_err(|error| cause.map_or(error, io::Error::from_raw_os_error))?;
        if let Some(old) = old {
            take_over(temporary.as_file(), old)?;
        }
        Ok(Self { temporary, target })
    }

    /// Makes sure that it is on the disk; nothing is to be written any more.
    ///
    /// # Errors
    ///
    /// Fails when the disk does.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.temporary.as_file().sync_all()
    }

    /// Puts it in its place, instead of the file that stands there.
    ///
    /// # Errors
    ///
    /// Fails when the file there cannot be replaced.
    pub(super) fn appear(self) -> io::Result<()> {
        self.temporary.persist(&self.target)?;
        sync_folder(folder_of(&self.target))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.as_file_mut().flush()
    }
}

/// Gives a new file the owner, the group and the mode of the old one, as far as this process may.
#[cfg(unix)]
fn take_over(file: &File, old: &Metadata) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let new = file.metadata()?;
    if new.uid() != old.uid() {
        // Only root may give files away. The export is then the user's own, as any new file.
        let _ = fchown(file, Some(old.uid()), None);
    }
    let keeps_group = new.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
    let mut mode = old.mode() & 0o777;
    if !keeps_group {
        // The group is another one now: it may do no more than everybody may.
        mode = mode & 0o707 | (mode & 0o007) << 3;
    }
    // Some file systems (FAT, network shares) know no modes.
    let _ = file.set_permissions(Permissions::from_mode(mode));
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
fn take_over(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Makes sure that a power cut does not undo a rename in this folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    // A folder that may be written but not listed cannot be opened, and so not be synced.
    let Ok(folder) = File::open(folder) else {
        return Ok(());
    };
    folder.sync_all().or_else(disk::unless_not_supported)
}

/// Windows has no sync for folders.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
