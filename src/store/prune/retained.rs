//! The history rows that a prune must keep, because later summaries begin with their values.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::store::SqlContext;
use crate::store::prune::statements::Statements;

#[derive(Clone, Copy, Debug)]
struct RetainedRow {
    id: i64,
    timestamp: i64,
}

/// The rows of one history table that are older than the cut-off and stay, oldest first.
#[derive(Clone, Debug)]
pub(super) struct RetainedRows(Vec<RetainedRow>);

impl RetainedRows {
    pub(super) fn query(connection: &Connection, history: History, cutoff: i64) -> Result<Self> {
        connection
            .prepare(Statements::of(history).kept)
            .and_then(|mut statement| {
                statement
                    .query_map(named_params! { ":cutoff": cutoff }, |row| {
                        Ok(RetainedRow {
                            id: row.get("id")?,
                            timestamp: row.get("moment")?,
                        })
                    })?
                    .collect()
            })
            .map(Self)
            .context(format!("find the rows of {} that stay", history.table()))
    }

    /// Counts the rows in `from..until` with ids up to `last_id`.
    pub(super) fn count(&self, from: i64, until: i64, last_id: i64) -> i64 {
        let count = self
            .between(from, until)
            .iter()
            .filter(|row| row.id <= last_id)
            .count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// The ids of the rows in `from..until`, as a JSON array.
    pub(super) fn ids(&self, from: i64, until: i64) -> String {
        let ids: Vec<i64> = self.between(from, until).iter().map(|row| row.id).collect();
        serde_json::Value::from(ids).to_string()
    }

    fn between(&self, from: i64, until: i64) -> &[RetainedRow] {
        let start = self.0.partition_point(|row| row.timestamp < from);
        let end = self.0.partition_point(|row| row.timestamp < until);
        &self.0[start..end.max(start)]
    }
}
