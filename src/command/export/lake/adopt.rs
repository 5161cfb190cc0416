//! Takes over files that the manifest does not list, because it is gone, or because an older copy of it was put back.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::command::export::lake::Lake;
use crate::error::{Error, Exit, Result};
use crate::model::lake::columns::add_columns;
use crate::model::lake::files::TwoFiles;
use crate::model::lake::manifest::{FileEntry, Manifest};
use crate::model::lake::{DATABASE_KEY, DATASET_KEY, DATASETS, Dataset, month_of_folder};
use crate::model::regular_file::refuse_no_file;
use crate::model::rows::{Row as _, TypedColumn, Value, place_of};
use crate::model::time::Month;
use crate::model::watch::Unwatched;
use crate::output::lake::month::Counts;
use crate::output::parquet_file::RowReader;
use crate::store::files::digest_of_file;
use crate::store::owner::unreadable;

/// The help about a file that cannot be taken over. It may have rows that are nowhere else.
const MOVE_OUT: &str = "move it out of the lake, and keep it";

/// The dataset and the month of a file.
type Place = (&'static Dataset, Option<Month>);

impl Lake {
    /// Takes over the files of this database that the manifest does not list. The next step merges their rows with the database.
    ///
    /// `is_new`: whether there was no manifest.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] if a month has two files. Readers would find its rows twice, and no rule tells which file counts.
    pub(super) fn adopt_unknown_files(&mut self, is_new: bool) -> Result<()> {
        let mut has_adopted = false;
        for name in self.folder.files() {
            if self.manifest.files.iter().any(|entry| entry.file == name) {
                continue;
            }
            let path = self.folder.path(&name);
            let place = place_of_file(&name).ok_or_else(|| {
                refuse(&path, "it is in no folder of a month of its dataset").with_help(MOVE_OUT)
            })?;
            let (mut entry, columns) = describe_file(&path, name, place, &self.manifest)?;
            if let Some(known) = self.manifest.file(place.0, place.1) {
                self.check_place(known, &entry)?;
                entry.moved_until = known.moved_until;
            }
            let schemas = &mut self.manifest.schemas;
            let in_lake = schemas.entry(entry.dataset.clone()).or_default();
            add_columns(in_lake, &columns).map_err(|conflict| {
                refuse(&path, conflict.describe("in this file")).with_help(MOVE_OUT)
            })?;
            if !is_new {
                log::warn!(
                    "{} was not in the manifest of this database; its rows are merged with those of the database",
                    path.display()
                );
            }
            self.manifest.put(entry);
            has_adopted = true;
        }
        if has_adopted {
            self.write_manifest()?;
        }
        Ok(())
    }

    /// Fails if a file cannot take the place of the one that the manifest has for its month.
    fn check_place(&self, known: &FileEntry, found: &FileEntry) -> Result<()> {
        let path = self.folder.path(&known.file);
        let other = self.folder.path(&found.file);
        if path.exists() {
            let two = TwoFiles {
                first: path,
                second: other,
            };
            return Err(two.into_error(format!("write to {}", self.root.display())));
        }
        if found.rows < known.rows {
            let why = format!(
                "it is gone, and {}, which is there instead, has fewer rows",
                other.display()
            );
            return Err(self.file_error(known, &why));
        }
        Ok(())
    }
}

/// The dataset and the month of a path in the lake.
fn place_of_file(name: &str) -> Option<Place> {
    let mut parts = name.split('/');
    let table = parts.next()?;
    let dataset = DATASETS.iter().find(|dataset| dataset.table == table)?;
    let folder = parts.next()?;
    match dataset.time {
        Some(_) => Some((dataset, Some(month_of_folder(folder)?))),
        None => parts.next().is_none().then_some((dataset, None)),
    }
}

/// Reads a file that no manifest lists. Returns its entry without a fingerprint, so that it is compared with the database, and its
/// columns.
fn describe_file(
    path: &Path,
    name: String,
    (dataset, month): Place,
    manifest: &Manifest,
) -> Result<(FileEntry, Vec<TypedColumn>)> {
    let action = || format!("read {}", path.display());
    refuse_no_file(path, &action(), MOVE_OUT)?;
    let digest = digest_of_file(path, &Unwatched).map_err(|error| unreadable(path, error))?;
    let damaged = |error: io::Error| {
        if error.kind() != io::ErrorKind::InvalidData {
            return unreadable(path, error);
        }
        Error::of_io(action(), error)
            .with_help(format!(
                "put a copy of it back; if there is none, {MOVE_OUT}"
            ))
            .with_exit(Exit::Damaged)
    };
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let mut rows = RowReader::open_whole(file).map_err(damaged)?;
    let is_known = |key, value| rows.metadata(key).is_some_and(|found| found == value);
    if !is_known(DATABASE_KEY, manifest.database_id.as_str())
        || !is_known(DATASET_KEY, dataset.table)
    {
        let why = format!(
            "by its name it has the rows of {} of this database, and by its content it does not",
            dataset.table
        );
        return Err(refuse(path, why).with_help(MOVE_OUT));
    }
    let columns = rows.columns().to_vec();
    let id = place_of(&columns, "id");
    let time = dataset.time.and_then(|time| place_of(&columns, time));
    let mut counts = Counts::default();
    while rows.advance().map_err(damaged)? {
        counts.add(id.map(|id| rows.value(id)));
        let at = time.map(|time| rows.value(time));
        if let (Some(Value::Integer(at)), Some(month)) = (at, month)
            && !(month.start() <= at && at < month.end())
        {
            let why = format!("it has rows that are not of {month}");
            return Err(refuse(path, why).with_help(MOVE_OUT));
        }
    }
    let entry = FileEntry {
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
    };
    Ok((entry, columns))
}

fn refuse(path: &Path, why: impl Into<String>) -> Error {
    Error::new(format!("use {}", path.display()))
        .with_source(why.into())
        .with_exit(Exit::Config)
}
