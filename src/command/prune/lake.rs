//! A folder of Parquet files as the archive: locks it, and brings rows into it.

use std::path::Path;

use crate::command::Context;
use crate::command::export::lake::archive::{self, FilledLake};
use crate::command::export::lake::lock;
use crate::command::signal::StopSignal;
use crate::command::wait::LockWait;
use crate::error::{Exit, Result};
use crate::output::lake::folder::LakeFolder;
use crate::store::Store;
use crate::store::archive_check::Archive;
use crate::store::prune::PrunePlan;

/// Locks the archive if it is a folder that exists, and waits for a run that writes to it.
///
/// # Errors
///
/// [`Exit::TryLater`] when that run does not end in time.
pub(super) fn lock_existing(
    store: &Store,
    path: Option<&Path>,
    lock_wait: &LockWait,
) -> Result<Option<LakeFolder>> {
    let Some(path) = path.filter(|path| path.is_dir()) else {
        return Ok(None);
    };
    match lock::take(path, &store.identity()?.id, lock_wait) {
        Ok(folder) => Ok(Some(folder)),
        Err(error)
            if [Exit::TryLater, Exit::Interrupted, Exit::Terminated].contains(&error.exit()) =>
        {
            Err(error)
        }
        // The check of the archive says what is wrong with the folder, or that it is not needed.
        Err(_) => Ok(None),
    }
}

/// Makes the folder if it is to be used and is not there. `None` if the prune uses no folder.
///
/// `locked`: what [`lock_existing`] has locked.
pub(super) fn lock(
    store: &Store,
    locked: Option<LakeFolder>,
    archive: Option<&Archive>,
    plan: &PrunePlan,
    lock_wait: &LockWait,
) -> Result<Option<LakeFolder>> {
    let is_used =
        |archive: &&Archive| archive.is_folder() && archive.is_used(plan.history_rows() > 0);
    match (archive.filter(is_used), locked) {
        (None, _) => Ok(None),
        (Some(_), Some(folder)) => Ok(Some(folder)),
        (Some(archive), None) => {
            lock::take_in_archive(archive.path(), &store.identity()?.id, lock_wait).map(Some)
        }
    }
}

/// Writes the rows to a folder of Parquet files, reads them back and compares them.
pub(super) fn fill(
    context: &Context,
    store: &Store,
    directory: &Path,
    folder: LakeFolder,
    plan: &PrunePlan,
) -> Result<FilledLake> {
    let action = format!("move rows to {}", directory.display());
    StopSignal::interruptible(&action, "no row was deleted", || {
        archive::fill(context, store, directory, folder, plan)
    })
}
