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
