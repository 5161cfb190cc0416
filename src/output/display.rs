//! Cells as people read them, for tables and Markdown.

use crate::model::rows::{Column, Row, Value};
use crate::output::cells::{TimestampWriter, write_hex, write_integer, write_real};

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
                    write_real(&mut buffer, number);
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

/// Replaces the characters that a terminal would obey instead of showing: control characters, and marks that change the
/// direction of the text. A line break becomes `\n`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_cannot_be_controlled_by_a_name() {
        assert_eq!(
            printable("a\u{1b}[31m\nb\u{202E}c"),
            "a\u{FFFD}[31m\\nb\u{FFFD}c"
        );
    }
}
