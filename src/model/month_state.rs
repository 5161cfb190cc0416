//! Classifies each month of each history table: summarized, changed since, pruned and so on.

use crate::model::history::History;
use crate::model::time::Month;

/// The present rows of one history table in one month, and the record of that month in `month_states`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the facts are independent; SummaryStatus combines them"
)]
pub(crate) struct MonthFacts {
    /// Present history rows.
    pub(crate) rows: i64,
    /// The part of `rows` that was inserted after the month was summarized. The ids of these rows are above `last_id`.
    pub(crate) late_rows: i64,
    /// Entities that were observed in the month, counted now.
    pub(crate) observed: i64,
    /// Whether an entity that was observed in the month has older history rows. If no value changed in the month, it
    /// has no history rows, but it still needs a summary.
    pub(crate) has_older_rows: bool,
    /// History rows at the time of the summary.
    pub(crate) summarized_rows: i64,
    /// Highest id in the history table at the time of the summary.
    pub(crate) last_id: i64,
    /// Entities that were observed in the month, counted at the time of the summary. `None`: an import asks for a new summary.
    pub(crate) summarized_observed: Option<i64>,
    /// Whether the month was summarized and at least one of its summaries exists.
    pub(crate) is_summarized: bool,
    /// Whether history rows of this month or of a later one were pruned, so that older rows are incomplete.
    pub(crate) is_pruned: bool,
    /// Whether `prune --summaries-before` deleted the summaries.
    pub(crate) is_purged: bool,
    /// Whether some summaries were imported, and count more history rows than are here. These rows may still come.
    pub(crate) is_imported: bool,
    /// Rows that a prune deleted too early and that are not imported again yet; 0 if the month is still closed.
    pub(crate) missing_rows: i64,
}

/// Relation between the summaries of a month and its history rows, for one history table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SummaryStatus {
    /// The month has neither history rows nor observed entities.
    Nothing,
    /// The month has history rows or observed entities, but no summary.
    Missing,
    /// History rows or observations were added after the summary was written.
    Changed,
    /// The summary agrees with the history rows.
    Current,
    /// Another program has deleted history rows that the summary was computed from.
    Lost,
    /// A prune was too early, and some of the rows that it deleted are still to be imported. A new summary would be made from
    /// fewer rows.
    Reopened,
    /// History rows were pruned, so the summary is never written again.
    Pruned,
    /// `prune --summaries-before` deleted the summaries.
    Purged,
}

impl SummaryStatus {
    fn classify(facts: &MonthFacts) -> Self {
        if facts.is_pruned {
            return Self::Pruned;
        }
        if facts.is_purged {
            return Self::Purged;
        }
        if !facts.is_summarized {
            return if facts.rows > 0 || facts.has_older_rows {
                Self::Missing
            } else {
                Self::Nothing
            };
        }
        if facts.missing_rows > 0 {
            return Self::Reopened;
        }
        if facts.late_rows > 0 || facts.summarized_observed != Some(facts.observed) {
            return Self::Changed;
        }
        if facts.deleted_by_others().saturating_mul(2) > facts.summarized_rows {
            return Self::Lost;
        }
        Self::Current
    }
}

impl MonthFacts {
    /// The number of summarized history rows that are gone although the month was not pruned.
    pub(crate) fn deleted_by_others(&self) -> i64 {
        if self.is_pruned || !self.is_summarized || self.missing_rows > 0 {
            return 0;
        }
        let rows = self.rows.saturating_sub(self.late_rows);
        // A foreign file may have any numbers.
        self.summarized_rows.saturating_sub(rows).max(0)
    }
}

/// One history table in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TableState {
    pub(crate) history: History,
    pub(crate) facts: MonthFacts,
    pub(crate) status: SummaryStatus,
}

impl TableState {
    pub(crate) fn new(history: History, facts: MonthFacts) -> Self {
        Self {
            history,
            facts,
            status: SummaryStatus::classify(&facts),
        }
    }

    /// Whether a summary of the month counts history rows that are not here. The next month then begins with the values that
    /// the summaries end with.
    pub(crate) fn lacks_rows(&self) -> bool {
        self.facts.is_imported
            || matches!(
                self.status,
                SummaryStatus::Lost | SummaryStatus::Reopened | SummaryStatus::Pruned
            )
    }

    /// The number of late rows that no summary will ever count, because the month was pruned or its summaries were
    /// deleted before these rows were inserted.
    pub(crate) fn unsummarized_late_rows(&self) -> i64 {
        match self.status {
            SummaryStatus::Pruned | SummaryStatus::Purged => self.facts.late_rows,
            _ => 0,
        }
    }
}

/// Why a month is closed: rows that are added to it are in no summary.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Closing {
    /// `prune` has deleted or archived its history rows.
    Pruned,
    /// `prune --summaries-before` has deleted its summaries.
    Purged,
}

impl Closing {
    /// The reason in words.
    pub(crate) fn describe(self, month: Month) -> String {
        match self {
            Self::Pruned => format!("{month} was pruned in this database"),
            Self::Purged => {
                format!("the summaries of {month} were deleted in this database")
            }
        }
    }
}

/// The months of a history that are closed in this database.
pub(crate) fn closed_months(
    states: &[MonthState],
    history: History,
) -> impl Iterator<Item = (Month, Closing)> {
    states.iter().filter_map(move |state| {
        let facts = state.table(history)?.facts;
        let closing = match (facts.is_purged, facts.is_pruned) {
            (true, _) => Closing::Purged,
            (false, true) => Closing::Pruned,
            (false, false) => return None,
        };
        Some((state.month, closing))
    })
}

/// One month of all histories.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MonthState {
    pub(crate) month: Month,
    /// The history tables with rows, observations or a record in this month.
    pub(crate) tables: Vec<TableState>,
}

impl MonthState {
    /// The state of one history table; `None` if it has neither rows, observations nor a record in this month.
    pub(crate) fn table(&self, history: History) -> Option<&TableState> {
        self.tables.iter().find(|table| table.history == history)
    }

    /// Sets the number of rows of a history that a prune deleted too early and that are not imported again.
    pub(crate) fn set_missing(&mut self, history: History, rows: i64) {
        let table = self
            .tables
            .iter_mut()
            .find(|table| table.history == history);
        if let Some(table) = table {
            table.facts.missing_rows = rows;
            *table = TableState::new(history, table.facts);
        }
    }

    /// The sum of [`MonthFacts::missing_rows`].
    pub(crate) fn missing_rows(&self) -> i64 {
        self.tables
            .iter()
            .map(|table| table.facts.missing_rows)
            .sum()
    }

    /// The number of history rows in all tables.
    pub(crate) fn history_rows(&self) -> i64 {
        self.tables.iter().map(|table| table.facts.rows).sum()
    }

    /// The sum of [`TableState::unsummarized_late_rows`].
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

    /// A month without rows, which is not summarized.
    const NEW: MonthFacts = MonthFacts {
        rows: 0,
        late_rows: 0,
        observed: 0,
        has_older_rows: false,
        summarized_rows: 0,
        last_id: 0,
        summarized_observed: None,
        is_summarized: false,
        is_pruned: false,
        is_purged: false,
        is_imported: false,
        missing_rows: 0,
    };

    /// A summarized month with 9 rows.
    pub(in crate::model) const SUMMARIZED: MonthFacts = MonthFacts {
        rows: 9,
        late_rows: 0,
        observed: 2,
        has_older_rows: false,
        summarized_rows: 9,
        last_id: 100,
        summarized_observed: Some(2),
        is_summarized: true,
        is_pruned: false,
        is_purged: false,
        is_imported: false,
        missing_rows: 0,
    };

    /// The facts of a month, and their status.
    struct Case {
        name: &'static str,
        facts: MonthFacts,
        status: SummaryStatus,
    }

    const CASES: [Case; 14] = [
        Case {
            name: "an empty month",
            facts: NEW,
            status: SummaryStatus::Nothing,
        },
        Case {
            name: "rows without a summary",
            facts: MonthFacts {
                rows: 9,
                late_rows: 9,
                ..NEW
            },
            status: SummaryStatus::Missing,
        },
        Case {
            name: "entities were observed, and nothing changed",
            facts: MonthFacts {
                has_older_rows: true,
                ..NEW
            },
            status: SummaryStatus::Missing,
        },
        Case {
            name: "summarized",
            facts: SUMMARIZED,
            status: SummaryStatus::Current,
        },
        Case {
            name: "one row inserted late",
            facts: MonthFacts {
                rows: 10,
                late_rows: 1,
                ..SUMMARIZED
            },
            status: SummaryStatus::Changed,
        },
        Case {
            name: "one more entity observed",
            facts: MonthFacts {
                observed: 3,
                ..SUMMARIZED
            },
            status: SummaryStatus::Changed,
        },
        Case {
            name: "an import asks for a new summary",
            facts: MonthFacts {
                summarized_observed: None,
                ..SUMMARIZED
            },
            status: SummaryStatus::Changed,
        },
        Case {
            name: "one row deleted",
            facts: MonthFacts {
                rows: 8,
                ..SUMMARIZED
            },
            status: SummaryStatus::Current,
        },
        Case {
            name: "one row deleted, one inserted late",
            facts: MonthFacts {
                rows: 9,
                late_rows: 1,
                ..SUMMARIZED
            },
            status: SummaryStatus::Changed,
        },
        Case {
            name: "more than half of the rows deleted",
            facts: MonthFacts {
                rows: 4,
                ..SUMMARIZED
            },
            status: SummaryStatus::Lost,
        },
        Case {
            name: "pruned too early, and a part of the rows imported again",
            facts: MonthFacts {
                rows: 8,
                late_rows: 6,
                missing_rows: 1,
                ..SUMMARIZED
            },
            status: SummaryStatus::Reopened,
        },
        Case {
            name: "pruned too early, and all rows imported again",
            facts: MonthFacts {
                late_rows: 7,
                ..SUMMARIZED
            },
            status: SummaryStatus::Changed,
        },
        Case {
            name: "pruned",
            facts: MonthFacts {
                rows: 2,
                late_rows: 1,
                is_pruned: true,
                ..SUMMARIZED
            },
            status: SummaryStatus::Pruned,
        },
        Case {
            name: "purged",
            facts: MonthFacts {
                is_purged: true,
                ..SUMMARIZED
            },
            status: SummaryStatus::Purged,
        },
    ];

    #[test]
    fn a_month_is_classified_by_its_rows_and_its_record() {
        assert_eq!(MonthFacts::default(), NEW);
        for case in CASES {
            let found = SummaryStatus::classify(&case.facts);

            assert_eq!(found, case.status, "{}", case.name);
        }
    }
}
