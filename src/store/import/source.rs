//! Opens the file to import, and tells by its contents of which kind it is.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::import::rules::PLAN_TABLES;
use crate::store::files::is_same_file;
use crate::store::files::scratch::Scratch;
use crate::store::identity::identity;
use crate::store::import::ImportOptions;
use crate::store::import::csv;
use crate::store::import::read::columns_of;
use crate::store::import::rehearsal::copy_to_folder;
use crate::store::migrate::{self, APPLICATION_ID, SCHEMA, Schema};
use crate::store::reading::{ReadSource, Reader};
use crate::store::{SCHEMA_VERSION, SqlContext, Store, open as opening};

/// The file to import.
#[derive(Debug)]
pub(crate) enum ImportSource {
    Plan(SourceDatabase),
    Tornsnap(SourceDatabase),
    Csv(PathBuf),
}

/// A database that is only read.
#[derive(Debug)]
pub(crate) struct SourceDatabase {
    pub(super) connection: Connection,
    path: PathBuf,
    /// The state of the file itself when it was opened.
    original: ReadSource,
    /// The folder of the private copy, if the schema was migrated. It is removed on drop.
    _copy: Option<Scratch>,
}

impl ImportSource {
    /// Fails if another program wrote to the file while it was read without locks.
    ///
    /// # Errors
    ///
    /// [`Exit::TryLater`].
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let (Self::Plan(database) | Self::Tornsnap(database)) = self else {
            return Ok(());
        };
        if !database.original.is_outdated() {
            return Ok(());
        }
        Err(Error::new(format!("import {}", database.path.display()))
            .with_source("another program wrote to it meanwhile")
            .with_help("stop that program, then run the import again; nothing was changed")
            .with_exit(Exit::TryLater))
    }
}

/// Opens the file. `target` is the database that takes the rows.
///
/// # Errors
///
/// [`Exit::Config`] when the file is missing, of another program, of a newer tornsnap, an archive, or the target itself;
/// [`Exit::Damaged`] when it is damaged.
pub(crate) fn open(path: &Path, target: &Path, options: &ImportOptions) -> Result<ImportSource> {
    let is_database = check_file(path, target)?;
    if !is_database {
        csv::check_header(path, &options.csv)?;
        return Ok(ImportSource::Csv(path.to_owned()));
    }
    open_database(path, target, options.now).map_err(|error| about_source(error, path))
}

/// The advice of the layers below is about our own database, which is not the damaged one here.
fn about_source(error: Error, path: &Path) -> Error {
    let exit = error.exit();
    let help = match exit {
        Exit::Damaged => "repair it with `sqlite3 FILE .recover`, or take a backup of it",
        Exit::Io => "check the disk and its free space",
        _ => return error,
    };
    Error::new(format!("import {}", path.display()))
        .with_source(error.one_line())
        .with_help(help)
        .with_exit(exit)
}

fn refused(path: &Path, cause: impl Into<String>, help: &str) -> Error {
    Error::new(format!("import {}", path.display()))
        .with_source(cause.into())
        .with_help(help.to_owned())
        .with_exit(Exit::Config)
}

/// Refuses what is no file with contents, and returns whether it is an SQLite database.
fn check_file(path: &Path, target: &Path) -> Result<bool> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(refused(path, "there is no such file", "check the name"));
        }
        found => found.with_context(|| format!("import {}", path.display()))?,
    };
    if !found.is_file() {
        return Err(refused(
            path,
            "it is not a file",
            "name a database or a CSV file",
        ));
    }
    if found.len() == 0 {
        return Err(refused(
            path,
            "it is empty",
            "name a database or a CSV file",
        ));
    }
    // Before the file is opened: on Unix, closing it would drop the locks that SQLite holds on the database.
    if is_same_file(path, target) {
        return Err(refused(
            path,
            "it is the database that would take the rows",
            "name another file, or another database with --database",
        ));
    }
    let mut head = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    match read {
        Ok(()) => Ok(head == *b"SQLite format 3\0"),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error).with_context(|| format!("import {}", path.display())),
    }
}

fn open_database(path: &Path, target: &Path, now: i64) -> Result<ImportSource> {
    let reader = Reader::open_untouched(path)?;
    let application: i64 = reader
        .connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .context(format!("read {}", path.display()))?;
    if application == APPLICATION_ID {
        return open_tornsnap(reader, path, target, now).map(ImportSource::Tornsnap);
    }
    if !has_plan_tables(&reader.connection)
        .context(format!("read the schema of {}", path.display()))?
    {
        return Err(refused(
            path,
            "it is a database of another program: none of its tables is known",
            "name a database of tornsnap or of the Python program, or a CSV file that `tornsnap export` wrote",
        ));
    }
    // Damage in the middle of a table would otherwise show up after half of it was read.
    check_integrity(&reader.connection, path)?;
    Ok(ImportSource::Plan(SourceDatabase::of(reader, path)))
}

fn open_tornsnap(reader: Reader, path: &Path, target: &Path, now: i64) -> Result<SourceDatabase> {
    let version = match migrate::inspect(
        &reader.connection,
        &path.display().to_string(),
        SCHEMA_VERSION,
    )? {
        migrate::SchemaState::Ours(version) => version,
        migrate::SchemaState::Empty => 0,
    };
    check_integrity(&reader.connection, path)?;
    let database = if version < SCHEMA_VERSION {
        migrated_copy(reader, path, &SCHEMA)?
    } else {
        SourceDatabase::of(reader, path)
    };
    match identity(&database.connection)?.archive_of {
        Some(owner) if !takes_archive(target, &owner, now)? => Err(refused(
            path,
            "it is an archive: its rows were moved there on purpose, and would stay here for ever",
            "name the database that the archive belongs to; an archive is imported only if `tornsnap prune --future` names it",
        )),
        _ => Ok(database),
    }
}

/// Whether the target takes rows from an archive of `owner`: it is its own, and a prune moved rows to it while the clock was ahead.
fn takes_archive(target: &Path, owner: &DatabaseId, now: i64) -> Result<bool> {
    let store = Store::open_read_only(target)?;
    let missing = store.missing_rows(now)?;
    Ok(store.identity()?.id == *owner && missing.iter().any(|missing| missing.is_open))
}

impl SourceDatabase {
    fn of(reader: Reader, path: &Path) -> Self {
        Self {
            connection: reader.connection,
            path: path.to_owned(),
            original: reader.source,
            _copy: None,
        }
    }
}

fn check_integrity(connection: &Connection, path: &Path) -> Result<()> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .context(format!("check {}", path.display()))?;
    if found == "ok" {
        return Ok(());
    }
    Err(Error::new(format!("import {}", path.display()))
        .with_source(format!("it is damaged: {found}"))
        .with_exit(Exit::Damaged))
}

/// Whether at least one table is one of the Python program.
fn has_plan_tables(connection: &Connection) -> rusqlite::Result<bool> {
    for (table, needed) in PLAN_TABLES {
        let columns = columns_of(connection, table)?;
        if needed.iter().all(|column| columns.contains(*column)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies a database of an older tornsnap to a private folder, and migrates the copy.
fn migrated_copy(reader: Reader, path: &Path, schema: &Schema<'_>) -> Result<SourceDatabase> {
    let action = format!("copy {}", path.display());
    let (folder, copy) = copy_to_folder(&reader.connection, path, &action)?;
    let mut connection = opening::connect(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    for warning in migrate::migrate(&mut connection, schema)? {
        log::debug!("{warning}");
    }
    Ok(SourceDatabase {
        connection,
        path: path.to_owned(),
        original: reader.source,
        _copy: Some(folder),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::migrate::MIGRATIONS;

    #[test]
    fn an_older_schema_is_migrated_on_a_copy_and_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        drop(Store::create(&path).unwrap());
        let before = fs::read(&path).unwrap();
        let mut migrations = MIGRATIONS.to_vec();
        migrations.push((
            SCHEMA_VERSION + 1,
            "ALTER TABLE players ADD COLUMN shoe_size INTEGER",
            "Shoes",
        ));
        let next = Schema {
            migrations: &migrations,
            ..SCHEMA
        };

        let reader = Reader::open_untouched(&path).unwrap();
        let source = migrated_copy(reader, &path, &next).unwrap();

        let columns = columns_of(&source.connection, "players").unwrap();
        assert!(columns.contains("shoe_size"));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
