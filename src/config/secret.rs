//! Reads files that contain a secret, and refuses those that others can read.

use std::fs;
use std::path::Path;

use crate::config::text::decode;
use crate::error::{Error, Result};
#[cfg(unix)]
use crate::error::{Exit, WithContext};
#[cfg(unix)]
use crate::model::path::shell_word;
use crate::model::regular_file::{is_of_system, why_no_file};

/// Why a secret could not be read from a file.
pub(super) enum SecretError {
    /// Others can read the file.
    Exposed(Error),
    /// The file is missing or is not text. The message names the file.
    Unreadable(String),
}

/// Reads the first line of a file that only its owner can read.
pub(super) fn read_secret(path: &Path) -> std::result::Result<String, SecretError> {
    let unreadable = |why: String| SecretError::Unreadable(format!("{}: {why}", path.display()));
    if let Some(why) = why_no_file(path)
        && (path.is_dir() || !is_of_system(path))
    {
        return Err(unreadable(why.to_owned()));
    }
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unreadable("there is no such file".to_owned()),
        _ => unreadable(error.to_string()),
    })?;
    check_private(path).map_err(SecretError::Exposed)?;
    let text = decode(&bytes).map_err(unreadable)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Refuses a file that the group or others can read.
///
/// # Errors
///
/// [`Exit::NoKey`]; the help is the `chmod` command to run.
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

/// Accepts every file: Windows has no mode bits, and the permissions of the folder apply.
///
/// # Errors
///
/// None on this platform.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
pub(crate) fn check_private(_path: &Path) -> Result<()> {
    Ok(())
}
