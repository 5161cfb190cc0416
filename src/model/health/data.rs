//! Whether the data is understood, summarized and pruned, and how much there is.

use super::{Check, State, Value, count, day, signed};
use crate::model::size::{grouped, in_words};
use crate::model::time::{DAY, Month};

/// Answers that did not fit in the last day.
pub fn rejected(answers: i64, newest: Option<&str>, most: u32) -> Check {
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

/// Days into a month after which the one before it should be summarized and pruned.
const GRACE: i64 = 3 * DAY;

/// Finished months whose detail has no summary, three days after their end.
pub fn summaries(missing: &[Month], now: i64) -> Check {
    let late: Vec<&Month> = missing
        .iter()
        .filter(|month| now >= month.end() + GRACE)
        .collect();
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(late.len()), "")
    };
    match late.as_slice() {
        [] => Check::ok(
            "summaries",
            "every finished month is summarized, or about to be",
        ),
        [first, ..] => Check::bad(
            "summaries",
            State::Warning,
            match late.len() {
                1 => format!("{first} is not summarized"),
                number => format!("{number} months are not summarized, the first {first}"),
            },
            "run `tornsnap summarize`",
        ),
    }
    .with(value)
}

/// Detail that the retention lets go, three days into a month.
pub fn retention(is_overdue: bool, cutoff: i64, now: i64) -> Check {
    let in_time = Month::of(now).is_some_and(|month| now < month.start() + GRACE);
    if is_overdue && !in_time {
        return Check::bad(
            "retention",
            State::Warning,
            format!("there is detail from before {} to prune", day(cutoff)),
            "run `tornsnap prune`, or raise keep_months",
        );
    }
    Check::ok(
        "retention",
        format!(
            "detail from before {} is pruned, or there is none",
            day(cutoff)
        ),
    )
}

/// The rows of one table; for graphs.
pub fn rows(table: &str, rows: i64) -> Option<Check> {
    (rows > 0).then(|| {
        Check::ok(format!("rows_{table}"), format!("{} rows", grouped(rows)))
            .with(Value::plain(rows, ""))
    })
}

/// The size of the database and its rows.
pub fn size(bytes: u64, rows: i64) -> Check {
    Check::ok(
        "size",
        format!("{} with {} rows", in_words(bytes), grouped(rows)),
    )
    .with(Value::plain(signed(bytes), "B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_after_a_month_has_three_days() {
        let march: Month = "2026-03".parse().unwrap();
        let february: Month = "2026-02".parse().unwrap();

        assert_eq!(
            summaries(&[march], march.end() + 3 * DAY - 1).state,
            State::Ok
        );
        assert_eq!(
            summaries(&[march], march.end() + 3 * DAY).state,
            State::Warning
        );
        assert_eq!(
            summaries(&[february, march], march.end()).state,
            State::Warning
        );
        assert_eq!(
            retention(true, february.start(), march.end()).state,
            State::Ok
        );
        assert_eq!(
            retention(true, february.start(), march.end() + 3 * DAY).state,
            State::Warning
        );
        assert_eq!(
            retention(false, february.start(), march.end() + 3 * DAY).state,
            State::Ok
        );
    }

    #[test]
    fn answers_that_were_not_understood_have_a_limit() {
        assert_eq!(rejected(10, None, 10).state, State::Ok);
        assert_eq!(rejected(11, Some("why"), 10).state, State::Warning);
    }
}
