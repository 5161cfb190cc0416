//! Reads the rows of any table or view in a fixed order, in one transaction and one row at a time.

mod group;
mod read_row;

use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::types::Value as Parameter;
use rusqlite::{named_params, params_from_iter};

use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::nearest::nearest;
use crate::model::rows::Column;
use crate::store::{SqlContext, Store, sql, trace};

pub(crate) use crate::store::export::group::Group;
pub(crate) use crate::store::export::read_row::ReadRow;

/// A table or a view.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) is_view: bool,
    /// The first comment of its definition.
    pub(crate) description: String,
    pub(crate) columns: Vec<Column>,
    primary_key: Vec<String>,
}

/// A table or a view as `sqlite_schema` defines it.
struct Definition {
    name: String,
    is_view: bool,
    sql: String,
}

/// The rows to export.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Rows from this timestamp on.
    pub(crate) since: Option<i64>,
    /// Rows before this timestamp.
    pub(crate) until: Option<i64>,
    /// All players if empty.
    pub(crate) players: Vec<PlayerId>,
    /// All factions if empty; otherwise rows with one of these on either side.
    pub(crate) factions: Vec<FactionId>,
    /// All tiles if empty.
    pub(crate) territories: Vec<TerritoryId>,
    /// All wars if empty.
    pub(crate) wars: Vec<WarId>,
}

/// A prepared export: two SQL statements and their parameters.
#[derive(Debug)]
pub(crate) struct RowQuery {
    pub(crate) columns: Vec<Column>,
    select: String,
    count: String,
    parameters: Vec<Parameter>,
}

/// The time column of `--since` and `--until`: the first of these that a dataset has.
const TIME_COLUMNS: [&str; 10] = [
    "timestamp",
    "last_updated",
    "recorded_at",
    "period_start",
    "at",
    "since",
    "started_at",
    "first_seen_at",
    "last_used_at",
    "answered_at",
];

/// The columns with faction ids in datasets without `faction_id`.
const FACTION_COLUMNS: [&str; 6] = [
    "attacking_faction_id",
    "defending_faction_id",
    "faction_id_start",
    "faction_id_end",
    "from_faction_id",
    "to_faction_id",
];

/// The `ORDER BY` of each of our views. It is unique, and large views have an index for it.
const VIEW_ORDERS: [(&str, &[&str]); 20] = [
    ("faction_daily", &["faction_id", "timestamp"]),
    ("faction_gains", &["faction_id", "period"]),
    ("faction_latest", &["faction_id"]),
    ("faction_league", &["period_start", "faction_id"]),
    ("faction_roster", &["faction_id", "player_id"]),
    ("member_changes", &["at", "player_id", "event"]),
    ("members_unchanged", &["faction_id", "player_id"]),
    ("newest_answer", &["answered_at"]),
    ("player_daily", &["player_id", "timestamp"]),
    ("player_gains", &["player_id", "period"]),
    ("player_latest", &["player_id"]),
    ("player_league", &["period_start", "player_id"]),
    ("rackets", &["territory_id"]),
    ("territory_changes", &["at", "id"]),
    ("territory_latest", &["territory_id"]),
    ("territory_league", &["period_start", "faction_id"]),
    ("territory_tenure", &["territory_id", "since", "id"]),
    ("war_latest", &["war_type", "war_id"]),
    ("war_league", &["period_start", "faction_id", "war_type"]),
    ("war_scores", &["war_type", "war_id", "recorded_at", "id"]),
];

/// The names of the views that come with the program.
pub(crate) fn view_names() -> impl Iterator<Item = &'static str> {
    VIEW_ORDERS.iter().map(|(name, _)| *name)
}

impl RowQuery {
    /// A query of other values over the same rows, and its parameters.
    pub(super) fn select_values(&self, values: &str) -> (String, &[Parameter]) {
        let rows = self.count.trim_start_matches("SELECT count(*)");
        (format!("SELECT {values}{rows}"), &self.parameters)
    }
}

impl Store {
    /// Runs `work` in one read transaction.
    pub(crate) fn in_read_transaction<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<T> {
        // Keep memory use constant: a sort without an index uses a temporary file, and a full scan needs no large cache.
        self.connection()
            .execute_batch("PRAGMA temp_store = FILE; PRAGMA cache_size = -4000")
            .context("begin a read transaction")?;
        let transaction = self
            .connection()
            .unchecked_transaction()
            .context("begin a read transaction")?;
        let value = work(self)?;
        transaction.commit().context("end the read transaction")?;
        Ok(value)
    }

    /// All tables, then all views, by name. A user's view that does not compile is omitted with a warning.
    pub(crate) fn datasets(&self) -> Result<Vec<Dataset>> {
        let action = "list the tables and views";
        let definitions: Vec<Definition> = self
            .connection()
            .prepare(sql!("export/list_datasets"))
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| {
                        Ok(Definition {
                            name: row.get("dataset")?,
                            is_view: row.get("is_view")?,
                            sql: row.get("definition")?,
                        })
                    })?
                    .collect()
            })
            .context(action)?;
        let mut datasets = Vec::with_capacity(definitions.len());
        for definition in definitions {
            match self.read_dataset(&definition) {
                Ok(dataset) => datasets.push(dataset),
                Err(error) if definition.is_view => {
                    log::warn!("the view {} does not work: {error}", definition.name);
                }
                Err(error) => return Err(error).context(action),
            }
        }
        Ok(datasets)
    }

    fn read_dataset(&self, definition: &Definition) -> rusqlite::Result<Dataset> {
        let mut columns = Vec::new();
        let mut primary_key = Vec::new();
        let mut statement = self
            .connection()
            .prepare_cached(sql!("export/list_columns"))?;
        let mut rows = statement.query(named_params! { ":dataset": definition.name })?;
        while let Some(row) = rows.next()? {
            let column: String = row.get("column_name")?;
            if row.get::<_, i64>("key_position")? > 0 {
                // In this schema, the columns of a primary key are in the order of the table.
                primary_key.push(column.clone());
            }
            columns.push(Column::new(column));
        }
        Ok(Dataset {
            name: definition.name.clone(),
            is_view: definition.is_view,
            description: first_comment(&definition.sql),
            columns,
            primary_key,
        })
    }

    /// Counts the rows of a query.
    pub(crate) fn count_rows(&self, query: &RowQuery) -> Result<u64> {
        self.connection()
            .query_row(&query.count, params_from_iter(&query.parameters), |row| {
                row.get::<_, i64>(0)
            })
            .map(i64::unsigned_abs)
            .context("count the rows")
    }

    /// Passes each row to `each` until it breaks.
    pub(crate) fn stream_rows(
        &self,
        query: &RowQuery,
        mut each: impl FnMut(&ReadRow<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection().prepare(&query.select)?;
            let mut rows = statement.query(params_from_iter(&query.parameters))?;
            while let Some(row) = rows.next()? {
                if trace::outside(|| each(&ReadRow::new(row))).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().context("read the rows")?;
        self.check_unchanged()
    }
}

impl Dataset {
    /// Makes the query for some columns (all if empty) of some rows.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] when a requested column, or one that the filter needs, does not exist.
    pub(crate) fn query(&self, columns: &[String], filter: &Filter) -> Result<RowQuery> {
        let columns = self.select_columns(columns)?;
        let (clause, parameters) = self.where_clause(filter)?;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let from = format!("FROM {}{clause}", quoted(&self.name));
        Ok(RowQuery {
            select: format!(
                "SELECT {} {from} ORDER BY {}",
                names.join(", "),
                self.order_by()
            ),
            count: format!("SELECT count(*) {from}"),
            columns,
            parameters,
        })
    }

    /// The column that `--since` and `--until` compare.
    pub(crate) fn time_column(&self) -> Option<&str> {
        TIME_COLUMNS
            .into_iter()
            .find(|time| self.has_column(time))
            .or_else(|| {
                let time = self.columns.iter().find(|column| column.is_time)?;
                Some(&time.name)
            })
    }

    pub(crate) fn group(&self) -> Group {
        Group::of(&self.name, self.is_view)
    }

    /// All columns but the text of a time (`recorded_at_utc`) whose number is a column, too.
    pub(crate) fn columns_without_time_texts(&self) -> Vec<String> {
        let is_time_text = |name: &str| {
            name.strip_suffix("_utc")
                .is_some_and(|time| self.has_column(time))
        };
        let names = self.columns.iter().map(|column| column.name.clone());
        names.filter(|name| !is_time_text(name)).collect()
    }

    fn has_column(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known.name == column)
    }

    fn select_columns(&self, wanted: &[String]) -> Result<Vec<Column>> {
        if wanted.is_empty() {
            return Ok(self.columns.clone());
        }
        let mut seen = HashSet::new();
        wanted
            .iter()
            .map(|name| {
                if !seen.insert(name) {
                    // A JSON object cannot have the same key twice.
                    return Err(Error::new(format!(
                        "export the column {name:?} of {} twice",
                        self.name
                    ))
                    .with_help("name each column once")
                    .with_exit(Exit::Usage));
                }
                let found = self.columns.iter().find(|known| known.name == *name);
                found.cloned().ok_or_else(|| self.no_such_column(name))
            })
            .collect()
    }

    fn no_such_column(&self, name: &str) -> Error {
        let known: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        Error::new(format!("export the column {name:?} of {}", self.name))
            .with_source("there is no such column")
            .with_help(match nearest(name, known.iter().copied()) {
                Some(nearest) => format!("did you mean {nearest}? It has: {}", known.join(", ")),
                None => format!("name some of: {}", known.join(", ")),
            })
            .with_exit(Exit::Usage)
    }

    /// The ` WHERE …` clause and its parameters; empty without a filter.
    fn where_clause(&self, filter: &Filter) -> Result<(String, Vec<Parameter>)> {
        let mut terms = Vec::new();
        let mut parameters = Vec::new();
        for (flag, operator, timestamp) in [
            ("--since", ">=", filter.since),
            ("--until", "<", filter.until),
        ] {
            let Some(timestamp) = timestamp else { continue };
            let Some(time) = self.time_column() else {
                return Err(self.cannot_filter(flag, "a time"));
            };
            terms.push(format!("{} {operator} ?", quoted(time)));
            parameters.push(Parameter::Integer(timestamp));
        }
        let players = filter.players.iter().map(|id| id.get().into()).collect();
        let factions = filter.factions.iter().map(|id| id.get().into()).collect();
        let wars = filter.wars.iter().map(|id| id.get().into()).collect();
        let territories = filter
            .territories
            .iter()
            .map(|id| id.as_str().to_owned().into());
        for (flag, column, ids) in [
            ("--player", "player_id", players),
            ("--faction", "faction_id", factions),
            ("--war", "war_id", wars),
            ("--territory", "territory_id", territories.collect()),
        ] {
            let ids: Vec<Parameter> = ids;
            if ids.is_empty() {
                continue;
            }
            let mut columns = vec![column];
            if !self.has_column(column) {
                columns = FACTION_COLUMNS
                    .into_iter()
                    .filter(|name| self.has_column(name))
                    .collect();
                if column != "faction_id" || columns.is_empty() {
                    return Err(self.cannot_filter(flag, column));
                }
            }
            let placeholders = vec!["?"; ids.len()].join(", ");
            let alternatives: Vec<String> = columns
                .iter()
                .map(|name| format!("{} IN ({placeholders})", quoted(name)))
                .collect();
            terms.push(format!("({})", alternatives.join(" OR ")));
            for _ in columns {
                parameters.extend(ids.iter().cloned());
            }
        }
        if terms.is_empty() {
            return Ok((String::new(), parameters));
        }
        Ok((format!(" WHERE {}", terms.join(" AND ")), parameters))
    }

    fn cannot_filter(&self, flag: &str, column: &str) -> Error {
        Error::new(format!("apply {flag} to {}", self.name))
            .with_source(format!("it has no column of {column}"))
            .with_help(format!("leave {flag} out; `tornsnap export --list --json` shows the columns of each dataset"))
            .with_exit(Exit::Usage)
    }

    /// The `ORDER BY` columns: time and id for history tables, the primary key for other tables, [`VIEW_ORDERS`] for our
    /// views, and all columns for the user's views.
    fn order_by(&self) -> String {
        let known = VIEW_ORDERS.iter().find(|(view, _)| *view == self.name);
        let names: Vec<&str> = match (known, self.is_view) {
            (Some((_, order)), true) => order.to_vec(),
            (_, true) => self.columns.iter().map(|column| &*column.name).collect(),
            (_, false) => {
                let key = self.primary_key.iter().map(String::as_str);
                let time = self
                    .time_column()
                    .filter(|_| self.name.ends_with("_history"));
                time.into_iter().chain(key).collect()
            }
        };
        if names.is_empty() {
            return "rowid".to_owned();
        }
        names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
    }
}

/// A quoted SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The first comment of a definition. It is on the first line of a table and on the second line of a view.
fn first_comment(definition: &str) -> String {
    definition
        .lines()
        .take(2)
        .find_map(|line| line.split_once("-- "))
        .map(|(_, comment)| comment.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A view without an entry would be sorted by all its columns, in a temporary file.
    #[test]
    fn every_view_of_the_schema_has_an_order_of_its_own_columns() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        let datasets = store.datasets().unwrap();

        let views: Vec<&Dataset> = datasets.iter().filter(|dataset| dataset.is_view).collect();

        let names: Vec<&str> = views.iter().map(|view| &*view.name).collect();
        let known: Vec<&str> = VIEW_ORDERS.iter().map(|(view, _)| *view).collect();
        assert_eq!(names, known);
        for (view, (_, order)) in views.iter().zip(VIEW_ORDERS) {
            assert!(
                order.iter().all(|column| view.has_column(column)),
                "{}",
                view.name
            );
        }
    }
}
