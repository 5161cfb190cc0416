//! Reads what a database has in a lake, and finishes what an interrupted run has left.

use std::fs;
use std::io::{self, ErrorKind};

use crate::command::export::lake::Lake;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::lake::files::give_up_file;
use crate::model::lake::manifest::{FileEntry, Manifest, Pending};
use crate::model::watch::Unwatched;
use crate::output::lake::folder::LakeFolder;
use crate::store::Store;
use crate::store::files::digest_of_file;
use crate::store::owner::{Purpose, explain_forbidden, unreadable};

/// The state of a file that the manifest lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileState {
    Whole,
    Missing,
    /// Its size differs.
    Damaged,
}

/// Reads the manifest of a database; a new one, and true, if there is none. `begin`: the step that makes it again from the files.
pub(super) fn read(
    folder: &LakeFolder,
    store: &Store,
    id: &DatabaseId,
    begin: &str,
) -> Result<(Manifest, bool)> {
    let path = folder.manifest_path();
    let help = format!(
        "put a copy of it back; if there is none, remove it, and {begin}: it is made again from the files that are there"
    );
    let found = Manifest::read(&path, id, &help)
        .map_err(|error| explain_forbidden(error, &path, Purpose::Read))?;
    if let Some(manifest) = found {
        return Ok((manifest, false));
    }
    let archive = DatabaseId::new(store.make_receipt()?);
    Ok((Manifest::new(id.clone(), archive), true))
}

impl Lake {
    /// Gives the pending files their names.
    pub(super) fn finish_pending(&mut self) -> Result<()> {
        if self.manifest.pending.is_empty() {
            return Ok(());
        }
        for pending in std::mem::take(&mut self.manifest.pending) {
            self.finish(pending)?;
        }
        self.write_manifest()
    }

    fn finish(&mut self, mut pending: Pending) -> Result<()> {
        let hash = |name: &str| digest_of_file(&self.folder.path(name), &Unwatched).ok();
        let is_new = |name: &str| hash(name).is_some_and(|d| d.sha256 == pending.entry.sha256);
        let action = || format!("finish {}", self.folder.path(&pending.entry.file).display());
        if is_new(&pending.hidden) {
            self.folder.place(&pending).with_context(action)?;
        } else if is_new(&pending.entry.file) {
            // It has both names behind it.
        } else if let Some(old) = pending.replaces.take().filter(|old| is_new(old)) {
            pending.hidden = old;
            self.folder.place(&pending).with_context(action)?;
        } else {
            // The entry of the older file stays, and the next step decides what is missing.
            return Ok(());
        }
        self.manifest.put(pending.entry);
        Ok(())
    }

    /// Whether a file has its recorded size.
    pub(super) fn size_state(&self, entry: &FileEntry) -> Result<FileState> {
        let path = self.folder.path(&entry.file);
        match fs::metadata(&path) {
            Ok(found) if found.len() == entry.bytes => Ok(FileState::Whole),
            Ok(_) => Ok(FileState::Damaged),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(FileState::Missing),
            Err(error) => Err(unreadable(&path, error)),
        }
    }

    /// The error about a file that the manifest lists.
    pub(super) fn file_error(&self, entry: &FileEntry, why: &str) -> Error {
        let path = self.folder.path(&entry.file);
        let help = give_up_file(&path, &self.folder.manifest_path(), &self.begin);
        Error::new(format!("use {}", path.display()))
            .with_source(why.to_owned())
            .with_help(help)
            .with_exit(Exit::Damaged)
    }

    /// The error about a file that the manifest lists and whose rows cannot be read: it is damaged, or the system refuses it.
    pub(super) fn read_error(&self, entry: &FileEntry, error: io::Error) -> Error {
        match error.kind() {
            ErrorKind::InvalidData => self.file_error(entry, &error.to_string()),
            _ => unreadable(&self.folder.path(&entry.file), error),
        }
    }

    pub(super) fn write_manifest(&self) -> Result<()> {
        let action = || format!("write {}", self.folder.manifest_path().display());
        let mut text = serde_json::to_string_pretty(&self.manifest)
            .map_err(|error| Error::new(action()).with_source(error.to_string()))?;
        text.push('\n');
        self.folder.write_manifest(&text).with_context(action)
    }
}
