//! Decides which files a run writes.

use std::collections::BTreeSet;

use crate::command::export::lake::Lake;
use crate::command::export::lake::state::FileState;
use crate::error::Result;
use crate::model::lake::columns::LakeColumns;
use crate::model::lake::manifest::FileEntry;
use crate::model::lake::{Dataset, Rule};
use crate::model::time::Month;
use crate::store::Store;

/// A file to write.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) dataset: &'static Dataset,
    pub(super) columns: LakeColumns,
    pub(super) month: Option<Month>,
    /// The rows that the database has.
    pub(super) rows: u64,
    /// The fingerprint of these rows. `None`: it is computed while they are written.
    pub(super) fingerprint: Option<String>,
    /// The file that it replaces.
    pub(super) old: Option<FileEntry>,
    /// Whether the older file is there.
    pub(super) has_old: bool,
}

impl Task {
    /// The highest row id of the month that a prune has moved to the lake.
    pub(super) fn moved_until(&self) -> Option<i64> {
        self.old.as_ref()?.moved_until
    }
}

impl Lake {
    /// The columns of a dataset: those of the table, and those that the lake keeps.
    pub(super) fn columns(&self, store: &Store, dataset: &Dataset) -> Result<LakeColumns> {
        let in_lake = self.manifest.schemas.get(dataset.table);
        store.lake_columns(dataset, in_lake.map(Vec::as_slice))
    }

    /// The files of a dataset whose rows have changed.
    ///
    /// # Errors
    ///
    /// [`Damaged`](crate::error::Exit::Damaged) if a file is damaged, or is gone with rows that the database does not have.
    pub(super) fn plan(&self, store: &Store, dataset: &'static Dataset) -> Result<Vec<Task>> {
        let columns = self.columns(store, dataset)?;
        let entries = self.manifest.files.iter();
        let known: Vec<Option<Month>> = entries
            .filter(|entry| entry.dataset == dataset.table)
            .map(|entry| {
                let period = entry.period.as_ref();
                period.and_then(|period| period.parse().ok())
            })
            .collect();
        if known.is_empty() && matches!(dataset.rule, Rule::Rows(_)) {
            return plan_first(store, dataset, &columns);
        }
        let found = store.fingerprints(dataset, &columns)?;
        let mut months: BTreeSet<Option<Month>> = found.keys().copied().collect();
        months.extend(known);
        let mut tasks = Vec::new();
        for month in months {
            let entry = self.manifest.file(dataset, month);
            let rows = found.get(&month).map_or(0, |found| found.rows);
            let state = entry.map(|entry| self.size_state(entry)).transpose()?;
            if let (Some(entry), Some(state)) = (entry, state) {
                self.check(dataset, entry, state, rows)?;
            }
            let found = found.get(&month).cloned().unwrap_or_default();
            if found.rows == 0 && (entry.is_none() || is_kept(store, dataset, month)?) {
                continue;
            }
            let fingerprint = found.text();
            let is_whole = state == Some(FileState::Whole);
            let has_columns = !columns.has_new || found.rows == 0;
            let is_same = entry.is_some_and(|entry| entry.fingerprint == fingerprint);
            if is_whole && is_same && has_columns {
                continue;
            }
            tasks.push(Task {
                dataset,
                columns: columns.clone(),
                month,
                rows,
                fingerprint: Some(fingerprint),
                old: entry.cloned(),
                has_old: is_whole,
            });
        }
        Ok(tasks)
    }

    /// Fails if rows of the lake are lost.
    fn check(
        &self,
        dataset: &Dataset,
        entry: &FileEntry,
        state: FileState,
        rows: u64,
    ) -> Result<()> {
        let is_lost = match dataset.rule {
            Rule::Rows(_) => rows < entry.rows || entry.kept > 0 || entry.moved_until.is_some(),
            Rule::Keys => rows < entry.rows,
            Rule::Month => rows == 0,
            Rule::Nothing => false,
        };
        match state {
            FileState::Missing if is_lost => Err(self.file_error(
                entry,
                "it is gone, and the database does not have all of its rows any more",
            )),
            FileState::Damaged => {
                Err(self.file_error(entry, "it is damaged: its size is not that in the manifest"))
            }
            FileState::Missing => {
                log::warn!(
                    "{} is gone; it is written again",
                    self.folder.path(&entry.file).display()
                );
                Ok(())
            }
            FileState::Whole => Ok(()),
        }
    }
}

/// Whether the file of a month stays although the database has no row for it: the user has deleted these summaries. But if an
/// import has removed all history rows of the month, it has no summaries.
fn is_kept(store: &Store, dataset: &Dataset, month: Option<Month>) -> Result<bool> {
    match (dataset.rule, month) {
        (Rule::Month, Some(month)) => Ok(!store.has_lost_history(dataset.table, month)?),
        (rule, _) => Ok(rule == Rule::Month),
    }
}

/// The files of a history of which the lake has none. Its rows are read only once, when they are written.
fn plan_first(
    store: &Store,
    dataset: &'static Dataset,
    columns: &LakeColumns,
) -> Result<Vec<Task>> {
    let counts = store.count_rows_of_months(dataset, columns)?;
    let task = |(month, rows)| Task {
        dataset,
        columns: columns.clone(),
        month: Some(month),
        rows,
        fingerprint: None,
        old: None,
        has_old: false,
    };
    Ok(counts.into_iter().map(task).collect())
}
