//! The periods in which the lists of all tiles of a faction were read. A tile that appeared within one was gained.

use rusqlite::{Connection, named_params, params_from_iter};

use crate::error::Result;
use crate::model::import::datum::Datum;
use crate::store::save::MAX_LIST_GAP;
use crate::store::{SqlContext, sql};

/// Copies the periods of another database of tornsnap.
pub(super) fn copy(source: &Connection, target: &Connection, until: i64) -> Result<()> {
    let copy = || -> rusqlite::Result<()> {
        let mut insert = target.prepare(sql!("import/insert_imported_tile_list"))?;
        let mut statement = source.prepare(sql!("import/list_source_tile_lists"))?;
        let mut rows = statement.query([until])?;
        while let Some(row) = rows.next()? {
            let cells: Vec<Datum> = (0..4).map(|cell| row.get(cell)).collect::<Result<_, _>>()?;
            insert.execute(params_from_iter(cells))?;
        }
        Ok(())
    };
    copy().context("read when the lists of tiles were read")
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
