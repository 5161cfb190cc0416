//! The fields that `backup` adds to its report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::display_path;
use crate::store::backup::{BackupKind, KeptFor, ListedBackup, Manifest};

use super::{describe_backup, is_of};

/// The report of a new backup.
#[derive(Debug, Serialize)]
pub(super) struct CreateReport<'a> {
    pub(super) backup: BackupReport<'a>,
    /// Paths of the old backups that were removed.
    pub(super) removed: Vec<String>,
    /// The archives of the database, which are not in the backup.
    pub(super) archives: Vec<String>,
    pub(super) warnings: &'a [String],
}

/// The report of `--list`.
#[derive(Debug, Serialize)]
pub(super) struct ListReport<'a> {
    pub(super) directory: String,
    /// `None` if the id of the database cannot be read.
    pub(super) database_id: Option<&'a DatabaseId>,
    pub(super) backups: Vec<BackupResult<'a>>,
    /// Paths of files without a manifest that are named like a backup or are copies of the database.
    pub(super) without_manifest: Vec<String>,
}

/// The report of `--verify`.
#[derive(Debug, Serialize)]
pub(super) struct VerifyReport<'a> {
    pub(super) verified: Vec<BackupResult<'a>>,
}

/// One backup, or the reason why it cannot be used.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum BackupResult<'a> {
    Usable(Box<BackupReport<'a>>),
    Failed(FailedBackup),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum BackupStatus {
    Ok,
    /// There is a manifest, but its backup no longer exists.
    Gone,
    Failed,
}

/// The contents of a manifest.
#[derive(Debug, Serialize)]
pub(super) struct BackupReport<'a> {
    file: String,
    status: BackupStatus,
    kind: &'a BackupKind,
    /// Unix seconds.
    created_at: i64,
    /// Unix seconds.
    verified_at: i64,
    bytes: u64,
    /// Size of the uncompressed database.
    database_bytes: u64,
    sha256: &'a str,
    compressed: bool,
    /// The name of the SQLite check that the backup passed.
    check: &'a str,
    database: &'a str,
    database_id: &'a DatabaseId,
    archive_of: Option<&'a DatabaseId>,
    schema_version: i64,
    /// The number of rows of each table.
    rows: &'a BTreeMap<String, i64>,
    /// A description of the database that was copied. Missing for a new backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    whose: Option<String>,
    /// Only with `--list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_ours: Option<bool>,
    /// Whether the clock was ahead when the backup was made. Only with `--list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_ahead: Option<bool>,
    /// Why rotation never removes it. Only with `--list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_for: Option<&'a KeptFor>,
}

#[derive(Debug, Serialize)]
pub(super) struct FailedBackup {
    file: String,
    status: BackupStatus,
    error: String,
}

impl<'a> BackupReport<'a> {
    pub(super) fn new(manifest: &'a Manifest) -> Self {
        Self {
            file: display_path(&manifest.path),
            status: BackupStatus::Ok,
            kind: &manifest.kind,
            created_at: manifest.created_at,
            verified_at: manifest.verified_at,
            bytes: manifest.bytes,
            database_bytes: manifest.database_bytes(),
            sha256: &manifest.sha256,
            compressed: manifest.compressed,
            check: &manifest.check,
            database: &manifest.database,
            database_id: &manifest.database_id,
            archive_of: manifest.archive_of.as_ref(),
            schema_version: manifest.schema_version,
            rows: &manifest.rows,
            whose: None,
            is_ours: None,
            is_ahead: None,
            kept_for: None,
        }
    }
}

impl<'a> BackupResult<'a> {
    /// A backup that passed its verification.
    pub(super) fn verified(manifest: &'a Manifest, present: Option<&Identity>) -> Self {
        Self::Usable(Box::new(BackupReport {
            whose: Some(describe_backup(manifest, present)),
            ..BackupReport::new(manifest)
        }))
    }

    /// A listed backup, which was not verified.
    pub(super) fn listed(backup: &'a ListedBackup, present: Option<&Identity>, now: i64) -> Self {
        let manifest = match &backup.manifest {
            Ok(manifest) => manifest,
            Err(error) => return Self::failed(&backup.path, error),
        };
        Self::Usable(Box::new(BackupReport {
            status: if backup.path.exists() {
                BackupStatus::Ok
            } else {
                BackupStatus::Gone
            },
            whose: Some(describe_backup(manifest, present)),
            is_ours: Some(is_of(manifest, present)),
            is_ahead: Some(manifest.is_ahead(now)),
            kept_for: manifest.kept_for.as_ref(),
            ..BackupReport::new(manifest)
        }))
    }

    pub(super) fn failed(file: &Path, error: &Error) -> Self {
        Self::Failed(FailedBackup {
            file: display_path(file),
            status: BackupStatus::Failed,
            error: error.one_line(),
        })
    }
}

pub(super) fn display_paths(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| display_path(path)).collect()
}
