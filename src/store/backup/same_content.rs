//! Whether the newest backup has the content of the database, so that another copy of it would be of no use.

use rusqlite::{Connection, Row, Statement};

use crate::error::{Result, WithContext};
use crate::store::backup::BackupOptions;
use crate::store::backup::catalog::newest_backup;
use crate::store::backup::create::SourceDatabase;
use crate::store::backup::manifest::Manifest;
use crate::store::backup::verify::{open_copy, open_verified};
use crate::store::files::is_same_file;
use crate::store::identity::identity;
use crate::store::lock::Lock;
use crate::store::{SqlContext, check, interrupt};

/// The tables that the program writes after a backup.
const WRITTEN_BY_BACKUPS: [&str; 2] = ["backup_folders", "searched_copies"];

/// The newest backup of the database in the folder, if its hash is right and each of its rows is that of the database. The
/// caller holds the lock [`LOCK`](super::LOCK) of the database.
///
/// `None` also if the backup cannot be read: then a new one is needed.
///
/// # Errors
///
/// Fails when the database cannot be read, and after a request to stop.
pub(crate) fn newest_with_same_content(
    options: &BackupOptions<'_>,
    _lock: &Lock,
) -> Result<Option<Manifest>> {
    let source = SourceDatabase::open(options.database)?;
    let id = identity(&source.connection)?.id;
    // Both comparisons need the same snapshot.
    let snapshot = source
        .connection
        .unchecked_transaction()
        .context("read the database")?;
    let Some(newest) = newest_backup(options.directory, &id, options.now)? else {
        return Ok(None);
    };
    // A link to the database is no copy. On Unix, closing it would drop the locks that SQLite holds on the database.
    if is_same_file(&newest.path, options.database)
        || newest.schema_version != source.schema_version
        || !has_same_counts(&snapshot, &newest).context("count the rows")?
    {
        return Ok(None);
    }
    match has_same_rows(&snapshot, &newest, options) {
        Ok(true) => Ok(Some(newest)),
        Ok(false) => Ok(None),
        Err(error) if interrupt::is_requested() => Err(error),
        Err(error) => {
            log::debug!("{}", error.one_line());
            Ok(None)
        }
    }
}

/// Whether both have the same tables with as many rows. Stops at the first difference: after a fetch, that is at the latest
/// `fetch_runs`, and the larger tables with later names are not counted.
fn has_same_counts(ours: &Connection, backup: &Manifest) -> rusqlite::Result<bool> {
    if !check::tables(ours)?.iter().eq(backup.rows.keys()) {
        return Ok(false);
    }
    for (table, rows) in compared(backup) {
        if check::row_count(ours, table)? != *rows {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The tables to compare, with the numbers of their rows.
fn compared(backup: &Manifest) -> impl Iterator<Item = (&String, &i64)> {
    backup
        .rows
        .iter()
        .filter(|(table, _)| !WRITTEN_BY_BACKUPS.contains(&table.as_str()))
}

fn has_same_rows(
    ours: &Connection,
    backup: &Manifest,
    options: &BackupOptions<'_>,
) -> Result<bool> {
    let verified = open_verified(backup, options.watch)?;
    let copy = open_copy(verified.path())?;
    options.watch.begin("comparing", None);
    for (table, _) in compared(backup) {
        if !is_same_table(ours, &copy, table).context(format!("compare the table {table}"))? {
            return Ok(false);
        }
        interrupt::check().with_context(|| format!("compare the table {table}"))?;
    }
    Ok(true)
}

/// Compares two tables of one schema row by row.
fn is_same_table(ours: &Connection, copy: &Connection, table: &str) -> rusqlite::Result<bool> {
    // Without an index, both are read in the order of their keys.
    let statement = format!(
        "SELECT * FROM \"{}\" NOT INDEXED",
        table.replace('"', "\"\"")
    );
    let (mut ours, mut copy) = (ours.prepare(&statement)?, copy.prepare(&statement)?);
    if ours.column_names().ne(copy.column_names()) {
        return Ok(false);
    }
    let columns = ours.column_count();
    compare(&mut ours, &mut copy, columns)
}

fn compare(
    ours: &mut Statement<'_>,
    copy: &mut Statement<'_>,
    columns: usize,
) -> rusqlite::Result<bool> {
    let (mut ours, mut copy) = (ours.query([])?, copy.query([])?);
    loop {
        match (ours.next()?, copy.next()?) {
            (None, None) => return Ok(true),
            (Some(our), Some(other)) if is_same_row(our, other, columns)? => {}
            _ => return Ok(false),
        }
    }
}

fn is_same_row(ours: &Row<'_>, other: &Row<'_>, columns: usize) -> rusqlite::Result<bool> {
    for column in 0..columns {
        if ours.get_ref(column)? != other.get_ref(column)? {
            return Ok(false);
        }
    }
    Ok(true)
}
