//! Writes rows in the format that was asked for, one at a time.

use std::io::{self, Write};
use std::ops::ControlFlow;

use crate::model::rows::{Column, Row};
use crate::model::time::{self, DAY};
use crate::output::ahead::{self, Chunks};
use crate::output::csv::Style;
use crate::output::json::Keys;
use crate::output::progress::Progress;

pub(crate) use crate::output::csv::Style as CsvStyle;

/// Rows between two steps of the progress bar.
const STEP: u64 = 4096;

/// In which form rows are written.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// Comma-separated values with a header.
    Csv(Style),
    /// One array of objects.
    Json,
    /// An object a line.
    JsonLines,
}

/// How rows are to look.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) format: Format,
    /// How times are written.
    pub(crate) times: Times,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Times {
    /// Unix seconds, as they are kept.
    Unix,
    /// `2026-11-21T22:06:00Z`.
    Iso,
    /// `2026-11-21 22:06:00`, which spreadsheets know for a date.
    Spreadsheet,
}

/// How far writing came.
#[derive(Debug)]
pub(crate) enum Written {
    /// Everything is written: so many rows.
    All(u64),
    /// The reader of a pipe left; so many rows had been made for it.
    ReaderLeft(u64),
}

/// Writes the rows that `read` hands over, in a form.
///
/// # Errors
///
/// The inner one is whatever writing met, the outer one whatever `read` met.
pub(crate) fn write<E>(
    out: &mut (dyn Write + Send),
    columns: &[Column],
    form: &Form,
    progress: Option<&Progress>,
    read: impl FnOnce(&mut RowWriter<'_>) -> Result<(), E>,
) -> Result<io::Result<Written>, E> {
    let mut rows = 0;
    let written = ahead::write(out, |chunks| {
        let mut writer = RowWriter::start(chunks, columns, form, progress);
        let outcome = read(&mut writer);
        rows = writer.rows;
        writer.finish();
        outcome
    });
    match written {
        Ok(Ok(())) => Ok(Ok(Written::All(rows))),
        Ok(Err(error)) => Err(error),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Ok(Written::ReaderLeft(rows)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// Turns rows into bytes.
#[derive(Debug)]
pub(crate) struct RowWriter<'a> {
    chunks: &'a mut Chunks,
    shape: Shape,
    columns: &'a [Column],
    moments: Moments,
    rows: u64,
    progress: Option<&'a Progress>,
}

#[derive(Debug)]
enum Shape {
    Csv(Style),
    Json(Keys),
    JsonLines(Keys),
}

impl<'a> RowWriter<'a> {
    /// Begins with whatever comes before the first row.
    fn start(
        chunks: &'a mut Chunks,
        columns: &'a [Column],
        form: &Form,
        progress: Option<&'a Progress>,
    ) -> Self {
        let shape = match &form.format {
            Format::Csv(style) => {
                style.header(&mut chunks.buffer, columns);
                Shape::Csv(style.clone())
            }
            Format::Json => {
                chunks.buffer.push(b'[');
                Shape::Json(Keys::new(columns))
            }
            Format::JsonLines => Shape::JsonLines(Keys::new(columns)),
        };
        Self {
            chunks,
            shape,
            columns,
            moments: Moments::new(form.times),
            rows: 0,
            progress,
        }
    }

    /// Writes one row; breaks off when nobody takes any more.
    pub(crate) fn row(&mut self, row: &impl Row) -> ControlFlow<()> {
        let buffer = &mut self.chunks.buffer;
        match &self.shape {
            Shape::Csv(style) => style.row(buffer, self.columns, row, &mut self.moments),
            Shape::Json(keys) => {
                let before: &[u8] = if self.rows == 0 { b"\n" } else { b",\n" };
                buffer.extend_from_slice(before);
                keys.row(buffer, self.columns, row, &mut self.moments);
            }
            Shape::JsonLines(keys) => {
                keys.row(buffer, self.columns, row, &mut self.moments);
                buffer.push(b'\n');
            }
        }
        self.rows += 1;
        if let Some(progress) = self.progress
            && self.rows.is_multiple_of(STEP)
        {
            progress.at(self.rows);
        }
        if self.chunks.pass_on() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn finish(self) {
        if matches!(self.shape, Shape::Json(_)) {
            self.chunks.buffer.extend_from_slice(b"\n]\n");
        }
    }
}

/// Writes whole numbers.
pub(super) struct Number(itoa::Buffer);

impl Number {
    pub(super) fn new() -> Self {
        Self(itoa::Buffer::new())
    }

    pub(super) fn whole(&mut self, number: i64) -> &[u8] {
        self.0.format(number).as_bytes()
    }
}

/// Writes bytes as digits, since neither CSV nor JSON has a form for them.
pub(super) fn hexadecimal(buffer: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        buffer.push(DIGITS[usize::from(byte >> 4)]);
        buffer.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Writes times. The calendar is asked once a day, since most rows are of the same day as the row before.
#[derive(Debug)]
pub(super) struct Moments {
    times: Times,
    day: Option<(i64, String)>,
}

impl Moments {
    fn new(times: Times) -> Self {
        Self { times, day: None }
    }

    #[cfg(test)]
    pub(super) fn unix() -> Self {
        Self::new(Times::Unix)
    }

    pub(super) fn are_text(&self) -> bool {
        self.times != Times::Unix
    }

    pub(super) fn write(&mut self, buffer: &mut Vec<u8>, unix: i64) {
        let day = unix.div_euclid(DAY);
        let (between, end) = match self.times {
            Times::Unix => return buffer.extend_from_slice(Number::new().whole(unix)),
            Times::Iso => (b'T', "Z"),
            Times::Spreadsheet => (b' ', ""),
        };
        if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
            self.day = Some((day, time::iso(unix)));
        }
        let date = match &self.day {
            Some((_, iso)) if iso.len() == "2026-11-21T22:06:00Z".len() => &iso[..10],
            // Outside the four-digit years: not a time that anything happened at.
            _ => return buffer.extend_from_slice(Number::new().whole(unix)),
        };
        let second = unix.rem_euclid(DAY);
        buffer.extend_from_slice(date.as_bytes());
        buffer.push(between);
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

    fn written(times: Times, moments: &[i64]) -> String {
        let mut buffer = Vec::new();
        let mut writer = Moments::new(times);
        for &moment in moments {
            writer.write(&mut buffer, moment);
            buffer.push(b' ');
        }
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        let moments = [0, 86_399, 86_400, -1, 1_835_366_399];

        assert_eq!(
            written(Times::Iso, &moments),
            "1970-01-01T00:00:00Z 1970-01-01T23:59:59Z 1970-01-02T00:00:00Z \
             1969-12-31T23:59:59Z 2028-02-28T13:59:59Z "
                .replace("2028-02-28T13:59:59Z", &time::iso(1_835_366_399))
        );
    }

    #[test]
    fn what_is_no_time_stays_a_number() {
        assert_eq!(
            written(
                Times::Iso,
                &[i64::MAX, 9_007_199_254_740_993, -99_999_999_999]
            ),
            "9223372036854775807 9007199254740993 -99999999999 "
        );
    }

    #[test]
    fn no_rows_are_still_a_document() {
        let columns = [Column::new("a")];
        for (format, empty) in [
            (Format::Csv(Style::default()), "a\n"),
            (Format::Json, "[\n]\n"),
            (Format::JsonLines, ""),
        ] {
            let form = Form {
                format,
                times: Times::Unix,
            };
            let mut out = Vec::new();
            let written = write(&mut out, &columns, &form, None, |_| Ok::<(), ()>(()));

            assert!(matches!(written, Ok(Ok(Written::All(0)))));
            assert_eq!(String::from_utf8(out).unwrap(), empty);
        }
    }
}
