//! The state of each month of each history table: pure policy.

use crate::model::history::History;
use crate::model::time::Month;

/// One history table in one month: its rows now, and the record of what was done with them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and SummaryStatus is what follows from them"
)]
pub(crate) struct MonthFacts {
    /// History rows in the month now.
    pub(crate) rows: i64,
    /// Late rows: rows of the month with a higher id than any had when the month was summarized.
    pub(crate) late: i64,
    /// Entities that were observed in the month, as known now.
    pub(crate) observed: i64,
    /// Whether an entity that was observed in the month has older history rows.
    pub(crate) is_carried: bool,
    /// History rows in the month when it was summarized.
    pub(crate) counted_rows: i64,
    /// Highest id in the history table when the month was summarized.
    pub(crate) last_id: i64,
    /// Entities that were observed in the month, as known when it was summarized.
    pub(crate) observed_then: i64,
    /// Whether it was summarized, and any of its summaries is there.
    pub(crate) is_summarized: bool,
    /// Whether history rows of the month, or of a later one, were pruned: older rows are not complete then.
    pub(crate) is_pruned: bool,
    /// Whether its summaries were deleted on request.
    pub(crate) is_purged: bool,
}

/// The state of one history table in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SummaryStatus {
    /// There is nothing to summarize.
    Nothing,
    /// It has history rows or observed entities, and no summary.
    Missing,
    /// History rows or observations came after it was summarized.
    Changed,
    /// Its summary says what its history rows say.
    Current,
    /// Another program has deleted most of the history rows that the summary was made from.
    Lost,
    /// History rows were pruned, so the summary stays as it is.
    Pruned,
    /// Its summaries were deleted on request.
    Purged,
}

impl SummaryStatus {
    /// Judges one history table in one month by its record.
    pub(crate) fn of(facts: &MonthFacts) -> Self {
        if facts.is_pruned {
            return Self::Pruned;
        }
        if facts.is_purged {
            return Self::Purged;
        }
        if !facts.is_summarized {
            return if facts.rows > 0 || facts.is_carried {
                Self::Missing
            } else {
                Self::Nothing
            };
        }
        if facts.late > 0 || facts.observed != facts.observed_then {
            return Self::Changed;
        }
        if facts.deleted_by_others() * 2 > facts.counted_rows {
            return Self::Lost;
        }
        Self::Current
    }

    /// Whether the summary knows more than the history rows that are left.
    pub(crate) fn is_thinned(self) -> bool {
        matches!(self, Self::Lost | Self::Pruned)
    }
}

impl MonthFacts {
    /// Summarized history rows of the month that are gone although it was not pruned.
    pub(crate) fn deleted_by_others(&self) -> i64 {
        if self.is_pruned || !self.is_summarized {
            return 0;
        }
        (self.counted_rows - (self.rows - self.late)).max(0)
    }
}

/// One history table in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TableState {
    pub(crate) history: History,
    /// Its rows and its record.
    pub(crate) facts: MonthFacts,
    /// The state that follows.
    pub(crate) status: SummaryStatus,
}

impl TableState {
    /// Judges a history table.
    pub(crate) fn new(history: History, facts: MonthFacts) -> Self {
        Self {
            history,
            facts,
            status: SummaryStatus::of(&facts),
        }
    }

    /// History rows that came after the month was pruned, or after its summaries were deleted: no summary has them.
    pub(crate) fn unsummarized_late_rows(&self) -> i64 {
        match self.status {
            SummaryStatus::Pruned | SummaryStatus::Purged => self.facts.late,
            _ => 0,
        }
    }
}

/// Counts each summarized month before a pruned one as pruned, history by history.
///
/// A month without rows of its own is not pruned itself, but what it began with is gone with the older rows. So no
/// summary from before the last pruned month is ever written again.
pub(crate) fn freeze_before_pruned(states: &mut [MonthState]) {
    let mut pruned: Vec<History> = Vec::new();
    for state in states.iter_mut().rev() {
        for table in &mut state.tables {
            if table.facts.is_pruned {
                pruned.push(table.history);
            } else if table.facts.is_summarized && pruned.contains(&table.history) {
                table.facts.is_pruned = true;
                *table = TableState::new(table.history, table.facts);
            }
        }
    }
}

/// One month of all histories.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MonthState {
    pub(crate) month: Month,
    /// The history tables that have anything in it or a record of it.
    pub(crate) tables: Vec<TableState>,
}

impl MonthState {
    /// One history table; `None` when nothing is known of it in this month.
    pub(crate) fn of(&self, history: History) -> Option<&TableState> {
        self.tables.iter().find(|table| table.history == history)
    }

    /// History rows of all tables.
    pub(crate) fn all_rows(&self) -> i64 {
        self.tables.iter().map(|table| table.facts.rows).sum()
    }

    /// History rows that came after their table was pruned.
    pub(crate) fn unsummarized_late_rows(&self) -> i64 {
        self.tables
            .iter()
            .map(TableState::unsummarized_late_rows)
            .sum()
    }

    /// Whether any table has this status.
    pub(crate) fn has(&self, status: SummaryStatus) -> bool {
        self.tables.iter().any(|table| table.status == status)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A month of 9 rows that was summarized.
    pub(in crate::model) const SUMMARIZED: MonthFacts = MonthFacts {
        rows: 9,
        late: 0,
        observed: 2,
        is_carried: false,
        counted_rows: 9,
        last_id: 100,
        observed_then: 2,
        is_summarized: true,
        is_pruned: false,
        is_purged: false,
    };

    #[test]
    fn the_record_of_a_month_tells_its_state() {
        let status = |facts: MonthFacts| SummaryStatus::of(&facts);
        let new = MonthFacts::default();

        assert_eq!(status(new), SummaryStatus::Nothing);
        assert_eq!(
            status(MonthFacts {
                rows: 9,
                late: 9,
                ..new
            }),
            SummaryStatus::Missing
        );
        assert_eq!(
            status(MonthFacts {
                is_carried: true,
                ..new
            }),
            SummaryStatus::Missing,
            "observed, and nothing changed"
        );
        assert_eq!(status(SUMMARIZED), SummaryStatus::Current);
        assert_eq!(
            status(MonthFacts {
                rows: 10,
                late: 1,
                ..SUMMARIZED
            }),
            SummaryStatus::Changed
        );
        assert_eq!(
            status(MonthFacts {
                observed: 3,
                ..SUMMARIZED
            }),
            SummaryStatus::Changed
        );
        assert_eq!(
            status(MonthFacts {
                rows: 8,
                ..SUMMARIZED
            }),
            SummaryStatus::Current,
            "a row that another program deleted changes nothing"
        );
        assert_eq!(
            status(MonthFacts {
                rows: 9,
                late: 1,
                ..SUMMARIZED
            }),
            SummaryStatus::Changed,
            "one deleted, one late"
        );
        assert_eq!(
            status(MonthFacts {
                rows: 4,
                ..SUMMARIZED
            }),
            SummaryStatus::Lost
        );
        assert_eq!(
            status(MonthFacts {
                rows: 2,
                late: 1,
                is_pruned: true,
                ..SUMMARIZED
            }),
            SummaryStatus::Pruned
        );
        assert_eq!(
            status(MonthFacts {
                is_purged: true,
                ..SUMMARIZED
            }),
            SummaryStatus::Purged
        );
    }
}
