//! Merges the current states and the observations.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::store::import::{SourceFacts, Tallies, staging};
use crate::store::value::bind_used;
use crate::store::{SqlContext, sql};

/// A table with one row for each entity, and for observations also for each month.
struct StateTable {
    name: &'static str,
    /// Counts the imported rows that tell something new.
    count_new: &'static str,
    merge: &'static str,
}

/// In the order in which rows refer to each other.
const TABLES: [StateTable; 6] = [
    StateTable {
        name: "factions",
        count_new: sql!("import/count_new_factions"),
        merge: sql!("import/upsert_factions"),
    },
    StateTable {
        name: "players",
        count_new: sql!("import/count_new_players"),
        merge: sql!("import/upsert_players"),
    },
    StateTable {
        name: "territories",
        count_new: sql!("import/count_new_territories"),
        merge: sql!("import/upsert_territories"),
    },
    StateTable {
        name: "player_observations",
        count_new: sql!("import/count_new_player_observations"),
        merge: sql!("import/join_player_observations"),
    },
    StateTable {
        name: "faction_observations",
        count_new: sql!("import/count_new_faction_observations"),
        merge: sql!("import/join_faction_observations"),
    },
    StateTable {
        name: "territory_observations",
        count_new: sql!("import/count_new_territory_observations"),
        merge: sql!("import/join_territory_observations"),
    },
];

/// The rows that foreign keys of imported rows refer to. An unnamed entity gets a placeholder.
const PLACEHOLDERS: [&str; 3] = [
    sql!("import/ensure_factions"),
    sql!("import/ensure_players"),
    sql!("import/ensure_territories"),
];

/// Switches the triggers of this connection on or off.
pub(super) fn set_triggers(connection: &Connection, is_enabled: bool) -> Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, is_enabled)
        .map(drop)
        .context("set up the import")
}

pub(super) fn merge(
    connection: &Connection,
    facts: &SourceFacts,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    let (states, observations) = TABLES.split_at(3);
    for table in states {
        // A player of a faction without a row of its own needs the placeholder of the faction first.
        if table.name == "players" {
            ensure(connection, sql!("import/ensure_factions"), now)?;
        }
        merge_table(connection, table, facts, now, tallies)?;
    }
    for statement in PLACEHOLDERS {
        ensure(connection, statement, now)?;
    }
    for table in observations {
        merge_table(connection, table, facts, now, tallies)?;
    }
    Ok(())
}

fn ensure(connection: &Connection, statement: &str, now: i64) -> Result<()> {
    connection
        .execute(statement, named_params! { ":now": now })
        .map(drop)
        .context("add what imported rows refer to")
}

fn merge_table(
    connection: &Connection,
    table: &StateTable,
    facts: &SourceFacts,
    now: i64,
    tallies: &mut Tallies,
) -> Result<()> {
    let merge = || -> rusqlite::Result<i64> {
        let new = connection.query_row(table.count_new, [], |row| row.get(0))?;
        let mut statement = connection.prepare(table.merge)?;
        bind_used(
            &mut statement,
            &[
                (":now", &now),
                (":faction_known", &facts.knows_factions_of_players),
            ],
        )?;
        statement.raw_execute()?;
        Ok(new)
    };
    let new = merge().context(format!("import {}", table.name))?;
    let all = staging::count(connection, table.name)?;
    let tally = tallies.entry(table.name).or_default();
    tally.taken += new;
    tally.already_there += (all - new).max(0);
    Ok(())
}
