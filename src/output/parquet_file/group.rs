//! The rows of a row group, column by column.

use std::collections::HashMap;
use std::io;

use parquet::data_type::ByteArray;

use crate::model::rows::{ColumnType, LATEST_TIME, MAX_EXACT, Row, TypedColumn, Value};
use crate::output::cells::write_real;

/// The most different texts of a column that share their memory.
const MAX_SHARED: usize = 4096;

const MILLISECONDS: i64 = 1000;

/// The rows of a row group. Two groups are in memory at a time, so larger ones would need more than 64 MB.
const GROUP_ROWS: usize = 65_536;

/// The size of the texts of a column from which on a group is full, so that long texts do not fill the memory.
const MAX_BYTES: usize = 8 << 20;

/// The longest text of which equal ones share their memory.
const MAX_SHARED_BYTES: usize = 256;

/// The rows of a row group.
#[derive(Debug)]
pub(super) struct RowGroup {
    pub(super) rows: usize,
    pub(super) columns: Vec<ColumnBuffer>,
}

/// The place of a row in a group.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    row: usize,
    /// For each column the position of the row among the values that are not NULL.
    positions: Vec<usize>,
}

/// One row of a group after the other.
#[derive(Debug)]
pub(crate) struct GroupRows<'a> {
    group: &'a RowGroup,
    columns: &'a [TypedColumn],
    cursor: Cursor,
}

/// The values of one column.
#[derive(Debug)]
pub(super) struct ColumnBuffer {
    /// The values that are not NULL.
    pub(super) values: Values,
    /// For each row 1, or 0 if its value is NULL. Empty if the column is required.
    pub(super) levels: Vec<i16>,
    shared: HashMap<Vec<u8>, ByteArray>,
    /// The size of the values that share no memory.
    bytes: usize,
}

#[derive(Debug)]
pub(super) enum Values {
    Integers(Vec<i64>),
    Reals(Vec<f64>),
    Bytes(Vec<ByteArray>),
}

impl RowGroup {
    pub(super) fn new(columns: &[TypedColumn]) -> Self {
        Self {
            rows: 0,
            columns: columns
                .iter()
                .map(|column| ColumnBuffer {
                    values: match column.kind {
                        ColumnType::Integer | ColumnType::Time => Values::Integers(Vec::new()),
                        ColumnType::Real => Values::Reals(Vec::new()),
                        ColumnType::Text | ColumnType::Blob => Values::Bytes(Vec::new()),
                    },
                    levels: Vec::new(),
                    shared: HashMap::new(),
                    bytes: 0,
                })
                .collect(),
        }
    }

    /// Whether it has as many rows, or as long ones, as a group may have.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS || self.columns.iter().any(|column| column.bytes >= MAX_BYTES)
    }

    /// Removes all rows, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        for column in &mut self.columns {
            column.bytes = 0;
            match &mut column.values {
                Values::Integers(values) => values.clear(),
                Values::Reals(values) => values.clear(),
                Values::Bytes(values) => values.clear(),
            }
            column.levels.clear();
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] when a value does not fit the type of its column. The group is then of no use.
    pub(super) fn push(&mut self, columns: &[TypedColumn], row: &impl Row) -> io::Result<()> {
        for (index, (column, buffer)) in columns.iter().zip(&mut self.columns).enumerate() {
            let value = row.value(index);
            if value == Value::Null {
                if column.is_required {
                    return Err(misfit(column, "NULL"));
                }
                buffer.levels.push(0);
                continue;
            }
            buffer.push(column, value)?;
            if !column.is_required {
                buffer.levels.push(1);
            }
        }
        self.rows += 1;
        Ok(())
    }
}

impl Cursor {
    /// The first row.
    pub(super) fn start(columns: usize) -> Self {
        Self {
            row: 0,
            positions: vec![0; columns],
        }
    }

    /// Goes to the next row. Returns false if there is none.
    pub(super) fn advance(&mut self, group: &RowGroup) -> bool {
        if self.row + 1 >= group.rows {
            return false;
        }
        for (buffer, position) in group.columns.iter().zip(&mut self.positions) {
            if !buffer.is_null(self.row) {
                *position += 1;
            }
        }
        self.row += 1;
        true
    }

    pub(super) fn value<'a>(
        &self,
        group: &'a RowGroup,
        kind: ColumnType,
        column: usize,
    ) -> Value<'a> {
        let buffer = &group.columns[column];
        if buffer.is_null(self.row) {
            return Value::Null;
        }
        buffer.value(kind, self.positions[column])
    }
}

impl<'a> GroupRows<'a> {
    pub(super) fn new(group: &'a RowGroup, columns: &'a [TypedColumn]) -> Self {
        Self {
            group,
            columns,
            cursor: Cursor::start(columns.len()),
        }
    }

    /// Passes each row to `each`.
    pub(crate) fn for_each(mut self, mut each: impl FnMut(&Self)) {
        if self.group.rows == 0 {
            return;
        }
        loop {
            each(&self);
            if !self.cursor.advance(self.group) {
                break;
            }
        }
    }
}

impl Row for GroupRows<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        self.cursor
            .value(self.group, self.columns[column].kind, column)
    }
}

impl ColumnBuffer {
    fn push(&mut self, column: &TypedColumn, value: Value<'_>) -> io::Result<()> {
        match (&mut self.values, column.kind, value) {
            (Values::Integers(values), ColumnType::Integer, Value::Integer(number)) => {
                values.push(number);
            }
            (Values::Integers(values), ColumnType::Time, Value::Integer(seconds)) => {
                if !(-LATEST_TIME..=LATEST_TIME).contains(&seconds) {
                    return Err(misfit(column, &format!("{seconds}, which is no time")));
                }
                values.push(seconds * MILLISECONDS);
            }
            (Values::Reals(values), _, Value::Real(number)) => values.push(number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "only exact numbers are converted"
            )]
            (Values::Reals(values), _, Value::Integer(number))
                if number.unsigned_abs() <= MAX_EXACT =>
            {
                values.push(number as f64);
            }
            (Values::Bytes(_), ColumnType::Text, Value::Text(text)) => {
                if std::str::from_utf8(text).is_err() {
                    return Err(misfit(column, "a text that is not UTF-8"));
                }
                self.push_bytes(text);
            }
            (Values::Bytes(_), ColumnType::Text, Value::Integer(number)) => {
                self.push_bytes(itoa::Buffer::new().format(number).as_bytes());
            }
            (Values::Bytes(_), ColumnType::Text, Value::Real(number)) => {
                // As CSV and JSON have it.
                let mut text = Vec::new();
                write_real(&mut text, number);
                self.push_bytes(&text);
            }
            (Values::Bytes(_), ColumnType::Blob, Value::Blob(bytes)) => self.push_bytes(bytes),
            (_, _, value) => return Err(misfit(column, describe(value))),
        }
        Ok(())
    }

    /// Equal texts share their memory, because most columns have few different ones.
    fn push_bytes(&mut self, bytes: &[u8]) {
        let Values::Bytes(values) = &mut self.values else {
            return;
        };
        if let Some(last) = values.last().filter(|last| last.data() == bytes) {
            let last = last.clone();
            values.push(last);
            return;
        }
        let known = self.shared.get(bytes).cloned();
        values.push(known.unwrap_or_else(|| {
            let new = ByteArray::from(bytes.to_vec());
            if self.shared.len() < MAX_SHARED && bytes.len() <= MAX_SHARED_BYTES {
                self.shared.insert(bytes.to_vec(), new.clone());
            } else {
                self.bytes += bytes.len();
            }
            new
        }));
    }

    /// Whether the value of a row is NULL.
    fn is_null(&self, row: usize) -> bool {
        self.levels.get(row) == Some(&0)
    }

    /// The value at a position among those that are not NULL.
    fn value(&self, kind: ColumnType, position: usize) -> Value<'_> {
        let value = match (&self.values, kind) {
            (Values::Integers(values), ColumnType::Time) => values
                .get(position)
                .map(|number| Value::Integer(number.div_euclid(MILLISECONDS))),
            (Values::Integers(values), _) => {
                values.get(position).map(|number| Value::Integer(*number))
            }
            (Values::Reals(values), _) => values.get(position).map(|number| Value::Real(*number)),
            (Values::Bytes(values), ColumnType::Blob) => {
                values.get(position).map(|bytes| Value::Blob(bytes.data()))
            }
            (Values::Bytes(values), _) => {
                values.get(position).map(|bytes| Value::Text(bytes.data()))
            }
        };
        value.unwrap_or(Value::Null)
    }
}

fn describe(value: Value<'_>) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Integer(_) => "an integer",
        Value::Real(_) => "a decimal number",
        Value::Text(_) => "a text",
        Value::Blob(_) => "bytes",
    }
}

fn misfit(column: &TypedColumn, found: &str) -> io::Error {
    let wanted = column.kind.values();
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the column {} of {wanted} has {found}", column.name),
    )
}
