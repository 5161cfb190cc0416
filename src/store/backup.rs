//! Stand-in until `backup` is built: just enough for `summarize` and `prune` to ask for a verified copy.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Doing, Result};

/// What is known of one verified backup.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Manifest {
    /// Always "tornsnap".
    pub tool: String,
    /// Unix seconds.
    pub verified_at: i64,
    /// Its name.
    pub file: String,
}

/// The newest verified backup in a folder.
pub fn newest_verified(directory: &Path) -> Result<Option<Manifest>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        entries => entries.doing(|| format!("list {}", directory.display()))?,
    };
    Ok(entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "json"))
        .filter_map(|entry| serde_json::from_slice(&fs::read(entry.path()).ok()?).ok())
        .max_by_key(|manifest: &Manifest| manifest.verified_at))
}
