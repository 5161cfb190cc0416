//! Imported rows of months that are closed in our database.
//!
//! They are left out, because `prune` has deleted such rows here. But `prune` keeps the newest known values of each entity:
//! the next months begin with them. So the import takes these rows of an entity that has no history here.

use std::collections::BTreeSet;

use rusqlite::{Connection, named_params};

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, Recorder};
use crate::model::month_state::Closing;
use crate::model::time::Month;
use crate::store::history::render;
use crate::store::sql;

/// A row of either file.
pub(super) struct MergedRow {
    pub(super) is_imported: bool,
    /// Whether our history has no row of the entity.
    pub(super) is_new: bool,
    pub(super) id: i64,
    /// The id of an imported row in its own file, if it can be kept.
    pub(super) source_id: Option<i64>,
    /// The columns of the table without the id.
    pub(super) values: Vec<Datum>,
}

/// The rows of one entity, in the order of their times.
#[derive(Default)]
pub(super) struct HeldRows(Vec<(MergedRow, Closing)>);

impl HeldRows {
    pub(super) fn push(&mut self, row: MergedRow, closing: Closing) {
        self.0.push((row, closing));
    }

    /// Empties this, and returns each row with the reason to leave it; `None` if the row has the newest value of
    /// something that `known` does not know. `known` then knows it.
    pub(super) fn drain(
        &mut self,
        layout: &Layout,
        known: &mut Recorder,
    ) -> Vec<(MergedRow, Option<Closing>)> {
        let mut decided: Vec<(MergedRow, Option<Closing>)> = Vec::new();
        for (row, closing) in self.0.drain(..).rev() {
            let is_taken = known.fill(layout, &row.values);
            decided.push((row, (!is_taken).then_some(closing)));
        }
        decided.reverse();
        decided
    }
}

/// Records that the rows that were taken of closed months are not late: no summary is missing them.
pub(super) fn count(
    connection: &Connection,
    history: History,
    months: &BTreeSet<Month>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&render(history, sql!("import/count_held")))?;
    for month in months {
        statement.execute(named_params! {
            ":history": history.table(),
            ":period_start": month.start(),
        })?;
    }
    Ok(())
}
