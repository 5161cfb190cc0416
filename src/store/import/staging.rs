//! The temporary tables that hold the converted rows of the source.

use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Statement, ToSql, params_from_iter};

use crate::error::{Result, WithContext};
use crate::model::history::History;
use crate::model::import::datum::Datum;
use crate::model::import::recorder::Layout;
use crate::model::import::rules::{TABLES, Table};
use crate::store::history::schema_of;
use crate::store::import::Tallies;
use crate::store::{SqlContext, interrupt, sql};

impl ToSql for Datum {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(number) => ToSqlOutput::from(*number),
            Self::Real(number) => ToSqlOutput::from(*number),
            Self::Text(text) => ToSqlOutput::from(text.as_str()),
        })
    }
}

/// A blob is read as text, because the Python program's columns took every type.
impl FromSql for Datum {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                Self::Text(String::from_utf8_lossy(bytes).into_owned())
            }
        })
    }
}

/// Creates the tables, all of them empty. They are in files, so that memory use does not grow with the source.
pub(in crate::store) fn create(connection: &Connection) -> Result<()> {
    let tables: Vec<String> = TABLES
        .iter()
        .map(|table| {
            format!(
                "CREATE TEMP TABLE imported_{} ({}, source_id, within DEFAULT 0, coarse_at, occurrence, is_left_out DEFAULT 0);",
                table.name,
                column_list(table)
            )
        })
        .collect();
    let tables = tables.concat();
    // Setting temp_store drops all temporary tables.
    connection
        .execute_batch(&format!("PRAGMA temp_store = FILE; {tables}"))
        .and_then(|()| connection.execute_batch(sql!("import_staging")))
        .context("create the temporary tables of the import")?;
    create_accepted(connection, History::Players)
}

/// Creates the table of the rows that `histories.rs` decides to add to one history.
pub(super) fn create_accepted(connection: &Connection, history: History) -> Result<()> {
    connection
        .execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.accepted;
             CREATE TEMP TABLE accepted ({}, moved_from INTEGER);
             CREATE INDEX temp.accepted_moved ON accepted (moved_from) WHERE moved_from IS NOT NULL;
             DELETE FROM temp.replaced;
             DELETE FROM temp.touched;
             DELETE FROM temp.revived;",
            schema_of(history).columns
        ))
        .context("create the temporary tables of the import")
}

/// Drops the tables.
pub(super) fn drop_all(connection: &Connection) -> Result<()> {
    connection
        .execute_batch("PRAGMA temp_store = MEMORY")
        .context("drop the temporary tables of the import")
}

/// The names of the columns, separated by commas.
pub(super) fn column_list(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

/// The names of the columns that name the entity, separated by commas.
pub(super) fn entity_list(layout: &Layout) -> String {
    let names: Vec<&str> = layout.entity_names().collect();
    names.join(", ")
}

/// The statement that adds a row to the temporary table.
pub(super) fn insert<'a>(connection: &'a Connection, table: &Table) -> Result<Statement<'a>> {
    let places = vec!["?"; table.columns.len() + 2].join(", ");
    connection
        .prepare(&format!(
            "INSERT INTO temp.imported_{} ({}, source_id, within) VALUES ({places})",
            table.name,
            column_list(table)
        ))
        .context("fill the temporary tables of the import")
}

/// The statement that adds a row that the source has left out itself.
pub(super) fn insert_left_out<'a>(
    connection: &'a Connection,
    table: &Table,
) -> Result<Statement<'a>> {
    let places = vec!["?"; table.columns.len()].join(", ");
    connection
        .prepare(&format!(
            "INSERT INTO temp.imported_{} ({}, is_left_out) VALUES ({places}, 1)",
            table.name,
            column_list(table)
        ))
        .context("fill the temporary tables of the import")
}

/// Adds a row.
pub(super) fn add(statement: &mut Statement<'_>, row: &[Datum]) -> Result<()> {
    add_of_csv(statement, row, None, 0)
}

/// Adds a row that keeps its id, if our table has never had any row. `within`: the row was recorded in the so many seconds from
/// its time on; 0: exactly then.
pub(super) fn add_of_csv(
    statement: &mut Statement<'_>,
    row: &[Datum],
    id: Option<i64>,
    within: i64,
) -> Result<()> {
    interrupt::check().with_context(|| "read the file".to_owned())?;
    let more = [
        id.map_or(Datum::Null, Datum::Integer),
        Datum::Integer(within),
    ];
    statement
        .execute(params_from_iter(row.iter().chain(&more)))
        .map(drop)
        .context("fill the temporary tables of the import")
}

/// Whether the imported rows can keep their ids, because our table has never had any row.
pub(super) fn keeps_ids(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection.query_row(
        &format!(
            "SELECT NOT EXISTS (SELECT 1 FROM main.{table})
                AND NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = '{table}' AND seq > 0)
                AND (SELECT count(*) = count(DISTINCT source_id) FROM temp.imported_{table})"
        ),
        [],
        |row| row.get(0),
    )
}

/// Counts the rows of a temporary table, of which `taken` told something new.
pub(super) fn tally(
    connection: &Connection,
    table: &'static str,
    taken: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    let all: i64 = connection
        .query_row(
            &format!("SELECT count(*) FROM temp.imported_{table}"),
            [],
            |row| row.get(0),
        )
        .context("count the imported rows")?;
    let tally = tallies.entry(table).or_default();
    tally.taken += taken;
    tally.already_there += (all - taken).max(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::import::read::columns_of;

    #[test]
    fn the_rules_have_every_column_with_data() {
        /// Columns that an import derives from others, or assigns.
        const DERIVED: [&str; 3] = ["id", "period_end", "period_type"];
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        for table in &TABLES {
            let mut expected = columns_of(store.connection(), table.name).unwrap();
            expected.retain(|column| !DERIVED.contains(&column.as_str()));
            let found = table.columns.iter().map(|column| column.name.to_owned());

            assert_eq!(
                found.collect::<std::collections::BTreeSet<_>>(),
                expected,
                "{}",
                table.name
            );
        }
        for history in History::ALL {
            let table = TABLES.iter().find(|table| table.name == history.table());
            let columns = format!("id, {}", column_list(table.unwrap()));

            assert_eq!(columns, schema_of(history).columns);
        }
    }
}
