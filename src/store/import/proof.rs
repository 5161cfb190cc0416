//! Compares a backup with the manifest beside it before anything is imported from it.

use std::path::Path;
use std::{fs, io};

use crate::error::{Error, Exit, Result};
use crate::model::watch::Unwatched;
use crate::store::backup::{Manifest, has_manifest, unpack_and_verify};

/// Fails if a file has a manifest beside it that disproves it. Returns whether it has one: a file without one is not checked.
///
/// # Errors
///
/// [`Exit::Damaged`] when size or hash differ, or when the manifest itself was changed.
pub(super) fn check(path: &Path) -> Result<bool> {
    let target = fs::canonicalize(path);
    let Some(file) = [Some(path), target.as_deref().ok()]
        .into_iter()
        .flatten()
        .find(|file| has_manifest(file))
    else {
        return Ok(false);
    };
    let manifest = Manifest::of(file).map_err(|error| refused(file, "is damaged", error))?;
    unpack_and_verify(&manifest, &mut io::sink(), &Unwatched)
        .map_err(|error| refused(file, "disproves it", error))?;
    Ok(true)
}

/// The refusal that names the manifest. `verdict` completes "its manifest …". Errors of the system stay as they are.
fn refused(path: &Path, verdict: &str, error: Error) -> Error {
    if error.exit() != Exit::Damaged {
        return error;
    }
    let manifest = Manifest::path_for(path);
    Error::new(format!("import {}", path.display()))
        .with_source(format!(
            "its manifest {} {verdict}: {}",
            manifest.display(),
            error.causes().join(": ")
        ))
        .with_help(format!(
            "import another backup: `tornsnap backup --verify all` shows which are intact; if you changed this one on purpose, \
             remove or rename {}, and import it again",
            manifest.display()
        ))
        .with_exit(Exit::Damaged)
}
