//! Reads single keys. Ctrl-C, Ctrl-D, a signal and a closed terminal end the question.

use std::io;
use std::time::Duration;

use console::{Key, Term};

use crate::error::{Error, Exit, Result};
use crate::output::prompt::mode::Mode;
use crate::output::width::message_width;

/// The byte of Ctrl-D.
const END_OF_TRANSMISSION: char = '\u{4}';

/// How long to wait for the rest of a pasted text.
const PASTE_PAUSE: Duration = Duration::from_millis(50);

/// How often to look for a signal while no key is pressed.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The columns when their number is unknown, as `console` assumes them.
const DEFAULT_COLUMNS: usize = 80;

/// The keyboard during one question.
pub(super) struct Keyboard<'a> {
    term: Term,
    stopped: &'a dyn Fn() -> Option<Exit>,
    _mode: Mode,
}

impl<'a> Keyboard<'a> {
    pub(super) fn open(stopped: &'a dyn Fn() -> Option<Exit>) -> Self {
        Self {
            term: Term::stderr(),
            stopped,
            _mode: Mode::raw(),
        }
    }

    /// Waits for the next key.
    ///
    /// # Errors
    ///
    /// [`Exit::Interrupted`] on Ctrl-C, on Ctrl-D and when the terminal is closed; the exit code of a signal.
    pub(super) fn next(&self) -> Result<Key> {
        loop {
            if let Some(exit) = (self.stopped)() {
                return Err(ended_by("a signal", exit));
            }
            if wait_for_input(POLL_INTERVAL) {
                break;
            }
        }
        match self.term.read_key_raw() {
            Ok(Key::CtrlC) => Err(ended_by("Ctrl-C", Exit::Interrupted)),
            Ok(Key::Char(END_OF_TRANSMISSION)) => Err(ended_by("Ctrl-D", Exit::Interrupted)),
            Ok(key) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                Err(ended_by("Ctrl-C", Exit::Interrupted))
            }
            Err(_) => Err(ended_by("the end of the terminal", Exit::Interrupted)),
        }
    }

    /// Whether more input follows at once, as in a pasted text.
    pub(super) fn has_more() -> bool {
        cfg!(unix) && wait_for_input(PASTE_PAUSE)
    }

    /// Discards the lines of a pasted text after the first. Otherwise, they would answer the next questions, which show them.
    ///
    /// # Errors
    ///
    /// See [`Self::next`].
    pub(super) fn discard_rest(&self) -> Result<()> {
        while Self::has_more() {
            self.next()?;
        }
        Ok(())
    }

    /// Clears the line of the cursor, which goes to its start.
    pub(super) fn clear_line(&self) {
        // Ignore the error, as in `print`.
        let _ = self.term.clear_line();
    }

    /// Prints a text as it is.
    pub(super) fn print(&self, text: &str) {
        // Ignore the error: if the terminal is closed, the next key reports it.
        let _ = self.term.write_str(text);
    }
}

/// The number of columns of the terminal, or an assumed one if it is unknown.
pub(super) fn columns() -> usize {
    message_width().map_or(DEFAULT_COLUMNS, usize::from).max(2)
}

pub(super) fn ended_by(cause: &str, exit: Exit) -> Error {
    Error::new("finish the questions")
        .with_source(format!("they were ended by {cause}"))
        .with_help("run the same command again")
        .with_exit(exit)
}

/// Waits until there is input. Returns false after `time`, and when a signal arrives.
#[cfg(unix)]
fn wait_for_input(time: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdin = rustix::stdio::stdin();
    let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
    let time = Timespec::try_from(time).ok();
    match poll(&mut waiting, time.as_ref()) {
        Ok(ready) => ready > 0,
        Err(error) => error != rustix::io::Errno::INTR,
    }
}

/// The console of Windows has no such wait. The read blocks, and Ctrl-C arrives as a key.
#[cfg(not(unix))]
fn wait_for_input(_time: Duration) -> bool {
    true
}
