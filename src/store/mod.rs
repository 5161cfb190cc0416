//! Reads and writes the database. Only this module runs SQL, and it never calls Torn.
//!
//! Each statement is a file in `sql/` that also runs unchanged in the sqlite3 shell.

pub(crate) mod archive_check;
pub(crate) mod archive_file;
mod archive_lake;
mod archives;
mod budget;
mod check;
mod clock;
mod create;
pub(crate) mod examples;
pub(crate) mod export;
mod failure;
pub(crate) mod files;
pub(crate) mod follow_ups;
pub(crate) mod future;
mod handle;
mod history;
pub(crate) mod identity;
pub(crate) mod import;
pub(crate) mod interrupt;
pub(crate) mod keys;
pub(crate) mod lake;
pub(crate) mod lock;
mod migrate;
pub(crate) mod missing;
mod months;
mod open;
pub(crate) mod owner;
mod parallel;
pub(crate) mod pauses;
mod pruned_early;
mod reading;
pub(crate) mod run;
pub(crate) mod save;
pub(crate) mod schedule;
mod sequences;
mod typed_columns;
mod upgrade;
#[cfg(unix)]
mod user;
mod value;
mod wal;
pub(crate) mod war_lists;
pub(crate) mod writable;

pub(crate) mod backup;
pub(crate) mod health;
pub(crate) mod prune;
pub(crate) mod restore;
mod restore_marker;
pub(crate) mod summary;
pub(crate) mod trace;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub(crate) use budget::{Acquire, Permit};
pub use check::Depth;
pub(crate) use failure::SqlContext;
pub use handle::Store;
pub(crate) use migrate::SCHEMA_VERSION;
pub(crate) use open::is_missing;

use crate::error::Result;

/// The text of `sql/<name>.sql`, after a comment with its name, which [`trace`] reads. A missing file is a compile error.
macro_rules! sql {
    ($($name:literal),+) => {
        concat!(
            "-- sql/", $($name,)+ ".sql\n",
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $($name,)+ ".sql"))
        )
    };
}
use sql;

/// Runs `work` in one transaction, which is rolled back if `work` fails.
fn transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let action = format!("write to the database{}", in_file(connection));
    // IMMEDIATE takes the write lock at once. A deferred transaction would ask for it at the first write, where SQLite
    // may answer SQLITE_BUSY without waiting.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .context(&action)?;
    let value = work(&transaction)?; // Dropping the transaction rolls it back.
    transaction.commit().context(action)?;
    Ok(value)
}

/// ` FILE`, or nothing for a database in memory.
fn in_file(connection: &Connection) -> String {
    match connection.path() {
        Some(path) if !path.is_empty() => format!(" {path}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// A new database in `folder` with an attached archive, to prepare statements that name both.
    pub(in crate::store) fn with_attached_archive(folder: &Path) -> Store {
        let store = Store::create(&folder.join("t.db")).unwrap();
        let archive = folder.join("archive.db");
        drop(Store::create(&archive).unwrap());
        store
            .connection()
            .execute(sql!("prune/attach_archive"), [archive.to_str()])
            .unwrap();
        store
    }

    /// The steps of the query plan of a statement. Its parameters are NULL.
    pub(in crate::store) fn plan_of(store: &Store, statement: &str) -> Vec<String> {
        store
            .connection()
            .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
            .unwrap()
            .raw_query()
            .mapped(|row| row.get("detail"))
            .collect::<rusqlite::Result<_>>()
            .unwrap()
    }

    /// SQLite checks a statement when it is prepared. Without this test an error would show up in production.
    #[test]
    fn every_statement_prepares() {
        let folder = tempfile::tempdir().unwrap();
        let store = with_attached_archive(folder.path());
        import::create_staging(store.connection()).unwrap();
        store
            .connection()
            .execute(sql!("prune/create_compared_rows"), [])
            .unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
        let mut prepared = 0;

        for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
            let path = entry.path();
            // The statements of sql/lake are for DuckDB and Spark; scripts/lake/check runs them.
            if !path.is_dir() || path.ends_with("migrations") || path.ends_with("lake") {
                continue;
            }
            for file in fs::read_dir(path).unwrap().map(|file| file.unwrap().path()) {
                let text = fs::read_to_string(&file).unwrap();
                if let Err(error) = store.connection().prepare(&text) {
                    panic!("{}: {error}", file.display());
                }
                prepared += 1;
            }
        }
        assert!(prepared > 100, "only {prepared} statements were found");
    }
}
