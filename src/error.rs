//! Says what went wrong, why, and what to do next; decides nothing else.

use std::error::Error as StdError;
use std::fmt;
use std::process::ExitCode;

/// A result whose failure ends the command.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure that ends the command.
///
/// [`Display`](fmt::Display) gives the first line ("could not …"); the cause and the remedy are told by
/// `output::terminal::fail`.
#[derive(Debug)]
pub struct Error {
    action: String,
    remedy: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    exit: Exit,
}

/// What a scheduler may conclude from how a command ended. The numbers never change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Something that is not listed below.
    Failure = 1,
    /// Wrong usage.
    Usage = 2,
    /// Some targets failed, everything else is saved.
    Partial = 3,
    /// Disk full or I/O error.
    Io = 74,
    /// A passing trouble: run the same command later.
    TryLater = 75,
    /// The API answered, but nothing in it was understood.
    Protocol = 76,
    /// No usable key, or a key file that others can read.
    NoKey = 77,
    /// The set-up is wrong, or an unsafe request was refused.
    Config = 78,
    /// The database or a backup is damaged.
    Damaged = 79,
    /// SIGINT; what had arrived is saved.
    Interrupted = 130,
    /// SIGTERM; what had arrived is saved.
    Terminated = 143,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Error {
    /// `action` completes the sentence "could not …": lower case, no full stop.
    pub(crate) fn new(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            remedy: None,
            source: None,
            exit: Exit::Failure,
        }
    }

    /// A failure of the file system.
    pub(crate) fn of_io(action: impl Into<String>, source: std::io::Error) -> Self {
        let exit = match source.kind() {
            std::io::ErrorKind::NotFound
            | std::io::ErrorKind::PermissionDenied
            | std::io::ErrorKind::ReadOnlyFilesystem
            | std::io::ErrorKind::IsADirectory
            | std::io::ErrorKind::NotADirectory => Exit::Config,
            _ => Exit::Io,
        };
        Self::new(action).with_source(source).with_exit(exit)
    }

    /// Keeps the cause, which is told on a line of its own.
    #[must_use]
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// One thing the reader can do next: an imperative, with the command or flag spelled out.
    #[must_use]
    pub(crate) fn with_help(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says what a scheduler may conclude; plain [`Exit::Failure`] if nobody says.
    #[must_use]
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// What a scheduler may conclude.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do next, if we know.
    pub fn help(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// The causes, outermost first, each in words.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(source) = cause {
            causes.push(source.to_string());
            cause = source.source();
        }
        causes
    }

    /// The failure on one line, for logs and table cells.
    pub fn one_line(&self) -> String {
        let mut line = self.to_string();
        for cause in self.causes() {
            line.push_str(": ");
            line.push_str(&cause);
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.action)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// Turns another error into ours at the place that knows what was being done.
pub(crate) trait WithContext<T> {
    /// Names the action that failed; the closure runs only on failure.
    fn with_context(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T> WithContext<T> for std::io::Result<T> {
    fn with_context(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::of_io(action(), source))
    }
}
