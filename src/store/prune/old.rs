//! Rejected answers and records of fetches: they go by age alone.

use std::time::Instant;

use rusqlite::{Connection, Params, ToSql};

use crate::error::Result;
use crate::store::prune::pace::Pace;
use crate::store::prune::plan::Share;
use crate::store::{SqlContext, Store, sql, transaction};

/// One table whose old rows go.
#[derive(Clone, Debug)]
pub(super) struct OldRows {
    table: &'static str,
    before: i64,
    plan: &'static str,
    delete: &'static str,
    row_bytes: i64,
    /// The rows that stay however old they are, as a JSON list.
    kept: Option<String>,
    /// Rows of the first step, and the limits of later ones.
    steps: (i64, (i64, i64)),
}

impl OldRows {
    /// Rejected answers from before a moment.
    pub(super) fn rejected(before: i64) -> Self {
        Self {
            table: "rejected_payloads",
            before,
            plan: sql!("prune/rejected_plan"),
            delete: sql!("prune/rejected_delete"),
            row_bytes: 2_000,
            kept: None,
            // A row may have 64 KiB.
            steps: (50, (10, 2_000)),
        }
    }

    /// Records of fetches from before a moment.
    pub(super) fn runs(connection: &Connection, before: i64) -> Result<Self> {
        // Once, not in every step: it reads the whole table.
        let kept: Vec<i64> = connection
            .prepare(sql!("prune/runs_kept"))
            .and_then(|mut kept| kept.query_map([], |row| row.get("id"))?.collect())
            .context("find the newest records of fetches")?;
        Ok(Self {
            table: "fetch_runs",
            before,
            plan: sql!("prune/runs_plan"),
            delete: sql!("prune/runs_delete"),
            row_bytes: 80,
            kept: Some(serde_json::Value::from(kept).to_string()),
            steps: (500, (500, 16_000)),
        })
    }

    /// How many there are.
    pub(super) fn share(&self, connection: &Connection) -> Result<Share> {
        count(
            connection,
            self.table,
            self.plan,
            self.parameters(&[]).as_slice(),
            self.row_bytes,
        )
    }

    /// Deletes them in steps, until all are gone or it is told to stop.
    pub(super) fn delete(
        &self,
        store: &mut Store,
        mut goes_on: impl FnMut(i64) -> bool,
    ) -> Result<Deleted> {
        let (first, limits) = self.steps;
        let mut pace = Pace::starting(first, limits).short();
        let mut total = 0;
        loop {
            let mut since = Instant::now();
            let rows = transaction(&mut store.connection, |transaction| {
                since = Instant::now(); // From here on the lock is ours.
                transaction
                    .prepare_cached(self.delete)
                    .and_then(|mut delete| {
                        delete.execute(self.parameters(&[(":step", &pace.rows)]).as_slice())
                    })
                    .context(format!("delete old rows of {}", self.table))
            })?;
            let held = since.elapsed();
            let rows = i64::try_from(rows).unwrap_or(i64::MAX);
            total += rows;
            let is_cut_off = rows > 0 && !goes_on(rows);
            if rows == 0 || is_cut_off {
                return Ok(Deleted {
                    rows: total,
                    is_cut_off,
                });
            }
            pace.follow(store, held)?;
        }
    }
}

impl OldRows {
    fn parameters<'a>(
        &'a self,
        more: &[(&'static str, &'a dyn ToSql)],
    ) -> Vec<(&'static str, &'a dyn ToSql)> {
        let mut parameters: Vec<(&'static str, &dyn ToSql)> = vec![(":before", &self.before)];
        if let Some(kept) = &self.kept {
            parameters.push((":kept", kept));
        }
        parameters.extend(more);
        parameters
    }
}

/// Old rows that were deleted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deleted {
    pub(super) rows: i64,
    /// Whether it was told to stop before the last one.
    pub(super) is_cut_off: bool,
}

/// Counts old rows of a table.
pub(super) fn count(
    connection: &Connection,
    table: &'static str,
    statement: &str,
    parameters: impl Params,
    row_bytes: i64,
) -> Result<Share> {
    connection
        .query_row(statement, parameters, |row| {
            let rows: i64 = row.get("rows")?;
            Ok(Share {
                table,
                rows,
                oldest: row.get("oldest")?,
                newest: row.get("newest")?,
                bytes: rows * row_bytes,
            })
        })
        .context(format!("count old rows of {table}"))
}
