//! The periods in which the lists of all tiles of a faction were read. A tile that appeared within one was gained.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::import::moment::FIRST_MOMENT;
use crate::store::import::read::copy_rows;
use crate::store::save::MAX_LIST_GAP;
use crate::store::{SqlContext, sql};

/// Copies the periods of another database of tornsnap. Returns the number of those that are left, because they are impossible.
pub(super) fn copy(source: &Connection, target: &Connection, until: i64) -> Result<usize> {
    copy_rows(
        source,
        sql!("import/list_source_tile_lists"),
        until,
        target,
        sql!("import/insert_imported_tile_list"),
    )
    .and_then(|()| {
        target.execute(
            sql!("import/leave_impossible_tile_lists"),
            named_params! { ":first": FIRST_MOMENT },
        )
    })
    .context("read when the lists of tiles were read")
}

/// Joins the imported periods with the stored ones.
pub(super) fn merge(connection: &Connection) -> Result<()> {
    let merge = || -> rusqlite::Result<()> {
        connection.execute(
            sql!("import/join_tile_lists"),
            named_params! { ":max_gap": MAX_LIST_GAP },
        )?;
        connection.execute(sql!("import/delete_tile_lists"), [])?;
        connection.execute(sql!("import/insert_tile_lists"), [])?;
        Ok(())
    };
    merge().context("import when the lists of tiles were read")
}
