//! Searches backups for the history rows that a prune deleted while the clock was ahead.

use std::collections::HashSet;
use std::iter;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::model::identity::DatabaseId;
use crate::model::lost_rows::{
    CopyFile, CopyKind, LostRows, MissingRows, Searched, SearchedCopies, UnreadCopy, WhyUnread,
};
use crate::model::path::plain_absolute;
use crate::model::time::Month;
use crate::model::watch::Watch;
use crate::store::archives::{Receipts, RecordedArchive, recorded_archives};
use crate::store::backup::archives::open_archive;
use crate::store::backup::catalog::{Backups, contains_backup_of, list_unusable};
use crate::store::backup::directory::recorded_folders;
use crate::store::backup::manifest::Manifest;
use crate::store::backup::verify::{open_copy, open_verified};
use crate::store::files::is_same_file;
use crate::store::history::render;
use crate::store::identity::identity;
use crate::store::pruned_early::{forget_searched, missing_rows, record_searched, searched_copies};
use crate::store::{SqlContext, Store, interrupt, sql};

/// A disk that is not mounted leaves an empty folder.
const NONE_OF_ITS_BACKUPS: &str =
    "it holds none of the backups that were written to it: its disk may not be mounted";

/// The places to look for missing rows, and the results of the last search, as the database recorded them.
pub(super) struct Recorded {
    id: DatabaseId,
    database: PathBuf,
    missing: Vec<MissingRows>,
    searched: SearchedCopies,
    archives: Vec<RecordedArchive>,
    receipts: Receipts,
    /// The folders that backups were written to.
    folders: Vec<PathBuf>,
}

impl Recorded {
    /// `database`: the path of the database, which names its backups.
    pub(super) fn read(connection: &Connection, database: &Path, now: i64) -> Result<Self> {
        Ok(Self {
            id: identity(connection)?.id,
            database: database.to_owned(),
            missing: missing_rows(connection, now)?,
            searched: searched_copies(connection)?,
            archives: recorded_archives(connection).context("look up the archives used before")?,
            receipts: Receipts::read(connection).context("look up what was moved to archives")?,
            folders: recorded_folders(connection)?,
        })
    }

    /// Whether rows are missing.
    pub(super) fn lacks_rows(&self) -> bool {
        !self.missing.is_empty()
    }

    /// This folder, and the others that backups were written to.
    fn all_folders<'a>(&'a self, directory: &'a Path) -> Vec<&'a Path> {
        let folders = self.folders.iter().map(PathBuf::as_path);
        iter::once(directory)
            .chain(folders.filter(|folder| !is_same_file(folder, directory)))
            .collect()
    }

    /// Returns what is known about the missing rows; `None` if no rows are missing. `folders`: where backups are looked for.
    /// `newer`: a backup that has none of the rows.
    ///
    /// A folder that is not there, or cannot be read, counts as a backup that cannot be read.
    pub(super) fn lost_rows(
        &self,
        folders: &[&Path],
        newer: Option<&Path>,
        now: i64,
    ) -> Option<LostRows> {
        if !self.lacks_rows() {
            return None;
        }
        let (mut found, mut unusable) = (Vec::new(), Vec::new());
        for folder in folders {
            match self.backups_in(folder, now) {
                Ok((backups, unread)) => {
                    found.push(backups);
                    unusable.extend(unread);
                }
                Err(why) => unusable.push(unread_folder(folder, why)),
            }
        }
        let backups = found.iter().flat_map(all).map(|manifest| CopyFile {
            path: &manifest.path,
            kind: CopyKind::Backup,
            key: &manifest.sha256,
        });
        let archives = self.archives.iter().map(|archive| CopyFile {
            path: &archive.path,
            kind: CopyKind::Archive,
            key: archive.id.as_str(),
        });
        let files = backups
            .filter(|file| Some(file.path) != newer)
            .chain(archives);
        LostRows::new(&self.missing, &self.searched, files, unusable)
    }

    /// The backups in a folder, and those that cannot be used; the reason if the folder cannot be read.
    fn backups_in(&self, folder: &Path, now: i64) -> Result<(Backups, Vec<UnreadCopy>), String> {
        if !folder.exists() {
            return Err("the backup folder is not there".to_owned());
        }
        let found = || -> Result<(Backups, Vec<UnreadCopy>)> {
            let backups = Backups::find(folder, &self.id, now)?;
            let mut unread = list_unusable(folder, &self.id, &self.database)?;
            if self.is_recorded(folder)
                && all(&backups).next().is_none()
                && !contains_backup_of(folder, &self.id, &self.database)?
            {
                unread.push(unread_folder(folder, NONE_OF_ITS_BACKUPS.to_owned()));
            }
            Ok((backups, unread))
        };
        found().map_err(|error| error.one_line())
    }

    /// Whether backups were written to this folder.
    fn is_recorded(&self, folder: &Path) -> bool {
        self.folders.contains(&plain_absolute(folder))
    }
}

fn unread_folder(directory: &Path, why: String) -> UnreadCopy {
    UnreadCopy {
        file: directory.to_owned(),
        kind: CopyKind::Backup,
        why: WhyUnread::Failed(why),
    }
}

/// The rows that a prune deleted while the clock was ahead, and what the last search found in the archives, in the backups in a
/// folder, and in those in the other folders that backups were written to. `None` if no rows are missing. This opens neither a
/// backup with a manifest nor an archive.
pub(in crate::store) fn lost_rows(
    connection: &Connection,
    directory: &Path,
    database: &Path,
    now: i64,
) -> Result<Option<LostRows>> {
    let recorded = Recorded::read(connection, database, now)?;
    // The folders may be on slow or missing disks.
    if !recorded.lacks_rows() {
        return Ok(None);
    }
    Ok(recorded.lost_rows(&recorded.all_folders(directory), None, now))
}

fn all(backups: &Backups) -> impl Iterator<Item = &Manifest> {
    backups.future().iter().chain(backups.newest_first())
}

impl Store {
    /// See [`lost_rows`].
    ///
    /// `database`: the database of the user, of which this one may be a copy for a dry run.
    pub(crate) fn lost_rows(
        &self,
        directory: &Path,
        database: &Path,
        now: i64,
    ) -> Result<Option<LostRows>> {
        lost_rows(self.connection(), directory, database, now)
    }

    /// Searches all archives, and all backups in a folder and in the others that backups were written to, for the rows that are
    /// missing, and records the results.
    ///
    /// A file that cannot be read is recorded with the reason.
    ///
    /// # Errors
    ///
    /// Fails when the database cannot be read or written, and after a request to stop.
    pub(crate) fn search_copies(
        &mut self,
        directory: &Path,
        now: i64,
        watch: &dyn Watch,
    ) -> Result<Option<LostRows>> {
        let recorded = Recorded::read(self.connection(), self.path(), now)?;
        let results = if recorded.lacks_rows() {
            search_all(self.connection(), &recorded, directory, now, watch)?
        } else {
            Vec::new()
        };
        self.transaction(|transaction| {
            forget_searched(transaction)?;
            results
                .iter()
                .try_for_each(|(key, result)| record_searched(transaction, key, result))
        })?;
        self.lost_rows(directory, self.path(), now)
    }
}

/// The results by the SHA-256 of each backup, and by the id of each archive.
fn search_all(
    connection: &Connection,
    recorded: &Recorded,
    directory: &Path,
    now: i64,
    watch: &dyn Watch,
) -> Result<Vec<(String, Searched)>> {
    let wanted = recorded
        .missing
        .iter()
        .map(|missing| Wanted::of(connection, missing))
        .collect::<Result<Vec<_>>>()?;
    let mut results = Vec::new();
    for folder in recorded.all_folders(directory) {
        // `lost_rows` reports a folder that cannot be read.
        let Ok(backups) = Backups::find(folder, &recorded.id, now) else {
            continue;
        };
        for manifest in all(&backups) {
            let result = result_of(search(&wanted, manifest, watch))?;
            results.push((manifest.sha256.clone(), result));
        }
    }
    for archive in &recorded.archives {
        let opened = open_archive(archive, &recorded.receipts, &recorded.id);
        let rows = opened.and_then(|reader| count(&wanted, &reader.connection, &archive.path));
        results.push((archive.id.as_str().to_owned(), result_of(rows)?));
    }
    Ok(results)
}

/// Fails only after a request to stop.
fn result_of(rows: Result<i64>) -> Result<Searched> {
    match rows {
        Ok(rows) => Ok(Searched::Found(rows)),
        Err(error) if interrupt::is_requested() => Err(error),
        Err(error) => Ok(Searched::Failed(error.one_line())),
    }
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
    count(wanted, &open_copy(verified.path())?, &manifest.path)
}

/// Counts the missing rows in a database.
fn count(wanted: &[Wanted], connection: &Connection, path: &Path) -> Result<i64> {
    let count = || -> rusqlite::Result<usize> {
        let mut rows = 0;
        for month in wanted {
            let there = keys_of(connection, month.history, month.month)?;
            rows += there.difference(&month.present).count();
        }
        Ok(rows)
    };
    let rows = count().context(format!("count the rows of {}", path.display()))?;
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
