//! Reads the part of a database in a lake that is its archive.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::lake::files::TwoFiles;
use crate::model::lake::manifest::{FileEntry, Manifest};
use crate::model::lake::path_in;
use crate::model::watch::Unwatched;
use crate::store::files::digest_of_file;

/// The help about a file that is gone or damaged.
const PUT_BACK: &str = "put a copy of it back";

/// The manifest of a database in a lake.
#[derive(Clone, Debug)]
pub(super) struct LakeArchive {
    folder: PathBuf,
    manifest: Manifest,
}

impl LakeArchive {
    /// Reads the manifest, and compares the sizes of the files with it. `None`: the database has none there.
    ///
    /// # Errors
    ///
    /// [`Exit::Damaged`] if the manifest is damaged, or if a file is gone or has another size. [`Exit::Config`] if a month has two
    /// files of the database.
    pub(super) fn read(folder: &Path, database: &DatabaseId) -> Result<Option<Self>> {
        let path = folder.join(Manifest::file_name(database));
        let action = || format!("read the manifest {}", path.display());
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes.with_context(action)?,
        };
        let manifest = Manifest::parse(&bytes, database)
            .map_err(|why| why.into_error(&path, &path.display().to_string(), PUT_BACK))?;
        let archive = Self {
            folder: folder.to_owned(),
            manifest,
        };
        archive.check_sizes()?;
        if let Some(two) = TwoFiles::find(folder, database) {
            return Err(two.into_error(format!("use the archive {}", folder.display())));
        }
        Ok(Some(archive))
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
        for entry in self.settled() {
            let path = path_in(&self.folder, &entry.file);
            let action = || format!("read {}", path.display());
            let digest = digest_of_file(&path, &Unwatched).with_context(action)?;
            if digest.sha256 != entry.sha256 {
                return Err(damaged(
                    &path,
                    "is damaged: its SHA-256 is not that in the manifest",
                ));
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
                Err(error) => {
                    return Err(Error::of_io(format!("read {}", path.display()), error));
                }
            };
            return Err(damaged(&path, why));
        }
        Ok(())
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

/// The error about a file of the lake. `why` completes its name.
fn damaged(path: &Path, why: &str) -> Error {
    Error::new("use the archive")
        .with_source(format!("{} {why}", path.display()))
        .with_help(PUT_BACK)
        .with_exit(Exit::Damaged)
}
