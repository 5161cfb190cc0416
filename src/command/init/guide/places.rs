//! Asks where to keep the configuration and the database.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::init::configuration::ExistingFile;
use crate::command::init::fields::absolute;
use crate::command::init::guide::{Guide, say};
use crate::config::{FILE_NAME, Settings, expand_home, resolve_path};
use crate::error::{Result, without_os_code, without_path};
use crate::model::path::{display_path, folder_of, plain_absolute};
use crate::store::Store;

/// The default of the database, beside the configuration.
const DATABASE_NAME: &str = "tornsnap.db";

impl Guide<'_> {
    /// Asks for the files that neither a flag nor the environment names.
    pub(super) fn ask_places(&mut self, existing: &ExistingFile) -> Result<()> {
        if *existing == ExistingFile::Missing && self.file == Path::new(FILE_NAME) {
            self.file = self.ask_config_file()?;
        }
        let is_named = self.context.settings.database != Settings::defaults().database;
        if self.answers.database.is_none() && !is_named {
            self.answers.database = self.ask_database()?;
        }
        Ok(())
    }

    fn ask_config_file(&self) -> Result<PathBuf> {
        let default = absolute(&self.file)?;
        loop {
            let answer = self.prompt.line(
                "Configuration file, with key files beside it",
                &display_path(&default),
            )?;
            let checked = expand_home(Path::new(&answer))
                .map_err(|error| error.one_line())
                .and_then(|path| check_config_file(&path));
            match checked {
                // The other commands find the relative path, and show it.
                Ok(path) if path == plain_absolute(&default) => return Ok(self.file.clone()),
                Ok(path) => return Ok(path),
                Err(why) => say(&format!("{why}.")),
            }
        }
    }

    /// Asks for the database. Returns `None` for the default.
    fn ask_database(&self) -> Result<Option<PathBuf>> {
        let folder = absolute(folder_of(&self.file))?;
        let default = folder.join(DATABASE_NAME);
        loop {
            let answer = self.prompt.line("Database file", &display_path(&default))?;
            let checked = resolve_path(&folder.join(FILE_NAME), &answer)
                .map_err(|error| error.one_line())
                // `..` of a folder that does not exist yet names no file for the system.
                .map(|path| plain_absolute(&path))
                .and_then(|path| self.check_database(&path).map(|()| path));
            match checked {
                Ok(path) if path == plain_absolute(&default) => return Ok(None),
                Ok(path) => return Ok(Some(path)),
                Err(why) => say(&format!("{why}.")),
            }
        }
    }

    fn check_database(&self, path: &Path) -> std::result::Result<(), String> {
        if path.is_dir() || plain_absolute(folder_of(&self.file)).starts_with(path) {
            return Err(format!(
                "{} is a folder: type the name of a file in it",
                path.display()
            ));
        }
        if path == plain_absolute(&self.file) {
            return Err(
                "This is the configuration: the database needs a file of its own".to_owned(),
            );
        }
        if path.exists() {
            return Store::check_existing(path).map_err(|error| error.one_line());
        }
        check_writable(path)
    }
}

/// The file for a new configuration. A folder means `tornsnap.toml` in it.
fn check_config_file(path: &Path) -> std::result::Result<PathBuf, String> {
    let names_folder =
        path.is_dir() || display_path(path).ends_with(['/', std::path::MAIN_SEPARATOR]);
    let path = if names_folder {
        path.join(FILE_NAME)
    } else {
        path.to_owned()
    };
    let path = plain_absolute(&path);
    if fs::symlink_metadata(&path).is_ok() {
        return Err(format!(
            "{} is there already. To change it, press Ctrl-C and run `tornsnap init --config {}`",
            path.display(),
            path.display()
        ));
    }
    check_writable(&path)?;
    Ok(path)
}

/// Checks that a file can be made in its folder, or that the folder can be made. Leaves nothing behind.
fn check_writable(path: &Path) -> std::result::Result<(), String> {
    let whole = plain_absolute(path);
    let folder = folder_of(&whole);
    let Some(nearest) = folder.ancestors().find(|folder| folder.exists()) else {
        return Err(format!("{} is not on this machine", folder.display()));
    };
    if !nearest.is_dir() {
        return Err(format!("{} is not a folder", nearest.display()));
    }
    tempfile::tempfile_in(nearest).map(drop).map_err(|error| {
        let error = without_os_code(&without_path(error).to_string());
        if nearest == folder {
            return format!("{} cannot be written: {error}", folder.display());
        }
        let nearest = nearest.display();
        format!(
            "{} does not exist, and cannot be made in {nearest}: {error}",
            folder.display()
        )
    })
}
