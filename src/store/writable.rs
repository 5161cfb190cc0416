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
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use rustix::fs::{Access, access};
    use rustix::io::Errno;

    use super::WriteObstacle;
    use crate::model::kind::Kind;
    use crate::model::path::{display_path, folder_of, with_suffix};
    use crate::store::owner;

    pub(super) fn obstacle(database: &Path, only_of_owner: bool) -> Option<WriteObstacle> {
        // A link may lead to another folder. SQLite writes its files beside the target.
        let target = fs::canonicalize(database).ok()?;
        let folder = folder_of(&target);
        let needed = [
            (target.as_path(), Access::READ_OK | Access::WRITE_OK),
            (folder, Access::WRITE_OK | Access::EXEC_OK),
        ];
        needed.into_iter().find_map(|(path, rights)| {
            let error = access(path, rights).err()?;
            let concerns_user =
                || !only_of_owner || is_of_this_user(&target) || is_of_this_user(folder);
            let is_known = error == Errno::ROFS || error == Errno::ACCESS && concerns_user();
            is_known.then(|| {
                let action = format!("write to the database {}", display_path(database));
                let error = io::Error::from(error);
                if path == folder {
                    WriteObstacle {
                        error: owner::explain_folder(action, folder, &target, error),
                        is_ahead: needs_no_new_file(&target),
                    }
                } else {
                    WriteObstacle {
                        error: owner::explain(action, &target, &target, error),
                        is_ahead: false,
                    }
                }
            })
        })
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

    fn is_of_this_user(path: &Path) -> bool {
        let user = rustix::process::geteuid();
        user.is_root() || fs::metadata(path).is_ok_and(|found| found.uid() == user.as_raw())
    }
}
