//! The rows of one entity in both files, and its state while they are merged.

use std::collections::BTreeMap;

use rusqlite::{Connection, named_params};

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, Recorder, layout};
use crate::model::time::Month;
use crate::store::import::HistoryMonths;
use crate::store::import::held::{HeldRows, MergedRow};
use crate::store::import::staging::column_list;
use crate::store::sql;

/// The known values and rows of one entity up to the present row.
pub(super) struct Entity {
    history: History,
    pub(super) key: Vec<Datum>,
    /// The last known values with the rows of both files.
    pub(super) merged: Recorder,
    /// The last known values with our rows alone.
    pub(super) ours: Recorder,
    /// The rows of the present second that are in the merged history.
    pub(super) second: Vec<Vec<Datum>>,
    /// The states within that second, the one before it included. Rows of one second have no order of their own, so an
    /// imported row that fits any of these states is no change. Otherwise a second import would find other changes.
    pub(super) states: Vec<Recorder>,
    pub(super) at: Option<i64>,
    /// The rows of closed months. If the entity is a tile, those of open months are among them.
    pub(super) held: HeldRows,
    /// The last known values with the imported rows alone.
    theirs: Recorder,
    /// When the imported row was recorded that brought these values.
    changed_at: i64,
    /// The time of the newest row in the merged history.
    merged_at: Option<i64>,
    /// The imported rows that are left out because they repeat known values, as in the table `repeated_rows`.
    repeated: BTreeMap<i64, i64>,
    /// The unbroken sequence of ids that the imported row before is in; see [`MergedRow`].
    sequence: Option<i64>,
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
            at: None,
            held: HeldRows::default(),
            theirs: Recorder::new(history),
            changed_at: i64::MIN,
            merged_at: None,
            repeated: BTreeMap::new(),
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

    /// Counts a row that is left out because it repeats known values. If it repeats a row of its own file, it counts for that one,
    /// within its month: so a file of every poll needs no record for each poll.
    pub(super) fn leave_repeated(&mut self, month: Month) {
        let at = self.changed_at.max(month.start());
        *self.repeated.entry(at).or_default() += 1;
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

    /// Records how many rows of each month are left out because they repeat known values. Rows that the other database has
    /// kept of a pruned month say nothing about the rows that are gone, so they are recorded for this import only.
    pub(super) fn record_repeated(
        &self,
        connection: &Connection,
        pruned_there: &HistoryMonths,
    ) -> rusqlite::Result<()> {
        let is_kept = |month| pruned_there.contains(&(History::Wars.table(), month));
        for (&at, rows) in &self.repeated {
            let month = Month::of(at).filter(|month| is_kept(*month));
            if self.history == History::Wars
                && let Some(month) = month
            {
                connection
                    .prepare_cached(sql!("import/record_repeated_kept"))?
                    .execute(named_params! {
                        ":entity": self.text(),
                        ":period_start": month.start(),
                        ":rows": rows,
                    })?;
                continue;
            }
            let statement = sql!("import/record_repeated");
            connection
                .prepare_cached(statement)?
                .execute(named_params! {
                    ":history": self.history.table(),
                    ":entity": self.text(),
                    ":at": at,
                    ":rows": rows,
                })?;
        }
        Ok(())
    }

    /// Begins a new second if the time differs from that of the row before.
    pub(super) fn enter(&mut self, at: Option<i64>) {
        if self.states.is_empty() || self.at != at {
            self.at = at;
            self.second.clear();
            self.states = vec![self.merged.clone()];
        }
    }

    pub(super) fn record(&mut self, layout: &Layout, row: Vec<Datum>) {
        self.merged.record(layout, &row);
        self.merged_at = row[layout.time].integer();
        self.second.push(row);
        self.states.push(self.merged.clone());
    }
}

/// Selects the imported rows, and all stored rows of the same entities. In one second, the stored rows come first.
/// `has_deleted_rows`: missing ids are those of deleted rows, so the sequences of ids are numbered.
pub(super) fn rows_in_order(history: History, has_deleted_rows: bool) -> String {
    let layout = layout(history);
    let columns = column_list(layout.table);
    let table = history.table();
    let entity: Vec<&str> = layout.entity_names().collect();
    let entity = entity.join(", ");
    let time = layout.table.columns[layout.time].name;
    // The difference grows by the number of ids that are missing in between.
    let sequence = if has_deleted_rows {
        "source_id - row_number() OVER (ORDER BY source_id)"
    } else {
        "NULL"
    };
    // The rows of the same second are in the frame, too.
    let more = match history {
        History::Wars => {
            ", min(required_score) OVER (PARTITION BY war_type, war_id ORDER BY recorded_at) \
                          AS lowest_required_score"
        }
        _ => "",
    };
    format!(
        "SELECT *{more} FROM (
             SELECT 1 AS is_imported, rowid AS row_id, source_id, {sequence} AS sequence, {columns}
             FROM temp.imported_{table}
             UNION ALL
             SELECT 0, id, NULL, NULL, {columns} FROM main.{table}
             WHERE ({entity}) IN (SELECT {entity} FROM temp.imported_{table}))
         ORDER BY {entity}, {time}, is_imported, row_id"
    )
}
