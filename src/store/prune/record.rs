//! The row of this prune in `prune_runs`. It is inserted with the first delete, so a prune that deletes nothing has none,
//! unless it finds its archive at a new place or begins a new one.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Result};
use crate::model::identity::DatabaseId;
use crate::store::prune::compared::ComparedRows;
use crate::store::{SqlContext, sql};

/// The archive that rows are moved to.
#[derive(Debug)]
pub(super) struct AttachedArchive {
    /// The path, as `prune_runs` records it.
    pub(super) path: String,
    pub(super) id: DatabaseId,
    /// The id under which the archive and the database count the rows that this prune moves.
    pub(super) receipt: String,
    /// The rows, if they are in a lake already, and not in an attached database.
    pub(super) in_lake: Option<ComparedRows>,
}

#[derive(Debug)]
pub(super) struct PruneRecord {
    started_at: i64,
    cutoff: i64,
    archive: Option<AttachedArchive>,
    /// The id of the row, once it exists.
    id: Option<i64>,
}

impl PruneRecord {
    pub(super) fn new(started_at: i64, cutoff: i64, archive: Option<AttachedArchive>) -> Self {
        Self {
            started_at,
            cutoff,
            archive,
            id: None,
        }
    }

    /// History rows with an earlier timestamp are deleted.
    pub(super) fn cutoff(&self) -> i64 {
        self.cutoff
    }

    /// The receipt of the rows that are copied to an attached archive; `None` if there is none.
    pub(super) fn receipt(&self) -> Option<&str> {
        let archive = self
            .archive
            .as_ref()
            .filter(|archive| archive.in_lake.is_none());
        archive.map(|archive| archive.receipt.as_str())
    }

    /// Whether rows are moved, and not deleted.
    pub(super) fn has_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// The rows that are in a lake; `None` if they are not moved to one.
    pub(super) fn in_lake(&self) -> Option<&ComparedRows> {
        self.archive.as_ref()?.in_lake.as_ref()
    }

    /// Counts the rows that the caller's transaction deletes, if they are in a lake.
    pub(super) fn count_in_lake(&self, connection: &Connection, rows: i64) -> Result<()> {
        let Some(lake) = self
            .archive
            .as_ref()
            .filter(|archive| archive.in_lake.is_some())
        else {
            return Ok(());
        };
        connection
            .prepare_cached(sql!("prune/count_receipt"))
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":receipt": lake.receipt, ":archive_id": lake.id.as_str(), ":rows": rows,
                })
            })
            .map(drop)
            .context("record the number of moved rows")
    }

    /// Adds rows that the caller's transaction deletes. The first call inserts the row, or reuses that of an interrupted
    /// prune.
    ///
    /// Returns the id of the row. Pass it to [`Self::set_id`] after the commit.
    pub(super) fn add_deleted(&self, connection: &Connection, deleted: i64) -> Result<i64> {
        let action = "record the number of deleted rows";
        let id = match self.id {
            Some(id) => id,
            None => self.insert_or_resume(connection)?,
        };
        let updated = connection
            .prepare_cached(sql!("prune/count_deleted"))
            .and_then(|mut statement| {
                statement.execute(named_params! { ":id": id, ":deleted": deleted })
            })
            .context(action)?;
        if updated == 1 {
            return Ok(id);
        }
        Err(Error::new(action).with_source("another program has deleted the record of this prune"))
    }

    /// Keeps the id of the row after the commit. A transaction that rolls back also removes the row.
    pub(super) fn set_id(&mut self, id: i64) {
        self.id = Some(id);
    }

    fn insert_or_resume(&self, connection: &Connection) -> Result<i64> {
        let action = "record the start of the prune";
        let (path, archive_id) = match &self.archive {
            Some(archive) => (Some(archive.path.as_str()), Some(archive.id.as_str())),
            None => (None, None),
        };
        let unfinished: Option<i64> = connection
            .query_row(
                sql!("prune/get_unfinished_run"),
                named_params! { ":archive_id": archive_id },
                |row| row.get("id"),
            )
            .optional()
            .context(action)?;
        if let Some(id) = unfinished {
            connection
                .execute(
                    sql!("prune/resume_run"),
                    named_params! { ":id": id, ":cutoff": self.cutoff, ":archive": path },
                )
                .context(action)?;
            return Ok(id);
        }
        connection
            .query_row(
                sql!("prune/begin_run"),
                named_params! {
                    ":started_at": self.started_at,
                    ":cutoff": self.cutoff,
                    ":archive": path,
                    ":archive_id": archive_id,
                },
                |row| row.get("id"),
            )
            .context(action)
    }
}

/// Marks this prune and all interrupted ones before it as finished, and forgets the values of rows that imports have left out of
/// the pruned months.
pub(super) fn finish(connection: &Connection, now: i64) -> Result<()> {
    connection
        .execute(
            sql!("prune/finish_runs"),
            named_params! { ":finished_at": now },
        )
        .and_then(|_| connection.execute(sql!("prune/count_repeated"), []))
        .and_then(|_| connection.execute(sql!("prune/forget_repeated"), []))
        .context("record the end of the prune")?;
    Ok(())
}
