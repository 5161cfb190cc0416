//! The one place that reads the time.

use chrono::Utc;

use crate::error::{Error, Exit, Result};
use crate::model::time::parse_timestamp;

/// The time that facts are recorded under.
///
/// The pace of requests is not its business: that follows real time even in a replay.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// `TORNSNAP_NOW`: stands still, for tests and replays.
    Fixed(i64),
}

/// The last second of the year 9999: no sum of moments and spans that is ever made overflows from there.
const MAX_TIMESTAMP: i64 = 253_402_300_799;

/// Refuses moments before 1970 and after 9999.
fn check_range(moment: i64) -> std::result::Result<i64, String> {
    if (0..=MAX_TIMESTAMP).contains(&moment) {
        return Ok(moment);
    }
    Err(format!("{moment} is not between the years 1970 and 9999"))
}

impl Clock {
    /// Reads the value of `TORNSNAP_NOW`, if it is set.
    pub(super) fn from_environment(now: Option<&str>) -> Result<Self> {
        let Some(now) = now else {
            return Ok(Self::System);
        };
        let moment = parse_timestamp(now).and_then(check_range).map_err(|why| {
            Error::new("use TORNSNAP_NOW")
                .with_source(why)
                .with_help("correct it, or unset it to use the machine's clock")
                .with_exit(Exit::Config)
        })?;
        Ok(Self::Fixed(moment))
    }

    /// Unix milliseconds of the machine, even in a replay: the pace of requests follows real time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub(crate) fn real_milliseconds() -> i64 {
        Utc::now().timestamp_millis()
    }

    /// Unix seconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::System => Utc::now().timestamp(),
            Self::Fixed(now) => now,
        }
    }
}
