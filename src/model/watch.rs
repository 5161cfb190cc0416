//! Reports the progress of long work.

use std::fmt;

/// The unit of a measured step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// Bytes of a file.
    Bytes,
    /// Rows of a table.
    Rows,
    /// Simulated days.
    Days,
}

/// Receives the progress of long work, such as a progress bar.
pub trait Watch: fmt::Debug + Sync {
    /// A step begins. The total is `None` if it cannot be measured.
    fn begin(&self, step: &str, total: Option<(u64, Unit)>);

    /// The step has done this much more.
    fn advance(&self, amount: u64);
}

/// Ignores the progress.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn begin(&self, _: &str, _: Option<(u64, Unit)>) {}

    fn advance(&self, _: u64) {}
}
