//! Writes CSV (RFC 4180) in which NULL differs from the empty text: NULL is an empty cell and the empty text is `""`, as in
//! PostgreSQL's COPY.
//!
//! The crate `csv` cannot do this: `csv::Writer` quotes by the text alone or quotes all cells, so it writes NULL and the
//! empty text alike.

use crate::model::formula::looks_like_formula;
use crate::model::rows::{Column, Row, Value};
use crate::output::cells::{TimestampWriter, write_hex, write_integer, write_real};

#[derive(Clone, Debug)]
pub(crate) struct Style {
    /// For spreadsheets: a byte order mark, CRLF, and text that cannot run as a formula.
    pub(crate) spreadsheet: bool,
    /// The cell of a NULL.
    pub(crate) null: String,
    pub(crate) delimiter: u8,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            spreadsheet: false,
            null: String::new(),
            delimiter: b',',
        }
    }
}

/// Excel reads a file as UTF-8 only if it begins with this mark.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Style {
    /// Whether a text that contains this byte must be quoted.
    pub(crate) fn is_special(&self, byte: u8) -> bool {
        byte == self.delimiter || matches!(byte, b'"' | b'\r' | b'\n')
    }

    pub(super) fn header(&self, buffer: &mut Vec<u8>, columns: &[Column]) {
        if self.spreadsheet {
            buffer.extend_from_slice(BYTE_ORDER_MARK);
        }
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                buffer.push(self.delimiter);
            }
            self.text(buffer, column.name.as_bytes());
        }
        self.end_line(buffer);
    }

    pub(super) fn row(
        &self,
        buffer: &mut Vec<u8>,
        columns: &[Column],
        row: &impl Row,
        timestamps: &mut TimestampWriter,
    ) {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                buffer.push(self.delimiter);
            }
            match row.value(index) {
                Value::Null => buffer.extend_from_slice(self.null.as_bytes()),
                Value::Integer(unix) if column.is_time => timestamps.write(buffer, unix),
                Value::Integer(number) => write_integer(buffer, number),
                Value::Real(number) => write_real(buffer, number),
                Value::Text(text) => self.text(buffer, text),
                Value::Blob(bytes) => write_hex(buffer, bytes),
            }
        }
        self.end_line(buffer);
    }

    fn end_line(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(if self.spreadsheet { b"\r\n" } else { b"\n" });
    }

    fn text(&self, buffer: &mut Vec<u8>, text: &[u8]) {
        let is_formula = self.spreadsheet && looks_like_formula(text);
        let needs_quotes = text == self.null.as_bytes()
            || text.is_empty()
            || text.iter().any(|&byte| self.is_special(byte));
        if !needs_quotes {
            if is_formula {
                buffer.push(b'\'');
            }
            buffer.extend_from_slice(text);
            return;
        }
        buffer.push(b'"');
        if is_formula {
            buffer.push(b'\'');
        }
        for &byte in text {
            if byte == b'"' {
                buffer.push(b'"');
            }
            buffer.push(byte);
        }
        buffer.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Values<'a>(&'a [Value<'a>]);

    impl Row for Values<'_> {
        fn value(&self, column: usize) -> Value<'_> {
            self.0[column]
        }
    }

    fn encoded(style: &Style, values: &[Value<'_>]) -> String {
        let columns: Vec<Column> = values.iter().map(|_| Column::new("x")).collect();
        let mut buffer = Vec::new();
        style.row(
            &mut buffer,
            &columns,
            &Values(values),
            &mut TimestampWriter::unix(),
        );
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn null_the_empty_text_and_the_text_for_null_differ() {
        let values = [Value::Null, Value::Text(b""), Value::Text(b"NULL")];
        let spelled = Style {
            null: "NULL".to_owned(),
            ..Style::default()
        };

        assert_eq!(encoded(&Style::default(), &values), ",\"\",NULL\n");
        assert_eq!(encoded(&spelled, &values), "NULL,\"\",\"NULL\"\n");
    }

    #[test]
    fn a_text_is_quoted_if_it_contains_the_configured_delimiter() {
        let style = Style {
            delimiter: b';',
            ..Style::default()
        };

        assert_eq!(
            encoded(&style, &[Value::Text(b"a;b"), Value::Text(b"a,b")]),
            "\"a;b\";a,b\n"
        );
    }

    #[test]
    fn numbers_keep_all_digits() {
        let values = [
            Value::Integer(9_007_199_254_740_993),
            Value::Integer(i64::MIN),
            Value::Real(0.1),
            Value::Real(1e300),
            Value::Real(3.0),
        ];

        assert_eq!(
            encoded(&Style::default(), &values),
            "9007199254740993,-9223372036854775808,0.1,1e300,3.0\n"
        );
    }

    #[test]
    fn spreadsheet_texts_cannot_run_as_formulas_and_numbers_are_unchanged() {
        let style = Style {
            spreadsheet: true,
            ..Style::default()
        };
        let values = [
            Value::Text(b"=1+1"),
            Value::Text(b"+1"),
            Value::Text(b"-1"),
            Value::Text(b"@a"),
            Value::Text(b"\tx"),
            Value::Text(b"\r,"),
            Value::Integer(-5),
        ];

        assert_eq!(
            encoded(&style, &values),
            "'=1+1,'+1,'-1,'@a,'\tx,\"'\r,\",-5\r\n"
        );
    }
}
