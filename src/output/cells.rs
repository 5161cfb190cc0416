//! Writes single values: integers, timestamps and bytes.

use std::io::Write as _;

use crate::model::time::{self, DAY};

/// How timestamps are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TimestampFormat {
    /// Unix seconds, as they are stored.
    Unix,
    /// `2026-11-21T22:06:00Z`.
    Iso,
    /// `2026-11-21 22:06:00`: for people, and spreadsheets recognize it as a date.
    Text,
}

/// Writes an integer in decimal.
pub(super) fn write_integer(buffer: &mut Vec<u8>, number: i64) {
    buffer.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes the shortest decimal that parses to the same number, with a point or an exponent.
pub(super) fn write_real(buffer: &mut Vec<u8>, number: f64) {
    write!(buffer, "{number:?}").expect("writing to a Vec cannot fail");
}

/// Writes bytes as hexadecimal digits, because neither CSV nor JSON can hold bytes.
pub(super) fn write_hex(buffer: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        buffer.push(DIGITS[usize::from(byte >> 4)]);
        buffer.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Writes timestamps. It caches the date, because most rows have the same date as the row before.
#[derive(Debug)]
pub(super) struct TimestampWriter {
    format: TimestampFormat,
    /// Days since 1970, and a timestamp of that day as ISO 8601.
    day: Option<(i64, String)>,
}

impl TimestampWriter {
    pub(super) fn new(format: TimestampFormat) -> Self {
        Self { format, day: None }
    }

    #[cfg(test)]
    pub(super) fn unix() -> Self {
        Self::new(TimestampFormat::Unix)
    }

    pub(super) fn are_text(&self) -> bool {
        self.format != TimestampFormat::Unix
    }

    pub(super) fn write(&mut self, buffer: &mut Vec<u8>, unix: i64) {
        let day = unix.div_euclid(DAY);
        let (separator, end) = match self.format {
            TimestampFormat::Unix => return write_integer(buffer, unix),
            TimestampFormat::Iso => (b'T', "Z"),
            TimestampFormat::Text => (b' ', ""),
        };
        if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
            self.day = Some((day, time::iso(unix)));
        }
        let date = match &self.day {
            Some((_, iso)) if iso.len() == "2026-11-21T22:06:00Z".len() => &iso[..10],
            // A year outside 0 to 9999 has no date of this length, and the number is hardly a timestamp.
            _ => return write_integer(buffer, unix),
        };
        let second = unix.rem_euclid(DAY);
        buffer.extend_from_slice(date.as_bytes());
        buffer.push(separator);
        two_digits(buffer, second / 3600);
        buffer.push(b':');
        two_digits(buffer, second / 60 % 60);
        buffer.push(b':');
        two_digits(buffer, second % 60);
        buffer.extend_from_slice(end.as_bytes());
    }
}

fn two_digits(buffer: &mut Vec<u8>, number: i64) {
    for digit in [number / 10, number % 10] {
        buffer.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(format: TimestampFormat, timestamps: &[i64]) -> String {
        let mut buffer = Vec::new();
        let mut writer = TimestampWriter::new(format);
        for &timestamp in timestamps {
            writer.write(&mut buffer, timestamp);
            buffer.push(b' ');
        }
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn timestamps_are_written_in_iso_8601_across_days_and_before_1970() {
        let timestamps = [0, 86_399, 86_400, -1, 1_835_366_399];

        assert_eq!(
            formatted(TimestampFormat::Iso, &timestamps),
            "1970-01-01T00:00:00Z 1970-01-01T23:59:59Z 1970-01-02T00:00:00Z \
             1969-12-31T23:59:59Z 2028-02-28T15:59:59Z "
        );
    }

    #[test]
    fn numbers_outside_the_calendar_are_written_as_numbers() {
        assert_eq!(
            formatted(
                TimestampFormat::Iso,
                &[i64::MAX, 9_007_199_254_740_993, -99_999_999_999]
            ),
            "9223372036854775807 9007199254740993 -99999999999 "
        );
    }
}
