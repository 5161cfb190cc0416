//! One run of a kind at a time, by a lock of the operating system: it goes with the process, however that ends.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::path::folder_of;
use crate::store::owner;

/// The lock of whoever writes summaries or deletes history rows.
pub(crate) const MAINTENANCE: &str = "maintenance";

/// The lock that `summarize` holds from its start to its end, also while it waits for [`MAINTENANCE`].
///
/// `prune` sees by it that a month is about to be summarized.
pub(crate) const SUMMARIZE: &str = "summarize";

/// How often a lock is tried before it counts as held: [`Lock::is_held`] holds it for a moment, too.
const TRIES: u32 = 4;

/// How long to wait between those tries.
const MOMENT: Duration = Duration::from_millis(5);

/// A lock, which is held while this value lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// The run that holds a lock, as far as its lock file tells.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Holder {
    command: Option<String>,
    process: Option<u32>,
}

impl Holder {
    /// "another run of backup is at work (process 1234)", with these words in the middle.
    fn told(&self, middle: &str) -> String {
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

impl fmt::Display for Holder {
    /// "another run of backup (process 1234)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(""))
    }
}

/// How a command behaves while another run holds a lock that it needs.
pub(crate) trait Patience {
    /// The name of the command that takes a lock. Others read it in the lock file.
    fn command(&self, lock: &str) -> String;

    /// Lets a moment pass. It is called again and again while `holder` holds the lock.
    ///
    /// Returns whether to go on waiting.
    ///
    /// # Errors
    ///
    /// Fails when somebody asks the process to stop.
    fn pause(&self, holder: &Holder) -> Result<bool>;
}

/// The patience of a caller that does not wait.
pub(super) struct AtOnce<'a>(pub(super) &'a str);

impl Patience for AtOnce<'_> {
    fn command(&self, _lock: &str) -> String {
        self.0.to_owned()
    }

    fn pause(&self, _holder: &Holder) -> Result<bool> {
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
        Self::wait(database, name, &AtOnce(name))
    }

    /// Takes the lock `name` of a database, and waits for the run that holds it as long as `patience` says.
    ///
    /// The file `<database>.<name>.lock` stays behind on purpose: removing it would let two runs lock two files.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`] when another process still holds it.
    pub(crate) fn wait(database: &Path, name: &str, patience: &dyn Patience) -> Result<Self> {
        let path = path(database, name);
        loop {
            // The file is opened anew each time: a restore may have put another one in its place.
            let mut file = open(&path, database)?;
            if try_lock(&file).with_context(|| format!("lock {}", path.display()))? {
                // The next run reads there whom it waits for. A failure to write that is no reason to stop.
                let _ = file.set_len(0).and_then(|()| {
                    writeln!(file, "{} {}", std::process::id(), patience.command(name))
                });
                return Ok(Self { file });
            }
            let holder = holder(&mut file, name);
            drop(file);
            if !patience.pause(&holder)? {
                return Err(Error::new(format!("start: {}", holder.told(" is at work")))
                    .with_source(format!("{}.{name}.lock is locked", database.display()))
                    .with_help("wait for it to end; a scheduler may just try again")
                    .with_exit(Exit::TryLater));
            }
        }
    }

    /// Whether some process holds the lock now; one that may not be looked at counts as held.
    pub(crate) fn is_held(database: &Path, name: &str) -> bool {
        match File::open(path(database, name)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name that stays behind would be told as that of the next holder, until that one has written its own.
        let _ = self.file.set_len(0);
    }
}

/// The lock file stands beside the real file, so that a link to the database and its target share it.
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
    owner::give(&file, path, database);
    Ok(file)
}

/// Tries to lock the file; `false` when another process holds it.
fn try_lock(file: &File) -> io::Result<bool> {
    for attempt in 1..=TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(MOMENT),
            Err(TryLockError::WouldBlock) => {}
        }
    }
    Ok(false)
}

/// Reads who holds the lock. Windows lets nobody read a file that is locked.
fn holder(file: &mut File, name: &str) -> Holder {
    let mut text = String::new();
    // The file is one short line; whatever else stands there is not read to its end.
    let _ = file
        .rewind()
        .and_then(|()| file.take(200).read_to_string(&mut text));
    let (process, command) = text.trim().split_once(' ').unwrap_or((text.trim(), name));
    Holder {
        command: (!command.is_empty() && !command.contains(char::is_control))
            .then(|| command.to_owned()),
        process: process.parse().ok(),
    }
}
