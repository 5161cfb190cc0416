//! Paths as they stand in the configuration and in the environment.

use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result};

/// A path with the home folder in the place of a `~` at its start.
///
/// # Errors
///
/// [`Exit::Config`] when the home folder is not known.
pub(super) fn expand_home(path: &Path) -> Result<PathBuf> {
    let Ok(below) = path.strip_prefix("~") else {
        return Ok(path.to_owned());
    };
    match dirs::home_dir() {
        Some(home) => Ok(home.join(below)),
        None => Err(Error::new(format!("use the path {}", path.display()))
            .because("the home folder of this user is not known")
            .try_this("write the whole path instead of ~, or set HOME")
            .exits(Exit::Config)),
    }
}

/// A path from a file; a relative one is relative to that file's folder.
///
/// # Errors
///
/// As [`expand_home`].
pub(super) fn beside(file: &Path, path: &str) -> Result<PathBuf> {
    let path = expand_home(Path::new(path))?;
    Ok(match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.join(path),
        _ => path,
    })
}
