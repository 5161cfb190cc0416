//! Deletes rejected answers and records of fetches that are older than the retention policy allows.

use std::time::Instant;

use rusqlite::{Connection, Params, ToSql};

use crate::error::Result;
use crate::store::prune::TablePlan;
use crate::store::prune::throttle::Throttle;
use crate::store::{SqlContext, Store, sql, transaction};

/// One table whose old rows are deleted.
#[derive(Clone, Debug)]
pub(super) struct OldRows {
    table: &'static str,
    /// Rows with an earlier timestamp are deleted. Unix seconds.
    before: i64,
    plan: &'static str,
    delete: &'static str,
    /// Estimated size of a row.
    row_bytes: i64,
    /// The ids that stay regardless of their age, as a JSON array.
    kept: Option<String>,
    /// The number of rows of the first step.
    first_step: i64,
    /// The minimum and the maximum number of rows of later steps.
    step_limits: (i64, i64),
}

impl OldRows {
    /// Rejected answers from before a timestamp.
    pub(super) fn rejected(before: i64) -> Self {
        Self {
            table: "rejected_payloads",
            before,
            plan: sql!("prune/plan_rejected"),
            delete: sql!("prune/delete_rejected"),
            row_bytes: 2_000,
            kept: None,
            // Small steps, because a row can have 64 KiB.
            first_step: 50,
            step_limits: (10, 2_000),
        }
    }

    /// Records of fetches from before a timestamp.
    pub(super) fn runs(connection: &Connection, before: i64) -> Result<Self> {
        // The query reads the whole table, so it runs once and not in every step.
        let kept: Vec<i64> = connection
            .prepare(sql!("prune/list_kept_runs"))
            .and_then(|mut statement| statement.query_map([], |row| row.get("id"))?.collect())
            .context("find the newest records of fetches")?;
        Ok(Self {
            table: "fetch_runs",
            before,
            plan: sql!("prune/plan_runs"),
            delete: sql!("prune/delete_runs"),
            row_bytes: 80,
            kept: Some(serde_json::Value::from(kept).to_string()),
            first_step: 500,
            step_limits: (500, 16_000),
        })
    }

    /// Counts the rows to delete.
    pub(super) fn plan(&self, connection: &Connection) -> Result<TablePlan> {
        plan_table(
            connection,
            self.table,
            self.plan,
            self.parameters(&[]).as_slice(),
            self.row_bytes,
        )
    }

    /// Deletes the rows in steps, until none is left or `continues` returns false. `continues` gets the number of rows of
    /// each step.
    pub(super) fn delete(
        &self,
        store: &mut Store,
        mut continues: impl FnMut(i64) -> bool,
    ) -> Result<Deleted> {
        let mut throttle =
            Throttle::new(self.first_step, self.step_limits).with_half_the_hold_time();
        let mut total = 0;
        loop {
            let mut locked_at = Instant::now();
            let rows = transaction(&mut store.connection, |transaction| {
                locked_at = Instant::now(); // The wait for the lock does not count.
                transaction
                    .prepare_cached(self.delete)
                    .and_then(|mut statement| {
                        let step = (":step", &throttle.step_size as &dyn ToSql);
                        statement.execute(self.parameters(&[step]).as_slice())
                    })
                    .context(format!("delete old rows of {}", self.table))
            })?;
            let held = locked_at.elapsed();
            let rows = i64::try_from(rows).unwrap_or(i64::MAX);
            total += rows;
            let was_interrupted = rows > 0 && !continues(rows);
            if rows == 0 || was_interrupted {
                return Ok(Deleted {
                    rows: total,
                    was_interrupted,
                });
            }
            throttle.after_step(store, held)?;
        }
    }

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

/// The result of [`OldRows::delete`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Deleted {
    pub(super) rows: i64,
    pub(super) was_interrupted: bool,
}

/// Counts the rows to delete with a statement that returns `rows`, `oldest` and `newest`.
pub(super) fn plan_table(
    connection: &Connection,
    table: &'static str,
    statement: &str,
    parameters: impl Params,
    row_bytes: i64,
) -> Result<TablePlan> {
    connection
        .query_row(statement, parameters, |row| {
            let rows: i64 = row.get("rows")?;
            Ok(TablePlan {
                table,
                rows,
                oldest: row.get("oldest")?,
                newest: row.get("newest")?,
                bytes: rows * row_bytes,
            })
        })
        .context(format!("count old rows of {table}"))
}
