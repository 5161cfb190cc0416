//! Searches backups for the history rows that a prune deleted while the clock was ahead.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::lost_rows::{BackupFile, LostRows, MissingRows, Searched, UnreadBackup};
use crate::model::time::Month;
use crate::model::watch::Watch;
use crate::store::backup::catalog::Backups;
use crate::store::backup::manifest::Manifest;
use crate::store::backup::verify::{open_copy, open_verified};
use crate::store::history::render;
use crate::store::identity::identity;
use crate::store::pruned_early::{
    forget_searched, missing_rows, record_searched, searched_backups,
};
use crate::store::{SqlContext, Store, interrupt, sql};

/// The rows that a prune deleted while the clock was ahead, and what the last search found in the backups in a folder. `None`
/// if no rows are missing. This reads no backup.
///
/// A folder that cannot be read counts as a backup that cannot be read.
pub(in crate::store) fn lost_rows(
    connection: &Connection,
    directory: &Path,
    now: i64,
) -> Result<Option<LostRows>> {
    let missing = missing_rows(connection, now)?;
    if missing.is_empty() {
        return Ok(None);
    }
    let searched = searched_backups(connection)?;
    match Backups::find(directory, &identity(connection)?.id, now) {
        Ok(backups) => Ok(LostRows::new(&missing, &searched, files(&backups))),
        Err(error) => Ok(LostRows::new(&missing, &searched, []).map(|mut lost| {
            lost.unread.push(UnreadBackup {
                file: directory.to_owned(),
                why: Some(error.one_line()),
            });
            lost
        })),
    }
}

/// The files of these backups, the newest first.
pub(super) fn files(backups: &Backups) -> impl Iterator<Item = BackupFile<'_>> {
    all(backups).map(|manifest| BackupFile {
        path: &manifest.path,
        is_compressed: manifest.compressed,
        sha256: &manifest.sha256,
    })
}

fn all(backups: &Backups) -> impl Iterator<Item = &Manifest> {
    backups.future().iter().chain(backups.newest_first())
}

impl Store {
    /// See [`lost_rows`].
    pub(crate) fn lost_rows(&self, directory: &Path, now: i64) -> Result<Option<LostRows>> {
        lost_rows(self.connection(), directory, now)
    }

    /// Searches all backups in a folder for the rows that are missing, and records the results.
    ///
    /// A backup that cannot be read is recorded with the reason.
    ///
    /// # Errors
    ///
    /// Fails when the database cannot be read or written, and after a request to stop.
    pub(crate) fn search_backups(
        &mut self,
        directory: &Path,
        now: i64,
        watch: &dyn Watch,
    ) -> Result<Option<LostRows>> {
        let missing = missing_rows(self.connection(), now)?;
        let id = identity(self.connection())?.id;
        let results = match Backups::find(directory, &id, now) {
            Ok(backups) if !missing.is_empty() => {
                search_all(self.connection(), &missing, &backups, watch)?
            }
            _ => Vec::new(),
        };
        self.transaction(|transaction| {
            forget_searched(transaction)?;
            results
                .iter()
                .try_for_each(|(sha256, result)| record_searched(transaction, sha256, result))
        })?;
        lost_rows(self.connection(), directory, now)
    }
}

/// The results by the SHA-256 of each backup.
fn search_all(
    connection: &Connection,
    missing: &[MissingRows],
    backups: &Backups,
    watch: &dyn Watch,
) -> Result<Vec<(String, Searched)>> {
    let wanted = missing
        .iter()
        .map(|missing| Wanted::of(connection, missing))
        .collect::<Result<Vec<_>>>()?;
    let mut results = Vec::new();
    for manifest in all(backups) {
        let result = match search(&wanted, manifest, watch) {
            Ok(rows) => Searched::Found(rows),
            Err(error) if interrupt::is_requested() => return Err(error),
            Err(error) => Searched::Failed(error.one_line()),
        };
        results.push((manifest.sha256.clone(), result));
    }
    Ok(results)
}

/// A month of one history with missing rows.
struct Wanted {
    history: History,
    month: Month,
    /// The rows that are here: see [`keys_of`].
    present: HashSet<String>,
}

impl Wanted {
    fn of(connection: &Connection, missing: &MissingRows) -> Result<Self> {
        let (history, month) = (missing.history, missing.month);
        let present = keys_of(connection, history, month)
            .context(format!("read {} of {month}", history.table()))?;
        Ok(Self {
            history,
            month,
            present,
        })
    }
}

/// Counts the missing rows in a backup.
fn search(wanted: &[Wanted], manifest: &Manifest, watch: &dyn Watch) -> Result<i64> {
    let verified = open_verified(manifest, watch)?;
    let connection = open_copy(verified.path())?;
    let count = || -> rusqlite::Result<usize> {
        let mut rows = 0;
        for month in wanted {
            let there = keys_of(&connection, month.history, month.month)?;
            rows += there.difference(&month.present).count();
        }
        Ok(rows)
    };
    let rows = count().context(format!("count the rows of {}", manifest.path.display()))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
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
