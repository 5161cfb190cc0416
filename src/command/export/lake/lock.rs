//! The lock of a lake: only one run at a time changes the files that a database has there.

use std::path::Path;

use crate::command::export::exporter::create_folder;
use crate::command::wait::LockWait;
use crate::error::{Error, Exit, Result};
use crate::model::identity::DatabaseId;
use crate::output::lake::folder::{LakeFolder, Locking};
use crate::store::lock::{LockHolder, WaitPolicy as _};
use crate::store::owner::{Purpose, explain_forbidden};

/// Takes the lock of a database in a folder, which exists. Waits for the run that holds it as long as `wait` says.
///
/// # Errors
///
/// [`Exit::TryLater`] when another run still holds it. A signal ends the wait with its own exit code.
pub(in crate::command) fn take(
    directory: &Path,
    database: &DatabaseId,
    wait: &LockWait,
) -> Result<LakeFolder> {
    let action = || format!("write to {}", directory.display());
    let or = "name another folder";
    loop {
        let holder = match LakeFolder::lock(directory, database, &wait.command("lake")) {
            Ok(Locking::Taken(folder)) => return Ok(folder),
            Ok(Locking::Held(text)) => LockHolder::of(&text, "tornsnap"),
            Err(error) => {
                let error = Error::of_io(action(), error);
                return Err(explain_forbidden(error, directory, Purpose::Write { or })
                    .with_default_help("check who may write there, or name another folder"));
            }
        };
        if !wait.wait_for(&holder)? {
            return Err(Error::new(action())
                .with_source(format!("{holder} writes this database there"))
                .with_help("wait for it to end; a scheduler may just try again")
                .with_exit(Exit::TryLater));
        }
    }
}

/// As [`take`], in the folder of an archive. Makes the folder if it is not there.
pub(in crate::command) fn take_in_archive(
    directory: &Path,
    database: &DatabaseId,
    wait: &LockWait,
) -> Result<LakeFolder> {
    create_folder("--archive", directory)?;
    take(directory, database, wait)
}
