//! The plan for one table, as `--dry-run` and the report of a prune show it.

/// The rows of one table that are to be deleted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TablePlan {
    pub(crate) table: &'static str,
    pub(crate) rows: i64,
    /// The timestamp of the oldest row.
    pub(crate) oldest: Option<i64>,
    /// The timestamp of the newest row.
    pub(crate) newest: Option<i64>,
    /// The estimated size of the rows.
    pub(crate) bytes: i64,
}
