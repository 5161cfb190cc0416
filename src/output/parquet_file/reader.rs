//! Reads the rows of a file that [`FileWriter`](super::FileWriter) has written.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;

use parquet::column::reader::ColumnReader;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::model::rows::{Row, TypedColumn, Value};
use crate::output::parquet_file::group::{ColumnBuffer, Cursor, RowGroup, Values};
use crate::output::parquet_file::io_error;
use crate::output::parquet_file::schema::{columns_of, value_of};

/// Reads one row after the other. It is itself the row that [`RowReader::advance`] has read last.
pub(crate) struct RowReader {
    file: SerializedFileReader<File>,
    columns: Vec<TypedColumn>,
    /// The index in the file of each column; `None`: the file does not have it, because it was added later.
    sources: Vec<Option<usize>>,
    group: RowGroup,
    next_group: usize,
    /// The present row of the group.
    cursor: Cursor,
}

impl fmt::Debug for RowReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowReader")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl RowReader {
    /// Opens a file for its columns of these names.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] when it is no Parquet file, or has a column that is not among them.
    pub(crate) fn open(file: File, columns: &[TypedColumn]) -> io::Result<Self> {
        let file = SerializedFileReader::new(file).map_err(unreadable)?;
        let descriptor = file.metadata().file_metadata().schema_descr_ptr();
        let in_file: HashMap<&str, usize> = descriptor
            .columns()
            .iter()
            .enumerate()
            .map(|(index, column)| (column.name(), index))
            .collect();
        if let Some(unknown) = in_file
            .keys()
            .find(|name| !columns.iter().any(|column| column.name == **name))
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it has the column {unknown}, which is not in the manifest"),
            ));
        }
        let sources = columns
            .iter()
            .map(|column| in_file.get(column.name.as_str()).copied())
            .collect();
        Ok(Self::start(file, columns.to_vec(), sources))
    }

    /// Opens a file for all of its columns.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] when it is no Parquet file, or one of another program.
    pub(crate) fn open_whole(file: File) -> io::Result<Self> {
        let file = SerializedFileReader::new(file).map_err(unreadable)?;
        let columns = columns_of(file.metadata().file_metadata())?;
        let sources = (0..columns.len()).map(Some).collect();
        Ok(Self::start(file, columns, sources))
    }

    fn start(
        file: SerializedFileReader<File>,
        columns: Vec<TypedColumn>,
        sources: Vec<Option<usize>>,
    ) -> Self {
        Self {
            group: RowGroup::new(&[]),
            next_group: 0,
            cursor: Cursor::default(),
            columns,
            sources,
            file,
        }
    }

    pub(crate) fn columns(&self) -> &[TypedColumn] {
        &self.columns
    }

    /// The value of an entry of the metadata of the file.
    pub(crate) fn metadata(&self, key: &str) -> Option<String> {
        value_of(self.file.metadata().file_metadata(), key)
    }

    /// Reads the next row. Returns false after the last one.
    ///
    /// # Errors
    ///
    /// Fails when the file is damaged.
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        if self.cursor.advance(&self.group) {
            return Ok(true);
        }
        while self.next_group < self.file.metadata().num_row_groups() {
            self.read_group().map_err(unreadable)?;
            self.next_group += 1;
            if self.group.rows > 0 {
                return Ok(true);
            }
        }
        self.group = RowGroup::new(&self.columns);
        Ok(false)
    }

    fn read_group(&mut self) -> Result<(), ParquetError> {
        let reader = self.file.get_row_group(self.next_group)?;
        let rows = usize::try_from(reader.metadata().num_rows()).unwrap_or(0);
        self.group = RowGroup::new(&self.columns);
        self.group.rows = rows;
        self.cursor = Cursor::start(self.columns.len());
        for (buffer, source) in self.group.columns.iter_mut().zip(&self.sources) {
            match source {
                Some(index) => read_column(reader.get_column_reader(*index)?, rows, buffer)?,
                None => buffer.levels = vec![0; rows],
            }
        }
        Ok(())
    }
}

impl Row for RowReader {
    fn value(&self, column: usize) -> Value<'_> {
        self.cursor
            .value(&self.group, self.columns[column].kind, column)
    }
}

/// The error about a file that cannot be read. The words of the library are for programmers, so only the log has them.
fn unreadable(error: ParquetError) -> io::Error {
    let error = io_error(error);
    let is_content = [io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof];
    if !is_content.contains(&error.kind()) {
        return error;
    }
    log::debug!("a Parquet file cannot be read: {error}");
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it is damaged, or no Parquet file",
    )
}

fn read_column(
    reader: ColumnReader,
    rows: usize,
    buffer: &mut ColumnBuffer,
) -> Result<(), ParquetError> {
    let levels = &mut buffer.levels;
    let (records, _, _) = match (reader, &mut buffer.values) {
        (ColumnReader::Int64ColumnReader(mut reader), Values::Integers(values)) => {
            reader.read_records(rows, Some(levels), None, values)
        }
        (ColumnReader::DoubleColumnReader(mut reader), Values::Reals(values)) => {
            reader.read_records(rows, Some(levels), None, values)
        }
        (ColumnReader::ByteArrayColumnReader(mut reader), Values::Bytes(values)) => {
            reader.read_records(rows, Some(levels), None, values)
        }
        _ => Err(ParquetError::General(
            "a column has another type than this version writes".to_owned(),
        )),
    }?;
    if records == rows {
        return Ok(());
    }
    Err(ParquetError::EOF(format!(
        "a column has {records} values instead of {rows}"
    )))
}
