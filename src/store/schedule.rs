//! Reads when the jobs of a schedule ran last.

use std::path::Path;

use rusqlite::named_params;

use crate::error::Result;
use crate::model::time::DAY;
use crate::store::{SqlContext, Store, sql};

/// The last run of a kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LastRun {
    pub(crate) kind: String,
    /// Unix seconds.
    pub(crate) started_at: i64,
    /// `ok`, `partial`, `failed` and so on, as in `fetch_runs`.
    pub(crate) status: String,
}

/// The last run of each kind that ever ran.
///
/// # Errors
///
/// As [`Store::open_read_only`].
pub(crate) fn last_runs(database: &Path, now: i64) -> Result<Vec<LastRun>> {
    let store = Store::open_read_only(database)?;
    let list = || -> rusqlite::Result<Vec<LastRun>> {
        store
            .connection()
            .prepare(sql!("runs/list_last_runs"))?
            .query_map(named_params! { ":horizon": now + DAY }, |row| {
                Ok(LastRun {
                    kind: row.get("kind")?,
                    started_at: row.get("started_at")?,
                    status: row.get("status")?,
                })
            })?
            .collect()
    };
    list().context("read the last runs")
}
