//! Makes foreign text safe for a terminal and a log: names and messages of Torn may hold escape sequences.

use std::io::{self, Write};

use crate::model::unprintable::is_unprintable;

/// Replaces the characters that a terminal would obey instead of showing: control characters, and marks that change the
/// direction of the text. A line break becomes `\n`.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => printable.push_str("\\n"),
            '\r' => printable.push_str("\\r"),
            '\t' => printable.push_str("\\t"),
            other => printable.push(visible(other)),
        }
    }
    printable
}

/// Like [`printable`], for a text that has lines: line breaks and tabs stay.
pub(super) fn printable_lines(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut printable = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        printable.push(match character {
            '\n' | '\t' => character,
            '\r' if characters.peek() == Some(&'\n') => character,
            other => visible(other),
        });
    }
    printable
}

/// A record of the log as one line. A line break becomes a blank.
pub(super) fn printable_record(text: &str) -> String {
    printable(&text.replace(['\n', '\r'], " "))
}

fn visible(character: char) -> char {
    if is_unprintable(character) {
        '\u{FFFD}'
    } else {
        character
    }
}

/// A writer that makes text safe if it goes to a terminal. Other bytes stay as they are, because pipes and files hold data.
#[derive(Debug)]
pub(crate) struct PrintableWriter<W> {
    inner: W,
    is_terminal: bool,
    /// The start of a character, or a carriage return, whose rest was not written yet.
    rest: Vec<u8>,
}

impl<W: Write> PrintableWriter<W> {
    pub(super) fn new(inner: W, is_terminal: bool) -> Self {
        Self {
            inner,
            is_terminal,
            rest: Vec::new(),
        }
    }

    fn write_printable(&mut self, end: usize) -> io::Result<()> {
        let text = printable_lines(&String::from_utf8_lossy(&self.rest[..end]));
        self.rest.drain(..end);
        self.inner.write_all(text.as_bytes())
    }
}

impl<W: Write> Write for PrintableWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_terminal {
            return self.inner.write(bytes);
        }
        self.rest.extend_from_slice(bytes);
        self.write_printable(whole(&self.rest))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() {
            self.write_printable(self.rest.len())?;
        }
        self.inner.flush()
    }
}

/// The length of the start that ends with a whole character, and not between a carriage return and its line feed.
fn whole(bytes: &[u8]) -> usize {
    if bytes.last() == Some(&b'\r') {
        return bytes.len() - 1;
    }
    for back in 1..=bytes.len().min(3) {
        let at = bytes.len() - back;
        let length = match bytes[at] {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if length > back { at } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_cannot_be_controlled_by_a_name() {
        assert_eq!(
            printable("a\u{1b}[31m\nb\u{202E}c"),
            "a\u{FFFD}[31m\\nb\u{FFFD}c"
        );
        assert_eq!(
            printable_lines("a\u{9b}1m\r\n\tb\rc"),
            "a\u{FFFD}1m\r\n\tb\u{FFFD}c"
        );
        assert_eq!(printable_record("a\r\nb\u{7}"), "a  b\u{FFFD}");
    }

    #[test]
    fn text_that_arrives_in_pieces_is_the_same_as_the_whole() {
        let text = "ü\u{1b}[2J漢😀\r\n\u{9b}x\u{202E}y\rz";
        for size in 1..text.len() {
            let mut writer = PrintableWriter::new(Vec::new(), true);
            for piece in text.as_bytes().chunks(size) {
                writer.write_all(piece).unwrap();
            }
            writer.flush().unwrap();
            assert_eq!(
                String::from_utf8(writer.inner).unwrap(),
                printable_lines(text),
                "{size}"
            );
        }
    }

    #[test]
    fn data_for_a_pipe_stays_as_it_is() {
        let mut writer = PrintableWriter::new(Vec::new(), false);
        writer.write_all(b"a\x1b[2J\xff\r").unwrap();
        writer.flush().unwrap();
        assert_eq!(writer.inner, b"a\x1b[2J\xff\r");
    }
}
