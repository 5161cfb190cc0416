//! Parses and formats timestamps (unix seconds), months and durations. All dates are in UTC, as in Torn.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, SecondsFormat};
use serde::{Serialize, Serializer};

use crate::error::{Error, Exit};
use crate::model::digits::{has_format, is_digits, parse_with_unit};
use crate::model::size;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day always has this many seconds, because UTC has no daylight saving.
pub(crate) const DAY: i64 = 24 * HOUR;

/// Clocks that differ by up to this many seconds are treated as equal.
pub(crate) const CLOCK_TOLERANCE: i64 = 5 * MINUTE;

/// Whether a stored timestamp is more than a day after `now`.
///
/// Only a wrong clock can have written such a timestamp. Callers treat it as missing.
pub(crate) fn is_far_future(timestamp: i64, now: i64) -> bool {
    timestamp > now.saturating_add(DAY)
}

/// Formats unix seconds as `2026-11-21T22:06:00Z`, or as a plain number outside chrono's range.
pub fn iso(unix: i64) -> String {
    DateTime::from_timestamp(unix, 0).map_or_else(
        || unix.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

/// Whether a text has the form of the time in the name of a copy: `20261121T220600Z`.
pub(crate) fn is_compact_time(text: &str) -> bool {
    has_format(text, "00000000T000000Z")
}

/// The first second of the UTC day that contains `unix`.
pub(crate) fn day_start(unix: i64) -> i64 {
    unix.saturating_sub(unix.rem_euclid(DAY))
}

/// A calendar month in UTC, the half-open interval `[start, end)`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Month(NaiveDate);

impl Month {
    /// The month that contains a timestamp; `None` outside chrono's calendar.
    pub fn of(unix: i64) -> Option<Self> {
        DateTime::from_timestamp(unix, 0)?
            .date_naive()
            .with_day(1)
            .map(Self)
    }

    /// The first second of the month.
    pub fn start(self) -> i64 {
        self.0
            .and_time(chrono::NaiveTime::MIN)
            .and_utc()
            .timestamp()
    }

    /// The first second after the month.
    pub fn end(self) -> i64 {
        self.next().start()
    }

    /// The following month.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// The month `months` later; `self` when that is outside chrono's calendar.
    #[must_use]
    pub(crate) fn plus(self, months: u32) -> Self {
        self.0
            .checked_add_months(Months::new(months))
            .map_or(self, Self)
    }

    /// The number of months from an earlier one to this one; 0 if `earlier` is later.
    #[must_use]
    pub(crate) fn months_since(self, earlier: Self) -> u32 {
        let number = |month: Self| i64::from(month.0.year()) * 12 + i64::from(month.0.month0());
        u32::try_from(number(self) - number(earlier)).unwrap_or(0)
    }

    /// The month `months` earlier; `self` when that is outside chrono's calendar.
    #[must_use]
    pub(crate) fn minus(self, months: u32) -> Self {
        self.0
            .checked_sub_months(Months::new(months))
            .map_or(self, Self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let why = no_such_date(text);
            format!("{text:?} is not a month{why}: write YYYY-MM, such as 2026-10")
        };
        parse_date(&format!("{text}-01"))
            .map(Self)
            .ok_or_else(wrong)
    }
}

/// Parses a date such as `2026-10-31`.
fn parse_date(text: &str) -> Option<NaiveDate> {
    has_format(text, "0000-00-00").then(|| text.parse().ok())?
}

/// Lists months for a message. A list of more than three is shortened to the first and the last.
pub(crate) fn format_months(months: &[Month]) -> String {
    match months {
        [] => "no month".to_owned(),
        [first, .., last] if months.len() > 3 => {
            format!("{} months ({first} to {last})", months.len())
        }
        few => few
            .iter()
            .map(Month::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The error for a clock whose time is outside chrono's calendar.
pub(crate) fn outside_calendar(now: i64) -> Error {
    Error::new(format!("find the month of {now}"))
        .with_source("it is outside the calendar")
        .with_help("correct the clock, or unset TORNSNAP_NOW")
        .with_exit(Exit::Config)
}

/// Parses unix seconds, a date (meaning its first second), or a date and a time. The time zone is UTC unless the text
/// has an offset.
///
/// # Errors
///
/// The message lists the accepted formats.
pub fn parse_timestamp(text: &str) -> Result<i64, String> {
    let text = text.trim();
    parse_unix(text)
        .or_else(|| {
            let date = parse_date(text)?;
            Some(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
        })
        .or_else(|| parse_date_and_time(text))
        .ok_or_else(|| {
            let why = no_such_date(text);
            format!(
                "{text:?} is not a time{why}: write unix seconds, 2026-10-31 or 2026-10-31T12:00:00Z"
            )
        })
}

/// The clause for a text in the form of a month or a day that no calendar has; empty for other texts.
fn no_such_date(text: &str) -> &'static str {
    if has_format(text, "0000-00") && parse_date(&format!("{text}-01")).is_none() {
        return ", because there is no such month";
    }
    match text.get(.."0000-00-00".len()) {
        Some(day) if has_format(day, "0000-00-00") && parse_date(day).is_none() => {
            ", because there is no such day"
        }
        _ => "",
    }
}

/// Parses unix seconds, which are negative before 1970.
fn parse_unix(text: &str) -> Option<i64> {
    is_digits(text.strip_prefix('-').unwrap_or(text)).then(|| text.parse().ok())?
}

fn parse_date_and_time(text: &str) -> Option<i64> {
    if let Some((_, format)) = [
        ("0000-00-00 00:00:00", "%Y-%m-%d %H:%M:%S"),
        ("0000-00-00T00:00:00", "%Y-%m-%dT%H:%M:%S"),
        ("0000-00-00 00:00", "%Y-%m-%d %H:%M"),
        ("0000-00-00T00:00", "%Y-%m-%dT%H:%M"),
    ]
    .into_iter()
    .find(|(shape, _)| has_format(text, shape))
    {
        let time = NaiveDateTime::parse_from_str(text, format).ok()?;
        return Some(time.and_utc().timestamp());
    }
    // RFC 3339 itself fixes the number of digits.
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    text.is_ascii().then(|| time.timestamp())
}

/// Whether a moment in RFC 3339 is after its whole second. A leap second is, because unix time has none.
fn has_fraction(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok_and(|time| time.timestamp_subsec_nanos() > 0)
}

/// The unix seconds that a user may mean: from 2004, when Torn began, to 2100.
const PLAUSIBLE: std::ops::Range<i64> = 1_072_915_200..4_102_444_800;

/// Parses unix seconds. Refuses numbers that more likely are a year, a date without hyphens, or milliseconds. 0 means the
/// beginning, for scripts that have not exported anything yet.
fn parse_plausible_unix(text: &str) -> Result<i64, NotATime> {
    let number = text.parse().unwrap_or(i64::MAX);
    if PLAUSIBLE.contains(&number) || number == 0 {
        return Ok(number);
    }
    let date = (text.len() == 8)
        .then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
        .filter(|date| parse_date(date).is_some());
    let hint = match (text.len(), date) {
        _ if number < 0 => "write a date, such as 2026-10-31".to_owned(),
        (4, _) => format!("for the year {text}, write {text}-01"),
        (6, _)
            if format!("{}-{}", &text[..4], &text[4..])
                .parse::<Month>()
                .is_ok() =>
        {
            format!("for the month, write {}-{}", &text[..4], &text[4..])
        }
        (_, Some(date)) => format!("for the day, write {date}"),
        _ if PLAUSIBLE.contains(&(number / 1000)) => {
            format!(
                "it looks like milliseconds: for seconds, write {}",
                number / 1000
            )
        }
        _ => "write a date, such as 2026-10-31".to_owned(),
    };
    Err(NotATime {
        why: format!(
            "{text} is not a time: as unix seconds it is not between the years 2004 and 2100"
        ),
        hint,
    })
}

/// Why a text is not a time, and what to write instead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotATime {
    pub(crate) why: String,
    pub(crate) hint: String,
}

/// Parses the formats of [`parse_timestamp`], a month, `today`, `yesterday`, and an age relative to `now` such as `12h`,
/// `30d` or `2w`.
///
/// A day and a month mean their first second, also at the end of an interval: intervals are half-open, so that the end of
/// one is the beginning of the next. A fraction of a second is rounded up: stored times are whole seconds, and the next one
/// is the first that is not before the moment.
///
/// # Errors
///
/// The hint lists the accepted formats.
pub fn parse_timestamp_or_age(text: &str, now: i64) -> Result<i64, NotATime> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "today" => return Ok(day_start(now)),
        "yesterday" => return Ok(day_start(now).saturating_sub(DAY)),
        _ => {}
    }
    if let Ok(month) = text.parse::<Month>() {
        return Ok(month.start());
    }
    if is_digits(text.strip_prefix('-').unwrap_or(text)) {
        return parse_plausible_unix(text);
    }
    match parse_with_unit(text, &[('h', HOUR), ('d', DAY), ('w', 7 * DAY)]) {
        Some(0) => Err(NotATime {
            why: format!("{text:?} is no time back from now"),
            hint: "write an age such as 12h, 30d or 2w".to_owned(),
        }),
        Some(age) => Ok(now.saturating_sub(age)),
        None => parse_timestamp(text)
            .map(|unix| unix.saturating_add(i64::from(has_fraction(text))))
            .map_err(|_| NotATime {
                why: format!(
                    "{text:?} is not a time{}",
                    no_such_date(text)
                ),
                hint: "write 2026-10-31, 2026-10, \"2026-10-31 12:00:00\", 2026-10-31T12:00:00Z, unix seconds, today, \
                       yesterday, or an age such as 12h, 30d or 2w"
                    .to_owned(),
            }),
    }
}

/// Parses a duration: `30s`, `10m`, `1h` or `0`.
///
/// # Errors
///
/// The message lists the accepted formats.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    parse_with_unit(text, &[('s', 1), ('m', MINUTE), ('h', HOUR)])
        .map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
        .ok_or_else(|| "write 30s, 10m or 1h, or 0".to_owned())
}

/// Formats a duration in its largest whole unit: "10 minutes", "1 hour", "90 seconds".
pub(crate) fn format_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = [(HOUR, "hour"), (MINUTE, "minute")]
        .into_iter()
        .map(|(length, unit)| (length.unsigned_abs(), unit))
        .find(|(length, _)| seconds > 0 && seconds.is_multiple_of(*length))
        .map_or((seconds, "second"), |(length, unit)| {
            (seconds / length, unit)
        });
    size::count(count, unit)
}

#[cfg(test)]
mod tests;
