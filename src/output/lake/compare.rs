//! Compares rows of the database with a file, before they are deleted.

use std::cmp::Ordering;
use std::io;

use crate::model::lake::Dataset;
use crate::model::rows::{OwnedRow, Row, TypedColumn};
use crate::output::lake::layout::Layout;
use crate::output::parquet_file::RowReader;

/// Looks rows up in a file. They come in the order of the file.
#[derive(Debug)]
pub(crate) struct Comparison {
    file: RowReader,
    has_row: bool,
    layout: Layout,
    /// The rows of the file with the key that was looked up last.
    group: Vec<OwnedRow>,
}

impl Comparison {
    pub(crate) fn start(
        mut file: RowReader,
        dataset: &Dataset,
        columns: &[TypedColumn],
    ) -> io::Result<Self> {
        Ok(Self {
            has_row: file.advance()?,
            file,
            layout: Layout::new(dataset, columns),
            group: Vec::new(),
        })
    }

    /// Whether the file has a row, with the same id and the same values.
    pub(crate) fn has(&mut self, row: &impl Row) -> io::Result<bool> {
        let is_known = |first: &OwnedRow| self.layout.compare(first, row) == Ordering::Equal;
        if !self.group.first().is_some_and(is_known) {
            self.group.clear();
            while self.has_row {
                match self.layout.compare(&self.file, row) {
                    Ordering::Greater => break,
                    Ordering::Less => {}
                    Ordering::Equal => self
                        .group
                        .push(OwnedRow::copy_of(&self.file, self.layout.columns)),
                }
                self.has_row = self.file.advance()?;
            }
        }
        let row = OwnedRow::copy_of(row, self.layout.columns);
        Ok(self.group.contains(&row))
    }
}
