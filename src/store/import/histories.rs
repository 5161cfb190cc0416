//! Merges a history: the rows of both files in the order of their times, without those that are no change.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, Statement, named_params, params_from_iter};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, layout};
use crate::model::import::report::Tally;
use crate::model::month_state::Closing;
use crate::model::time::Month;
use crate::store::history::render;
use crate::store::import::entity::{Entity, accept_statement};
use crate::store::import::gaps;
use crate::store::import::held;
use crate::store::import::merged_rows::{MergedRow, find_revived, rows_in_order};
use crate::store::import::staging;
use crate::store::import::{
    ClosedMonths, HistoryMonths, ImportOptions, MissingIds, SourceFacts, Tallies,
};
use crate::store::{SqlContext, sql, trace};

mod closed;
mod second;
mod stored;

/// Merges one history, and adds the months that changed to `changed`.
pub(super) fn merge(
    connection: &Connection,
    history: History,
    facts: &SourceFacts,
    options: &ImportOptions,
    closed: &ClosedMonths,
    tallies: &mut Tallies,
    changed: &mut BTreeSet<Month>,
) -> Result<()> {
    staging::create_accepted(connection, history)?;
    let tally = tallies.entry(history.table()).or_default();
    let mut merger = Merger {
        history,
        layout: layout(history),
        every_poll: options.every_poll,
        is_our_copy: facts.is_our_copy,
        pruned_there: &facts.pruned,
        keeps_ids: staging::keeps_ids(connection, history.table()).context("prepare the import")?,
        connection,
        closed,
        kept: BTreeSet::new(),
        known_better: BTreeSet::new(),
        tally,
        changed,
        accept: connection
            .prepare(&accept_statement(history))
            .context("prepare the import")?,
        touch_row: connection
            .prepare("INSERT OR IGNORE INTO temp.touched (id, period_start) VALUES (?, ?)")
            .context("prepare the import")?,
        replace: connection
            .prepare("INSERT INTO temp.replaced (id, entity, period_start, at, row, rows) VALUES (?, ?, ?, ?, ?, ?)")
            .context("prepare the import")?,
        carry: connection
            .prepare("INSERT INTO temp.carried VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .context("prepare the import")?,
    };
    merger
        .run(facts.missing_ids)
        .context(format!("merge {}", history.table()))?;
    let kept = std::mem::take(&mut merger.kept);
    let known_better = std::mem::take(&mut merger.known_better);
    drop(merger);
    for month in known_better {
        let is_marked = connection
            .execute(
                sql!("import/mark_recounted"),
                named_params! { ":history": history.table(), ":period_start": month.start() },
            )
            .context(format!("mark {month} of {}", history.table()))?;
        changed.extend((is_marked > 0).then_some(month));
    }
    write(connection, history)
        .and_then(|()| held::count(connection, history, closed, &kept))
        .context(format!("write {}", history.table()))
}

/// The reason of a mended value.
const CARRIED: &str = "carried on from the rows before";

/// Writes what the merger has decided.
fn write(connection: &Connection, history: History) -> rusqlite::Result<()> {
    for template in [
        sql!("import/number_accepted"),
        sql!("import/move_rows"),
        sql!("import/delete_replaced"),
        sql!("import/append_history"),
        sql!("import/raise_sequence"),
    ] {
        connection.execute(&render(history, template), [])?;
    }
    let with_history =
        |template| connection.execute(&render(history, template), &[(":history", history.table())]);
    with_history(sql!("import/discount_summaries"))?;
    with_history(sql!("import/mark_changed"))?;
    if history == History::Wars {
        connection.execute(sql!("import/carry_facts"), [])?;
        connection.execute(&render(history, sql!("import/record_told_wars")), [])?;
        // A discounted summary may count no row any more.
        connection.execute(sql!("import/delete_empty_wars"), [])?;
    }
    with_history(sql!("import/record_replaced"))?;
    Ok(())
}

struct Merger<'a> {
    history: History,
    layout: Layout,
    every_poll: bool,
    is_our_copy: bool,
    /// The months of which the other database has pruned rows.
    pruned_there: &'a HistoryMonths,
    keeps_ids: bool,
    connection: &'a Connection,
    closed: &'a ClosedMonths,
    /// The closed months of which a held row was taken.
    kept: BTreeSet<Month>,
    /// The months of which more rows are known than before, because rows that repeat known values were left out.
    known_better: BTreeSet<Month>,
    tally: &'a mut Tally,
    changed: &'a mut BTreeSet<Month>,
    accept: Statement<'a>,
    touch_row: Statement<'a>,
    replace: Statement<'a>,
    carry: Statement<'a>,
}

impl Merger<'_> {
    fn run(&mut self, missing_ids: MissingIds) -> rusqlite::Result<()> {
        let connection = self.connection;
        let has_deleted_rows = missing_ids == MissingIds::MayBeDeleted
            && self.keeps_ids
            && gaps::are_of_a_prune(connection, self.history)?;
        connection.execute(&find_revived(self.history), [])?;
        let mut statement = connection.prepare(&rows_in_order(self.history, has_deleted_rows))?;
        let mut rows = statement.query([])?;
        let mut entity: Option<Entity> = None;
        while let Some(row) = rows.next()? {
            trace::outside(|| self.merge(row, &mut entity))?;
        }
        self.finish(entity)
    }

    fn finish(&mut self, entity: Option<Entity>) -> rusqlite::Result<()> {
        let Some(mut entity) = entity else {
            return Ok(());
        };
        self.settle(&mut entity)?;
        let known_better = entity.record_counted(self.connection)?;
        self.known_better.extend(known_better);
        self.take_held(&mut entity)
    }

    fn month_of(&self, row: &[Datum]) -> Option<Month> {
        row[self.layout.time].integer().and_then(Month::of)
    }

    fn accept_row(&mut self, row: &MergedRow) -> rusqlite::Result<()> {
        self.insert(row)?;
        self.tally.taken += 1;
        let Some(own) = &row.original else {
            return Ok(());
        };
        for name in ["required_score", "winner_faction_id"] {
            let index = self.layout.table.index(name);
            if own[index] != row.values[index] {
                self.tally.mend(name, CARRIED);
            }
        }
        Ok(())
    }

    fn insert(&mut self, row: &MergedRow) -> rusqlite::Result<()> {
        let id = row.source_id.map_or(Datum::Null, Datum::Integer);
        self.accept_values(&id, &Datum::Null, row)
    }

    fn accept_values(
        &mut self,
        id: &Datum,
        moved_from: &Datum,
        row: &MergedRow,
    ) -> rusqlite::Result<()> {
        let ids = [id, moved_from].into_iter();
        self.accept
            .execute(params_from_iter(ids.chain(&row.values)))?;
        Ok(())
    }

    /// Merges the next row. `entity` is that of the row before.
    fn merge(&mut self, row: &Row<'_>, entity: &mut Option<Entity>) -> rusqlite::Result<()> {
        let row = MergedRow::read(row, self.history, &self.layout, self.keeps_ids)?;
        let key: Vec<Datum> = self
            .layout
            .entity
            .iter()
            .map(|&index| row.values[index].clone())
            .collect();
        let current = match entity.take() {
            Some(entity) if entity.key == key => entity,
            last => {
                self.finish(last)?;
                let mut entity = Entity::new(self.history, key);
                let is_open = |month| self.closed.closing(self.history, month).is_none();
                entity.recall_left_out(self.connection, is_open)?;
                entity
            }
        };
        let current = entity.insert(current);
        let at = row.values[self.layout.time].integer();
        if current.at != at {
            self.settle(current)?;
            current.at = at;
        }
        current.waiting.push(row);
        Ok(())
    }

    /// Whether rows that repeat known values are taken. A prune that was too early has deleted such rows too, and they are missing
    /// until they are back.
    fn keeps_repeated(&self, month: Option<Month>) -> bool {
        let is_reopened = |month| self.closed.is_reopened(self.history, month);
        self.every_poll || (self.is_our_copy && month.is_some_and(is_reopened))
    }

    /// Whether an earlier import has found that a row of a war repeats a row that is pruned here since. Nothing takes back what a
    /// row of a war tells, so it still is no change.
    fn repeats_pruned(&self, entity: &Entity, row: &MergedRow) -> rusqlite::Result<bool> {
        if self.every_poll || !self.follows_closed(row) {
            return Ok(false);
        }
        entity.was_repeated(self.connection, &row.values[self.layout.time])
    }

    /// Whether a row of a war may repeat one that is pruned here.
    fn follows_closed(&self, row: &MergedRow) -> bool {
        let month = self.month_of(&row.values);
        self.history == History::Wars
            && month.is_some_and(|month| self.closed.any_before(self.history, month))
    }

    /// Decides about an imported row. `closed` is its month if that is closed.
    fn take(
        &mut self,
        entity: &mut Entity,
        row: MergedRow,
        closed: Option<(Month, Closing)>,
    ) -> rusqlite::Result<()> {
        let layout = &self.layout;
        let month = self.month_of(&row.values);
        let is_own_change = entity.follow(layout, &row);
        let is_kept =
            month.is_some_and(|month| self.pruned_there.contains(&(self.history.table(), month)));
        // Only a row that was deleted since can have differed from the two.
        let repeats_kept = is_kept && !is_own_change && entity.ends_with_theirs();
        let follows_deleted = entity.follow_sequence(&row) || repeats_kept;
        if entity.has_in_second(layout, &row.values) {
            self.tally.already_there += 1;
            return Ok(());
        }
        let is_change =
            entity.is_change(layout, &row.values) && !self.repeats_pruned(entity, &row)?;
        // A row that repeats the one before was a change if a row between them was deleted.
        if !is_change && !follows_deleted && !self.keeps_repeated(month) {
            self.tally.unchanged += 1;
            // The rows of a closed month are not here, so nothing says which of the imported ones repeat known values.
            if let Some(month) = month
                && closed.is_none()
                && entity.remember(self.connection, layout, row.own_values())?
            {
                self.known_better.insert(month);
            }
            return Ok(());
        }
        self.accept_change(entity, row, closed.map(|(_, closing)| closing));
        Ok(())
    }

    /// Decides about a row that the other database has left out or removed itself, as if the file with the row was imported.
    fn take_left_out(
        &mut self,
        entity: &mut Entity,
        row: MergedRow,
        closing: Option<Closing>,
    ) -> rusqlite::Result<()> {
        if entity.has_in_second(&self.layout, &row.values) {
            return Ok(());
        }
        let is_change = entity.is_change(&self.layout, &row.values) && !self.follows_closed(&row);
        if self.every_poll || is_change {
            self.accept_change(entity, row, closing);
            return Ok(());
        }
        let month = self.month_of(&row.values);
        if closing.is_none() && entity.remember(self.connection, &self.layout, row.own_values())? {
            self.known_better.extend(month);
        }
        Ok(())
    }

    /// Takes a row again that an earlier import has left out or removed, if it is a change now.
    fn revive(
        &mut self,
        entity: &mut Entity,
        row: MergedRow,
        closing: Option<Closing>,
    ) -> rusqlite::Result<()> {
        let is_there = entity.has_in_second(&self.layout, &row.values);
        let is_change =
            entity.is_change(&self.layout, &row.values) && !self.repeats_pruned(entity, &row)?;
        if closing.is_some() || !(is_there || is_change || self.every_poll) {
            entity.stay_left_out(row.own_values().to_vec());
            return Ok(());
        }
        self.connection
            .prepare_cached(sql!("import/forget_revived"))?
            .execute(named_params! { ":history": self.history.table(), ":revived": row.id })?;
        if is_there {
            return Ok(());
        }
        self.accept_change(entity, row, None);
        Ok(())
    }

    /// Adds a row to the history. One of a closed month is only held.
    fn accept_change(&mut self, entity: &mut Entity, mut row: MergedRow, closing: Option<Closing>) {
        self.complete(entity, &mut row);
        if closing.is_some() {
            self.hold(entity, row, closing);
            return;
        }
        entity.record(&self.layout, row.values.clone());
        entity.settled.push((None, row));
    }

    /// Completes the values of a row by the last known ones.
    fn complete(&self, entity: &Entity, row: &mut MergedRow) {
        // An unknown value of a tile stays unknown: only the comparison uses the last known ones.
        if self.history != History::Territories {
            row.values = entity.merged.completed(&row.values);
        }
    }

    /// Records a row for the decision of `take_held`.
    fn hold(&self, entity: &mut Entity, row: MergedRow, closing: Option<Closing>) {
        // If the row is left out, its last known values are those of newer rows that are taken. But a newer row of a war that is
        // here would repeat one that is left out, so it is not compared with it.
        if self.history != History::Wars {
            entity.record(&self.layout, row.values.clone());
        }
        entity.held.push(row, closing);
    }
}

#[cfg(test)]
mod tests;
