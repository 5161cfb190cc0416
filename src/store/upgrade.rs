//! Opening a database to write, and bringing an older one up to date with a verified copy made first.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result};
use crate::store::handle::{Access, Store};
use crate::store::lock::Lock;
use crate::store::migrate::{self, Found, SCHEMA, Schema};
use crate::store::{SqlContext, backup, open, owner, wal};

impl Store {
    /// Opens an existing database to read and write, and brings it up to date.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when it is missing, not ours or newer than this program; [`Exit::Damaged`] when it is broken.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &SCHEMA)
    }

    fn open_with(path: &Path, schema: &Schema<'_>) -> Result<Self> {
        open::must_be_a_file(path)?;
        let newest = schema.version();
        let mut connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        open::leave_wal(&connection, true).context("set up the connection")?;
        let found = open::inspect_with(&connection, path, newest)?;
        // SQLite opens a file to read only when it may not be written, and says so at the first write.
        if connection.is_readonly("main").unwrap_or(false)
            && let Some(error) = owner::forbidden(path, fs::File::options().write(true))
        {
            return Err(error);
        }
        match found {
            Found::Empty => return Err(open::empty(path)),
            Found::Ours(version) if version < newest => {
                upgrade(&mut connection, path, schema)?;
            }
            Found::Ours(_) => {}
        }
        open::leave_wal(&connection, false).context("set up the connection")?;
        keep_wal(&connection)?;
        wal::limit_size(&connection)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            access: Access::Write,
        })
    }

    /// Refuses what [`Store::open`] would refuse, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub(crate) fn must_be_ours(path: &Path) -> Result<()> {
        open::must_be_a_file(path)?;
        let connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        open::leave_wal(&connection, true).context("set up the connection")?;
        match open::inspect(&connection, path)? {
            Found::Empty => Err(open::empty(path)),
            Found::Ours(_) => Ok(()),
        }
    }
}

/// Brings an older database up to date, with a verified copy of it made first.
fn upgrade(connection: &mut Connection, path: &Path, schema: &Schema<'_>) -> Result<()> {
    let newest = schema.version();
    // Others may be opening it at this moment too: one makes the copy, the others wait for the new schema.
    let waiting_since = Instant::now();
    let lock = loop {
        match Lock::take(path, backup::LOCK) {
            Err(error)
                if error.exit() == Exit::TryLater
                    && waiting_since.elapsed() < open::BUSY_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(50));
            }
            taken => break taken?,
        }
    };
    if open::inspect_with(connection, path, newest)? == Found::Ours(newest) {
        return Ok(());
    }
    backup::before_migration(path, newest).map_err(|error| {
        let exit = error.exit();
        Error::new("make the copy that goes before a change of the schema")
            .with_source(error.one_line())
            .with_help("see to that, then run it again; the database was left as it is")
            .with_exit(exit)
    })?;
    for warning in migrate::migrate(connection, schema)? {
        log::warn!("{warning}");
    }
    drop(lock);
    Ok(())
}

/// Puts a database that came out of WAL mode back into it: a backup that was copied into place by hand.
fn keep_wal(connection: &Connection) -> Result<()> {
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .context("ask for the journal mode")?;
    if mode != "wal" {
        // Best effort: while others read it, it stays as it is, which is slower and no less safe. They are not waited for.
        connection
            .busy_timeout(Duration::ZERO)
            .context("set up the connection")?;
        let _ = connection.execute_batch("PRAGMA journal_mode = WAL");
        connection
            .busy_timeout(open::BUSY_TIMEOUT)
            .context("set up the connection")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Depth;
    use crate::store::migrate::MIGRATIONS;

    const NEXT: Schema<'_> = Schema {
        migrations: &[
            MIGRATIONS[0],
            (
                2,
                "ALTER TABLE players ADD COLUMN shoe_size INTEGER",
                "Shoes",
            ),
        ],
        ..SCHEMA
    };

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
        let broken = Schema {
            migrations: &[MIGRATIONS[0], (2, "ALTER TABLE nothing ADD x", "Broken")],
            ..SCHEMA
        };

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
