//! Opens the file to import, and tells by its contents of which kind it is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::identity::DatabaseId;
use crate::model::import::rules::PLAN_TABLES;
use crate::model::path::shell_word;
use crate::model::watch::Unwatched;
use crate::store::check::{self, Depth};
use crate::store::files::compressed::{self, Contents, Failure};
use crate::store::files::is_same_file;
use crate::store::files::kind::FileKind;
use crate::store::files::scratch::Scratch;
use crate::store::identity::identity;
use crate::store::import::ImportOptions;
use crate::store::import::csv;
use crate::store::import::proof;
use crate::store::import::read::columns_of;
use crate::store::import::rehearsal::copy_to_folder;
use crate::store::import::sound;
use crate::store::migrate::{self, APPLICATION_ID, SCHEMA, Schema};
use crate::store::owner::{Purpose, explain_forbidden};
use crate::store::reading::{ReadSource, Reader};
use crate::store::{SCHEMA_VERSION, SqlContext, Store, open as opening};

/// The advice about a compressed file that is damaged.
const IF_COPY_IS_DAMAGED: &str = "import an older backup";

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
    /// The folder with the unpacked file, if that was compressed. It is removed on drop.
    unpacked: Option<Scratch>,
}

impl ImportSource {
    /// Keeps the source only if it is a private copy of a compressed file. Nothing changes that copy, and to unpack it once
    /// is enough.
    pub(crate) fn if_unpacked(self) -> Option<Self> {
        let is_unpacked = match &self {
            Self::Plan(database) | Self::Tornsnap(database) => database.unpacked.is_some(),
            Self::Csv(_) => false,
        };
        is_unpacked.then_some(self)
    }

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
/// [`Exit::Damaged`] when it is damaged, or when its manifest disproves it.
pub(crate) fn open(path: &Path, target: &Path, options: &ImportOptions) -> Result<ImportSource> {
    let kind = check_file(path, target)?;
    // Before its contents are looked at: damage can make a backup look like another kind of file.
    let is_proven = proof::check(path)?;
    match kind {
        FileKind::Database => open_database(path, is_proven)
            .map_err(|error| about_source(error, path, &recovery(path)))
            .and_then(|source| admit(source, path, target, options.now)),
        FileKind::Compressed => open_compressed(path, target, options),
        // The reader of CSV tells which kinds of files it refuses.
        FileKind::Gzip | FileKind::Other => open_csv(path, &options.csv),
    }
}

fn open_csv(path: &Path, csv: &csv::CsvOptions) -> Result<ImportSource> {
    csv::check_header(path, csv)?;
    Ok(ImportSource::Csv(path.to_owned()))
}

/// Unpacks a file that zstd has compressed, such as a backup, to a private folder, and opens the database in it.
fn open_compressed(path: &Path, target: &Path, options: &ImportOptions) -> Result<ImportSource> {
    let action = format!("import {}", path.display());
    match Contents::of(File::open(path).with_context(|| action.clone())?) {
        // The error names zstd, and how to decompress the file.
        Contents::Other => return open_csv(path, &options.csv),
        Contents::Database { application_id } => {
            refuse_other_program(application_id, path)?;
        }
        Contents::Unreadable => {}
    }
    let folder = Scratch::new(&action)?;
    let unpacked = folder.path().join("unpacked.db");
    unpack(path, &unpacked)?;
    let known = path.display().to_string();
    let named = |error: Error| {
        about_source(
            error.with_known_name(&unpacked, &known),
            path,
            IF_COPY_IS_DAMAGED,
        )
    };
    let source = open_database(&unpacked, false).map_err(named)?;
    // The advice to repair the schema is for a file that sqlite3 can open.
    let mut source =
        admit(source, path, target, options.now).map_err(|error| match error.exit() {
            Exit::Damaged => error.with_help(IF_COPY_IS_DAMAGED),
            _ => error,
        })?;
    if let ImportSource::Plan(database) | ImportSource::Tornsnap(database) = &mut source {
        database.unpacked = Some(folder);
    }
    Ok(source)
}

/// The unpacked copy. It remembers whether writing failed, because the advice then is about the temporary folder.
struct UnpackedCopy {
    file: File,
    has_failed: bool,
}

impl Write for UnpackedCopy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        let is_failure = |error: &io::Error| error.kind() != io::ErrorKind::Interrupted;
        self.has_failed |= written.as_ref().is_err_and(is_failure);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn unpack(path: &Path, unpacked: &Path) -> Result<()> {
    let action = || format!("decompress {}", path.display());
    let mut copy = UnpackedCopy {
        file: File::create_new(unpacked).with_context(action)?,
        has_failed: false,
    };
    let packed = File::open(path).with_context(action)?;
    let damaged = |why| {
        Error::new(format!("import {}", path.display()))
            .with_source(why)
            .with_help(IF_COPY_IS_DAMAGED)
            .with_exit(Exit::Damaged)
    };
    compressed::decompress(packed, &mut copy, &Unwatched).map_err(|failure| match failure {
        Failure::System(error) if copy.has_failed => Error::of_temporary_folder(action(), error),
        failure => failure.into_error(path, damaged),
    })
}

/// How to get the rows of a damaged database. The `sqlite3` of some systems is built without what `.recover` needs.
fn recovery(path: &Path) -> String {
    format!(
        "import an older backup, or save what can be read: `sqlite3 {} .recover | sqlite3 recovered.db`, then import recovered.db; \
         if sqlite3 says \"SQL logic error\", use the one of sqlite.org",
        shell_word(path)
    )
}

/// The advice of the layers below is about our own database, which is not the damaged one here.
fn about_source(error: Error, path: &Path, if_damaged: &str) -> Error {
    let exit = error.exit();
    let help = match exit {
        Exit::Damaged => if_damaged,
        Exit::Io => "check the disk and its free space",
        _ => return error,
    };
    let causes = error.causes();
    let cause = if exit == Exit::Damaged && !causes.is_empty() {
        causes.join(": ")
    } else {
        error.one_line()
    };
    Error::new(format!("import {}", path.display()))
        .with_source(cause)
        .with_help(help)
        .with_exit(exit)
}

fn refused(path: &Path, cause: impl Into<String>, help: &str) -> Error {
    Error::new(format!("import {}", path.display()))
        .with_source(cause.into())
        .with_help(help.to_owned())
        .with_exit(Exit::Config)
}

/// Refuses what is no file with contents, and returns what is in it.
fn check_file(path: &Path, target: &Path) -> Result<FileKind> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refused(path, "there is no such file", "check the name"));
        }
        found => found
            .with_context(|| format!("import {}", path.display()))
            .map_err(|error| explain_forbidden(error, path, Purpose::Read))?,
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
    File::open(path)
        .and_then(FileKind::of)
        .with_context(|| format!("import {}", path.display()))
        .map_err(|error| explain_forbidden(error, path, Purpose::Read))
}

fn open_database(path: &Path, is_proven: bool) -> Result<ImportSource> {
    let reader = if is_proven {
        Reader::open_alone(path)?
    } else {
        Reader::open_untouched(path)?
    };
    let application: i64 = reader
        .connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .context(format!("read {}", path.display()))?;
    if application == APPLICATION_ID {
        return open_tornsnap(reader, path).map(ImportSource::Tornsnap);
    }
    refuse_other_program(application, path)?;
    if !has_plan_tables(&reader.connection)
        .context(format!("read the schema of {}", path.display()))?
    {
        return Err(of_other_program(
            path,
            "it is a database of another program: none of its tables is known",
        ));
    }
    // Damage in the middle of a table would otherwise show up after half of it was read.
    check::integrity(
        &reader.connection,
        Depth::Quick,
        &path.display().to_string(),
    )?;
    Ok(ImportSource::Plan(SourceDatabase::of(reader, path)))
}

/// Refuses a database that says itself that another program made it. The Python program gave its databases no id.
fn refuse_other_program(application_id: i64, path: &Path) -> Result<()> {
    if application_id == APPLICATION_ID || application_id == 0 {
        return Ok(());
    }
    Err(of_other_program(
        path,
        "it is a database of another program",
    ))
}

fn of_other_program(path: &Path, cause: &str) -> Error {
    refused(
        path,
        cause,
        "name a database of tornsnap or of the Python program, or a CSV file that `export` wrote",
    )
}

fn open_tornsnap(reader: Reader, path: &Path) -> Result<SourceDatabase> {
    let version = match migrate::inspect(
        &reader.connection,
        &path.display().to_string(),
        SCHEMA_VERSION,
    )? {
        migrate::SchemaState::Ours(version) => version,
        migrate::SchemaState::Empty => 0,
    };
    sound::check_pages(&reader.connection, path)?;
    if version < SCHEMA_VERSION {
        migrated_copy(reader, path, &SCHEMA)
    } else {
        Ok(SourceDatabase::of(reader, path))
    }
}

/// Refuses a database of tornsnap whose schema is not whole, or that is an archive. `path` is that of the file of the user.
fn admit(source: ImportSource, path: &Path, target: &Path, now: i64) -> Result<ImportSource> {
    let ImportSource::Tornsnap(database) = &source else {
        return Ok(source);
    };
    sound::check_schema(&database.connection, path)?;
    match identity(&database.connection)?.archive_of {
        Some(owner) if !takes_archive(target, &owner, now)? => Err(refused(
            path,
            "it is an archive: its rows were moved there on purpose, and would stay here for ever",
            "name the database that the archive belongs to; an archive is imported only if `prune --future` names it",
        )),
        _ => Ok(source),
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
            unpacked: None,
        }
    }
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
    let named = |error: Error| error.with_known_name(&copy, &path.display().to_string());
    let mut connection =
        opening::connect(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(named)?;
    for warning in migrate::migrate(&mut connection, schema).map_err(named)? {
        log::debug!("{warning}");
    }
    Ok(SourceDatabase {
        connection,
        path: path.to_owned(),
        original: reader.source,
        _copy: Some(folder),
        unpacked: None,
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
