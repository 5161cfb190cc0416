//! Reads the part of a database in a lake that is its archive.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result};
use crate::model::archive::NamedBy;
use crate::model::identity::{DatabaseId, Identity};
use crate::model::lake::files::{TwoFiles, give_up_file};
use crate::model::lake::manifest::{FileEntry, Manifest};
use crate::model::lake::path_in;
use crate::model::watch::Unwatched;
use crate::store::files::digest_of_file;
use crate::store::owner::{Purpose, explain_forbidden, unreadable};

/// The manifest of a database in a lake.
#[derive(Clone, Debug)]
pub(super) struct LakeArchive {
    folder: PathBuf,
    manifest: Manifest,
    named_by: NamedBy,
}

impl LakeArchive {
    /// Reads the manifest, and compares the sizes of the files with it. `None`: the database has none there.
    ///
    /// # Errors
    ///
    /// [`Exit::Damaged`] if the manifest is damaged, or if a file is gone or has another size. [`Exit::Config`] if a month has two
    /// files of the database.
    pub(super) fn read(
        folder: &Path,
        database: &DatabaseId,
        named_by: NamedBy,
    ) -> Result<Option<Self>> {
        loop {
            let Some(archive) = Self::read_manifest(folder, database, named_by)? else {
                return Ok(None);
            };
            let Err(error) = archive.check_sizes() else {
                return Self::check_names(folder, database).map(|()| Some(archive));
            };
            // An export that runs may have replaced files since. Then the manifest is another one, too.
            let again = Self::read_manifest(folder, database, named_by)?;
            if again.is_none_or(|again| again.manifest == archive.manifest) {
                return Err(error);
            }
        }
    }

    fn read_manifest(
        folder: &Path,
        database: &DatabaseId,
        named_by: NamedBy,
    ) -> Result<Option<Self>> {
        let path = folder.join(Manifest::file_name(database));
        let begin = named_by.new_archive(folder);
        let help = format!(
            "put a copy of it back; if there is none, remove it, and {begin} to make it again from the files that are there"
        );
        let manifest = Manifest::read(&path, database, &help)
            .map_err(|error| explain_forbidden(error, &path, Purpose::Read))?;
        Ok(manifest.map(|manifest| Self {
            folder: folder.to_owned(),
            manifest,
            named_by,
        }))
    }

    fn check_names(folder: &Path, database: &DatabaseId) -> Result<()> {
        if let Some(two) = TwoFiles::find(folder, database) {
            return Err(two.into_error(format!("use the archive {}", folder.display())));
        }
        Ok(())
    }

    pub(super) fn identity(&self) -> Identity {
        Identity {
            id: self.manifest.archive_id.clone(),
            archive_of: Some(self.manifest.database_id.clone()),
        }
    }

    /// Whether it lacks rows that were moved to it later. `receipts`: the rows of each prune, as the database knows them.
    pub(super) fn lacks_rows(&self, receipts: &BTreeMap<String, i64>) -> bool {
        receipts.iter().any(|(receipt, moved)| {
            let there = self.manifest.receipts.get(receipt).copied();
            *moved > there.unwrap_or(0)
        })
    }

    /// The number of rows that each prune has moved.
    pub(super) fn receipts(&self) -> &BTreeMap<String, i64> {
        &self.manifest.receipts
    }

    /// The highest row id of each history.
    pub(super) fn highest_ids(&self) -> Vec<(String, i64)> {
        let files = self.manifest.files.iter();
        files
            .filter_map(|entry| Some((entry.dataset.clone(), entry.highest_id?)))
            .collect()
    }

    /// Reads every file, and compares it with its SHA-256.
    pub(super) fn check_fully(&self) -> Result<()> {
        let mut archive = self.clone();
        loop {
            let Err(error) = archive.check_files() else {
                return Ok(());
            };
            // As in `read`: an export that runs may have replaced files since.
            let database = &archive.manifest.database_id;
            match Self::read_manifest(&archive.folder, database, archive.named_by)? {
                Some(again) if again.manifest != archive.manifest => archive = again,
                _ => return Err(error),
            }
        }
    }

    fn check_files(&self) -> Result<()> {
        for entry in self.settled() {
            let path = path_in(&self.folder, &entry.file);
            let digest =
                digest_of_file(&path, &Unwatched).map_err(|error| unreadable(&path, error))?;
            if digest.sha256 != entry.sha256 {
                return Err(
                    self.damaged(&path, "is damaged: its SHA-256 is not that in the manifest")
                );
            }
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<()> {
        for entry in self.settled() {
            let path = path_in(&self.folder, &entry.file);
            let why = match fs::metadata(&path) {
                Ok(found) if found.len() == entry.bytes => continue,
                Ok(_) => "is damaged: its size is not that in the manifest",
                Err(error) if error.kind() == ErrorKind::NotFound => "is gone",
                Err(error) => return Err(unreadable(&path, error)),
            };
            return Err(self.damaged(&path, why));
        }
        Ok(())
    }

    /// The error about a file of the lake. `why` completes its name.
    fn damaged(&self, path: &Path, why: &str) -> Error {
        let manifest = self
            .folder
            .join(Manifest::file_name(&self.manifest.database_id));
        Error::new("use the archive")
            .with_source(format!("{} {why}", path.display()))
            .with_help(give_up_file(
                path,
                &manifest,
                &self.named_by.new_archive(&self.folder),
            ))
            .with_exit(Exit::Damaged)
    }

    /// The files that no interrupted run is about to replace.
    fn settled(&self) -> impl Iterator<Item = &FileEntry> {
        self.manifest.files.iter().filter(|entry| {
            let is_same = |other: &FileEntry| {
                (&other.dataset, &other.period) == (&entry.dataset, &entry.period)
            };
            !self
                .manifest
                .pending
                .iter()
                .any(|next| is_same(&next.entry))
        })
    }
}
