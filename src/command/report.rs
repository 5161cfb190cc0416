//! The JSON document that `--json` prints: one envelope around the fields of the command.

use serde::Serialize;
use serde_json::Value;

use crate::command::Outcome;
use crate::error::{Error, Exit};

/// The envelope. The fields of the command are flattened into it.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    /// `None` when the command line names no command.
    command: Option<&'a str>,
    status: Status,
    exit_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorReport>,
    #[serde(flatten)]
    body: Option<&'a Value>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    Partial,
    Interrupted,
    Failed,
    /// `fetch --plan`: nothing was requested.
    Planned,
    /// The user answered no.
    Declined,
}

impl From<Exit> for Status {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::Ok,
            Exit::Partial => Self::Partial,
            Exit::Interrupted | Exit::Terminated => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

/// An error: its message, its causes beginning with the outermost, and its help.
#[derive(Debug, Serialize)]
struct ErrorReport {
    message: String,
    because: Vec<String>,
    r#try: Option<String>,
}

impl<'a> Report<'a> {
    /// The report of a command that did not fail; `None` if the command has printed its own document.
    pub(crate) fn of_outcome(command: &'a str, outcome: &'a Outcome) -> Option<Self> {
        outcome.report.as_ref().map(|body| Self {
            command: Some(command),
            status: outcome.status,
            exit_code: outcome.exit.code(),
            error: outcome.failure.as_ref().map(ErrorReport::from),
            body: Some(body),
        })
    }

    /// The report of a command that failed.
    pub(crate) fn of_error(command: &'a str, error: &Error) -> Self {
        Self {
            command: Some(command),
            status: error.exit().into(),
            exit_code: error.exit().code(),
            error: Some(error.into()),
            body: None,
        }
    }

    /// The report of a command line that clap rejected.
    pub(crate) fn of_usage(command: Option<&'a str>, message: &str, help: String) -> Self {
        Self {
            command,
            status: Status::Failed,
            exit_code: Exit::Usage.code(),
            error: Some(ErrorReport {
                message: message.to_owned(),
                because: Vec::new(),
                r#try: Some(help),
            }),
            body: None,
        }
    }
}

impl From<&Error> for ErrorReport {
    fn from(error: &Error) -> Self {
        Self {
            message: error.to_string(),
            because: error.causes(),
            r#try: error.help().map(str::to_owned),
        }
    }
}
