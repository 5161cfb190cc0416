//! The file of `[log] file`: made, given to the owner of the database, and never a reason not to run.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::config::Settings;
use crate::error::{Error, Exit, Result};
use crate::model::path::folder_of;
use crate::store::owner;

/// Opens the configured log file to append to it; makes it and its folder where they are missing.
///
/// # Errors
///
/// Says why there is no log file in this run. The caller goes on without one.
pub(crate) fn open(settings: &Settings) -> Result<Option<File>> {
    let Some(path) = &settings.log_file else {
        return Ok(None);
    };
    let database = &settings.database;
    must_be_a_file(path, database)?;
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
    owner::give(&file, path, database);
    Ok(Some(file))
}

/// Opening a FIFO that nobody reads would wait for a reader, and a device has no room for a log.
fn must_be_a_file(path: &Path, database: &Path) -> Result<()> {
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
