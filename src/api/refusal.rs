//! The ways in which a call brings no value back, and what each of them means, as one table.

use std::time::Duration;

use crate::api::agent::TRUST;
use crate::model::proxy::Proxy;

/// Why a call brought no value back.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
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
        /// What the server asked us to wait.
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
    /// No answer in time.
    #[error("no answer within {} seconds", .0.as_secs())]
    Timeout(Duration),
    /// No connection, or one that broke.
    #[error("{0}")]
    Unreachable(String),
    /// The other side is there, but its certificate is not trusted.
    #[error("the certificate is not trusted: {0}")]
    UntrustedCertificate(String),
    /// The proxy is there, but makes no connection for us.
    #[error("the proxy {proxy} refuses the connection with HTTP status {status}")]
    ProxyRefuses {
        /// The proxy.
        proxy: Proxy,
        /// The status of its answer to CONNECT.
        status: u16,
    },
}

/// What a refusal means for the call, its key, its owner and the run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// A passing fault: the same call may succeed in a moment.
    Retry,
    /// The key's owner asks too often: others may go on.
    OwnerPaused,
    /// This address asks too often: nobody may go on for so long, if the server said how long.
    AddressPaused(Option<Duration>),
    /// The key will never work again.
    KeyDead,
    /// The key is of no use for now (seconds).
    KeyPaused(i64),
    /// The key may not read that.
    NoAccess,
    /// The key has read its daily share of that category.
    CategoryUsedUp,
    /// Torn has blocked this address.
    Blocked,
    /// Torn's API is closed.
    Closed,
    /// There is nothing with that id.
    NoSuchId,
    /// The set-up of this machine is wrong: no call will succeed before it is mended (see [`Refusal::remedy`]).
    Misconfigured,
    /// This target fails, everything else goes on.
    TargetFails,
}

/// Seconds that a key rests which is unusable, but not for good: it is asked about again daily.
pub const KEY_REST: i64 = 24 * 3600;

/// Seconds that a key rests from a category whose daily limit it has reached.
pub const CATEGORY_REST: i64 = 24 * 3600;

/// Seconds without any call after Torn has blocked this address.
pub const BLOCK_REST: i64 = 600;

/// How often a call is tried that meets passing faults.
const ATTEMPTS: u32 = 4;

/// The longest wait between two tries.
const LONGEST_RETRY: Duration = Duration::from_secs(20);

impl Refusal {
    /// What it means. The numbers are those of the published description, 0 to 32.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Torn { code, .. } => match code {
                0 | 11 | 12 | 15 | 17 | 31 => Verdict::Retry,
                1 | 2 => Verdict::KeyDead,
                4 | 7 | 16 => Verdict::NoAccess,
                5 => Verdict::OwnerPaused,
                6 => Verdict::NoSuchId,
                8 => Verdict::Blocked,
                9 | 24 => Verdict::Closed,
                10 | 13 | 18 => Verdict::KeyPaused(KEY_REST),
                14 => Verdict::CategoryUsedUp,
                _ => Verdict::TargetFails,
            },
            Self::Status {
                status: 429,
                retry_after,
            } => Verdict::AddressPaused(*retry_after),
            // 403 without Torn's own error is Cloudflare's challenge page.
            Self::Status {
                status: 403 | 408 | 500..=599,
                ..
            }
            | Self::Unreadable(_)
            | Self::Timeout(_)
            | Self::Unreachable(_) => Verdict::Retry,
            Self::UntrustedCertificate(_) | Self::ProxyRefuses { .. } => Verdict::Misconfigured,
            Self::Status { .. } | Self::TooLarge(_) | Self::Redirect(_) => Verdict::TargetFails,
        }
    }

    /// What to mend on this machine, where [`Verdict::Misconfigured`] says that trying again cannot help.
    pub fn remedy(&self) -> Option<String> {
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

    /// How long to wait after failed try number `attempt` (1 and up), or `None` to give up.
    ///
    /// `jitter` is from 0 to 1; waits double and spread between half and the whole, so that many callers do not
    /// come back at once.
    pub fn retry_delay(&self, attempt: u32, first: Duration, jitter: f64) -> Option<Duration> {
        if self.verdict() != Verdict::Retry || attempt >= ATTEMPTS {
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

/// How long an owner pauses after the `nth` "too many requests" in one run (1 and up), `first` being 15 seconds;
/// `None`: no more in this run.
///
/// Torn counts over a rolling minute, so that part of the allowance is back after a quarter of it.
pub fn owner_pause(nth: u32, first: Duration) -> Option<Duration> {
    match nth {
        0 | 1 => Some(first),
        2 => Some(first * 2),
        3 => Some(first * 4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torn(code: i64) -> Refusal {
        Refusal::Torn {
            code,
            text: String::new(),
        }
    }

    fn status(status: u16) -> Refusal {
        Refusal::Status {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn every_error_code_has_its_meaning() {
        use Verdict::*;

        let table = [
            (0, Retry),
            (1, KeyDead),
            (2, KeyDead),
            (3, TargetFails),
            (4, NoAccess),
            (5, OwnerPaused),
            (6, NoSuchId),
            (7, NoAccess),
            (8, Blocked),
            (9, Closed),
            (10, KeyPaused(KEY_REST)),
            (11, Retry),
            (12, Retry),
            (13, KeyPaused(KEY_REST)),
            (14, CategoryUsedUp),
            (15, Retry),
            (16, NoAccess),
            (17, Retry),
            (18, KeyPaused(KEY_REST)),
            (19, TargetFails),
            (20, TargetFails),
            (21, TargetFails),
            (22, TargetFails),
            (23, TargetFails),
            (24, Closed),
            (25, TargetFails),
            (26, TargetFails),
            (27, TargetFails),
            (28, TargetFails),
            (29, TargetFails),
            (30, TargetFails),
            (31, Retry),
            (32, TargetFails),
            (33, TargetFails),
            (-1, TargetFails),
        ];
        for (code, verdict) in table {
            assert_eq!(torn(code).verdict(), verdict, "code {code}");
        }
    }

    #[test]
    fn every_fault_of_the_way_has_its_meaning() {
        let table = [
            (status(500), Verdict::Retry),
            (status(503), Verdict::Retry),
            (status(408), Verdict::Retry),
            (status(403), Verdict::Retry),
            (status(404), Verdict::TargetFails),
            (status(429), Verdict::AddressPaused(None)),
            (Refusal::Redirect(302), Verdict::TargetFails),
            (Refusal::TooLarge(9), Verdict::TargetFails),
            (Refusal::Unreadable(String::new()), Verdict::Retry),
            (Refusal::Timeout(Duration::ZERO), Verdict::Retry),
            (Refusal::Unreachable(String::new()), Verdict::Retry),
            (
                Refusal::UntrustedCertificate(String::new()),
                Verdict::Misconfigured,
            ),
            (
                Refusal::ProxyRefuses {
                    proxy: Proxy::new("HTTPS_PROXY", "http://proxy"),
                    status: 407,
                },
                Verdict::Misconfigured,
            ),
        ];
        for (refusal, verdict) in table {
            assert_eq!(refusal.verdict(), verdict, "{refusal}");
        }
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
        let asks = |seconds| Refusal::Status {
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
