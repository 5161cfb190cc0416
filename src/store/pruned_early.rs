//! Finds the backup with the rows that a prune deleted while the clock was ahead.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, named_params};

use crate::error::{Result, WithContext};
use crate::model::future::{LostRows, RowsInBackup};
use crate::model::history::History;
use crate::model::identity::DatabaseId;
use crate::model::time::Month;
use crate::model::watch::Unwatched;
use crate::store::backup::{Backups, Manifest, unpack_and_verify};
use crate::store::files::scratch::Scratch;
use crate::store::history::render;
use crate::store::identity::identity;
use crate::store::reading::Reader;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// See [`lost_rows`].
    pub(crate) fn lost_rows(
        &self,
        backups: &Path,
        limit: i64,
        now: i64,
    ) -> Result<Option<LostRows>> {
        lost_rows(self.connection(), backups, limit, now)
    }
}

/// Counts the rows of months that were pruned too early, in each backup in a folder. `None` if there are no such months,
/// or if all of their rows are here again.
///
/// `limit`: prunes after this time were too early.
pub(super) fn lost_rows(
    connection: &Connection,
    backups: &Path,
    limit: i64,
    now: i64,
) -> Result<Option<LostRows>> {
    let early = months_pruned_early(connection, limit)
        .context("find the months that were pruned too early")?;
    if early.is_empty() {
        return Ok(None);
    }
    let id = identity(connection)?.id;
    let mut found = LostRows {
        months: early.iter().map(|early| early.month).collect(),
        is_open: early.iter().all(|early| early.is_open),
        rows: early.iter().map(|early| early.missing).sum(),
        backups: count_in_backups(&early, backups, &id, now)?,
    };
    found.months.dedup();
    if let Some(most) = found.backups.first() {
        found.rows = found.rows.max(most.rows);
    }
    Ok((found.rows > 0).then_some(found))
}

/// A month of one history that was pruned too early.
struct EarlyMonth {
    history: History,
    month: Month,
    /// Whether its rows can be imported, because `prune --future` has opened it again.
    is_open: bool,
    /// The rows that are here: see [`keys_of`].
    present: HashSet<String>,
    /// The summarized rows that are gone.
    missing: i64,
}

fn months_pruned_early(connection: &Connection, limit: i64) -> rusqlite::Result<Vec<EarlyMonth>> {
    let mut statement = connection.prepare(sql!("future/list_pruned_early"))?;
    let found = statement.query_map(named_params! { ":limit": limit }, |row| {
        let table: String = row.get("history")?;
        let history = History::from_table_name(&table).ok_or(rusqlite::Error::InvalidQuery)?;
        let start: i64 = row.get("period_start")?;
        let counted: i64 = row.get("counted_rows")?;
        let is_open = row.get("is_open")?;
        Ok(Month::of(start).map(|month| (history, month, counted, is_open)))
    })?;
    let mut early = Vec::new();
    for (history, month, counted, is_open) in found
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
    {
        let present = keys_of(connection, history, month)?;
        let rows = i64::try_from(present.len()).unwrap_or(i64::MAX);
        early.push(EarlyMonth {
            history,
            month,
            is_open,
            present,
            missing: (counted - rows).max(0),
        });
    }
    Ok(early)
}

/// The backups with rows that are missing here: those with the most rows first, and the newest of them.
fn count_in_backups(
    early: &[EarlyMonth],
    directory: &Path,
    id: &DatabaseId,
    now: i64,
) -> Result<Vec<RowsInBackup>> {
    let backups = Backups::find(directory, id, now)?;
    let mut found = Vec::new();
    for manifest in backups.future().iter().chain(backups.newest_first()) {
        match count_in_backup(early, manifest) {
            Ok(0) => {}
            Ok(rows) => found.push(RowsInBackup {
                file: manifest.path.clone(),
                is_compressed: manifest.compressed,
                rows,
            }),
            Err(error) => log::debug!("{}: {}", manifest.path.display(), error.one_line()),
        }
    }
    // The sort is stable.
    found.sort_by_key(|backup| std::cmp::Reverse(backup.rows));
    Ok(found)
}

fn count_in_backup(early: &[EarlyMonth], manifest: &Manifest) -> Result<i64> {
    let (path, _unpacked) = unpack(manifest)?;
    let reader = Reader::open_untouched(&path)?;
    let count = || -> rusqlite::Result<usize> {
        let mut rows = 0;
        for month in early {
            let there = keys_of(&reader.connection, month.history, month.month)?;
            rows += there.difference(&month.present).count();
        }
        Ok(rows)
    };
    let rows = count().context(format!("count the rows of {}", manifest.path.display()))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// The database in a backup, and the folder of its copy if it is compressed.
fn unpack(manifest: &Manifest) -> Result<(PathBuf, Option<Scratch>)> {
    if !manifest.compressed {
        return Ok((manifest.path.clone(), None));
    }
    let action = || format!("decompress {}", manifest.path.display());
    let folder = Scratch::new().with_context(action)?;
    let path = folder.path().join("backup.db");
    let mut file = File::create(&path).with_context(action)?;
    unpack_and_verify(manifest, &mut file, &Unwatched)?;
    Ok((path, Some(folder)))
}

/// The history rows of a month, each as its entity and its time. An import gives rows other ids.
fn keys_of(
    connection: &Connection,
    history: History,
    month: Month,
) -> rusqlite::Result<HashSet<String>> {
    connection
        .prepare(&render(history, sql!("future/list_history_keys")))?
        .query_map(
            named_params! { ":period_start": month.start(), ":period_end": month.end() },
            |row| row.get("key"),
        )?
        .collect()
}
