//! Parquet for any output, also one that cannot seek.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::rows::{Row, TypedColumn};
use crate::output::parquet_file::encoder::GroupEncoder;
use crate::output::parquet_file::group::RowGroup;
use crate::output::parquet_file::schema::Schema;

/// Encodes rows into a buffer. Most rows are only collected until their group is full.
pub(crate) struct ParquetStream {
    columns: Vec<TypedColumn>,
    group: RowGroup,
    groups: GroupEncoder<SharedBuffer>,
    encoded: SharedBuffer,
}

impl fmt::Debug for ParquetStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetStream")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// The bytes that were encoded and not yet taken. The encoder owns its output, so both sides have a handle of it.
#[derive(Clone, Debug, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn move_to(&self, buffer: &mut Vec<u8>) {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.append(&mut bytes);
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ParquetStream {
    pub(crate) fn start(schema: &Schema) -> io::Result<Self> {
        let encoded = SharedBuffer::default();
        Ok(Self {
            groups: GroupEncoder::start(encoded.clone(), schema)?,
            group: RowGroup::new(&schema.columns),
            columns: schema.columns.clone(),
            encoded,
        })
    }

    /// Adds a row. What is encoded then goes to `buffer`.
    pub(crate) fn row(&mut self, row: &impl Row, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.group.push(&self.columns, row)?;
        if self.group.is_full() {
            self.groups.write(&self.group)?;
            self.group.clear();
            self.encoded.move_to(buffer);
        }
        Ok(())
    }

    /// Encodes the last rows and the footer.
    pub(crate) fn finish(mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        if self.group.rows > 0 {
            self.groups.write(&self.group)?;
        }
        self.groups.finish()?;
        self.encoded.move_to(buffer);
        Ok(())
    }
}
