//! Whether the data is understood, summarized and pruned, and how much there is.

use super::{Check, State, Value, count, day, signed};
use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::size::{format_bytes, group_digits};
use crate::model::time::{DAY, Month};

/// Answers that did not fit in the last day.
pub(crate) fn rejected(answers: i64, newest: Option<&str>, most: u32) -> Check {
    let most = i64::from(most);
    let value = Value {
        warning: Some(most),
        ..Value::plain(answers, "")
    };
    let message = match (answers, newest) {
        (0, _) => "every answer of the last 24 hours was understood".to_owned(),
        (_, Some(newest)) => {
            format!(
                "{answers} answers of the last 24 hours were not understood, the newest: {newest}"
            )
        }
        _ => format!("{answers} answers of the last 24 hours were not understood"),
    };
    if answers > most {
        Check::bad(
            "rejected",
            State::Warning,
            message,
            "look at the table rejected_payloads; Torn may have changed an answer, so see whether tornsnap has an update",
        )
    } else {
        Check::ok("rejected", message)
    }
    .with(value)
}

/// Days into a month after which the one before it should be summarized and pruned: a daily job has some tries.
const GRACE: i64 = 3 * DAY;

/// Finished months that are to be summarized, three days after their end; names history rows that no summary will have.
pub(crate) fn summaries(states: &[MonthState], now: i64) -> Check {
    let late: Vec<&MonthState> = states
        .iter()
        .filter(|state| now >= state.month.end().saturating_add(GRACE))
        .filter(|state| state.has(SummaryStatus::Missing) || state.has(SummaryStatus::Changed))
        .collect();
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(late.len()), "")
    };
    let Some(first) = late.first() else {
        let message = "every finished month is summarized, or about to be";
        return Check::ok(
            "summaries",
            format!("{message}{}", unsummarized_late_rows(states)),
        )
        .with(value);
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
    Check::bad(
        "summaries",
        State::Warning,
        message,
        "run `tornsnap summarize`, and see whether the scheduler still starts it",
    )
    .about(late.iter().map(|state| state.month.to_string()))
    .with(value)
}

/// Names history rows that came after their month was pruned: nothing can be done about them, so they are no finding.
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
            "; {} history rows of {} came after it was pruned and are in no summary",
            group_digits(rows),
            only.month
        ),
        [first, ..] => format!(
            "; {} history rows of {} months, the first {}, came after these were pruned and are in no summary",
            group_digits(rows),
            late.len(),
            first.month
        ),
    }
}

/// History rows from before the cut-off that have no reason to be there any more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Overdue {
    /// Rows that `prune` would remove now.
    pub(crate) prunable: i64,
    /// Months that `prune` leaves alone because they are not summarized.
    pub(crate) unsummarized: Vec<Month>,
}

/// Whether history rows are pruned, three days into a month.
pub(crate) fn retention(overdue: &Overdue, cutoff: i64, now: i64) -> Check {
    let in_time = Month::of(now).is_some_and(|month| now < month.start() + GRACE);
    let rows = group_digits(overdue.prunable);
    let before = day(cutoff);
    let value = Value {
        warning: Some(0),
        ..Value::plain(overdue.prunable, "")
    };
    let bad = |message, remedy| Check::bad("retention", State::Warning, message, remedy);
    match (overdue.prunable, overdue.unsummarized.first()) {
        (0, None) => Check::ok(
            "retention",
            format!("no history rows from before {before} are to be pruned"),
        ),
        _ if in_time => Check::ok(
            "retention",
            format!("history rows from before {before} are about to be pruned"),
        ),
        (_, Some(month)) => bad(
            format!(
                "history rows of {month}, from before {before}, stay because they are in no summary"
            ),
            "run `tornsnap summarize`, then `tornsnap prune`",
        ),
        (_, None) => bad(
            format!("{rows} history rows from before {before} are to be pruned"),
            "run `tornsnap prune`, and see whether the scheduler still starts it; or raise keep_months",
        ),
    }
    .with(value)
}

/// The rows of one table; for graphs.
pub(crate) fn rows(table: &str, rows: i64) -> Option<Check> {
    (rows > 0).then(|| {
        Check::ok(
            format!("rows_{table}"),
            format!("{} rows", group_digits(rows)),
        )
        .with(Value::plain(rows, ""))
    })
}

/// The size of the database and its rows.
pub(crate) fn size(bytes: u64, rows: i64) -> Check {
    Check::ok(
        "size",
        format!("{} with {} rows", format_bytes(bytes), group_digits(rows)),
    )
    .with(Value::plain(signed(bytes), "B"))
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
        let judge = |states: &[MonthState], now| summaries(states, now).state;

        assert_eq!(
            judge(&[missing("2026-03")], march.end() + 3 * DAY - 1),
            State::Ok
        );
        assert_eq!(
            judge(&[missing("2026-03")], march.end() + 3 * DAY),
            State::Warning
        );
        assert_eq!(
            judge(&[missing("2026-02"), missing("2026-03")], march.end()),
            State::Warning
        );
        let overdue = |prunable, unsummarized| Overdue {
            prunable,
            unsummarized,
        };
        for (overdue, now, expected) in [
            (overdue(1, vec![]), march.end(), State::Ok),
            (overdue(1, vec![]), march.end() + 3 * DAY, State::Warning),
            (
                overdue(0, vec![march]),
                march.end() + 3 * DAY,
                State::Warning,
            ),
            (overdue(0, vec![]), march.end() + 3 * DAY, State::Ok),
        ] {
            let check = retention(&overdue, march.start(), now);
            assert_eq!(check.state, expected, "{overdue:?} {now}");
        }
    }

    #[test]
    fn what_was_pruned_or_purged_is_well_and_rows_that_came_later_are_named() {
        let summarized = MonthFacts {
            rows: 9,
            summarized_rows: 9,
            last_id: 50,
            is_summarized: true,
            ..MonthFacts::default()
        };
        let late = MonthFacts {
            rows: 12,
            late_rows: 3,
            ..summarized
        };
        let is = |change: fn(&mut MonthFacts)| {
            let mut facts = late;
            change(&mut facts);
            summaries(&[state("2026-01", facts)], 1_775_044_800)
        };

        assert_eq!(is(|facts| facts.late_rows = 0).state, State::Ok);
        assert_eq!(
            is(|_| {}).message,
            "history of 2026-01 has changed since it was summarized"
        );
        assert_eq!(is(|facts| facts.is_purged = true).state, State::Ok);
        let pruned = is(|facts| facts.is_pruned = true);
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
    fn answers_that_were_not_understood_have_a_limit() {
        assert_eq!(rejected(10, None, 10).state, State::Ok);
        assert_eq!(rejected(11, Some("why"), 10).state, State::Warning);
    }
}
