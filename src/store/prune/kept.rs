//! The history rows that a prune leaves.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::store::SqlContext;
use crate::store::prune::statements::Statements;

/// One row that stays.
#[derive(Clone, Copy, Debug)]
struct KeptRow {
    id: i64,
    /// Unix seconds.
    moment: i64,
}

/// The rows of one history table from before a cut-off that stay, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Kept(Vec<KeptRow>);

impl Kept {
    pub(super) fn read(connection: &Connection, history: History, cutoff: i64) -> Result<Self> {
        connection
            .prepare(Statements::of(history).kept)
            .and_then(|mut kept| {
                kept.query_map(named_params! { ":cutoff": cutoff }, |row| {
                    Ok(KeptRow {
                        id: row.get("id")?,
                        moment: row.get("moment")?,
                    })
                })?
                .collect()
            })
            .map(Self)
            .context(format!("find the rows of {} that stay", history.table()))
    }

    /// How many of them lie between two moments and have no higher id than `last_id`.
    pub(super) fn count(&self, from: i64, until: i64, last_id: i64) -> i64 {
        let count = self
            .between(from, until)
            .iter()
            .filter(|row| row.id <= last_id)
            .count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// The ids of those between two moments, as a JSON list.
    pub(super) fn ids(&self, from: i64, until: i64) -> String {
        let ids: Vec<i64> = self.between(from, until).iter().map(|row| row.id).collect();
        serde_json::Value::from(ids).to_string()
    }

    fn between(&self, from: i64, until: i64) -> &[KeptRow] {
        let start = self.0.partition_point(|row| row.moment < from);
        let end = self.0.partition_point(|row| row.moment < until);
        &self.0[start..end.max(start)]
    }
}
