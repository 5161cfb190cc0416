//! Reads the tables of a source database, converts each value, and fills the temporary tables.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params_from_iter};

use crate::error::Result;
use crate::model::history::History;
use crate::model::import::cell::{Converted, Dialect};
use crate::model::import::datum::Datum;
use crate::model::import::kind::Kind;
use crate::model::import::recorder::layout;
use crate::model::import::report::{Skip, Tally};
use crate::model::import::rules::{Column, Table};
use crate::model::import::sense::{PERIOD, Period};
use crate::store::SqlContext;
use crate::store::import::staging;

/// Corrects a converted row before it is kept, or returns the reason to leave it.
pub(super) type Finish<'a> = dyn Fn(&mut Vec<Datum>, &Period, &mut Tally) -> Result<(), Skip> + 'a;

/// Copies one table of the source to its temporary table. A missing table is an empty one.
pub(super) fn copy_table(
    source: &Connection,
    target: &Connection,
    table: &Table,
    dialect: &Dialect,
    finish: &Finish<'_>,
) -> Result<Tally> {
    let action = || format!("read the table {}", table.name);
    let mut tally = Tally::default();
    let names = columns_of(source, table.name).context(action())?;
    if names.is_empty() {
        return Ok(tally);
    }
    let order = if names.contains("id") { "id" } else { "1" };
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| source_column(column, &names).unwrap_or_else(|| "NULL".to_owned()))
        .collect();
    let mut statement = source
        .prepare(&format!(
            "SELECT {}, {} FROM \"{}\" ORDER BY {order}",
            columns.join(", "),
            period_columns(&names),
            table.name
        ))
        .context(action())?;
    let unowned = missing_owner(table, &names);
    let mut insert = staging::insert(target, table)?;
    let mut rows = statement.query([]).context(action())?;
    while let Some(row) = rows.next().context(action())? {
        if let Some(skip) = &unowned {
            tally.skip(skip.clone());
            continue;
        }
        let cells = cells(row, table, 0).context(action())?;
        let period = period(row, table).context(action())?;
        let converted = convert(table, &cells, dialect, &mut tally);
        let finished = converted.and_then(|mut row| {
            finish(&mut row, &period, &mut tally)?;
            Ok(row)
        });
        match finished {
            Ok(row) => staging::add(&mut insert, &row)?,
            Err(skip) => tally.skip(skip),
        }
    }
    Ok(tally)
}

/// The columns of a summary that say which month it is of, or NULL.
fn period_columns(names: &BTreeSet<String>) -> String {
    PERIOD
        .map(|name| if names.contains(name) { name } else { "NULL" })
        .join(", ")
}

/// The values of [`period_columns`], which follow those of the table.
fn period(row: &Row<'_>, table: &Table) -> rusqlite::Result<Period> {
    let first = table.columns.len();
    Ok([row.get(first)?, row.get(first + 1)?])
}

/// Copies the rows that one statement lists in the source with another one to the target, as they are.
///
/// `until`: the parameter of `list`, in unix seconds.
pub(super) fn copy_rows(
    source: &Connection,
    list: &str,
    until: i64,
    target: &Connection,
    insert: &str,
) -> rusqlite::Result<()> {
    let mut insert = target.prepare(insert)?;
    let mut statement = source.prepare(list)?;
    let columns = statement.column_count();
    let mut rows = statement.query([until])?;
    while let Some(row) = rows.next()? {
        let cells = (0..columns).map(|column| row.get::<_, Datum>(column));
        insert.execute(params_from_iter(cells.collect::<Result<Vec<_>, _>>()?))?;
    }
    Ok(())
}

/// Why no row can be taken of a table without the column of the owner: NULL would say that nobody owns the tile.
fn missing_owner(table: &Table, names: &BTreeSet<String>) -> Option<Skip> {
    let mut owners = table
        .columns
        .iter()
        .filter(|column| column.kind == Kind::Owner);
    let missing = owners.find(|column| source_column(column, names).is_none())?;
    Some(Skip::Left(format!(
        "the file has no column {}, and unknown owners would be stored as \"no owner\"",
        missing.name
    )))
}

/// The first name of the column that the table has, quoted.
fn source_column(column: &Column, names: &BTreeSet<String>) -> Option<String> {
    std::iter::once(&column.name)
        .chain(column.aliases)
        .find(|name| names.contains(**name))
        .map(|name| format!("\"{name}\""))
}

/// The values of the columns of `table`, which are the last ones of the statement from the index `first` on.
pub(super) fn cells(row: &Row<'_>, table: &Table, first: usize) -> rusqlite::Result<Vec<Datum>> {
    (first..first + table.columns.len())
        .map(|index| row.get(index))
        .collect()
}

/// Converts the cells of a row. A value that is unusable becomes unknown, unless the row needs it.
pub(super) fn convert(
    table: &Table,
    cells: &[Datum],
    dialect: &Dialect,
    tally: &mut Tally,
) -> Result<Vec<Datum>, Skip> {
    let mut row = Vec::with_capacity(cells.len());
    let mut mends: Vec<(&str, &str)> = Vec::new();
    for (column, cell) in table.columns.iter().zip(cells) {
        row.push(match dialect.convert(column.kind, cell) {
            Converted::Kept(value) => value,
            Converted::Mended(value, mend) => {
                mends.push((column.name, mend));
                value
            }
            Converted::Unusable(flaw) => unknown(column, flaw, &mut mends)?,
            Converted::Misshapen(form) => unknown(column, form.flaw(), &mut mends)?,
        });
    }
    forget_changes(table, &mut row, &mends);
    // A row that is left is not counted as mended.
    for (column, mend) in mends {
        tally.mend(column, mend);
    }
    Ok(row)
}

/// Makes the change of a value unknown whose start or end could not be read.
fn forget_changes(table: &Table, row: &mut [Datum], mends: &[(&str, &str)]) {
    for (column, _) in mends {
        let ends = ["_start", "_end"];
        let value = ends.iter().find_map(|end| column.strip_suffix(end));
        let change = value.and_then(|value| table.position(&format!("{value}_change")));
        if let Some(change) = change
            && row[table.index(column)].is_null()
        {
            row[change] = Datum::Null;
        }
    }
}

/// NULL for a value that cannot be read, unless the row needs the value.
fn unknown(
    column: &Column,
    flaw: &'static str,
    mends: &mut Vec<(&str, &str)>,
) -> Result<Datum, Skip> {
    if column.kind.is_required() {
        return Err(Skip::Left(format!("{} {flaw}", column.name)));
    }
    mends.push((column.name, flaw));
    Ok(Datum::Null)
}

/// The entity of a summary, as [`schema_of`](crate::store::history::schema_of) has it for history rows.
pub(super) fn entity_of(table: &Table, history: History, row: &[Datum]) -> String {
    let parts = layout(history).entity_names();
    let parts: Vec<String> = parts
        .map(|name| match &row[table.index(name)] {
            Datum::Integer(number) => number.to_string(),
            Datum::Text(text) => text.clone(),
            _ => String::new(),
        })
        .collect();
    parts.join(" ")
}

/// The names of the columns of a table in small letters; none if there is no such table.
pub(super) fn columns_of(
    connection: &Connection,
    table: &str,
) -> rusqlite::Result<BTreeSet<String>> {
    connection
        .prepare("SELECT lower(name) FROM pragma_table_info(?)")?
        .query_map([table], |row| row.get(0))?
        .collect()
}
