//! Selects the months to summarize.

use std::fmt;

use crate::model::history::History;
use crate::model::month_state::{MonthState, SummaryStatus, TableState};
use crate::model::size::count;
use crate::model::time::{Month, iso};

/// The reason to summarize a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SummaryReason {
    /// The month has no summary.
    Missing,
    /// History rows or observations were added after the summary was written.
    Changed,
    /// The flag `--force` is set.
    Forced,
}

impl SummaryReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "no summary yet",
            Self::Changed => "history has changed",
            Self::Forced => "forced",
        }
    }
}

/// The summaries to write for one history in one month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TableJob {
    pub(crate) month: Month,
    pub(crate) history: History,
    /// The end of the last earlier month of which history rows are missing (unix seconds); `None` if there is none. Values
    /// from before this time are read from the summaries.
    pub(crate) rows_lost_before: Option<i64>,
    /// Whether the record in `month_states` must be updated.
    pub(crate) updates_record: bool,
    /// Whether summaries may be replaced or deleted although another program has deleted history rows. The new summaries
    /// then cover fewer rows.
    pub(crate) allows_loss: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SummaryJob {
    pub(crate) month: Month,
    pub(crate) reason: SummaryReason,
    /// The number of history rows in the month.
    pub(crate) rows: i64,
    pub(crate) tables: Vec<TableJob>,
    /// Later months of the same histories. Their summaries begin with the values that this month ends with.
    pub(crate) dependents: Vec<TableJob>,
}

/// The reason why the month that the user names cannot be summarized.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MonthRefusal {
    NotOver {
        until: i64,
    },
    Pruned,
    /// A prune that was too early has deleted rows, and they are not imported again.
    LacksRows {
        rows: i64,
    },
}

impl fmt::Display for MonthRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOver { until } => {
                write!(formatter, "it is not over before {} (UTC)", iso(*until))
            }
            Self::Pruned => formatter.write_str(
                "history of that month has been pruned: a summary of the remaining rows would replace one of all rows",
            ),
            Self::LacksRows { rows } => write!(
                formatter,
                "a prune while the clock was ahead has deleted {} of it: a summary of the remaining rows would replace one \
                 of all rows",
                count(*rows, "history row")
            ),
        }
    }
}

/// Selects the months to summarize, oldest first. With `asked`, considers only that month.
///
/// # Errors
///
/// If the month in `asked` cannot be summarized. The message says why.
pub(crate) fn select_months(
    states: &[MonthState],
    asked: Option<Month>,
    force: bool,
    now: i64,
) -> Result<Vec<SummaryJob>, MonthRefusal> {
    if let Some(month) = asked
        && now < month.end()
    {
        return Err(MonthRefusal::NotOver { until: month.end() });
    }
    let mut jobs = Vec::new();
    for (index, state) in states.iter().enumerate() {
        if asked.is_some_and(|month| month != state.month) {
            continue;
        }
        if asked.is_some() && state.has(SummaryStatus::Reopened) {
            return Err(MonthRefusal::LacksRows {
                rows: state.missing_rows(),
            });
        }
        let chosen: Vec<(&TableState, SummaryReason)> = state
            .tables
            .iter()
            .filter_map(|table| {
                Some((
                    table,
                    reason_for_table(table.status, asked.is_some(), force)?,
                ))
            })
            .collect();
        if chosen.is_empty() {
            if asked.is_some() && state.has(SummaryStatus::Pruned) {
                return Err(MonthRefusal::Pruned);
            }
            continue;
        }
        jobs.push(SummaryJob {
            month: state.month,
            reason: reason_for_month(&chosen),
            rows: state.history_rows(),
            tables: chosen
                .iter()
                .map(|(table, _)| TableJob {
                    allows_loss: asked.is_some() && force,
                    ..table_job(states, index, table)
                })
                .collect(),
            dependents: dependents(states, index, &chosen),
        });
    }
    Ok(jobs)
}

/// The reason to summarize one history of a month, if there is one.
fn reason_for_table(
    status: SummaryStatus,
    is_asked_for: bool,
    force: bool,
) -> Option<SummaryReason> {
    match status {
        SummaryStatus::Missing => Some(SummaryReason::Missing),
        SummaryStatus::Changed => Some(SummaryReason::Changed),
        SummaryStatus::Current if force => Some(SummaryReason::Forced),
        // The new summary covers fewer rows than the old one, so the user must name the month.
        SummaryStatus::Lost if force && is_asked_for => Some(SummaryReason::Forced),
        // The user has deleted the summaries of this month, so the user must name it.
        SummaryStatus::Purged if is_asked_for => Some(SummaryReason::Missing),
        _ => None,
    }
}

/// Combines the reasons of the histories. A month that has some of its summaries counts as changed.
fn reason_for_month(chosen: &[(&TableState, SummaryReason)]) -> SummaryReason {
    let all = |reason| chosen.iter().all(|(_, found)| *found == reason);
    if all(SummaryReason::Missing) {
        SummaryReason::Missing
    } else if all(SummaryReason::Forced) {
        SummaryReason::Forced
    } else {
        SummaryReason::Changed
    }
}

fn table_job(states: &[MonthState], index: usize, table: &TableState) -> TableJob {
    let history = table.history;
    let rows_lost_before = states[..index]
        .iter()
        .rfind(|state| state.table(history).is_some_and(TableState::lacks_rows))
        .map(|state| state.month.end());
    TableJob {
        month: states[index].month,
        history,
        rows_lost_before,
        updates_record: table.status != SummaryStatus::Current,
        allows_loss: false,
    }
}

fn dependents(
    states: &[MonthState],
    index: usize,
    chosen: &[(&TableState, SummaryReason)],
) -> Vec<TableJob> {
    let mut dependents = Vec::new();
    for (later, state) in states.iter().enumerate().skip(index + 1) {
        for (table, _) in chosen {
            if let Some(table) = state.table(table.history)
                && table.status == SummaryStatus::Current
            {
                dependents.push(table_job(states, later, table));
            }
        }
    }
    dependents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::month_state::MonthFacts;
    use crate::model::month_state::tests::SUMMARIZED;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn state(text: &str, facts: MonthFacts) -> MonthState {
        MonthState {
            month: month(text),
            tables: vec![TableState::new(History::Players, facts)],
        }
    }

    #[test]
    fn missing_and_changed_months_are_selected_together_with_their_dependents() {
        let pruned = MonthFacts {
            rows: 1,
            is_pruned: true,
            ..SUMMARIZED
        };
        let changed = MonthFacts {
            rows: 10,
            late_rows: 1,
            ..SUMMARIZED
        };
        let missing = MonthFacts {
            rows: 3,
            ..MonthFacts::default()
        };
        let states = [
            state("2026-01", pruned),
            state("2026-02", changed),
            state("2026-03", SUMMARIZED),
            state("2026-04", missing),
        ];
        let now = month("2026-05").start();

        let jobs = select_months(&states, None, false, now).unwrap();

        assert_eq!(jobs.len(), 2);
        assert_eq!(
            (jobs[0].month, jobs[0].reason),
            (month("2026-02"), SummaryReason::Changed)
        );
        assert_eq!(
            jobs[0].tables[0].rows_lost_before,
            Some(month("2026-02").start())
        );
        let [dependent] = jobs[0].dependents[..] else {
            panic!(
                "March begins with the values that February ends with: {:?}",
                jobs[0].dependents
            );
        };
        assert_eq!(
            (dependent.month, dependent.updates_record),
            (month("2026-03"), false)
        );
        assert_eq!(jobs[1].reason, SummaryReason::Missing);
        assert_eq!(select_months(&states, None, true, now).unwrap().len(), 3);
        assert_eq!(
            select_months(&states, Some(month("2026-03")), false, now),
            Ok(Vec::new())
        );
        assert!(select_months(&states, Some(month("2026-01")), true, now).is_err());
        assert!(select_months(&states, Some(month("2026-05")), true, now).is_err());
    }

    #[test]
    fn a_month_that_lost_its_rows_or_its_summaries_is_selected_only_by_name() {
        let states = [
            state(
                "2026-01",
                MonthFacts {
                    rows: 1,
                    ..SUMMARIZED
                },
            ),
            state(
                "2026-02",
                MonthFacts {
                    is_purged: true,
                    ..SUMMARIZED
                },
            ),
        ];
        let now = month("2026-05").start();
        let selected = |asked, force| select_months(&states, asked, force, now).unwrap().len();

        let reopened = MonthFacts {
            rows: 1,
            missing_rows: 6,
            late_rows: 1,
            ..SUMMARIZED
        };
        let reopened = [state("2026-03", reopened)];
        for force in [false, true] {
            assert_eq!(select_months(&reopened, None, force, now), Ok(Vec::new()));
            assert_eq!(
                select_months(&reopened, Some(month("2026-03")), force, now),
                Err(MonthRefusal::LacksRows { rows: 6 })
            );
        }
        assert_eq!(selected(None, true), 0);
        assert_eq!(selected(Some(month("2026-01")), false), 0);
        assert_eq!(selected(Some(month("2026-01")), true), 1);
        assert_eq!(selected(Some(month("2026-02")), false), 1);
    }
}
