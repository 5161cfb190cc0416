//! The history tables and the statements that prune them.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::history::History;
use crate::store::{Failed, sql};

/// One history table and the statements about it.
pub(super) struct Dataset {
    /// Its history.
    pub(super) kind: History,
    /// The history table.
    pub(super) history: &'static str,
    /// Its summary table.
    pub(super) summary: &'static str,
    /// Bytes that a row takes with its index entries, as measured; only to tell how much a prune frees.
    pub(super) row_bytes: i64,
    /// The rows before a cut-off that stay.
    pub(super) kept: &'static str,
    /// How many rows stay, and of what time those are that go.
    pub(super) plan: &'static str,
    /// Where a step ends.
    pub(super) boundary: &'static str,
    /// Deletes a step.
    pub(super) delete: &'static str,
    /// Copies a step to the archive.
    pub(super) archive: &'static str,
    /// Counts the rows of a step that are not in the archive.
    pub(super) unarchived: &'static str,
    /// The newest row, and the rows of the running month.
    pub(super) total: &'static str,
    /// How many summaries are old.
    pub(super) summaries_plan: &'static str,
    /// Deletes old summaries.
    pub(super) summaries_delete: &'static str,
}

macro_rules! dataset {
    ($kind:expr, $name:literal, $history:literal, $summary:literal, $row_bytes:literal) => {
        Dataset {
            kind: $kind,
            history: $history,
            summary: $summary,
            row_bytes: $row_bytes,
            kept: sql!("prune/", $name, "_kept"),
            plan: sql!("prune/", $name, "_plan"),
            boundary: sql!("prune/", $name, "_boundary"),
            delete: sql!("prune/", $name, "_delete"),
            archive: sql!("prune/", $name, "_archive"),
            unarchived: sql!("prune/", $name, "_unarchived"),
            total: sql!("prune/", $name, "_total"),
            summaries_plan: sql!("prune/", $name, "_summaries_plan"),
            summaries_delete: sql!("prune/", $name, "_summaries_delete"),
        }
    };
}

/// All history tables.
pub(super) const DATASETS: [Dataset; 4] = [
    dataset!(
        History::Players,
        "players",
        "player_stats_history",
        "player_stats_summary",
        75
    ),
    dataset!(
        History::Factions,
        "factions",
        "faction_history",
        "faction_summary",
        60
    ),
    dataset!(
        History::Wars,
        "wars",
        "war_status_history",
        "war_summary",
        110
    ),
    dataset!(
        History::Territories,
        "territories",
        "territory_ownership_history",
        "territory_ownership_summary",
        100
    ),
];

/// One row that a prune leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptRow {
    /// Its id.
    pub(super) id: i64,
    /// Unix seconds.
    pub(super) moment: i64,
}

/// The rows of each history table that a prune up to `cutoff` leaves, oldest first.
pub(super) fn kept_rows(connection: &Connection, cutoff: i64) -> Result<Vec<Vec<KeptRow>>> {
    DATASETS
        .iter()
        .map(|dataset| {
            connection
                .prepare(dataset.kept)
                .and_then(|mut kept| {
                    kept.query_map(named_params! { ":cutoff": cutoff }, |row| {
                        Ok(KeptRow {
                            id: row.get("id")?,
                            moment: row.get("moment")?,
                        })
                    })?
                    .collect()
                })
                .failed(format!(
                    "find the newest known values in {}",
                    dataset.history
                ))
        })
        .collect()
}

/// The ids of those rows that lie between two moments, as a JSON list.
pub(super) fn ids_between(kept: &[KeptRow], from: i64, until: i64) -> String {
    let start = kept.partition_point(|row| row.moment < from);
    let end = kept.partition_point(|row| row.moment < until);
    let ids: Vec<i64> = kept[start..end.max(start)]
        .iter()
        .map(|row| row.id)
        .collect();
    serde_json::Value::from(ids).to_string()
}
