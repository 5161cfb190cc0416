//! The error type of all commands, and the exit codes.

use std::error::Error as StdError;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that ends the command.
///
/// [`Display`](fmt::Display) writes the first line ("could not …"). `output::terminal::print_error` prints the causes and the help.
#[derive(Debug)]
pub struct Error {
    action: String,
    help: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    exit: Exit,
    unusable_database: Option<PathBuf>,
}

/// The exit codes. They are part of the public interface and never change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Success, also when there was nothing to do.
    Done = 0,
    /// Any failure without a code of its own.
    Failure = 1,
    /// Wrong command line.
    Usage = 2,
    /// Some targets failed, everything else is saved.
    Partial = 3,
    /// Disk full or I/O error.
    Io = 74,
    /// A temporary failure: run the same command later.
    TryLater = 75,
    /// The API answered, but no answer could be decoded.
    Protocol = 76,
    /// No usable key, or a key file that others can read.
    NoKey = 77,
    /// The configuration is wrong, or an unsafe operation was refused.
    Config = 78,
    /// The database or a backup is damaged.
    Damaged = 79,
    /// SIGINT. Data that was received before is saved.
    Interrupted = 130,
    /// SIGTERM. Data that was received before is saved.
    Terminated = 143,
}

impl Exit {
    /// The exit code as a number.
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
            help: None,
            source: None,
            exit: Exit::Failure,
            unusable_database: None,
        }
    }

    /// An I/O error. The kind of `source` decides the exit code and the help.
    pub(crate) fn of_io(action: impl Into<String>, source: std::io::Error) -> Self {
        let source = in_plain_words(without_path(source));
        let (exit, help) = match source.kind() {
            _ if is_open_elsewhere(&source) => (Exit::TryLater, Some(OPEN_ELSEWHERE_HELP)),
            _ if is_loop_of_links(&source) => (Exit::Config, Some(LOOP_HELP)),
            _ if has_too_many_files(&source) => (Exit::Io, Some(TOO_MANY_FILES_HELP)),
            ErrorKind::NotADirectory => (Exit::Config, Some("correct the path")),
            ErrorKind::AlreadyExists => (Exit::Config, Some(ALREADY_EXISTS_HELP)),
            ErrorKind::NotFound => (
                Exit::Config,
                Some("check the path: a file or a folder in it is missing"),
            ),
            ErrorKind::PermissionDenied | ErrorKind::IsADirectory => (Exit::Config, None),
            ErrorKind::ReadOnlyFilesystem => (Exit::Config, Some(READ_ONLY_DISK_HELP)),
            ErrorKind::StorageFull => (Exit::Io, Some(FULL_DISK_HELP)),
            ErrorKind::QuotaExceeded => (Exit::Io, Some(QUOTA_HELP)),
            ErrorKind::FileTooLarge => (Exit::Io, Some(FILE_TOO_LARGE_HELP)),
            _ => (Exit::Io, None),
        };
        Self {
            help: help.map(str::to_owned),
            ..Self::new(action).with_source(source).with_exit(exit)
        }
    }

    /// An I/O error in the folder for temporary files, which the user chooses with a variable.
    pub(crate) fn of_temporary_folder(action: impl Into<String>, source: std::io::Error) -> Self {
        let folder = std::env::temp_dir();
        let variable = if cfg!(windows) { "TMP" } else { "TMPDIR" };
        let kind = source.kind();
        let folder = folder.display();
        let error = Self::of_io(action, source);
        let help = match kind {
            ErrorKind::NotFound => {
                format!("make that folder, or set {variable} to one in which you can write")
            }
            _ if error.exit == Exit::Io => {
                format!("free space in {folder}, or set {variable} to a folder with more space")
            }
            _ => format!("set {variable} to a folder in which you can write"),
        };
        let cause = match kind {
            ErrorKind::NotFound => "it is not there".to_owned(),
            ErrorKind::NotADirectory => "it is not a folder".to_owned(),
            _ => error.causes().join(": "),
        };
        let place = format!("the folder for temporary files is {folder} ({variable}): {cause}");
        error.with_source(place).with_help(help)
    }

    /// Replaces the hidden name of a temporary file by the one that the user knows, in the action and the causes.
    #[must_use]
    pub(crate) fn with_known_name(mut self, hidden: &Path, known: &str) -> Self {
        let hidden = hidden.display().to_string();
        if self.action.contains(&hidden) {
            self.action = self.action.replace(&hidden, known);
        }
        let causes = self.causes();
        if causes.iter().any(|cause| cause.contains(&hidden)) {
            self.source = Some(causes.join(": ").replace(&hidden, known).into());
        }
        self
    }

    /// Sets the cause, which is printed on a line of its own.
    #[must_use]
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets the help: an imperative that names the command or the flag that solves the problem.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the help if there is none yet.
    #[must_use]
    pub(crate) fn with_default_help(self, help: &str) -> Self {
        match self.help {
            Some(_) => self,
            None => self.with_help(help),
        }
    }

    /// Adds to the help, after a semicolon.
    #[must_use]
    pub(crate) fn with_more_help(self, more: &str) -> Self {
        self.with_joined_help("; ", more)
    }

    /// Adds another remedy to the help, after "or".
    #[must_use]
    pub(crate) fn with_other_help(self, other: &str) -> Self {
        self.with_joined_help(", or ", other)
    }

    fn with_joined_help(mut self, separator: &str, added: &str) -> Self {
        self.help = Some(match self.help {
            Some(help) => format!("{help}{separator}{added}"),
            None => added.to_owned(),
        });
        self
    }

    /// Sets the exit code. The default is [`Exit::Failure`].
    #[must_use]
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Notes that nothing can be read from this database file, so that only a backup brings its rows back.
    #[must_use]
    pub(crate) fn with_unusable_database(mut self, path: &Path) -> Self {
        self.unusable_database = Some(path.to_owned());
        self
    }

    /// The database file from which nothing can be read.
    pub(crate) fn unusable_database(&self) -> Option<&Path> {
        self.unusable_database.as_deref()
    }

    /// The kind of the I/O error that is the cause, if one is.
    pub(crate) fn io_kind(&self) -> Option<ErrorKind> {
        let source = self.source.as_ref()?;
        source.downcast_ref().map(std::io::Error::kind)
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The help for the user, if there is any.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The help as the end of a line, such as `; try: free some space`. Empty if there is none.
    pub(crate) fn help_clause(&self) -> String {
        self.help()
            .map_or_else(String::new, |help| format!("; try: {help}"))
    }

    /// The messages of the causes, beginning with the outermost.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(source) = cause {
            causes.push(without_os_code(&source.to_string()));
            cause = source.source();
        }
        causes
    }

    /// The error and its causes on one line, for logs and table cells.
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

/// The help for a file that another program has open.
const OPEN_ELSEWHERE_HELP: &str =
    "another program has the file open: close it there, then run it again";

/// The help for symbolic links that lead to each other, or for one that leads to itself.
const LOOP_HELP: &str =
    "remove or correct the symbolic links of that path: they lead in a circle, and to no file";

/// The help for a process, or a system, that has as many files open as it may.
const TOO_MANY_FILES_HELP: &str = "raise the limit that `ulimit -n` shows, or end programs that have many files open, then run it again";

/// The help for a new file or folder whose name is taken.
const ALREADY_EXISTS_HELP: &str = "name another place, or move that file away";

/// The help for a file on a disk that is mounted read-only.
const READ_ONLY_DISK_HELP: &str = "a disk often becomes read-only after a fault: see `dmesg`, check the disk, and mount it again for writing";

/// The help for a full disk.
pub(crate) const FULL_DISK_HELP: &str =
    "free some space on that disk, then run it again; nothing that was saved before is lost";

/// The cause if a file exceeds a limit of the user or the disk.
const FILE_TOO_LARGE: &str = "the file would be larger than the limit for files allows";

/// The cause if the system says "No such file or directory" about a new file whose folder is there, as in `/proc`.
pub(crate) const NO_FILES_THERE: &str = "the system lets nobody make files there";

/// The help for a file that exceeds a limit of the user or the disk.
const FILE_TOO_LARGE_HELP: &str = "raise the limit that `ulimit -f` shows, or use a disk that can hold larger files, then run it again";

/// The help for a user whose disk quota is used up.
const QUOTA_HELP: &str = "remove some of your files on that disk, or have your quota raised, then run it again; nothing \
                          that was saved before is lost";

/// The error without the name of a temporary file, which the user does not know. `tempfile` puts it at the end of the text.
pub(crate) fn without_path(error: std::io::Error) -> std::io::Error {
    let text = error.to_string();
    match text.split_once(" at path \"") {
        Some((cause, _)) => std::io::Error::new(error.kind(), cause),
        None => error,
    }
}

/// The error about a new file or folder, with [`NO_FILES_THERE`] in the place of "No such file or directory". The folder that
/// it is made in must have been found.
pub(crate) fn no_files_there(error: std::io::Error) -> std::io::Error {
    match error.kind() {
        ErrorKind::NotFound => std::io::Error::new(ErrorKind::NotFound, NO_FILES_THERE),
        _ => error,
    }
}

/// The text of an error without the numbers that the standard library adds to the words of the system, as in "Permission
/// denied (os error 13)".
pub(crate) fn without_os_code(text: &str) -> String {
    const START: &str = " (os error ";
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        kept.push_str(before);
        let end = after.trim_start_matches(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        rest = if let Some(end) = end.strip_prefix(')') {
            end
        } else {
            kept.push_str(START);
            after
        };
    }
    kept + rest
}

/// The error about a path in words that say what is wrong with it. "File exists" is what the system says of a folder that
/// cannot be made, because a file has its name.
fn in_plain_words(error: std::io::Error) -> std::io::Error {
    let words = match error.kind() {
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        ErrorKind::AlreadyExists => "there is a file of this name already",
        // Other words name the file already.
        ErrorKind::FileTooLarge if error.raw_os_error().is_some() => FILE_TOO_LARGE,
        _ => return error,
    };
    std::io::Error::new(error.kind(), words)
}

/// Whether Windows refused a file because another program has it open: `ERROR_SHARING_VIOLATION`, `ERROR_LOCK_VIOLATION`.
pub(crate) fn is_open_elsewhere(error: &std::io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33))
}

/// Whether Unix has followed symbolic links in a circle: `ELOOP`, for which the standard library has no stable kind.
fn is_loop_of_links(error: &std::io::Error) -> bool {
    let code = if cfg!(target_os = "linux") { 40 } else { 62 };
    cfg!(unix) && error.raw_os_error() == Some(code)
}

/// Whether Unix has refused to open one more file: `EMFILE`, `ENFILE`, for which the standard library has no kind.
fn has_too_many_files(error: &std::io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// Turns an I/O error into an [`Error`] with context.
pub(crate) trait WithContext<T> {
    /// `action` completes the sentence "could not …". It is called only on failure.
    fn with_context(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T> WithContext<T> for std::io::Result<T> {
    fn with_context(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::of_io(action(), source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_the_system_are_left_out() {
        for (text, shown) in [
            ("Permission denied (os error 13)", "Permission denied"),
            ("a (os error 2): b (os error -5) c", "a: b c"),
            ("folder (os error x)", "folder (os error x)"),
            ("no number (os error 3", "no number (os error 3"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_os_code(text), shown);
        }
    }
}
