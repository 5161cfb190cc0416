//! Reads which history rows another database has left out or removed in imports of its own, because they repeated known values.
//!
//! They may be changes here. So each of these rows is decided again, as if the file that it came from was imported.

use rusqlite::{Connection, Row, Statement, named_params};
use serde_json::Value;

use crate::error::{Result, WithContext};
use crate::model::history::History;
use crate::model::import::cell::{Converted, Dialect};
use crate::model::import::datum::Datum;
use crate::model::import::kind::Kind;
use crate::model::import::recorder::layout;
use crate::model::import::report::{Skip, Tally};
use crate::model::import::sense::MOST_ROWS;
use crate::model::time::Month;
use crate::store::import::read::{convert, copy_rows, entity_of};
use crate::store::import::{HistoryMonths, Tallies, staging};
use crate::store::{SqlContext, interrupt, sql};

/// A record of the table `repeated_rows` of the other database.
struct Record {
    entity: String,
    at: i64,
    rows: i64,
    /// The row, if it may be a change.
    row: Option<Vec<Datum>>,
    /// Whether `rows` counts the row of this time. Only rows of wars are counted so.
    has_row: bool,
}

/// Copies the rows to the temporary tables of their histories, and the numbers of those without values to `temp.left_out`.
///
/// `pruned`: the months of which the other database has pruned rows. It has only the numbers of the rows that it has left out of
/// these months, and its summaries do not count them.
pub(super) fn copy(
    source: &Connection,
    target: &Connection,
    dialect: &Dialect,
    pruned: &HistoryMonths,
    tallies: &mut Tallies,
) -> Result<()> {
    let action = "read the table repeated_rows";
    let mut count = target
        .prepare(sql!("import/insert_left_out"))
        .context("prepare the import")?;
    let mut statement = source
        .prepare(sql!("import/list_repeated"))
        .context(action)?;
    for history in History::ALL {
        let tally = tallies.entry(history.table()).or_default();
        let mut insert = staging::insert_left_out(target, layout(history).table)?;
        let mut rows = statement
            .query(named_params! { ":history": history.table() })
            .context(action)?;
        while let Some(row) = rows.next().context(action)? {
            interrupt::check().with_context(|| "read the file".to_owned())?;
            let cells = cells(row).context(action)?;
            let record = match check(history, &cells, dialect, tally) {
                Ok(record) => record,
                Err(skip) => {
                    tally.skip(skip);
                    continue;
                }
            };
            let month = Month::of(record.at).map(|month| (history.table(), month));
            if record.row.is_some() || !month.is_some_and(|month| pruned.contains(&month)) {
                stage(history, &record, &mut count, &mut insert)?;
            }
        }
    }
    Ok(())
}

/// Copies how many rows of each month the other database has left out, and how many the source of each imported summary had.
pub(super) fn count_months(source: &Connection, target: &Connection, now: i64) -> Result<()> {
    copy_rows(
        source,
        sql!("import/list_source_left_out"),
        now,
        target,
        sql!("import/insert_left_out_month"),
    )
    .context("read the table repeated_rows")
}

/// The entity, the time, the number, the row, and whether it is one of the rows.
fn cells(row: &Row<'_>) -> rusqlite::Result<[Datum; 5]> {
    Ok([
        row.get("entity")?,
        row.get("at")?,
        row.get("rows")?,
        row.get("row")?,
        row.get("has_row")?,
    ])
}

/// Checks the values of a record, because the file may be damaged.
fn check(
    history: History,
    [entity, at, rows, row, has_row]: &[Datum; 5],
    dialect: &Dialect,
    tally: &mut Tally,
) -> Result<Record, Skip> {
    let flaw = |flaw: &str| Skip::Left(format!("repeated_rows: {flaw}"));
    let Datum::Text(entity) = entity else {
        return Err(flaw("entity is not a text"));
    };
    let at = match dialect.convert(Kind::Moment, at) {
        Converted::Kept(Datum::Integer(at)) => at,
        Converted::Unusable(reason) => return Err(flaw(&format!("at {reason}"))),
        _ => return Err(flaw("at is not a number")),
    };
    let rows = rows.integer().filter(|rows| (0..=MOST_ROWS).contains(rows));
    let rows = rows.ok_or_else(|| flaw("rows is out of range"))?;
    let row = match row {
        Datum::Text(text) if text.is_empty() => None,
        Datum::Text(text) => {
            let layout = layout(history);
            let cells = decoded(text).filter(|cells| cells.len() == layout.table.columns.len());
            let cells = cells.ok_or_else(|| flaw("row is not an array of the columns"))?;
            let row = convert(layout.table, &cells, dialect, tally)?;
            if entity_of(layout.table, history, &row) != *entity
                || row[layout.time].integer() != Some(at)
            {
                return Err(flaw("row is of another entity or time"));
            }
            Some(row)
        }
        _ => return Err(flaw("row is not a text")),
    };
    Ok(Record {
        entity: entity.clone(),
        at,
        rows,
        row,
        has_row: has_row.integer() == Some(1),
    })
}

/// The values of a JSON array; `None` if the text is none, or has another array or an object in it.
fn decoded(text: &str) -> Option<Vec<Datum>> {
    let values: Vec<Value> = serde_json::from_str(text).ok()?;
    let datum = |value| match value {
        Value::Null => Some(Datum::Null),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Datum::Integer(whole)),
            None => number.as_f64().map(Datum::Real),
        },
        Value::String(text) => Some(Datum::Text(text)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    values.into_iter().map(datum).collect()
}

fn stage(
    history: History,
    record: &Record,
    count: &mut Statement<'_>,
    insert: &mut Statement<'_>,
) -> Result<()> {
    let staged = match &record.row {
        Some(row) => insert.execute(rusqlite::params_from_iter(row)),
        None => count.execute(named_params! {
            ":history": history.table(),
            ":entity": record.entity,
            ":at": record.at,
            ":rows": record.rows,
            ":has_row": record.has_row,
        }),
    };
    staged
        .map(drop)
        .context("fill the temporary tables of the import")
}
