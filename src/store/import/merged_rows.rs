//! The rows of both files in the order of their times.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::{Layout, layout, with_end};
use crate::store::import::read::cells;
use crate::store::import::staging::{column_list, entity_list};

/// The source of a row. In one second, the rows are in this order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Origin {
    /// Our history.
    Stored,
    /// Our table `repeated_rows`: an earlier import has left it out or removed it.
    Revived,
    /// The history of the other file.
    Imported,
    /// The table `repeated_rows` of the other file, which has left it out or removed it in an import of its own.
    LeftOut,
}

impl FromSql for Origin {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        [Self::Stored, Self::Revived, Self::Imported, Self::LeftOut]
            .into_iter()
            .find(|origin| *origin as i64 == number)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}

/// A row of either file.
pub(super) struct MergedRow {
    pub(super) origin: Origin,
    pub(super) id: i64,
    /// The id of an imported row in its own file, if it can be kept.
    pub(super) source_id: Option<i64>,
    /// The number of the unbroken sequence of ids that an imported row is in. `None` if the ids of the file tell nothing.
    pub(super) sequence: Option<i64>,
    /// The columns of the table without the id. A row of a war has the required score that one collector would have stored.
    pub(super) values: Vec<Datum>,
    /// The values in its own file, if they differ.
    pub(super) original: Option<Vec<Datum>>,
    /// Whether a stored row was a change before the import.
    pub(super) was_change: bool,
}

impl MergedRow {
    /// A row of which only the values count.
    pub(super) fn imported(values: Vec<Datum>) -> Self {
        Self {
            origin: Origin::Imported,
            id: 0,
            source_id: None,
            sequence: None,
            values,
            original: None,
            was_change: false,
        }
    }

    /// The values in its own file.
    pub(super) fn own_values(&self) -> &[Datum] {
        self.original.as_ref().unwrap_or(&self.values)
    }

    /// Reads a row of [`rows_in_order`].
    pub(super) fn read(
        row: &Row<'_>,
        history: History,
        layout: &Layout,
        keeps_ids: bool,
    ) -> rusqlite::Result<Self> {
        const FIRST_VALUE: usize = 4;
        let values = cells(row, layout.table, FIRST_VALUE)?;
        let carried = match history {
            History::Wars => with_end(
                &values,
                row.get("lowest_required_score")?,
                row.get("lowest_at_end")?,
                row.get("known_winner")?,
            ),
            _ => None,
        };
        let (values, original) = match carried {
            Some(carried) => (carried, Some(values)),
            None => (values, None),
        };
        Ok(Self {
            origin: row.get("origin")?,
            id: row.get("row_id")?,
            source_id: if keeps_ids {
                row.get("source_id")?
            } else {
                None
            },
            sequence: row.get("sequence")?,
            values,
            original,
            was_change: false,
        })
    }
}

/// Finds the rows of the imported entities that earlier imports have left out or removed, because they repeated known values.
pub(super) fn find_revived(history: History) -> String {
    let table = history.table();
    let names: Vec<&str> = layout(history).entity_names().collect();
    // As in the table `repeated_rows`.
    let entity = names.join(" || ' ' || ");
    format!(
        "INSERT INTO temp.revived (entity, at, row)
         SELECT entity, at, row FROM main.repeated_rows
         WHERE history = '{table}' AND row <> '' AND rows > 0
           AND entity IN (SELECT CAST({entity} AS TEXT) FROM temp.imported_{table})
         ORDER BY entity, at, row"
    )
}

/// Selects the imported rows, those of [`find_revived`], and all stored rows of the same entities. In one second, they are in
/// the order of their [`Origin`].
/// `has_deleted_rows`: missing ids are those of deleted rows, so the sequences of ids are numbered.
///
/// The stored rows are read in the order of the table. Through the index by entity, almost each row would be on another
/// page than the one before, and SQLite sorts all of them anyway.
pub(super) fn rows_in_order(history: History, has_deleted_rows: bool) -> String {
    let layout = layout(history);
    let columns = column_list(layout.table);
    let table = history.table();
    let entity = entity_list(&layout);
    let time = layout.table.columns[layout.time].name;
    // The difference grows by the number of ids that are missing in between.
    let sequence = if has_deleted_rows {
        "source_id - row_number() OVER (ORDER BY source_id)"
    } else {
        "NULL"
    };
    // The rows of the same second are in the frame, too. Each collector has seen the required score of an end before the war was
    // over. So it was known before any end, also if that row is pruned.
    let (more, join) = match history {
        History::Wars => (
            ", min(required_score) OVER (PARTITION BY war_type, war_id ORDER BY recorded_at) AS lowest_required_score,
             min(required_score) FILTER (WHERE status IN ('completed', 'cancelled')) OVER (PARTITION BY war_type, war_id)
                 AS lowest_at_end,
             known.winner_faction_id AS known_winner",
            "LEFT JOIN temp.newest_winners AS known USING (war_type, war_id)",
        ),
        _ => ("", ""),
    };
    let revived: Vec<String> = (0..layout.table.columns.len())
        .map(|column| format!("row ->> {column}"))
        .collect();
    let revived = revived.join(", ");
    format!(
        "SELECT merged.*{more} FROM (
             SELECT iif(is_left_out, {left_out}, {imported}) AS origin, rowid AS row_id, source_id, {sequence} AS sequence,
                 {columns}
             FROM temp.imported_{table}
             UNION ALL
             SELECT {is_revived}, rowid, NULL, NULL, {revived} FROM temp.revived
             UNION ALL
             SELECT {stored}, id, NULL, NULL, {columns} FROM main.{table} NOT INDEXED
             WHERE ({entity}) IN (SELECT {entity} FROM temp.imported_{table})) AS merged
         {join}
         ORDER BY {entity}, {time}, origin, row_id",
        stored = Origin::Stored as i64,
        is_revived = Origin::Revived as i64,
        imported = Origin::Imported as i64,
        left_out = Origin::LeftOut as i64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::history::render;
    use crate::store::import::staging;
    use crate::store::tests::plan_of;
    use crate::store::{Store, sql};

    /// A new database with the temporary tables of an import. It lasts as long as the folder.
    fn with_staging() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        staging::create(store.connection()).unwrap();
        (folder, store)
    }

    #[test]
    fn the_stored_rows_are_read_in_the_order_of_the_table() {
        let (_folder, store) = with_staging();

        for history in History::ALL {
            let steps = plan_of(&store, &rows_in_order(history, false));

            let scan = format!("SCAN main.{}", history.table());
            assert!(steps.contains(&scan), "{history:?}: {steps:#?}");
            assert_no_scan_for_each_row(&steps);
        }
    }

    /// Checks that no correlated subquery scans a table. Its time would grow with the square of the rows.
    fn assert_no_scan_for_each_row(steps: &[String]) {
        let mut steps_of_each_row = steps
            .iter()
            .skip_while(|step| !step.starts_with("CORRELATED"));
        let scan = steps_of_each_row.find(|step| step.starts_with("SCAN"));
        assert_eq!(scan, None, "{steps:#?}");
    }

    #[test]
    fn no_statement_of_an_import_reads_a_whole_table_for_each_row() {
        let (_folder, store) = with_staging();

        for history in History::ALL {
            staging::create_accepted(store.connection(), history).unwrap();
            let moved = plan_of(&store, &render(history, sql!("import/move_rows")));
            assert_no_scan_for_each_row(&moved);
        }
        for statement in [
            sql!("import/leave_repeated_wars"),
            sql!("import/fill_winners"),
        ] {
            assert_no_scan_for_each_row(&plan_of(&store, statement));
        }
        let winners = plan_of(&store, sql!("import/fill_winners"));
        let by_war = "idx_known_winners (war_type=? AND war_id=?)";
        assert!(
            winners.iter().any(|step| step.contains(by_war)),
            "{winners:#?}"
        );
    }
}
