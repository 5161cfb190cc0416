//! Writes rows as CSV, JSON or JSON Lines, one at a time.

use std::io::{self, Write};
use std::ops::ControlFlow;

use crate::model::rows::{Column, Row};
use crate::output::cells::TimestampWriter;
use crate::output::csv::Style;
use crate::output::json::Keys;
use crate::output::progress::Progress;
use crate::output::writer_thread::{self, ChunkBuffer};

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

/// Writes the rows that `read` passes to the writer.
///
/// # Errors
///
/// The outer error is that of `read`, the inner one that of writing.
pub(crate) fn write<E>(
    out: &mut (dyn Write + Send),
    columns: &[Column],
    format: &RowFormat,
    progress: Option<&Progress>,
    read: impl FnOnce(&mut RowWriter<'_>) -> Result<(), E>,
) -> Result<io::Result<WriteOutcome>, E> {
    let mut rows = 0;
    let written = writer_thread::write(out, |chunks| {
        let mut writer = RowWriter::start(chunks, columns, format, progress);
        let outcome = read(&mut writer);
        rows = writer.rows;
        match outcome {
            // Nothing was written yet, so that the caller can print an error document instead.
            Err(_) if !writer.chunks.is_started => writer.chunks.buffer.clear(),
            _ => writer.finish(),
        }
        outcome
    });
    match written {
        Ok(Ok(())) => Ok(Ok(WriteOutcome::Complete(rows))),
        Ok(Err(error)) => Err(error),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Ok(WriteOutcome::ReaderClosed(rows)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// Encodes rows.
#[derive(Debug)]
pub(crate) struct RowWriter<'a> {
    chunks: &'a mut ChunkBuffer,
    encoder: Encoder,
    columns: &'a [Column],
    timestamps: TimestampWriter,
    rows: u64,
    progress: Option<&'a Progress>,
}

#[derive(Debug)]
enum Encoder {
    Csv(Style),
    Json(Keys),
    JsonLines(Keys),
}

impl<'a> RowWriter<'a> {
    /// Writes what precedes the first row.
    fn start(
        chunks: &'a mut ChunkBuffer,
        columns: &'a [Column],
        format: &RowFormat,
        progress: Option<&'a Progress>,
    ) -> Self {
        let encoder = match &format.format {
            Format::Csv(style) => {
                style.header(&mut chunks.buffer, columns);
                Encoder::Csv(style.clone())
            }
            Format::Json => {
                chunks.buffer.push(b'[');
                Encoder::Json(Keys::new(columns))
            }
            Format::JsonLines => Encoder::JsonLines(Keys::new(columns)),
        };
        Self {
            chunks,
            encoder,
            columns,
            timestamps: TimestampWriter::new(format.timestamps),
            rows: 0,
            progress,
        }
    }

    /// Writes one row. Breaks when writing has failed.
    pub(crate) fn row(&mut self, row: &impl Row) -> ControlFlow<()> {
        let buffer = &mut self.chunks.buffer;
        match &self.encoder {
            Encoder::Csv(style) => style.row(buffer, self.columns, row, &mut self.timestamps),
            Encoder::Json(keys) => {
                let before: &[u8] = if self.rows == 0 { b"\n" } else { b",\n" };
                buffer.extend_from_slice(before);
                keys.row(buffer, self.columns, row, &mut self.timestamps);
            }
            Encoder::JsonLines(keys) => {
                keys.row(buffer, self.columns, row, &mut self.timestamps);
                buffer.push(b'\n');
            }
        }
        self.rows += 1;
        if let Some(progress) = self.progress
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

    fn finish(self) {
        if matches!(self.encoder, Encoder::Json(_)) {
            self.chunks.buffer.extend_from_slice(b"\n]\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_rows_is_valid() {
        let columns = [Column::new("a")];
        for (format, empty) in [
            (Format::Csv(Style::default()), "a\n"),
            (Format::Json, "[\n]\n"),
            (Format::JsonLines, ""),
        ] {
            let format = RowFormat {
                format,
                timestamps: TimestampFormat::Unix,
            };
            let mut out = Vec::new();
            let written = write(&mut out, &columns, &format, None, |_| Ok::<(), ()>(()));

            assert!(matches!(written, Ok(Ok(WriteOutcome::Complete(0)))));
            assert_eq!(String::from_utf8(out).unwrap(), empty);
        }
    }
}
