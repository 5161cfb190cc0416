//! Merges the memberships of players.
//!
//! Each import records what it tells, and what was known here before, as sightings. The memberships are made from all
//! sightings of a player, so the order of the imports does not matter.

use std::collections::BTreeMap;

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::import::membership::{Sighting, Stay, stays_of};
use crate::store::import::{SourceFacts, Tallies, staging};
use crate::store::{SqlContext, sql};

/// Records what is known here. It runs before the imported states are merged.
pub(super) fn record_own(connection: &Connection) -> Result<()> {
    connection
        .execute(sql!("import/record_own_sightings"), [])
        .map(drop)
        .context("record the known memberships")
}

/// Records what the source tells. It runs after the imported states are merged, and the rosters that were read here are
/// known.
pub(super) fn record_imported(connection: &Connection, facts: &SourceFacts) -> Result<()> {
    let record = || -> rusqlite::Result<()> {
        connection.execute(
            sql!("import/record_imported_sightings"),
            named_params! { ":faction_known": facts.knows_factions_of_players },
        )?;
        connection.execute(sql!("import/record_leavers"), [])?;
        Ok(())
    };
    record().context("record the imported memberships")
}

pub(super) fn merge(connection: &Connection, tallies: &mut Tallies) -> Result<()> {
    let taken = merge_all(connection).context("merge the memberships")?;
    staging::tally(connection, "faction_membership", taken, tallies)
}

/// Returns the number of imported memberships that changed something.
fn merge_all(connection: &Connection) -> rusqlite::Result<i64> {
    let mut taken = 0;
    for (player, sightings) in sightings(connection)? {
        let merged = stays_of(sightings);
        if merged == stored(connection, player)? {
            continue;
        }
        taken += connection
            .prepare_cached(sql!("import/count_imported_memberships"))?
            .query_row(named_params! { ":player_id": player }, |row| {
                row.get::<_, i64>(0)
            })?;
        replace(connection, player, &merged)?;
    }
    connection.execute(sql!("import/set_present_factions"), [])?;
    Ok(taken)
}

fn replace(connection: &Connection, player: i64, stays: &[Stay]) -> rusqlite::Result<()> {
    connection
        .prepare_cached(sql!("import/delete_memberships"))?
        .execute(named_params! { ":player_id": player })?;
    let mut insert = connection.prepare_cached(sql!("import/insert_membership"))?;
    for stay in stays {
        insert.execute(named_params! {
            ":player_id": player,
            ":faction_id": stay.faction,
            ":first_seen_at": stay.first_seen_at,
            ":joined_at": stay.joined_at,
            ":left_at": stay.left_at,
        })?;
    }
    Ok(())
}

fn stored(connection: &Connection, player: i64) -> rusqlite::Result<Vec<Stay>> {
    connection
        .prepare_cached(sql!("import/list_memberships"))?
        .query_map(named_params! { ":player_id": player }, |row| {
            Ok(Stay {
                faction: row.get("faction_id")?,
                first_seen_at: row.get("first_seen_at")?,
                joined_at: row.get("joined_at")?,
                left_at: row.get("left_at")?,
            })
        })?
        .collect()
}

/// The sightings of each imported player, with their times.
fn sightings(connection: &Connection) -> rusqlite::Result<BTreeMap<i64, Vec<(i64, Sighting)>>> {
    let mut players: BTreeMap<i64, Vec<(i64, Sighting)>> = BTreeMap::new();
    let mut statement = connection.prepare(sql!("import/list_sightings"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sighting = match (row.get("faction_id")?, row.get("has_left")?) {
            (Some(faction), true) => Sighting::Outside { faction },
            (Some(faction), false) => Sighting::In {
                faction,
                joined_at: row.get("joined_at")?,
            },
            (None, _) => Sighting::InNone,
        };
        let player = players.entry(row.get("player_id")?).or_default();
        player.push((row.get("at")?, sighting));
    }
    Ok(players)
}
