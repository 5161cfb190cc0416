//! The lock of a user around a change of the schedulers. All configurations of a user share the crontab, and a change of it
//! is a read and a write: without the lock, two changes at the same moment would lose one of them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::schedule::programs::forget_answers;
use crate::command::wait::LockWait;
use crate::error::{Error, Exit, Result, WithContext};
use crate::store::lock::Lock;

/// How long a change waits for another one. A change takes less than a second, unless a scheduler does not answer.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Takes the lock for the command of this name.
///
/// # Errors
///
/// [`Exit::TryLater`] when another change still holds it; [`Exit::Config`] when the folder of the lock is not safe.
pub(super) fn take(command: &'static str) -> Result<Lock> {
    let folder = folder();
    make(&folder).with_context(|| format!("make the folder {}", folder.display()))?;
    if !is_safe(&folder) {
        return Err(Error::new("lock the schedulers of this user")
            .with_source(format!(
                "{} is not a folder of this user that other users cannot write in",
                folder.display()
            ))
            .with_help("remove it, or have root remove it, and run it again")
            .with_exit(Exit::Config));
    }
    let wait = LockWait::up_to(command, LONGEST_WAIT);
    let lock = Lock::wait(&folder.join("jobs"), "schedule", &wait)?;
    // Another process may have changed the schedulers before.
    forget_answers();
    Ok(lock)
}

/// The folder of the lock. It depends on the user alone: `HOME` and `TMPDIR` may differ between two terminals of a user.
#[cfg(unix)]
fn folder() -> PathBuf {
    let shared = Path::new("/tmp");
    let shared = if shared.is_dir() {
        shared.to_owned()
    } else {
        std::env::temp_dir()
    };
    let user = rustix::process::geteuid().as_raw();
    shared.join(format!("tornsnap-{user}"))
}

/// On Windows, each user has a folder for temporary files of his own.
#[cfg(not(unix))]
fn folder() -> PathBuf {
    std::env::temp_dir().join("tornsnap-schedule")
}

fn make(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let made = {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().mode(0o700).create(folder)
    };
    #[cfg(not(unix))]
    let made = std::fs::create_dir(folder);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Whether only this user can put files there. In a folder that everybody may write in, another user may have made it, or a
/// link of this name.
fn is_safe(folder: &Path) -> bool {
    let Ok(found) = folder.symlink_metadata() else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 {
            return false;
        }
    }
    found.is_dir()
}
