//! The rows of a prune as they were found in a lake. Other programs may change rows after that and before they are deleted.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::error::{Error, Exit, Result};
use crate::model::history::History;
use crate::model::lake::Dataset;
use crate::model::lake::columns::LakeColumns;
use crate::model::rows::{Row, Value, place_of};
use crate::model::size::count;
use crate::store::export::ReadRow;
use crate::store::lake::{row_hash, select_rows};
use crate::store::typed_columns::definition;
use crate::store::{SqlContext, Store, sql};

/// The rows that were found in a lake.
#[derive(Clone, Debug)]
pub(crate) struct ComparedRows {
    version: CheckedVersion,
    /// The columns of each history, in the order of [`History::ALL`].
    columns: Vec<LakeColumns>,
    /// The definitions of their tables.
    definitions: Vec<String>,
}

/// The version of the data for which some rows are as they were compared. It differs after another connection has changed anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct CheckedVersion(i64);

impl ComparedRows {
    /// Begins in the read transaction in which the rows are compared.
    pub(crate) fn start(store: &Store) -> Result<Self> {
        let connection = store.connection();
        connection
            .execute(sql!("prune/create_compared_rows"), [])
            .context("remember the rows that are compared")?;
        let columns = |history| store.lake_columns(Dataset::of(history), None);
        Ok(Self {
            version: version_of(connection)?,
            columns: History::ALL
                .into_iter()
                .map(columns)
                .collect::<Result<_>>()?,
            definitions: History::ALL
                .into_iter()
                .map(|history| definition(connection, history.table()))
                .collect::<Result<_>>()?,
        })
    }

    fn columns(&self, history: History) -> &LakeColumns {
        &self.columns[history as usize]
    }

    /// Adds a row that the lake has with the same values.
    pub(crate) fn add(&self, store: &Store, history: History, row: &impl Row) -> Result<()> {
        let columns = self.columns(history);
        let id = place_of(columns, "id").map(|id| row.value(id));
        let Some(Value::Integer(id)) = id else {
            return Ok(());
        };
        store
            .connection()
            .prepare_cached(sql!("prune/record_compared_row"))
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":history": history.table(), ":id": id, ":hash": row_hash(row, columns.in_table()),
                })
            })
            .map(drop)
            .context("remember a row that was compared")
    }

    /// The version of the data in which the rows were compared.
    pub(super) fn version(&self) -> CheckedVersion {
        self.version
    }

    /// Fails if one of the rows with these ids has changed since it was compared, or if its table has another definition.
    ///
    /// `checked`: the version for which they are known to be unchanged. `ids` is called only if the present one differs from it.
    /// Returns the present one.
    pub(super) fn check(
        &self,
        connection: &Connection,
        history: History,
        checked: CheckedVersion,
        ids: impl FnOnce() -> Result<Vec<i64>>,
    ) -> Result<CheckedVersion> {
        let version = version_of(connection)?;
        if version == checked {
            return Ok(version);
        }
        // The values of a column that was added meanwhile are not in the lake.
        if definition(connection, history.table())? != self.definitions[history as usize] {
            return Err(changed_meanwhile(history, "the table"));
        }
        let columns = self.columns(history);
        let mut changed = 0;
        for id in ids()? {
            let compared = compared_hash(connection, history, id)?;
            if compared.is_none() || compared != present_hash(connection, history, columns, id)? {
                changed += 1;
            }
        }
        if changed == 0 {
            return Ok(version);
        }
        Err(changed_meanwhile(history, &count(changed, "row")))
    }
}

fn changed_meanwhile(history: History, what: &str) -> Error {
    Error::new(format!("move rows of {}", history.table()))
        .with_source(format!(
            "another program has changed {what} after the rows were written to the lake"
        ))
        .with_help("run the same command again; what it has deleted is in the lake")
        .with_exit(Exit::TryLater)
}

fn version_of(connection: &Connection) -> Result<CheckedVersion> {
    connection
        .query_row(sql!("prune/get_data_version"), [], |row| {
            row.get("data_version").map(CheckedVersion)
        })
        .context("read the version of the data")
}

fn compared_hash(connection: &Connection, history: History, id: i64) -> Result<Option<i64>> {
    connection
        .prepare_cached(sql!("prune/get_compared_row"))
        .and_then(|mut statement| {
            let parameters = named_params! { ":history": history.table(), ":id": id };
            statement
                .query_row(parameters, |row| row.get("hash"))
                .optional()
        })
        .context("look up a row that was compared")
}

fn present_hash(
    connection: &Connection,
    history: History,
    columns: &LakeColumns,
    id: i64,
) -> Result<Option<i64>> {
    let rows = select_rows(Dataset::of(history), columns);
    connection
        .prepare_cached(&format!("{rows} WHERE id = ?2"))
        .and_then(|mut statement| {
            let hash =
                |row: &rusqlite::Row<'_>| Ok(row_hash(&ReadRow::new(row), columns.in_table()));
            statement.query_row(params!["", id], hash).optional()
        })
        .context("read a row again")
}
