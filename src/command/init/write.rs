//! Writes what `init` has collected: key files, database, configuration.
//!
//! The configuration is written last, because the other commands look for it. If `init` is killed before that, the next
//! `init` finds no configuration: it uses the database that is there, and a key file that already has the typed key.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::init::answers::NewKeyFile;
use crate::command::init::configuration::{self, ExistingFile};
use crate::command::init::keys::CheckedKeys;
use crate::command::init::private_file::{TEMPORARY, check_new};
use crate::command::new_folders::NewFolders;
use crate::config::Settings;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::folder_of;
use crate::store::Store;
use crate::store::backup;
use crate::store::files::{remove_database_files, remove_leftovers, write_if_absent};
use crate::store::owner::make_folder;

/// The files to write.
pub(super) struct Setup {
    pub(super) file: PathBuf,
    /// The new text of the configuration.
    pub(super) text: String,
    pub(super) existing: ExistingFile,
    /// The names of the fields that change in an existing configuration.
    pub(super) changed: Vec<&'static str>,
    pub(super) key_files: Vec<NewKeyFile>,
    /// The settings that the new text gives.
    pub(super) settings: Settings,
    /// Whether a new database is removed on an error. Without questions several `init` may run at once, and another one
    /// may use the database already.
    pub(super) is_alone: bool,
}

impl Setup {
    /// Whether the configuration is written.
    pub(super) fn writes_config(&self) -> bool {
        !matches!(self.existing, ExistingFile::Text(_)) || !self.changed.is_empty()
    }

    /// Writes everything. Returns the path of the backup copy of the old configuration, if there was one.
    ///
    /// # Errors
    ///
    /// On an error, the new key files, a new database and new folders are removed again.
    pub(super) fn write(&self, checked: &CheckedKeys) -> Result<Option<PathBuf>> {
        // A file that cannot be read is replaced only with --force, whatever its mode is.
        if self.writes_config() && self.existing != ExistingFile::Unreadable {
            configuration::refuse_read_only(&self.file)?;
        }
        backup::check_path_lengths(&self.settings.database, &self.settings.backup.directory)?;
        self.remove_leftovers();
        let mut made = Made::default();
        for new in &self.key_files {
            made.folders.note(folder_of(&new.path));
            write_key_file(new)?;
            made.files.push(new.path.clone());
        }
        made.folders.note(folder_of(&self.settings.database));
        if self.is_alone && !self.settings.database.exists() {
            made.database = Some((self.settings.database.clone(), self.file.clone()));
        }
        let mut store = Store::create(&self.settings.database)?;
        checked.save(&mut store)?;
        store.checkpoint()?;
        drop(store);
        made.folders.note(folder_of(&self.file));
        let backup = if self.writes_config() {
            let now = self.settings.clock.now();
            configuration::replace(&self.file, &self.text, &self.existing, now)?
        } else {
            None
        };
        made.keep();
        Ok(backup)
    }
}

impl Setup {
    /// Removes the temporary files of an `init` that was killed. One of them may contain a key, and this run may write no
    /// file to that folder.
    fn remove_leftovers(&self) {
        let files = [self.file.as_path()].into_iter();
        for file in files.chain(self.settings.key_files()) {
            remove_leftovers(folder_of(file), TEMPORARY);
        }
    }
}

/// New files and folders. They are removed on drop, unless [`Made::keep`] was called.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    /// The database and its configuration. A database whose configuration exists stays: another `init` has made it.
    database: Option<(PathBuf, PathBuf)>,
    folders: NewFolders,
}

impl Made {
    fn keep(&mut self) {
        self.files.clear();
        self.database = None;
        self.folders.keep();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for file in &self.files {
            // Ignore the error: a file that remains can be read only by its owner.
            let _ = fs::remove_file(file);
        }
        if let Some((database, config)) = &self.database
            && !config.exists()
        {
            remove_database_files(database);
        }
    }
}

/// Writes a new key file, and never replaces a file.
fn write_key_file(new: &NewKeyFile) -> Result<()> {
    let NewKeyFile { path, key } = new;
    make_folder(folder_of(path), path).with_context(|| format!("write {}", path.display()))?;
    let text = format!("{}\n", key.expose());
    let check = |new: &Path| check_new(new, path);
    if !write_if_absent(path, &text, TEMPORARY, path, &check)? {
        return Err(Error::new(format!("write {}", path.display()))
            .with_source("another program has just made a file of this name")
            .with_help("run `tornsnap init` again")
            .with_exit(Exit::TryLater));
    }
    Ok(())
}
