//! Writes rows in each format, one at a time.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use crate::error::Error;
use crate::model::rows::{Column, Row};
use crate::output::cells::TimestampWriter;
use crate::output::csv::Style;
use crate::output::display;
use crate::output::json::Keys;
use crate::output::markdown::Markdown;
use crate::output::parquet_file::{ParquetStream, Schema};
use crate::output::progress::Progress;
use crate::output::table::Table;
use crate::output::writer_thread::{self, ChunkBuffer, ChunkWriter};
use crate::output::xlsx::{TemporaryFileError, Workbook};

pub(crate) use crate::output::cells::TimestampFormat;
pub(crate) use crate::output::csv::Style as CsvStyle;

/// The number of rows between two updates of the progress bar.
const PROGRESS_INTERVAL: u64 = 4096;

#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// Comma-separated values with a header.
    Csv(Style),
    /// One array of objects.
    Json,
    /// One object per line.
    JsonLines,
    /// Aligned columns, for people. NULL is written as `null`.
    Table {
        null: String,
        /// The width of the terminal; `None`: lines may have any length.
        width: Option<u16>,
    },
    /// A table in GitHub's Markdown.
    Markdown { null: String },
    /// An Excel workbook.
    Workbook,
    /// A Parquet file with these columns.
    Parquet(Schema),
}

#[derive(Clone, Debug)]
pub(crate) struct RowFormat {
    pub(crate) format: Format,
    pub(crate) timestamps: TimestampFormat,
}

/// How writing ended, and the number of rows.
#[derive(Debug)]
pub(crate) enum WriteOutcome {
    /// All rows were written.
    Complete(u64),
    /// The reader closed the pipe. Some of the counted rows may not have reached it.
    ReaderClosed(u64),
}

/// How and where rows are written, apart from the destination.
pub(crate) struct WriteOptions<'a> {
    pub(crate) format: &'a RowFormat,
    /// The name of the dataset.
    pub(crate) title: &'a str,
    /// The folder for temporary files; `None`: that of the system.
    pub(crate) folder: Option<&'a Path>,
    pub(crate) progress: Option<&'a Progress>,
    /// Whether to stop before the end.
    pub(crate) is_stopped: &'a (dyn Fn() -> bool + Sync),
}

/// Writes the rows that `read` passes to the writer.
///
/// # Errors
///
/// The outer error is that of `read`, the inner one that of writing.
pub(crate) fn write<E: From<Error>>(
    out: &mut (dyn Write + Send),
    columns: &[Column],
    options: &WriteOptions<'_>,
    read: impl FnOnce(&mut RowWriter<'_>) -> Result<(), E>,
) -> Result<io::Result<WriteOutcome>, E> {
    let mut rows = 0;
    let written = writer_thread::write(out, |chunks| {
        let mut writer = match RowWriter::start(chunks, columns, options) {
            Ok(writer) => writer,
            Err(error) => return Ok(Err(error)),
        };
        let outcome = read(&mut writer);
        rows = writer.rows;
        match outcome {
            Ok(()) => Ok(writer.finish()),
            Err(error) => {
                writer.abandon();
                Err(error)
            }
        }
    });
    match written {
        Ok(Err(error)) => Err(error),
        Ok(Ok(Ok(()))) => Ok(Ok(WriteOutcome::Complete(rows))),
        Err(error) | Ok(Ok(Err(error))) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Ok(WriteOutcome::ReaderClosed(rows)))
        }
        Err(error) | Ok(Ok(Err(error))) => about_folder(error, options).map_err(E::from),
    }
}

/// The error of writing as it is, or if a temporary file in the folder of the system has failed, the error about that folder.
fn about_folder<T>(error: io::Error, options: &WriteOptions<'_>) -> Result<io::Result<T>, Error> {
    let is_temporary = match error.get_ref() {
        Some(cause) => cause.is::<TemporaryFileError>(),
        None => false,
    };
    if !is_temporary || options.folder.is_some() {
        return Ok(Err(error));
    }
    let action = format!("write {} as a workbook", options.title);
    Err(Error::of_temporary_folder(action, error))
}

/// Encodes rows.
pub(crate) struct RowWriter<'a> {
    chunks: &'a mut ChunkBuffer,
    encoder: Encoder,
    columns: &'a [Column],
    timestamps: TimestampWriter,
    rows: u64,
    options: &'a WriteOptions<'a>,
    failure: Option<io::Error>,
}

#[derive(Debug)]
enum Encoder {
    Csv(Style),
    Json(Keys),
    JsonLines(Keys),
    Table(Table, String),
    Markdown(Markdown, String),
    Workbook(Box<Workbook>),
    Parquet(Box<ParquetStream>),
}

impl Encoder {
    /// Writes what precedes the first row.
    fn start(
        buffer: &mut Vec<u8>,
        columns: &[Column],
        options: &WriteOptions<'_>,
    ) -> io::Result<Self> {
        let RowFormat { format, timestamps } = options.format;
        Ok(match format {
            Format::Csv(style) => {
                style.header(buffer, columns);
                Self::Csv(style.clone())
            }
            Format::Json => {
                buffer.push(b'[');
                Self::Json(Keys::new(columns))
            }
            Format::JsonLines => Self::JsonLines(Keys::new(columns)),
            Format::Table { null, width } => Self::Table(Table::new(columns, *width), null.clone()),
            Format::Markdown { null } => Self::Markdown(Markdown::new(columns), null.clone()),
            Format::Workbook => Self::Workbook(Box::new(Workbook::start(
                options.title,
                options.folder,
                columns,
                *timestamps,
            )?)),
            Format::Parquet(schema) => Self::Parquet(Box::new(ParquetStream::start(schema)?)),
        })
    }
}

impl<'a> RowWriter<'a> {
    fn start(
        chunks: &'a mut ChunkBuffer,
        columns: &'a [Column],
        options: &'a WriteOptions<'a>,
    ) -> io::Result<Self> {
        Ok(Self {
            encoder: Encoder::start(&mut chunks.buffer, columns, options)?,
            chunks,
            columns,
            timestamps: TimestampWriter::new(options.format.timestamps),
            rows: 0,
            options,
            failure: None,
        })
    }

    /// Writes one row. Breaks when writing has failed, or when it is to stop.
    pub(crate) fn row(&mut self, row: &impl Row) -> ControlFlow<()> {
        if (self.options.is_stopped)() {
            return ControlFlow::Break(());
        }
        if let Err(error) = self.encode(row) {
            self.failure = Some(error);
            return ControlFlow::Break(());
        }
        self.rows += 1;
        if let Some(progress) = self.options.progress
            && self.rows.is_multiple_of(PROGRESS_INTERVAL)
        {
            progress.at(self.rows);
        }
        if self.chunks.send_if_full() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn encode(&mut self, row: &impl Row) -> io::Result<()> {
        let buffer = &mut self.chunks.buffer;
        let (columns, timestamps) = (self.columns, &mut self.timestamps);
        match &mut self.encoder {
            Encoder::Csv(style) => style.row(buffer, columns, row, timestamps),
            Encoder::Json(keys) => {
                let before: &[u8] = if self.rows == 0 { b"\n" } else { b",\n" };
                buffer.extend_from_slice(before);
                keys.row(buffer, columns, row, timestamps);
            }
            Encoder::JsonLines(keys) => {
                keys.row(buffer, columns, row, timestamps);
                buffer.push(b'\n');
            }
            Encoder::Table(table, null) => {
                table.row(buffer, display::cells(columns, row, timestamps, null));
            }
            Encoder::Markdown(table, null) => {
                table.row(buffer, display::cells(columns, row, timestamps, null));
            }
            Encoder::Workbook(workbook) => workbook.row(columns, row)?,
            Encoder::Parquet(stream) => stream.row(row, buffer)?,
        }
        Ok(())
    }

    /// Ends after a failure to read.
    fn abandon(self) {
        if !self.chunks.is_started {
            // Nothing was written yet, so that the caller can print an error document instead.
            self.chunks.buffer.clear();
        } else if !matches!(self.encoder, Encoder::Workbook(_) | Encoder::Parquet(_)) {
            // The other formats cannot fail here. A JSON array is closed.
            let _ = self.finish();
        }
    }

    /// Writes what follows the last row.
    fn finish(self) -> io::Result<()> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        match self.encoder {
            Encoder::Csv(_) | Encoder::JsonLines(_) => {}
            Encoder::Json(_) => self.chunks.buffer.extend_from_slice(b"\n]\n"),
            Encoder::Table(mut table, _) => table.finish(&mut self.chunks.buffer),
            Encoder::Markdown(mut table, _) => table.finish(&mut self.chunks.buffer),
            Encoder::Workbook(_) | Encoder::Parquet(_) if (self.options.is_stopped)() => {}
            Encoder::Parquet(stream) => stream.finish(&mut self.chunks.buffer)?,
            Encoder::Workbook(workbook) => workbook.finish(ChunkWriter {
                chunks: self.chunks,
                is_stopped: self.options.is_stopped,
            })?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_rows_is_valid() {
        let columns = [Column::new("a")];
        let null = String::new();
        for (format, empty) in [
            (Format::Csv(Style::default()), "a\n"),
            (Format::Json, "[\n]\n"),
            (Format::JsonLines, ""),
            (
                Format::Table {
                    null: null.clone(),
                    width: None,
                },
                "a\n-\n",
            ),
            (Format::Markdown { null }, "| a |\n| --- |\n"),
        ] {
            let format = RowFormat {
                format,
                timestamps: TimestampFormat::Unix,
            };
            let options = WriteOptions {
                format: &format,
                title: "t",
                folder: None,
                progress: None,
                is_stopped: &|| false,
            };
            let mut out = Vec::new();
            let written = write(&mut out, &columns, &options, |_| Ok::<(), Error>(()));

            assert!(matches!(written, Ok(Ok(WriteOutcome::Complete(0)))));
            assert_eq!(String::from_utf8(out).unwrap(), empty);
        }
    }
}
