//! Ids that are missing in an imported file.
//!
//! A prune deletes rows, and their ids are missing in what `export` then writes. A row after such a gap was a change, also if
//! it repeats the row before. But `export --player` leaves out ids, too. The two differ in the rows before the last gap: a
//! prune has left only those that it keeps.

use rusqlite::{Connection, named_params};

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, layout};
use crate::model::month_state::Closing;
use crate::store::import::held::HeldRows;
use crate::store::import::merged_rows::MergedRow;
use crate::store::import::read::cells;
use crate::store::import::staging::{column_list, entity_list};

/// Whether ids are missing among the imported rows of a history, and a prune explains it. Each row has its own id.
pub(super) fn are_of_a_prune(connection: &Connection, history: History) -> rusqlite::Result<bool> {
    // The id of the first row after the last missing one.
    let last_gap: Option<i64> = connection.query_row(
        &format!(
            "SELECT max(source_id) FROM (
                 SELECT source_id, lag(source_id) OVER (ORDER BY source_id) AS before FROM temp.imported_{})
             WHERE source_id > before + 1",
            history.table()
        ),
        [],
        |row| row.get(0),
    )?;
    let Some(last_gap) = last_gap else {
        return Ok(false);
    };
    let mut check = Check {
        connection,
        history,
        layout: layout(history),
        entity: Vec::new(),
        rows: HeldRows::default(),
    };
    check.keeps_all(last_gap)
}

struct Check<'a> {
    connection: &'a Connection,
    history: History,
    layout: Layout,
    entity: Vec<Datum>,
    /// The rows of the entity.
    rows: HeldRows,
}

impl Check<'_> {
    /// Whether a prune would have kept each row up to the first one after the last gap. That row is one of them: of all rows
    /// that are old enough, a prune keeps the newest.
    fn keeps_all(&mut self, last_gap: i64) -> rusqlite::Result<bool> {
        const FIRST_VALUE: usize = 1;
        let mut statement = self.connection.prepare(&format!(
            "SELECT source_id <= :last_gap AS is_before, {columns} FROM temp.imported_{table}
             WHERE is_before OR :needs_all
             ORDER BY {entity}, {time}, source_id",
            columns = column_list(self.layout.table),
            table = self.history.table(),
            entity = entity_list(&self.layout),
            time = self.layout.table.columns[self.layout.time].name,
        ))?;
        // A newer row of a tile can decide which of the older ones show since when it has its owner.
        let mut rows = statement.query(named_params! {
            ":last_gap": last_gap,
            ":needs_all": self.history == History::Territories,
        })?;
        while let Some(row) = rows.next()? {
            let is_before: bool = row.get("is_before")?;
            let values = cells(row, self.layout.table, FIRST_VALUE)?;
            let key = self.layout.entity.iter().map(|&index| &values[index]);
            if !key.clone().eq(&self.entity) {
                if !self.keeps_entity()? {
                    return Ok(false);
                }
                self.entity = key.cloned().collect();
            }
            self.rows.push(
                MergedRow::imported(values),
                is_before.then_some(Closing::Pruned),
            );
        }
        self.keeps_entity()
    }

    /// Whether a prune would have kept all rows of the entity that are before the last gap.
    fn keeps_entity(&mut self) -> rusqlite::Result<bool> {
        if self.rows.is_empty() {
            return Ok(true);
        }
        let decided = self
            .rows
            .drain(self.connection, self.history, &self.layout, &self.entity)?;
        Ok(decided.iter().all(|(_, closing)| closing.is_none()))
    }
}
