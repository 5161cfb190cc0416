//! The rules of a lake: a folder of Parquet files that several databases write to, and that DuckDB, Spark and Trino read.
//!
//! A dataset is a table of the database, and a folder of the lake. A file has all rows of one database in one month.

pub(crate) mod columns;
pub(crate) mod files;
pub(crate) mod manifest;

use std::path::{Path, PathBuf};

use crate::model::history::History;
use crate::model::identity::DatabaseId;
use crate::model::rows::{Row, TypedColumn, Value, place_of};
use crate::model::time::Month;

/// The column that the files have beside those of the table.
pub(crate) const DATABASE_COLUMN: &str = "database_id";

/// The name that readers give to the month, which is part of the name of a folder.
pub(crate) const PERIOD_COLUMN: &str = "period";

/// The entry of the metadata of a file with the id of its database.
pub(crate) const DATABASE_KEY: &str = "tornsnap.database_id";

/// The entry of the metadata of a file with the name of its dataset.
pub(crate) const DATASET_KEY: &str = "tornsnap.dataset";

/// The ending of the files with rows.
const ENDING: &str = ".parquet";

/// A table that is written to a lake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Dataset {
    /// The name of the table and of the folder.
    pub(crate) table: &'static str,
    /// The column with the time that decides the month of a row; `None`: the dataset is not divided into months.
    pub(crate) time: Option<&'static str>,
    /// The columns by which the rows of a file are sorted. Rows are equal in the first [`Dataset::key`] of them if they are about the
    /// same thing at the same time.
    pub(crate) order: &'static [&'static str],
    /// The number of columns that tell which rows belong together.
    pub(crate) key: usize,
    pub(crate) rule: Rule,
}

/// Which rows of an older file stay when it is replaced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rule {
    /// The rows of a history stay that the database does not have: they were pruned, or the database was restored from an older backup.
    /// But not those that an import has removed, because they are no changes.
    Rows(History),
    /// The rows stay whose key the database does not have.
    Keys,
    /// No row stays. But if the database has no row of the month any more, the file stays: the user has deleted these summaries.
    Month,
    /// No row stays.
    Nothing,
}

const fn history(
    history: History,
    table: &'static str,
    time: &'static str,
    order: &'static [&'static str],
) -> Dataset {
    Dataset {
        table,
        time: Some(time),
        order,
        key: order.len() - 1,
        rule: Rule::Rows(history),
    }
}

const fn monthly(table: &'static str, order: &'static [&'static str], rule: Rule) -> Dataset {
    Dataset {
        table,
        time: Some("period_start"),
        order,
        key: order.len(),
        rule,
    }
}

const fn names(table: &'static str, order: &'static [&'static str], rule: Rule) -> Dataset {
    Dataset {
        table,
        time: None,
        order,
        key: order.len(),
        rule,
    }
}

/// The datasets of a lake. Tables with the state of this machine, such as keys and runs, are not among them.
pub(crate) static DATASETS: [Dataset; 15] = [
    history(
        History::Players,
        "player_stats_history",
        "timestamp",
        &["player_id", "timestamp", "id"],
    ),
    history(
        History::Factions,
        "faction_history",
        "timestamp",
        &["faction_id", "timestamp", "id"],
    ),
    history(
        History::Wars,
        "war_status_history",
        "recorded_at",
        &["war_type", "war_id", "recorded_at", "id"],
    ),
    history(
        History::Territories,
        "territory_ownership_history",
        "recorded_at",
        &["territory_id", "recorded_at", "id"],
    ),
    monthly(
        "player_stats_summary",
        &["player_id", "period_start"],
        Rule::Month,
    ),
    monthly(
        "faction_summary",
        &["faction_id", "period_start"],
        Rule::Month,
    ),
    monthly(
        "war_summary",
        &["war_type", "war_id", "period_start"],
        Rule::Month,
    ),
    monthly(
        "territory_ownership_summary",
        &["territory_id", "period_start"],
        Rule::Month,
    ),
    monthly(
        "player_observations",
        &["player_id", "period_start"],
        Rule::Keys,
    ),
    monthly(
        "faction_observations",
        &["faction_id", "period_start"],
        Rule::Keys,
    ),
    monthly(
        "territory_observations",
        &["territory_id", "period_start"],
        Rule::Keys,
    ),
    names("players", &["player_id"], Rule::Keys),
    names("factions", &["faction_id"], Rule::Keys),
    names("territories", &["territory_id"], Rule::Keys),
    names(
        "faction_membership",
        &["player_id", "first_seen_at", "id"],
        Rule::Nothing,
    ),
];

impl Dataset {
    /// The dataset of a history.
    pub(crate) const fn of(history: History) -> &'static Self {
        &DATASETS[match history {
            History::Players => 0,
            History::Factions => 1,
            History::Wars => 2,
            History::Territories => 3,
        }]
    }

    fn id_column(&self) -> &'static str {
        let is_counted = matches!(self.rule, Rule::Rows(_) | Rule::Month | Rule::Nothing);
        match self.order.first() {
            Some(first) if !is_counted => first,
            _ => "id",
        }
    }

    /// The name of a row for people: its id, or if its table has none, the player, faction or tile.
    pub(crate) fn name_of(&self, columns: &[TypedColumn], row: &impl Row) -> String {
        let name = self.id_column();
        match place_of(columns, name).map(|place| row.value(place)) {
            Some(Value::Integer(id)) => format!("{name} {id}"),
            Some(Value::Text(id)) => format!("{name} {}", String::from_utf8_lossy(id)),
            _ => name.to_owned(),
        }
    }

    /// The path of the folder of a month, or of the dataset, with `/` between the names.
    pub(crate) fn folder(&self, month: Option<Month>) -> String {
        match month {
            Some(month) => format!("{}/period={month}", self.table),
            None => self.table.to_owned(),
        }
    }

    /// The path of the file of a database, with `/` between the names.
    ///
    /// `highest_id`: the highest row id in the file; `None`: the table has none.
    pub(crate) fn file(
        &self,
        month: Option<Month>,
        database: &DatabaseId,
        highest_id: Option<i64>,
    ) -> String {
        let folder = self.folder(month);
        match highest_id {
            Some(id) => format!("{folder}/{database}-{id}{ENDING}"),
            None => format!("{folder}/{database}{ENDING}"),
        }
    }
}

/// The path of a file of a lake, whose name in the lake has `/` between its parts.
pub(crate) fn path_in(root: &Path, name: &str) -> PathBuf {
    name.split('/')
        .fold(root.to_owned(), |path, part| path.join(part))
}

/// Whether a name in the folder of a dataset is that of a file of this database.
pub(crate) fn is_file_of(name: &str, database: &DatabaseId) -> bool {
    name.strip_prefix(database.as_str())
        .and_then(|rest| rest.strip_suffix(ENDING))
        .is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('-')
                    .is_some_and(|id| id.parse::<i64>().is_ok())
        })
}

/// The month in the name of a folder such as `period=2026-10`.
pub(crate) fn month_of_folder(name: &str) -> Option<Month> {
    name.strip_prefix("period=")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> DatabaseId {
        DatabaseId::new("a".repeat(32))
    }

    #[test]
    fn a_file_is_named_after_its_month_its_database_and_its_highest_id() {
        let history = Dataset::of(History::Factions);
        let month: Month = "2026-10".parse().unwrap();

        let file = history.file(Some(month), &database(), Some(17));

        let name = format!("{}-17.parquet", "a".repeat(32));
        assert_eq!(file, format!("faction_history/period=2026-10/{name}"));
        assert!(is_file_of(&name, &database()));
        assert!(!is_file_of(&name, &DatabaseId::new("b".repeat(32))));
        assert_eq!(month_of_folder("period=2026-10"), Some(month));
    }

    #[test]
    fn files_of_other_programs_are_of_no_database() {
        let id = "a".repeat(32);
        for name in [
            format!("{id}-17.parquet.tmp"),
            format!("{id}-copy.parquet"),
            format!(".{id}-17.parquet"),
            format!("{id}-17.csv"),
        ] {
            assert!(!is_file_of(&name, &database()), "{name}");
        }
        assert_eq!(month_of_folder("2026-10"), None);
    }

    #[test]
    fn the_key_of_a_history_is_all_but_the_id() {
        for dataset in DATASETS {
            let is_history = matches!(dataset.rule, Rule::Rows(_));
            assert_eq!(dataset.key < dataset.order.len(), is_history);
        }
        for history in History::ALL {
            assert_eq!(Dataset::of(history).table, history.table());
        }
    }
}
