//! The `.json` beside a backup: what it is, and the hashes that prove it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Doing, Error, Exit, Result};
use crate::store::files::{Hash, with_suffix};

/// The layout that this program writes.
const MANIFEST_VERSION: u32 = 1;

/// What is known of one verified backup.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always "tornsnap".
    pub tool: String,
    /// Layout of the manifest.
    pub manifest_version: u32,
    /// When the copy was made, unix seconds.
    pub created_at: i64,
    /// When it was checked, unix seconds.
    pub verified_at: i64,
    /// The SQLite check that it passed.
    pub check: String,
    /// Name of the database that it is a copy of, without its folder.
    pub database: String,
    /// Name of the backup when it was made.
    pub file: String,
    /// Size of the backup.
    pub bytes: u64,
    /// SHA-256 of the backup.
    pub sha256: String,
    /// Whether it is compressed (zstd).
    pub compressed: bool,
    /// Size of the database in it, if it is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncompressed_bytes: Option<u64>,
    /// SHA-256 of the database in it, if it is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncompressed_sha256: Option<String>,
    /// Its schema.
    pub schema_version: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Version of the program that made it.
    pub program: String,
    /// SHA-256 of this very text with nothing between these last quotes.
    pub manifest_sha256: String,
    /// Where the backup is.
    #[serde(skip)]
    pub path: PathBuf,
}

impl Manifest {
    /// The manifest that belongs to a backup.
    pub fn path_for(backup: &Path) -> PathBuf {
        with_suffix(backup, ".json")
    }

    /// What never changes between manifests of this program.
    pub(super) fn template() -> Self {
        Self {
            tool: "tornsnap".to_owned(),
            manifest_version: MANIFEST_VERSION,
            created_at: 0,
            verified_at: 0,
            check: String::new(),
            database: String::new(),
            file: String::new(),
            bytes: 0,
            sha256: String::new(),
            compressed: false,
            uncompressed_bytes: None,
            uncompressed_sha256: None,
            schema_version: 0,
            rows: BTreeMap::new(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            manifest_sha256: String::new(),
            path: PathBuf::new(),
        }
    }

    /// Size of the database when it is not compressed.
    pub fn database_bytes(&self) -> u64 {
        self.uncompressed_bytes.unwrap_or(self.bytes)
    }

    /// Rows of all tables together.
    pub fn total_rows(&self) -> i64 {
        self.rows.values().sum()
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
            .expect("numbers, strings and a map with string keys are JSON");
        text.push('\n');
        text
    }

    /// Reads the manifest of a backup, and finds any change to it.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when there is none, [`Exit::Damaged`] when it is not as it was written.
    pub fn of(backup: &Path) -> Result<Self> {
        let path = Self::path_for(backup);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(
                    Error::new(format!("trust the backup {}", backup.display()))
                        .because(format!(
                            "its manifest {} is not there, so nothing proves what the file is",
                            path.display()
                        ))
                        .try_this(
                            "put the manifest beside it; without one, `tornsnap restore --without-manifest` \
                             takes the file on SQLite's checks alone",
                        )
                        .exits(Exit::Config),
                );
            }
            Err(error) => {
                return Err(error).doing(|| format!("read the manifest {}", path.display()));
            }
        };
        let damaged = |why: &str| {
            Error::new(format!("trust the manifest {}", path.display()))
                .because(why.to_owned())
                .try_this("use another backup: `tornsnap backup --verify all` says which are sound")
                .exits(Exit::Damaged)
        };
        if let Some(version) = newer_layout(&bytes) {
            return Err(
                Error::new(format!("read the manifest {}", path.display()))
                    .because(format!(
                        "a newer tornsnap wrote it (layout {version}; this one knows {MANIFEST_VERSION})"
                    ))
                    .try_this("update tornsnap")
                    .exits(Exit::Config),
            );
        }
        let mut manifest: Self =
            serde_json::from_slice(&bytes).map_err(|_| damaged("it is not a manifest"))?;
        // Whatever changed, be it a space, changes the text that this program would write.
        if manifest.to_text().as_bytes() != bytes {
            return Err(damaged("it was changed after it was written"));
        }
        backup.clone_into(&mut manifest.path);
        Ok(manifest)
    }
}

/// The layout, if it is one of ours that is newer: told by a document that parses and proves itself no other way.
fn newer_layout(bytes: &[u8]) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let version = value.get("manifest_version")?.as_u64()?;
    // One flipped bit in a manifest of today must not pass for tomorrow's: those have fields of their own,
    // or they would not need a new number.
    let today = serde_json::from_slice::<Manifest>(bytes).is_ok();
    (value.get("tool")? == "tornsnap" && version > u64::from(MANIFEST_VERSION) && !today)
        .then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_manifest_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("a.db");
        let mut manifest = Manifest::template();
        manifest.rows.insert("players".to_owned(), 12);
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
}
