//! Messages about history rows that no summary counts.

use log::Level;

use crate::command::summarize::Args;
use crate::command::summarize::report::months_with_late_rows;
use crate::model::lost_rows::LostRows;
use crate::model::month_state::{MonthState, SummaryStatus};
use crate::model::size::{agree, count};
use crate::model::time::{Month, format_months};

/// A line for the log.
pub(super) struct Remark {
    level: Level,
    text: String,
}

impl Remark {
    pub(super) fn log(&self) {
        log::log!(self.level, "{}", self.text);
    }
}

/// The remarks about these months: first late rows, unless `--month` names one month, then deleted rows.
///
/// `lost`: the rows that a prune deleted too early.
pub(super) fn about(states: &[MonthState], lost: Option<&LostRows>, args: &Args) -> Vec<Remark> {
    let late = if args.month.is_none() {
        about_late_rows(states)
    } else {
        None
    };
    let deleted = states
        .iter()
        .filter_map(|state| about_deleted_rows(state, args.force));
    let early = lost.map(about_lost_rows);
    late.into_iter().chain(deleted).chain(early).collect()
}

/// History rows that a prune deleted while the clock was ahead.
fn about_lost_rows(lost: &LostRows) -> Remark {
    Remark {
        level: Level::Warn,
        text: format!(
            "{}; summaries that count such rows do not change before they are imported; {}",
            lost.describe(),
            lost.help()
        ),
    }
}

/// History rows that were added after their month was pruned.
fn about_late_rows(states: &[MonthState]) -> Option<Remark> {
    let (months, rows): (Vec<Month>, Vec<i64>) = months_with_late_rows(states).unzip();
    let rows: i64 = rows.iter().sum();
    (!months.is_empty()).then(|| Remark {
        level: Level::Warn,
        text: format!(
            "{} of {} {} added after the month was pruned: {}, and its summaries do not change",
            count(rows, "history row"),
            format_months(&months),
            agree(rows, "was", "were"),
            agree(rows, "it stays", "they stay")
        ),
    })
}

/// History rows that another program has deleted. A warning if this keeps the month from being summarized again.
fn about_deleted_rows(state: &MonthState, force: bool) -> Option<Remark> {
    let month = state.month;
    let rows: i64 = state
        .tables
        .iter()
        .filter(|table| table.status != SummaryStatus::Purged)
        .map(|table| table.facts.deleted_by_others())
        .sum();
    let would_be_written = force || state.tables.iter().any(|table| table.facts.late_rows > 0);
    if state.has(SummaryStatus::Lost) && would_be_written {
        return Some(Remark {
            level: Level::Warn,
            text: format!(
                "another program has deleted {} of {month}: its summary does not change (--month {month} --force \
                 writes a new one from the remaining rows)",
                count(rows, "history row")
            ),
        });
    }
    (rows > 0).then(|| Remark {
        level: Level::Info,
        text: format!(
            "another program has deleted {} of {month}",
            count(rows, "history row")
        ),
    })
}
