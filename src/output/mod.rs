//! The only room that prints. Data and reports go to stdout, everything else to stderr.

mod ahead;
mod csv;
mod file;
pub mod health;
mod json;
pub mod log;
pub mod progress;
pub mod prompt;
pub mod rows;
pub mod stream;
pub mod target;
pub mod terminal;
