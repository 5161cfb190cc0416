//! Brings the rows that a prune deletes into a lake, and compares them with what was written.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use crate::command::Context;
use crate::command::export::lake::Lake;
use crate::error::{Error, Exit, Result, WithContext};
use crate::model::history::History;
use crate::model::lake::Dataset;
use crate::model::rows::{Row as _, Value, place_of};
use crate::model::size::count;
use crate::model::time::Month;
use crate::model::watch::Watch as _;
use crate::output::lake::compare::Comparison;
use crate::output::lake::folder::LakeFolder;
use crate::output::parquet_file::RowReader;
use crate::store::Store;
use crate::store::export::ReadRow;
use crate::store::prune::{ComparedRows, LakeCopy, PrunePlan};

/// A lake that has the rows of a prune. No other run writes this database to it as long as this value exists.
pub(in crate::command) struct FilledLake {
    pub(in crate::command) copy: LakeCopy,
    _lake: Lake,
}

/// Writes what is new to the lake, and compares the rows that are to be deleted with the files, which are read back for that.
///
/// `folder`: the part of the database, which this run has locked.
///
/// # Errors
///
/// [`Exit::Damaged`] if a row is not in the lake. Then no row may be deleted.
pub(in crate::command) fn fill(
    context: &Context,
    store: &Store,
    directory: &Path,
    folder: LakeFolder,
    plan: &PrunePlan,
) -> Result<FilledLake> {
    let receipt = store.make_receipt()?;
    let (mut lake, compared) = store.in_read_transaction(|store| {
        let mut lake = Lake::open(store, directory, folder)?;
        lake.write_new(context, store)?;
        let compared = ComparedRows::start(store)?;
        context
            .progress()
            .begin("comparing the rows with the lake", None);
        for (history, month, last_id) in plan.history_months() {
            lake.compare(store, &compared, history, month, last_id)?;
            let dataset = Dataset::of(history);
            lake.manifest.put_moved(dataset, month, last_id);
        }
        Ok((lake, compared))
    })?;
    let rows = plan.history_rows();
    if rows > 0 {
        lake.manifest.receipts.insert(receipt.clone(), rows);
    }
    // Without rows, only a manifest that is not there yet is written.
    if rows > 0 || !lake.folder.manifest_path().exists() {
        lake.write_manifest()?;
    }
    Ok(FilledLake {
        copy: LakeCopy {
            id: lake.manifest.archive_id.clone(),
            receipt,
            rows: compared,
        },
        _lake: lake,
    })
}

impl Lake {
    /// Fails if a row of a month that may be deleted is not in the file of the month.
    ///
    /// `last_id`: the highest id of these rows.
    fn compare(
        &self,
        store: &Store,
        compared: &ComparedRows,
        history: History,
        month: Month,
        last_id: i64,
    ) -> Result<()> {
        let dataset = Dataset::of(history);
        let columns = &self.columns(store, dataset)?;
        let action = || {
            format!(
                "move {} of {month} to {}",
                dataset.table,
                self.root.display()
            )
        };
        let Some(entry) = self.manifest.file(dataset, Some(month)) else {
            return Err(lost(action(), 1));
        };
        let unreadable = |error: std::io::Error| self.read_error(entry, error);
        let file = File::open(self.folder.path(&entry.file)).with_context(action)?;
        let file = RowReader::open(file, columns).map_err(unreadable)?;
        let mut comparison = Comparison::start(file, dataset, columns).map_err(unreadable)?;
        let id = place_of(columns, "id");
        let mut count_missing = |row: &ReadRow<'_>| -> Result<u64> {
            // Rows that came after the summary stay in the database.
            let is_late = |id| matches!(row.value(id), Value::Integer(id) if id > last_id);
            if id.is_some_and(is_late) {
                return Ok(0);
            }
            if !comparison.has(row).map_err(unreadable)? {
                return Ok(1);
            }
            compared.add(store, history, row)?;
            Ok(0)
        };
        let (mut missing, mut outcome) = (0, Ok(()));
        store.stream_lake_rows(dataset, columns, Some(month), |row| {
            match count_missing(row) {
                Ok(rows) => {
                    missing += rows;
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        outcome?;
        if missing > 0 {
            return Err(lost(action(), missing));
        }
        Ok(())
    }
}

/// The error about rows that are not in the lake.
fn lost(action: String, rows: u64) -> Error {
    Error::new(action)
        .with_source(format!(
            "{} cannot be found in the lake",
            count(rows, "row")
        ))
        .with_help(
            "no row was deleted; look at the disk of the lake, or name another folder with --archive",
        )
        .with_exit(Exit::Damaged)
}
