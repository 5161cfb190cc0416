//! Writes data and reports to stdout and files, and everything else to stderr.

mod atomic_file;
pub(crate) mod call_progress;
mod cells;
mod csv;
pub(crate) mod destination;
pub(crate) mod health;
mod json;
pub(crate) mod log;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod rows;
pub(crate) mod stream;
pub(crate) mod terminal;
mod writer_thread;
