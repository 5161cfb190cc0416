//! The subcommands, one module each. They combine the layers below.

pub(crate) mod backup;
pub(crate) mod clock;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
mod demo_config;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod init;
mod list_value;
mod locked_database;
pub(crate) mod log;
pub(crate) mod lost_database;
pub(crate) mod man;
mod new_folders;
pub(crate) mod own_files;
pub(crate) mod prune;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod schedule;
mod signal;
pub(crate) mod simulate;
pub(crate) mod summarize;
pub(crate) mod torn;
pub(crate) mod wait;

use serde::Serialize;
use serde_json::Value;

#[cfg(unix)]
pub(crate) use signal::let_large_writes_fail;

use crate::command::report::Status;
use crate::config::{Overrides, Settings};
use crate::error::{Error, Exit};
use crate::output::progress::Progress;
use crate::output::terminal::Verbosity;

/// The settings and the kind of output of an invocation, which every command receives beside its own arguments.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    /// The settings from the command line. They are already applied to `settings`.
    pub(crate) overrides: Overrides,
    pub(crate) verbosity: Verbosity,
    /// Whether stdout gets one JSON document.
    pub(crate) json: bool,
}

impl Context {
    /// Whether to show a progress bar: not with `--quiet` or `--json`, and only on a terminal.
    pub(crate) fn shows_progress(&self) -> bool {
        self.verbosity >= Verbosity::Normal && !self.json && crate::output::terminal::is_watched()
    }

    /// A progress bar for the steps of a command; hidden as [`Context::shows_progress`] says.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.shows_progress())
    }
}

/// The result of a command that did not fail.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    pub(crate) status: Status,
    /// One line for stderr.
    pub(crate) summary: Option<String>,
    /// The command's own fields of the JSON report. `None` if the command has printed the document itself.
    pub(crate) report: Option<Value>,
    /// A failure that did not prevent the rest of the command.
    pub(crate) failure: Option<Error>,
}

impl Outcome {
    /// A success with this summary and these fields of the JSON report.
    pub(crate) fn done(summary: impl Into<String>, report: impl Serialize) -> Self {
        Self {
            summary: Some(summary.into()),
            ..Self::new(Exit::Done).with_report(report)
        }
    }

    /// A result with this exit code and the matching status.
    pub(crate) fn new(exit: Exit) -> Self {
        Self {
            exit,
            status: exit.into(),
            summary: None,
            report: None,
            failure: None,
        }
    }

    /// Adds a failure after the work that the summary and the report describe, with its exit code.
    #[must_use]
    pub(crate) fn with_failure(mut self, failure: Option<Error>) -> Self {
        if let Some(error) = &failure {
            self.exit = error.exit();
            self.status = self.exit.into();
        }
        self.failure = failure;
        self
    }

    /// Adds the command's own fields of the JSON report.
    #[must_use]
    pub(crate) fn with_report(mut self, report: impl Serialize) -> Self {
        let report = serde_json::to_value(report).expect("every key of a report is a string");
        self.report = Some(report);
        self
    }
}
