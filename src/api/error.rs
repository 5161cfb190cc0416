//! Why a call brings no value back, and what each error means, as one table.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::api::agent::TRUST;
use crate::api::request::Endpoint;
use crate::api::wire::scalar::Integer;
use crate::model::proxy::Proxy;

/// Why a call brought no value back.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ApiError {
    /// Torn's own error, usually with HTTP 200.
    #[error("Torn answered error {code}: {text}")]
    Torn {
        /// Torn's number.
        code: i64,
        /// Torn's words.
        text: String,
    },
    /// An HTTP status without Torn's own error in the body.
    #[error("HTTP status {status}")]
    Status {
        /// The number.
        status: u16,
        /// The wait that the server asked for.
        retry_after: Option<Duration>,
    },
    /// A body that is no JSON object.
    #[error("the answer is not JSON ({0})")]
    Unreadable(String),
    /// A body beyond all measure.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The answer leads to another address.
    #[error(
        "the answer is a redirect (HTTP {0}), which is not followed: a key must not travel elsewhere"
    )]
    Redirect(u16),
    /// The server is there, but its certificate is not trusted, has expired or is not valid yet.
    #[error("the certificate is not trusted: {0}")]
    UntrustedCertificate(String),
    /// The proxy is there, but makes no connection for us.
    #[error("the proxy {proxy} refuses the connection with HTTP status {status}")]
    ProxyRefuses {
        proxy: Proxy,
        /// The status of its answer to CONNECT.
        status: u16,
    },
    /// No answer in time.
    #[error("no answer within {} seconds", .0.as_secs())]
    Timeout(Duration),
    /// No connection, or one that broke.
    #[error("{0}")]
    Unreachable(String),
}

/// The meaning of an error for the call, its key, its owner and the run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RetryPolicy {
    /// A passing fault: the same call may succeed in a moment.
    Retry,
    /// The key's owner asks too often: keys of others may go on.
    PauseOwner,
    /// This address asks too often: nobody may go on for so long, if the server said how long.
    PauseAddress(Option<Duration>),
    /// The key does not exist.
    DisableKey,
    /// The key is of no use for now (seconds).
    PauseKey(i64),
    /// The key may not read that.
    NoAccess,
    /// The key's owner has read the daily share of that category.
    RestFromCategory,
    /// Torn has blocked this address.
    Blocked,
    /// Torn's API is closed.
    ApiClosed,
    /// This endpoint is closed.
    EndpointClosed,
    /// There is nothing with that id.
    NoSuchId,
    /// This target fails, everything else goes on.
    FailTarget,
    /// No call can succeed before somebody changes something.
    EndRun,
}

/// Seconds that a key rests which is unusable, but not for good: it is asked about again daily.
pub(crate) const KEY_REST: i64 = 24 * 3600;

/// Seconds that a key rests from a category whose daily limit it has reached.
pub(crate) const CATEGORY_REST: i64 = 24 * 3600;

/// Seconds without any call after Torn has blocked this address.
pub(crate) const BLOCK_REST: i64 = 600;

/// How often a call is tried that meets passing faults.
const ATTEMPTS: u32 = 4;

/// The longest wait between two tries.
const LONGEST_RETRY: Duration = Duration::from_secs(20);

impl ApiError {
    /// The policy for this error. The codes are those of the published description, 0 to 32.
    pub(crate) fn policy(&self) -> RetryPolicy {
        match self {
            Self::Torn { code, .. } => match code {
                0 | 11 | 12 | 15 | 17 | 31 => RetryPolicy::Retry,
                2 => RetryPolicy::DisableKey,
                4 | 7 | 16 => RetryPolicy::NoAccess,
                5 => RetryPolicy::PauseOwner,
                6 => RetryPolicy::NoSuchId,
                8 => RetryPolicy::Blocked,
                9 => RetryPolicy::ApiClosed,
                1 | 10 | 13 | 18 => RetryPolicy::PauseKey(KEY_REST),
                14 => RetryPolicy::RestFromCategory,
                24 => RetryPolicy::EndpointClosed,
                _ => RetryPolicy::FailTarget,
            },
            Self::Status {
                status: 429,
                retry_after,
            } => RetryPolicy::PauseAddress(*retry_after),
            // 403 without Torn's own error is Cloudflare's challenge page.
            Self::Status {
                status: 403 | 408 | 500..=599,
                ..
            }
            | Self::Unreadable(_)
            | Self::Timeout(_)
            | Self::Unreachable(_) => RetryPolicy::Retry,
            Self::UntrustedCertificate(_) | Self::ProxyRefuses { .. } => RetryPolicy::EndRun,
            Self::Status { .. } | Self::TooLarge(_) | Self::Redirect(_) => RetryPolicy::FailTarget,
        }
    }

    /// The change to make on this machine, where [`RetryPolicy::EndRun`] says that trying again cannot help.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::UntrustedCertificate(_) => Some(TRUST.to_owned()),
            Self::ProxyRefuses { proxy, status: 407 } => Some(format!(
                "put the user and password that the proxy wants into {}: http://user:password@host:port",
                proxy.variable()
            )),
            Self::ProxyRefuses { proxy, .. } => Some(format!(
                "ask who runs the proxy to let this program through, correct {}, or list the host in NO_PROXY",
                proxy.variable()
            )),
            _ => None,
        }
    }

    /// Whether the key may never ask that, whoever it is about (code 16). Codes 4 and 7 may depend on the id.
    pub(crate) fn is_for_every_id(&self) -> bool {
        matches!(self, Self::Torn { code: 16, .. })
    }

    /// How long to wait after failed try number `attempt` (1 and up), or `None` to give up.
    ///
    /// `jitter` is from 0 to 1; waits double and spread between half and the whole, so that many callers do not
    /// come back at once.
    pub(crate) fn retry_delay(
        &self,
        attempt: u32,
        first: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if self.policy() != RetryPolicy::Retry || attempt >= ATTEMPTS {
            return None;
        }
        let asked = match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        if asked.is_some_and(|asked| asked > LONGEST_RETRY) {
            return None; // The next run comes sooner than that.
        }
        let doubled = first
            .saturating_mul(2_u32.saturating_pow(attempt - 1))
            .min(LONGEST_RETRY);
        let spread = doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        Some(asked.map_or(spread, |asked| asked.max(spread)))
    }
}

/// An error that one selection of an answer carries instead of data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SelectionError {
    pub(crate) selection: &'static str,
    pub(crate) error: ApiError,
}

/// Takes the selections out of an answer that carry an error of their own, such as
/// `{"profile": {…}, "battlestats": {"code": 16, "error": "…"}}`.
pub fn take_selection_errors(body: &mut Value, endpoint: Endpoint) -> Vec<SelectionError> {
    let Some(fields) = body.as_object_mut() else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    fields.retain(|field, value| {
        let name = field.to_lowercase();
        let selection = endpoint.selections.iter().find(|known| **known == name);
        match (selection, torn_error(value)) {
            (Some(selection), Some(error)) => {
                errors.push(SelectionError { selection, error });
                false
            }
            _ => true,
        }
    });
    errors
}

/// The error of a whole answer: `{"code": 2, "error": "Incorrect key"}`. The code alone is enough.
pub(crate) fn whole_error(value: &Value) -> Option<ApiError> {
    let code = Integer::deserialize(value.get("code")?).ok()?.0;
    let text = value.get("error").and_then(Value::as_str);
    Some(ApiError::Torn {
        code,
        text: text.unwrap_or("no text").chars().take(200).collect(),
    })
}

/// The error of a selection. Data may have a code as well, so that the text is needed.
fn torn_error(value: &Value) -> Option<ApiError> {
    match value.get("error")? {
        Value::String(_) | Value::Null => whole_error(value),
        _ => None,
    }
}

/// How long an owner pauses after the `nth` "too many requests" since the last success (1 and up), `first` being 15
/// seconds; `None`: no more in this run.
///
/// Torn counts over a rolling minute, so that part of the allowance is back after a quarter of it.
pub(crate) fn owner_pause(nth: u32, first: Duration) -> Option<Duration> {
    match nth {
        0 | 1 => Some(first),
        2 => Some(first * 2),
        3 => Some(first * 4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::request::Request;

    fn torn(code: i64) -> ApiError {
        ApiError::Torn {
            code,
            text: String::new(),
        }
    }

    fn status(status: u16) -> ApiError {
        ApiError::Status {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn every_error_code_has_its_meaning() {
        use RetryPolicy::*;

        let table = [
            (0, Retry),
            (1, PauseKey(KEY_REST)),
            (2, DisableKey),
            (3, FailTarget),
            (4, NoAccess),
            (5, PauseOwner),
            (6, NoSuchId),
            (7, NoAccess),
            (8, Blocked),
            (9, ApiClosed),
            (10, PauseKey(KEY_REST)),
            (11, Retry),
            (12, Retry),
            (13, PauseKey(KEY_REST)),
            (14, RestFromCategory),
            (15, Retry),
            (16, NoAccess),
            (17, Retry),
            (18, PauseKey(KEY_REST)),
            (19, FailTarget),
            (20, FailTarget),
            (21, FailTarget),
            (22, FailTarget),
            (23, FailTarget),
            (24, EndpointClosed),
            (25, FailTarget),
            (26, FailTarget),
            (27, FailTarget),
            (28, FailTarget),
            (29, FailTarget),
            (30, FailTarget),
            (31, Retry),
            (32, FailTarget),
            (33, FailTarget),
            (-1, FailTarget),
        ];
        for (code, policy) in table {
            assert_eq!(torn(code).policy(), policy, "code {code}");
        }
    }

    #[test]
    fn every_fault_of_the_way_has_its_meaning() {
        let table = [
            (status(500), RetryPolicy::Retry),
            (status(503), RetryPolicy::Retry),
            (status(408), RetryPolicy::Retry),
            (status(403), RetryPolicy::Retry),
            (status(404), RetryPolicy::FailTarget),
            (status(429), RetryPolicy::PauseAddress(None)),
            (ApiError::Redirect(302), RetryPolicy::FailTarget),
            (ApiError::TooLarge(9), RetryPolicy::FailTarget),
            (ApiError::Unreadable(String::new()), RetryPolicy::Retry),
            (ApiError::Timeout(Duration::ZERO), RetryPolicy::Retry),
            (ApiError::Unreachable(String::new()), RetryPolicy::Retry),
            (
                ApiError::UntrustedCertificate(String::new()),
                RetryPolicy::EndRun,
            ),
            (
                ApiError::ProxyRefuses {
                    proxy: Proxy::new("HTTPS_PROXY", "http://proxy"),
                    status: 407,
                },
                RetryPolicy::EndRun,
            ),
        ];
        for (error, policy) in table {
            assert_eq!(error.policy(), policy, "{error}");
        }
    }

    #[test]
    fn a_selection_that_carries_an_error_is_taken_out_of_the_answer() {
        let endpoint = Request::key_owner(true).endpoint;
        let mut body = json!({
            "profile": { "id": 1, "name": "A" },
            "battlestats": { "code": 16, "error": "no access" },
            "personalstats": { "code": "14", "error": "limit" },
            "other": { "code": 1, "error": "not asked for" },
        });

        let errors = take_selection_errors(&mut body, endpoint);

        let codes: Vec<_> = errors
            .iter()
            .map(|failed| (failed.selection, failed.error.policy()))
            .collect();
        assert_eq!(
            codes,
            [
                ("battlestats", RetryPolicy::NoAccess),
                ("personalstats", RetryPolicy::RestFromCategory)
            ]
        );
        let left: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(left, ["other", "profile"]);
    }

    #[test]
    fn only_passing_faults_are_retried_and_not_for_ever() {
        let first = Duration::from_millis(400);

        assert_eq!(status(503).retry_delay(1, first, 1.0), Some(first));
        assert_eq!(status(503).retry_delay(1, first, 0.0), Some(first / 2));
        assert_eq!(status(503).retry_delay(3, first, 1.0), Some(first * 4));
        assert_eq!(status(503).retry_delay(4, first, 1.0), None, "gives up");
        assert_eq!(status(404).retry_delay(1, first, 1.0), None, "ours to fix");
        for code in [1, 2, 5, 6, 8, 9, 13, 14, 16, 24] {
            assert_eq!(torn(code).retry_delay(1, first, 1.0), None, "code {code}");
        }
    }

    #[test]
    fn what_the_server_asks_to_wait_is_waited_unless_it_is_too_long() {
        let asks = |seconds| ApiError::Status {
            status: 503,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let first = Duration::from_millis(1);

        assert_eq!(
            asks(7).retry_delay(1, first, 1.0),
            Some(Duration::from_secs(7))
        );
        assert_eq!(asks(3600).retry_delay(1, first, 1.0), None);
    }
}
