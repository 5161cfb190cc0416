//! The history rows that a prune deleted while the clock was ahead: which are missing, and which months are open for them.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::future::FutureBounds;
use crate::model::history::History;
use crate::model::lost_rows::{MissingRows, Searched, SearchedCopies};
use crate::model::time::{CLOCK_TOLERANCE, Month};
use crate::store::history::render;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// See [`missing_rows`].
    pub(crate) fn missing_rows(&self, now: i64) -> Result<Vec<MissingRows>> {
        missing_rows(self.connection(), now)
    }

    /// Closes all months of which rows are missing. Their summaries stay.
    pub(crate) fn accept_loss(&mut self, bounds: &FutureBounds) -> Result<()> {
        self.transaction(|transaction| give_up(transaction, i64::MAX, bounds.month_start))
    }
}

/// Counts the rows that are missing because of a prune while the clock was ahead, in each month of each history with such rows.
///
/// This reads no backup. Months that `prune --future` has not opened yet are among them.
pub(super) fn missing_rows(connection: &Connection, now: i64) -> Result<Vec<MissingRows>> {
    let mut early =
        months_pruned_early(connection, now).context("count the rows that are missing")?;
    early.retain(|month| month.rows > 0);
    Ok(early)
}

/// The months that a prune closed while the clock was ahead, also those of which no rows are missing.
fn months_pruned_early(connection: &Connection, now: i64) -> rusqlite::Result<Vec<MissingRows>> {
    let mut statement = connection.prepare(sql!("future/list_pruned_early"))?;
    let limit = now.saturating_add(CLOCK_TOLERANCE);
    let mut rows = statement.query(named_params! { ":now": now, ":limit": limit })?;
    let mut early = Vec::new();
    while let Some(row) = rows.next()? {
        let table: String = row.get("history")?;
        let history = History::from_table_name(&table).ok_or(rusqlite::Error::InvalidQuery)?;
        let Some(month) = Month::of(row.get("period_start")?) else {
            continue;
        };
        let reopened_at: Option<i64> = row.get("reopened_at")?;
        let missing = if let Some(at) = reopened_at {
            // `fetch` adds rows with later times only, so all others are from before the prune, or imported.
            let expected: Option<i64> = row.get("expected_rows")?;
            expected.unwrap_or(0) - count_present(connection, history, month, at, i64::MAX)?
        } else {
            let counted: i64 = row.get("counted_rows")?;
            let last_id = row.get("last_id")?;
            counted - count_present(connection, history, month, i64::MAX, last_id)?
        };
        early.push(MissingRows {
            history,
            month,
            rows: missing.max(0),
            is_open: reopened_at.is_some(),
        });
    }
    Ok(early)
}

fn count_present(
    connection: &Connection,
    history: History,
    month: Month,
    until: i64,
    last_id: i64,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(&render(history, sql!("future/count_present")))?
        .query_row(
            named_params! {
                ":period_start": month.start(),
                ":period_end": month.end(),
                ":until": until,
                ":last_id": last_id,
            },
            |row| row.get("rows"),
        )
}

/// Opens the months again that a prune closed while the clock was ahead, and returns how many they are.
pub(super) fn reopen_months(
    connection: &Connection,
    bounds: &FutureBounds,
) -> rusqlite::Result<i64> {
    let mut reopened = 0;
    for early in months_pruned_early(connection, bounds.now)? {
        if early.is_open || early.month.start() > bounds.month_start {
            continue;
        }
        let (history, month) = (early.history, early.month);
        let present = count_present(connection, history, month, bounds.now, i64::MAX)?;
        connection.execute(
            sql!("future/reopen_month"),
            named_params! {
                ":history": history.table(),
                ":period_start": month.start(),
                ":expected_rows": present + early.rows,
                ":now": bounds.now,
                ":month": bounds.month_start,
            },
        )?;
        reopened += 1;
    }
    Ok(reopened)
}

/// Closes the months before `before` of which rows are missing: the rows are not looked for any more.
pub(super) fn give_up(connection: &Connection, before: i64, month_start: i64) -> Result<()> {
    connection
        .execute(
            sql!("months/give_up_missing_rows"),
            named_params! { ":before": before, ":month": month_start },
        )
        .map(drop)
        .context("close the months with missing rows")
}

/// The recorded results of the searches for missing rows.
pub(super) fn searched_copies(connection: &Connection) -> Result<SearchedCopies> {
    let query = || -> rusqlite::Result<SearchedCopies> {
        connection
            .prepare(sql!("backup/list_searched"))?
            .query_map([], |row| {
                let result = match row.get("rows")? {
                    Some(rows) => Searched::Found(rows),
                    None => Searched::Failed(row.get("error")?),
                };
                Ok((row.get("copy")?, result))
            })?
            .collect()
    };
    query().context("read which copies were searched")
}

/// Records the result of a search.
pub(super) fn record_searched(
    connection: &Connection,
    copy: &str,
    result: &Searched,
) -> Result<()> {
    let (rows, error) = match result {
        Searched::Found(rows) => (Some(rows), None),
        Searched::Failed(why) => (None, Some(why)),
    };
    connection
        .execute(
            sql!("backup/record_searched"),
            named_params! { ":copy": copy, ":rows": rows, ":error": error },
        )
        .map(drop)
        .context("record which copies were searched")
}

/// Forgets the results of all searches, because other rows are missing now.
pub(super) fn forget_searched(connection: &Connection) -> Result<()> {
    connection
        .execute(sql!("backup/forget_searched"), [])
        .map(drop)
        .context("forget which copies were searched")
}
