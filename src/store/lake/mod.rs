//! Reads the rows that a lake gets.

mod fingerprint;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::{named_params, params};

use crate::error::{Error, Exit, Result};
use crate::model::history::History;
use crate::model::lake::columns::LakeColumns;
use crate::model::lake::manifest::ColumnEntry;
use crate::model::lake::{Dataset, Rule};
use crate::model::rows::{Row as _, Value, place_of};
use crate::model::time::Month;
use crate::store::export::{ReadRow, quoted};
use crate::store::history::render;
use crate::store::{SqlContext, Store, sql, trace};

pub(crate) use fingerprint::Fingerprint;
pub(in crate::store) use fingerprint::row_hash;

/// The months of a dataset that have rows. The only key of a dataset that is not divided into months is `None`.
pub(crate) type Fingerprints = BTreeMap<Option<Month>, Fingerprint>;

/// The help about a value that no file can hold.
pub(crate) const CORRECT_VALUE: &str =
    "correct the value in the database, or delete the row; the files that were there are unchanged";

/// The years from 1970 to 9999, whose months have four digits before the hyphen.
const MOMENTS: std::ops::Range<i64> = 0..253_402_300_800;

impl Store {
    /// The columns of a dataset in a lake whose files have the columns `in_lake`; `None`: it has no file of the dataset.
    ///
    /// # Errors
    ///
    /// [`Exit::Config`] if a column has another type in the lake.
    pub(crate) fn lake_columns(
        &self,
        dataset: &Dataset,
        in_lake: Option<&[ColumnEntry]>,
    ) -> Result<LakeColumns> {
        let table = dataset.table;
        LakeColumns::join(self.declared_columns(table)?, in_lake).map_err(|conflict| {
            let column = quoted(conflict.column());
            let other = quoted(&format!("{}_2", conflict.column()));
            Error::new(format!("write {table} to the lake"))
                .with_source(conflict.describe("in the table"))
                .with_help(format!(
                    "give the column of the table another name: ALTER TABLE {table} RENAME COLUMN {column} TO {other}"
                ))
                .with_exit(Exit::Config)
        })
    }

    /// The months of a dataset, and what tells whether their rows have changed. Reads the whole table once.
    pub(crate) fn fingerprints(
        &self,
        dataset: &Dataset,
        columns: &LakeColumns,
    ) -> Result<Fingerprints> {
        let time = dataset.time.and_then(|time| place_of(columns, time));
        let select = select_rows(dataset, columns);
        let mut found = Fingerprints::new();
        let mut month: Option<Month> = None;
        let mut bad = None;
        self.each_row(&select, &[], |row| {
            if let Some(time) = time {
                let Value::Integer(at) = row.value(time) else {
                    return ControlFlow::Continue(());
                };
                // Most rows are of the month of the row before.
                if !month.is_some_and(|month| month.start() <= at && at < month.end()) {
                    month = month_of(at);
                }
                if month.is_none() {
                    bad = Some((at, dataset.name_of(columns, row)));
                    return ControlFlow::Break(());
                }
            }
            found.entry(month).or_default().add(row, columns.in_table());
            ControlFlow::Continue(())
        })?;
        match bad {
            None => Ok(found),
            Some((at, row)) => Err(Error::new(format!(
                "tell the month of a row of {}",
                dataset.table
            ))
            .with_source(format!(
                "its {} {at} is not in the years from 1970 to 9999, in the row with the {row}",
                dataset.time.unwrap_or_default()
            ))
            .with_help(CORRECT_VALUE)
            .with_exit(Exit::Damaged)),
        }
    }

    /// The number of rows of each month of a history. Reads only the index of the times.
    pub(crate) fn count_rows_of_months(
        &self,
        dataset: &Dataset,
        columns: &LakeColumns,
    ) -> Result<BTreeMap<Month, u64>> {
        let (table, time) = (dataset.table, dataset.time.unwrap_or_default());
        let next = format!("SELECT min({time}) FROM {table} WHERE {time} >= ?1");
        let count = format!("SELECT count(*) FROM {table} WHERE {time} >= ?1 AND {time} < ?2");
        let mut counts = BTreeMap::new();
        let mut from = i64::MIN;
        let connection = self.connection();
        while let Some(at) = connection
            .query_row(&next, [from], |row| row.get::<_, Option<i64>>(0))
            .context("find the months of the rows")?
        {
            let Some(month) = month_of(at) else {
                // Fails, and names the row.
                self.fingerprints(dataset, columns)?;
                break;
            };
            let rows = connection
                .query_row(&count, [month.start(), month.end()], |row| row.get(0))
                .context("count the rows of a month")?;
            counts.insert(month, rows);
            from = month.end();
        }
        Ok(counts)
    }

    /// Passes the rows of a month, or of the whole dataset, to `each` in the order of the files, until it breaks.
    pub(crate) fn stream_lake_rows(
        &self,
        dataset: &Dataset,
        columns: &LakeColumns,
        month: Option<Month>,
        mut each: impl FnMut(&ReadRow<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        // The function may wait for the disk.
        let each = |row: &ReadRow<'_>| trace::outside(|| each(row));
        let rows = select_rows(dataset, columns);
        let order = dataset.order.join(", ");
        // Through the index by entity, almost each row would be on another page than the one before. The plus sign hides it.
        let sorted = match dataset.rule {
            Rule::Rows(_) => "+",
            _ => "",
        };
        match (dataset.time, month) {
            (Some(time), Some(month)) => self.each_row(
                &format!("{rows} WHERE {time} >= ?2 AND {time} < ?3 ORDER BY {sorted}{order}"),
                &[month.start(), month.end()],
                each,
            ),
            _ => self.each_row(&format!("{rows} ORDER BY {order}"), &[], each),
        }
    }

    fn each_row(
        &self,
        select: &str,
        moments: &[i64],
        mut each: impl FnMut(&ReadRow<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let database = self.identity()?.id;
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection().prepare(select)?;
            let mut rows = match moments {
                [from, until] => statement.query(params![database.as_str(), from, until])?,
                _ => statement.query(params![database.as_str()])?,
            };
            while let Some(row) = rows.next()? {
                if each(&ReadRow::new(row)).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().context("read the rows")?;
        self.check_unchanged()
    }

    /// Whether imports have removed all history rows of a month to which a table of summaries belongs.
    pub(crate) fn has_lost_history(&self, summaries: &str, month: Month) -> Result<bool> {
        let Some(history) = History::from_summary_table_name(summaries) else {
            return Ok(false);
        };
        let parameters = named_params! {
            ":history": history.table(), ":from": month.start(), ":until": month.end(),
        };
        self.connection()
            .query_row(
                &render(history, sql!("export/has_no_history")),
                parameters,
                |row| row.get("has_none"),
            )
            .context(format!("look for {} of {month}", history.table()))
    }

    /// Whether a history has a row with this id.
    pub(crate) fn has_history_row(&self, history: History, id: i64) -> Result<bool> {
        let query = format!("SELECT 1 FROM {} WHERE id = ?1", history.table());
        self.connection()
            .prepare_cached(&query)
            .and_then(|mut statement| statement.exists([id]))
            .context("look up a row of the lake")
    }

    /// Whether an import has left out or removed a row of a history, because it repeats known values.
    ///
    /// `values`: those of the table but the id, in the order of its columns.
    pub(crate) fn was_removed(
        &self,
        history: History,
        entity: &str,
        at: i64,
        values: &[Value<'_>],
    ) -> Result<bool> {
        let row = serde_json::Value::Array(values.iter().map(|value| json_of(*value)).collect());
        let removed = || -> rusqlite::Result<bool> {
            let mut statement = self
                .connection()
                .prepare_cached(sql!("export/list_removed_rows"))?;
            let mut rows = statement.query(named_params! {
                ":history": history.table(), ":entity": entity, ":at": at,
            })?;
            while let Some(found) = rows.next()? {
                let text: String = found.get("removed_row")?;
                let is_equal = |found: serde_json::Value| found == row;
                if serde_json::from_str(&text).is_ok_and(is_equal) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        removed().context("look up the rows that imports have left out")
    }
}

/// The month of a row, if a folder can have its name.
fn month_of(at: i64) -> Option<Month> {
    Some(at)
        .filter(|at| MOMENTS.contains(at))
        .and_then(Month::of)
}

/// `SELECT … FROM …` of the columns, of which the last is the id of the database. Those that the table does not have are NULL.
pub(in crate::store) fn select_rows(dataset: &Dataset, columns: &LakeColumns) -> String {
    let in_table = columns.in_table();
    // The user may have added a column with a blank in its name.
    let names = columns[..in_table]
        .iter()
        .map(|column| quoted(&column.name));
    let older = columns[in_table..columns.len() - 1]
        .iter()
        .map(|_| "NULL".to_owned());
    let values: Vec<String> = names.chain(older).collect();
    format!("SELECT {}, ?1 FROM {}", values.join(", "), dataset.table)
}

fn json_of(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Null | Value::Blob(_) => serde_json::Value::Null,
        Value::Integer(number) => number.into(),
        Value::Real(number) => number.into(),
        Value::Text(text) => String::from_utf8_lossy(text).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lake::{DATABASE_COLUMN, DATASETS};
    use crate::model::rows::ColumnType;

    /// An empty list of columns would make empty files, and a missing time would put all rows into one month.
    #[test]
    fn every_dataset_has_its_columns_in_the_schema() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();

        for dataset in DATASETS {
            let columns = store.lake_columns(&dataset, None).unwrap();

            let has = |name: &str| columns.iter().any(|column| column.name == name);
            assert!(dataset.order.iter().all(|name| has(name)), "{dataset:?}");
            assert!(dataset.time.is_none_or(has), "{dataset:?}");
            assert_eq!(columns.last().unwrap().name, DATABASE_COLUMN);
            assert!(store.fingerprints(&dataset, &columns).unwrap().is_empty());
        }
    }

    #[test]
    fn columns_have_the_types_and_comments_of_the_schema() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        let history = Dataset::of(History::Players);

        let columns = store.lake_columns(history, None).unwrap();

        let column = |name: &str| columns.iter().find(|column| column.name == name).unwrap();
        assert_eq!(column("timestamp").kind, ColumnType::Time);
        assert_eq!(column("level").kind, ColumnType::Integer);
        assert!(column("id").is_required && !column("level").is_required);
        let comment = column("networth").comment.clone().unwrap();
        assert!(comment.starts_with("dollars"), "{comment}");
    }
}
