//! Cells as people read them, for tables and Markdown.

use unicode_width::UnicodeWidthStr;

use crate::model::rows::{Column, Row, Value};
use crate::output::cells::{TimestampWriter, write_hex, write_integer};

/// A cell as text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) kind: CellKind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CellKind {
    /// A NULL, whatever it is written as.
    Null,
    Number,
    /// A time or bytes: text that has no words.
    Word,
    Text,
}

/// Makes the cells of a row. NULL is written as `null`, and the empty text as `""`, so that the two differ.
pub(super) fn cells(
    columns: &[Column],
    row: &impl Row,
    timestamps: &mut TimestampWriter,
    null: &str,
) -> Vec<Cell> {
    let mut buffer = Vec::new();
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            buffer.clear();
            let kind = match row.value(index) {
                Value::Null => {
                    buffer.extend_from_slice(null.as_bytes());
                    CellKind::Null
                }
                Value::Integer(unix) if column.is_time && timestamps.are_text() => {
                    timestamps.write(&mut buffer, unix);
                    CellKind::Word
                }
                Value::Integer(number) => {
                    write_integer(&mut buffer, number);
                    CellKind::Number
                }
                Value::Real(number) => {
                    buffer.extend_from_slice(format!("{number:?}").as_bytes());
                    CellKind::Number
                }
                Value::Text(b"") => {
                    buffer.extend_from_slice(b"\"\"");
                    CellKind::Text
                }
                Value::Text(text) => {
                    buffer.extend_from_slice(text);
                    // The time of a view as text: `2026-10-31 12:00:00`.
                    if column.name.ends_with("_utc") {
                        CellKind::Word
                    } else {
                        CellKind::Text
                    }
                }
                Value::Blob(bytes) => {
                    write_hex(&mut buffer, bytes);
                    CellKind::Word
                }
            };
            Cell {
                text: String::from_utf8_lossy(&buffer).into_owned(),
                kind,
            }
        })
        .collect()
}

/// The number of terminal columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Replaces what a terminal would obey instead of showing: control characters, and marks that change the direction of the
/// text. A line break becomes `\n`.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => printable.push_str("\\n"),
            '\r' => printable.push_str("\\r"),
            '\t' => printable.push_str("\\t"),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => printable.push('\u{FFFD}'),
            other if other.is_control() => printable.push('\u{FFFD}'),
            other => printable.push(other),
        }
    }
    printable
}

/// Breaks a text into lines of at most `room` terminal columns, at blanks only. A longer word is a line of its own.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    // The end of the last word that fits into the line.
    let mut end = 0;
    let mut position = 0;
    for word in text.split(' ') {
        let word_end = position + word.len();
        if end > start && width(&text[start..word_end]) > room {
            lines.push(text[start..end].trim_end());
            start = position;
        }
        end = word_end;
        position = word_end + 1;
    }
    lines.push(&text[start..]);
    lines
}

/// The width of the longest word.
pub(super) fn longest_word(text: &str) -> usize {
    text.split(' ').map(width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_at_blanks_only() {
        assert_eq!(
            wrap("in a hospital for 3 hours", 10),
            ["in a", "hospital", "for 3", "hours"]
        );
        assert_eq!(wrap("short", 10), ["short"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(
            wrap("a incomprehensibilities b", 5),
            ["a", "incomprehensibilities", "b"]
        );
        assert_eq!(wrap("猫猫 猫猫", 5), ["猫猫", "猫猫"]);
        assert_eq!(wrap("a  b", 2), ["a", "b"]);
    }

    #[test]
    fn a_terminal_cannot_be_controlled_by_a_name() {
        assert_eq!(
            printable("a\u{1b}[31m\nb\u{202E}c"),
            "a\u{FFFD}[31m\\nb\u{FFFD}c"
        );
    }
}
