//! Plans a prune: finds the rows to delete without changing anything.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::month_state::MonthState;
use crate::model::retention::{self, PruneScope};
use crate::model::time::{DAY, Month, outside_calendar};
use crate::store::history::schema_of;
use crate::store::prune::TablePlan;
use crate::store::prune::housekeeping::OldRows;
use crate::store::prune::retained::RetainedRows;
use crate::store::prune::statements::Statements;
use crate::store::{SqlContext, Store, sql};

/// How long rows are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetentionPolicy {
    /// Full months of history rows in addition to the current one.
    pub(crate) months: u32,
    /// Days for which rejected answers are kept.
    pub(crate) rejected_days: u32,
    /// Days for which records of fetches are kept.
    pub(crate) runs_days: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct PrunePlan {
    /// History rows with an earlier timestamp are deleted. Unix seconds; the first second of a month.
    pub(crate) cutoff: i64,
    pub(crate) scope: PruneScope,
    /// All history rows.
    pub(crate) total_rows: i64,
    /// The timestamp of the newest history row.
    pub(crate) newest_row: Option<i64>,
    /// Whether this database was pruned before.
    pub(crate) was_pruned: bool,
    pub(super) history: Vec<HistoryPlan>,
    /// Rejected answers and records of fetches.
    pub(super) housekeeping: Vec<HousekeepingPlan>,
}

/// The rows of one history table that are to be deleted.
#[derive(Clone, Debug)]
pub(super) struct HistoryPlan {
    pub(super) history: History,
    pub(super) table: TablePlan,
    pub(super) months: Vec<MonthPlan>,
    pub(super) retained: RetainedRows,
}

/// The old rows of one table that is not a history table.
#[derive(Clone, Debug)]
pub(super) struct HousekeepingPlan {
    pub(super) table: TablePlan,
    pub(super) rows: OldRows,
}

/// The rows of one history table in one month that are to be deleted.
#[derive(Clone, Copy, Debug)]
pub(super) struct MonthPlan {
    pub(super) month: Month,
    /// The highest id when the month was summarized. Rows with a higher id stay.
    pub(super) last_id: i64,
    rows: i64,
}

impl PrunePlan {
    /// All tables: the history tables first.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TablePlan> {
        let history = self.history.iter().map(|plan| &plan.table);
        history.chain(self.housekeeping.iter().map(|plan| &plan.table))
    }

    /// The months with rows to delete: the history, the month, and the highest id of a row that may be deleted.
    pub(crate) fn history_months(&self) -> Vec<(History, Month, i64)> {
        let plans = self.history.iter();
        plans
            .flat_map(|plan| {
                let months = plan.months.iter();
                months.map(|month| (plan.history, month.month, month.last_id))
            })
            .collect()
    }

    /// The number of history rows to delete.
    pub(crate) fn history_rows(&self) -> i64 {
        self.history.iter().map(|plan| plan.table.rows).sum()
    }

    /// The number of other rows to delete.
    pub(crate) fn housekeeping_rows(&self) -> i64 {
        self.housekeeping.iter().map(|plan| plan.table.rows).sum()
    }
}

impl Store {
    /// Plans a prune without changing anything.
    pub(crate) fn plan_prune(
        &self,
        states: &[MonthState],
        policy: RetentionPolicy,
        now: i64,
    ) -> Result<PrunePlan> {
        let first_kept =
            retention::first_kept_month(now, policy.months).ok_or_else(|| outside_calendar(now))?;
        let scope = retention::prune_scope(states, first_kept);
        let first_unsummarized = scope.unsummarized.first().copied();
        let cutoff = first_unsummarized.unwrap_or(first_kept).start();
        // One transaction, so that all queries read the same snapshot.
        let connection = self
            .connection()
            .unchecked_transaction()
            .context("plan the prune")?;
        let current_month = Month::of(now).map_or(now, Month::start);
        let mut total_rows = states.iter().map(MonthState::history_rows).sum();
        let mut newest_row = None;
        let mut history = Vec::new();
        for each in History::ALL {
            let (newest, recent_rows) = newest_and_recent(&connection, each, current_month)?;
            total_rows += recent_rows;
            newest_row = newest_row.max(newest);
            history.push(plan_history(&connection, each, states, &scope, cutoff)?);
        }
        let housekeeping = [
            OldRows::rejected(now - i64::from(policy.rejected_days) * DAY),
            OldRows::runs(&connection, now - i64::from(policy.runs_days) * DAY)?,
        ]
        .into_iter()
        .map(|rows| {
            let table = rows.plan(&connection)?;
            Ok(HousekeepingPlan { table, rows })
        })
        .collect::<Result<_>>()?;
        let was_pruned = connection
            .query_row(sql!("prune/was_pruned"), [], |row| row.get("was_pruned"))
            .context("look up the last prune")?;
        Ok(PrunePlan {
            cutoff,
            scope,
            total_rows,
            newest_row,
            was_pruned,
            history,
            housekeeping,
        })
    }
}

/// The newest timestamp in a history table, and the number of rows of the current month and later.
fn newest_and_recent(
    connection: &Connection,
    history: History,
    current_month: i64,
) -> Result<(Option<i64>, i64)> {
    connection
        .query_row(
            &Statements::of(history).total,
            named_params! { ":since": current_month },
            |row| Ok((row.get("newest")?, row.get("recent")?)),
        )
        .context(format!("read {}", history.table()))
}

fn plan_history(
    connection: &Connection,
    history: History,
    states: &[MonthState],
    scope: &PruneScope,
    cutoff: i64,
) -> Result<HistoryPlan> {
    let retained = RetainedRows::query(connection, history, cutoff)?;
    let months: Vec<MonthPlan> = states
        .iter()
        .filter(|state| scope.months.contains(&state.month))
        .filter_map(|state| {
            let facts = state.table(history)?.facts;
            let month = state.month;
            let retained_rows = retained.count(month.start(), month.end(), facts.last_id);
            let rows = facts.rows - facts.late_rows - retained_rows;
            (rows > 0).then_some(MonthPlan {
                month,
                last_id: facts.last_id,
                rows,
            })
        })
        .collect();
    Ok(HistoryPlan {
        history,
        table: plan_history_table(connection, history, &months, &retained)?,
        months,
        retained,
    })
}

/// Adds up the months of one history table, which are ordered by time.
fn plan_history_table(
    connection: &Connection,
    history: History,
    months: &[MonthPlan],
    retained: &RetainedRows,
) -> Result<TablePlan> {
    let rows = months.iter().map(|month| month.rows).sum();
    let mut plan = TablePlan {
        table: history.table(),
        rows,
        oldest: None,
        newest: None,
        bytes: rows * schema_of(history).row_bytes,
    };
    for MonthPlan { month, last_id, .. } in months {
        let (from, until) = (month.start(), month.end());
        let (oldest, newest): (Option<i64>, Option<i64>) = connection
            .query_row(
                &Statements::of(history).plan,
                named_params! {
                    ":from": from,
                    ":until": until,
                    ":last_id": last_id,
                    ":kept": retained.ids(from, until),
                },
                |row| Ok((row.get("oldest")?, row.get("newest")?)),
            )
            .context(format!("plan for {}", history.table()))?;
        plan.oldest = plan.oldest.or(oldest);
        plan.newest = newest.or(plan.newest);
    }
    Ok(plan)
}
