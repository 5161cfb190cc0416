//! Rows as JSON objects, one a line. Whole numbers keep all their digits.

use crate::model::rows::{Column, Row, Value};
use crate::output::rows::{Moments, Number, hexadecimal};

/// Each column's name as a key: `{"player_id":`, `,"name":`.
#[derive(Debug)]
pub(super) struct Keys(Vec<Vec<u8>>);

impl Keys {
    pub(super) fn new(columns: &[Column]) -> Self {
        let keys = columns.iter().enumerate().map(|(index, column)| {
            let mut key = vec![if index == 0 { b'{' } else { b',' }];
            text(&mut key, column.name.as_bytes());
            key.push(b':');
            key
        });
        Self(keys.collect())
    }

    pub(super) fn row(
        &self,
        buffer: &mut Vec<u8>,
        columns: &[Column],
        row: &impl Row,
        moments: &mut Moments,
    ) {
        for (index, (key, column)) in self.0.iter().zip(columns).enumerate() {
            buffer.extend_from_slice(key);
            match row.value(index) {
                Value::Null => buffer.extend_from_slice(b"null"),
                Value::Integer(unix) if column.is_time && moments.are_text() => {
                    buffer.push(b'"');
                    moments.write(buffer, unix);
                    buffer.push(b'"');
                }
                Value::Integer(number) => buffer.extend_from_slice(Number::new().whole(number)),
                // JSON has no infinity; SQLite's own JSON writes a number that is too large to be anything else.
                Value::Real(number) if number.is_infinite() => {
                    buffer.extend_from_slice(if number > 0.0 { b"9e999" } else { b"-9e999" });
                }
                Value::Real(number) => buffer.extend_from_slice(format!("{number:?}").as_bytes()),
                Value::Text(bytes) => text(buffer, bytes),
                Value::Blob(bytes) => {
                    buffer.push(b'"');
                    hexadecimal(buffer, bytes);
                    buffer.push(b'"');
                }
            }
        }
        buffer.push(b'}');
    }
}

/// Writes a string; bytes that are not UTF-8, which JSON cannot hold, become U+FFFD.
fn text(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    serde_json::to_writer(buffer, &text).expect("a Vec takes every string");
}
