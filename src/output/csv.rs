//! CSV as RFC 4180 has it, with NULL told apart from the empty text.
//!
//! The `csv` crate is for reading: its writer decides about quotes by the text alone, and here an empty cell is NULL
//! and `""` is an empty text, as with PostgreSQL's COPY.

use crate::model::rows::{Column, Row, Value};
use crate::output::rows::{Moments, Number, hexadecimal};

/// How it is to look.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    /// For Excel and its like: a byte order mark, CRLF, no cell that would run as a formula, dates it recognizes.
    pub(crate) spreadsheet: bool,
    /// What stands for NULL.
    pub(crate) null: String,
    /// Stands between two cells.
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

/// What Excel needs to read UTF-8 as UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Style {
    /// Whether a text with this byte in it has to be quoted.
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
        moments: &mut Moments,
    ) {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                buffer.push(self.delimiter);
            }
            match row.value(index) {
                Value::Null => buffer.extend_from_slice(self.null.as_bytes()),
                Value::Integer(unix) if column.is_time => moments.write(buffer, unix),
                Value::Integer(number) => buffer.extend_from_slice(Number::new().whole(number)),
                // Rust writes the shortest digits that read back as the same number.
                Value::Real(number) => buffer.extend_from_slice(format!("{number:?}").as_bytes()),
                Value::Text(text) => self.text(buffer, text),
                Value::Blob(bytes) => hexadecimal(buffer, bytes),
            }
        }
        self.end_line(buffer);
    }

    fn end_line(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(if self.spreadsheet { b"\r\n" } else { b"\n" });
    }

    fn text(&self, buffer: &mut Vec<u8>, text: &[u8]) {
        // https://owasp.org/www-community/attacks/CSV_Injection
        let is_formula = self.spreadsheet
            && matches!(
                text.first(),
                Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n')
            );
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

    fn line(style: &Style, values: &[Value<'_>]) -> String {
        let columns: Vec<Column> = values.iter().map(|_| Column::new("x")).collect();
        let mut buffer = Vec::new();
        style.row(&mut buffer, &columns, &Values(values), &mut Moments::unix());
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn null_the_empty_text_and_the_word_for_null_stay_apart() {
        let values = [Value::Null, Value::Text(b""), Value::Text(b"NULL")];
        let spelled = Style {
            null: "NULL".to_owned(),
            ..Style::default()
        };

        assert_eq!(line(&Style::default(), &values), ",\"\",NULL\n");
        assert_eq!(line(&spelled, &values), "NULL,\"\",\"NULL\"\n");
    }

    #[test]
    fn the_delimiter_is_quoted_and_others_are_not() {
        let style = Style {
            delimiter: b';',
            ..Style::default()
        };

        assert_eq!(
            line(&style, &[Value::Text(b"a;b"), Value::Text(b"a,b")]),
            "\"a;b\";a,b\n"
        );
    }

    #[test]
    fn numbers_are_exact() {
        let values = [
            Value::Integer(9_007_199_254_740_993),
            Value::Integer(i64::MIN),
            Value::Real(0.1),
            Value::Real(1e300),
            Value::Real(3.0),
        ];

        assert_eq!(
            line(&Style::default(), &values),
            "9007199254740993,-9223372036854775808,0.1,1e300,3.0\n"
        );
    }

    #[test]
    fn a_spreadsheet_runs_no_formula_and_keeps_its_numbers() {
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
            line(&style, &values),
            "'=1+1,'+1,'-1,'@a,'\tx,\"'\r,\",-5\r\n"
        );
    }
}
