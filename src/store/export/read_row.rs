//! A row of a running statement, as exports read it.

use rusqlite::types::ValueRef;

use crate::model::rows::{Row, Value};

/// A row of a running statement.
#[derive(Debug)]
pub(crate) struct ReadRow<'a>(&'a rusqlite::Row<'a>);

impl<'a> ReadRow<'a> {
    pub(in crate::store) fn new(row: &'a rusqlite::Row<'a>) -> Self {
        Self(row)
    }
}

impl Row for ReadRow<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Integer(number)) => Value::Integer(number),
            Ok(ValueRef::Real(number)) => Value::Real(number),
            Ok(ValueRef::Text(text)) => Value::Text(text),
            Ok(ValueRef::Blob(bytes)) => Value::Blob(bytes),
            // The only possible error is a column index out of range.
            Ok(ValueRef::Null) | Err(_) => Value::Null,
        }
    }
}
