//! Deletes or corrects rows with future timestamps, which were recorded while the clock was ahead.

use rusqlite::{Connection, Rows, Statement};

use crate::error::Result;
use crate::model::future::{FutureBounds, RecordGap};
use crate::store::pruned_early::reopen_months;
use crate::store::value::bind_used;
use crate::store::{SqlContext, Store, sql};

/// The rows of one table with future timestamps.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FutureRows {
    pub(crate) table: String,
    /// Rows to delete, or deleted.
    pub(crate) removed: i64,
    /// Rows that stay with corrected timestamps.
    pub(crate) mended: i64,
    /// The oldest future timestamp; `None` after a removal.
    pub(crate) oldest: Option<i64>,
    /// The newest future timestamp; `None` after a removal.
    pub(crate) newest: Option<i64>,
}

/// The rows with future timestamps in all tables, and the facts that decide whether to remove them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FutureFindings {
    /// The tables that have rows with future timestamps.
    pub(crate) tables: Vec<FutureRows>,
    /// All history rows.
    pub(crate) history_rows: i64,
    /// History rows that a prune deleted while the clock was ahead.
    pub(crate) pruned_rows: i64,
    /// The latest timestamp that Torn has sent.
    pub(crate) named_by_torn: Option<i64>,
    pub(crate) gap: RecordGap,
}

impl FutureFindings {
    /// The number of history rows to delete.
    pub(crate) fn future_history_rows(&self) -> i64 {
        self.tables
            .iter()
            .filter(|rows| rows.table.ends_with("_history"))
            .map(|rows| rows.removed)
            .sum()
    }
}

/// The effect of a statement on the rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Action {
    Delete,
    Correct,
}
use Action::{Correct, Delete};

/// The table, the action and the SQL of each statement, in the order of execution. The history and observation
/// tables come first, because later statements read their remaining rows. The statements of one table are adjacent,
/// because [`Store::remove_future`] returns one entry for each table.
const STATEMENTS: [(&str, Action, &str); 48] = [
    (
        "player_stats_history",
        Delete,
        sql!("future/remove_player_history"),
    ),
    (
        "faction_history",
        Delete,
        sql!("future/remove_faction_history"),
    ),
    (
        "war_status_history",
        Delete,
        sql!("future/remove_war_history"),
    ),
    (
        "territory_ownership_history",
        Delete,
        sql!("future/remove_territory_history"),
    ),
    (
        "player_observations",
        Delete,
        sql!("future/remove_player_observations"),
    ),
    (
        "player_observations",
        Correct,
        sql!("future/clamp_player_observations"),
    ),
    (
        "faction_observations",
        Delete,
        sql!("future/remove_faction_observations"),
    ),
    (
        "faction_observations",
        Correct,
        sql!("future/clamp_faction_observations"),
    ),
    (
        "territory_observations",
        Delete,
        sql!("future/remove_territory_observations"),
    ),
    (
        "territory_observations",
        Correct,
        sql!("future/clamp_territory_observations"),
    ),
    (
        "player_stats_summary",
        Delete,
        sql!("future/remove_player_summaries"),
    ),
    (
        "player_stats_summary",
        Correct,
        sql!("future/clamp_player_summaries"),
    ),
    (
        "faction_summary",
        Delete,
        sql!("future/remove_faction_summaries"),
    ),
    (
        "faction_summary",
        Correct,
        sql!("future/clamp_faction_summaries"),
    ),
    ("war_summary", Delete, sql!("future/remove_war_summaries")),
    ("war_summary", Correct, sql!("future/clamp_war_summaries")),
    (
        "territory_ownership_summary",
        Delete,
        sql!("future/remove_territory_summaries"),
    ),
    (
        "territory_ownership_summary",
        Correct,
        sql!("future/clamp_territory_summaries"),
    ),
    ("month_states", Delete, sql!("future/remove_month_states")),
    ("month_states", Correct, sql!("future/clamp_month_states")),
    (
        "backup_folders",
        Correct,
        sql!("future/clamp_backup_folders"),
    ),
    (
        "imported_summaries",
        Delete,
        sql!("future/remove_imported_summaries"),
    ),
    ("imported_wars", Delete, sql!("future/remove_imported_wars")),
    ("repeated_rows", Delete, sql!("future/remove_repeated_rows")),
    ("fetch_runs", Delete, sql!("future/remove_runs")),
    ("fetch_runs", Correct, sql!("future/clamp_runs")),
    ("rejected_payloads", Delete, sql!("future/remove_rejected")),
    ("rejected_payloads", Correct, sql!("future/clamp_rejected")),
    ("prune_runs", Correct, sql!("future/clamp_prune_runs")),
    ("player_polls", Delete, sql!("future/remove_player_polls")),
    ("player_polls", Correct, sql!("future/clear_player_buckets")),
    ("missing_entities", Delete, sql!("future/remove_missing")),
    ("war_follow_ups", Delete, sql!("future/remove_follow_ups")),
    ("war_follow_ups", Correct, sql!("future/clamp_follow_ups")),
    ("faction_war_polls", Correct, sql!("future/clear_war_polls")),
    (
        "faction_tile_polls",
        Delete,
        sql!("future/remove_tile_polls"),
    ),
    (
        "faction_tile_polls",
        Correct,
        sql!("future/clamp_tile_polls"),
    ),
    ("refreshes", Delete, sql!("future/remove_refreshes")),
    ("key_checks", Correct, sql!("future/clear_key_checks")),
    ("api_keys", Correct, sql!("future/clear_keys")),
    ("api_pauses", Delete, sql!("future/remove_pauses")),
    (
        "faction_membership",
        Correct,
        sql!("future/clamp_memberships"),
    ),
    (
        "membership_sightings",
        Delete,
        sql!("future/remove_membership_sightings"),
    ),
    ("players", Correct, sql!("future/reset_players")),
    ("factions", Correct, sql!("future/reset_factions")),
    ("territories", Correct, sql!("future/reset_territories")),
    (
        "player_value_times",
        Correct,
        sql!("future/clear_player_times"),
    ),
    (
        "faction_value_times",
        Correct,
        sql!("future/clear_faction_times"),
    ),
];

impl Store {
    /// Finds the rows with future timestamps without changing anything.
    pub(crate) fn find_future(&self, bounds: &FutureBounds) -> Result<FutureFindings> {
        // One transaction, so that both queries read the same snapshot.
        let connection = self
            .connection()
            .unchecked_transaction()
            .context("find rows with future timestamps")?;
        find(&connection, bounds).context("find rows with future timestamps")
    }

    /// Deletes or corrects all rows with future timestamps in one transaction. Returns the counts of each changed table.
    ///
    /// Unless the clock is known to be right, no fetch that is left confirms it: the later ones, which did not, are deleted.
    pub(crate) fn remove_future(
        &mut self,
        bounds: &FutureBounds,
        is_clock_right: bool,
    ) -> Result<Vec<FutureRows>> {
        self.transaction(|transaction| {
            // First, because the statements keep the record of a month that is open again.
            let reopened =
                reopen_months(transaction, bounds).context("open the months that were pruned")?;
            let mut done: Vec<FutureRows> = Vec::new();
            for (table, action, statement) in STATEMENTS {
                let count = execute(transaction, statement, bounds)
                    .context(format!("remove rows with future timestamps from {table}"))?;
                if done.last().is_none_or(|last| last.table != table) {
                    done.push(FutureRows {
                        table: table.to_owned(),
                        ..FutureRows::default()
                    });
                }
                if let Some(rows) = done.last_mut() {
                    match action {
                        Delete => rows.removed = count,
                        Correct => rows.mended = count,
                    }
                }
            }
            if !is_clock_right {
                transaction
                    .execute(sql!("future/forget_torn_time"), [])
                    .context("take back what fetches have told about the clock")?;
            }
            if let Some(rows) = done.iter_mut().find(|rows| rows.table == "month_states") {
                rows.mended += reopened;
            }
            done.retain(|rows| rows.removed + rows.mended > 0);
            Ok(done)
        })
    }
}

fn find(connection: &Connection, bounds: &FutureBounds) -> rusqlite::Result<FutureFindings> {
    let tables = count_future_rows(connection, bounds)?;
    let mut facts = connection.prepare(sql!("future/get_clock_facts"))?;
    let mut rows = query(&mut facts, bounds)?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(FutureFindings {
        tables,
        history_rows: row.get("history_rows")?,
        pruned_rows: row.get::<_, Option<i64>>("pruned_rows")?.unwrap_or(0),
        named_by_torn: row.get("named_by_torn")?,
        gap: RecordGap {
            newest_past: row.get("newest_before")?,
            oldest_future: row.get("oldest_after")?,
            future_days: row.get("days_after")?,
        },
    })
}

/// Counts the rows with future timestamps in each table that has any.
pub(super) fn count_future_rows(
    connection: &Connection,
    bounds: &FutureBounds,
) -> rusqlite::Result<Vec<FutureRows>> {
    let mut statement = connection.prepare(sql!("future/count_rows"))?;
    let mut rows = query(&mut statement, bounds)?;
    let mut tables = Vec::new();
    while let Some(row) = rows.next()? {
        let found = FutureRows {
            table: row.get("table_name")?,
            removed: row.get("removed")?,
            mended: row.get("mended")?,
            oldest: row.get("oldest")?,
            newest: row.get("newest")?,
        };
        if found.removed + found.mended > 0 {
            tables.push(found);
        }
    }
    Ok(tables)
}

fn query<'a>(
    statement: &'a mut Statement<'_>,
    bounds: &FutureBounds,
) -> rusqlite::Result<Rows<'a>> {
    bind(statement, bounds)?;
    Ok(statement.raw_query())
}

fn execute(connection: &Connection, sql: &str, bounds: &FutureBounds) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare(sql)?;
    bind(&mut statement, bounds)?;
    let rows = statement.raw_execute()?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

fn bind(statement: &mut Statement<'_>, bounds: &FutureBounds) -> rusqlite::Result<()> {
    bind_used(
        statement,
        &[
            (":now", &bounds.now),
            (":month", &bounds.month_start),
            (":limit", &bounds.max_recorded),
            (":horizon", &bounds.max_scheduled),
        ],
    )
}
