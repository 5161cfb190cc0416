//! Stand-in until `backup` is built: a copy with a manifest, unchecked.

use std::fs;

use crate::command::Context;
use crate::error::{Doing, Result};
use crate::store::backup::Manifest;

/// Takes a backup as the settings say.
pub fn take(context: &Context) -> Result<Manifest> {
    let settings = &context.settings;
    let directory = &settings.backup.directory;
    let now = settings.clock.now();
    let manifest = Manifest {
        tool: "tornsnap".to_owned(),
        verified_at: now,
        file: format!("tornsnap-{now}.db"),
    };
    let action = || format!("back up to {}", directory.display());
    fs::create_dir_all(directory).doing(action)?;
    fs::copy(&settings.database, directory.join(&manifest.file)).doing(action)?;
    let text = serde_json::json!(manifest).to_string();
    fs::write(directory.join(format!("{}.json", manifest.file)), text).doing(action)?;
    Ok(manifest)
}
