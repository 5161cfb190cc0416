//! Prints messages on stderr, and data and the JSON report on stdout.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Exit, Result};
use crate::model::hidden::without_hidden;
use crate::model::invocation::with_options;
use crate::output::printable::{PrintableWriter, printable, printable_lines};
use crate::output::width::{message_width, width};
use crate::output::wrap::{wrap_indented, wrap_message};
use crate::output::{progress, stamp, stream};

/// How much a command prints on stderr.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Verbosity {
    /// Only errors.
    Quiet,
    /// Errors, warnings, progress on a terminal and one summary line.
    #[default]
    Normal,
    /// Also each step.
    Verbose,
    /// Also each API call.
    Debug,
}

/// The log target of messages that were already printed on stderr.
pub(crate) const FILE_ONLY: &str = "tornsnap::file";

/// Prints a message on stderr, without the log. On a terminal, its lines break at blanks; elsewhere they stay whole.
pub(crate) fn print_message(text: &str) {
    print_complete(&with_options(text));
}

/// Prints a message whose commands have the options of this run.
fn print_complete(text: &str) {
    match message_width() {
        Some(width) => print_lines(&wrap_message(text, usize::from(width))),
        None => print_lines(text),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that writes to stderr"
)]
fn print_lines(lines: &str) {
    // Ignore write errors: stderr may be on a full disk (`2>> log`), and `eprintln!` would panic.
    let lines = printable_lines(&without_hidden(lines));
    let _ = progress::suspended(|| writeln!(io::stderr().lock(), "{lines}"));
}

/// Prints a text on stderr without the log. On a terminal, lines break at blanks, and the lines after the first begin with
/// `indent` blanks.
pub(crate) fn print_wrapped(text: &str, indent: usize) {
    let text = with_options(text);
    let lines = match message_width() {
        Some(width) => wrap_indented(&text, usize::from(width), indent),
        None => vec![text.into_owned()],
    };
    print_lines(&lines.join("\n"));
}

/// Opens stdout without a buffer, so that each write reports its error. A terminal gets no control characters.
pub(crate) fn stdout() -> io::Result<impl Write + Send> {
    Ok(PrintableWriter::new(
        stream::stdout()?,
        is_stdout_terminal(),
    ))
}

/// Prints lines for people on stdout. On a terminal, they break at blanks; elsewhere they stay whole.
///
/// # Errors
///
/// See [`print_line`].
pub(crate) fn print_text(text: &str) -> io::Result<()> {
    let text = with_options(text);
    match width() {
        Some(width) => print_line(&wrap_message(&text, usize::from(width))),
        None => print_line(&text),
    }
}

/// Prints `what` as [`print_text`] does.
///
/// # Errors
///
/// See [`write_error`].
pub(crate) fn print(what: &str, text: &str) -> Result<()> {
    print_text(text).map_err(|error| write_error(what, error))
}

/// Prints a line of data on stdout.
///
/// # Errors
///
/// Fails when stdout cannot be written. A closed pipe is not an error.
pub(crate) fn print_line(line: &str) -> io::Result<()> {
    let line = without_hidden(line);
    let written = progress::suspended(|| {
        stdout().and_then(|mut stdout| {
            stdout.write_all(format!("{line}\n").as_bytes())?;
            stdout.flush()
        })
    });
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints bytes on stdout as they are. On a terminal too, lines stay whole, so that they can be copied.
///
/// # Errors
///
/// See [`print_line`].
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let written = stdout().and_then(|mut stdout| {
        stdout.write_all(bytes)?;
        stdout.flush()
    });
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(write_error("the schedule", error))
        }
        _ => Ok(()),
    }
}

/// Prints the JSON report of a command.
///
/// # Errors
///
/// See [`print_line`].
pub(crate) fn report(document: &impl Serialize) -> Result<()> {
    serde_json::to_value(document)
        .map_err(io::Error::other)
        .and_then(|document| print_line(&format!("{:#}", with_options_inside(document))))
        .map_err(|error| write_error("the report", error))
}

/// The document with the options of this run in the commands of its texts.
fn with_options_inside(document: Value) -> Value {
    match document {
        Value::String(text) => Value::String(with_options(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(with_options_inside).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, with_options_inside(value)))
            .collect(),
        value => value,
    }
}

/// The error for `what` that could not be written to stdout.
pub(crate) fn write_error(what: &str, error: io::Error) -> Error {
    let help = match stream::require_stdout() {
        Ok(()) => "check where stdout goes to, and the free space there",
        Err(_) => "run it with stdout open; `> /dev/null` discards the output",
    };
    Error::new(format!("write {what} to stdout"))
        .with_source(error)
        .with_help(help)
        .with_exit(Exit::Io)
}

/// Prints an error, its causes and the help on stderr.
pub(crate) fn print_error(error: &Error) {
    log::error!(target: FILE_ONLY, "{}", error.one_line());
    // A cause may hold the words of Torn, which must neither control the terminal nor begin a line.
    let mut text = format!(
        "{}tornsnap: {}",
        stamp::prefix(),
        printable(&with_options(&error.to_string()))
    );
    let causes = error.causes();
    if !causes.is_empty() {
        text.push_str("\n  because: ");
        text.push_str(&printable(&with_options(&causes.join(": "))));
    }
    if let Some(help) = error.help() {
        text.push_str("\n  try: ");
        text.push_str(&printable(&with_options(help)));
    }
    print_complete(&text);
}

/// Whether stdout is a terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stdout is a terminal"
)]
pub(crate) fn is_stdout_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether stderr is a terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stderr is a terminal"
)]
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
