//! Opens a database for writing, and migrates an older schema after a verified copy was made.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Exit, Result};
use crate::store::files::same::{FileAt, refuse_hard_links};
use crate::store::handle::{Access, OpenedFiles, Store};
use crate::store::lock::Lock;
use crate::store::migrate::{self, SCHEMA, Schema, SchemaState};
use crate::store::{SqlContext, backup, open, owner, wal};

impl Store {
    /// Opens an existing database for reading and writing, and migrates it to the newest schema.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] when it is missing, of another program, or of a newer tornsnap; [`Exit::Damaged`] when it is
    /// damaged.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &SCHEMA)
    }

    fn open_with(path: &Path, schema: &Schema<'_>) -> Result<Self> {
        open::check_is_file(path)?;
        refuse_hard_links(path)?;
        let file = FileAt::new(path);
        let newest = schema.version();
        let mut connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        open::set_checkpoint_on_close(&connection, false).context("set up the connection")?;
        let found = open::inspect_for_schema(&connection, path, newest);
        // Without the right to write, SQLite opens the file read-only. It then fails at the first write, or before if it
        // cannot make the files beside the database.
        if connection.is_readonly("main").unwrap_or(false)
            && let Some(error) = owner::permission_error(path, fs::File::options().write(true))
        {
            return Err(error);
        }
        match found? {
            SchemaState::Empty => return Err(open::empty_error(path)),
            SchemaState::Ours(version) if version < newest => {
                upgrade(&mut connection, path, schema)?;
            }
            SchemaState::Ours(_) => {}
        }
        open::set_checkpoint_on_close(&connection, true).context("set up the connection")?;
        ensure_wal_mode(&connection)?;
        wal::limit_size(&connection)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            access: Access::Write(OpenedFiles::new(file, path)),
        })
    }

    /// Opens an existing database to record calls to Torn in it, and changes nothing else: neither the schema nor the
    /// journal mode nor the statistics.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; also [`Exit::Config`] when the schema needs a migration.
    pub(crate) fn open_to_record_calls(path: &Path) -> Result<Self> {
        open::check_is_file(path)?;
        refuse_hard_links(path)?;
        let connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        open::check_is_current(&connection, path)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            access: Access::RecordCalls,
        })
    }

    /// Fails if [`Store::open`] would fail, without changing the file.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub(crate) fn check_openable(path: &Path) -> Result<()> {
        open::check_is_file(path)?;
        refuse_hard_links(path)?;
        // Read-write, because SQLite may have to undo a transaction of a program that was ended within it.
        let connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        open::set_checkpoint_on_close(&connection, false).context("set up the connection")?;
        match open::inspect(&connection, path)? {
            SchemaState::Empty => Err(open::empty_error(path)),
            SchemaState::Ours(_) => Ok(()),
        }
    }
}

/// Makes a verified copy of a database, then migrates it.
fn upgrade(connection: &mut Connection, path: &Path, schema: &Schema<'_>) -> Result<()> {
    let newest = schema.version();
    // Several processes may open the database now. One process makes the copy, and the others wait for the new schema.
    let waiting_since = Instant::now();
    let lock = loop {
        match Lock::take(path, backup::LOCK) {
            Err(error)
                if error.exit() == Exit::TryLater
                    && waiting_since.elapsed() < open::BUSY_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(50));
            }
            lock => break lock?,
        }
    };
    if open::inspect_for_schema(connection, path, newest)? == SchemaState::Ours(newest) {
        return Ok(());
    }
    backup::back_up_before_migration(path, newest).map_err(|error| {
        let exit = error.exit();
        Error::new("back up the database before the migration of its schema")
            .with_source(error.one_line())
            .with_help("correct that, then run it again; the database was not changed")
            .with_exit(exit)
    })?;
    for warning in migrate::migrate(connection, schema)? {
        log::warn!("{warning}");
    }
    drop(lock);
    Ok(())
}

/// Switches a database to WAL mode if it is in another mode, such as a backup that a user copied into place.
fn ensure_wal_mode(connection: &Connection) -> Result<()> {
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .context("read the journal mode")?;
    if mode != "wal" {
        // Best effort: readers block the switch, and this does not wait for them. The old mode is slower, but as safe.
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
    use crate::model::watch::Unwatched;
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
    fn a_migration_leaves_a_verified_copy_of_the_old_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(Store::create(&path).unwrap());

        let store = Store::open_with(&path, &NEXT).unwrap();

        let copy = backup::verify(
            &folder.path().join("t.db.before-schema-2"),
            Depth::Quick,
            &Unwatched,
        )
        .unwrap();
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
    fn processes_that_open_a_database_at_once_migrate_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(Store::create(&path).unwrap());

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::open_with(&path, &NEXT).unwrap());
            }
        });

        backup::verify(
            &folder.path().join("t.db.before-schema-2"),
            Depth::Quick,
            &Unwatched,
        )
        .unwrap();
    }
}
