//! Reads the state of each finished month.

use rusqlite::{Connection, Row, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::month_state::{MonthFacts, MonthState, TableState};
use crate::model::time::{Month, outside_calendar};
use crate::store::pruned_early::missing_rows;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// Returns the state of each finished month that has history rows, observations or a record, oldest first.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`](crate::error::Exit::Config) when `now` is outside the calendar.
    pub(crate) fn months(&self, now: i64) -> Result<Vec<MonthState>> {
        months(self.connection(), now)
    }
}

/// See [`Store::months`].
pub(super) fn months(connection: &Connection, now: i64) -> Result<Vec<MonthState>> {
    let current = Month::of(now).ok_or_else(|| outside_calendar(now))?;
    let query = || -> rusqlite::Result<Vec<(i64, TableState)>> {
        connection
            .prepare(sql!("months/list_states"))?
            .query_map(named_params! { ":until": current.start() }, table_state)?
            .collect()
    };
    let mut states: Vec<MonthState> = Vec::new();
    for (period_start, table) in query().context("read the state of the months")? {
        let Some(month) = Month::of(period_start) else {
            continue;
        };
        match states.last_mut() {
            Some(state) if state.month == month => state.tables.push(table),
            _ => states.push(MonthState {
                month,
                tables: vec![table],
            }),
        }
    }
    for missing in missing_rows(connection, now)? {
        let state = states.iter_mut().find(|state| state.month == missing.month);
        if missing.is_open
            && let Some(state) = state
        {
            state.set_missing(missing.history, missing.rows);
        }
    }
    Ok(states)
}

fn table_state(row: &Row<'_>) -> rusqlite::Result<(i64, TableState)> {
    let table: String = row.get("history")?;
    let history = History::from_table_name(&table).ok_or(rusqlite::Error::InvalidQuery)?;
    let is_set =
        |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.is_some());
    let or_zero =
        |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.unwrap_or(0));
    let facts = MonthFacts {
        rows: row.get("rows")?,
        late_rows: row.get("late")?,
        observed: row.get("observed")?,
        has_older_rows: row.get("is_carried")?,
        summarized_rows: or_zero("counted_rows")?,
        last_id: or_zero("last_id")?,
        summarized_observed: row.get("observed_then")?,
        is_summarized: is_set("summarized_at")? && row.get("has_summary")?,
        is_pruned: is_set("pruned_at")?,
        is_purged: is_set("purged_at")?,
        is_imported: row.get("is_imported")?,
        missing_rows: 0,
    };
    Ok((row.get("period_start")?, TableState::new(history, facts)))
}
