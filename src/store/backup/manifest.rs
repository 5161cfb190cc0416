//! The `.json` beside a backup: which database it is a copy of, and the hashes that prove it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::{DatabaseId, Identity};
use crate::store::files::{Hash, with_suffix};

/// The layout that this program writes.
///
/// New fields do not need a new number: a program that does not know them keeps them and proves them all the same.
const MANIFEST_VERSION: u32 = 1;

/// Where the hash of the manifest begins in its text.
const HASH_KEY: &str = "\"manifest_sha256\": \"";

/// How many digits that hash has.
const HASH_DIGITS: usize = 64;

/// Why a copy was made.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A backup, which is counted and rotated.
    Backup,
    /// The copy that is made before a change of the schema; it stays until somebody removes it.
    BeforeMigration,
    /// A reason that a newer program has; this one leaves such copies alone.
    #[serde(untagged)]
    Other(String),
}

/// The facts of one verified backup.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Manifest {
    /// Always "tornsnap".
    pub tool: String,
    /// Layout of the manifest.
    pub(crate) manifest_version: u32,
    /// Why the copy was made.
    pub(crate) kind: Kind,
    /// When the copy was made, unix seconds.
    pub created_at: i64,
    /// When it was last checked, unix seconds.
    pub verified_at: i64,
    /// When it was found damaged, unix seconds; `None` unless the last verification failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) damaged_at: Option<i64>,
    /// The SQLite check that it passed.
    pub check: String,
    /// Name of the database that it is a copy of, without its folder.
    pub(crate) database: String,
    /// Id of the database that it is a copy of.
    pub(crate) database_id: DatabaseId,
    /// For a copy of an archive: id of the database that the archive belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_of: Option<DatabaseId>,
    /// Name of the backup when it was made.
    pub(crate) file: String,
    /// Size of the backup.
    pub bytes: u64,
    /// SHA-256 of the backup.
    pub(crate) sha256: String,
    /// Whether it is compressed (zstd).
    pub(crate) compressed: bool,
    /// Size of the database in it, if it is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uncompressed_bytes: Option<u64>,
    /// SHA-256 of the database in it, if it is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uncompressed_sha256: Option<String>,
    pub(crate) schema_version: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Version of the program that made it.
    pub(crate) program: String,
    /// Fields that a newer program wrote.
    #[serde(flatten)]
    pub(super) unknown: BTreeMap<String, Value>,
    /// SHA-256 of this very text with nothing between these last quotes.
    pub(crate) manifest_sha256: String,
    /// Where the backup is.
    #[serde(skip)]
    pub path: PathBuf,
}

impl Manifest {
    /// The manifest that belongs to a backup.
    pub fn path_for(backup: &Path) -> PathBuf {
        with_suffix(backup, ".json")
    }

    /// The manifest of a copy of this database, before anything else is known of the copy.
    pub(super) fn template(identity: Identity) -> Self {
        Self {
            tool: "tornsnap".to_owned(),
            manifest_version: MANIFEST_VERSION,
            kind: Kind::Backup,
            created_at: 0,
            verified_at: 0,
            damaged_at: None,
            check: String::new(),
            database: String::new(),
            database_id: identity.id,
            archive_of: identity.archive_of,
            file: String::new(),
            bytes: 0,
            sha256: String::new(),
            compressed: false,
            uncompressed_bytes: None,
            uncompressed_sha256: None,
            schema_version: 0,
            rows: BTreeMap::new(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            unknown: BTreeMap::new(),
            manifest_sha256: String::new(),
            path: PathBuf::new(),
        }
    }

    /// Size of the database when it is not compressed.
    pub(crate) fn database_bytes(&self) -> u64 {
        self.uncompressed_bytes.unwrap_or(self.bytes)
    }

    /// Rows of all tables together.
    pub fn total_rows(&self) -> i64 {
        self.rows
            .values()
            .fold(0, |sum, rows| sum.saturating_add(*rows))
    }

    /// The ids of the database that it is a copy of.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            id: self.database_id.clone(),
            archive_of: self.archive_of.clone(),
        }
    }

    /// The text of the file, its own hash filled in.
    pub(super) fn to_text(&self) -> String {
        let mut sealed = self.clone();
        sealed.manifest_sha256 = String::new();
        sealed.manifest_sha256 = Hash::of(sealed.write().as_bytes());
        sealed.write()
    }

    fn write(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("numbers, strings and maps with string keys are JSON");
        text.push('\n');
        text
    }

    /// Reads the manifest of a backup, and finds any change to it.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when there is none or its layout is newer, [`Exit::Damaged`] when it is not as it was written.
    pub fn of(backup: &Path) -> Result<Self> {
        let path = Self::path_for(backup);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(no_manifest(backup, &path));
            }
            read => read.with_context(|| format!("read the manifest {}", path.display()))?,
        };
        let damaged = |why: &str| {
            Error::new(format!("trust the manifest {}", path.display()))
                .with_source(why.to_owned())
                .with_help(
                    "use another backup: `tornsnap backup --verify all` says which are sound",
                )
                .with_exit(Exit::Damaged)
        };
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|_| damaged("it is not a manifest"))?;
        if !is_as_written(&bytes) {
            return Err(damaged("it was changed after it was written"));
        }
        if let Some(version) = newer_layout(&value) {
            return Err(
                Error::new(format!("read the manifest {}", path.display()))
                    .with_source(format!(
                        "a newer tornsnap wrote it (layout {version}; this one knows {MANIFEST_VERSION})"
                    ))
                    .with_help("update tornsnap")
                    .with_exit(Exit::Config),
            );
        }
        let mut manifest: Self =
            serde_json::from_value(value).map_err(|_| damaged("it is not a manifest"))?;
        backup.clone_into(&mut manifest.path);
        Ok(manifest)
    }
}

/// The id that a manifest names, be the manifest sound or not.
pub(super) fn claimed_id(backup: &Path) -> Option<DatabaseId> {
    let bytes = fs::read(Manifest::path_for(backup)).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    let id = value.get("database_id")?.as_str()?;
    (id.len() == 32).then(|| DatabaseId::new(id.to_owned()))
}

fn no_manifest(backup: &Path, manifest: &Path) -> Error {
    Error::new(format!("trust the backup {}", backup.display()))
        .with_source(format!(
            "its manifest {} is not there, so nothing proves what the file is",
            manifest.display()
        ))
        .with_help(
            "put the manifest beside it; without one, `tornsnap restore --without-manifest` \
             takes the file on SQLite's checks alone",
        )
        .with_exit(Exit::Config)
}

/// Whether every byte is as some tornsnap wrote it: the hash covers the text, not only the fields that we know.
fn is_as_written(bytes: &[u8]) -> bool {
    let key = HASH_KEY.as_bytes();
    let Some(begin) = bytes.windows(key.len()).rposition(|window| window == key) else {
        return false;
    };
    let begin = begin + key.len();
    let Some(said) = bytes.get(begin..begin + HASH_DIGITS) else {
        return false;
    };
    let body = [&bytes[..begin], &bytes[begin + HASH_DIGITS..]].concat();
    Hash::of(&body).as_bytes() == said
}

/// The layout, if it is one that this program does not know.
fn newer_layout(value: &Value) -> Option<u64> {
    let version = value.get("manifest_version")?.as_u64()?;
    (value.get("tool")? == "tornsnap" && version > u64::from(MANIFEST_VERSION)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Manifest {
        let mut manifest = Manifest::template(Identity {
            id: DatabaseId::new("0123456789abcdef0123456789abcdef".to_owned()),
            archive_of: None,
        });
        manifest.rows.insert("players".to_owned(), 12);
        manifest
    }

    #[test]
    fn every_flipped_bit_of_a_manifest_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.db");
        let mut manifest = some();
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
        let mut manifest = some();
        manifest.kind = Kind::Other("weekly".to_owned());
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
    fn a_newer_layout_is_told_apart_from_damage() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.db");
        let mut manifest = some();
        manifest.manifest_version = 2;
        fs::write(Manifest::path_for(&backup), manifest.to_text()).unwrap();

        assert_eq!(Manifest::of(&backup).unwrap_err().exit(), Exit::Config);
    }
}
