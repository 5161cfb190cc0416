//! Whether a run of this user could write to the database. Nothing is opened or written.

use std::path::Path;

use crate::error::Error;

/// A reason why a user cannot write to a database.
#[derive(Debug)]
pub(crate) struct WriteObstacle {
    pub(crate) error: Error,
    /// Whether runs still work, because they need only files beside the database that are there already.
    pub(crate) is_ahead: bool,
}

/// Why the database, or a file that SQLite keeps beside it, cannot be written. `action` completes "could not …".
pub(crate) fn write_obstacle_in_files(database: &Path, action: &str) -> Option<Error> {
    #[cfg(unix)]
    return unix::obstacle_in_files(database, action, false);
    #[cfg(not(unix))]
    {
        let _ = (database, action);
        None
    }
}

/// Why the database, its folder or its disk cannot be written.
pub(crate) fn write_obstacle(database: &Path) -> Option<Error> {
    #[cfg(unix)]
    return unix::obstacle(database, false).map(|obstacle| obstacle.error);
    #[cfg(not(unix))]
    {
        let _ = database;
        None
    }
}

/// The same for the user who makes the runs. `None` also for another user who may only read, as a monitoring agent; a disk that
/// is read-only is so for everybody.
pub(crate) fn write_obstacle_of_owner(database: &Path) -> Option<WriteObstacle> {
    #[cfg(unix)]
    return unix::obstacle(database, true);
    #[cfg(not(unix))]
    write_obstacle(database).map(|error| WriteObstacle {
        error,
        is_ahead: false,
    })
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use rustix::fs::{Access, access};
    use rustix::io::Errno;

    use super::WriteObstacle;
    use crate::error::Error;
    use crate::model::kind::Kind;
    use crate::model::path::{display_path, folder_of, with_suffix};
    use crate::store::files::remove::COMPANIONS;
    use crate::store::owner;

    pub(super) fn obstacle(database: &Path, only_of_owner: bool) -> Option<WriteObstacle> {
        let action = format!("write to the database {}", display_path(database));
        if let Some(error) = obstacle_in_files(database, &action, only_of_owner) {
            return Some(WriteObstacle {
                error,
                is_ahead: false,
            });
        }
        let target = fs::canonicalize(database).ok()?;
        let folder = folder_of(&target);
        let error = refusal(folder, Access::WRITE_OK | Access::EXEC_OK)?;
        concerns_user(error, &target, only_of_owner).then(|| WriteObstacle {
            error: owner::explain_folder(action, folder, &target, error.into()),
            is_ahead: needs_no_new_file(&target),
        })
    }

    /// The files beside the database may have another owner or mode than the database has now. The remedy is for all of them.
    pub(super) fn obstacle_in_files(
        database: &Path,
        action: &str,
        only_of_owner: bool,
    ) -> Option<Error> {
        let is_link = fs::symlink_metadata(database).ok()?.is_symlink();
        // SQLite writes its files beside the target of a link.
        let target = if is_link {
            fs::canonicalize(database).ok()?
        } else {
            database.to_owned()
        };
        let mut explained = [""].into_iter().chain(COMPANIONS).filter_map(|suffix| {
            let path = with_suffix(&target, suffix);
            let error = refusal(&path, Access::READ_OK | Access::WRITE_OK)?;
            // A database that root has made should belong to the owner of its folder.
            let compared = if suffix.is_empty() && is_of_root(&target) && !is_of_this_user(&target)
            {
                folder_of(&target)
            } else {
                &target
            };
            concerns_user(error, &target, only_of_owner)
                .then(|| owner::explain(action.to_owned(), &path, compared, error.into()))
        });
        let first = explained.next()?;
        let mut remedies: Vec<String> = first.help().map(str::to_owned).into_iter().collect();
        // Only the remedies for the owner are commands.
        let others = explained.take_while(|_| is_of_this_user(&target));
        for other in others.filter_map(|error| error.help().map(str::to_owned)) {
            if !remedies.contains(&other) {
                remedies.push(other);
            }
        }
        Some(first.with_help(remedies.join(" && ")))
    }

    /// Why the system refuses the rights to a path; `None` also if the path is not there.
    fn refusal(path: &Path, rights: Access) -> Option<Errno> {
        let error = access(path, rights).err()?;
        (error == Errno::ROFS || error == Errno::ACCESS).then_some(error)
    }

    /// A disk that is read-only is so for everybody.
    fn concerns_user(error: Errno, database: &Path, only_of_owner: bool) -> bool {
        error == Errno::ROFS
            || !only_of_owner
            || is_of_this_user(database)
            || is_of_this_user(folder_of(database))
    }

    /// Whether a fetch finds the files that it would make beside the database, and may write to them.
    fn needs_no_new_file(database: &Path) -> bool {
        let can_write = |end: &str| {
            let path = with_suffix(database, end);
            access(path, Access::READ_OK | Access::WRITE_OK).is_ok()
        };
        let mut kinds = Kind::ALL.into_iter();
        can_write("-wal")
            && can_write("-shm")
            && kinds.any(|kind| can_write(&format!(".{}.lock", kind.as_str())))
    }

    fn is_of_root(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| found.uid() == 0)
    }

    fn is_of_this_user(path: &Path) -> bool {
        let user = rustix::process::geteuid();
        user.is_root() || fs::metadata(path).is_ok_and(|found| found.uid() == user.as_raw())
    }
}
