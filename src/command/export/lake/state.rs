//! Reads what a database has in a lake, and finishes what an interrupted run has left.

use std::fs;
use std::io::ErrorKind;

use crate::command::export::lake::Lake;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::lake::manifest::{FileEntry, Manifest, Pending};
use crate::model::watch::Unwatched;
use crate::output::lake::folder::LakeFolder;
use crate::store::Store;
use crate::store::files::digest_of_file;

/// The state of a file that the manifest lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileState {
    Whole,
    Missing,
    /// Its size differs.
    Damaged,
}

/// Reads the manifest of a database; a new one, and true, if there is none.
pub(super) fn read(
    folder: &LakeFolder,
    store: &Store,
    id: &DatabaseId,
) -> Result<(Manifest, bool)> {
    let path = folder.manifest_path();
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let archive = DatabaseId::new(store.make_receipt()?);
            return Ok((Manifest::new(id.clone(), archive), true));
        }
        bytes => bytes.with_context(|| format!("read the manifest {}", path.display()))?,
    };
    let help = "put a copy of it back; or remove it, and the next export makes it again from the files that are there";
    let manifest =
        Manifest::parse(&bytes, id).map_err(|why| why.into_error(&path, "it", help))?;
    Ok((manifest, false))
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
    pub(super) fn size_state(&self, entry: &FileEntry) -> FileState {
        match fs::metadata(self.folder.path(&entry.file)) {
            Ok(found) if found.len() == entry.bytes => FileState::Whole,
            Ok(_) => FileState::Damaged,
            Err(_) => FileState::Missing,
        }
    }

    /// The error about a file that the manifest lists.
    pub(super) fn file_error(&self, entry: &FileEntry, why: &str) -> Error {
        let path = self.folder.path(&entry.file);
        Error::new(format!("use {}", path.display()))
            .with_source(why.to_owned())
            .with_help(
                "put a copy of it back; if there is none, remove it and the manifest: the next export writes the rows that the database \
                 still has",
            )
            .with_exit(Exit::Damaged)
    }

    pub(super) fn write_manifest(&self) -> Result<()> {
        let action = || format!("write {}", self.folder.manifest_path().display());
        let mut text = serde_json::to_string_pretty(&self.manifest)
            .map_err(|error| Error::new(action()).with_source(error.to_string()))?;
        text.push('\n');
        self.folder.write_manifest(&text).with_context(action)
    }
}
