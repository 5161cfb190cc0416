//! The only room that prints. Data and reports go to stdout, everything else to stderr.

pub mod log;
pub mod progress;
pub mod prompt;
pub mod terminal;
