//! Where the configuration is looked for.

use std::path::PathBuf;

use crate::config::{FILE_NAME, Overrides, environment};
use crate::error::{Error, Exit, Result};

/// The configuration file to use; one that was named has to be there.
pub(super) fn find(overrides: &Overrides) -> Result<Option<PathBuf>> {
    if let Some(path) = named(overrides)? {
        if !path.exists() {
            return Err(
                Error::new(format!("read the configuration {}", path.display()))
                    .with_source("there is no such file")
                    .with_help("run `tornsnap init`, or correct --config / TORNSNAP_CONFIG")
                    .with_exit(Exit::Config),
            );
        }
        return Ok(Some(path));
    }
    Ok(present_file())
}

/// The file in the platform's configuration folder, such as `~/.config/tornsnap/tornsnap.toml`.
fn platform_file() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("tornsnap").join(FILE_NAME))
}

/// Where `init` writes: the file that was named, the one that all other commands use, or `./tornsnap.toml`.
///
/// # Errors
///
/// When the home folder in its path is not known.
pub(crate) fn file_to_write(overrides: &Overrides) -> Result<PathBuf> {
    Ok(match named(overrides)? {
        Some(path) => path,
        None => present_file().unwrap_or_else(|| PathBuf::from(FILE_NAME)),
    })
}

/// The configuration that is used where none is named.
fn present_file() -> Option<PathBuf> {
    [Some(PathBuf::from(FILE_NAME)), platform_file()]
        .into_iter()
        .flatten()
        .find(|path| path.exists())
}

/// The configuration file that flag or environment name.
fn named(overrides: &Overrides) -> Result<Option<PathBuf>> {
    match &overrides.config {
        Some(path) => Ok(Some(path.clone())),
        None => environment::path("TORNSNAP_CONFIG"),
    }
}
