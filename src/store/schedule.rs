//! Reads when the jobs of a schedule ran last.

use std::path::Path;

use rusqlite::named_params;

use crate::error::Result;
use crate::model::run::{KILLED, RUNNING};
use crate::model::time::DAY;
use crate::store::lock::Lock;
use crate::store::{SqlContext, Store, sql};

/// The last run of a kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LastRun {
    id: i64,
    pub(crate) kind: String,
    /// Unix seconds.
    pub(crate) started_at: i64,
    /// `ok`, `partial`, `failed` and so on, as in `fetch_runs`; [`RUNNING`] only if the run still works.
    pub(crate) status: String,
}

/// The last run of each kind that ever ran.
///
/// # Errors
///
/// As [`Store::open_read_only`].
pub(crate) fn last_runs(database: &Path, now: i64) -> Result<Vec<LastRun>> {
    let store = Store::open_read_only(database)?;
    let mut runs = list(&store, now)?;
    let is_at_work =
        |run: &LastRun| run.status != RUNNING || Lock::is_held(database, run.kind.as_str());
    let stopped: Vec<i64> = runs
        .iter()
        .filter(|run| !is_at_work(run))
        .map(|run| run.id)
        .collect();
    if stopped.is_empty() {
        return Ok(runs);
    }
    // A run records its end before it releases its lock, which may have been in between.
    runs = list(&store, now)?;
    for run in &mut runs {
        if run.status == RUNNING && stopped.contains(&run.id) {
            KILLED.clone_into(&mut run.status);
        }
    }
    Ok(runs)
}

fn list(store: &Store, now: i64) -> Result<Vec<LastRun>> {
    let list = || -> rusqlite::Result<Vec<LastRun>> {
        store
            .connection()
            .prepare(sql!("runs/list_last_runs"))?
            .query_map(named_params! { ":horizon": now + DAY }, |row| {
                Ok(LastRun {
                    id: row.get("id")?,
                    kind: row.get("kind")?,
                    started_at: row.get("started_at")?,
                    status: row.get("status")?,
                })
            })?
            .collect()
    };
    list().context("read the last runs")
}
