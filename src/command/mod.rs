//! The subcommands, one file each: they decide the order of things and put the other rooms together.

pub(crate) mod backup;
pub(crate) mod clock;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod health;
pub(crate) mod init;
pub(crate) mod log_file;
pub(crate) mod prune;
mod prune_future;
pub(crate) mod restore;
mod signal;
pub(crate) mod simulate;
pub(crate) mod summarize;
pub(crate) mod torn;
pub(crate) mod wait;

use serde_json::Value;

use crate::config::{Overrides, Settings};
use crate::error::{Error, Exit};
use crate::output::terminal::Verbosity;

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    /// What the command line said of them.
    pub(crate) overrides: Overrides,
    /// How much to say.
    pub(crate) verbosity: Verbosity,
    /// Whether stdout is for one JSON document.
    pub(crate) json: bool,
}

impl Context {
    /// Whether a progress bar belongs on the screen.
    pub(crate) fn shows_progress(&self) -> bool {
        self.verbosity >= Verbosity::Normal && crate::output::terminal::is_watched()
    }
}

/// How a command ended that did not fail.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// For the scheduler.
    pub(crate) exit: Exit,
    /// One line for people.
    pub(crate) summary: Option<String>,
    /// For programs (`--json`); null where the command has already written the one document.
    pub(crate) report: Value,
    /// What went wrong all the same.
    pub(crate) failure: Option<Error>,
}

impl Outcome {
    /// Done, in one line, with a report.
    pub(crate) fn done(summary: impl Into<String>, report: Value) -> Self {
        Self {
            exit: Exit::Done,
            summary: Some(summary.into()),
            report,
            failure: None,
        }
    }
}
