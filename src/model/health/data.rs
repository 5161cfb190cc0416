//! The checks of the data: rejected answers, summaries, retention and size.

use super::{Check, Metric, State, format_date};
use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::size::{agree, count, format_bytes, group_digits};
use crate::model::time::{DAY, Month};

/// Warns when more than `most` answers of the last day could not be decoded.
pub(crate) fn rejected(answers: i64, newest: Option<&str>, most: u32) -> Check {
    let most = i64::from(most);
    let metric = Metric::count(answers).warn_above(most);
    let were = agree(answers, "was", "were");
    let message = match (answers, newest) {
        (0, _) => "every answer of the last 24 hours was understood".to_owned(),
        (_, Some(newest)) => {
            format!(
                "{} of the last 24 hours {were} not understood, the newest: {newest}",
                count(answers, "answer")
            )
        }
        _ => format!(
            "{} of the last 24 hours {were} not understood",
            count(answers, "answer")
        ),
    };
    if answers > most {
        Check::finding(
            "rejected",
            State::Warning,
            message,
            "look at the table rejected_payloads; Torn may have changed an answer, so see whether tornsnap has an update",
        )
    } else {
        Check::ok("rejected", message)
    }
    .with_metric(metric)
}

/// The time after the end of a month in which it should be summarized and pruned. A daily job has three attempts.
const GRACE_PERIOD: i64 = 3 * DAY;

/// Warns about months that are not summarized three days after their end. The message also counts history rows that no
/// summary will include.
pub(crate) fn summaries(states: &[MonthState], now: i64) -> Check {
    let late: Vec<&MonthState> = states
        .iter()
        .filter(|state| now >= state.month.end().saturating_add(GRACE_PERIOD))
        .filter(|state| state.has(SummaryStatus::Missing) || state.has(SummaryStatus::Changed))
        .collect();
    let metric = Metric::count(late.len()).warn_above(0);
    let Some(first) = late.first() else {
        let message = "every finished month is summarized, or about to be";
        return Check::ok(
            "summaries",
            format!("{message}{}", unsummarized_late_rows(states)),
        )
        .with_metric(metric);
    };
    let message = match (late.len(), first.has(SummaryStatus::Missing)) {
        (1, true) => format!("{} is not summarized", first.month),
        (1, false) => format!(
            "history of {} has changed since it was summarized",
            first.month
        ),
        (number, _) => format!(
            "{number} months are to be summarized, the first {}",
            first.month
        ),
    };
    Check::finding(
        "summaries",
        State::Warning,
        message,
        "run `tornsnap summarize`, and see whether the scheduler still starts it",
    )
    .with_subjects(late.iter().map(|state| state.month.to_string()))
    .with_metric(metric)
}

/// Counts history rows that came after their month was pruned. The user cannot do anything about them, so they are not
/// a finding.
fn unsummarized_late_rows(states: &[MonthState]) -> String {
    let late: Vec<&MonthState> = states
        .iter()
        .filter(|state| state.unsummarized_late_rows() > 0)
        .collect();
    let rows: i64 = late
        .iter()
        .map(|state| state.unsummarized_late_rows())
        .sum();
    match late.as_slice() {
        [] => String::new(),
        [only] => format!(
            "; {} of {} came after it was pruned and {} in no summary",
            count(group_digits(rows), "history row"),
            only.month,
            agree(rows, "is", "are")
        ),
        [first, ..] => format!(
            "; {} of {} months, the first {}, came after these were pruned and are in no summary",
            count(group_digits(rows), "history row"),
            late.len(),
            first.month
        ),
    }
}

/// History rows from before the cut-off, which a prune should have removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct OverdueRows {
    /// The number of rows that `prune` would remove now.
    pub(crate) prunable: i64,
    /// The months that `prune` keeps because they are not summarized.
    pub(crate) unsummarized: Vec<Month>,
}

/// Warns when old history rows are not pruned three days into a month.
pub(crate) fn retention(overdue: &OverdueRows, cutoff: i64, now: i64) -> Check {
    let is_in_grace_period = Month::of(now).is_some_and(|month| now < month.start() + GRACE_PERIOD);
    let rows = group_digits(overdue.prunable);
    let before = format_date(cutoff);
    let metric = Metric::count(overdue.prunable).warn_above(0);
    let warning = |message, help| Check::finding("retention", State::Warning, message, help);
    match (overdue.prunable, overdue.unsummarized.first()) {
        (0, None) => Check::ok(
            "retention",
            format!("no history rows from before {before} are to be pruned"),
        ),
        _ if is_in_grace_period => Check::ok(
            "retention",
            format!("history rows from before {before} are about to be pruned"),
        ),
        (_, Some(month)) => warning(
            format!(
                "history rows of {month}, from before {before}, are kept because they are in no summary"
            ),
            "run `tornsnap summarize`, then `tornsnap prune`",
        ),
        (_, None) => warning(
            format!(
                "{} from before {before} {} to be pruned",
                count(&rows, "history row"),
                agree(&rows, "is", "are")
            ),
            "run `tornsnap prune`, and see whether the scheduler still starts it; or raise keep_months",
        ),
    }
    .with_metric(metric)
}

/// The number of rows of one table, for graphs; `None` for an empty table.
pub(crate) fn rows(table: &str, rows: i64) -> Option<Check> {
    (rows > 0).then(|| {
        Check::ok(format!("rows_{table}"), count(group_digits(rows), "row"))
            .with_metric(Metric::count(rows))
    })
}

pub(crate) fn size(bytes: u64, rows: i64) -> Check {
    Check::ok(
        "size",
        format!(
            "{} with {}",
            format_bytes(bytes),
            count(group_digits(rows), "row")
        ),
    )
    .with_metric(Metric::bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::month_state::{MonthFacts, TableState};

    fn state(month: &str, facts: MonthFacts) -> MonthState {
        MonthState {
            month: month.parse().unwrap(),
            tables: vec![TableState::new(History::Players, facts)],
        }
    }

    #[test]
    fn months_have_three_days_to_be_summarized_and_pruned() {
        let missing = |month| {
            let facts = MonthFacts {
                rows: 9,
                ..MonthFacts::default()
            };
            state(month, facts)
        };
        let march: Month = "2026-03".parse().unwrap();
        let state_at = |states: &[MonthState], now| summaries(states, now).state;

        assert_eq!(
            state_at(&[missing("2026-03")], march.end() + 3 * DAY - 1),
            State::Ok
        );
        assert_eq!(
            state_at(&[missing("2026-03")], march.end() + 3 * DAY),
            State::Warning
        );
        assert_eq!(
            state_at(&[missing("2026-02"), missing("2026-03")], march.end()),
            State::Warning
        );
        let overdue = |prunable, unsummarized| OverdueRows {
            prunable,
            unsummarized,
        };
        let state = |overdue, now| retention(&overdue, march.start(), now).state;
        let later = march.end() + 3 * DAY;

        assert_eq!(state(overdue(1, vec![]), march.end()), State::Ok);
        assert_eq!(state(overdue(1, vec![]), later), State::Warning);
        assert_eq!(state(overdue(0, vec![march]), later), State::Warning);
        assert_eq!(state(overdue(0, vec![]), later), State::Ok);
    }

    #[test]
    fn a_pruned_or_purged_month_is_ok_and_its_late_rows_are_counted() {
        let summarized = MonthFacts {
            rows: 9,
            summarized_rows: 9,
            last_id: 50,
            summarized_observed: Some(0),
            is_summarized: true,
            ..MonthFacts::default()
        };
        let late = MonthFacts {
            rows: 12,
            late_rows: 3,
            ..summarized
        };
        let summaries_after = |change: fn(&mut MonthFacts)| {
            let mut facts = late;
            change(&mut facts);
            summaries(&[state("2026-01", facts)], 1_775_044_800)
        };

        assert_eq!(
            summaries_after(|facts| facts.late_rows = 0).state,
            State::Ok
        );
        assert_eq!(
            summaries_after(|_| {}).message,
            "history of 2026-01 has changed since it was summarized"
        );
        assert_eq!(
            summaries_after(|facts| facts.is_purged = true).state,
            State::Ok
        );
        let pruned = summaries_after(|facts| facts.is_pruned = true);
        assert_eq!(pruned.state, State::Ok);
        assert!(
            pruned.message.ends_with(
                "; 3 history rows of 2026-01 came after it was pruned and are in no summary"
            ),
            "{}",
            pruned.message
        );
    }

    #[test]
    fn more_rejected_answers_than_the_limit_are_a_warning() {
        assert_eq!(rejected(10, None, 10).state, State::Ok);
        assert_eq!(rejected(11, Some("why"), 10).state, State::Warning);
    }
}
