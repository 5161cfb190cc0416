//! The fields that `export` adds to its report.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::path::display_path;
use crate::store::export::Dataset;

/// The report of an export to files or streams.
#[derive(Debug, Serialize)]
pub(super) struct WrittenReport {
    pub(super) format: &'static str,
    pub(super) files: Vec<FileReport>,
}

/// A dataset that was written, and its file.
pub(super) struct WrittenFile {
    pub(super) dataset: String,
    pub(super) rows: u64,
    pub(super) path: PathBuf,
    /// False if the reader closed the pipe before the last row.
    pub(super) is_complete: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct FileReport {
    dataset: String,
    rows: u64,
    file: String,
    /// `false` if the reader closed the pipe before the last row; otherwise missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
}

impl From<&WrittenFile> for FileReport {
    fn from(file: &WrittenFile) -> Self {
        Self {
            dataset: file.dataset.clone(),
            rows: file.rows,
            file: display_path(&file.path),
            complete: (!file.is_complete).then_some(false),
        }
    }
}

/// The report of `--list`.
#[derive(Debug, Serialize)]
pub(super) struct ListReport {
    pub(super) datasets: Vec<DatasetReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct DatasetReport {
    name: String,
    kind: &'static str,
    group: &'static str,
    rows: u64,
    about: String,
    /// The column of `--since` and `--until`; null if there is none.
    time_column: Option<String>,
    columns: Vec<String>,
}

impl DatasetReport {
    pub(super) fn new(dataset: &Dataset, rows: u64) -> Self {
        Self {
            name: dataset.name.clone(),
            kind: if dataset.is_view { "view" } else { "table" },
            group: dataset.group().as_str(),
            rows,
            about: dataset.description.clone(),
            time_column: dataset.time_column().map(str::to_owned),
            columns: dataset
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
        }
    }
}
