//! Imported rows of months that are closed in our database.
//!
//! They are left out, because `prune` has deleted such rows here. But `prune` keeps the newest known values of each entity,
//! because the next months begin with them, and the rows that show since when a tile has its owner and its racket. So the
//! import takes these rows where it has newer ones than are here.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, Recorder};
use crate::model::month_state::Closing;
use crate::model::time::Month;
use crate::store::history::render;
use crate::store::import::ClosedMonths;
use crate::store::import::merged_rows::MergedRow;
use crate::store::sql;

/// A row whose place among those that `prune` would have kept is not known yet.
struct Held {
    row: MergedRow,
    /// `None` if the month is open. Then the row was taken already.
    closing: Option<Closing>,
}

/// The present owner and racket of a tile.
struct PresentTile {
    owner: Datum,
    racket_type: Datum,
    racket_level: Datum,
}

/// The rows of one entity, in the order of their times.
#[derive(Default)]
pub(super) struct HeldRows(Vec<Held>);

impl HeldRows {
    pub(super) fn push(&mut self, row: MergedRow, closing: Option<Closing>) {
        self.0.push(Held { row, closing });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn newest_row(&self) -> Option<&[Datum]> {
        self.0.last().map(|held| &held.row.values[..])
    }

    /// Empties these rows of an entity, and returns each row of a closed month with the reason to leave it; `None` if `prune`
    /// would have kept the row.
    pub(super) fn drain(
        &mut self,
        connection: &Connection,
        history: History,
        layout: &Layout,
        entity: &[Datum],
    ) -> rusqlite::Result<Vec<(MergedRow, Option<Closing>)>> {
        let mut kept = self.newest(history, layout);
        if history == History::Territories
            && let Some(tile) = present_tile(connection, &entity[0])?
        {
            kept.extend(self.tenure(layout, &tile));
        }
        let rows = self.0.drain(..).enumerate();
        let decided = rows.filter_map(|(index, held)| {
            let closing = held.closing?;
            Some((held.row, (!kept.contains(&index)).then_some(closing)))
        });
        Ok(decided.collect())
    }

    /// Empties these rows, and returns those of closed months with the reason to leave them.
    pub(super) fn drain_all(&mut self) -> impl Iterator<Item = (MergedRow, Closing)> {
        let rows = self.0.drain(..);
        rows.filter_map(|held| Some((held.row, held.closing?)))
    }

    /// The newest known values of each series of closed months: the next open month begins with them.
    fn newest(&self, history: History, layout: &Layout) -> BTreeSet<usize> {
        let mut known = Recorder::new(history);
        let mut kept = BTreeSet::new();
        for (index, held) in self.0.iter().enumerate().rev() {
            if held.closing.is_none() {
                known = Recorder::new(history);
            } else if known.fill(layout, &held.row.values) {
                kept.insert(index);
            }
        }
        kept
    }

    /// The rows that show since when a tile has its present owner and its present racket.
    ///
    /// The conditions are those of `sql/prune/list_kept_territories.sql`.
    fn tenure(&self, layout: &Layout, present: &PresentTile) -> BTreeSet<usize> {
        let column = |name| layout.table.index(name);
        let owner = [(column("faction_id"), &present.owner)];
        let racket = [
            (column("racket_type"), &present.racket_type),
            (column("racket_level"), &present.racket_level),
        ];
        let mut kept = self.since(layout, &owner);
        if !present.racket_type.is_null() {
            kept.extend(self.since(layout, &racket));
        }
        kept
    }

    /// The last row with other values than these, and the first row after it with these values.
    fn since(&self, layout: &Layout, values: &[(usize, &Datum)]) -> BTreeSet<usize> {
        let is_present = |held: &Held| {
            let mut values = values.iter();
            values.all(|&(index, value)| held.row.values[index] == *value)
        };
        let at = |held: &Held| held.row.values[layout.time].integer();
        let other = self.0.iter().rposition(|held| !is_present(held));
        let other_at = other.and_then(|index| at(&self.0[index]));
        let mut rows = self.0.iter();
        let first = rows.position(|held| at(held) >= other_at && is_present(held));
        other.into_iter().chain(first).collect()
    }
}

/// The present owner and racket of a tile, with the imported state.
fn present_tile(connection: &Connection, tile: &Datum) -> rusqlite::Result<Option<PresentTile>> {
    connection
        .prepare_cached(sql!("import/get_tile"))?
        .query_row(named_params! { ":territory_id": tile }, |row| {
            Ok(PresentTile {
                owner: row.get("faction_id")?,
                racket_type: row.get("racket_type")?,
                racket_level: row.get("racket_level")?,
            })
        })
        .optional()
}

/// Records that the rows that were taken of closed months are not late: no summary is missing them. A month that had late
/// rows before the import keeps them.
pub(super) fn count(
    connection: &Connection,
    history: History,
    before: &ClosedMonths,
    months: &BTreeSet<Month>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&render(history, sql!("import/count_held")))?;
    let had_none = |month: &&Month| {
        let key = (history.table(), **month);
        before.without_late_rows.contains(&key)
    };
    for month in months.iter().filter(had_none) {
        statement.execute(named_params! {
            ":history": history.table(),
            ":period_start": month.start(),
        })?;
    }
    Ok(())
}
