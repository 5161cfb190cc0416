//! Questions to the user on a terminal.

use std::io::{self, IsTerminal};

use dialoguer::{Confirm, Input, Password};

use crate::error::{Error, Exit, Result};

/// Whether there is a terminal to ask and answer questions.
#[expect(
    clippy::disallowed_methods,
    reason = "only asks whether stderr is a terminal"
)]
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line of text. An empty line means `default`.
pub(crate) fn line(question: &str, default: &str) -> Result<String> {
    Input::new()
        .with_prompt(question)
        .default(default.to_owned())
        .allow_empty(true)
        .interact_text()
        .map_err(|error| unanswered(question, error))
}

/// Asks for a line that is not shown while it is typed. It may be empty.
pub(crate) fn secret(question: &str) -> Result<String> {
    Password::new()
        .with_prompt(question)
        .allow_empty_password(true)
        .interact()
        .map_err(|error| unanswered(question, error))
}

/// Asks a yes-or-no question. Without a terminal it fails, and the help names `flag`, which answers yes.
pub(crate) fn confirm(question: &str, flag: &str) -> Result<bool> {
    if !is_possible() {
        return Err(Error::new(format!("ask \"{question}\""))
            .with_source("a question needs a terminal, and stdin or stderr is none")
            .with_help(format!("add {flag} if the answer is yes"))
            .with_exit(Exit::Config));
    }
    Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(|error| unanswered(question, error))
}

fn unanswered(question: &str, error: dialoguer::Error) -> Error {
    Error::new(format!("get an answer to \"{question}\"")).with_source(error)
}
