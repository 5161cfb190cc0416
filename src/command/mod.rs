//! The subcommands, one file each: they decide the order of things and put the other rooms together.

pub mod backup;
pub mod clock;
pub mod demo;
pub mod export;
pub mod fetch;
pub mod health;
pub mod init;
pub mod log_file;
pub mod prune;
mod prune_future;
pub mod restore;
mod signal;
pub mod simulate;
pub mod summarize;
pub mod torn;
pub mod wait;

use serde_json::Value;

use crate::config::{Overrides, Settings};
use crate::error::{Error, Exit};
use crate::output::terminal::Verbosity;

/// What every command is given.
#[derive(Debug)]
pub struct Context {
    /// The settings.
    pub settings: Settings,
    /// What the command line said of them.
    pub overrides: Overrides,
    /// How much to say.
    pub verbosity: Verbosity,
    /// Whether stdout is for one JSON document.
    pub json: bool,
}

impl Context {
    /// Whether a progress bar belongs on the screen.
    pub fn shows_progress(&self) -> bool {
        self.verbosity >= Verbosity::Normal && crate::output::terminal::is_watched()
    }
}

/// How a command ended that did not fail.
#[derive(Debug)]
pub struct Outcome {
    /// For the scheduler.
    pub exit: Exit,
    /// One line for people.
    pub summary: Option<String>,
    /// For programs (`--json`); null where the command has already written the one document.
    pub report: Value,
    /// What went wrong all the same.
    pub failure: Option<Error>,
}

impl Outcome {
    /// Done, in one line, with a report.
    pub fn done(summary: impl Into<String>, report: Value) -> Self {
        Self {
            exit: Exit::Done,
            summary: Some(summary.into()),
            report,
            failure: None,
        }
    }
}
