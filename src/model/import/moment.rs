//! Times in foreign files: numbers, text with or without a time zone, milliseconds.

use crate::model::digits::is_digits;
use crate::model::import::datum::Datum;
use crate::model::time::{CLOCK_TOLERANCE, DAY, MINUTE, Month, parse_timestamp};

/// 2004-01-01. Torn began in 2004, so nothing can have been observed before.
pub(crate) const FIRST_MOMENT: i64 = 1_072_915_200;

/// Numbers from here on are milliseconds: as seconds they are in the year 5138 and later.
const FIRST_MILLISECOND: i64 = 100_000_000_000;

/// How far ahead of now a war may begin or end.
const LONGEST_PLAN: i64 = 366 * DAY;

/// A time that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Moment {
    /// Unix seconds.
    pub(crate) at: i64,
    /// The reason why it differs from the stored value, if it does.
    pub(crate) mend: Option<&'static str>,
}

/// Reads a time. `offset` is that of the clock that wrote it, in seconds east of UTC; a text with a zone of its own
/// ignores it.
pub(crate) fn read(cell: &Datum, offset: i64) -> Option<Moment> {
    match cell {
        Datum::Null => None,
        Datum::Integer(number) => from_number(*number, offset, None),
        Datum::Real(number) => from_real(*number, offset),
        Datum::Text(text) => from_text(text.trim(), offset),
    }
}

/// The part that the text of a time leaves out. Spreadsheets save times as they show them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Coarse {
    Minute,
    Day,
}

impl Coarse {
    /// The time that the text may mean begins with the moment that was read, and lasts so many seconds.
    pub(crate) fn seconds(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Day => DAY,
        }
    }

    pub(crate) fn mend(self) -> &'static str {
        match self {
            Self::Minute => NO_SECONDS,
            Self::Day => NO_TIME_OF_DAY,
        }
    }
}

const NO_SECONDS: &str = "a time without seconds was read as the start of its minute";
const NO_TIME_OF_DAY: &str = "a date without a time of day was read as the start of its day";

/// The reasons of [`Coarse::mend`].
pub(crate) const COARSE: [&str; 2] = [NO_SECONDS, NO_TIME_OF_DAY];

/// The part that is left out of a text that [`read`] reads as a time; `None`: nothing.
pub(crate) fn coarse(cell: &Datum) -> Option<Coarse> {
    let text = cell.text()?.trim();
    if text.parse::<f64>().is_ok() {
        return None;
    }
    match split_zone(text).0.matches(':').count() {
        0 => Some(Coarse::Day),
        1 => Some(Coarse::Minute),
        _ => None,
    }
}

fn from_number(number: i64, offset: i64, mend: Option<&'static str>) -> Option<Moment> {
    let (seconds, mend) = if number >= FIRST_MILLISECOND {
        (number / 1000, Some("milliseconds became seconds"))
    } else {
        (number, mend)
    };
    Some(Moment {
        at: seconds.checked_sub(offset)?,
        mend: if offset == 0 { mend } else { Some(SHIFTED) },
    })
}

const SHIFTED: &str = "shifted by --time-offset";

/// Why a row after now is not taken.
pub(crate) const IN_THE_FUTURE: &str = "is in the future";

/// The mend of a text without a time zone, if no offset is known.
pub(crate) const READ_AS_UTC: &str = "text without a time zone was read as UTC";

fn from_real(number: f64, offset: i64) -> Option<Moment> {
    // Beyond this a float has no exact seconds, and no calendar has them.
    if !number.is_finite() || number.abs() > 1e15 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked above"
    )]
    let whole = number.floor() as i64;
    from_number(whole, offset, Some("the fraction was cut off"))
}

fn from_text(text: &str, offset: i64) -> Option<Moment> {
    if is_digits(text) {
        return from_number(text.parse().ok()?, offset, Some("text became a number"));
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_real(number, offset);
    }
    let (date_and_time, zone) = split_zone(text);
    // Only a time of day has a fraction: `31.10.2026` is a date in another form.
    let date_and_time = date_and_time
        .split_once('.')
        .filter(|(whole, _)| whole.contains(':'))
        .map_or(date_and_time, |(whole, _)| whole);
    if zone.is_empty() {
        let local = parse_timestamp(date_and_time).ok()?;
        return Some(Moment {
            at: local.checked_sub(offset)?,
            mend: Some(if offset == 0 { READ_AS_UTC } else { SHIFTED }),
        });
    }
    // RFC 3339 wants seconds.
    let seconds = match date_and_time.matches(':').count() {
        1 => ":00",
        _ => "",
    };
    let zone = with_colon(zone);
    Some(Moment {
        at: parse_timestamp(&format!("{date_and_time}{seconds}{zone}")).ok()?,
        mend: Some("text became a number"),
    })
}

/// Splits `2026-04-01T12:00:00.5+02:00` before its zone.
fn split_zone(text: &str) -> (&str, &str) {
    const DATE: usize = "2026-04-01".len();
    let zone = text
        .char_indices()
        .skip(DATE)
        .find(|(_, letter)| matches!(letter, 'Z' | 'z' | '+' | '-'));
    match zone {
        Some((at, _)) => (text[..at].trim_end(), &text[at..]),
        None => (text, ""),
    }
}

/// `+0200` and `+02` as `+02:00`, which RFC 3339 wants.
fn with_colon(zone: &str) -> String {
    match zone.len() {
        3 => format!("{zone}:00"),
        5 if zone.is_ascii() => format!("{}:{}", &zone[..3], &zone[3..]),
        _ => zone.to_owned(),
    }
}

/// The reason why nothing can have been observed at this time, if there is one.
pub(crate) fn impossible(at: i64, now: i64) -> Option<&'static str> {
    if at < FIRST_MOMENT {
        Some("is before 2004")
    } else if at > now.saturating_add(CLOCK_TOLERANCE) {
        Some(IN_THE_FUTURE)
    } else {
        None
    }
}

/// The month of a summary of the Python program. Its months begin at midnight of a local clock, which is up to 14 hours
/// from midnight UTC, so the day after the start is in the month that is meant.
pub(crate) fn month_of_period(period_start: i64) -> Option<Month> {
    Month::of(period_start.checked_add(DAY)?)
}

/// Whether a war can begin or end at this time.
pub(crate) fn is_possible_event(at: i64, now: i64) -> bool {
    (FIRST_MOMENT..=now.saturating_add(LONGEST_PLAN)).contains(&at)
}

/// Reads `--time-offset`: `+02:00`, `-0530`, `+2` or `Z`, in seconds east of UTC.
///
/// # Errors
///
/// The message lists the accepted formats.
pub(crate) fn parse_offset(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a time offset: write +02:00 or -05:30");
    let text = text.trim();
    if matches!(text, "Z" | "z" | "0") {
        return Ok(0);
    }
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "0"),
    };
    let part = |digits: &str, most: i64| -> Option<i64> {
        let fits = is_digits(digits) && digits.len() <= 2;
        digits.parse().ok().filter(|number| fits && *number <= most)
    };
    match (part(hours, 15), part(minutes, 59)) {
        (Some(hours), Some(minutes)) => Ok(sign * (hours * 3600 + minutes * 60)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-04-01T12:00:00Z.
    const NOON: i64 = 1_775_044_800;

    /// A stored value, the offset of the clock, and the time that is meant.
    struct Case {
        cell: Datum,
        offset: i64,
        at: Option<i64>,
    }

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_owned())
    }

    #[test]
    fn every_way_to_write_a_time_is_read() {
        let case = |cell, offset, at| Case { cell, offset, at };
        for Case { cell, offset, at } in [
            case(Datum::Integer(NOON), 0, Some(NOON)),
            case(Datum::Integer(NOON), 7200, Some(NOON - 7200)),
            case(Datum::Integer(NOON * 1000 + 5), 0, Some(NOON)),
            #[expect(clippy::cast_precision_loss, reason = "the number is small")]
            case(Datum::Real(NOON as f64 + 0.7), 0, Some(NOON)),
            case(text("1775044800"), 0, Some(NOON)),
            case(text("1775044800.25"), 0, Some(NOON)),
            case(text("2026-04-01 12:00:00"), 0, Some(NOON)),
            case(text("2026-04-01 14:00:00"), 7200, Some(NOON)),
            case(text("2026-04-01T14:00:00.123456"), 7200, Some(NOON)),
            case(text("2026-04-01T14:00:00.123456+02:00"), 3600, Some(NOON)),
            case(text("2026-04-01 14:00:00+0200"), 3600, Some(NOON)),
            case(text("2026-04-01T12:00:00Z"), 3600, Some(NOON)),
            case(text("2026-04-01"), 0, Some(NOON - 43_200)),
            case(text("yesterday"), 0, None),
            case(text(""), 0, None),
            case(Datum::Real(f64::NAN), 0, None),
            case(Datum::Real(1e300), 0, None),
            case(Datum::Integer(i64::MIN), 7200, None),
            case(Datum::Null, 0, None),
        ] {
            assert_eq!(
                read(&cell, offset).map(|moment| moment.at),
                at,
                "{cell:?} {offset}"
            );
        }
    }

    #[test]
    fn a_text_without_seconds_or_without_a_time_of_day_is_coarse() {
        for (written, expected) in [
            ("2026-04-01 12:00", Some(Coarse::Minute)),
            ("2026-04-01T12:00Z", Some(Coarse::Minute)),
            ("2026-04-01 12:00+02:00", Some(Coarse::Minute)),
            ("2026-04-01", Some(Coarse::Day)),
            ("2026-04-01 12:00:00", None),
            ("2026-04-01T12:00:00.5+02:00", None),
            ("1775044800", None),
            ("1775044800.5", None),
        ] {
            assert!(read(&text(written), 0).is_some(), "{written}");
            assert_eq!(coarse(&text(written)), expected, "{written}");
        }
        assert_eq!(coarse(&Datum::Integer(NOON)), None);
    }

    #[test]
    fn an_offset_is_hours_and_minutes_with_a_sign() {
        assert_eq!(parse_offset("+02:00"), Ok(7200));
        assert_eq!(parse_offset("-0530"), Ok(-19_800));
        assert_eq!(parse_offset("+2"), Ok(7200));
        assert_eq!(parse_offset("Z"), Ok(0));
        for wrong in ["", "2", "+25:00", "+02:60", "+0x", "+", "CET", "+２"] {
            assert!(parse_offset(wrong).is_err(), "{wrong}");
        }
    }
}
