//! Creates and attaches the archive that history rows are moved to.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Exit, Result, WithContext, without_path};
use crate::model::archive::ArchiveFile;
use crate::model::history::History;
use crate::model::identity::DatabaseId;
use crate::model::path::folder_of;
use crate::store::archive_check::Archive;
use crate::store::archive_file::archive_error;
use crate::store::archive_lake::LakeArchive;
use crate::store::check::{self, Depth};
use crate::store::create::NewDatabase;
use crate::store::files::sync::sync_folder;
use crate::store::files::{is_empty, is_same_file};
use crate::store::identity::identity_from_row;
use crate::store::prune::{LakeCopy, step};
use crate::store::{SqlContext, Store, sql, transaction, wal};

impl Store {
    /// A random text of 32 hexadecimal digits, which no other prune or lake has.
    pub(crate) fn make_receipt(&self) -> Result<String> {
        self.connection()
            .query_row(sql!("prune/make_receipt"), [], |row| row.get("receipt"))
            .context("make an id for this prune")
    }

    /// Attaches the archive, creating it if necessary, and deletes the copies that an interrupted prune left in it. Returns
    /// its id, and whether rows that are not in it were given up.
    pub(super) fn attach(&mut self, archive: &Archive) -> Result<(DatabaseId, bool)> {
        let ours = self.identity()?.id;
        if archive.exists() {
            // Migrates an older archive.
            drop(Store::open(&archive.path).map_err(|error| archive.explain_damage(error))?);
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
                // before the archive records the next step. A step writes about as many pages of the one as of the other.
                self.connection.execute_batch(
                    "PRAGMA archive.synchronous = FULL; PRAGMA main.synchronous = FULL; \
                     PRAGMA archive.cache_size = -16000; PRAGMA main.cache_size = -16000",
                )
            })
            .context(format!("open the archive {}", archive.path.display()))?;
        let id = self.attached_id(archive, &ours)?;
        let given_up = if archive.begins {
            self.connection
                .execute(sql!("prune/give_up_receipts"), [])
                .context("give up the rows that are not in the archive")?
        } else {
            0
        };
        self.undo_interrupted_step()?;
        Ok((id, given_up > 0))
    }

    /// Gives up the rows that were moved to a lake and are not in it. Returns whether there are any.
    pub(super) fn give_up_lake_rows(&self, archive: &Archive, lake: &LakeCopy) -> Result<bool> {
        let action = "give up the rows that are not in the archive";
        let there = LakeArchive::read(&archive.path, &self.identity()?.id, archive.named_by)?;
        let receipts = there
            .map(|lake| lake.receipts().clone())
            .unwrap_or_default();
        let receipts = serde_json::Value::from_iter(receipts).to_string();
        self.connection
            .execute(
                sql!("prune/give_up_lake_receipts"),
                named_params! { ":archive_id": lake.id.as_str(), ":receipts": receipts },
            )
            .map(|rows| rows > 0)
            .context(action)
    }

    /// The id of the attached archive. Fails if the file was replaced after it was checked.
    fn attached_id(&self, archive: &Archive, ours: &DatabaseId) -> Result<DatabaseId> {
        let attached = self
            .connection
            .query_row(sql!("prune/get_archive_identity"), [], identity_from_row)
            .context("read the id of the archive")?;
        let is_same = match &archive.found {
            ArchiveFile::Database(found) => *found == attached,
            _ => true,
        };
        if is_same && attached.archive_of.as_ref() == Some(ours) {
            return Ok(attached.id);
        }
        Err(archive_error(&archive.path)
            .with_source("another program has just replaced it")
            .with_help("run the same command again"))
    }

    /// Records the path of the archive, if no row is moved to it or if another archive is given up.
    ///
    /// The id tells a moved archive from a new one.
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
                    ":given_up": archive.gives_up.as_ref().map(DatabaseId::as_str),
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

    /// Gives an error about damage the remedy for the archive if the archive is what is damaged.
    ///
    /// SQLite does not tell which of the two files it was.
    pub(super) fn explain_damage(&self, error: Error, archive: &Archive) -> Error {
        if error.exit() != Exit::Damaged {
            return error;
        }
        let what = format!("the archive {}", archive.path.display());
        match check::integrity_of(&self.connection, "archive", Depth::Full, &what) {
            Err(found) if found.exit() == Exit::Damaged => archive.explain_damage(error),
            _ => error,
        }
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

fn utf8_path(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        archive_error(path)
            .with_source("SQLite wants names in UTF-8")
            .with_help("name another file with --archive")
    })
}
