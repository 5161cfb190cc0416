//! Merges the memberships of players.
//!
//! `fetch` records the newest answer about the faction of each player as a sighting. Each import adds the sightings of its
//! source, and the memberships that were known on both sides. The memberships are made from all sightings of a player, so
//! the order of the imports does not matter. The states of two databases of tornsnap are no sightings: a state without a
//! faction may come from a roster without the player, and a state may be a merged one.

use rusqlite::{Connection, Row, named_params};

use crate::error::Result;
use crate::model::import::membership::{Sighting, Stay, stays_of};
use crate::store::import::{FactionsOfPlayers, SourceFacts, Tallies, staging};
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
    let source = match facts.factions_of_players {
        FactionsOfPlayers::States(kind) => Some(kind.as_str()),
        FactionsOfPlayers::Unknown | FactionsOfPlayers::Sightings => None,
    };
    let source = named_params! { ":source": source };
    let record = || -> rusqlite::Result<()> {
        connection.execute(sql!("import/record_imported_sightings"), source)?;
        connection.execute(sql!("import/record_earlier_sightings"), source)?;
        connection.execute(sql!("import/record_newest_sightings"), source)?;
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
    let mut of_player: Option<(i64, Vec<(i64, Sighting)>)> = None;
    let mut statement = connection.prepare(sql!("import/list_sightings"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let player: i64 = row.get("player_id")?;
        let seen = (row.get("at")?, sighting(row)?);
        match &mut of_player {
            Some((current, sightings)) if *current == player => sightings.push(seen),
            _ => {
                if let Some((before, sightings)) = of_player.replace((player, vec![seen])) {
                    taken += merge_player(connection, before, sightings)?;
                }
            }
        }
    }
    if let Some((last, sightings)) = of_player {
        taken += merge_player(connection, last, sightings)?;
    }
    connection.execute(sql!("import/set_present_factions"), [])?;
    Ok(taken)
}

fn sighting(row: &Row<'_>) -> rusqlite::Result<Sighting> {
    Ok(match (row.get("faction_id")?, row.get("has_left")?) {
        (Some(faction), true) => Sighting::Outside { faction },
        (Some(faction), false) => Sighting::In {
            faction,
            joined_at: row.get("joined_at")?,
        },
        (None, _) => Sighting::InNone,
    })
}

/// Returns the number of imported memberships of the player, or 0 if nothing has changed.
fn merge_player(
    connection: &Connection,
    player: i64,
    sightings: Vec<(i64, Sighting)>,
) -> rusqlite::Result<i64> {
    let merged = stays_of(sightings);
    if merged == stored(connection, player)? {
        return Ok(0);
    }
    let taken = connection
        .prepare_cached(sql!("import/count_imported_memberships"))?
        .query_row(named_params! { ":player_id": player }, |row| row.get(0))?;
    replace(connection, player, &merged)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::tests::plan_of;

    /// A scan of all imported players for each membership would take longer than the whole rest of an import.
    #[test]
    fn the_state_of_each_imported_membership_is_searched_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        staging::create(store.connection()).unwrap();

        let steps = plan_of(&store, sql!("import/record_imported_sightings"));

        let of_state = |step: &&String| step.split(' ').nth(1) == Some("state");
        let states: Vec<&String> = steps.iter().filter(of_state).collect();
        assert_eq!(states.len(), 1, "{steps:?}");
        assert!(states[0].starts_with("SEARCH "), "{steps:?}");
    }
}
