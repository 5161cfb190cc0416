//! Reads the archives that may have the history rows that a prune moved while the clock was ahead.

use crate::error::{Error, Result};
use crate::model::archive::{IS_EMPTY, IS_OUTDATED};
use crate::model::identity::DatabaseId;
use crate::store::archives::{Receipts, RecordedArchive, lacks_rows};
use crate::store::files::is_empty;
use crate::store::reading::Reader;
use crate::store::{identity, open};

/// Opens an archive to read it. Fails if another file is at its path.
pub(super) fn open_archive(
    archive: &RecordedArchive,
    receipts: &Receipts,
    database: &DatabaseId,
) -> Result<Reader> {
    let path = &archive.path;
    let refuse = |why: &str| {
        let action = format!("read the archive {}", path.display());
        Err(Error::new(action).with_source(why.to_owned()))
    };
    if path.is_dir() {
        return refuse(
            "it is a folder of Parquet files, which is not searched: DuckDB and other engines read it",
        );
    }
    open::check_is_file(path)?;
    if is_empty(path) {
        return refuse(&format!("it {IS_EMPTY}"));
    }
    let reader = Reader::open_untouched(path)?;
    open::inspect(&reader.connection, path)?;
    let found = identity::identity(&reader.connection)?;
    if archive.is(&found, database) {
        if lacks_rows(&reader.connection, receipts.of(&archive.id))? {
            return refuse(&format!("it {IS_OUTDATED}"));
        }
        return Ok(reader);
    }
    if archive.replaced_by.is_some() {
        return refuse(
            "another archive was begun in its place; if the file is elsewhere, `tornsnap prune --archive FILE` records where",
        );
    }
    refuse("it is not the archive that `prune` wrote")
}
