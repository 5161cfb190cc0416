//! Files that appear whole, or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

#[cfg(unix)]
use crate::model::disk;
use crate::model::path::folder_of;

/// A file that is written beside its place, under a hidden name that ends in `.partial`.
#[derive(Debug)]
pub struct NewFile {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl NewFile {
    /// Begins a file that will stand at `target`, or where a link there points to.
    ///
    /// # Errors
    ///
    /// Fails when its folder cannot be written.
    pub fn begin(target: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let folder = folder_of(&target);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".partial");
        // What is exported is meant for others: as any new file, not 0600.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666)); // The umask takes its share.
        }
        Ok(Self {
            temporary: builder.tempfile_in(folder)?,
            target,
        })
    }

    /// Makes sure that it is on the disk; nothing is to be written any more.
    ///
    /// # Errors
    ///
    /// Fails when the disk does.
    pub fn sync(&self) -> io::Result<()> {
        self.temporary.as_file().sync_all()
    }

    /// Puts it in its place, instead of whatever stands there.
    ///
    /// # Errors
    ///
    /// Fails when what stands there cannot be replaced.
    pub fn appear(self) -> io::Result<()> {
        let folder = folder_of(&self.target).to_owned();
        self.temporary.persist(&self.target)?;
        // Without this a power cut might forget the new name. Windows knows no such thing.
        #[cfg(unix)]
        fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .or_else(disk::unless_not_supported)?;
        #[cfg(not(unix))]
        let _ = folder;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}
