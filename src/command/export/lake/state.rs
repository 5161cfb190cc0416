//! Reads what a database has in a lake, and finishes what an interrupted run has left.

use std::fs::{self, File};
use std::io::ErrorKind;

use crate::command::export::lake::Lake;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::lake::manifest::{FileEntry, Manifest, Pending};
use crate::model::lake::{DATASETS, Dataset, month_of_folder};
use crate::model::rows::{Row as _, TypedColumn, place_of};
use crate::model::time::Month;
use crate::model::watch::Unwatched;
use crate::output::lake::folder::LakeFolder;
use crate::output::lake::month::Counts;
use crate::output::parquet_file::RowReader;
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

/// Reads the manifest of a database. If there is none, it is made from the files of the database, whose rows are compared then.
pub(super) fn read(folder: &LakeFolder, store: &Store, id: &DatabaseId) -> Result<Manifest> {
    let path = folder.manifest_path();
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let archive = DatabaseId::new(store.make_receipt()?);
            return adopt(folder, store, Manifest::new(id.clone(), archive));
        }
        bytes => bytes.with_context(|| format!("read the manifest {}", path.display()))?,
    };
    let help = "put a copy of it back; or remove it, and the next export makes it again from the files that are there";
    Manifest::parse(&bytes, id).map_err(|why| why.into_error(&path, "it", help))
}

/// Makes the manifest from the files. Without a fingerprint, the next step compares each with the database.
fn adopt(folder: &LakeFolder, store: &Store, mut manifest: Manifest) -> Result<Manifest> {
    for name in folder.files() {
        let Some((dataset, month)) = dataset_of(&name) else {
            continue;
        };
        if manifest.file(dataset, month).is_some() {
            return Err(Error::new(format!("make the manifest of {name}"))
                .with_source("the month has two files of this database, and no manifest tells which of them counts")
                .with_help("move the one with the lower number in its name away")
                .with_exit(Exit::Config));
        }
        let columns = store.lake_columns(dataset)?;
        let entry = describe_file(folder, dataset, month, &columns, name)?;
        manifest.put(entry);
    }
    Ok(manifest)
}

/// The dataset and the month of a path in the lake.
fn dataset_of(name: &str) -> Option<(&'static Dataset, Option<Month>)> {
    let mut parts = name.split('/');
    let table = parts.next()?;
    let dataset = DATASETS.iter().find(|dataset| dataset.table == table)?;
    let month = match (dataset.time, parts.next()?) {
        (Some(_), folder) => Some(month_of_folder(folder)?),
        (None, _) => None,
    };
    Some((dataset, month))
}

/// Reads a file that no manifest lists.
fn describe_file(
    folder: &LakeFolder,
    dataset: &Dataset,
    month: Option<Month>,
    columns: &[TypedColumn],
    name: String,
) -> Result<FileEntry> {
    let path = folder.path(&name);
    let action = || format!("read {}", path.display());
    let digest = digest_of_file(&path, &Unwatched).with_context(action)?;
    let damaged = |error: std::io::Error| {
        Error::new(action())
            .with_source(error.to_string())
            .with_help("put a copy of it back, or move it away")
            .with_exit(Exit::Damaged)
    };
    let file = File::open(&path).with_context(action)?;
    let mut rows = RowReader::open(file, columns).map_err(damaged)?;
    let id = place_of(columns, "id");
    let mut counts = Counts::default();
    while rows.advance().map_err(damaged)? {
        counts.add(id.map(|id| rows.value(id)));
    }
    Ok(FileEntry {
        dataset: dataset.table.to_owned(),
        period: month.map(|month| month.to_string()),
        file: name,
        rows: counts.rows,
        bytes: digest.bytes(),
        sha256: digest.sha256,
        lowest_id: counts.lowest_id,
        highest_id: counts.highest_id,
        kept: 0,
        moved_until: None,
        fingerprint: String::new(),
    })
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

    /// Fails if the lake has a file of this database that the manifest does not list. Readers would find its rows twice.
    pub(super) fn refuse_unknown_files(&self) -> Result<()> {
        let files = self.folder.files();
        let unknown = files
            .iter()
            .find(|file| !self.manifest.files.iter().any(|entry| entry.file == **file));
        let Some(unknown) = unknown else {
            return Ok(());
        };
        Err(Error::new(format!("write to {}", self.root.display()))
            .with_source(format!(
                "{} is not in the manifest of this database, so readers may find rows twice",
                self.folder.path(unknown).display()
            ))
            .with_help(format!(
                "move it away; or if the manifest is an older copy, remove {}, and the next export makes it again from the files",
                self.folder.manifest_path().display()
            ))
            .with_exit(Exit::Config))
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
