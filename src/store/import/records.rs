//! Reads the records of a CSV file, and refuses quotes that are not written as in RFC 4180.
//!
//! The crate `csv` splits the records into cells. It accepts each file: a quote that is never closed takes the rest of the
//! file into one cell without an error, and `""` and an empty cell are read alike. So the quotes are checked first, and the
//! crate gets one record at a time.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};

/// The longest record. A quote that opens a longer one is taken as one that is never closed, so that the memory is bounded.
const LONGEST_RECORD: usize = 16 * 1024 * 1024;

/// One record. It is filled again and again, to keep its memory.
#[derive(Debug, Default)]
pub(super) struct Record {
    cells: StringRecord,
    /// Whether each cell is quoted.
    quoted: Vec<bool>,
    /// The number of its first line, from 1 on.
    pub(super) line: u64,
    /// The number of lines that it spans.
    pub(super) lines: u64,
}

/// A cell of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CellText<'a> {
    /// Nothing between two delimiters.
    Empty,
    /// A text, which is empty if it was `""`.
    Text(&'a str),
}

/// Why a line is no record. All but the last are about its quotes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WrongQuote {
    /// A quote is opened in this line, and the file or the longest record ends before it is closed.
    NeverClosed {
        line: u64,
    },
    /// Text follows the quote that closes a cell. `line` is the line of that quote.
    TextAfterQuote {
        cell: usize,
        line: u64,
    },
    /// A cell that does not begin with a quote contains one.
    QuoteInCell {
        cell: usize,
    },
    NotUtf8,
}

impl Record {
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn cell(&self, index: usize) -> Option<CellText<'_>> {
        Some(match self.cells.get(index)? {
            "" if !self.quoted[index] => CellText::Empty,
            text => CellText::Text(text),
        })
    }

    /// Whether all cells are empty, or all are `""`.
    pub(super) fn is_blank(&self) -> bool {
        let are_quoted = self.quoted.iter().all(|quoted| *quoted);
        let are_plain = self.quoted.iter().all(|quoted| !quoted);
        (are_quoted || are_plain) && self.first_text(0).is_none()
    }

    /// The place of the first cell from `start` on with a text that is not empty.
    pub(super) fn first_text(&self, start: usize) -> Option<usize> {
        (start..self.len())
            .find(|place| self.cells.get(*place).is_some_and(|cell| !cell.is_empty()))
    }

    /// Adds the cells of another record from `first` on.
    pub(super) fn append(&mut self, other: &Self, first: usize) {
        for (cell, is_quoted) in other.cells.iter().zip(&other.quoted).skip(first) {
            self.cells.push_field(cell);
            self.quoted.push(*is_quoted);
        }
    }

    fn begin(&mut self, line: u64) {
        self.cells.clear();
        self.quoted.clear();
        self.line = line;
        self.lines = 0;
    }

    /// Takes one byte that is no line break. `line` is its line.
    fn step(
        &mut self,
        place: Place,
        byte: u8,
        delimiter: u8,
        line: u64,
    ) -> Result<Place, WrongQuote> {
        let cell = self.quoted.len();
        Ok(match (place, byte) {
            (Place::CellStart, b'"') => Place::QuoteOpened,
            (Place::Quoted, b'"') => Place::QuoteInQuoted,
            (Place::Unquoted, b'"') => return Err(WrongQuote::QuoteInCell { cell }),
            (Place::QuoteInQuoted, b'"') | (Place::QuoteOpened | Place::Quoted, _) => Place::Quoted,
            _ if byte == delimiter => {
                self.quoted.push(place == Place::QuoteInQuoted);
                Place::CellStart
            }
            (Place::QuoteInQuoted, _) => return Err(WrongQuote::TextAfterQuote { cell, line }),
            (Place::CellStart | Place::Unquoted, _) => Place::Unquoted,
        })
    }
}

/// The place in a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    CellStart,
    Unquoted,
    /// After the quote at the start of a cell.
    QuoteOpened,
    Quoted,
    /// After a quote in a quoted cell. It is the end, or the first of two.
    QuoteInQuoted,
}

/// The bytes of one record, which the parser reads. A line break ends them, so it never reads on.
#[derive(Debug, Default)]
struct OneRecord {
    bytes: Vec<u8>,
    start: usize,
}

impl OneRecord {
    fn set(&mut self, record: &[u8]) {
        self.start = 0;
        self.bytes.clear();
        self.bytes.extend_from_slice(record);
        self.bytes.push(b'\n');
    }
}

impl Read for OneRecord {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.bytes[self.start..]).read(buffer)?;
        self.start += count;
        Ok(count)
    }
}

/// Reads records from `source`.
#[derive(Debug)]
pub(super) struct Records<R> {
    source: R,
    parser: csv::Reader<OneRecord>,
    delimiter: u8,
    /// Lines that were read. The part before `start` is done.
    buffer: Vec<u8>,
    start: usize,
    /// The end of the first line of the record that was read last.
    first_line_end: usize,
    /// The number of the line at `start`.
    line: u64,
}

/// Ctrl-Z, which programs of DOS and some of Windows write after the last line.
const END_MARK: u8 = 0x1A;

/// How much of the buffer may be done before it is dropped.
const LARGEST_DONE: usize = 64 * 1024;

impl<R: BufRead> Records<R> {
    /// `line` is the number of the first line of `source`.
    pub(super) fn new(source: R, delimiter: u8, line: u64) -> Self {
        let parser = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            // A carriage return alone is text, as in a cell with quotes.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(OneRecord::default());
        Self {
            source,
            parser,
            delimiter,
            buffer: Vec::new(),
            start: 0,
            first_line_end: 0,
            line,
        }
    }

    /// Fills `record` with the next record; `None`: the file has ended. Empty lines, and an end mark in the last line, are
    /// passed over.
    ///
    /// After a flaw, the next record begins with the next line, so that a wrong quote costs no line but its own.
    pub(super) fn read(
        &mut self,
        record: &mut Record,
    ) -> io::Result<Option<Result<(), WrongQuote>>> {
        if self.start > LARGEST_DONE {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        loop {
            let Some(end) = self.line_end(self.start)? else {
                return Ok(None);
            };
            self.first_line_end = end;
            let is_end_mark = contents(&self.buffer[self.start..end]) == [END_MARK];
            if is_end_mark && self.line_end(end)?.is_none() {
                return Ok(None);
            }
            if contents(&self.buffer[self.start..end]).is_empty() {
                self.start = end;
                self.line += 1;
                continue;
            }
            record.begin(self.line);
            let read = self.fill(record)?;
            match read {
                Ok(end) => {
                    self.start = end;
                    self.line += record.lines;
                }
                Err(_) => self.reread_after_first_line(record),
            }
            return Ok(Some(read.map(drop)));
        }
    }

    /// Goes back to the second line of `record`, which is the one that was read last.
    pub(super) fn reread_after_first_line(&mut self, record: &Record) {
        self.start = self.first_line_end;
        self.line = record.line + 1;
    }

    /// The end of the line that begins at `start`, behind its line break; `None` at the end of the file.
    fn line_end(&mut self, start: usize) -> io::Result<Option<usize>> {
        if let Some(length) = self.buffer[start..].iter().position(|byte| *byte == b'\n') {
            return Ok(Some(start + length + 1));
        }
        self.source.read_until(b'\n', &mut self.buffer)?;
        Ok(Some(self.buffer.len()).filter(|end| *end > start))
    }

    /// Reads the record at `start`, and returns its end.
    fn fill(&mut self, record: &mut Record) -> io::Result<Result<usize, WrongQuote>> {
        let mut place = Place::CellStart;
        let mut start = self.start;
        let mut opened = record.line;
        while let Some(end) = self.line_end(start)? {
            let contents = contents(&self.buffer[start..end]);
            let contents_end = start + contents.len();
            let number = record.line + record.lines;
            record.lines += 1;
            for &byte in contents {
                place = match record.step(place, byte, self.delimiter, number) {
                    Ok(next) => next,
                    Err(flaw) => return Ok(Err(flaw)),
                };
                if place == Place::QuoteOpened {
                    opened = number;
                    place = Place::Quoted;
                }
            }
            start = end;
            if place != Place::Quoted {
                record.quoted.push(place == Place::QuoteInQuoted);
                let parsed = self.parse(self.start..contents_end, &mut record.cells)?;
                return Ok(parsed.map(|()| end));
            }
            if end - self.start > LONGEST_RECORD {
                break;
            }
        }
        Ok(Err(WrongQuote::NeverClosed { line: opened }))
    }

    /// Splits the record in this part of the buffer into its cells.
    fn parse(
        &mut self,
        part: Range<usize>,
        cells: &mut StringRecord,
    ) -> io::Result<Result<(), WrongQuote>> {
        self.parser.get_mut().set(&self.buffer[part]);
        match self.parser.read_record(cells) {
            Ok(_) => Ok(Ok(())),
            Err(error) if matches!(error.kind(), ErrorKind::Utf8 { .. }) => {
                Ok(Err(WrongQuote::NotUtf8))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The line without its line break. Programs that change the line breaks of a file twice leave `\r\r\n`.
fn contents(line: &[u8]) -> &[u8] {
    let mut contents = line.strip_suffix(b"\n").unwrap_or(line);
    while let Some(shorter) = contents.strip_suffix(b"\r") {
        contents = shorter;
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each record as its first line and its cells, or as the flaw. An empty cell is `-`.
    fn all(text: &str) -> Vec<String> {
        let mut records = Records::new(text.as_bytes(), b',', 2);
        let mut record = Record::default();
        let mut found = Vec::new();
        while let Some(read) = records.read(&mut record).unwrap() {
            found.push(match read {
                Ok(()) => {
                    let cells = (0..record.len()).map(|index| match record.cell(index) {
                        Some(CellText::Text(text)) => format!("[{text}]"),
                        _ => "-".to_owned(),
                    });
                    format!("{}{}", record.line, cells.collect::<String>())
                }
                Err(flaw) => format!("{flaw:?}"),
            });
        }
        found
    }

    #[test]
    fn quoted_cells_are_read_as_an_export_writes_them() {
        let text = "a,\"b\r\nc\",\"\"\r\n\n,\"\"\"\",\"d\"\"e,\"\n\"\"\r\r\nlast,";

        assert_eq!(
            all(text),
            ["2[a][b\r\nc][]", "5-[\"][d\"e,]", "6[]", "7[last]-"]
        );
    }

    #[test]
    fn a_wrong_quote_costs_only_its_own_line() {
        assert_eq!(all("a,\"b\nc,d\n"), ["NeverClosed { line: 2 }", "3[c][d]"]);
        assert_eq!(
            all("a,\"b\nc,d\ne,\"f\"\n"),
            ["TextAfterQuote { cell: 1, line: 4 }", "3[c][d]", "4[e][f]"]
        );
        assert_eq!(
            all("\"a\"x\nb\"c,d\ne,f\n"),
            [
                "TextAfterQuote { cell: 0, line: 2 }",
                "QuoteInCell { cell: 0 }",
                "4[e][f]"
            ]
        );
        assert_eq!(
            all("\"a\nb\",\"c\n"),
            ["NeverClosed { line: 3 }", "QuoteInCell { cell: 0 }"]
        );
    }

    #[test]
    fn a_record_can_be_read_again_from_its_second_line_on() {
        let mut records = Records::new(&b"a,\"b\nc\",d\ne\n"[..], b',', 2);
        let mut record = Record::default();
        records.read(&mut record).unwrap();
        assert_eq!((record.line, record.lines), (2, 2));

        records.reread_after_first_line(&record);

        assert_eq!(
            records.read(&mut record).unwrap(),
            Some(Err(WrongQuote::QuoteInCell { cell: 0 }))
        );
        assert_eq!(records.read(&mut record).unwrap(), Some(Ok(())));
        assert_eq!(record.line, 4);
    }
}
