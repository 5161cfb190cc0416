//! Counts of what an import did with the rows of each table.

use std::collections::BTreeMap;

use crate::model::history::History;
use crate::model::import::SourceKind;
use crate::model::import::cell::MONTH_IS_NOT_OVER;
use crate::model::import::moment::{COARSE, IN_THE_FUTURE, READ_AS_UTC};
use crate::model::month_state::Closing;
use crate::model::time::Month;

/// The result of one import.
#[derive(Clone, Debug)]
pub(crate) struct ImportResult {
    pub(crate) kind: SourceKind,
    /// In the order of the report.
    pub(crate) tables: Vec<(&'static str, Tally)>,
    /// The finished or running months in which history rows were added or removed, oldest first.
    pub(crate) months: Vec<Month>,
}

/// Counts of the rows of one table of the source. Each row is in exactly one of `taken`, `already_there`,
/// `unchanged`, `recomputed`, `left`, `future` and `closed`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    /// Rows that were inserted, or that replaced an older state.
    pub(crate) taken: i64,
    /// Rows whose facts are stored already, or of which a newer state is stored.
    pub(crate) already_there: i64,
    /// History rows that are no change, because they repeat the last known values.
    pub(crate) unchanged: i64,
    /// Summaries that are not copied, because they are computed again from the imported history rows.
    pub(crate) recomputed: i64,
    /// Rows of our database that were removed, because with the imported rows they repeat the last known values.
    pub(crate) replaced: i64,
    /// Values that were corrected, by column and reason.
    pub(crate) mended: BTreeMap<String, i64>,
    /// Rows that were not taken, by reason.
    pub(crate) left: BTreeMap<String, i64>,
    /// Rows with times after now in another copy of our database, by reason. `prune --future` removes such rows on purpose.
    pub(crate) future: BTreeMap<String, i64>,
    /// Rows that were not taken, because their month was pruned or purged in our database.
    pub(crate) closed: BTreeMap<(Month, Closing), i64>,
}

/// Why a row is not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Skip {
    /// It cannot be, for this reason.
    Left(String),
    /// It is computed again from other rows.
    Recomputed,
}

impl From<&str> for Skip {
    fn from(reason: &str) -> Self {
        Self::Left(reason.to_owned())
    }
}

impl Tally {
    pub(crate) fn skip(&mut self, skip: Skip) {
        match skip {
            Skip::Left(reason) => self.leave(reason, 1),
            Skip::Recomputed => self.recomputed += 1,
        }
    }

    /// Counts rows that cannot be, for this reason.
    pub(crate) fn leave(&mut self, reason: String, rows: usize) {
        count_up(&mut self.left, reason, rows);
    }

    pub(crate) fn mend(&mut self, column: &str, reason: &str) {
        self.mend_all(column, reason, 1);
    }

    /// Counts values of one column that were corrected for the same reason.
    pub(crate) fn mend_all(&mut self, column: &str, reason: &str, values: usize) {
        count_up(&mut self.mended, format!("{column}: {reason}"), values);
    }

    /// The number of rows that were not taken because they cannot be.
    pub(crate) fn rows_left(&self) -> i64 {
        self.left.values().sum()
    }

    /// Counts the rows with times after now as rows that nobody wants back.
    pub(crate) fn expect_future(&mut self) {
        let is_future = |reason: &String| {
            [IN_THE_FUTURE, MONTH_IS_NOT_OVER]
                .iter()
                .any(|flaw| reason.ends_with(flaw))
        };
        let left = std::mem::take(&mut self.left);
        (self.future, self.left) = left.into_iter().partition(|(reason, _)| is_future(reason));
    }

    /// The number of rows that were not taken because `prune --future` would remove them.
    pub(crate) fn rows_future(&self) -> i64 {
        self.future.values().sum()
    }

    /// The number of rows that were not taken because their month is closed.
    pub(crate) fn rows_closed(&self) -> i64 {
        self.closed.values().sum()
    }

    /// The number of rows that were not taken, by reason.
    pub(crate) fn reasons_left(&self) -> Vec<(String, i64)> {
        let closed = self.closed.iter();
        let closed = closed.map(|(&(month, closing), rows)| (closing.describe(month), *rows));
        let left = self.left.iter().chain(&self.future);
        left.map(|(reason, rows)| (reason.clone(), *rows))
            .chain(closed)
            .collect()
    }

    /// The number of texts without a time zone that were read as UTC.
    fn read_as_utc(&self) -> i64 {
        self.mended_for(&[READ_AS_UTC])
    }

    /// The number of texts without seconds, or without a time of day.
    fn coarse_times(&self) -> i64 {
        self.mended_for(&COARSE)
    }

    fn mended_for(&self, reasons: &[&str]) -> i64 {
        let mended = self.mended.iter();
        mended
            .filter(|(text, _)| reasons.iter().any(|reason| text.ends_with(reason)))
            .map(|(_, values)| values)
            .sum()
    }

    /// Whether the source has no row for this table.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Adds to a count, unless there is nothing to add.
fn count_up(counts: &mut BTreeMap<String, i64>, reason: String, more: usize) {
    if more > 0 {
        *counts.entry(reason).or_default() += i64::try_from(more).unwrap_or(i64::MAX);
    }
}

impl ImportResult {
    pub(crate) fn left(&self) -> i64 {
        self.sum(Tally::rows_left)
    }

    /// The number of times without a time zone that were read as UTC. The months of summaries are not such times.
    pub(crate) fn read_as_utc(&self) -> i64 {
        let tables = self.tables.iter();
        tables
            .filter(|(name, _)| History::from_summary_table_name(name).is_none())
            .map(|(_, tally)| tally.read_as_utc())
            .sum()
    }

    /// The number of times that the file has without seconds, or without a time of day.
    pub(crate) fn coarse_times(&self) -> i64 {
        self.sum(Tally::coarse_times)
    }

    pub(crate) fn sum(&self, count: impl Fn(&Tally) -> i64) -> i64 {
        self.tables.iter().map(|(_, tally)| count(tally)).sum()
    }
}
