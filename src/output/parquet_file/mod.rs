//! Apache Parquet files, which DuckDB, Spark, pandas and Trino read.
//!
//! A file consists of row groups, and a row group of one chunk per column. So the rows of a group are collected in memory before
//! any of them is written.
//! <https://parquet.apache.org/docs/file-format/>

mod encoder;
mod file;
mod group;
mod reader;
mod schema;
mod stream;

use std::io;

use parquet::errors::ParquetError;

pub(crate) use file::{FileWriter, Observer};
pub(crate) use reader::RowReader;
pub(crate) use schema::Schema;
pub(crate) use stream::ParquetStream;

/// The error of the system as it is, so that a full disk is recognized; other errors as invalid data.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(cause) => io::Error::new(io::ErrorKind::InvalidData, cause),
        },
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}
