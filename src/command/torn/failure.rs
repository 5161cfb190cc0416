//! Why a call brought nothing, and why a run ends early.

use crate::api::error::{ApiError, RetryPolicy};
use crate::api::request::Request;
use crate::api::wire::DecodeError;
use crate::error::{Error, Exit};
use crate::store::run::Rejected;

/// Why a target could not be had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// No key here may ask that; the last refusal, if one was asked.
    NoAccess(Option<ApiError>),
    /// Torn refused, or a passing fault outlasted every retry.
    Refused(ApiError),
    /// The answer, or a part of it, did not fit.
    Rejected(Box<Rejected>),
    /// The list cannot be read to its end.
    Endless,
    /// Torn does not list something that it should.
    NotListed,
    /// The run has ended for everybody.
    RunEnded,
}

impl Failure {
    /// Whether Torn knows no such id.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(error) if error.policy() == RetryPolicy::NoSuchId)
    }

    /// Whether no key may ask that.
    pub(crate) fn is_no_access(&self) -> bool {
        matches!(self, Self::NoAccess(error)
            if error.as_ref().is_none_or(|error| error.policy() == RetryPolicy::NoAccess))
    }

    /// Whether the fault may pass by itself.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Refused(error) if matches!(error.policy(), RetryPolicy::Retry | RetryPolicy::EndpointClosed)
        )
    }

    /// Whether a smaller question may be answered: the key lacks access, or that endpoint is closed.
    pub(crate) fn allows_a_smaller_question(&self) -> bool {
        match self {
            Self::NoAccess(_) => true,
            Self::Refused(error) => error.policy() == RetryPolicy::EndpointClosed,
            _ => false,
        }
    }

    /// For logs and `fetch_runs`.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::NoAccess(Some(error)) | Self::Refused(error) => error.to_string(),
            Self::NoAccess(None) => "no key may ask that now".to_owned(),
            Self::Rejected(rejected) => format!("the answer does not fit: {}", rejected.error),
            Self::Endless => "the pages go round in a circle".to_owned(),
            Self::NotListed => "Torn does not list it".to_owned(),
            Self::RunEnded => "the run ended before".to_owned(),
        }
    }

    /// A part of an answer that does not fit, to be kept.
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
}

/// The same place in every list: `members[3].level` becomes `members[*].level`.
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

/// Why a run ends before everything was asked.
#[derive(Clone, Debug)]
pub(crate) struct RunEnd {
    /// How the process ends when nothing was saved.
    pub(crate) exit: Exit,
    /// The reason.
    pub(crate) why: String,
    /// The remedy for the user.
    pub(crate) remedy: String,
    /// The time that Torn told, when our clock is wrong; unix seconds.
    pub(crate) real_time: Option<i64>,
}

impl RunEnd {
    pub(super) fn new(exit: Exit, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            exit,
            why: why.into(),
            remedy: remedy.into(),
            real_time: None,
        }
    }

    pub(super) fn closed(error: &ApiError) -> Self {
        Self::new(
            Exit::TryLater,
            error.to_string(),
            "wait until Torn opens its API again; a scheduler may just try again",
        )
    }

    pub(super) fn not_answering(error: &ApiError, route: &str) -> Self {
        let remedy = match error {
            // Something answers, so that the network is well.
            ApiError::Status { .. } | ApiError::Torn { .. } | ApiError::Unreadable(_) => {
                "run it again later; a scheduler may just try again".to_owned()
            }
            _ => format!("check the network, and that {route} can be reached"),
        };
        Self::new(
            Exit::TryLater,
            format!("Torn is not answering: {error}"),
            remedy,
        )
    }

    pub(super) fn misconfigured(error: &ApiError) -> Self {
        Self::new(
            Exit::Config,
            error.to_string(),
            error.help().unwrap_or_default(),
        )
    }

    /// A failure of the database ends the run as well.
    pub(super) fn broken(error: &Error) -> Self {
        Self::new(
            error.exit(),
            error.one_line(),
            error.help().unwrap_or("run `tornsnap health`"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_is_the_same_for_every_item() {
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
