//! Writes the files of a lake.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::command::Context;
use crate::command::export::lake::Lake;
use crate::command::export::lake::plan::Task;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::lake::manifest::{ColumnEntry, FileEntry, Pending};
use crate::model::lake::{DATABASE_KEY, DATASET_KEY, DATASETS, Rule};
use crate::model::rows::{OwnedRow, Row as _, TypedColumn, Value, place_of};
use crate::model::watch::{Unit, Unwatched, Watch};
use crate::output::lake::month::{Counts, Failure, MonthWriter, told_values};
use crate::output::parquet_file::{Observer, RowReader, Schema};
use crate::store::Store;
use crate::store::files::digest_of_file;
use crate::store::lake::{CORRECT_VALUE, Fingerprint};
use crate::store::owner::unreadable;

impl Lake {
    /// Writes the files whose rows have changed. Returns the entries of those that differ from the older ones.
    pub(super) fn write_new(&mut self, context: &Context, store: &Store) -> Result<Vec<FileEntry>> {
        let progress = context.progress();
        progress.begin("comparing the lake with the database", None);
        let mut tasks = Vec::new();
        for dataset in &DATASETS {
            tasks.extend(self.plan(store, dataset)?);
        }
        let rows = tasks.iter().map(|task| task.rows).sum();
        progress.begin("writing the lake", Some((rows, Unit::Rows)));
        if tasks.is_empty() {
            return Ok(Vec::new());
        }
        let hidden = self.write_tasks(store, &tasks, &progress);
        let (pending, unchanged) = hidden.inspect_err(|_| self.folder.remove_hidden())?;
        self.publish(pending, unchanged, context.settings.clock.now())
    }

    /// Writes the files under hidden names. Returns them, and the new entries of files that do not change.
    fn write_tasks(
        &mut self,
        store: &Store,
        tasks: &[Task],
        watch: &dyn Watch,
    ) -> Result<(Vec<Pending>, Vec<FileEntry>)> {
        let (mut pending, mut unchanged) = (Vec::new(), Vec::new());
        for (number, task) in tasks.iter().enumerate() {
            let written = self.write_file(store, task, number, watch)?;
            let is_equal = |old: &FileEntry| {
                (&old.sha256, &old.file) == (&written.entry.sha256, &written.entry.file)
            };
            if task.has_old && task.old.as_ref().is_some_and(is_equal) {
                // The rows of the database have become fewer, and the lake keeps them.
                self.folder
                    .remove(&written.hidden)
                    .with_context(|| format!("remove {}", written.hidden))?;
                unchanged.push(written.entry);
            } else {
                pending.push(written);
            }
            let entries = task.columns.iter().map(ColumnEntry::from).collect();
            self.manifest
                .schemas
                .insert(task.dataset.table.to_owned(), entries);
        }
        Ok((pending, unchanged))
    }

    /// Gives the written files their names. The manifest tells before and after. If this fails, the next run does the rest.
    fn publish(
        &mut self,
        pending: Vec<Pending>,
        unchanged: Vec<FileEntry>,
        now: i64,
    ) -> Result<Vec<FileEntry>> {
        self.manifest.written_at = now;
        for entry in unchanged {
            self.manifest.put(entry);
        }
        if !pending.is_empty() {
            self.manifest.pending = pending;
            // The names of the hidden files are on the disk before the manifest lists them.
            self.folder
                .sync()
                .with_context(|| format!("write to {}", self.root.display()))
                .and_then(|()| self.write_manifest())
                .inspect_err(|_| self.folder.remove_hidden())?;
        }
        let mut written = Vec::new();
        for pending in std::mem::take(&mut self.manifest.pending) {
            self.folder
                .place(&pending)
                .with_context(|| format!("rename {}", pending.entry.file))
                .map_err(|error| error.with_help("run the same command again to do the rest"))?;
            written.push(pending.entry.clone());
            self.manifest.put(pending.entry);
        }
        self.write_manifest()?;
        Ok(written)
    }

    /// Writes a file under a hidden name, and syncs it.
    fn write_file(
        &self,
        store: &Store,
        task: &Task,
        number: usize,
        watch: &dyn Watch,
    ) -> Result<Pending> {
        let folder = task.dataset.folder(task.month);
        let action = || format!("write {}", self.folder.path(&folder).display());
        let (hidden, file) = self.folder.create_hidden(number).with_context(action)?;
        // Before any file gets its name, so that a file in the place of the folder is noticed.
        self.folder.create_folder(&folder).with_context(action)?;
        let old = match &task.old {
            Some(entry) if task.has_old => Some(self.open_old(entry, &task.columns)?),
            _ => None,
        };
        let (file, written) = self
            .write_rows(store, task, file, old, watch)
            .map_err(|failure| self.explain(task, failure))?;
        file.sync_all().with_context(action)?;
        drop(file);
        let digest = digest_of_file(&self.folder.path(&hidden), &Unwatched).with_context(action)?;
        let database = &self.manifest.database_id;
        let counts = written.counts;
        let entry = FileEntry {
            dataset: task.dataset.table.to_owned(),
            period: task.month.map(|month| month.to_string()),
            file: task.dataset.file(task.month, database, counts.highest_id),
            rows: counts.rows,
            bytes: digest.bytes(),
            sha256: digest.sha256,
            lowest_id: counts.lowest_id,
            highest_id: counts.highest_id,
            kept: counts.kept,
            moved_until: task.moved_until(),
            fingerprint: written.fingerprint,
        };
        let replaced = task.old.as_ref().filter(|_| task.has_old);
        Ok(Pending {
            hidden,
            replaces: replaced.map(|old| old.file.clone()),
            entry,
        })
    }

    /// Opens the file that is replaced. Its hash is compared first, because rows may exist nowhere else.
    fn open_old(&self, entry: &FileEntry, columns: &[TypedColumn]) -> Result<RowReader> {
        let path = self.folder.path(&entry.file);
        let digest = digest_of_file(&path, &Unwatched).map_err(|error| unreadable(&path, error))?;
        if digest.sha256 != entry.sha256 {
            return Err(self.file_error(
                entry,
                "it is damaged: its SHA-256 is not that in the manifest",
            ));
        }
        let file = File::open(&path).map_err(|error| unreadable(&path, error))?;
        RowReader::open(file, columns).map_err(|error| self.read_error(entry, error))
    }

    fn write_rows(
        &self,
        store: &Store,
        task: &Task,
        file: File,
        old: Option<RowReader>,
        watch: &dyn Watch,
    ) -> Result<(File, Written), Failure> {
        let schema = self.schema(task);
        let mut is_removed = |row: &OwnedRow| is_removed(store, task, row);
        let values = task.columns.in_table();
        let fingerprint = Arc::new(Mutex::new(Fingerprint::default()));
        let observer = task
            .fingerprint
            .is_none()
            .then(|| observer(&fingerprint, values));
        let mut writer = MonthWriter::start(file, task.dataset, &schema, old, observer)?;
        let mut failure = None;
        let mut rows = 0;
        store
            .stream_lake_rows(task.dataset, &task.columns, task.month, |row| {
                rows += 1;
                if rows % PROGRESS_INTERVAL == 0 {
                    watch.advance(PROGRESS_INTERVAL);
                }
                match writer.row(row, &mut is_removed) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        failure = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .map_err(Failure::Database)?;
        watch.advance(rows % PROGRESS_INTERVAL);
        if let Some(failure) = failure {
            return Err(writer.abandon(failure));
        }
        let (file, counts) = writer.finish(&mut is_removed)?;
        let computed = || lock(&fingerprint).text();
        let fingerprint = task.fingerprint.clone().unwrap_or_else(computed);
        let written = Written {
            counts,
            fingerprint,
        };
        Ok((file, written))
    }

    fn schema(&self, task: &Task) -> Schema {
        let place = |name: &&str| place_of(&task.columns, name);
        Schema {
            columns: task.columns.to_vec(),
            order: task.dataset.order.iter().filter_map(place).collect(),
            metadata: vec![
                (
                    DATABASE_KEY.to_owned(),
                    self.manifest.database_id.to_string(),
                ),
                (DATASET_KEY.to_owned(), task.dataset.table.to_owned()),
            ],
        }
    }

    fn explain(&self, task: &Task, failure: Failure) -> Error {
        let folder = self.folder.path(&task.dataset.folder(task.month));
        let action = format!("write {}", folder.display());
        match failure {
            Failure::Database(error) => error,
            Failure::Write(error) if error.kind() == io::ErrorKind::InvalidData => {
                Error::new(action)
                    .with_source(error.to_string())
                    .with_help(CORRECT_VALUE)
                    .with_exit(Exit::Damaged)
            }
            Failure::Write(error) => Error::of_io(action, error)
                .with_help("check the free space there; the files that were there are unchanged"),
            Failure::Old(error) => match &task.old {
                Some(entry) => self.read_error(entry, error),
                None => Error::of_io(action, error),
            },
        }
    }
}

/// The rows that were written to a file.
struct Written {
    counts: Counts,
    /// The fingerprint of the rows of the database.
    fingerprint: String,
}

/// The number of rows between two updates of the progress bar.
const PROGRESS_INTERVAL: u64 = 4096;

/// Adds the rows that are written to a fingerprint. `values`: the number of columns of the table.
fn observer(fingerprint: &Arc<Mutex<Fingerprint>>, values: usize) -> Observer {
    let fingerprint = Arc::clone(fingerprint);
    Box::new(move |rows| {
        let mut fingerprint = lock(&fingerprint);
        rows.for_each(|row| fingerprint.add(row, values));
    })
}

fn lock(fingerprint: &Mutex<Fingerprint>) -> MutexGuard<'_, Fingerprint> {
    fingerprint.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an import has removed a row of a history on purpose.
///
/// # Errors
///
/// [`Exit::Config`] when a prune has moved the row to the lake, and the database has another one under its id.
fn is_removed(store: &Store, task: &Task, row: &OwnedRow) -> Result<bool> {
    let Rule::Rows(history) = task.dataset.rule else {
        return Ok(false);
    };
    if let Some(Value::Integer(id)) = place_of(&task.columns, "id").map(|place| row.value(place))
        && task.moved_until().is_some_and(|moved| id <= moved)
        && store.has_history_row(history, id)?
    {
        return Err(conflict(task, id));
    }
    let columns = &task.columns[..task.columns.in_table()];
    let (entity, at, values) = told_values(task.dataset, history, columns, row);
    store.was_removed(history, &entity, at, &values)
}

/// The error about an id that has one row in the database, and another one in the lake.
fn conflict(task: &Task, id: i64) -> Error {
    let month = task.month.map(|month| format!(" of {month}"));
    Error::new(format!(
        "write {}{}",
        task.dataset.table,
        month.unwrap_or_default()
    ))
    .with_source(format!(
        "a prune has moved the row with the id {id} to the lake, and the database has another row under this id: it was replaced by an \
         older copy, two copies of it use one lake, or another program has changed the time of the row"
    ))
    .with_help(
        "name a new folder, with --new-archive if rows are moved to it; the rows of the database and of the lake are unchanged",
    )
    .with_exit(Exit::Config)
}
