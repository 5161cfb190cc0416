//! The errors of a call to Torn, and the retry policy for each.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::api::agent::TRUST_HELP;
use crate::api::request::Endpoint;
use crate::api::wire::scalar::Integer;
use crate::model::proxy::Proxy;

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ApiError {
    /// Torn's error object, usually with HTTP 200.
    #[error("Torn answered error {code}: {text}")]
    Torn {
        code: i64,
        /// Torn's error message.
        text: String,
    },
    /// An HTTP error status, and the body has no error object of Torn.
    #[error("HTTP status {status}")]
    Status {
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<Duration>,
    },
    /// The body is not a JSON object. The text says what it is instead.
    #[error("the answer is {0}")]
    Unreadable(String),
    /// The body exceeds the maximum size.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// A redirect. It is not followed.
    #[error(
        "the answer is a redirect (HTTP {0}), which is not followed: the key is not sent to another host"
    )]
    Redirect(u16),
    /// The certificate of the server or proxy is not trusted, or this machine has no CA certificates.
    #[error("the certificate is not trusted: {0}")]
    UntrustedCertificate(String),
    /// The proxy refused to connect to Torn.
    #[error("the proxy {proxy} refuses the connection with HTTP status {status}")]
    ProxyRefuses {
        proxy: Proxy,
        /// The HTTP status of the proxy's response to CONNECT.
        status: u16,
    },
    /// No response within the timeout.
    #[error("no answer within {} seconds", .0.as_secs())]
    Timeout(Duration),
    /// The connection failed or was interrupted.
    #[error("{0}")]
    Unreachable(String),
}

/// The reaction to an error: what happens to the call, its key, the key's owner and the run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RetryPolicy {
    /// A transient error: the same call is retried.
    Retry,
    /// The key's owner has made too many requests. Keys of other owners are used meanwhile.
    PauseOwner,
    /// This IP address has made too many requests. All calls pause; the server may have named the duration.
    PauseAddress(Option<Duration>),
    /// Torn does not know the key. It is not used again.
    DisableKey,
    /// The key cannot be used for this number of seconds.
    PauseKey(i64),
    /// The key has no access to this endpoint.
    NoAccess,
    /// The key's owner has reached the daily limit of this category.
    PauseCategory,
    /// Torn has blocked this IP address. The run ends.
    Blocked,
    /// Torn has closed its API. The run ends.
    ApiClosed,
    /// Torn has closed this endpoint. It is not called again in this run.
    EndpointClosed,
    /// There is no entity with this id.
    NoSuchId,
    /// This target fails; the run continues.
    FailTarget,
    /// The run ends, because no call can succeed before the user changes the configuration or the machine.
    EndRun,
}

/// The pause of a key that Torn refuses but may accept later. It is checked again after a day.
pub(crate) const KEY_PAUSE_SECONDS: i64 = 24 * 3600;

/// The pause after the daily limit of a category was reached.
pub(crate) const CATEGORY_PAUSE_SECONDS: i64 = 24 * 3600;

/// The pause of all calls after Torn has blocked this address.
pub(crate) const BLOCK_PAUSE_SECONDS: i64 = 600;

/// The maximum number of attempts of a call with transient errors.
const MAX_ATTEMPTS: u32 = 4;

/// The maximum delay between two attempts.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(20);

impl ApiError {
    /// The policy for this error. Torn's API description documents the codes 0 to 32.
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
                1 | 10 | 13 | 18 => RetryPolicy::PauseKey(KEY_PAUSE_SECONDS),
                14 => RetryPolicy::PauseCategory,
                24 => RetryPolicy::EndpointClosed,
                _ => RetryPolicy::FailTarget,
            },
            Self::Status {
                status: 429,
                retry_after,
            } => RetryPolicy::PauseAddress(*retry_after),
            // A 403 without an error object of Torn is Cloudflare's challenge page.
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

    /// The help text for an error with [`RetryPolicy::EndRun`]: the change to make on this machine.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::UntrustedCertificate(_) => Some(TRUST_HELP.to_owned()),
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

    /// Whether the refusal applies to every id (code 16). Codes 4 and 7 may depend on the id.
    pub(crate) fn applies_to_every_id(&self) -> bool {
        matches!(self, Self::Torn { code: 16, .. })
    }

    /// The delay after failed attempt number `attempt` (from 1), or `None` to give up.
    ///
    /// The delay doubles with each attempt. `jitter` (0 to 1) scales it to between half and all of that, so that
    /// concurrent callers do not retry at the same time.
    pub(crate) fn retry_delay(
        &self,
        attempt: u32,
        first: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if self.policy() != RetryPolicy::Retry || attempt >= MAX_ATTEMPTS {
            return None;
        }
        let retry_after = match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        if retry_after.is_some_and(|time| time > MAX_RETRY_DELAY) {
            return None; // The next scheduled run starts earlier than that.
        }
        let doubled = first
            .saturating_mul(2_u32.saturating_pow(attempt - 1))
            .min(MAX_RETRY_DELAY);
        let spread = doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        Some(retry_after.map_or(spread, |time| time.max(spread)))
    }
}

/// The error that a response has in place of the data of one selection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SelectionError {
    pub(crate) selection: &'static str,
    pub(crate) error: ApiError,
}

/// Removes the selections with an error from a response, and returns the errors.
///
/// Example: `{"profile": {…}, "battlestats": {"code": 16, "error": "…"}}`.
pub fn take_selection_errors(body: &mut Value, endpoint: Endpoint) -> Vec<SelectionError> {
    let Some(fields) = body.as_object_mut() else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    fields.retain(|field, value| {
        let name = field.to_lowercase();
        let selection = endpoint.selections.iter().find(|known| **known == name);
        match (selection, selection_error(value)) {
            (Some(selection), Some(error)) => {
                errors.push(SelectionError { selection, error });
                false
            }
            _ => true,
        }
    });
    errors
}

/// Decodes an error object: `{"code": 2, "error": "Incorrect key"}`. Only `code` is required.
pub(crate) fn response_error(value: &Value) -> Option<ApiError> {
    let code = Integer::deserialize(value.get("code")?).ok()?.0;
    let text = value.get("error").and_then(Value::as_str);
    Some(ApiError::Torn {
        code,
        text: text.unwrap_or("no text").chars().take(200).collect(),
    })
}

/// Decodes the error object of a selection. `error` is required too, because data may have a field `code`.
fn selection_error(value: &Value) -> Option<ApiError> {
    match value.get("error")? {
        Value::String(_) | Value::Null => response_error(value),
        _ => None,
    }
}

/// The pause of an owner after the `nth` "too many requests" since the last success (from 1), or `None` if the owner
/// makes no more calls in this run.
///
/// `first` is 15 seconds by default. Torn counts over a rolling minute, so a part of the limit is available again then.
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
    fn every_error_code_has_a_policy() {
        use RetryPolicy::*;

        let table = [
            (0, Retry),
            (1, PauseKey(KEY_PAUSE_SECONDS)),
            (2, DisableKey),
            (3, FailTarget),
            (4, NoAccess),
            (5, PauseOwner),
            (6, NoSuchId),
            (7, NoAccess),
            (8, Blocked),
            (9, ApiClosed),
            (10, PauseKey(KEY_PAUSE_SECONDS)),
            (11, Retry),
            (12, Retry),
            (13, PauseKey(KEY_PAUSE_SECONDS)),
            (14, PauseCategory),
            (15, Retry),
            (16, NoAccess),
            (17, Retry),
            (18, PauseKey(KEY_PAUSE_SECONDS)),
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
    fn every_http_and_transport_error_has_a_policy() {
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
    fn a_selection_with_an_error_is_removed_from_the_answer() {
        let endpoint = Request::key_owner(true).endpoint;
        let mut body = json!({
            "profile": { "id": 1, "name": "A" },
            "battlestats": { "code": 16, "error": "no access" },
            "personalstats": { "code": "14", "error": "limit" },
            "other": { "code": 1, "error": "not requested" },
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
                ("personalstats", RetryPolicy::PauseCategory)
            ]
        );
        let left: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(left, ["other", "profile"]);
    }

    #[test]
    fn only_transient_errors_are_retried_a_few_times() {
        let first = Duration::from_millis(400);

        assert_eq!(status(503).retry_delay(1, first, 1.0), Some(first));
        assert_eq!(status(503).retry_delay(1, first, 0.0), Some(first / 2));
        assert_eq!(status(503).retry_delay(3, first, 1.0), Some(first * 4));
        assert_eq!(status(503).retry_delay(4, first, 1.0), None, "gives up");
        assert_eq!(
            status(404).retry_delay(1, first, 1.0),
            None,
            "not transient"
        );
        for code in [1, 2, 5, 6, 8, 9, 13, 14, 16, 24] {
            assert_eq!(torn(code).retry_delay(1, first, 1.0), None, "code {code}");
        }
    }

    #[test]
    fn the_delay_is_at_least_retry_after_unless_that_is_too_long() {
        let unavailable = |seconds| ApiError::Status {
            status: 503,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let first = Duration::from_millis(1);

        assert_eq!(
            unavailable(7).retry_delay(1, first, 1.0),
            Some(Duration::from_secs(7))
        );
        assert_eq!(unavailable(3600).retry_delay(1, first, 1.0), None);
    }
}
