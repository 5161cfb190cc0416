//! Parses text that has a fixed format.
//!
//! `str::parse` and chrono also accept signs, blanks and missing digits, such as `+5` or `+026-1`.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Parses a number that is written with ASCII digits alone.
pub(crate) fn parse_digits<T: FromStr>(text: &str) -> Option<T> {
    is_digits(text).then(|| text.parse().ok())?
}

/// Whether a text is one or more ASCII digits.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses a number in a range, for the command line.
///
/// # Errors
///
/// The message names the range.
pub(crate) fn parse_in_range<T>(text: &str, range: &RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    let number = parse_digits(text).filter(|number| range.contains(number));
    number.ok_or_else(|| format!("write a number from {} to {}", range.start(), range.end()))
}

/// Parses a number with its unit, such as `12h`, and multiplies it by the size of the unit.
pub(crate) fn parse_with_unit(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let found = units.iter().find_map(|(unit, size)| {
        let count: u32 = parse_digits(text.strip_suffix(*unit)?)?;
        Some((count, size))
    });
    let (count, size) = found?;
    i64::from(count).checked_mul(*size)
}

/// Whether a text has the given format, in which `0` stands for any ASCII digit: `0000-00` is a year and a month.
pub(crate) fn has_format(text: &str, format: &str) -> bool {
    text.len() == format.len()
        && text
            .bytes()
            .zip(format.bytes())
            .all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                _ => byte == expected,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_ascii_digits_alone() {
        assert_eq!(parse_digits("0"), Some(0));
        assert_eq!(parse_digits("0042"), Some(42));
        assert_eq!(parse_digits("255"), Some(u8::MAX));
        for wrong in [
            "", "+5", "-5", " 5", "5 ", "5.0", "5_0", "0x5", "５", "٥", "256",
        ] {
            assert_eq!(parse_digits::<u8>(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_number_with_a_unit_is_multiplied_by_its_size() {
        const UNITS: [(char, i64); 2] = [('m', 1), ('h', 60)];
        assert_eq!(parse_with_unit("4m", &UNITS), Some(4));
        assert_eq!(parse_with_unit("2h", &UNITS), Some(120));
        for wrong in ["4", "m", "", "+4m", "4 m", "4M", "4d", "4294967296m"] {
            assert_eq!(parse_with_unit(wrong, &UNITS), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_format_fixes_every_character() {
        assert!(has_format("2026-10", "0000-00"));
        for wrong in ["+026-10", "2026-1", "2026 10", "2026-1０", "20260-10", ""] {
            assert!(!has_format(wrong, "0000-00"), "{wrong:?}");
        }
    }
}
