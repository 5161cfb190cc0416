//! Decides about the stored rows: each stays, is completed, gets a new id, or is removed.

use rusqlite::{params, params_from_iter};

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::month_state::Closing;
use crate::model::time::Month;
use crate::store::import::entity::{Entity, as_json};
use crate::store::import::histories::{CARRIED, Merger};
use crate::store::import::merged_rows::MergedRow;

/// Whether a removed row counts as one that repeats known values. It does not if another row of its second has its facts.
enum IsCounted {
    No,
    Yes,
}

impl Merger<'_> {
    /// Decides about a stored row. It is removed if it was a change before the import and is none with the imported rows.
    /// A row of a closed month is held like the imported ones: it can make an older one unnecessary.
    pub(super) fn keep(
        &mut self,
        entity: &mut Entity,
        mut row: MergedRow,
        closing: Option<Closing>,
    ) -> rusqlite::Result<()> {
        let layout = &self.layout;
        entity.forget_stored(layout, &row.values);
        let is_change = entity.is_change(layout, &row.values);
        let month = self.month_of(&row.values);
        let is_open = |month| self.closed.closing(self.history, month).is_none();
        let may_go = month
            .is_some_and(|month| is_open(month) && !self.closed.is_reopened(self.history, month));
        if may_go && self.every_poll && entity.has_become_equal(layout, &row) {
            return self.remove(entity, &row, IsCounted::No);
        }
        if may_go && !self.every_poll && row.was_change && !is_change {
            entity.second.push(row.values.clone());
            return self.remove(entity, &row, IsCounted::Yes);
        }
        if closing.is_none() && self.history == History::Wars {
            let own = row.own_values().to_vec();
            self.complete(entity, &mut row);
            row.original = Some(own);
            self.carry_facts(entity, &row)?;
        }
        entity.record(&self.layout, row.values.clone());
        if closing.is_some() {
            entity.held.push(row, closing);
        } else {
            entity.settled.push((Some(row.id), row));
        }
        Ok(())
    }

    /// Notes that a stored row gets a new id or other values.
    pub(super) fn touch(&mut self, id: i64, row: &MergedRow) -> rusqlite::Result<()> {
        let month = self.month_of(&row.values);
        self.touch_row
            .execute(params![id, month.map(Month::start)])?;
        self.changed.extend(month);
        Ok(())
    }

    /// Removes a stored row.
    fn remove(
        &mut self,
        entity: &Entity,
        row: &MergedRow,
        is_counted: IsCounted,
    ) -> rusqlite::Result<()> {
        let month = self.month_of(&row.values);
        self.replace.execute(params![
            row.id,
            entity.text(),
            month.map(Month::start),
            row.values[self.layout.time],
            as_json(row.own_values()),
            is_counted as i64,
        ])?;
        self.tally.replaced += 1;
        self.changed.extend(month);
        Ok(())
    }

    /// Completes a stored row of a war by what the rows before it tell, as it would be if its file was imported after theirs.
    fn carry_facts(&mut self, entity: &Entity, row: &MergedRow) -> rusqlite::Result<()> {
        let own = row.own_values();
        let facts = self.layout.facts.iter();
        let carried = facts
            .clone()
            .filter(|&&index| own[index] != row.values[index]);
        let mut is_carried = false;
        for &index in carried {
            self.tally
                .mend(self.layout.table.columns[index].name, CARRIED);
            is_carried = true;
        }
        if is_carried {
            let id = Datum::Integer(row.id);
            let facts = facts.map(|&index| &row.values[index]);
            self.carry
                .execute(params_from_iter([&id].into_iter().chain(facts)))?;
            entity.remember_former(self.connection, &self.layout, own)?;
            self.touch(row.id, row)?;
        }
        Ok(())
    }

    /// Gives a stored row a new id, which is higher than those of the rows before it.
    pub(super) fn give_new_id(
        &mut self,
        entity: &Entity,
        id: i64,
        row: &MergedRow,
    ) -> rusqlite::Result<()> {
        entity.remember_former(self.connection, &self.layout, row.own_values())?;
        self.touch(id, row)?;
        self.accept_values(&Datum::Null, &Datum::Integer(id), row)
    }
}
