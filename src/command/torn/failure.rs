//! The failures of a target, and the reason why a run ends early.

use crate::api::error::{ApiError, RetryPolicy};
use crate::api::request::Request;
use crate::api::wire::{DecodeError, InvalidItem};
use crate::config::TORN_URL;
use crate::error::{Error, Exit};
use crate::model::run::{FailureCause, RunFailure};
use crate::store::run::Rejected;

/// The reason why a target could not be fetched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// No key has access. Has the last refusal, if a call was made.
    NoAccess(Option<ApiError>),
    /// Torn refused the call, or all attempts failed.
    Refused(ApiError),
    /// The answer, or a part of it, could not be decoded.
    Rejected(Box<Rejected>),
    /// The server repeats pages, so the end of the list cannot be reached.
    Endless,
    /// A list of Torn, which may be incomplete, does not contain the target.
    NotListed,
    /// Torn's complete list does not contain the target.
    Unknown,
    /// The run has ended.
    RunEnded,
}

impl Failure {
    /// Whether the id does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Refused(error) => error.policy() == RetryPolicy::NoSuchId,
            _ => false,
        }
    }

    /// Whether no key has access.
    pub(crate) fn is_no_access(&self) -> bool {
        matches!(self, Self::NoAccess(error)
            if error.as_ref().is_none_or(|error| error.policy() == RetryPolicy::NoAccess))
    }

    /// Whether the daily limit of a category is reached.
    pub(crate) fn is_daily_limit(&self) -> bool {
        matches!(
            self,
            Self::NoAccess(Some(error)) | Self::Refused(error) if error.policy() == RetryPolicy::PauseCategory
        )
    }

    /// Whether the error is transient.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Refused(error) if matches!(error.policy(), RetryPolicy::Retry | RetryPolicy::EndpointClosed)
        )
    }

    /// The error, if Torn or what is on the way to it gave no usable answer however often it was asked.
    pub(crate) fn unanswered(&self) -> Option<&ApiError> {
        match self {
            Self::Refused(error) if error.policy() == RetryPolicy::Retry => Some(error),
            _ => None,
        }
    }

    /// Whether a failure must be reported: a temporary failure, or an invalid answer. Any other refusal of a report or a
    /// history only means that it does not exist.
    pub(crate) fn is_reportable(&self) -> bool {
        self.is_passing() || matches!(self, Self::Rejected(_))
    }

    /// Whether a request for fewer selections may succeed: the key lacks access, or the endpoint is closed.
    pub(crate) fn allows_smaller_request(&self) -> bool {
        match self {
            Self::NoAccess(_) => true,
            Self::Refused(error) => error.policy() == RetryPolicy::EndpointClosed,
            _ => false,
        }
    }

    /// The value of `fetch_runs.cause`; `None` if the run has ended, which has its own cause.
    pub(crate) fn cause(&self) -> Option<FailureCause> {
        match self {
            Self::NoAccess(_) => Some(FailureCause::Keys),
            Self::Refused(error) => Some(cause_of(error)),
            Self::Rejected(_) | Self::Endless => Some(FailureCause::Answers),
            Self::NotListed | Self::Unknown => Some(FailureCause::Targets),
            Self::RunEnded => None,
        }
    }

    /// The text for logs and `fetch_runs`.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::NoAccess(Some(error)) | Self::Refused(error) => error.to_string(),
            Self::NoAccess(None) => "no key can be used for this call now".to_owned(),
            Self::Rejected(rejected) => format!("the answer does not fit: {}", rejected.error),
            Self::Endless => "the pages go round in a circle".to_owned(),
            Self::NotListed => "Torn does not list it".to_owned(),
            Self::Unknown => "Torn does not know it".to_owned(),
            Self::RunEnded => "the run ended before it was fetched".to_owned(),
        }
    }

    /// A failure with the answer that could not be decoded, which is then stored in `rejected_payloads`.
    pub(crate) fn rejected(
        request: &Request,
        entity: &str,
        error: &DecodeError,
        body: String,
    ) -> Self {
        Self::Rejected(Box::new(Rejected {
            endpoint: request.path().to_owned(),
            entity: entity.to_owned(),
            json_path: without_positions(&error.path),
            error: error.to_string(),
            body,
        }))
    }

    /// The failure of an item of a list that could not be decoded.
    pub(crate) fn rejected_item(request: &Request, entity: &str, item: &InvalidItem) -> Self {
        Self::rejected(request, entity, &item.error, item.item.to_string())
    }

    /// The failure of an item whose data violates a rule of the database. The request and the body are not known here.
    pub(crate) fn refused_by_database(entity: &str, error: &Error) -> Self {
        Self::Rejected(Box::new(Rejected {
            endpoint: "-".to_owned(),
            entity: entity.to_owned(),
            json_path: "-".to_owned(),
            error: error.one_line(),
            body: String::new(),
        }))
    }
}

fn cause_of(error: &ApiError) -> FailureCause {
    match error {
        // Torn does not redirect: a network that first wants a login does, or a proxy.
        ApiError::Timeout(_) | ApiError::Unreachable(_) | ApiError::Redirect(_) => {
            FailureCause::Network
        }
        ApiError::UntrustedCertificate(_) | ApiError::ProxyRefuses { .. } => {
            FailureCause::Configuration
        }
        ApiError::TooLarge(_) => FailureCause::Answers,
        ApiError::Unreadable(_) => FailureCause::Torn,
        // Torn's refusals have an error code. Without one, only a limit or a fault of the server is Torn's: a proxy has
        // answered with any other status, such as 404.
        ApiError::Status { .. } if error.policy() == RetryPolicy::FailTarget => {
            FailureCause::Network
        }
        ApiError::Torn { .. } | ApiError::Status { .. } => match error.policy() {
            RetryPolicy::NoSuchId => FailureCause::Targets,
            RetryPolicy::DisableKey
            | RetryPolicy::PauseKey(_)
            | RetryPolicy::NoAccess
            | RetryPolicy::PauseCategory => FailureCause::Keys,
            RetryPolicy::EndRun => FailureCause::Configuration,
            RetryPolicy::Retry
            | RetryPolicy::PauseOwner
            | RetryPolicy::PauseAddress(_)
            | RetryPolicy::Blocked
            | RetryPolicy::ApiClosed
            | RetryPolicy::EndpointClosed
            | RetryPolicy::FailTarget => FailureCause::Torn,
        },
    }
}

/// Replaces the list indexes in a path: `members[3].level` becomes `members[*].level`.
fn without_positions(path: &str) -> String {
    let mut general = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        general.push_str(before);
        general.push_str("[*]");
        rest = after.split_once(']').map_or("", |(_, after)| after);
    }
    general.push_str(rest);
    general
}

/// The reason why a run ends before all targets were fetched.
#[derive(Clone, Debug)]
pub(crate) struct RunEnd {
    /// The exit code if nothing was saved.
    pub(crate) exit: Exit,
    pub(crate) reason: String,
    pub(crate) help: String,
    pub(crate) cause: FailureCause,
    /// Torn's time in unix seconds, if this machine's clock is wrong.
    pub(crate) real_time: Option<i64>,
}

impl RunEnd {
    pub(super) fn new(
        exit: Exit,
        cause: FailureCause,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            exit,
            cause,
            reason: reason.into(),
            help: help.into(),
            real_time: None,
        }
    }

    /// Returns the failure that `fetch_runs` records.
    pub(crate) fn failure(self) -> RunFailure {
        RunFailure {
            message: self.reason,
            cause: Some(self.cause),
        }
    }

    /// The error of a command that saves nothing. `action` completes the sentence "could not …".
    pub(crate) fn into_error(self, action: impl Into<String>) -> Error {
        Error::new(action)
            .with_source(self.reason)
            .with_help(self.help)
            .with_exit(self.exit)
    }

    pub(super) fn closed(error: &ApiError) -> Self {
        Self::new(
            Exit::TryLater,
            cause_of(error),
            error.to_string(),
            "wait until Torn opens its API again; a scheduler may just try again",
        )
    }

    pub(crate) fn not_answering(error: &ApiError, route: &str) -> Self {
        let help = match error {
            // The server has answered, so the network works.
            ApiError::Status { .. } | ApiError::Torn { .. } | ApiError::Unreadable(_) => {
                "run it again later; a scheduler may just try again".to_owned()
            }
            _ => format!("check the network, and that {route} can be reached"),
        };
        Self::new(
            Exit::TryLater,
            cause_of(error),
            match error {
                // These say by themselves that Torn does not answer.
                ApiError::Unreachable(_) | ApiError::Timeout(_) => error.to_string(),
                _ => format!("Torn is not answering: {error}"),
            },
            help,
        )
    }

    pub(super) fn misconfigured(error: &ApiError) -> Self {
        Self::new(
            Exit::Config,
            cause_of(error),
            error.to_string(),
            error.help().unwrap_or_default(),
        )
    }

    /// The end of a run after an error of the database.
    pub(super) fn broken(error: &Error) -> Self {
        Self::new(
            error.exit(),
            FailureCause::Storage,
            error.one_line(),
            error.help().unwrap_or("run `tornsnap health`"),
        )
    }
}

/// Adds the address to the error about a missing access, if it is not Torn's. A server with a wrong path answers as if the key
/// had no access.
pub(crate) fn with_address_of_torn(error: Error, address: &str) -> Error {
    if address == TORN_URL {
        return error;
    }
    error.with_more_help(&format!(
        "if the keys have it, correct the address of Torn, which is {address} here"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_same_for_every_item_of_a_list() {
        for (path, general) in [
            ("members[3].level", "members[*].level"),
            (
                "wars.territory[0].factions[1].id",
                "wars.territory[*].factions[*].id",
            ),
            ("profile.level", "profile.level"),
            ("odd[", "odd[*]"),
        ] {
            assert_eq!(without_positions(path), general);
        }
    }
}
