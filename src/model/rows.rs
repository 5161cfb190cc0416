//! The rows of an export, as the store reads them and the output writes them.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// An integer up to this size is exact as a 64-bit float.
pub(crate) const MAX_EXACT: u64 = 1 << 53;

/// The largest unix time in seconds whose microseconds fit into 64 bits: engines such as DuckDB convert times to them.
pub(crate) const LATEST_TIME: i64 = i64::MAX / 1_000_000;

/// A value with its SQLite storage class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// SQLite does not guarantee that the bytes are UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// A row whose values are borrowed from the statement.
pub(crate) trait Row {
    /// The value of a column; the first is 0.
    fn value(&self, column: usize) -> Value<'_>;
}

/// A value that is not borrowed.
#[derive(Clone, Debug, PartialEq)]
enum OwnedValue {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// A copy of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnedRow(Vec<OwnedValue>);

impl OwnedRow {
    /// Copies the first `columns` values of a row.
    pub(crate) fn copy_of(row: &impl Row, columns: usize) -> Self {
        let copy = |column| match row.value(column) {
            Value::Null => OwnedValue::Null,
            Value::Integer(number) => OwnedValue::Integer(number),
            Value::Real(number) => OwnedValue::Real(number),
            Value::Text(text) => OwnedValue::Text(text.to_vec()),
            Value::Blob(bytes) => OwnedValue::Blob(bytes.to_vec()),
        };
        Self((0..columns).map(copy).collect())
    }
}

impl Row for OwnedRow {
    fn value(&self, column: usize) -> Value<'_> {
        match &self.0[column] {
            OwnedValue::Null => Value::Null,
            OwnedValue::Integer(number) => Value::Integer(*number),
            OwnedValue::Real(number) => Value::Real(*number),
            OwnedValue::Text(text) => Value::Text(text),
            OwnedValue::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

/// The order in which SQLite sorts values: NULL, numbers, texts, blobs.
pub(crate) fn compare(left: Value<'_>, right: Value<'_>) -> Ordering {
    let class = |value: Value<'_>| match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(&right),
        (Value::Real(left), Value::Real(right)) => left.total_cmp(&right),
        (Value::Text(left), Value::Text(right)) | (Value::Blob(left), Value::Blob(right)) => {
            left.cmp(right)
        }
        _ => class(left).cmp(&class(right)),
    }
}

/// A column of the result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    pub(crate) name: String,
    /// Whether its integers are unix seconds.
    pub is_time: bool,
}

impl Column {
    /// A column of this name. The name decides whether it holds timestamps.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            is_time: has_time_name(&name),
            name,
        }
    }
}

/// The type of the values of a column, for formats that want one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColumnType {
    Integer,
    /// Unix seconds.
    Time,
    Real,
    Text,
    Blob,
}

impl ColumnType {
    /// The values in words.
    pub(crate) fn values(self) -> &'static str {
        match self {
            Self::Integer => "integers",
            Self::Time => "times",
            Self::Real => "decimal numbers",
            Self::Text => "texts",
            Self::Blob => "bytes",
        }
    }
}

/// A column whose values have one type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TypedColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// Whether no value is NULL.
    pub(crate) is_required: bool,
    /// The comment on the column in its table.
    pub(crate) comment: Option<String>,
}

/// The place of the column of this name.
pub(crate) fn place_of(columns: &[TypedColumn], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name)
}

/// Whether the schema uses this name for unix seconds: `recorded_at`, `paused_until`, `owned_since`. Names of columns with
/// other units end in the unit (`_at_ms`).
fn has_time_name(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "timestamp",
        "last_updated",
        "first_miss",
        "last_miss",
        "period_start",
        "period_end",
        "cutoff",
    ];
    NAMES.contains(&name)
        || ["at", "since", "until"].iter().any(|suffix| {
            name.strip_suffix(suffix)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_columns_are_recognized_by_their_names() {
        for name in [
            "timestamp",
            "recorded_at",
            "at",
            "owned_since",
            "until",
            "paused_until",
        ] {
            assert!(Column::new(name).is_time, "{name}");
        }
        for name in [
            "expires_at_ms",
            "stat",
            "held_seconds",
            "day",
            "month",
            "age_seconds",
        ] {
            assert!(!Column::new(name).is_time, "{name}");
        }
    }
}
