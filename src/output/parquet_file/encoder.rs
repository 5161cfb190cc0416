//! Encodes row groups.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::data_type::{ByteArrayType, DoubleType, Int64Type};
use parquet::file::writer::SerializedFileWriter;

use crate::output::parquet_file::group::{RowGroup, Values};
use crate::output::parquet_file::io_error;
use crate::output::parquet_file::schema::Schema;

/// Writes whole row groups.
pub(super) struct GroupEncoder<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> GroupEncoder<W> {
    pub(super) fn start(out: W, schema: &Schema) -> io::Result<Self> {
        let properties = Arc::new(schema.properties());
        SerializedFileWriter::new(out, schema.root()?, properties)
            .map(Self)
            .map_err(io_error)
    }

    pub(super) fn write(&mut self, group: &RowGroup) -> io::Result<()> {
        let mut write = || {
            let mut writer = self.0.next_row_group()?;
            for column in &group.columns {
                let Some(mut chunk) = writer.next_column()? else {
                    break;
                };
                let levels = (!column.levels.is_empty()).then_some(column.levels.as_slice());
                match &column.values {
                    Values::Integers(values) => {
                        chunk.typed::<Int64Type>().write_batch(values, levels, None)
                    }
                    Values::Reals(values) => chunk
                        .typed::<DoubleType>()
                        .write_batch(values, levels, None),
                    Values::Bytes(values) => chunk
                        .typed::<ByteArrayType>()
                        .write_batch(values, levels, None),
                }?;
                chunk.close()?;
            }
            writer.close()
        };
        write().map(drop).map_err(io_error)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(io_error)
    }
}
