//! The history tables as the month sees them: how each month stands with its summary.

use rusqlite::{Connection, named_params};

use crate::error::{Error, Exit, Result};
use crate::model::summary::{Detail, MonthState, Standing, TABLES};
use crate::model::time::Month;
use crate::store::{Failed, Store, sql};

/// One history table and the statements about it.
pub(super) struct Dataset {
    /// The history table.
    pub(super) history: &'static str,
    /// Its summary table.
    pub(super) summary: &'static str,
    /// Bytes that a row takes with its index entries, as measured; only to tell how much a prune frees.
    pub(super) row_bytes: i64,
    /// Writes a month of summaries.
    pub(super) derive: &'static str,
    /// Removes a month's summaries that should not be there.
    pub(super) remove_stale: &'static str,
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
    ($name:literal, $history:literal, $summary:literal, $row_bytes:literal) => {
        Dataset {
            history: $history,
            summary: $summary,
            row_bytes: $row_bytes,
            derive: sql!("summarize/", $name),
            remove_stale: sql!("summarize/", $name, "_stale"),
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

/// All history tables, in the order of the rows of `summarize/state.sql`.
pub(super) const DATASETS: [Dataset; TABLES] = [
    dataset!(
        "players",
        "player_stats_history",
        "player_stats_summary",
        75
    ),
    dataset!("factions", "faction_history", "faction_summary", 60),
    dataset!("wars", "war_status_history", "war_summary", 110),
    dataset!(
        "territories",
        "territory_ownership_history",
        "territory_ownership_summary",
        100
    ),
];

impl Store {
    /// How each finished month from the first detail on stands, oldest first, without a gap; before them `asked`, should
    /// it be older still.
    pub fn months(&self, now: i64, asked: Option<Month>) -> Result<Vec<MonthState>> {
        self.judge(now, asked, true)
    }

    /// As [`Store::months`], but judged by detail alone: whether something without detail was carried through a month
    /// is not looked at.
    pub fn months_by_detail(&self, now: i64) -> Result<Vec<MonthState>> {
        self.judge(now, None, false)
    }

    fn judge(&self, now: i64, asked: Option<Month>, carried_too: bool) -> Result<Vec<MonthState>> {
        let running = Month::of(now).ok_or_else(|| {
            Error::new(format!("tell the month of {now}"))
                .because("it is outside the calendar")
                .try_this("set the clock right, or unset TORNSNAP_NOW")
                .exits(Exit::Config)
        })?;
        // One view of the database, however long this takes and whatever is written meanwhile.
        let connection = self
            .connection()
            .unchecked_transaction()
            .failed("read the detail")?;
        let pruned_before = pruned_before(&connection)?;
        let first: Option<i64> = connection
            .query_row(sql!("summarize/first_detail"), [], |row| {
                row.get("first_detail")
            })
            .failed("look for the oldest detail")?;
        let mut states: Vec<MonthState> = Vec::new();
        let mut kept = None;
        let first = first.and_then(Month::of);
        let older = asked.filter(|asked| first.is_none_or(|first| *asked < first));
        let mut next = older.or(first);
        while let Some(month) = next.filter(|month| *month < running) {
            let mut details = details(&connection, month)?;
            let rows = std::array::from_fn(|table| details[table].rows);
            let standing = if pruned_before.is_some_and(|cutoff| month.end() <= cutoff) {
                let has_summary = details.iter().any(|detail| detail.summary_rows > 0);
                let has_news = if rows == [0; TABLES] || has_summary {
                    false
                } else {
                    let cutoff = pruned_before.unwrap_or_default();
                    if kept.is_none() {
                        kept = Some(kept_rows(&connection, cutoff)?);
                    }
                    has_more_than(month, &rows, kept.as_deref().unwrap_or_default())
                };
                Standing::of_pruned(&details, has_news)
            } else {
                let previous_is_pruned = states
                    .last()
                    .is_some_and(|state| state.month.next() == month && state.standing.is_pruned());
                if carried_too {
                    count_entities(&connection, month, previous_is_pruned, &mut details)?;
                }
                Standing::of_untouched(&details)
            };
            states.push(MonthState {
                month,
                standing,
                rows,
            });
            next = if Some(month) == older {
                first
            } else {
                Some(month.next())
            };
        }
        Ok(states)
    }
}

/// Up to where detail has been pruned, if ever.
pub(super) fn pruned_before(connection: &Connection) -> Result<Option<i64>> {
    connection
        .query_row(sql!("prune/pruned_before"), [], |row| {
            row.get("pruned_before")
        })
        .failed("look up the last prune")
}

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

fn details(connection: &Connection, month: Month) -> Result<Vec<Detail>> {
    connection
        .prepare_cached(sql!("summarize/state"))
        .and_then(|mut state| {
            state
                .query_map(
                    named_params! { ":period_start": month.start(), ":period_end": month.end() },
                    |row| {
                        Ok(Detail {
                            rows: row.get("history_rows")?,
                            summary_rows: row.get("summary_rows")?,
                            summarized_rows: row.get("summarized_rows")?,
                            entities: 0,
                        })
                    },
                )?
                .collect()
        })
        .failed(format!("count the detail of {month}"))
}

fn count_entities(
    connection: &Connection,
    month: Month,
    previous_is_pruned: bool,
    details: &mut [Detail],
) -> Result<()> {
    let counts: Vec<i64> = connection
        .prepare_cached(sql!("summarize/entities"))
        .and_then(|mut entities| {
            entities
                .query_map(
                    named_params! {
                        ":period_start": month.start(),
                        ":period_end": month.end(),
                        ":previous_is_pruned": previous_is_pruned,
                    },
                    |row| row.get("entities"),
                )?
                .collect()
        })
        .failed(format!("count what was followed in {month}"))?;
    for (detail, entities) in details.iter_mut().zip(counts) {
        detail.entities = entities;
    }
    Ok(())
}

/// Whether a month has detail besides these rows.
fn has_more_than(month: Month, rows: &[i64; TABLES], kept: &[Vec<KeptRow>]) -> bool {
    rows.iter().zip(kept).any(|(rows, kept)| {
        let stay = kept
            .iter()
            .filter(|row| (month.start()..month.end()).contains(&row.moment))
            .count();
        i64::try_from(stay).is_ok_and(|stay| *rows > stay)
    })
}
