//! File locks, so that only one run of a kind works at a time. The operating system releases them when a process ends.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::folder_of;
use crate::model::regular_file::{refuse_no_file, why_no_file};
use crate::store::files::same::is_file_at;
use crate::store::owner;

/// The name of the lock for writing summaries and deleting history rows.
pub(crate) const MAINTENANCE: &str = "maintenance";

/// The name of the lock that `summarize` holds from start to end, also while it waits for [`MAINTENANCE`].
///
/// It tells `prune` that a month is about to be summarized.
pub(crate) const SUMMARIZE: &str = "summarize";

/// The number of tries before a lock counts as held. One try is not enough, because [`Lock::is_held`] takes the lock
/// briefly, and because a failed restore removes its lock files.
const MAX_TRIES: u32 = 4;

const RETRY_DELAY: Duration = Duration::from_millis(5);

/// A held lock, which is released on drop.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

/// The run that holds a lock, as its lock file describes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LockHolder {
    command: Option<String>,
    process: Option<u32>,
}

impl LockHolder {
    /// Reads the text of a lock file. `name`: the command if the file does not tell it.
    pub(crate) fn of(text: &str, name: &str) -> Self {
        let (process, command) = text.trim().split_once(' ').unwrap_or((text.trim(), name));
        Self {
            command: (!command.is_empty() && !command.contains(char::is_control))
                .then(|| command.to_owned()),
            process: process.parse().ok(),
        }
    }

    /// "another run of backup is at work (process 1234)", where `middle` is " is at work".
    fn describe(&self, middle: &str) -> String {
        let command = self
            .command
            .as_ref()
            .map(|command| format!(" of {command}"));
        let process = self.process.map(|process| format!(" (process {process})"));
        format!(
            "another run{}{middle}{}",
            command.unwrap_or_default(),
            process.unwrap_or_default()
        )
    }
}

impl fmt::Display for LockHolder {
    /// "another run of backup (process 1234)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(""))
    }
}

/// Decides how long a command waits for a lock that another run holds.
pub(crate) trait WaitPolicy {
    /// The name of the command, which is written to the lock file for other runs.
    fn command(&self, lock: &str) -> String;

    /// Sleeps briefly and returns whether to go on waiting. It is called repeatedly while `holder` holds the lock.
    ///
    /// # Errors
    ///
    /// Fails when the process received a signal to stop.
    fn wait_for(&self, holder: &LockHolder) -> Result<bool>;
}

/// The policy of a caller that does not wait. It holds the name of the command.
pub(super) struct NoWait<'a>(pub(super) &'a str);

impl WaitPolicy for NoWait<'_> {
    fn command(&self, _lock: &str) -> String {
        self.0.to_owned()
    }

    fn wait_for(&self, _holder: &LockHolder) -> Result<bool> {
        Ok(false)
    }
}

impl Lock {
    /// Takes the lock `name` of a database without waiting.
    ///
    /// # Errors
    ///
    /// As [`Lock::wait`].
    pub fn take(database: &Path, name: &str) -> Result<Self> {
        Self::wait(database, name, &NoWait(name))
    }

    /// Takes the lock `name` of a database, and waits for its holder as long as `policy` says.
    ///
    /// The file `<database>.<name>.lock` stays, except where there is no database (see [`Lock::remove`]).
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when another process still holds it.
    pub(crate) fn wait(database: &Path, name: &str, policy: &dyn WaitPolicy) -> Result<Self> {
        let path = path(database, name);
        let mut lost = 0;
        loop {
            // Each try opens the file again, because a restore may have replaced it.
            let mut file = open(&path, database)?;
            let is_locked = try_lock(&file).with_context(|| format!("lock {}", path.display()))?;
            if is_locked && is_file_at(&file, &path) {
                // Best effort: waiting runs show this text to the user.
                let _ = file.set_len(0).and_then(|()| {
                    writeln!(file, "{} {}", std::process::id(), policy.command(name))
                });
                return Ok(Self { file, path });
            }
            let (holder, state) = if is_locked {
                // Another run has removed the file that this one has opened. Otherwise two runs would lock two different files.
                lost += 1;
                if lost < MAX_TRIES {
                    continue;
                }
                (LockHolder::default(), "removed by other runs")
            } else {
                (holder(&mut file, name), "locked")
            };
            drop(file);
            if !policy.wait_for(&holder)? {
                return Err(
                    Error::new(format!("start: {}", holder.describe(" is at work")))
                        .with_source(format!("{}.{name}.lock is {state}", database.display()))
                        .with_help("wait for it to end; a scheduler may just try again")
                        .with_exit(Exit::TryLater),
                );
            }
        }
    }

    /// Removes the lock file, and releases the lock. A run that has opened the file before opens it again.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            log::debug!("could not remove {}: {error}", self.path.display());
        }
    }

    /// Whether a process holds the lock now. A lock file that cannot be opened counts as held, and what is no file does not.
    pub(crate) fn is_held(database: &Path, name: &str) -> bool {
        let path = path(database, name);
        if why_no_file(&path).is_some() {
            return false;
        }
        match File::open(path) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Otherwise other runs would read this name until the next holder has written its own.
        let _ = self.file.set_len(0);
    }
}

/// The lock file is beside the resolved path, so that a link to the database and its target share one lock.
fn path(database: &Path, name: &str) -> PathBuf {
    let real = fs::canonicalize(database).or_else(|error| {
        let name = database.file_name().ok_or(error)?;
        Ok::<_, io::Error>(fs::canonicalize(folder_of(database))?.join(name))
    });
    let mut path = real
        .unwrap_or_else(|_| database.to_owned())
        .into_os_string();
    path.push(format!(".{name}.lock"));
    PathBuf::from(path)
}

fn open(path: &Path, database: &Path) -> Result<File> {
    let action = || format!("open the lock file {}", path.display());
    // Writing through a link would empty the file that it points to.
    if path.is_symlink() {
        return Err(Error::new(action())
            .with_source("it is a link")
            .with_help("remove it, and run the command again")
            .with_exit(Exit::Config));
    }
    refuse_no_file(path, &action(), "remove it, and run the command again")?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options
        .open(path)
        .map_err(|error| owner::explain(action(), path, database, error))?;
    owner::give_to_owner(&file, path, database);
    Ok(file)
}

/// Tries to lock the file; `false` if another process holds the lock.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    for attempt in 1..=MAX_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if attempt < MAX_TRIES => thread::sleep(RETRY_DELAY),
            Err(TryLockError::WouldBlock) => {}
        }
    }
    Ok(false)
}

/// Reads the description of the holder from the lock file. Windows does not allow reading a locked file.
fn holder(file: &mut File, name: &str) -> LockHolder {
    let mut text = String::new();
    // The file should be one short line. The limit guards against anything else.
    let _ = file
        .rewind()
        .and_then(|()| file.take(200).read_to_string(&mut text));
    LockHolder::of(&text, name)
}
