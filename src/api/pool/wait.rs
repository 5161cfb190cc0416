//! The waits of keys, owners and this IP address, with their causes.

use std::time::{Duration, Instant};

/// The time before which a key, an owner or this IP address makes no call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Wait {
    pub(crate) until: Instant,
    pub(crate) cause: WaitCause,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WaitCause {
    /// Our rate limiter is full. The wait is at most a minute, so a call waits for the key with the best rank.
    RateLimit,
    /// A call to `/key/info` is checking whether the key is incorrect. A call waits as for [`WaitCause::RateLimit`].
    KeyCheck,
    /// Torn has asked for a pause at this time. The pause may be long, so a key of another owner with a worse rank makes
    /// the call.
    Pause { asked_at: Instant },
}

impl Wait {
    /// A pause that Torn asks for at `now`. It does not shorten an earlier wait.
    pub(super) fn pause(earlier: Option<Self>, now: Instant, time: Duration) -> Self {
        let until = now + time;
        Self {
            until: earlier.map_or(until, |wait| wait.until.max(until)),
            cause: WaitCause::Pause { asked_at: now },
        }
    }

    pub(crate) fn is_pause(&self) -> bool {
        matches!(self.cause, WaitCause::Pause { .. })
    }

    /// The time that is left at `now`.
    pub(crate) fn remaining(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }
}

/// This wait, if it has not ended at `now`.
pub(super) fn not_ended(wait: Option<Wait>, now: Instant) -> Option<Wait> {
    wait.filter(|wait| wait.until > now)
}

pub(super) fn shortest(waits: impl Iterator<Item = Wait>) -> Option<Wait> {
    waits.min_by_key(|wait| wait.until)
}
