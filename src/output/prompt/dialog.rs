//! Runs the dialogs of `dialoguer`. A signal and a closed terminal end them, and the cursor is visible afterwards.

use std::fmt;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use console::Term;
use dialoguer::theme::Theme;
use dialoguer::{MultiSelect, Select};

use crate::error::{Error, Exit, Result};
use crate::output::prompt::keyboard::{POLL_INTERVAL, columns, ended_by};
use crate::output::prompt::mode::Mode;
use crate::output::wrap::{text_width, wrap_indented};

/// Questions without colours. A question ends with its own colon or question mark.
struct Plain;

impl Theme for Plain {
    fn format_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "{prompt} (arrow keys, then Enter):")
    }

    fn format_select_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        chosen: &str,
    ) -> fmt::Result {
        write_wrapped(f, &format!("{prompt}: {chosen}"))
    }

    fn format_multi_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "{prompt} (Space marks, Enter ends):")
    }

    fn format_multi_select_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        chosen: &[&str],
    ) -> fmt::Result {
        let chosen = match chosen {
            [] => "none".to_owned(),
            chosen => chosen.join(", "),
        };
        write_wrapped(f, &format!("{prompt}: {chosen}"))
    }
}

/// Breaks an answer at blanks, because the terminal would break it inside a word.
fn write_wrapped(f: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    f.write_str(&wrap_indented(text, columns(), 2).join("\n"))
}

/// Returns the exit code of a signal that has arrived.
type Stopped<'a> = &'a dyn Fn() -> Option<Exit>;

/// Lets the user choose one of the items. Returns its index.
pub(super) fn select(
    stopped: Stopped<'_>,
    question: &str,
    items: &[String],
    default: usize,
) -> Result<usize> {
    let items = items.to_vec();
    run(stopped, question, move |prompt, term| {
        Select::with_theme(&Plain)
            .with_prompt(prompt)
            .items(items)
            .default(default)
            .report(true)
            .interact_on(term)
    })
}

/// Lets the user mark some of the items. Returns their indexes.
pub(super) fn select_several(
    stopped: Stopped<'_>,
    question: &str,
    items: &[String],
) -> Result<Vec<usize>> {
    let items = items.to_vec();
    run(stopped, question, move |prompt, term| {
        MultiSelect::with_theme(&Plain)
            .with_prompt(prompt)
            .items(items)
            .report(true)
            .interact_on(term)
    })
}

/// Prints all rows of the question but the last one, which it returns. `dialoguer` redraws only one row, so a last row that is
/// wider than the terminal is printed, too.
fn print_rows(term: &Term, question: &str) -> String {
    let mut rows = wrap_indented(question, columns(), 0);
    if rows.last().is_some_and(|row| text_width(row) > columns()) {
        rows.push(String::new());
    }
    let last = rows.pop().unwrap_or_default();
    for row in rows {
        // Ignore the error: if the terminal is closed, the dialog reports it.
        let _ = term.write_line(&row);
    }
    last
}

/// Runs a dialog in a thread of its own: a signal would interrupt its wait for a key, and `console` takes every
/// interruption for Ctrl-C. After a signal the thread is left behind; the program ends soon.
fn run<T: Send + 'static>(
    stopped: Stopped<'_>,
    question: &str,
    dialog: impl FnOnce(String, &Term) -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    let _mode = Mode::raw();
    let term = Term::stderr();
    let prompt = print_rows(&term, question);
    let (sender, answers) = mpsc::channel();
    let of_dialog = term.clone();
    thread::spawn(move || {
        // Ignore the error: after a signal, no thread waits for the answer.
        let _ = sender.send(dialog(prompt, &of_dialog));
    });
    let error = loop {
        match answers.recv_timeout(POLL_INTERVAL) {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(dialoguer::Error::IO(error))) => break end_of(&error, stopped()),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(exit) = stopped() {
                    break ended_by("a signal", exit);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                break ended_by("a fault of the dialog", Exit::Failure);
            }
        }
    };
    // Ignore the errors: the terminal may be closed.
    let _ = term.show_cursor();
    let _ = term.write_line("");
    Err(error)
}

/// The error for a dialog that failed. On Ctrl-C, `console` raises SIGINT and then reports an interruption.
fn end_of(error: &io::Error, signal: Option<Exit>) -> Error {
    let cause = match (error.kind(), signal) {
        (_, Some(Exit::Terminated)) => "a signal",
        (io::ErrorKind::Interrupted, _) => "Ctrl-C",
        _ => "the end of the terminal",
    };
    ended_by(cause, signal.unwrap_or(Exit::Interrupted))
}
