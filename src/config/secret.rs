//! Files that hold a secret.

use std::fs;
use std::path::Path;

use crate::config::text::decode;
use crate::error::{Error, Result};
#[cfg(unix)]
use crate::error::{Exit, WithContext};
#[cfg(unix)]
use crate::model::path::shell_word;

/// Why a secret could not be read from a file.
pub(super) enum SecretError {
    /// Others can read it too.
    Exposed(Error),
    /// It is not there, or it is not text; in words that name the file.
    Unreadable(String),
}

/// The first line of a file that only its owner can read.
pub(super) fn read_secret(path: &Path) -> std::result::Result<String, SecretError> {
    let unreadable = |why: String| SecretError::Unreadable(format!("{}: {why}", path.display()));
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unreadable("there is no such file".to_owned()),
        _ => unreadable(error.to_string()),
    })?;
    check_private(path).map_err(SecretError::Exposed)?;
    let text = decode(&bytes).map_err(unreadable)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Refuses a file that others can read. Windows has no such bits: there the folder's rights decide.
///
/// # Errors
///
/// Names the `chmod` to run.
#[cfg(unix)]
pub(crate) fn check_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path)
        .with_context(|| format!("look at {}", path.display()))?
        .permissions()
        .mode();
    if mode & 0o044 == 0 {
        return Ok(());
    }
    Err(Error::new(format!("trust {}", path.display()))
        .with_source(format!("others can read it (mode {:04o})", mode & 0o7777))
        .with_help(format!("chmod 600 {}", shell_word(path)))
        .with_exit(Exit::NoKey))
}

/// Refuses a file that others can read. Windows has no such bits: there the folder's rights decide.
///
/// # Errors
///
/// None on this platform.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
pub(crate) fn check_private(_path: &Path) -> Result<()> {
    Ok(())
}
