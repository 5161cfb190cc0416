//! The only room that prints. Data and reports go to stdout, everything else to stderr.

mod ahead;
mod csv;
mod file;
pub(crate) mod health;
mod json;
pub(crate) mod log;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod rows;
pub(crate) mod stream;
pub(crate) mod target;
pub(crate) mod terminal;
