//! Writes the file of a month: the rows of the database, and those of the older file that stay.

use std::cmp::Ordering;
use std::fs::File;
use std::io;

use crate::error::Error;
use crate::model::history::History;
use crate::model::import::recorder::layout;
use crate::model::lake::{Dataset, Rule};
use crate::model::rows::{OwnedRow, Row, TypedColumn, Value, place_of};
use crate::output::lake::layout::Layout;
use crate::output::parquet_file::{FileWriter, Observer, RowReader, Schema};

/// Why a file could not be written.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The new file.
    Write(io::Error),
    /// The older file cannot be read.
    Old(io::Error),
    /// A question to the database.
    Database(Error),
}

/// Whether an import has removed a row of the older file on purpose. It is asked about rows that no row of the database replaces.
pub(crate) type IsRemoved<'a> = dyn FnMut(&OwnedRow) -> Result<bool, Error> + 'a;

/// A file that is being written. Its rows come in the order of the dataset.
#[derive(Debug)]
pub(crate) struct MonthWriter {
    writer: FileWriter,
    dataset: Dataset,
    columns: Vec<TypedColumn>,
    layout: Layout,
    old: Option<Old>,
    /// The rows of the database with the same key.
    group: Vec<OwnedRow>,
    counts: Counts,
}

/// What a file has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) rows: u64,
    /// The rows that only the older file had.
    pub(crate) kept: u64,
    pub(crate) lowest_id: Option<i64>,
    pub(crate) highest_id: Option<i64>,
}

impl Counts {
    /// Counts a row. `id`: its row id, if the table has one.
    pub(crate) fn add(&mut self, id: Option<Value<'_>>) {
        self.rows += 1;
        if let Some(Value::Integer(id)) = id {
            self.lowest_id = Some(self.lowest_id.map_or(id, |lowest| lowest.min(id)));
            self.highest_id = Some(self.highest_id.map_or(id, |highest| highest.max(id)));
        }
    }
}

/// The older file, and whether it has a present row.
#[derive(Debug)]
struct Old {
    rows: RowReader,
    has_row: bool,
}

impl MonthWriter {
    /// Begins with an empty file. Rows of `old` stay by the rule of the dataset. `observer` sees all rows.
    ///
    /// # Errors
    ///
    /// Fails when the older file is damaged, or when the new one cannot be written.
    pub(crate) fn start(
        file: File,
        dataset: &Dataset,
        schema: &Schema,
        old: Option<RowReader>,
        observer: Option<Observer>,
    ) -> Result<Self, Failure> {
        let old = match (old, dataset.rule) {
            (None, _) | (_, Rule::Month | Rule::Nothing) => None,
            (Some(mut rows), Rule::Rows(_) | Rule::Keys) => Some(Old {
                has_row: rows.advance().map_err(Failure::Old)?,
                rows,
            }),
        };
        Ok(Self {
            writer: FileWriter::start(file, schema, observer).map_err(Failure::Write)?,
            layout: Layout::new(dataset, &schema.columns),
            dataset: *dataset,
            columns: schema.columns.clone(),
            old,
            group: Vec::new(),
            counts: Counts::default(),
        })
    }

    /// Adds the next row of the database.
    pub(crate) fn row(
        &mut self,
        row: &impl Row,
        is_removed: &mut IsRemoved<'_>,
    ) -> Result<(), Failure> {
        if self.old.is_none() {
            return self.write(row);
        }
        if self
            .group
            .first()
            .is_some_and(|first| self.layout.compare(first, row) != Ordering::Equal)
        {
            self.end_group(is_removed)?;
        }
        if self.group.is_empty() {
            self.keep_until(Some(row), is_removed)?;
        }
        self.group.push(OwnedRow::copy_of(row, self.layout.columns));
        Ok(())
    }

    /// Writes what is left of both, and the footer.
    pub(crate) fn finish(
        mut self,
        is_removed: &mut IsRemoved<'_>,
    ) -> Result<(File, Counts), Failure> {
        self.end_group(is_removed)?;
        self.keep_until(None::<&OwnedRow>, is_removed)?;
        let file = self.writer.finish().map_err(Failure::Write)?;
        Ok((file, self.counts))
    }

    /// Writes the rows of the older file that precede `next`, or all that are left.
    fn keep_until(
        &mut self,
        next: Option<&impl Row>,
        is_removed: &mut IsRemoved<'_>,
    ) -> Result<(), Failure> {
        while let Some(old) = self.old.as_mut().filter(|old| old.has_row) {
            let is_before =
                next.is_none_or(|next| self.layout.compare(&old.rows, next) == Ordering::Less);
            if !is_before {
                break;
            }
            let row = OwnedRow::copy_of(&old.rows, self.layout.columns);
            old.advance()?;
            if !is_removed(&row).map_err(Failure::Database)? {
                self.counts.kept += 1;
                self.write(&row)?;
            }
        }
        Ok(())
    }

    /// Writes the rows of the database with one key, and those of the older file with the same key that they do not replace.
    fn end_group(&mut self, is_removed: &mut IsRemoved<'_>) -> Result<(), Failure> {
        let mut group = std::mem::take(&mut self.group);
        let Some(first) = group.first().cloned() else {
            return Ok(());
        };
        let mut older = Vec::new();
        while let Some(old) = self.old.as_mut().filter(|old| old.has_row) {
            if self.layout.compare(&old.rows, &first) != Ordering::Equal {
                break;
            }
            older.push(OwnedRow::copy_of(&old.rows, self.layout.columns));
            old.advance()?;
        }
        for row in self.layout.without_replaced(older, &group) {
            if !is_removed(&row).map_err(Failure::Database)? {
                group.push(row);
                self.counts.kept += 1;
            }
        }
        group.sort_by_key(|row| self.layout.id_of(row));
        for row in &group {
            self.write(row)?;
        }
        Ok(())
    }

    fn write(&mut self, row: &impl Row) -> Result<(), Failure> {
        self.counts.add(self.layout.id.map(|id| row.value(id)));
        self.writer.row(row).map_err(|error| {
            Failure::Write(match error.kind() {
                io::ErrorKind::InvalidData => {
                    let name = self.dataset.name_of(&self.columns, row);
                    io::Error::new(error.kind(), format!("{error}, in the row with the {name}"))
                }
                _ => error,
            })
        })
    }

    /// Ends after a failure to write, and returns its cause, which is that of the writing thread.
    pub(crate) fn abandon(self, failure: Failure) -> Failure {
        match failure {
            Failure::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                match self.writer.finish() {
                    Err(cause) => Failure::Write(cause),
                    Ok(_) => Failure::Write(error),
                }
            }
            other => other,
        }
    }
}

impl Old {
    fn advance(&mut self) -> Result<(), Failure> {
        self.has_row = self.rows.advance().map_err(Failure::Old)?;
        Ok(())
    }
}

/// The entity of a row of a history as `repeated_rows` names it, its time, and its values but the id. `columns`: those of the table;
/// the ones that the user has added are not in `repeated_rows`.
pub(crate) fn told_values<'a>(
    dataset: &Dataset,
    history: History,
    columns: &[TypedColumn],
    row: &'a impl Row,
) -> (String, i64, Vec<Value<'a>>) {
    let place = |name: &str| place_of(columns, name);
    let entity: Vec<String> = dataset.order[..dataset.key - 1]
        .iter()
        .filter_map(|name| place(name))
        .map(|column| match row.value(column) {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        })
        .collect();
    let at = match dataset.time.and_then(place).map(|time| row.value(time)) {
        Some(Value::Integer(at)) => at,
        _ => 0,
    };
    let told = layout(history).table.columns.iter();
    let values = told
        .map(|column| place(column.name).map_or(Value::Null, |column| row.value(column)))
        .collect();
    (entity.join(" "), at, values)
}
