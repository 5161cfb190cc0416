//! One run of a kind at a time, by a lock of the operating system: it goes with the process, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{Doing, Error, Exit, Result};
use crate::model::path::folder_of;

/// Held while it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock `name` of a database.
    ///
    /// The file `<database>.<name>.lock` stays behind on purpose: removing it would let two runs lock two files.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when another process holds it.
    pub fn take(database: &Path, name: &str) -> Result<Self> {
        let path = path(database, name);
        let mut file = open(&path).doing(|| format!("open the lock file {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {
                // Whose it is, for the error of the next one; a failure to write that is no reason to stop.
                let _ = file
                    .set_len(0)
                    .and_then(|()| write!(file, "{}", std::process::id()));
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file
                    .rewind()
                    .and_then(|()| file.read_to_string(&mut holder));
                let who = match holder.trim() {
                    "" => String::new(),
                    pid => format!(" (process {pid})"),
                };
                Err(
                    Error::new(format!("start: another run of {name} is at work{who}"))
                        .because(format!("{}.{name}.lock is locked", database.display()))
                        .try_this("wait for it to end; a scheduler may just try again")
                        .exits(Exit::TryLater),
                )
            }
            Err(TryLockError::Error(error)) => {
                Err(error).doing(|| format!("lock {}", path.display()))
            }
        }
    }

    /// Whether some process holds the lock now; one that may not be looked at counts as held.
    pub fn is_held(database: &Path, name: &str) -> bool {
        match File::open(path(database, name)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        }
    }
}

/// The lock file stands beside the real file, so that a link to the database and its target share it.
fn path(database: &Path, name: &str) -> PathBuf {
    let real = fs::canonicalize(database).or_else(|error| {
        let name = database.file_name().ok_or(error)?;
        Ok::<_, std::io::Error>(fs::canonicalize(folder_of(database))?.join(name))
    });
    let mut path = real
        .unwrap_or_else(|_| database.to_owned())
        .into_os_string();
    path.push(format!(".{name}.lock"));
    PathBuf::from(path)
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
