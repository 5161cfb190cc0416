//! The rows of one entity in both files, and its state while they are merged.

use std::collections::BTreeMap;

use rusqlite::{Connection, named_params};
use serde_json::Value;

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, Recorder, layout};
use crate::model::time::Month;
use crate::store::import::held::HeldRows;
use crate::store::import::merged_rows::{MergedRow, Origin};
use crate::store::import::staging::column_list;
use crate::store::sql;

/// The known values and rows of one entity up to the present row.
pub(super) struct Entity {
    history: History,
    pub(super) key: Vec<Datum>,
    /// The last known values with the rows of both files.
    pub(super) merged: Recorder,
    /// The last known values with our rows alone.
    ours: Recorder,
    /// The rows of the present second that are in the merged history.
    pub(super) second: Vec<Vec<Datum>>,
    /// The states of a war within that second, the one before it included. A row that fits any of them is no change.
    /// Otherwise a second import would find other changes. Of other histories, only the first state is needed.
    states: Vec<Recorder>,
    /// The rows of the present second that are not decided yet.
    pub(super) waiting: Vec<MergedRow>,
    /// Whether one of them differs from the values before. Of players, factions and tiles, all rows of the second then stay:
    /// which of its values was the last one does not depend on what was known before, nor on the order of the imports.
    pub(super) second_changes: bool,
    /// The rows of the present second that are in the merged history, in their order. Those that are added have no id.
    pub(super) settled: Vec<(Option<i64>, MergedRow)>,
    pub(super) at: Option<i64>,
    /// The rows of closed months. If the entity is a tile, those of open months are among them.
    pub(super) held: HeldRows,
    /// The last known values with the imported rows alone.
    theirs: Recorder,
    /// The time of the last imported row that changed these values.
    changed_at: i64,
    /// The time of the newest row in the merged history.
    merged_at: Option<i64>,
    /// The rows of the present second that are left out because they repeat known values, and remembered.
    left_out: Vec<Vec<Datum>>,
    /// The numbers of the rows that are left out and not remembered, as in the table `repeated_rows`.
    counted: BTreeMap<i64, Counted>,
    /// The unbroken sequence of ids that the imported row before is in; see [`MergedRow`].
    sequence: Option<i64>,
}

/// A number of rows that are left out.
#[derive(Clone, Copy, Default)]
struct Counted {
    rows: i64,
    /// Whether the row of this time is one of them. Only rows of wars are counted so.
    has_row: bool,
}

impl Entity {
    pub(super) fn new(history: History, key: Vec<Datum>) -> Self {
        Self {
            history,
            key,
            merged: Recorder::new(history),
            ours: Recorder::new(history),
            second: Vec::new(),
            states: Vec::new(),
            waiting: Vec::new(),
            second_changes: false,
            settled: Vec::new(),
            at: None,
            held: HeldRows::default(),
            theirs: Recorder::new(history),
            changed_at: i64::MIN,
            merged_at: None,
            left_out: Vec::new(),
            counted: BTreeMap::new(),
            sequence: None,
        }
    }

    /// Enters the sequence of ids of an imported row, and returns whether rows between the one before and this one were
    /// deleted.
    pub(super) fn follow_sequence(&mut self, row: &MergedRow) -> bool {
        let before = std::mem::replace(&mut self.sequence, row.sequence);
        before.is_some() && row.sequence.is_some() && before != row.sequence
    }

    /// Records the last known values of the imported rows, and returns whether this row changes them.
    pub(super) fn follow(&mut self, layout: &Layout, row: &MergedRow) -> bool {
        let completed = self.theirs.completed(&row.values);
        let is_change = self.theirs.is_change(layout, &completed);
        if is_change {
            self.theirs.record(layout, &completed);
            self.changed_at = row.values[layout.time].integer().unwrap_or(i64::MIN);
        }
        is_change
    }

    /// Whether no row of the merged history is newer than the last change in the imported rows.
    pub(super) fn ends_with_theirs(&self) -> bool {
        self.merged_at <= Some(self.changed_at)
    }

    /// Counts a stored row of a war no longer among those that the other database has left out. If it is removed,
    /// `record_replaced.sql` counts it again.
    pub(super) fn forget_stored(&mut self, layout: &Layout, row: &[Datum]) {
        if self.history == History::Wars
            && let Some(at) = row[layout.time].integer()
            && let Some(counted) = self.counted.get_mut(&at)
            && std::mem::take(&mut counted.has_row)
        {
            counted.rows -= 1;
        }
    }

    /// Remembers a row that is left out: it may be a change when other rows are imported. Returns whether it was not known.
    pub(super) fn remember(
        &mut self,
        connection: &Connection,
        layout: &Layout,
        row: &[Datum],
    ) -> rusqlite::Result<bool> {
        let mut known = self.left_out.iter();
        if known.any(|known| has_same_facts(layout, known, row)) {
            return Ok(false);
        }
        self.left_out.push(row.to_vec());
        let at = row[layout.time].integer().unwrap_or_default();
        let one = Counted {
            rows: 1,
            has_row: self.history == History::Wars,
        };
        let is_new = self.record_rows(connection, at, one, &as_json(row))?;
        if is_new {
            connection
                .prepare_cached(sql!("import/uncount_repeated"))?
                .execute(named_params! {
                    ":history": self.history.table(),
                    ":entity": self.text(),
                    ":at": at,
                })?;
        }
        Ok(is_new)
    }

    /// Remembers the values of a stored row that gets other ones or a new id, so that the lake drops the older row under the older
    /// id. They are not counted, and no import takes them again.
    pub(super) fn remember_former(
        &self,
        connection: &Connection,
        layout: &Layout,
        row: &[Datum],
    ) -> rusqlite::Result<()> {
        let at = row[layout.time].integer().unwrap_or_default();
        self.record_rows(connection, at, Counted::default(), &as_json(row))?;
        Ok(())
    }

    /// Notes a row of the present second that was left out in an earlier import, and still is.
    pub(super) fn stay_left_out(&mut self, row: Vec<Datum>) {
        self.left_out.push(row);
    }

    /// Writes a record of `repeated_rows`. Returns whether it has more rows than before.
    fn record_rows(
        &self,
        connection: &Connection,
        at: i64,
        Counted { rows, has_row }: Counted,
        row: &str,
    ) -> rusqlite::Result<bool> {
        let changes = connection
            .prepare_cached(sql!("import/record_repeated"))?
            .execute(named_params! {
                ":history": self.history.table(),
                ":entity": self.text(),
                ":at": at,
                ":rows": rows,
                ":row": row,
                ":has_row": has_row,
            })?;
        Ok(changes > 0)
    }

    /// Takes over the counts of the rows that the other database has left out or removed itself, of months that are open here.
    /// The counts of rows that repeat them here come on top.
    pub(super) fn recall_left_out(
        &mut self,
        connection: &Connection,
        is_open: impl Fn(Month) -> bool,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(sql!("import/list_left_out"))?;
        let mut rows = statement.query(named_params! {
            ":history": self.history.table(),
            ":entity": self.text(),
        })?;
        while let Some(row) = rows.next()? {
            let at = row.get("at")?;
            if Month::of(at).is_some_and(&is_open) {
                let (rows, has_row) = (row.get("rows")?, row.get("has_row")?);
                self.counted.insert(at, Counted { rows, has_row });
            }
        }
        Ok(())
    }

    /// The key as one value, as `discount_summaries.sql` compares it.
    pub(super) fn text(&self) -> Datum {
        match (self.history, &self.key[..]) {
            (History::Wars, [Datum::Text(war_type), Datum::Integer(id)]) => {
                Datum::Text(format!("{war_type} {id}"))
            }
            (_, key) => key[0].clone(),
        }
    }

    /// Records how many rows are left out and not remembered. Returns the months of which more rows are known than before.
    pub(super) fn record_counted(&self, connection: &Connection) -> rusqlite::Result<Vec<Month>> {
        let mut known_better = Vec::new();
        let counted = self.counted.iter();
        for (&at, &counted) in counted.filter(|(_, counted)| counted.rows > 0) {
            if self.record_rows(connection, at, counted, "")? {
                known_better.extend(Month::of(at));
            }
        }
        Ok(known_better)
    }

    /// Whether an earlier import has left out or removed a row of this time, because it repeated known values.
    pub(super) fn was_repeated(
        &self,
        connection: &Connection,
        at: &Datum,
    ) -> rusqlite::Result<bool> {
        let row =
            named_params! { ":history": self.history.table(), ":entity": self.text(), ":at": at };
        connection
            .prepare_cached(sql!("import/was_repeated"))?
            .query_row(row, |row| row.get(0))
    }

    /// Begins the second of the waiting rows.
    pub(super) fn enter(&mut self, layout: &Layout, rows: &[MergedRow]) {
        self.second.clear();
        self.left_out.clear();
        self.states = vec![self.merged.clone()];
        let merged = &self.merged;
        let mut values = rows.iter().map(|row| &row.values);
        self.second_changes = values.any(|row| merged.is_change(layout, &merged.completed(row)));
    }

    /// Whether the merged history has a row of the present second with the same facts.
    pub(super) fn has_in_second(&self, layout: &Layout, row: &[Datum]) -> bool {
        let mut second = self.second.iter();
        if self.history != History::Wars {
            return second.any(|known| has_same_facts(layout, known, row));
        }
        let completed = self.merged.completed(row);
        second.any(|known| {
            has_same_facts(layout, known, &completed) || has_same_facts(layout, known, row)
        })
    }

    /// Whether a stored row of a war says the same as one of its second in the merged history, and did not before: the other one
    /// was completed by imported rows.
    pub(super) fn has_become_equal(&self, layout: &Layout, row: &MergedRow) -> bool {
        let has_repeated = |(id, other): &(Option<i64>, MergedRow)| {
            id.is_some() && has_same_facts(layout, other.own_values(), row.own_values())
        };
        self.history == History::Wars
            && self.has_in_second(layout, &row.values)
            && !self.settled.iter().any(has_repeated)
    }

    /// Whether a row belongs to the merged history: it differs from the last known values, or shares its second with one
    /// that does.
    pub(super) fn is_change(&self, layout: &Layout, row: &[Datum]) -> bool {
        if self.history != History::Wars {
            return self.second_changes;
        }
        let mut states = self.states.iter();
        states.all(|state| state.is_change(layout, &state.completed(row)))
    }

    /// Records the stored rows of a second as ours, in the order of their ids, and notes which were a change before the import.
    pub(super) fn follow_ours(&mut self, layout: &Layout, rows: &mut [MergedRow]) {
        let mut second_changed = false;
        let is_war = self.history == History::Wars;
        let before = self.ours.clone();
        let is_stored = |row: &&mut MergedRow| row.origin == Origin::Stored;
        for row in rows.iter_mut().filter(is_stored) {
            let alone = self.ours.completed(row.own_values());
            let compared = if is_war { &self.ours } else { &before };
            row.was_change = compared.is_change(layout, &compared.completed(row.own_values()));
            second_changed |= row.was_change;
            self.ours.record(layout, &alone);
        }
        if second_changed && !is_war {
            for row in rows.iter_mut().filter(is_stored) {
                row.was_change = true;
            }
        }
    }

    /// Whether nothing is known of a war yet.
    pub(super) fn is_first_of_war(&self) -> bool {
        matches!(self.merged, Recorder::War(None))
    }

    pub(super) fn record(&mut self, layout: &Layout, row: Vec<Datum>) {
        self.merged.record(layout, &row);
        self.merged_at = row[layout.time].integer();
        self.second.push(row);
        if self.history == History::Wars {
            self.states.push(self.merged.clone());
        }
    }
}

pub(super) fn has_same_facts(layout: &Layout, one: &[Datum], other: &[Datum]) -> bool {
    let mut facts = layout.facts.iter();
    facts.all(|&index| one[index] == other[index])
}

/// The values of a row as the table `repeated_rows` has them.
pub(super) fn as_json(row: &[Datum]) -> String {
    let values = row.iter().map(|value| match value {
        Datum::Null => Value::Null,
        Datum::Integer(number) => Value::from(*number),
        Datum::Real(number) => Value::from(*number),
        Datum::Text(text) => Value::from(text.as_str()),
    });
    values.collect::<Value>().to_string()
}

/// The statement that adds a row of a history to the accepted ones.
pub(super) fn accept_statement(history: History) -> String {
    let layout = layout(history);
    let places = vec!["?"; layout.table.columns.len() + 2].join(", ");
    format!(
        "INSERT INTO temp.accepted (id, moved_from, {}) VALUES ({places})",
        column_list(layout.table)
    )
}
