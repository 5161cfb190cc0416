//! The archive: which file it may be, and how it is attached to the database.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::archive::{ArchiveMove, blocker};
use crate::model::history::History;
use crate::model::identity::{DatabaseId, Identity};
use crate::model::path::{display_path, folder_of, plain_absolute};
use crate::store::create::initialise;
use crate::store::files::{remove_database_files, sync_folder};
use crate::store::identity::identity;
use crate::store::migrate::SchemaState;
use crate::store::open::inspect;
use crate::store::prune::step;
use crate::store::reading::Reader;
use crate::store::{SqlContext, Store, open, owner, sql, transaction, wal};

/// A file that may be the archive of this database: [`Store::check_archive`] found nothing against it.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    /// Its ids, or `None` while there is no such file.
    found: Option<Identity>,
}

impl Archive {
    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is such a file.
    pub(crate) fn exists(&self) -> bool {
        self.found.is_some()
    }

    /// The absolute path as the record of a prune has it.
    pub(super) fn recorded_path(&self) -> String {
        display_path(&plain_absolute(&self.path))
    }
}

impl Store {
    /// Checks that the file at `path` is the archive of this database, or that a new one may be made there. Nothing is
    /// written. `is_needed`: whether rows go to it. `takes_another`: the user wants another archive than the one that
    /// rows were moved to before.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] with the reason.
    pub(crate) fn check_archive(
        &self,
        path: &Path,
        is_needed: bool,
        takes_another: bool,
    ) -> Result<Archive> {
        must_be_another_file(&self.path, path)?;
        let archive = Archive {
            path: path.to_owned(),
            found: ids_of(path)?,
        };
        let found = archive.found.as_ref();
        if is_needed || found.is_some() {
            name_for_sqlite(path)?;
        }
        let blocker = blocker(
            &self.identity()?.id,
            found,
            &archive.recorded_path(),
            &self.moved_to()?,
        );
        // An archive that is away is missed when rows are to go to it.
        let blocker = blocker
            .filter(|_| is_needed || found.is_some())
            .filter(|blocker| !(takes_another && blocker.can_be_overruled()));
        match blocker {
            None => Ok(archive),
            Some(blocker) => Err(refusal(path)
                .with_source(blocker.why())
                .with_help(blocker.remedy())),
        }
    }

    fn moved_to(&self) -> Result<Vec<ArchiveMove>> {
        let connection = self.connection();
        connection
            .prepare(sql!("prune/list_archives"))
            .and_then(|mut moved| {
                moved
                    .query_map([], |row| {
                        Ok(ArchiveMove {
                            path: row.get("archive")?,
                            id: row
                                .get::<_, Option<String>>("archive_id")?
                                .map(DatabaseId::new),
                        })
                    })?
                    .collect()
            })
            .context("look up where old rows were moved to")
    }

    /// Opens the archive beside the database, made if it is missing, and undoes what a prune that was cut off has copied
    /// to it and not deleted here. The answer is its id.
    pub(super) fn attach(&mut self, archive: &Archive) -> Result<DatabaseId> {
        let ours = self.identity()?.id;
        if archive.exists() {
            drop(Store::open(&archive.path)?); // Brings an older one up to date.
        } else {
            make(&archive.path, &ours, &self.path)?;
        }
        must_be_another_file(&self.path, &archive.path)?;
        let attached = absolute(&archive.path);
        self.connection
            .execute(
                sql!("prune/attach_archive"),
                named_params! { ":archive": name_for_sqlite(&attached)? },
            )
            .and_then(|_| {
                // What is deleted here must be on the disk there, be the power cut the next moment. And what is noted
                // there as copied must be deleted here before the next step is noted. Two files share the memory of one.
                self.connection.execute_batch(
                    "PRAGMA archive.synchronous = FULL; PRAGMA main.synchronous = FULL; \
                     PRAGMA main.cache_size = -24000",
                )
            })
            .context(format!("open the archive {}", archive.path.display()))?;
        let id = self.attached_id(archive, &ours)?;
        self.undo_copies()?;
        Ok(id)
    }

    /// The id of the attached archive: it may be another file than the one that was checked.
    fn attached_id(&self, archive: &Archive, ours: &DatabaseId) -> Result<DatabaseId> {
        let attached = self
            .connection
            .query_row(sql!("prune/get_archive_identity"), [], |row| {
                Ok(Identity {
                    id: DatabaseId::new(row.get("database_id")?),
                    archive_of: row
                        .get::<_, Option<String>>("archive_of")?
                        .map(DatabaseId::new),
                })
            })
            .context("read the id of the archive")?;
        let is_same = archive
            .found
            .as_ref()
            .is_none_or(|found| *found == attached);
        if is_same && attached.archive_of.as_ref() == Some(ours) {
            return Ok(attached.id);
        }
        Err(refusal(&archive.path)
            .with_source("another program has replaced it just now")
            .with_help("run the same command again"))
    }

    /// Brings what history rows refer to up to date in the archive.
    pub(super) fn refresh_archive(&mut self) -> Result<()> {
        transaction(&mut self.connection, |transaction| {
            for (what, statement) in [
                ("factions", sql!("prune/archive_factions")),
                ("players", sql!("prune/archive_players")),
                ("territories", sql!("prune/archive_territories")),
                ("memberships", sql!("prune/clear_archive_memberships")),
                ("memberships", sql!("prune/archive_memberships")),
            ] {
                transaction
                    .execute(statement, [])
                    .context(format!("copy {what} to the archive"))?;
            }
            Ok(())
        })
    }

    fn undo_copies(&mut self) -> Result<()> {
        let noted = self
            .connection
            .query_row(sql!("prune/get_step"), [], |row| {
                let history: String = row.get("history")?;
                let span: (i64, i64) = (row.get("from_moment")?, row.get("until_moment")?);
                Ok((history, span, row.get("last_id")?))
            })
            .optional()
            .context("look for a copy that was cut off")?;
        if let Some((history, span, last_id)) = noted
            && let Some(history) = History::of_table(&history)
        {
            step::undo(&mut self.connection, history, span, last_id)?;
        }
        Ok(())
    }

    /// Ends the work with the archive.
    pub(super) fn detach(&mut self) -> Result<()> {
        self.connection
            .execute(sql!("prune/delete_step"), [])
            .context("finish the archive")?;
        wal::empty(&self.connection, "archive")?;
        self.connection
            .execute_batch("PRAGMA main.synchronous = NORMAL; DETACH DATABASE archive")
            .context("close the archive")
    }
}

/// The ids of the file at `path`; `None` when there is nothing in it, or no such file. It is only read.
fn ids_of(path: &Path) -> Result<Option<Identity>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| action(path)),
        Ok(found) if found.is_dir() => {
            return Err(refusal(path)
                .with_source("it is a folder")
                .with_help("name a file with --archive"));
        }
        // Left by `touch` or by an interrupted copy: nothing in it to lose.
        Ok(found) if found.len() == 0 => return Ok(None),
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
        Ok(Some(ids)) => Ok(Some(ids)),
        Ok(None) => Err(refusal(path)
            .with_source("it is not a tornsnap database")
            .with_help("name another file with --archive; this one was left as it is")),
        Err(error) => {
            let exit = error.exit();
            Err(Error::new(action(path))
                .with_source(error.one_line())
                .with_help("name another file with --archive; this one was left as it is")
                .with_exit(exit))
        }
    }
}

/// Makes an empty archive of `database`, whose id is `ours`: built under a temporary name, and it appears whole.
fn make(path: &Path, ours: &DatabaseId, database: &Path) -> Result<()> {
    let action = || format!("make the archive {}", path.display());
    let folder = folder_of(path);
    let no_place = |error: std::io::Error| {
        Error::new(action())
            .with_source(error)
            .with_help(format!(
                "check that {} is a folder and can be written, or name another place with --archive",
                folder.display()
            ))
            .with_exit(Exit::Config)
    };
    owner::make_folder(folder, database).map_err(no_place)?;
    // tempfile makes it with mode 0600.
    let temporary = tempfile::Builder::new()
        .prefix(".tornsnap-new-")
        .tempfile_in(folder)
        .map_err(no_place)?;
    owner::give_to_owner(temporary.as_file(), temporary.path(), database);
    let temporary = temporary.into_temp_path();
    let claim = |connection: &Connection| {
        connection
            .execute(
                sql!("prune/claim_archive"),
                named_params! { ":archive_of": ours.as_str() },
            )
            .map(drop)
            .context(action())
    };
    if let Err(error) = initialise(&temporary, claim) {
        remove_database_files(&temporary);
        return Err(error);
    }
    let is_empty = fs::metadata(path).is_ok_and(|found| found.len() == 0);
    let placed = if is_empty {
        temporary.persist(path)
    } else {
        temporary.persist_noclobber(path)
    };
    placed.map_err(|error| error.error).with_context(action)?;
    // The rows that go to it are deleted here, so its name must not get lost either.
    sync_folder(folder)
}

/// The path from the root as the system reads it: `..` behind a link leads elsewhere than its text says.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Refuses an archive that is the database itself, whatever name it is given.
fn must_be_another_file(database: &Path, archive: &Path) -> Result<()> {
    if !is_same_file(database, archive)? {
        return Ok(());
    }
    Err(refusal(archive)
        .with_source("it is the database itself")
        .with_help("name another file with --archive"))
}

fn refusal(archive: &Path) -> Error {
    Error::new(action(archive)).with_exit(Exit::Config)
}

fn action(archive: &Path) -> String {
    format!("use the archive {}", archive.display())
}

fn name_for_sqlite(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        refusal(path)
            .with_source("SQLite wants names in UTF-8")
            .with_help("name another file with --archive")
    })
}

fn is_same_file(one: &Path, other: &Path) -> Result<bool> {
    if !other.exists() {
        return Ok(absolute(one) == absolute(other));
    }
    let canonical = |path: &Path| {
        path.canonicalize()
            .with_context(|| format!("find {}", path.display()))
    };
    if canonical(one)? == canonical(other)? {
        return Ok(true);
    }
    #[cfg(unix)]
    {
        // A hard link is the same file under two names.
        use std::os::unix::fs::MetadataExt;
        let inode = |path: &Path| {
            fs::metadata(path)
                .map(|file| (file.dev(), file.ino()))
                .with_context(|| format!("look at {}", path.display()))
        };
        Ok(inode(one)? == inode(other)?)
    }
    #[cfg(not(unix))]
    Ok(false)
}
