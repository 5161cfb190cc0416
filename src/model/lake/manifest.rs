//! The manifest of a database in a lake: what it has written there.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::error::{Error, Exit};
use crate::model::identity::DatabaseId;
use crate::model::lake::Dataset;
use crate::model::regular_file::refuse_no_file;
use crate::model::rows::{ColumnType, TypedColumn};
use crate::model::time::Month;

/// The version of the format of manifests.
pub(crate) const FORMAT: u32 = 1;

/// The manifest of one database. Each database has one of its own, so that several can write to a lake at the same time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// The program that has written it.
    pub(crate) tool: String,
    pub(crate) database_id: DatabaseId,
    /// The id of the lake as an archive of the database. It is random.
    pub(crate) archive_id: DatabaseId,
    /// When the lake was changed last, unix seconds.
    pub(crate) written_at: i64,
    /// The columns of each dataset.
    pub(crate) schemas: BTreeMap<String, Vec<ColumnEntry>>,
    pub(crate) files: Vec<FileEntry>,
    /// Files that are written and have not yet got their names. A kill can leave them; the next run finishes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pending: Vec<Pending>,
    /// The rows that each prune has moved to the lake, by the random id of the prune. A lake that lacks one of them is an older copy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) receipts: BTreeMap<String, i64>,
}

/// A column of a dataset.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct ColumnEntry {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: ColumnType,
    pub(crate) nullable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<String>,
}

impl From<&TypedColumn> for ColumnEntry {
    fn from(column: &TypedColumn) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind,
            nullable: !column.is_required,
            comment: column.comment.clone(),
        }
    }
}

/// A file with rows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct FileEntry {
    pub(crate) dataset: String,
    /// The month, such as `2026-10`; missing for datasets that are not divided into months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<String>,
    /// The path in the lake, with `/` between the names.
    pub(crate) file: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lowest_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) highest_id: Option<i64>,
    /// The number of rows that only the lake has: the database had pruned or lost them when the file was written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) kept: u64,
    /// The highest row id that a prune has moved here. The database does not give such an id to another row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved_until: Option<i64>,
    /// A hash over the rows that the database had.
    pub(crate) fingerprint: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A file under a hidden name, and the names that it is to get.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Pending {
    /// The path of the hidden file.
    pub(crate) hidden: String,
    /// The file that it replaces. It gets this name first, so that readers see either the one or the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<String>,
    pub(crate) entry: FileEntry,
}

/// Why a manifest cannot be used.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// A newer version has written it.
    Newer,
    /// The reason, which completes the name of the file.
    Damaged(String),
}

impl Unreadable {
    /// The error about the manifest at `path`. `help`: the remedy for damage.
    fn into_error(self, path: &Path, help: &str) -> Error {
        let error = Error::new(format!("read the manifest {}", path.display()));
        match self {
            Self::Newer => error
                .with_source("a newer tornsnap has written it")
                .with_help("update tornsnap")
                .with_exit(Exit::Config),
            Self::Damaged(why) => error
                .with_source(format!("it {why}"))
                .with_help(help)
                .with_exit(Exit::Damaged),
        }
    }
}

/// Describes the damage of a manifest to its user. The words of the parser are for programmers.
fn describe_damage(bytes: &[u8], error: &serde_json::Error) -> String {
    let line = error.line();
    match error.classify() {
        _ if bytes.is_empty() => "is damaged: it is empty".to_owned(),
        Category::Eof => format!("is damaged: it ends too early, in line {line}"),
        Category::Syntax => format!("is damaged: line {line} is no JSON"),
        Category::Data | Category::Io => {
            format!("is damaged: up to line {line} it has something else than a manifest has there")
        }
    }
}

impl Manifest {
    /// Reads the manifest of a database from its file; `None` if there is none. `help`: the remedy for damage.
    ///
    /// # Errors
    ///
    /// [`Exit::Damaged`] if the file is damaged.
    pub(crate) fn read(
        path: &Path,
        database: &DatabaseId,
        help: &str,
    ) -> Result<Option<Self>, Error> {
        let action = format!("read the manifest {}", path.display());
        refuse_no_file(
            path,
            &action,
            "move it away, and put a copy of the manifest in its place",
        )?;
        match fs::read(path) {
            Ok(bytes) => Self::parse(&bytes, database)
                .map(Some)
                .map_err(|why| why.into_error(path, help)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::of_io(action, error)
                .with_default_help("check the disk, and who may read the file")),
        }
    }

    fn parse(bytes: &[u8], database: &DatabaseId) -> Result<Self, Unreadable> {
        let format = || -> Option<u64> {
            let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
            value.get("format")?.as_u64()
        };
        if format().is_some_and(|format| format > u64::from(FORMAT)) {
            return Err(Unreadable::Newer);
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| Unreadable::Damaged(describe_damage(bytes, &error)))?;
        if manifest.database_id != *database {
            let why = "is that of another database under this name";
            return Err(Unreadable::Damaged(why.to_owned()));
        }
        Ok(manifest)
    }

    /// The manifest of a database that has written nothing yet.
    pub(crate) fn new(database: DatabaseId, archive: DatabaseId) -> Self {
        Self {
            format: FORMAT,
            tool: format!("tornsnap {}", env!("CARGO_PKG_VERSION")),
            database_id: database,
            archive_id: archive,
            written_at: 0,
            schemas: BTreeMap::new(),
            files: Vec::new(),
            pending: Vec::new(),
            receipts: BTreeMap::new(),
        }
    }

    /// The name of the file in the lake.
    pub(crate) fn file_name(database: &DatabaseId) -> String {
        format!("manifest-{database}.json")
    }

    /// The file of a month of a dataset.
    pub(crate) fn file(&self, dataset: &Dataset, month: Option<Month>) -> Option<&FileEntry> {
        let period = month.map(|month| month.to_string());
        self.files
            .iter()
            .find(|entry| entry.dataset == dataset.table && entry.period == period)
    }

    /// Records that a prune has moved the rows of a month up to this id.
    pub(crate) fn put_moved(&mut self, dataset: &Dataset, month: Month, last_id: i64) {
        let period = month.to_string();
        let is_month = |entry: &&mut FileEntry| {
            entry.dataset == dataset.table && entry.period.as_ref() == Some(&period)
        };
        if let Some(entry) = self.files.iter_mut().find(is_month) {
            entry.moved_until = entry.moved_until.max(Some(last_id));
        }
    }

    /// Replaces the entry of the same dataset and month, and keeps the entries in a fixed order.
    pub(crate) fn put(&mut self, entry: FileEntry) {
        self.files
            .retain(|old| (&old.dataset, &old.period) != (&entry.dataset, &entry.period));
        self.files.push(entry);
        self.files
            .sort_by(|a, b| (&a.dataset, &a.period).cmp(&(&b.dataset, &b.period)));
    }
}
