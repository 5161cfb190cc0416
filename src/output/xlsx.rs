//! Excel workbooks: typed cells that need no import settings, whatever the country.
//!
//! The cells go to a temporary file first, so that memory use is constant.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, Workbook as Book, Worksheet, XlsxError,
};

use crate::model::formula::looks_like_formula;
use crate::model::rows::{Column, MAX_EXACT, Row, Value};
use crate::model::size::agree;
use crate::model::time::DAY;
use crate::output::cells::{TimestampFormat, TimestampWriter, write_hex};
use crate::output::wrap::text_width;

/// The rows of a sheet, with the header.
/// <https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3>
const MAX_ROWS: u32 = 1_048_576;

/// The UTF-16 units that a cell can hold.
const MAX_TEXT: usize = 32_767;

/// At the end of a text that was cut.
const CUT_MARK: &str = " [cut]";

/// 1970-01-01 in days of Excel.
const UNIX_EPOCH: f64 = 25_569.0;

/// 1900-03-01 and 9999-12-31T23:59:59Z. Excel has no later dates, and takes 1900 for a leap year.
const DATES: std::ops::RangeInclusive<i64> = -2_203_891_200..=253_402_300_799;

/// The width of a column in characters. The longest text may be longer.
const MAX_WIDTH: usize = 60;

/// The button of the filter, in characters. A header needs room for it beside its text.
const FILTER_BUTTON: usize = 3;

/// The width of a time.
const TIME_WIDTH: usize = "2026-10-31 12:00:00".len();

/// Writes one dataset.
pub(super) struct Workbook {
    book: Book,
    title: String,
    names: Vec<String>,
    formats: Vec<Format>,
    widths: Vec<usize>,
    formula: Format,
    real: Format,
    times: TimestampFormat,
    timestamps: TimestampWriter,
    sheets: usize,
    /// The rows in the last sheet, with its header.
    used: u32,
    cut: u64,
}

impl std::fmt::Debug for Workbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workbook")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl Workbook {
    /// Begins a workbook. The temporary files are in `folder`, by default in that of the system.
    ///
    /// # Errors
    ///
    /// Fails when a temporary file cannot be made.
    pub(super) fn start(
        title: &str,
        folder: Option<&Path>,
        columns: &[Column],
        times: TimestampFormat,
    ) -> io::Result<Self> {
        let formats = columns.iter().map(|column| {
            // Without a format, Excel shows a long number as 1.2E+11.
            let is_date = column.is_time && times == TimestampFormat::Text;
            Format::new().set_num_format(if is_date { "yyyy-mm-dd hh:mm:ss" } else { "0" })
        });
        let mut workbook = Self {
            book: Book::new(),
            title: title.to_owned(),
            names: columns.iter().map(|column| column.name.clone()).collect(),
            formats: formats.collect(),
            widths: columns
                .iter()
                .map(|column| text_width(&column.name) + FILTER_BUTTON)
                .collect(),
            formula: Format::new().set_quote_prefix(),
            real: Format::new().set_num_format("General"),
            times,
            timestamps: TimestampWriter::new(times),
            sheets: 0,
            used: 0,
            cut: 0,
        };
        caught(|| {
            // The same rows give the same bytes, so the file does not say when it was written.
            let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
            let properties = DocProperties::new().set_creation_datetime(&created);
            workbook.book.set_properties(&properties);
            if let Some(folder) = folder {
                workbook.book.set_tempdir(folder)?;
            }
            workbook.add_sheet()
        })?;
        Ok(workbook)
    }

    pub(super) fn row(&mut self, columns: &[Column], row: &impl Row) -> io::Result<()> {
        caught(|| {
            if self.used == MAX_ROWS {
                self.finish_sheet()?;
                self.add_sheet()?;
            }
            for (index, column) in (0..).zip(columns) {
                self.cell(index, column, row.value(usize::from(index)))?;
            }
            self.used += 1;
            Ok(())
        })
    }

    /// Writes the workbook to `out`.
    pub(super) fn finish(mut self, out: impl Write + Send) -> io::Result<()> {
        caught(|| {
            self.finish_sheet()?;
            self.book.save_to_writer(out)
        })?;
        if self.cut > 0 {
            log::warn!(
                "{} longer than {MAX_TEXT} characters, which is all that a cell holds; \
                 --format csv writes {} whole",
                match self.cut {
                    1 => format!("cut a text of {}", self.title),
                    cut => format!("cut {cut} texts of {}", self.title),
                },
                agree(self.cut, "it", "them")
            );
        }
        Ok(())
    }

    fn sheet(&mut self) -> Result<&mut Worksheet, XlsxError> {
        self.book.worksheet_from_index(self.sheets - 1)
    }

    fn add_sheet(&mut self) -> Result<(), XlsxError> {
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        self.sheets += 1;
        sheet.set_name(sheet_name(&self.title, self.sheets))?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (index, (name, format)) in (0..).zip(self.names.iter().zip(&self.formats)) {
            sheet.set_column_format(index, format)?;
            sheet.write_string_with_format(0, index, name, &bold)?;
        }
        self.used = 1;
        Ok(())
    }

    fn finish_sheet(&mut self) -> Result<(), XlsxError> {
        let widths = self.widths.clone();
        let last_row = self.used - 1;
        let sheet = self.sheet()?;
        for (index, width) in (0..).zip(&widths) {
            // A third of a character is the margin of a cell.
            let width = u16::try_from(*width.min(&MAX_WIDTH)).unwrap_or(u16::MAX);
            sheet.set_column_width(index, f64::from(width) + 1.0)?;
        }
        if let Some(last) = widths.len().checked_sub(1) {
            let last = u16::try_from(last).map_err(|_| XlsxError::RowColumnLimitError)?;
            sheet.autofilter(0, 0, last_row, last)?;
        }
        Ok(())
    }

    fn cell(&mut self, index: u16, column: &Column, value: Value<'_>) -> Result<(), XlsxError> {
        let row = self.used;
        let wide = &mut self.widths[usize::from(index)];
        match value {
            Value::Null => {}
            Value::Integer(unix) if column.is_time && self.times != TimestampFormat::Unix => {
                *wide = (*wide).max(TIME_WIDTH);
                if self.times == TimestampFormat::Text && DATES.contains(&unix) {
                    let serial = days(unix);
                    self.sheet()?.write_number(row, index, serial)?;
                } else {
                    let mut text = Vec::new();
                    self.timestamps.write(&mut text, unix);
                    self.text(index, &text)?;
                }
            }
            Value::Integer(number) if number.unsigned_abs() > MAX_EXACT => {
                self.text(index, number.to_string().as_bytes())?;
            }
            Value::Integer(number) => {
                *wide = (*wide).max(digits(number));
                #[expect(clippy::cast_precision_loss, reason = "checked above")]
                self.sheet()?.write_number(row, index, number as f64)?;
            }
            Value::Real(number) if number.is_finite() => {
                *wide = (*wide).max(12);
                let format = self.real.clone();
                self.sheet()?
                    .write_number_with_format(row, index, number, &format)?;
            }
            Value::Real(number) => self.text(index, format!("{number:?}").as_bytes())?,
            Value::Text(text) => self.text(index, text)?,
            Value::Blob(bytes) => {
                let mut text = Vec::new();
                write_hex(&mut text, bytes);
                self.text(index, &text)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, index: u16, bytes: &[u8]) -> Result<(), XlsxError> {
        let text = String::from_utf8_lossy(bytes);
        let (text, is_cut) = shortened(&text);
        self.cut += u64::from(is_cut);
        let wide = &mut self.widths[usize::from(index)];
        if *wide < MAX_WIDTH {
            *wide = (*wide).max(text.lines().map(text_width).max().unwrap_or(0));
        }
        let row = self.used;
        // The cell is a text in any case. The prefix keeps it one when somebody edits it.
        let formula = looks_like_formula(text.as_bytes()).then(|| self.formula.clone());
        let sheet = self.sheet()?;
        match formula {
            Some(format) => sheet.write_string_with_format(row, index, text, &format)?,
            None => sheet.write_string(row, index, text)?,
        };
        Ok(())
    }
}

/// A time in days of Excel.
fn days(unix: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the years 1900 to 9999 are exact"
    )]
    let (unix, day) = (unix as f64, DAY as f64);
    UNIX_EPOCH + unix / day
}

/// The digits of a number, with its sign.
fn digits(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    usize::try_from(digits).unwrap_or(20) + usize::from(number < 0)
}

/// The text, or as much of it as a cell holds; and whether it was cut.
fn shortened(text: &str) -> (String, bool) {
    // A character has at most as many UTF-16 units as bytes.
    if text.len() <= MAX_TEXT || text.encode_utf16().count() <= MAX_TEXT {
        return (text.to_owned(), false);
    }
    let mut units = CUT_MARK.len();
    let mut shortened: String = text
        .chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= MAX_TEXT
        })
        .collect();
    shortened.push_str(CUT_MARK);
    (shortened, true)
}

/// The name of a sheet: at most 31 UTF-16 units, without the characters that Excel refuses.
fn sheet_name(title: &str, number: usize) -> String {
    let suffix = match number {
        1 => String::new(),
        _ => format!(" {number}"),
    };
    let mut units = suffix.len();
    let name: String = title
        .chars()
        .map(|character| match character {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' => '_',
            other if other.is_control() => '_',
            other => other,
        })
        .take_while(|character| {
            units += character.len_utf16();
            units <= 31
        })
        .collect();
    // Excel reserves this name.
    if name.is_empty() || name.eq_ignore_ascii_case("history") {
        return format!("{name}_{suffix}");
    }
    name + &suffix
}

/// Runs a step. `rust_xlsxwriter` panics where its temporary file cannot be written, for example because the disk is full;
/// such a panic becomes an error here.
fn caught<T>(step: impl FnOnce() -> Result<T, XlsxError>) -> io::Result<T> {
    silence_panics();
    // After a panic the workbook is dropped, so its state is not used again.
    match panic::catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => done.map_err(io_error),
        Err(cause) => match message(&*cause) {
            Some(text) if text.contains("xml file") || text.contains("code: ") => {
                Err(temporary_file_error(text))
            }
            _ => panic::resume_unwind(cause),
        },
    }
}

/// The failure of a temporary file.
#[derive(Debug, thiserror::Error)]
#[error("its temporary file: {0}")]
pub(super) struct TemporaryFileError(io::Error);

impl From<TemporaryFileError> for io::Error {
    fn from(error: TemporaryFileError) -> Self {
        Self::new(error.0.kind(), error)
    }
}

fn io_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        XlsxError::ZipError(error) => error.into(),
        XlsxError::TempFileError(_, error) => TemporaryFileError(error).into(),
        other => io::Error::other(other.to_string()),
    }
}

/// The text of a panic.
fn message(cause: &(dyn Any + Send)) -> Option<&str> {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied())
}

/// The error in the text of a panic, which ends in `Os { code: 28, kind: StorageFull, … }`.
fn temporary_file_error(text: &str) -> io::Error {
    let code = text.split_once("code: ").and_then(|(_, rest)| {
        let end = rest.find(|character: char| !character.is_ascii_digit())?;
        rest[..end].parse().ok()
    });
    match code.map(io::Error::from_raw_os_error) {
        Some(error) => TemporaryFileError(error).into(),
        None => TemporaryFileError(io::Error::other("it cannot be written")).into(),
    }
}

/// Keeps the panics of `rust_xlsxwriter`, which [`caught`] reports, off stderr.
fn silence_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_caught = panic
                .location()
                .is_some_and(|location| location.file().contains("rust_xlsxwriter"));
            if !is_caught {
                others(panic);
            }
        }));
    });
}
