//! Checks, creates and attaches the archive that history rows are moved to.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Exit, Result, WithContext, without_path};
use crate::model::archive::{ArchiveBlocker, ArchiveFile, UsedArchive, find_blocker};
use crate::model::history::History;
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::{display_path, folder_of, plain_absolute};
use crate::store::archives::{lacks_rows, receipts};
use crate::store::create::NewDatabase;
use crate::store::files::sync::sync_folder;
use crate::store::files::{is_empty, is_same_file};
use crate::store::identity::{identity, identity_from_row};
use crate::store::migrate::SchemaState;
use crate::store::open::inspect;
use crate::store::prune::step;
use crate::store::reading::Reader;
use crate::store::{SqlContext, Store, open, sql, transaction, wal};

/// A file that passed [`Store::check_archive`].
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    /// The file before the prune.
    found: ArchiveFile,
    /// Whether to begin with this archive also if another one was used before, and if there are no rows to move.
    begins: bool,
}

impl Archive {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn exists(&self) -> bool {
        matches!(self.found, ArchiveFile::Database(_))
    }

    /// Whether the prune uses the file. It makes a missing one if the user asks for it, also if there are no rows to move.
    pub(super) fn is_used(&self, has_rows: bool) -> bool {
        has_rows || self.begins || self.exists()
    }

    /// The absolute path, as `prune_runs` records it.
    pub(super) fn recorded_path(&self) -> String {
        display_path(&plain_absolute(&self.path))
    }
}

impl Store {
    /// Checks that the file at `path` is the archive of this database, or that one can be created there. Changes nothing.
    ///
    /// `is_needed` says whether there are rows to move. `allows_new` accepts another archive than the one used before.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] if the file cannot be used as the archive.
    pub(crate) fn check_archive(
        &self,
        path: &Path,
        is_needed: bool,
        allows_new: bool,
    ) -> Result<Archive> {
        ensure_different_file(&self.path, path)?;
        let archive = Archive {
            path: path.to_owned(),
            found: read_identity(path)?,
            begins: allows_new,
        };
        let is_used = archive.is_used(is_needed);
        if is_used {
            utf8_path(path)?;
        }
        let used = self.used_archives()?;
        let blocker = find_blocker(
            &self.identity()?.id,
            &archive.found,
            &archive.recorded_path(),
            &used,
        );
        let blocker = match (blocker, &archive.found) {
            (None, ArchiveFile::Database(found)) if self.lacks_rows(path, found)? => {
                Some(ArchiveBlocker::Outdated)
            }
            (blocker, _) => blocker,
        };
        // A missing archive is an error only if there are rows to move.
        let blocker = blocker
            .filter(|_| is_used)
            .filter(|blocker| !(allows_new && blocker.can_be_overridden()));
        match blocker {
            None => Ok(archive),
            Some(blocker) => Err(archive_error(path)
                .with_source(self.reason(blocker, &archive.found, &used))
                .with_help(blocker.help())),
        }
    }

    /// Whether the archive with these ids at `path` is an older copy, which lacks rows that were moved to the archive later.
    fn lacks_rows(&self, path: &Path, archive: &Identity) -> Result<bool> {
        let receipts = receipts(self.connection(), &archive.id)
            .context("look up what was moved to archives")?;
        let reader = Reader::open_without_trace(path, open::BUSY_TIMEOUT)?;
        lacks_rows(&reader.connection, &receipts)
    }

    /// The reason in words, with the file that has the rows if an older copy of it was named.
    fn reason(&self, blocker: ArchiveBlocker, named: &ArchiveFile, used: &[UsedArchive]) -> String {
        let reason = blocker.reason();
        let (ArchiveBlocker::Outdated, ArchiveFile::Database(ids)) = (blocker, named) else {
            return reason;
        };
        let has_rows = |newer: &Path| {
            let is_same = read_identity(newer).is_ok_and(|found| found == *named);
            is_same && self.lacks_rows(newer, ids).is_ok_and(|lacks| !lacks)
        };
        let newer = used.iter().rfind(|used| used.id == ids.id);
        match newer.map(|used| Path::new(&used.path)) {
            Some(newer) if has_rows(newer) => {
                format!("{reason}; {} has them", display_path(newer))
            }
            _ => reason,
        }
    }

    pub(super) fn make_receipt(&self) -> Result<String> {
        self.connection()
            .query_row(sql!("prune/make_receipt"), [], |row| row.get("receipt"))
            .context("make an id for this prune")
    }

    /// The archives that were used, oldest first.
    fn used_archives(&self) -> Result<Vec<UsedArchive>> {
        self.connection()
            .prepare(sql!("prune/list_archives"))
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| {
                        Ok(UsedArchive {
                            path: row.get("archive")?,
                            id: DatabaseId::new(row.get("archive_id")?),
                        })
                    })?
                    .collect()
            })
            .context("look up the archives used before")
    }

    /// Attaches the archive, creating it if necessary, and deletes the copies that an interrupted prune left in it. Returns
    /// its id.
    pub(super) fn attach(&mut self, archive: &Archive) -> Result<DatabaseId> {
        let ours = self.identity()?.id;
        if archive.exists() {
            drop(Store::open(&archive.path)?); // Migrates an older archive.
        } else {
            create(&archive.path, &ours, &self.path)?;
        }
        ensure_different_file(&self.path, &archive.path)?;
        let attached = absolute(&archive.path);
        self.connection
            .execute(
                sql!("prune/attach_archive"),
                named_params! { ":archive": utf8_path(&attached)? },
            )
            .and_then(|_| {
                // FULL, because copies must be durable before the originals are deleted, and a delete must be durable
                // before the archive records the next step. The smaller cache leaves room for that of the archive.
                self.connection.execute_batch(
                    "PRAGMA archive.synchronous = FULL; PRAGMA main.synchronous = FULL; \
                     PRAGMA main.cache_size = -24000",
                )
            })
            .context(format!("open the archive {}", archive.path.display()))?;
        let id = self.attached_id(archive, &ours)?;
        if archive.begins {
            self.connection
                .execute(sql!("prune/give_up_receipts"), [])
                .context("give up the rows that are not in the archive")?;
        }
        self.undo_interrupted_step()?;
        Ok(id)
    }

    /// The id of the attached archive. Fails if the file was replaced after it was checked.
    fn attached_id(&self, archive: &Archive, ours: &DatabaseId) -> Result<DatabaseId> {
        let attached = self
            .connection
            .query_row(sql!("prune/get_archive_identity"), [], identity_from_row)
            .context("read the id of the archive")?;
        let is_same = match &archive.found {
            ArchiveFile::Database(found) => *found == attached,
            ArchiveFile::Missing | ArchiveFile::Empty => true,
        };
        if is_same && attached.archive_of.as_ref() == Some(ours) {
            return Ok(attached.id);
        }
        Err(archive_error(&archive.path)
            .with_source("another program has just replaced it")
            .with_help("run the same command again"))
    }

    /// Records where the archive is, if no row is moved to it. A moved archive is known by its id, and a new one begins here.
    pub(super) fn record_archive(
        &self,
        archive: &Archive,
        id: &DatabaseId,
        cutoff: i64,
        now: i64,
    ) -> Result<()> {
        self.connection
            .execute(
                sql!("prune/record_archive"),
                named_params! {
                    ":now": now,
                    ":cutoff": cutoff,
                    ":archive": archive.recorded_path(),
                    ":archive_id": id.as_str(),
                    ":is_new": archive.begins,
                },
            )
            .map(drop)
            .context("record the place of the archive")
    }

    /// Copies the rows that history rows refer to into the archive.
    pub(super) fn copy_referenced_rows(&mut self) -> Result<()> {
        transaction(&mut self.connection, |transaction| {
            for (rows, statement) in [
                ("factions", sql!("prune/archive_factions")),
                ("players", sql!("prune/archive_players")),
                ("territories", sql!("prune/archive_territories")),
                ("memberships", sql!("prune/clear_archive_memberships")),
                ("memberships", sql!("prune/archive_memberships")),
            ] {
                transaction
                    .execute(statement, [])
                    .context(format!("copy {rows} to the archive"))?;
            }
            Ok(())
        })
    }

    fn undo_interrupted_step(&mut self) -> Result<()> {
        let step = self
            .connection
            .query_row(sql!("prune/get_step"), [], |row| {
                let history: String = row.get("history")?;
                let span: (i64, i64) = (row.get("from_moment")?, row.get("until_moment")?);
                Ok((history, span, row.get("last_id")?))
            })
            .optional()
            .context("look for an interrupted step in the archive")?;
        if let Some((history, span, last_id)) = step
            && let Some(history) = History::from_table_name(&history)
        {
            step::delete_copies(&mut self.connection, history, span, last_id)?;
        }
        Ok(())
    }

    pub(super) fn detach(&mut self) -> Result<()> {
        self.connection
            .execute(sql!("prune/delete_step"), [])
            .context("delete the record of the last step")?;
        wal::truncate_if_unused(&self.connection, "archive")?;
        self.connection
            .execute_batch("PRAGMA main.synchronous = NORMAL; DETACH DATABASE archive")
            .context("close the archive")
    }
}

/// Reads the ids of the file at `path`.
fn read_identity(path: &Path) -> Result<ArchiveFile> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(ArchiveFile::Missing);
        }
        Err(error) => return Err(error).with_context(|| context_for(path)),
        Ok(found) if found.is_dir() => {
            return Err(archive_error(path)
                .with_source("it is a folder")
                .with_help("name a file with --archive"));
        }
        // SQLite would wait for the other end of a FIFO.
        Ok(found) if !found.is_file() => {
            return Err(archive_error(path)
                .with_source("it is not a file")
                .with_help("name a file with --archive"));
        }
        Ok(_) if is_empty(path) => return Ok(ArchiveFile::Empty),
        Ok(_) => {}
    }
    let read = || -> Result<Option<Identity>> {
        let reader = Reader::open_without_trace(path, open::BUSY_TIMEOUT)?;
        match inspect(&reader.connection, path)? {
            SchemaState::Empty => Ok(None),
            SchemaState::Ours(_) => identity(&reader.connection).map(Some),
        }
    };
    match read() {
        Ok(Some(ids)) => Ok(ArchiveFile::Database(ids)),
        Ok(None) => Err(archive_error(path)
            .with_source("it is not a tornsnap database")
            .with_help("name another file with --archive; this one was not changed")),
        Err(error) => {
            let exit = error.exit();
            Err(Error::new(context_for(path))
                .with_source(error.one_line())
                .with_help(
                    "put a copy of the archive back; if there is none, move the file away, and add --new-archive to give its \
                     rows up and to begin a new one at this path",
                )
                .with_exit(exit))
        }
    }
}

/// Creates an empty archive of `database`, whose id is `ours`. The file is built under a temporary name and then renamed,
/// so that no other process sees an incomplete archive.
fn create(path: &Path, ours: &DatabaseId, database: &Path) -> Result<()> {
    let action = || format!("create the archive {}", path.display());
    let folder = folder_of(path);
    let not_creatable = |error: std::io::Error| {
        Error::new(action())
            .with_source(without_path(error))
            .with_help(format!(
                "check that {} is a folder and is writable, or name another path with --archive",
                folder.display()
            ))
            .with_exit(Exit::Config)
    };
    let claim = |connection: &Connection| {
        connection
            .execute(
                sql!("prune/claim_archive"),
                named_params! { ":archive_of": ours.as_str() },
            )
            .map(drop)
            .context(action())
    };
    let new = NewDatabase::build(path, database, claim, not_creatable)?;
    let placed = if is_empty(path) {
        new.file.persist(path)
    } else {
        new.file.persist_noclobber(path)
    };
    placed.map_err(|error| error.error).with_context(action)?;
    // The directory entry must be durable too before any original is deleted.
    sync_folder(folder)
}

/// The absolute path with `..` kept, because `..` after a symbolic link depends on the target of the link.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Fails if both paths lead to the same file.
fn ensure_different_file(database: &Path, archive: &Path) -> Result<()> {
    if !is_same_file(database, archive) {
        return Ok(());
    }
    Err(archive_error(archive)
        .with_source("it is the database itself")
        .with_help("name another file with --archive"))
}

fn archive_error(archive: &Path) -> Error {
    Error::new(context_for(archive)).with_exit(Exit::Config)
}

fn context_for(archive: &Path) -> String {
    format!("use the archive {}", archive.display())
}

fn utf8_path(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        archive_error(path)
            .with_source("SQLite wants names in UTF-8")
            .with_help("name another file with --archive")
    })
}
