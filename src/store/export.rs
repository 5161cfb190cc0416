//! Any table or view as rows in a fixed order, read in one transaction and never held in memory.

use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::types::{Value as Bound, ValueRef};
use rusqlite::{named_params, params_from_iter};

use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::nearest::nearest;
use crate::model::rows::{Column, Row, Value};
use crate::store::{SqlContext, Store, sql};

/// A table or a view.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) name: String,
    /// Whether it is a view.
    pub(crate) is_view: bool,
    /// What it holds, or the question that it answers, in a line.
    pub(crate) about: String,
    pub(crate) columns: Vec<Column>,
    primary_key: Vec<String>,
}

/// Which rows are wanted.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// From this moment on.
    pub(crate) since: Option<i64>,
    /// Before this moment.
    pub(crate) until: Option<i64>,
    /// Of these players; all if empty.
    pub(crate) players: Vec<PlayerId>,
    /// Of these factions, on either side; all if empty.
    pub(crate) factions: Vec<FactionId>,
    /// Of these tiles; all if empty.
    pub(crate) territories: Vec<TerritoryId>,
    /// Of these wars; all if empty.
    pub(crate) wars: Vec<WarId>,
}

/// A question to the database: which columns of which rows, in which order.
#[derive(Debug)]
pub(crate) struct Query {
    /// What comes.
    pub(crate) columns: Vec<Column>,
    select: String,
    count: String,
    bound: Vec<Bound>,
}

/// The time that `--since` and `--until` mean, where a dataset has several: the first of these.
const TIMES: [&str; 10] = [
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

/// Where the ids of a faction stand if not in `faction_id`.
const FACTIONS: [&str; 4] = [
    "attacking_faction_id",
    "defending_faction_id",
    "faction_id_start",
    "faction_id_end",
];

/// The order of each of our views; it names every row once, and an index gives it where there are many rows.
const VIEW_ORDERS: [(&str, &[&str]); 19] = [
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
    ("territory_latest", &["territory_id"]),
    ("territory_league", &["period_start", "faction_id"]),
    ("territory_tenure", &["territory_id", "since", "id"]),
    ("war_latest", &["war_type", "war_id"]),
    ("war_league", &["period_start", "faction_id", "war_type"]),
    ("war_scores", &["war_type", "war_id", "recorded_at", "id"]),
];

impl Store {
    /// Runs `work` on one state of the database, whatever others write meanwhile.
    pub(crate) fn reading<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        // A sort that no index saves goes to a temporary file, and a pass over everything needs no large cache:
        // memory stays flat.
        self.connection()
            .execute_batch("PRAGMA temp_store = FILE; PRAGMA cache_size = -4000")
            .context("start reading")?;
        let transaction = self
            .connection()
            .unchecked_transaction()
            .context("start reading")?;
        let value = work(self)?;
        transaction.commit().context("finish reading")?;
        Ok(value)
    }

    /// All tables, then all views, by name. A view of the user's that does not compile is left out with a warning.
    pub(crate) fn datasets(&self) -> Result<Vec<Dataset>> {
        let action = "list the tables and views";
        let mut datasets: Vec<Dataset> = self
            .connection()
            .prepare(sql!("export/list_datasets"))
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| {
                        Ok(Dataset {
                            name: row.get("dataset")?,
                            is_view: row.get("is_view")?,
                            about: about(&row.get::<_, String>("definition")?),
                            columns: Vec::new(),
                            primary_key: Vec::new(),
                        })
                    })?
                    .collect()
            })
            .context(action)?;
        let mut broken = Vec::new();
        for dataset in &mut datasets {
            match self.read_columns(dataset) {
                Err(error) if dataset.is_view => {
                    log::warn!("the view {} does not work: {error}", dataset.name);
                    broken.push(dataset.name.clone());
                }
                read => read.context(action)?,
            }
        }
        datasets.retain(|dataset| !broken.contains(&dataset.name));
        Ok(datasets)
    }

    fn read_columns(&self, dataset: &mut Dataset) -> rusqlite::Result<()> {
        let mut statement = self
            .connection()
            .prepare_cached(sql!("export/list_columns"))?;
        let mut rows = statement.query(named_params! { ":dataset": dataset.name })?;
        while let Some(row) = rows.next()? {
            let column: String = row.get("column_name")?;
            if row.get::<_, i64>("key_position")? > 0 {
                // Keys of several columns are declared in the order of the columns in this schema.
                dataset.primary_key.push(column.clone());
            }
            dataset.columns.push(Column::new(column));
        }
        Ok(())
    }

    /// How many rows a query brings.
    pub(crate) fn count(&self, query: &Query) -> Result<u64> {
        self.connection()
            .query_row(&query.count, params_from_iter(&query.bound), |row| {
                row.get::<_, i64>(0)
            })
            .map(i64::unsigned_abs)
            .context("count the rows")
    }

    /// Hands over each row until there is no more, or nobody wants more.
    pub(crate) fn stream(
        &self,
        query: &Query,
        mut each: impl FnMut(&ReadRow<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection().prepare(&query.select)?;
            let mut rows = statement.query(params_from_iter(&query.bound))?;
            while let Some(row) = rows.next()? {
                if each(&ReadRow(row)).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().context("read the rows")?;
        self.check_unchanged()
    }
}

/// A row as SQLite holds it, until the next one is read.
#[derive(Debug)]
pub(crate) struct ReadRow<'a>(&'a rusqlite::Row<'a>);

impl Row for ReadRow<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Integer(number)) => Value::Integer(number),
            Ok(ValueRef::Real(number)) => Value::Real(number),
            Ok(ValueRef::Text(text)) => Value::Text(text),
            Ok(ValueRef::Blob(bytes)) => Value::Blob(bytes),
            // The error is a column that the query does not have.
            Ok(ValueRef::Null) | Err(_) => Value::Null,
        }
    }
}

impl Dataset {
    /// The question for some columns (all if empty) of some rows.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] when a column is asked for, or needed by the filter, that is not there.
    pub(crate) fn query(&self, columns: &[String], filter: &Filter) -> Result<Query> {
        let columns = self.pick(columns)?;
        let (condition, bound) = self.condition(filter)?;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let from = format!("FROM {}{condition}", quoted(&self.name));
        Ok(Query {
            select: format!(
                "SELECT {} {from} ORDER BY {}",
                names.join(", "),
                self.order()
            ),
            count: format!("SELECT count(*) {from}"),
            columns,
            bound,
        })
    }

    /// The column that `--since` and `--until` look at.
    pub(crate) fn time_column(&self) -> Option<&str> {
        TIMES.into_iter().find(|time| self.has(time)).or_else(|| {
            let time = self.columns.iter().find(|column| column.is_time)?;
            Some(&time.name)
        })
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known.name == column)
    }

    fn pick(&self, wanted: &[String]) -> Result<Vec<Column>> {
        if wanted.is_empty() {
            return Ok(self.columns.clone());
        }
        let mut seen = HashSet::new();
        wanted
            .iter()
            .map(|name| {
                if !seen.insert(name) {
                    // As JSON it would be an object with two keys of one name.
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

    /// ` WHERE …` with its values, or nothing.
    fn condition(&self, filter: &Filter) -> Result<(String, Vec<Bound>)> {
        let mut terms = Vec::new();
        let mut bound = Vec::new();
        for (flag, sign, moment) in [
            ("--since", ">=", filter.since),
            ("--until", "<", filter.until),
        ] {
            let Some(moment) = moment else { continue };
            let Some(time) = self.time_column() else {
                return Err(self.cannot_filter(flag, "a time"));
            };
            terms.push(format!("{} {sign} ?", quoted(time)));
            bound.push(Bound::Integer(moment));
        }
        let players = filter.players.iter().map(|id| id.get().into()).collect();
        let factions = filter.factions.iter().map(|id| id.get().into()).collect();
        let wars = filter.wars.iter().map(|id| id.get().into()).collect();
        let territories = filter
            .territories
            .iter()
            .map(|id| id.as_str().to_owned().into());
        for (flag, noun, ids) in [
            ("--player", "player_id", players),
            ("--faction", "faction_id", factions),
            ("--war", "war_id", wars),
            ("--territory", "territory_id", territories.collect()),
        ] {
            let ids: Vec<Bound> = ids;
            if ids.is_empty() {
                continue;
            }
            let mut sides = vec![noun];
            if !self.has(noun) {
                sides = FACTIONS.into_iter().filter(|side| self.has(side)).collect();
                if noun != "faction_id" || sides.is_empty() {
                    return Err(self.cannot_filter(flag, noun));
                }
            }
            let marks = vec!["?"; ids.len()].join(", ");
            let either: Vec<String> = sides
                .iter()
                .map(|side| format!("{} IN ({marks})", quoted(side)))
                .collect();
            terms.push(format!("({})", either.join(" OR ")));
            for _ in sides {
                bound.extend(ids.iter().cloned());
            }
        }
        if terms.is_empty() {
            return Ok((String::new(), bound));
        }
        Ok((format!(" WHERE {}", terms.join(" AND ")), bound))
    }

    fn cannot_filter(&self, flag: &str, column: &str) -> Error {
        Error::new(format!("apply {flag} to {}", self.name))
            .with_source(format!("it has no column of {column}"))
            .with_help(format!("leave {flag} out; `tornsnap export --list --json` shows the columns of each dataset"))
            .with_exit(Exit::Usage)
    }

    /// History by (time, id), other tables by their key, our views as said above, views of the user's own by everything.
    fn order(&self) -> String {
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
        let quoted: Vec<String> = names.into_iter().map(quoted).collect();
        quoted.join(", ")
    }
}

/// A name as SQL takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The first comment of a definition, which stands on its first line (a table) or its second (a view).
fn about(definition: &str) -> String {
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

    /// Without an order of its own a view would be sorted by all its columns, in a temporary file.
    #[test]
    fn every_view_of_ours_has_an_order_made_of_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        let datasets = store.datasets().unwrap();

        let views: Vec<&Dataset> = datasets.iter().filter(|dataset| dataset.is_view).collect();

        let names: Vec<&str> = views.iter().map(|view| &*view.name).collect();
        let known: Vec<&str> = VIEW_ORDERS.iter().map(|(view, _)| *view).collect();
        assert_eq!(names, known);
        for (view, (_, order)) in views.iter().zip(VIEW_ORDERS) {
            assert!(order.iter().all(|column| view.has(column)), "{}", view.name);
        }
    }
}
