//! The months to summarize: pure policy.

use crate::model::history::History;
use crate::model::month_state::{MonthState, SummaryStatus, TableState};
use crate::model::time::{Month, iso};

/// The reason to summarize a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SummaryReason {
    /// It has no summary.
    Missing,
    /// History rows or observations came after it was summarized.
    Changed,
    /// The user insists.
    Forced,
}

impl SummaryReason {
    /// In words.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "no summary yet",
            Self::Changed => "history has changed",
            Self::Forced => "forced",
        }
    }
}

/// One month of one history to write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TableJob {
    pub(crate) month: Month,
    pub(crate) history: History,
    /// Unix seconds: history rows of months before this are gone, and their summaries know more; `None`: of no month.
    pub(crate) gone_until: Option<i64>,
    /// Whether the record of the month has to be written anew.
    pub(crate) is_recorded: bool,
    /// Whether summaries may be replaced by thinner ones, or go, where history rows were deleted.
    pub(crate) takes_thinner: bool,
}

/// One month to summarize.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SummaryJob {
    pub(crate) month: Month,
    pub(crate) reason: SummaryReason,
    /// Its history rows.
    pub(crate) rows: i64,
    /// Its histories.
    pub(crate) parts: Vec<TableJob>,
    /// Later months of these histories, whose summaries begin with the values that this month ends with.
    pub(crate) followers: Vec<TableJob>,
}

/// The months to summarize, oldest first.
///
/// # Errors
///
/// Says in words why the month that was asked for cannot be summarized.
pub(crate) fn select(
    states: &[MonthState],
    asked: Option<Month>,
    force: bool,
    now: i64,
) -> Result<Vec<SummaryJob>, String> {
    if let Some(month) = asked
        && now < month.end()
    {
        return Err(format!("it is not over before {} (UTC)", iso(month.end())));
    }
    let mut jobs = Vec::new();
    for (index, state) in states.iter().enumerate() {
        if asked.is_some_and(|month| month != state.month) {
            continue;
        }
        let chosen: Vec<(&TableState, SummaryReason)> = state
            .tables
            .iter()
            .filter_map(|table| Some((table, reason(table.status, asked.is_some(), force)?)))
            .collect();
        if chosen.is_empty() {
            if asked.is_some() && state.has(SummaryStatus::Pruned) {
                return Err(
                    "history of that month has been pruned: the rows that are left would make a thinner summary \
                     than the one that is kept"
                        .to_owned(),
                );
            }
            continue;
        }
        jobs.push(SummaryJob {
            month: state.month,
            reason: main_reason(&chosen),
            rows: state.all_rows(),
            parts: chosen
                .iter()
                .map(|(table, _)| TableJob {
                    takes_thinner: asked.is_some() && force,
                    ..part(states, index, table)
                })
                .collect(),
            followers: followers(states, index, &chosen),
        });
    }
    Ok(jobs)
}

/// The reason to write one history of a month; `None`: there is none.
fn reason(status: SummaryStatus, is_asked_for: bool, force: bool) -> Option<SummaryReason> {
    match status {
        SummaryStatus::Missing => Some(SummaryReason::Missing),
        SummaryStatus::Changed => Some(SummaryReason::Changed),
        SummaryStatus::Current if force => Some(SummaryReason::Forced),
        // These two lose a summary or bring back a deleted one, so the month has to be named.
        SummaryStatus::Lost if force && is_asked_for => Some(SummaryReason::Forced),
        SummaryStatus::Purged if is_asked_for => Some(SummaryReason::Missing),
        _ => None,
    }
}

/// A month without any summary is missing; one with some of them has changed.
fn main_reason(chosen: &[(&TableState, SummaryReason)]) -> SummaryReason {
    let all = |reason| chosen.iter().all(|(_, found)| *found == reason);
    if all(SummaryReason::Missing) {
        SummaryReason::Missing
    } else if all(SummaryReason::Forced) {
        SummaryReason::Forced
    } else {
        SummaryReason::Changed
    }
}

fn part(states: &[MonthState], index: usize, table: &TableState) -> TableJob {
    let history = table.history;
    let gone_until = states[..index]
        .iter()
        .rfind(|state| {
            state
                .of(history)
                .is_some_and(|table| table.status.is_thinned())
        })
        .map(|state| state.month.end());
    TableJob {
        month: states[index].month,
        history,
        gone_until,
        is_recorded: table.status != SummaryStatus::Current,
        takes_thinner: false,
    }
}

fn followers(
    states: &[MonthState],
    index: usize,
    chosen: &[(&TableState, SummaryReason)],
) -> Vec<TableJob> {
    let mut followers = Vec::new();
    for (later, state) in states.iter().enumerate().skip(index + 1) {
        for (table, _) in chosen {
            if let Some(table) = state.of(table.history)
                && table.status == SummaryStatus::Current
            {
                followers.push(part(states, later, table));
            }
        }
    }
    followers
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
    fn missing_and_changed_months_are_taken_and_later_ones_follow() {
        let pruned = MonthFacts {
            rows: 1,
            is_pruned: true,
            ..SUMMARIZED
        };
        let changed = MonthFacts {
            rows: 10,
            late: 1,
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

        let jobs = select(&states, None, false, now).unwrap();

        assert_eq!(jobs.len(), 2);
        assert_eq!(
            (jobs[0].month, jobs[0].reason),
            (month("2026-02"), SummaryReason::Changed)
        );
        assert_eq!(jobs[0].parts[0].gone_until, Some(month("2026-02").start()));
        let [follower] = jobs[0].followers[..] else {
            panic!("March begins with February's end: {:?}", jobs[0].followers);
        };
        assert_eq!(
            (follower.month, follower.is_recorded),
            (month("2026-03"), false)
        );
        assert_eq!(jobs[1].reason, SummaryReason::Missing);
        assert_eq!(select(&states, None, true, now).unwrap().len(), 3);
        assert_eq!(
            select(&states, Some(month("2026-03")), false, now),
            Ok(Vec::new())
        );
        assert!(select(&states, Some(month("2026-01")), true, now).is_err());
        assert!(select(&states, Some(month("2026-05")), true, now).is_err());
    }

    #[test]
    fn a_month_that_lost_its_rows_or_its_summaries_has_to_be_named() {
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
        let chosen = |asked, force| select(&states, asked, force, now).unwrap().len();

        assert_eq!(chosen(None, true), 0);
        assert_eq!(chosen(Some(month("2026-01")), false), 0);
        assert_eq!(chosen(Some(month("2026-01")), true), 1);
        assert_eq!(chosen(Some(month("2026-02")), false), 1);
    }
}
