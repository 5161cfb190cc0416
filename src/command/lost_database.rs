//! Names the backup of a database that was lost, so that no new one takes its place by mistake.

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::error::Error;
use crate::model::path::display_path;
use crate::store::backup::newest_with_database_name;

/// If the error is about the configured database, from which nothing can be read: puts the way to its newest backup in
/// front of the other help.
pub(crate) fn name_backup(error: Error, settings: &Settings) -> Error {
    if error.unusable_database() != Some(settings.database.as_path()) {
        return error;
    }
    let Some(backup) = newest_backup(settings) else {
        return error;
    };
    let other = error
        .help()
        .map_or_else(String::new, |help| format!("; or {help}"));
    error.with_help(format!(
        "run `tornsnap restore latest`, which brings back {}{other}",
        display_path(&backup)
    ))
}

/// The newest backup of the database that `init` would replace by a new one; `None` if the database is there.
pub(super) fn backup_of_lost(settings: &Settings) -> Option<PathBuf> {
    if is_lost(&settings.database) {
        newest_backup(settings)
    } else {
        None
    }
}

/// Whether there is no file, or an empty one, which `init` fills.
pub(super) fn is_lost(database: &Path) -> bool {
    std::fs::metadata(database).map_or_else(
        |error| error.kind() == std::io::ErrorKind::NotFound,
        |file| file.is_file() && file.len() == 0,
    )
}

/// The newest sound backup of a database of this name. A folder that cannot be read has none to offer.
fn newest_backup(settings: &Settings) -> Option<PathBuf> {
    let directory = &settings.backup.directory;
    newest_with_database_name(directory, &settings.database, settings.clock.now())
        .ok()?
        .map(|manifest| manifest.path)
}
