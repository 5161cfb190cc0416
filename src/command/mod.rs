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
pub(crate) mod report;
pub(crate) mod restore;
mod signal;
pub(crate) mod simulate;
pub(crate) mod summarize;
pub(crate) mod torn;
pub(crate) mod wait;

use serde::Serialize;
use serde_json::Value;

use crate::command::report::Status;
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
    /// For programs that read the report.
    pub(crate) status: Status,
    /// One line for people.
    pub(crate) summary: Option<String>,
    /// The command's own fields of the report; `None` if the command has printed the one document itself.
    pub(crate) report: Option<Value>,
    /// A failure that did not keep the command from doing the rest.
    pub(crate) failure: Option<Error>,
}

impl Outcome {
    /// Success, with a summary and the fields of the report.
    pub(crate) fn done(summary: impl Into<String>, report: impl Serialize) -> Self {
        Self {
            summary: Some(summary.into()),
            ..Self::new(Exit::Done).with_report(report)
        }
    }

    /// An end with this exit code and the status that follows from it.
    pub(crate) fn new(exit: Exit) -> Self {
        Self {
            exit,
            status: exit.into(),
            summary: None,
            report: None,
            failure: None,
        }
    }

    /// Adds the command's own fields of the report.
    #[must_use]
    pub(crate) fn with_report(mut self, report: impl Serialize) -> Self {
        let report = serde_json::to_value(report).expect("every key of a report is a string");
        self.report = Some(report);
        self
    }
}
