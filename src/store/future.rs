//! Removes what a clock that was ahead has left in the future.

use rusqlite::{Connection, Rows, Statement};

use crate::error::Result;
use crate::model::future::{Around, FutureBounds};
use crate::store::{SqlContext, Store, sql};

/// The rows of one table that lie in the future.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Share {
    pub(crate) table: String,
    /// Rows that go.
    pub(crate) removed: i64,
    /// Rows that stay, with other times.
    pub(crate) mended: i64,
    /// The earliest of the times in the future.
    pub(crate) oldest: Option<i64>,
    /// The latest of them.
    pub(crate) newest: Option<i64>,
}

/// The rows of the future in all tables, and the facts beside them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Ahead {
    /// The tables that have something there.
    pub(crate) tables: Vec<Share>,
    pub(crate) history_rows: i64,
    /// History rows that a prune deleted while the clock was ahead.
    pub(crate) pruned_rows: i64,
    /// The latest time that Torn itself has named.
    pub(crate) named_by_torn: Option<i64>,
    /// How the records lie around the clock.
    pub(crate) around: Around,
}

impl Ahead {
    /// Rows that go from tables whose names end like this.
    pub(crate) fn removed_from(&self, ending: &str) -> i64 {
        self.tables
            .iter()
            .filter(|share| share.table.ends_with(ending))
            .map(|share| share.removed)
            .sum()
    }
}

/// The effect of a statement on the rows of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Effect {
    Removes,
    Mends,
}
use Effect::{Mends, Removes};

/// All statements in their order: histories and observations first, since later statements look at what is left.
const STEPS: [(&str, Effect, &str); 40] = [
    (
        "player_stats_history",
        Removes,
        sql!("future/remove_player_history"),
    ),
    (
        "faction_history",
        Removes,
        sql!("future/remove_faction_history"),
    ),
    (
        "war_status_history",
        Removes,
        sql!("future/remove_war_history"),
    ),
    (
        "territory_ownership_history",
        Removes,
        sql!("future/remove_territory_history"),
    ),
    (
        "player_observations",
        Removes,
        sql!("future/remove_player_observations"),
    ),
    (
        "player_observations",
        Mends,
        sql!("future/clamp_player_observations"),
    ),
    (
        "faction_observations",
        Removes,
        sql!("future/remove_faction_observations"),
    ),
    (
        "faction_observations",
        Mends,
        sql!("future/clamp_faction_observations"),
    ),
    (
        "territory_observations",
        Removes,
        sql!("future/remove_territory_observations"),
    ),
    (
        "territory_observations",
        Mends,
        sql!("future/clamp_territory_observations"),
    ),
    (
        "player_stats_summary",
        Removes,
        sql!("future/remove_player_summaries"),
    ),
    (
        "player_stats_summary",
        Mends,
        sql!("future/date_player_summaries"),
    ),
    (
        "faction_summary",
        Removes,
        sql!("future/remove_faction_summaries"),
    ),
    (
        "faction_summary",
        Mends,
        sql!("future/date_faction_summaries"),
    ),
    ("war_summary", Removes, sql!("future/remove_war_summaries")),
    ("war_summary", Mends, sql!("future/date_war_summaries")),
    (
        "territory_ownership_summary",
        Removes,
        sql!("future/remove_territory_summaries"),
    ),
    (
        "territory_ownership_summary",
        Mends,
        sql!("future/date_territory_summaries"),
    ),
    ("month_states", Removes, sql!("future/remove_month_states")),
    ("month_states", Mends, sql!("future/clamp_month_states")),
    ("backup_folders", Mends, sql!("future/clamp_backup_folders")),
    ("fetch_runs", Removes, sql!("future/remove_runs")),
    ("fetch_runs", Mends, sql!("future/clamp_runs")),
    ("rejected_payloads", Removes, sql!("future/remove_rejected")),
    ("rejected_payloads", Mends, sql!("future/clamp_rejected")),
    ("prune_runs", Mends, sql!("future/clamp_prune_runs")),
    ("player_polls", Removes, sql!("future/remove_player_polls")),
    ("player_polls", Mends, sql!("future/clear_player_buckets")),
    ("missing_entities", Removes, sql!("future/remove_missing")),
    ("war_follow_ups", Removes, sql!("future/remove_follow_ups")),
    ("war_follow_ups", Mends, sql!("future/clamp_follow_ups")),
    ("faction_war_polls", Mends, sql!("future/clear_war_polls")),
    ("refreshes", Removes, sql!("future/remove_refreshes")),
    ("key_checks", Mends, sql!("future/clear_key_checks")),
    ("api_keys", Mends, sql!("future/clear_keys")),
    ("api_pauses", Removes, sql!("future/remove_pauses")),
    (
        "faction_membership",
        Mends,
        sql!("future/clamp_memberships"),
    ),
    ("players", Mends, sql!("future/date_players")),
    ("factions", Mends, sql!("future/date_factions")),
    ("territories", Mends, sql!("future/date_territories")),
];

impl Store {
    /// Finds what lies in the future: nothing is written.
    pub(crate) fn ahead(&self, moments: &FutureBounds) -> Result<Ahead> {
        // Both statements see the same state of the database.
        let connection = self
            .connection()
            .unchecked_transaction()
            .context("look for rows of the future")?;
        look(&connection, moments).context("look for rows of the future")
    }

    /// Removes what lies in the future, all of it or, on failure, nothing; tells what was done to each table.
    pub(crate) fn remove_future(&mut self, moments: &FutureBounds) -> Result<Vec<Share>> {
        self.transaction(|transaction| {
            let mut done: Vec<Share> = Vec::new();
            for (table, effect, statement) in STEPS {
                let rows = execute(transaction, statement, moments)
                    .context(format!("remove rows of the future from {table}"))?;
                if done.last().is_none_or(|last| last.table != table) {
                    done.push(Share {
                        table: table.to_owned(),
                        ..Share::default()
                    });
                }
                if let Some(share) = done.last_mut() {
                    match effect {
                        Removes => share.removed = rows,
                        Mends => share.mended = rows,
                    }
                }
            }
            done.retain(|share| share.removed + share.mended > 0);
            Ok(done)
        })
    }
}

fn look(connection: &Connection, moments: &FutureBounds) -> rusqlite::Result<Ahead> {
    let tables = count(connection, moments)?;
    let mut facts = connection.prepare(sql!("future/facts"))?;
    let mut rows = query(&mut facts, moments)?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Ahead {
        tables,
        history_rows: row.get("history_rows")?,
        pruned_rows: row.get::<_, Option<i64>>("pruned_rows")?.unwrap_or(0),
        named_by_torn: row.get("named_by_torn")?,
        around: Around {
            newest_before: row.get("newest_before")?,
            oldest_after: row.get("oldest_after")?,
            days_after: row.get("days_after")?,
        },
    })
}

/// The tables that have something in the future.
pub(super) fn count(
    connection: &Connection,
    moments: &FutureBounds,
) -> rusqlite::Result<Vec<Share>> {
    let mut statement = connection.prepare(sql!("future/count"))?;
    let mut rows = query(&mut statement, moments)?;
    let mut tables = Vec::new();
    while let Some(row) = rows.next()? {
        let share = Share {
            table: row.get("table_name")?,
            removed: row.get("removed")?,
            mended: row.get("mended")?,
            oldest: row.get("oldest")?,
            newest: row.get("newest")?,
        };
        if share.removed + share.mended > 0 {
            tables.push(share);
        }
    }
    Ok(tables)
}

fn query<'a>(
    statement: &'a mut Statement<'_>,
    moments: &FutureBounds,
) -> rusqlite::Result<Rows<'a>> {
    bind(statement, moments)?;
    Ok(statement.raw_query())
}

fn execute(connection: &Connection, sql: &str, moments: &FutureBounds) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare(sql)?;
    bind(&mut statement, moments)?;
    let rows = statement.raw_execute()?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Gives a statement those of the moments that it names.
fn bind(statement: &mut Statement<'_>, moments: &FutureBounds) -> rusqlite::Result<()> {
    let all = [
        (":now", moments.now),
        (":month", moments.month),
        (":limit", moments.limit),
        (":horizon", moments.horizon),
    ];
    for (name, moment) in all {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, moment)?;
        }
    }
    Ok(())
}
