//! Opening a database: ours or refused, current or migrated, private from its first byte.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction};

use crate::error::{Doing, Error, Exit, Result};
use crate::model::path::folder_of;
use crate::store::lock::Lock;
use crate::store::migrate::{self, Found, MIGRATIONS, Migration};
use crate::store::{Failed, SCHEMA_VERSION, backup, owner, restoring, transaction};

/// How long a connection waits for another one that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How many prepared statements a connection keeps.
const STATEMENT_CACHE: usize = 64;

/// One connection to the database.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    writable: bool,
}

impl Store {
    /// Makes the database if it is missing, and brings it up to date.
    ///
    /// A new one is built under a temporary name and appears whole: eight processes at once make one.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when the place cannot be written, or holds something that is not ours.
    pub fn create(path: &Path) -> Result<Self> {
        Self::create_for(path, path)
    }

    /// As [`Store::create`]; a new one belongs to the owner of another database, the one that it is an archive of.
    ///
    /// # Errors
    ///
    /// As [`Store::create`].
    pub fn create_for(path: &Path, database: &Path) -> Result<Self> {
        if !path.exists() {
            if restoring::marker(path).exists() {
                must_be_a_file(path)?; // Which says what happened.
            }
            build(path, database)?;
        }
        if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
            // Left by `touch` or by an interrupted copy: nothing in it to lose.
            adopt_empty(path)?;
        }
        Self::open(path)
    }

    /// Makes a database in memory, for what has to be remembered before there is a file.
    pub fn in_memory() -> Result<Self> {
        let path = PathBuf::from(":memory:");
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        migrate::migrate(&mut connection, &MIGRATIONS)?;
        Ok(Self {
            connection,
            path,
            writable: false,
        })
    }

    /// Opens an existing database to read and write, and brings it up to date.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when it is missing, not ours or newer than this program; [`Exit::Damaged`] when it is broken.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &MIGRATIONS)
    }

    fn open_with(path: &Path, migrations: &[Migration]) -> Result<Self> {
        must_be_a_file(path)?;
        let newest = migrations.last().map_or(0, |(number, ..)| *number);
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        leave_wal(&connection, true)?;
        let found = inspect_with(&connection, path, newest)?;
        // SQLite opens a file to read only when it may not be written, and says so at the first write.
        if connection.is_readonly("main").unwrap_or(false)
            && let Some(error) = owner::forbidden(path, fs::File::options().write(true))
        {
            return Err(error);
        }
        match found {
            Found::Empty => return Err(empty(path)),
            Found::Ours(version) if version < newest => {
                upgrade(&mut connection, path, migrations, newest)?;
            }
            Found::Ours(_) => {}
        }
        leave_wal(&connection, false)?;
        keep_wal(&connection)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            writable: true,
        })
    }

    /// Refuses what [`Store::open`] would refuse, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn must_be_ours(path: &Path) -> Result<()> {
        must_be_a_file(path)?;
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        leave_wal(&connection, true)?;
        match inspect(&connection, path)? {
            Found::Empty => Err(empty(path)),
            Found::Ours(_) => Ok(()),
        }
    }

    /// Opens an existing database to read only; works while others write, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; also [`Exit::Config`] when its schema is older than this program's.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        must_be_a_file(path)?;
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        leave_wal(&connection, true)?;
        match inspect(&connection, path)? {
            Found::Empty => return Err(empty(path)),
            Found::Ours(version) if version < SCHEMA_VERSION => {
                return Err(Error::new(format!("use the database {}", path.display()))
                    .because("an older tornsnap made it, and this command changes nothing")
                    .try_this("run `tornsnap init` once to bring it up to date")
                    .exits(Exit::Config));
            }
            Found::Ours(_) => {}
        }
        leave_wal(&connection, false)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            writable: false,
        })
    }

    /// A connection that was opened elsewhere, to read only.
    pub(super) fn of_reader(connection: Connection, path: &Path) -> Self {
        Self {
            connection,
            path: path.to_owned(),
            writable: false,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for the other files of this room.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `work` in one transaction: all of it is kept, or none.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        transaction(&mut self.connection, work)
    }

    /// Moves everything committed from the WAL into the database and syncs it, so that it survives a power cut.
    ///
    /// Readers may keep part of the WAL in use; what they hold up is synced all the same and moved later.
    /// <https://sqlite.org/pragma.html#pragma_wal_checkpoint>
    pub fn checkpoint(&self) -> Result<()> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
            .failed("make what was saved safe from a power cut")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.writable {
            // Best effort: statistics that were not refreshed cost a little speed, nothing else. So a writer that
            // holds the database is not waited for.
            let _ = self.connection.busy_timeout(Duration::ZERO);
            let _ = self.connection.execute_batch("PRAGMA optimize");
        }
    }
}

/// Builds a new database beside its place and puts it there, unless another process was quicker.
fn build(path: &Path, database: &Path) -> Result<()> {
    let action = || format!("make the database {}", path.display());
    let folder = folder_of(path);
    let no_place = |error: std::io::Error| {
        let error = owner::explain(action(), folder, database, error).exits(Exit::Config);
        if error.remedy().is_some() {
            return error;
        }
        error.try_this(format!(
            "check that {} is a folder and can be written, or name another place with --database",
            folder.display()
        ))
    };
    owner::make_folder(folder, database).map_err(no_place)?;
    // tempfile makes it with mode 0600.
    let temporary = tempfile::Builder::new()
        .prefix(".tornsnap-new-")
        .tempfile_in(folder)
        .map_err(no_place)?;
    owner::give(temporary.as_file(), temporary.path(), database);
    initialise(temporary.path())?;
    match temporary.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(_) if path.exists() => Ok(()), // Another process was quicker.
        Err(error) => Err(error.error).doing(action),
    }
}

/// Makes an empty file a database, in place.
fn adopt_empty(path: &Path) -> Result<()> {
    initialise(path)
}

/// Sets what the file itself remembers, once, and makes the tables.
fn initialise(path: &Path) -> Result<()> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch(&format!(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {}; PRAGMA journal_mode = WAL;",
            migrate::APPLICATION_ID
        ))
        .failed("set up a new database")?;
    migrate::migrate(&mut connection, &MIGRATIONS)?;
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .failed("set up a new database")?;
    connection
        .close()
        .map_err(|(_, error)| error)
        .failed("close the new database")
}

/// Brings an older database up to date, with a verified copy of it made first.
fn upgrade(
    connection: &mut Connection,
    path: &Path,
    migrations: &[Migration],
    newest: i64,
) -> Result<()> {
    // Others may be opening it at this moment too: one makes the copy, the others wait for the new schema.
    let waiting_since = Instant::now();
    let lock = loop {
        match Lock::take(path, backup::LOCK) {
            Err(error)
                if error.exit() == Exit::TryLater && waiting_since.elapsed() < BUSY_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(50));
            }
            taken => break taken?,
        }
    };
    if inspect_with(connection, path, newest)? == Found::Ours(newest) {
        return Ok(());
    }
    backup::before_migration(path, newest).map_err(|error| {
        let exit = error.exit();
        Error::new("make the copy that goes before a change of the schema")
            .because(error.on_one_line())
            .try_this("see to that, then run it again; the database was left as it is")
            .exits(exit)
    })?;
    migrate::migrate(connection, migrations)?;
    drop(lock);
    Ok(())
}

/// Puts a database that came out of WAL mode back into it: a backup that was copied into place by hand.
fn keep_wal(connection: &Connection) -> Result<()> {
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .failed("ask for the journal mode")?;
    if mode != "wal" {
        // Best effort: while others have it open it stays as it is, which is slower and no less safe.
        let _ = connection.execute_batch("PRAGMA journal_mode = WAL");
    }
    Ok(())
}

/// Whether closing leaves the WAL as it is: until a database turns out to be ours, what another program has not moved
/// into it yet stays where it is.
fn leave_wal(connection: &Connection, leave: bool) -> Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave)
        .failed("set up the connection")?;
    Ok(())
}

/// Opens the file and sets what belongs to a connection.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        // Plans must not depend on bound values: SQLite would prepare cached statements anew for each set of them.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; \
             PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16000;",
        )?;
        Ok(connection)
    };
    open()
        .failed(format!("open the database {}", path.display()))
        .map_err(|error| {
            owner::forbidden(path, fs::File::options().read(true))
                .unwrap_or_else(|| told_apart(error, path))
        })
}

/// Says in plain words what SQLite would call "unable to open" or "not a database".
pub(super) fn must_be_a_file(path: &Path) -> Result<()> {
    let refuse = |why: &str, remedy: &str| {
        Err(Error::new(format!("open the database {}", path.display()))
            .because(why.to_owned())
            .try_this(remedy.to_owned())
            .exits(Exit::Config))
    };
    match fs::metadata(path) {
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && restoring::marker(path).exists() =>
        {
            refuse(
                "a restore was cut off while it was moving the old one aside",
                "run `tornsnap restore` again: it finishes",
            )
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => refuse(
            "there is no such file",
            "name yours with --config or --database, or run `tornsnap init` to make a new one",
        ),
        Err(error) => Err(error).doing(|| format!("open the database {}", path.display())),
        Ok(found) if found.is_dir() => {
            refuse("it is a folder", "name the file in it, with --database")
        }
        Ok(_) => Ok(()),
    }
}

/// Says whose the database is.
pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<Found> {
    inspect_with(connection, path, SCHEMA_VERSION)
}

fn inspect_with(connection: &Connection, path: &Path, newest: i64) -> Result<Found> {
    migrate::inspect(connection, &path.display().to_string(), newest)
        .map_err(|error| told_apart(error, path))
}

/// Tells a file of another kind from a damaged database.
fn told_apart(error: Error, path: &Path) -> Error {
    if error.exit() != Exit::Damaged || looks_like_sqlite(path) {
        return error;
    }
    Error::new(format!("use the database {}", path.display()))
        .because("it is not an SQLite database")
        .try_this("name another file with --database; this one was left as it is")
        .exits(Exit::Config)
}

/// SQLite takes any file that is shorter than a page for an empty database.
fn empty(path: &Path) -> Error {
    let error = Error::new(format!("use the database {}", path.display())).exits(Exit::Config);
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return error
            .because("it is empty")
            .try_this("run `tornsnap init` to make it");
    }
    error
        .because(if looks_like_sqlite(path) {
            "it is an SQLite database without anything in it"
        } else {
            "it is not an SQLite database"
        })
        .try_this("name another file with --database; this one was left as it is")
}

/// Reads the first bytes of a file that SQLite has already failed on: of a file in use, closing it would drop
/// SQLite's locks. <https://sqlite.org/fileformat.html#magic_header_string>
fn looks_like_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    match fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) => head == *b"SQLite format 3\0",
        // Shorter than a header, or unreadable: the latter is SQLite's to report.
        Err(error) => error.kind() != std::io::ErrorKind::UnexpectedEof,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Depth;

    const NEXT: [Migration; 2] = [
        MIGRATIONS[0],
        (
            2,
            "ALTER TABLE players ADD COLUMN shoe_size INTEGER",
            "Shoes",
        ),
    ];

    #[test]
    fn a_migration_leaves_a_verified_copy_of_what_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(Store::create(&path).unwrap());

        let store = Store::open_with(&path, &NEXT).unwrap();

        let copy =
            backup::verify(&folder.path().join("t.db.before-schema-2"), Depth::Quick).unwrap();
        assert_eq!(copy.schema_version, 1);
        let shoes = |connection: &Connection| {
            connection
                .prepare("SELECT shoe_size FROM players")
                .map(|_| ())
        };
        assert!(shoes(store.connection()).is_ok());
        assert!(shoes(&Connection::open(copy.path).unwrap()).is_err());
        let refused = Store::open(&path).unwrap_err();
        assert_eq!(refused.exit(), Exit::Config, "newer than this program");
    }

    #[test]
    fn a_migration_that_fails_leaves_the_database_and_one_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(Store::create(&path).unwrap());
        let broken = [MIGRATIONS[0], (2, "ALTER TABLE nothing ADD x", "Broken")];

        for _ in 0..3 {
            Store::open_with(&path, &broken).unwrap_err();
        }

        drop(Store::open(&path).unwrap());
        let copies = fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().contains("before-schema")
            })
            .count();
        assert_eq!(copies, 2, "the copy and its manifest");
    }

    #[test]
    fn many_processes_migrate_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(Store::create(&path).unwrap());

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::open_with(&path, &NEXT).unwrap());
            }
        });

        backup::verify(&folder.path().join("t.db.before-schema-2"), Depth::Quick).unwrap();
    }
}
