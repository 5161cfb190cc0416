//! The only module that reads the system clock.

use chrono::Utc;

use crate::error::{Error, Exit, Result};
use crate::model::time::parse_timestamp;

/// The source of the timestamps that are recorded.
///
/// The rate limiter does not use it: it follows real time, even with a fixed clock.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The clock of the machine.
    System,
    /// The timestamp in `TORNSNAP_NOW`, for tests and replays.
    Fixed(i64),
}

/// The last second of the year 9999. Up to here, adding a duration to a timestamp does not overflow.
const MAX_TIMESTAMP: i64 = 253_402_300_799;

/// Refuses timestamps before 1970 and after 9999.
fn check_range(timestamp: i64) -> std::result::Result<i64, String> {
    if (0..=MAX_TIMESTAMP).contains(&timestamp) {
        return Ok(timestamp);
    }
    Err(format!(
        "{timestamp} is not between the years 1970 and 9999"
    ))
}

impl Clock {
    /// The clock for the value of `TORNSNAP_NOW`; `None` if it is not set.
    pub(super) fn from_environment(now: Option<&str>) -> Result<Self> {
        let Some(now) = now else {
            return Ok(Self::System);
        };
        let timestamp = parse_timestamp(now).and_then(check_range).map_err(|why| {
            Error::new("use TORNSNAP_NOW")
                .with_source(why)
                .with_help("correct it, or unset it to use the machine's clock")
                .with_exit(Exit::Config)
        })?;
        Ok(Self::Fixed(timestamp))
    }

    /// Unix milliseconds of the system clock, also with a fixed clock.
    #[expect(clippy::disallowed_methods, reason = "the module that reads the clock")]
    pub(crate) fn real_milliseconds() -> i64 {
        Utc::now().timestamp_millis()
    }

    /// Unix seconds.
    #[expect(clippy::disallowed_methods, reason = "the module that reads the clock")]
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::System => Utc::now().timestamp(),
            Self::Fixed(now) => now,
        }
    }
}
