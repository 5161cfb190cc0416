//! Questions to the user on a terminal.
//!
//! `dialoguer` lets the user choose from lists (`dialog`). Its dialogs ignore Ctrl-D and have no place to change that, so
//! `confirm` asks yes-or-no questions, and `line` reads texts key by key with `console`. Other reasons for `line`:
//!
//! - Keys. `Password` reads on after Ctrl-C, throws away what was pasted before the question, and leaves the second line of
//!   a pasted text to the next question, which shows it.
//! - Pasted lists. `Input` ends at the first line break, and the rest would answer the next questions.
//! - All answers on a terminal that cannot move the cursor (`TERM=dumb`).

mod confirm;
mod dialog;
mod keyboard;
mod line;
mod mode;

use std::io::{self, IsTerminal};

use crate::error::{Error, Exit, Result};
use crate::output::prompt::keyboard::Keyboard;
use crate::output::prompt::line::{LINE_BREAK, LineStyle};
use crate::output::prompt::mode::Mode;
use crate::output::terminal;

/// Whether there is a terminal to ask and answer questions.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stderr is a terminal"
)]
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a yes-or-no question. Without a terminal it fails, and the help names `flag`, which answers yes. `stopped` returns
/// the exit code of a signal that has arrived.
pub(crate) fn confirm(
    question: &str,
    flag: &str,
    stopped: &dyn Fn() -> Option<Exit>,
) -> Result<bool> {
    if !is_possible() {
        return Err(Error::new(format!("ask \"{question}\""))
            .with_source("a question needs a terminal, and stdin or stderr is none")
            .with_help(format!("add {flag} if the answer is yes"))
            .with_exit(Exit::Config));
    }
    Prompt::new(stopped).confirm(question, false)
}

/// Asks several questions. While it exists, the terminal does not show what is typed between the questions: a key that is
/// pasted too early stays hidden.
///
/// Each question fails with [`Exit::Interrupted`] on Ctrl-C and when the terminal is closed. Ctrl-D does the same, but not
/// where a choice is made with the arrow keys.
pub(crate) struct Prompt<'a> {
    /// The exit code of a signal that has arrived.
    stopped: &'a dyn Fn() -> Option<Exit>,
    _mode: Mode,
}

impl<'a> Prompt<'a> {
    pub(crate) fn new(stopped: &'a dyn Fn() -> Option<Exit>) -> Self {
        Self {
            stopped,
            _mode: Mode::without_echo(),
        }
    }

    /// Asks a yes-or-no question. An empty line means `default`.
    pub(crate) fn confirm(&self, question: &str, default: bool) -> Result<bool> {
        if !console::is_dumb() {
            return confirm::ask(&Keyboard::open(self.stopped), question, default);
        }
        let choices = if default { "[Y/n]" } else { "[y/N]" };
        let question = format!("{question} {choices}");
        loop {
            let answer = self.read(&question, LineStyle::Shown)?;
            match answer.trim().to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => terminal::print_wrapped("Type y for yes or n for no.", 0),
            }
        }
    }

    /// Asks for a line of text. An empty line means `default`, which is shown. A pasted text with several lines is asked for
    /// again.
    pub(crate) fn line(&self, question: &str, default: &str) -> Result<String> {
        loop {
            let answer = self.pasted(question, default)?;
            if !answer.contains(LINE_BREAK) {
                return Ok(answer);
            }
            terminal::print_wrapped("That has more than one line. Type or paste one line.", 0);
        }
    }

    /// Asks for a text that may be pasted and have several lines. An empty text means `default`, which is shown.
    pub(crate) fn pasted(&self, question: &str, default: &str) -> Result<String> {
        let question = match default {
            "" => format!("{question}:"),
            default => format!("{question} [{default}]:"),
        };
        let answer = self.read(&question, LineStyle::Shown)?;
        Ok(match answer.trim() {
            "" => default.to_owned(),
            answer => answer.to_owned(),
        })
    }

    /// Asks for a line that is not shown while it is typed.
    pub(crate) fn secret(&self, question: &str) -> Result<String> {
        self.read(&format!("{question}:"), LineStyle::Hidden)
    }

    /// Lets the user choose one of the items with the arrow keys. Returns its index.
    pub(crate) fn select(&self, question: &str, items: &[String], default: usize) -> Result<usize> {
        if console::is_dumb() {
            return self.select_by_number(question, items, default);
        }
        dialog::select(self.stopped, question, items, default)
    }

    /// Lets the user mark some of the items, perhaps none. Returns their indexes.
    pub(crate) fn select_several(&self, question: &str, items: &[String]) -> Result<Vec<usize>> {
        if !console::is_dumb() {
            return dialog::select_several(self.stopped, question, items);
        }
        print_numbered(question, items);
        loop {
            let answer = self.line("Numbers, such as 1, 3 (Enter for none)", "")?;
            let numbers: Option<Vec<usize>> = answer
                .split([',', ' '])
                .filter(|word| !word.is_empty())
                .map(|word| index(word, items.len()))
                .collect();
            match numbers {
                Some(numbers) => return Ok(numbers),
                None => refuse_number(items.len()),
            }
        }
    }

    /// The choice for terminals that cannot move the cursor.
    fn select_by_number(&self, question: &str, items: &[String], default: usize) -> Result<usize> {
        print_numbered(question, items);
        loop {
            let answer = self.line("Number", &(default + 1).to_string())?;
            match index(&answer, items.len()) {
                Some(index) => return Ok(index),
                None => refuse_number(items.len()),
            }
        }
    }

    fn read(&self, question: &str, style: LineStyle) -> Result<String> {
        line::read(&Keyboard::open(self.stopped), question, style)
    }
}

fn print_numbered(question: &str, items: &[String]) {
    terminal::print_wrapped(question, 0);
    for (number, item) in (1..).zip(items) {
        terminal::print_wrapped(&format!("  {number}. {item}"), 5);
    }
}

/// The index of an item from its number.
fn index(number: &str, items: usize) -> Option<usize> {
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    (index < items).then_some(index)
}

fn refuse_number(last: usize) {
    terminal::print_wrapped(&format!("Type a number from 1 to {last}."), 0);
}
