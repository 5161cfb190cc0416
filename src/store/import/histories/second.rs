//! Decides about the rows of one entity in one second.

use std::collections::VecDeque;

use crate::model::history::History;
use crate::model::import::second::{has_other_order, order, place, with_lower_side_first};
use crate::store::import::entity::{Entity, has_same_facts};
use crate::store::import::histories::Merger;
use crate::store::import::merged_rows::{MergedRow, Origin};

impl Merger<'_> {
    /// Decides about the waiting rows.
    pub(super) fn settle(&mut self, entity: &mut Entity) -> rusqlite::Result<()> {
        let mut rows = std::mem::take(&mut entity.waiting);
        entity.follow_ours(&self.layout, &mut rows);
        if entity.is_first_of_war() {
            agree_on_sides(&mut rows);
        }
        self.put_in_order(&mut rows);
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let month = self.month_of(&first.values);
        let closing = month.and_then(|month| self.closed.closing(self.history, month));
        if closing.is_none() {
            match self.history {
                History::Players | History::Factions => self.take_held(entity)?,
                History::Wars => {
                    let mut told = rows.iter();
                    let is_told =
                        |row: &&MergedRow| matches!(row.origin, Origin::Stored | Origin::Imported);
                    // A row that is left out again follows nothing.
                    if let Some(next) = told.find(is_told) {
                        self.end_held_war(entity, &next.values)?;
                    }
                }
                // A later row of a tile can decide which of the held ones show since when it has its owner.
                History::Territories => {}
            }
        }
        entity.enter(&self.layout, &rows);
        let mut rows = VecDeque::from(rows);
        while let Some(row) = self.take_next(entity, &mut rows) {
            match row.origin {
                Origin::Stored => self.keep(entity, row, closing)?,
                Origin::Revived => self.revive(entity, row, closing)?,
                Origin::Imported => self.take(entity, row, month.zip(closing))?,
                Origin::LeftOut => self.take_left_out(entity, row, closing)?,
            }
        }
        self.add_settled(entity)
    }

    /// Takes the next row. A stored one comes before others that, completed, say the same about a war: it keeps its id.
    fn take_next(&self, entity: &Entity, rows: &mut VecDeque<MergedRow>) -> Option<MergedRow> {
        let first = rows.front()?;
        if self.history != History::Wars || first.origin == Origin::Stored {
            return rows.pop_front();
        }
        let completed = |row: &MergedRow| entity.merged.completed(&row.values);
        let says_the_same = |row: &MergedRow| {
            row.origin == Origin::Stored
                && has_same_facts(&self.layout, &completed(row), &completed(first))
        };
        rows.remove(rows.iter().position(says_the_same).unwrap_or(0))
    }

    /// Sorts the rows of a second: if only one file has any, or both have the same ones, as they are there, otherwise by their
    /// values. Of equal rows, the stored one comes first.
    fn put_in_order(&self, rows: &mut [MergedRow]) {
        if rows.len() < 2 || self.is_our_copy || self.have_one_order(rows) {
            return;
        }
        let place = |row: &MergedRow| place(self.history, &row.values);
        rows.sort_by(|one, other| {
            order(&place(one), &place(other)).then(one.origin.cmp(&other.origin))
        });
    }

    /// Whether one of the files says all, or both say the same.
    fn have_one_order(&self, rows: &[MergedRow]) -> bool {
        let of = |origin: Origin| {
            let rows = rows.iter().filter(move |row| row.origin == origin);
            rows.map(|row| &row.values[..])
        };
        let (stored, imported) = (of(Origin::Stored), of(Origin::Imported));
        let (stored_rows, imported_rows) = (stored.clone().count(), imported.clone().count());
        let has_others = stored_rows + imported_rows < rows.len();
        let is_same =
            |(one, other)| order(&place(self.history, one), &place(self.history, other)).is_eq();
        !has_others
            && (stored_rows == 0
                || imported_rows == 0
                || (stored_rows == imported_rows && stored.zip(imported).all(is_same)))
    }

    /// Adds the rows of the second that are new. Stored ones that come after a new one, or after a stored one with a higher id,
    /// get new ids: the order of the ids is that of the rows.
    fn add_settled(&mut self, entity: &mut Entity) -> rusqlite::Result<()> {
        let mut last = Some(i64::MIN);
        for (id, row) in std::mem::take(&mut entity.settled) {
            match id {
                Some(id) if last.is_some_and(|last| last < id) => last = Some(id),
                Some(id) => {
                    last = None;
                    self.give_new_id(entity, id, &row)?;
                }
                None => {
                    last = None;
                    self.accept_row(&row)?;
                    self.changed.extend(self.month_of(&row.values));
                }
            }
            // A row of an open month can be the one that shows since when a tile has its owner.
            if self.history == History::Territories {
                entity.held.push(row, None);
            }
        }
        Ok(())
    }
}

/// Gives the first rows of a war one order of its sides: that of the ids, if the rows tell both.
fn agree_on_sides(rows: &mut [MergedRow]) {
    let has_both = rows.first().is_some_and(|first| {
        let mut others = rows.iter();
        others.any(|other| has_other_order(&first.values, &other.values))
    });
    for row in rows.iter_mut().filter(|_| has_both) {
        if let Some(turned) = with_lower_side_first(&row.values) {
            let values = std::mem::replace(&mut row.values, turned);
            row.original.get_or_insert(values);
        }
    }
}
