//! The record of a prune: made with the first delete, so that a prune that deleted nothing leaves none.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Result};
use crate::model::identity::DatabaseId;
use crate::store::{SqlContext, sql};

/// The record of one prune.
#[derive(Debug)]
pub(super) struct Run {
    started_at: i64,
    cutoff: i64,
    archive: Option<(String, DatabaseId)>,
    /// Its id, once there is a record.
    id: Option<i64>,
}

impl Run {
    /// A prune that has deleted nothing yet. `archive`: where its rows go.
    pub(super) fn new(started_at: i64, cutoff: i64, archive: Option<(String, DatabaseId)>) -> Self {
        Self {
            started_at,
            cutoff,
            archive,
            id: None,
        }
    }

    /// Counts rows that are deleted in the caller's transaction. The record is made by the first, or taken over from a
    /// prune that was cut off.
    ///
    /// The answer is the id to go on with after the commit.
    pub(super) fn count(&self, connection: &Connection, deleted: i64) -> Result<i64> {
        let id = match self.id {
            Some(id) => id,
            None => self.begin(connection)?,
        };
        let counted = connection
            .prepare_cached(sql!("prune/count_deleted"))
            .and_then(|mut count| count.execute(named_params! { ":id": id, ":deleted": deleted }))
            .context("note what the prune deleted")?;
        if counted == 1 {
            return Ok(id);
        }
        Err(Error::new("note what the prune deleted")
            .with_source("the record of this prune has gone"))
    }

    /// Keeps the id of the record after the commit.
    pub(super) fn goes_on(&mut self, id: i64) {
        self.id = Some(id);
    }

    fn begin(&self, connection: &Connection) -> Result<i64> {
        let action = "note that a prune begins";
        let (path, id) = match &self.archive {
            Some((path, id)) => (Some(path.as_str()), Some(id.as_str())),
            None => (None, None),
        };
        let unfinished: Option<i64> = connection
            .query_row(
                sql!("prune/unfinished_run"),
                named_params! { ":archive_id": id },
                |row| row.get("id"),
            )
            .optional()
            .context(action)?;
        if let Some(run) = unfinished {
            connection
                .execute(
                    sql!("prune/resume_run"),
                    named_params! { ":id": run, ":cutoff": self.cutoff, ":archive": path },
                )
                .context(action)?;
            return Ok(run);
        }
        connection
            .query_row(
                sql!("prune/begin_run"),
                named_params! {
                    ":started_at": self.started_at, ":cutoff": self.cutoff, ":archive": path, ":archive_id": id,
                },
                |row| row.get("id"),
            )
            .context(action)
    }
}

/// Notes that all is done that this prune and those before it had to do.
pub(super) fn finish(connection: &Connection, now: i64) -> Result<()> {
    connection
        .execute(
            sql!("prune/finish_runs"),
            named_params! { ":finished_at": now },
        )
        .context("note that the prune is done")?;
    Ok(())
}
