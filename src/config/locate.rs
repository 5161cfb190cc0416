//! Finds the configuration file.

use std::path::PathBuf;

use crate::config::{FILE_NAME, Overrides, environment};
use crate::error::{Error, Exit, Result};

/// The configuration file to use, if there is one.
///
/// # Errors
///
/// [`Exit::Config`] when the flag or the environment names a file that does not exist.
pub(super) fn find_file(overrides: &Overrides) -> Result<Option<PathBuf>> {
    if let Some(path) = named_file(overrides)? {
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
    Ok(existing_file())
}

/// The file in the platform's configuration folder, such as `~/.config/tornsnap/tornsnap.toml`.
fn platform_file() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("tornsnap").join(FILE_NAME))
}

/// The file that `init` writes: the named one, else the one that the other commands use, else `./tornsnap.toml`.
///
/// # Errors
///
/// [`Exit::Config`] when its path cannot be expanded.
pub(crate) fn file_to_write(overrides: &Overrides) -> Result<PathBuf> {
    Ok(match named_file(overrides)? {
        Some(path) => path,
        None => existing_file().unwrap_or_else(|| PathBuf::from(FILE_NAME)),
    })
}

/// The file that is used if none is named: `./tornsnap.toml`, else the one in the configuration folder.
fn existing_file() -> Option<PathBuf> {
    [Some(PathBuf::from(FILE_NAME)), platform_file()]
        .into_iter()
        .flatten()
        .find(|path| path.exists())
}

/// The file that `--config` or `TORNSNAP_CONFIG` names.
fn named_file(overrides: &Overrides) -> Result<Option<PathBuf>> {
    match &overrides.config {
        Some(path) => Ok(Some(path.clone())),
        None => environment::path("TORNSNAP_CONFIG"),
    }
}
