//! Opens the log file that `[log] file` names. A failure never stops a command.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::path::folder_of;
use crate::store::owner;

/// Opens the configured log file for appending, and makes it and its folder if they are missing.
///
/// # Errors
///
/// Fails when the file cannot be opened. The caller continues without a log file.
pub(crate) fn open(settings: &Settings) -> Result<Option<File>> {
    let Some(path) = &settings.log_file else {
        return Ok(None);
    };
    let database = &settings.database;
    check_regular_file(path, database)?;
    let folder = folder_of(path);
    owner::make_folder(folder, database).map_err(|error| {
        let action = format!("make the folder {} of the log file", folder.display());
        owner::explain(action, folder, database, error)
    })?;
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path).map_err(|error| {
        let action = format!("open the log file {}", path.display());
        owner::explain(action, path, database, error)
    })?;
    owner::give_to_owner(&file, path, database);
    Ok(Some(file))
}

/// Refuses everything but a regular file. Opening a FIFO would block until it has a reader, and a device stores nothing.
fn check_regular_file(path: &Path, database: &Path) -> Result<()> {
    let action = || format!("open the log file {}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(owner::explain(action(), path, database, error)),
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) => Err(Error::new(action())
            .with_source(if found.is_dir() {
                "it is a folder"
            } else {
                "it is not a regular file"
            })
            .with_help("name another file in [log] file")
            .with_exit(Exit::Config)),
    }
}
