//! Writes data and reports to stdout and files, and everything else to stderr.

mod atomic_file;
pub(crate) mod call_progress;
mod cells;
mod csv;
pub(crate) mod destination;
mod display;
pub(crate) mod health;
mod json;
pub(crate) mod lake;
pub(crate) mod log;
pub(crate) mod log_file;
mod markdown;
pub(crate) mod parquet_file;
pub(crate) mod printable;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod rows;
mod sample;
pub(crate) mod stamp;
pub(crate) mod stream;
mod table;
pub(crate) mod terminal;
pub(crate) mod width;
pub(crate) mod wrap;
mod writer_thread;
mod xlsx;
