//! How often a job runs. Only intervals that cron, systemd and the Task Scheduler can all express are allowed.

use std::fmt;

use crate::model::digits::parse_with_unit;
use crate::model::time::MINUTE;

/// The number of minutes in an hour.
pub(crate) const HOUR_MINUTES: u32 = 60;

const DAY_MINUTES: u32 = 24 * HOUR_MINUTES;

/// The intervals that an error message lists.
pub(crate) const EXPECTED: &str = "\"off\", \"daily\", \"hourly\", 1h, 2h, 3h, 4h, 6h, 8h, 12h, 1m, 2m, 3m, 4m, 5m, 6m, \
                                   10m, 12m, 15m, 20m or 30m in quotes (the intervals that divide an hour or a day)";

/// A number of minutes that divides an hour, or a number of hours that divides a day.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Interval(u32);

impl Interval {
    pub(crate) const DAILY: Self = Self(DAY_MINUTES);
    pub(crate) const HOURLY: Self = Self(HOUR_MINUTES);

    /// An interval of minutes; `None` if no schedule can repeat it evenly.
    pub(crate) fn of_minutes(minutes: u32) -> Option<Self> {
        if minutes == 0 || minutes > DAY_MINUTES {
            return None;
        }
        let is_even = if minutes < HOUR_MINUTES {
            HOUR_MINUTES.is_multiple_of(minutes)
        } else {
            minutes.is_multiple_of(HOUR_MINUTES) && DAY_MINUTES.is_multiple_of(minutes)
        };
        is_even.then_some(Self(minutes))
    }

    /// The interval without "every": `4 minutes`, `day`.
    pub(crate) fn period(self) -> String {
        match self.0 {
            DAY_MINUTES => "day".to_owned(),
            HOUR_MINUTES => "hour".to_owned(),
            1 => "minute".to_owned(),
            minutes if minutes < HOUR_MINUTES => format!("{minutes} minutes"),
            minutes => format!("{} hours", minutes / HOUR_MINUTES),
        }
    }

    /// Parses `4m`, `6h`, `1d`, `hourly` or `daily`; `None` for everything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "hourly" => return Some(Self::HOURLY),
            "daily" => return Some(Self::DAILY),
            _ => {}
        }
        let units = [
            ('m', 1),
            ('h', HOUR_MINUTES.into()),
            ('d', DAY_MINUTES.into()),
        ];
        let minutes = parse_with_unit(text, &units)?;
        Self::of_minutes(minutes.try_into().ok()?)
    }

    pub(crate) fn minutes(self) -> u32 {
        self.0
    }

    pub(crate) fn seconds(self) -> i64 {
        i64::from(self.0) * MINUTE
    }

    /// Whether it runs several times an hour, or once an hour.
    pub(crate) fn is_up_to_an_hour(self) -> bool {
        self.0 <= HOUR_MINUTES
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {}", self.period())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_divides_an_hour_or_a_day() {
        for (text, minutes) in [
            ("1m", 1),
            ("4m", 4),
            ("30m", 30),
            ("60m", 60),
            ("1h", 60),
            ("hourly", 60),
            ("6h", 360),
            ("720m", 720),
            ("24h", 1440),
            ("1d", 1440),
            ("daily", 1440),
        ] {
            let interval = Interval::parse(text).map(Interval::minutes);
            assert_eq!(interval, Some(minutes), "{text}");
        }
        for wrong in [
            "",
            "0m",
            "7m",
            "45m",
            "90m",
            "5h",
            "48h",
            "2d",
            "30s",
            "4",
            "m",
            "-4m",
            "+4m",
            " 4m",
            "4 m",
            "4M",
            "weekly",
            "99999999999h",
            "4294967295h",
            "off",
        ] {
            assert_eq!(Interval::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_error_text_lists_every_interval() {
        let listed: Vec<Interval> = EXPECTED
            .split([' ', ',', '"'])
            .filter_map(Interval::parse)
            .collect();
        for minutes in 1..=DAY_MINUTES {
            let Some(interval) = Interval::of_minutes(minutes) else {
                continue;
            };
            assert!(listed.contains(&interval), "{minutes}");
        }
    }

    #[test]
    fn an_interval_is_shown_in_words() {
        let shown = |text| Interval::parse(text).map(|interval| interval.to_string());
        assert_eq!(shown("1m").as_deref(), Some("every minute"));
        assert_eq!(shown("4m").as_deref(), Some("every 4 minutes"));
        assert_eq!(shown("1h").as_deref(), Some("every hour"));
        assert_eq!(shown("6h").as_deref(), Some("every 6 hours"));
        assert_eq!(shown("24h").as_deref(), Some("every day"));
    }
}
