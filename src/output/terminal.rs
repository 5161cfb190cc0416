//! Lines for people, and the one JSON document for programs.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::error::{Error, Exit, Result};
use crate::output::log::FILE_ONLY;
use crate::output::{progress, stream};

/// How much a run says on stderr.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Verbosity {
    /// Only errors.
    Quiet,
    /// Warnings, progress on a terminal, one summary line.
    #[default]
    Normal,
    /// What is being done.
    Verbose,
    /// Every call.
    Debug,
}

/// A line for people on stderr, besides the log.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that writes to stderr"
)]
pub(crate) fn say(line: &str) {
    // Who cannot be told (a full disk behind `2>> log`) is no reason to stop, and `eprintln!` would panic.
    let _ = progress::suspended(|| writeln!(io::stderr().lock(), "{line}"));
}

/// Stdout, on which every write counts: nothing is kept in a buffer.
///
/// # Errors
///
/// Fails when there is none.
pub(crate) fn stdout() -> io::Result<impl Write + Send> {
    stream::stdout()
}

/// A line of data on stdout; a closed pipe is no failure.
///
/// # Errors
///
/// Whatever writing met, but for a reader who has gone.
pub(crate) fn data(line: &str) -> io::Result<()> {
    let written = stdout().and_then(|mut stdout| {
        stdout.write_all(format!("{line}\n").as_bytes())?;
        stdout.flush()
    });
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints the one JSON document of a run.
///
/// # Errors
///
/// As [`data`].
pub(crate) fn report(document: &impl Serialize) -> Result<()> {
    serde_json::to_value(document)
        .map_err(io::Error::other)
        .and_then(|document| data(&format!("{document:#}")))
        .map_err(|error| unprinted("the report", error))
}

/// The failure of a run that could not say how it ended.
pub(crate) fn unprinted(what: &str, error: io::Error) -> Error {
    Error::new(format!("write {what} to stdout"))
        .with_source(error)
        .with_help("check the free space where stdout goes to")
        .with_exit(Exit::Io)
}

/// Prints a failure: what, why, and what to try.
pub(crate) fn fail(error: &Error) {
    log::error!(target: FILE_ONLY, "{}", error.one_line());
    let mut text = format!("tornsnap: {error}");
    let causes = error.causes();
    if !causes.is_empty() {
        text.push_str("\n  because: ");
        text.push_str(&causes.join(": "));
    }
    if let Some(remedy) = error.help() {
        text.push_str("\n  try: ");
        text.push_str(remedy);
    }
    say(&text);
}

/// The columns of the terminal that stdout goes to; `None` where there is none, or it does not tell.
pub(crate) fn width() -> Option<u16> {
    #[cfg(unix)]
    let columns = rustix::termios::tcgetwinsize(rustix::stdio::stdout())
        .ok()?
        .ws_col;
    #[cfg(not(unix))]
    let (_, columns) = console::Term::stdout().size_checked()?;
    (columns > 0).then_some(columns)
}

/// Whether a person is watching stderr.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stderr is a terminal"
)]
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
