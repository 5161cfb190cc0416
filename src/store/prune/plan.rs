//! The plan of a prune: which rows of which months go. Nothing is written.

use rusqlite::{Connection, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::history::History;
use crate::model::month_state::MonthState;
use crate::model::retention::{self, Prunable};
use crate::model::time::{DAY, Month};
use crate::store::history::entry;
use crate::store::prune::kept::Kept;
use crate::store::prune::old::{self, OldRows};
use crate::store::prune::statements::Statements;
use crate::store::{SqlContext, Store, sql};

/// Rows of one table that go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Share {
    pub(crate) table: &'static str,
    /// How many.
    pub(crate) rows: i64,
    /// Unix seconds of the oldest.
    pub(crate) oldest: Option<i64>,
    /// Unix seconds of the newest.
    pub(crate) newest: Option<i64>,
    /// About how much space they take.
    pub(crate) bytes: i64,
}

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    /// Full months of history rows besides the running one.
    pub(crate) months: u32,
    /// Days of rejected answers.
    pub(crate) rejected_days: u32,
    /// Days of records of fetches.
    pub(crate) runs_days: u32,
}

/// The plan of a prune.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// History rows before this go, unix seconds: the first moment of a month.
    pub(crate) cutoff: i64,
    /// Which months go and which stay.
    pub(crate) prunable: Prunable,
    /// The history tables.
    pub(crate) detail: Vec<Share>,
    /// History rows that there are.
    pub(crate) all: i64,
    /// The newest history row.
    pub(crate) newest_detail: Option<i64>,
    /// Rejected answers and records of fetches.
    pub(crate) housekeeping: Vec<Share>,
    /// Whether a prune has been here before.
    pub(crate) was_pruned: bool,
    /// The rows of each history table.
    pub(super) parts: Vec<Part>,
    /// Rejected answers and records of fetches.
    pub(super) old: Vec<OldRows>,
}

/// The rows of one history table that go.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) history: History,
    pub(super) months: Vec<PartMonth>,
    /// The rows that stay.
    pub(super) kept: Kept,
}

/// The rows of one month and one history table that go.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartMonth {
    pub(super) month: Month,
    /// The highest id when it was summarized: rows with a higher one stay.
    pub(super) last_id: i64,
    rows: i64,
}

impl Plan {
    /// History rows that go.
    pub(crate) fn going(&self) -> i64 {
        self.detail.iter().map(|share| share.rows).sum()
    }

    /// Other rows that go.
    pub(crate) fn housekeeping_rows(&self) -> i64 {
        self.housekeeping.iter().map(|share| share.rows).sum()
    }
}

impl Store {
    /// Plans a prune: nothing is written.
    pub(crate) fn plan_prune(&self, states: &[MonthState], keep: Keep, now: i64) -> Result<Plan> {
        let first_kept = retention::first_kept(now, keep.months).ok_or_else(|| {
            Error::new(format!("tell the month of {now}"))
                .with_source("it is outside the calendar")
                .with_exit(Exit::Config)
        })?;
        let prunable = retention::prunable(states, first_kept);
        let cutoff = prunable
            .unsummarized
            .first()
            .copied()
            .unwrap_or(first_kept)
            .start();
        // One view of the database for all counts.
        let connection = self
            .connection()
            .unchecked_transaction()
            .context("plan the prune")?;
        let running = retention::first_kept(now, 0).map_or(now, Month::start);
        let mut parts = Vec::new();
        let mut detail = Vec::new();
        let mut all = states.iter().map(MonthState::all_rows).sum();
        let mut newest_detail = None;
        for history in History::ALL {
            let (newest, recent) = total(&connection, history, running)?;
            all += recent;
            newest_detail = newest_detail.max(newest);
            let part = part(&connection, history, states, &prunable, cutoff)?;
            detail.push(share(&connection, &part)?);
            parts.push(part);
        }
        let old = vec![
            OldRows::rejected(now - i64::from(keep.rejected_days) * DAY),
            OldRows::runs(&connection, now - i64::from(keep.runs_days) * DAY)?,
        ];
        let housekeeping = old
            .iter()
            .map(|old| old.share(&connection))
            .collect::<Result<_>>()?;
        let was_pruned = connection
            .query_row(sql!("prune/was_pruned"), [], |row| row.get("was_pruned"))
            .context("look up the last prune")?;
        Ok(Plan {
            cutoff,
            prunable,
            detail,
            all,
            newest_detail,
            housekeeping,
            was_pruned,
            parts,
            old,
        })
    }

    /// How many summaries are of months before `month`.
    pub(crate) fn plan_purge(&self, month: Month) -> Result<Vec<Share>> {
        History::ALL
            .into_iter()
            .map(|history| {
                old::count(
                    self.connection(),
                    history.summary_table(),
                    &Statements::of(history).summaries_plan,
                    named_params! { ":before": month.start() },
                    150,
                )
            })
            .collect()
    }
}

/// The newest row of a history table, and how many are of the running month or later.
fn total(connection: &Connection, history: History, running: i64) -> Result<(Option<i64>, i64)> {
    connection
        .query_row(
            &Statements::of(history).total,
            named_params! { ":since": running },
            |row| Ok((row.get("newest")?, row.get("recent")?)),
        )
        .context(format!("read {}", history.table()))
}

/// Which rows of one history table go.
fn part(
    connection: &Connection,
    history: History,
    states: &[MonthState],
    prunable: &Prunable,
    cutoff: i64,
) -> Result<Part> {
    let kept = Kept::read(connection, history, cutoff)?;
    let months = states
        .iter()
        .filter(|state| prunable.months.contains(&state.month))
        .filter_map(|state| {
            let facts = state.of(history)?.facts;
            let month = state.month;
            let stay = kept.count(month.start(), month.end(), facts.last_id);
            let rows = facts.rows - facts.late - stay;
            (rows > 0).then_some(PartMonth {
                month,
                last_id: facts.last_id,
                rows,
            })
        })
        .collect();
    Ok(Part {
        history,
        months,
        kept,
    })
}

/// A part as people want to know it.
fn share(connection: &Connection, part: &Part) -> Result<Share> {
    let table = part.history.table();
    let rows = part.months.iter().map(|part| part.rows).sum();
    let mut share = Share {
        table,
        rows,
        oldest: None,
        newest: None,
        bytes: rows * entry(part.history).row_bytes,
    };
    for PartMonth { month, last_id, .. } in &part.months {
        let (from, until) = (month.start(), month.end());
        let (oldest, newest): (Option<i64>, Option<i64>) = connection
            .query_row(
                &Statements::of(part.history).plan,
                named_params! {
                    ":from": from, ":until": until, ":last_id": last_id, ":kept": part.kept.ids(from, until),
                },
                |row| Ok((row.get("oldest")?, row.get("newest")?)),
            )
            .context(format!("plan for {table}"))?;
        share.oldest = share.oldest.or(oldest);
        share.newest = newest.or(share.newest);
    }
    Ok(share)
}
