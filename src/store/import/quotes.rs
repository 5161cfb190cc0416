//! Marks the quoted empty texts of a CSV file, because the crate `csv` reads `""` and an empty cell alike.

use std::io::{self, Read};

/// The text of a cell that was `""`. No export writes this character alone.
pub(super) const EMPTY_TEXT: &str = "\u{1}";

/// The place in the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    CellStart,
    Unquoted,
    /// After the first quote of a cell.
    Opened,
    /// After `""` at the start of a cell. It is an empty text, or the start of `"""`.
    OpenedTwice,
    Quoted,
    /// After a quote in a quoted cell. It is the end, or the first of two.
    QuoteInQuoted,
}

/// Writes [`EMPTY_TEXT`] into each cell that is `""`.
pub(super) struct MarkEmptyTexts<R> {
    inner: R,
    delimiter: u8,
    place: Place,
    ready: Vec<u8>,
    /// The part of `ready` that was read.
    taken: usize,
}

impl<R: Read> MarkEmptyTexts<R> {
    pub(super) fn new(inner: R, delimiter: u8) -> Self {
        Self {
            inner,
            delimiter,
            place: Place::CellStart,
            ready: Vec::new(),
            taken: 0,
        }
    }

    fn step(&mut self, byte: u8) {
        let is_end = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        let outside = if is_end {
            Place::CellStart
        } else {
            Place::Unquoted
        };
        self.place = match (self.place, byte) {
            (Place::CellStart, b'"') => Place::Opened,
            (Place::Opened, b'"') => {
                // Nothing is written until the next byte tells whether the cell has ended.
                self.place = Place::OpenedTwice;
                return;
            }
            (Place::OpenedTwice, b'"') => {
                self.ready.push(b'"');
                Place::Quoted
            }
            (Place::OpenedTwice, _) => {
                self.end_empty_text();
                outside
            }
            (Place::Opened | Place::Quoted, _) if byte != b'"' => Place::Quoted,
            (Place::Quoted | Place::Opened, _) => Place::QuoteInQuoted,
            (Place::QuoteInQuoted, b'"') => Place::Quoted,
            (Place::CellStart | Place::Unquoted | Place::QuoteInQuoted, _) => outside,
        };
        self.ready.push(byte);
    }

    fn end_empty_text(&mut self) {
        self.ready.extend_from_slice(EMPTY_TEXT.as_bytes());
        self.ready.push(b'"');
    }
}

impl<R: Read> Read for MarkEmptyTexts<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
            let mut chunk = [0; 8192];
            let count = self.inner.read(&mut chunk)?;
            for &byte in &chunk[..count] {
                self.step(byte);
            }
            if count == 0 {
                if self.place != Place::OpenedTwice {
                    return Ok(0);
                }
                self.end_empty_text();
                self.place = Place::CellStart;
            }
        }
        let count = buffer.len().min(self.ready.len() - self.taken);
        buffer[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> String {
        let mut marked = String::new();
        MarkEmptyTexts::new(text.as_bytes(), b',')
            .read_to_string(&mut marked)
            .unwrap();
        marked
    }

    #[test]
    fn only_quoted_cells_without_contents_are_marked() {
        assert_eq!(
            marked("\"\",,\"\"\n\"\""),
            "\"\u{1}\",,\"\u{1}\"\n\"\u{1}\""
        );
        for same in [
            "a,b\nc,\"d\"\n",
            "\"\"\"\",\"a\"\"\",\"\"\"a\"\"\"\n",
            "\"a,\"\",b\"\n",
            "\"\n\"\"\n\"\n",
            "a\"\",b\n",
            "",
        ] {
            assert_eq!(marked(same), same);
        }
    }
}
