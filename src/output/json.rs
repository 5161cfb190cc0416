//! Writes rows as JSON objects. Integers keep all digits.

use crate::model::rows::{Column, Row, Value};
use crate::output::cells::{TimestampWriter, write_hex, write_integer, write_real};

/// The encoded key of each column: `{"player_id":`, `,"name":`.
#[derive(Debug)]
pub(super) struct Keys(Vec<Vec<u8>>);

impl Keys {
    pub(super) fn new(columns: &[Column]) -> Self {
        let keys = columns.iter().enumerate().map(|(index, column)| {
            let mut key = vec![if index == 0 { b'{' } else { b',' }];
            write_text(&mut key, column.name.as_bytes());
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
        timestamps: &mut TimestampWriter,
    ) {
        for (index, (key, column)) in self.0.iter().zip(columns).enumerate() {
            buffer.extend_from_slice(key);
            match row.value(index) {
                Value::Null => buffer.extend_from_slice(b"null"),
                Value::Integer(unix) if column.is_time && timestamps.are_text() => {
                    buffer.push(b'"');
                    timestamps.write(buffer, unix);
                    buffer.push(b'"');
                }
                Value::Integer(number) => write_integer(buffer, number),
                // JSON has no infinity. Like SQLite's JSON functions, write a number that overflows to it.
                Value::Real(number) if number.is_infinite() => {
                    buffer.extend_from_slice(if number > 0.0 { b"9e999" } else { b"-9e999" });
                }
                Value::Real(number) => write_real(buffer, number),
                Value::Text(bytes) => write_text(buffer, bytes),
                Value::Blob(bytes) => {
                    buffer.push(b'"');
                    write_hex(buffer, bytes);
                    buffer.push(b'"');
                }
            }
        }
        buffer.push(b'}');
    }
}

/// Writes a string. Bytes that are not UTF-8 become U+FFFD, because JSON cannot hold them.
fn write_text(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    serde_json::to_writer(buffer, &text).expect("writing to a Vec cannot fail");
}
