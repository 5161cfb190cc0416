//! Decides about the held rows of closed months.

use crate::model::import::datum::Datum;
use crate::model::month_state::Closing;
use crate::store::import::entity::{Entity, has_same_facts};
use crate::store::import::histories::Merger;
use crate::store::import::merged_rows::{MergedRow, Origin};

impl Merger<'_> {
    /// Takes the rows of closed months that `prune` would have kept.
    pub(super) fn take_held(&mut self, entity: &mut Entity) -> rusqlite::Result<()> {
        if entity.held.is_empty() {
            return Ok(());
        }
        let decided =
            entity
                .held
                .drain(self.connection, self.history, &self.layout, &entity.key)?;
        for (row, closing) in decided {
            match closing {
                Some(closing) => self.leave_closed(&row, closing),
                None if row.origin == Origin::Stored => {}
                None => {
                    self.accept_row(&row)?;
                    let month = self.month_of(&row.values);
                    self.changed.extend(month);
                    self.kept.extend(month);
                }
            }
        }
        Ok(())
    }

    /// Decides about the held rows of a war when its first row of an open month follows: `next`.
    ///
    /// No summary begins with a row before `next`, so they are left out. But if `next` repeats the newest of them, it is no change.
    /// Then that one is taken, as it is if its file is imported first.
    pub(super) fn end_held_war(
        &mut self,
        entity: &mut Entity,
        next: &[Datum],
    ) -> rusqlite::Result<()> {
        let newest = entity.held.newest_row();
        let repeated = newest.filter(|held| has_same_facts(&self.layout, held, next));
        match repeated.map(<[Datum]>::to_vec) {
            Some(repeated) => {
                self.take_held(entity)?;
                entity.record(&self.layout, repeated);
            }
            None => self.leave_held(entity),
        }
        Ok(())
    }

    /// Leaves all rows of closed months.
    fn leave_held(&mut self, entity: &mut Entity) {
        for (row, closing) in entity.held.drain_all() {
            self.leave_closed(&row, closing);
        }
    }

    /// Counts an imported row of a closed month that is not taken.
    fn leave_closed(&mut self, row: &MergedRow, closing: Closing) {
        if row.origin == Origin::Imported
            && let Some(month) = self.month_of(&row.values)
        {
            *self.tally.closed.entry((month, closing)).or_default() += 1;
        }
    }
}
