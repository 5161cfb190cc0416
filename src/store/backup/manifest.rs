//! The manifest, a `.json` file beside each backup with the id of the database and the hashes of the backup.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::{shell_word, with_suffix};
use crate::model::regular_file::{refuse_no_file, why_no_file};
use crate::model::time::is_far_future;
use crate::store::backup::form::form_of;
use crate::store::files::hash::sha256;
use crate::store::owner::{Purpose, explain_forbidden};

/// The version of the manifest that this program writes.
///
/// A new field needs no new version: an older program keeps fields that it does not know, and the hash covers them.
pub(super) const MANIFEST_VERSION: u32 = 1;

/// The value of the field `tool`, by which a manifest of this program is recognized.
pub(super) const TOOL: &str = "tornsnap";

/// The last field of a manifest: SHA-256 of the text of the manifest with this field empty.
const HASH_FIELD: &str = "manifest_sha256";

/// The text before the hash of the manifest.
const HASH_KEY: &str = "\"manifest_sha256\": \"";

const HASH_DIGITS: usize = 64;

/// The text by which a manifest is recognized if its hash is lost.
const TOOL_FIELD: &str = "\"tool\": \"tornsnap\"";

/// A manifest is far smaller.
const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// The purpose of a copy.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BackupKind {
    /// A backup, which rotation counts and removes.
    Backup,
    /// The copy before a schema migration. The program never removes it.
    BeforeMigration,
    /// A kind that a newer program introduced. This program never removes such copies.
    #[serde(untagged)]
    Other(String),
}

/// Why rotation never removes a backup. Only the user does.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeptFor {
    /// `prune --future` has removed rows that it has.
    PruneFuture,
    /// A reason that a newer program introduced.
    #[serde(untagged)]
    Other(String),
}

/// The contents of the manifest of one verified backup.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Manifest {
    /// Always [`TOOL`].
    pub tool: String,
    pub(crate) manifest_version: u32,
    pub(crate) kind: BackupKind,
    /// When the copy was made, unix seconds.
    pub created_at: i64,
    /// When it was last verified, unix seconds.
    pub verified_at: i64,
    /// When it was found damaged, unix seconds; `None` unless the last verification failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) damaged_at: Option<i64>,
    /// When it was noticed that the clock had been ahead as the copy was made, unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead_noticed_at: Option<i64>,
    /// Why rotation never removes it; `None` if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept_for: Option<KeptFor>,
    /// The id of the newest prune that the copy records; 0 if it records none.
    #[serde(default)]
    pub(crate) newest_prune: i64,
    /// The name of the SQLite check that the backup passed.
    pub check: String,
    /// File name of the copied database, without its folder.
    pub(crate) database: String,
    pub(crate) database_id: DatabaseId,
    /// If the copied database is an archive: id of the database that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_of: Option<DatabaseId>,
    /// Name of the backup when it was made. A user may have renamed it since.
    pub(crate) file: String,
    /// Size of the backup.
    pub bytes: u64,
    /// SHA-256 of the backup file, in hexadecimal.
    pub(crate) sha256: String,
    /// Whether the backup is compressed with zstd.
    pub(crate) compressed: bool,
    /// Size of the database in a compressed backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uncompressed_bytes: Option<u64>,
    /// SHA-256 of the database in a compressed backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uncompressed_sha256: Option<String>,
    pub(crate) schema_version: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Version of the program that made it.
    pub(crate) program: String,
    /// Fields that this program does not know.
    #[serde(flatten)]
    pub(super) unknown: BTreeMap<String, Value>,
    /// Path of the backup.
    #[serde(skip)]
    pub path: PathBuf,
}

/// A manifest with its hash, as its file has it.
#[derive(Serialize)]
struct HashedManifest<'a> {
    #[serde(flatten)]
    manifest: &'a Manifest,
    manifest_sha256: &'a str,
}

impl Manifest {
    /// The path of the manifest of a backup.
    pub fn path_for(backup: &Path) -> PathBuf {
        with_suffix(backup, ".json")
    }

    /// Size of the uncompressed database.
    pub(crate) fn database_bytes(&self) -> u64 {
        self.uncompressed_bytes.unwrap_or(self.bytes)
    }

    /// Rows of all tables together.
    pub fn total_rows(&self) -> i64 {
        self.rows
            .values()
            .fold(0, |sum, rows| sum.saturating_add(*rows))
    }

    /// Whether the clock was ahead when the copy was made, so that its time says nothing about its age.
    ///
    /// Once this was noticed, it stays so when the present reaches that time.
    pub(crate) fn is_ahead(&self, now: i64) -> bool {
        self.ahead_noticed_at.is_some() || is_far_future(self.created_at, now)
    }

    /// The ids of the copied database.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            id: self.database_id.clone(),
            archive_of: self.archive_of.clone(),
        }
    }

    /// The text of the manifest, including its hash.
    pub(super) fn to_text(&self) -> String {
        let hash = sha256(self.to_json("").as_bytes());
        self.to_json(&hash)
    }

    /// The text with this hash in its last field.
    fn to_json(&self, manifest_sha256: &str) -> String {
        let hashed = HashedManifest {
            manifest: self,
            manifest_sha256,
        };
        let mut text = serde_json::to_string_pretty(&hashed)
            .expect("numbers, strings and maps with string keys are JSON");
        text.push('\n');
        text
    }

    /// Reads the manifest of a backup and checks its hash.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when there is no manifest or a newer version of it, [`Exit::Damaged`] when it was changed.
    pub fn of(backup: &Path) -> Result<Self> {
        let path = Self::path_for(backup);
        refuse_no_file(
            &path,
            &format!("read the manifest {}", path.display()),
            "remove it, and put the manifest of the backup there; or use another backup: `tornsnap backup --list` shows them",
        )?;
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(no_manifest(backup, &path));
            }
            read => read
                .with_context(|| format!("read the manifest {}", path.display()))
                .map_err(|error| explain_forbidden(error, &path, Purpose::Read))?,
        };
        let damaged = |why: &str| {
            Error::new(format!("verify the manifest {}", path.display()))
                .with_source(why.to_owned())
                .with_help(
                    "use another backup: `tornsnap backup --verify all` shows which are intact",
                )
                .with_exit(Exit::Damaged)
        };
        let mut value: Value =
            serde_json::from_slice(&bytes).map_err(|_| damaged("it is not a manifest"))?;
        if !has_valid_hash(&bytes) {
            return Err(damaged("it was changed after it was written"));
        }
        if let Some(version) = newer_version(&value) {
            return Err(
                Error::new(format!("read the manifest {}", path.display()))
                    .with_source(format!(
                        "a newer tornsnap wrote it (layout {version}; this one knows {MANIFEST_VERSION})"
                    ))
                    .with_help("update tornsnap")
                    .with_exit(Exit::Config),
            );
        }
        // The hash is not a field of `Manifest`, and would otherwise count as one that this program does not know.
        if let Some(fields) = value.as_object_mut() {
            fields.remove(HASH_FIELD);
        }
        let mut manifest: Self =
            serde_json::from_value(value).map_err(|_| damaged("it is not a manifest"))?;
        backup.clone_into(&mut manifest.path);
        Ok(manifest)
    }
}

/// Whether a manifest of this program is beside a file, also a damaged one. Another program may keep a file of that name.
pub(in crate::store) fn has_manifest(backup: &Path) -> bool {
    let path = Manifest::path_for(backup);
    let Ok(found) = fs::metadata(&path) else {
        return false;
    };
    if !found.is_file() || found.len() > LARGEST_MANIFEST {
        return false;
    }
    // A file that cannot be read may be a manifest.
    fs::read(&path).map_or(true, |bytes| {
        let text = String::from_utf8_lossy(&bytes);
        text.contains(HASH_KEY) || text.contains(TOOL_FIELD)
    })
}

/// The database id in a manifest, which may be damaged.
pub(super) fn claimed_id(backup: &Path) -> Option<DatabaseId> {
    let path = Manifest::path_for(backup);
    if why_no_file(&path).is_some() {
        return None;
    }
    let bytes = fs::read(path).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    let id = value.get("database_id")?.as_str()?;
    (id.len() == 32).then(|| DatabaseId::new(id.to_owned()))
}

fn no_manifest(backup: &Path, manifest: &Path) -> Error {
    let action = format!("verify the backup {}", backup.display());
    if let Err(error) = form_of(backup, &action) {
        return error;
    }
    Error::new(action)
        .with_source(format!("its manifest {} is not there", manifest.display()))
        .with_help(format!(
            "put the manifest beside it; without one, `tornsnap restore {0} --without-manifest` checks it with SQLite's own \
             checks only, and `tornsnap import {0}` adds its rows",
            shell_word(backup)
        ))
        .with_exit(Exit::Config)
}

/// Whether the text has the hash that it contains. The hash covers the whole text, including unknown fields.
fn has_valid_hash(bytes: &[u8]) -> bool {
    let key = HASH_KEY.as_bytes();
    let Some(begin) = bytes.windows(key.len()).rposition(|window| window == key) else {
        return false;
    };
    let begin = begin + key.len();
    let Some(recorded) = bytes.get(begin..begin + HASH_DIGITS) else {
        return false;
    };
    let body = [&bytes[..begin], &bytes[begin + HASH_DIGITS..]].concat();
    sha256(&body).as_bytes() == recorded
}

/// The version of the manifest, if it is newer than [`MANIFEST_VERSION`].
fn newer_version(value: &Value) -> Option<u64> {
    let version = value.get("manifest_version")?.as_u64()?;
    (value.get("tool")? == TOOL && version > u64::from(MANIFEST_VERSION)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        Manifest {
            tool: TOOL.to_owned(),
            manifest_version: MANIFEST_VERSION,
            kind: BackupKind::Backup,
            created_at: 1_775_044_800,
            verified_at: 1_775_044_800,
            damaged_at: None,
            ahead_noticed_at: None,
            kept_for: None,
            newest_prune: 0,
            check: "quick_check".to_owned(),
            database: "a.db".to_owned(),
            database_id: DatabaseId::new("0123456789abcdef0123456789abcdef".to_owned()),
            archive_of: None,
            file: "a-20260401T120000Z.db".to_owned(),
            bytes: 4096,
            sha256: sha256(b"a"),
            compressed: false,
            uncompressed_bytes: None,
            uncompressed_sha256: None,
            schema_version: 1,
            rows: BTreeMap::from([("players".to_owned(), 12)]),
            program: "0.1.0".to_owned(),
            unknown: BTreeMap::new(),
            path: PathBuf::new(),
        }
    }

    #[test]
    fn every_flipped_bit_of_a_manifest_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.db");
        let mut manifest = sample();
        manifest
            .unknown
            .insert("weather".to_owned(), serde_json::json!({ "rain": [1, 2] }));
        let text = manifest.to_text().into_bytes();
        fs::write(Manifest::path_for(&backup), &text).unwrap();
        assert_eq!(Manifest::of(&backup).unwrap().rows["players"], 12);

        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(Manifest::path_for(&backup), &flipped).unwrap();

            let found = Manifest::of(&backup).unwrap_err();

            assert_eq!(found.exit(), Exit::Damaged, "bit {bit}");
        }
    }

    #[test]
    fn fields_of_a_newer_program_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.db");
        let mut manifest = sample();
        manifest.kind = BackupKind::Other("weekly".to_owned());
        manifest
            .unknown
            .insert("weather".to_owned(), serde_json::json!({ "rain": 1.5 }));
        let path = Manifest::path_for(&backup);
        fs::write(&path, manifest.to_text()).unwrap();

        let read = Manifest::of(&backup).unwrap();

        assert_eq!(read.kind, manifest.kind);
        assert_eq!(read.to_text(), fs::read_to_string(path).unwrap());
    }

    #[test]
    fn a_newer_layout_is_not_reported_as_damage() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.db");
        let mut manifest = sample();
        manifest.manifest_version = 2;
        fs::write(Manifest::path_for(&backup), manifest.to_text()).unwrap();

        assert_eq!(Manifest::of(&backup).unwrap_err().exit(), Exit::Config);
    }
}
