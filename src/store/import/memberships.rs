//! Merges the memberships of players.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::model::import::membership::{self, Stay};
use crate::store::import::{Tallies, staging};
use crate::store::{SqlContext, sql};

/// The stored and the imported memberships of one player.
struct PlayerStays {
    player: i64,
    ours: Vec<Stay>,
    theirs: Vec<Stay>,
}

pub(super) fn merge(connection: &Connection, tallies: &mut Tallies) -> Result<()> {
    let taken = merge_all(connection).context("merge the memberships")?;
    staging::tally(connection, "faction_membership", taken, tallies)
}

/// Returns the number of imported memberships that changed something.
fn merge_all(connection: &Connection) -> rusqlite::Result<i64> {
    let mut taken = 0;
    for PlayerStays {
        player,
        ours,
        theirs,
    } in read(connection)?
    {
        let (now_in, answered_at): (Option<i64>, i64) = connection
            .prepare_cached(sql!("import/get_player_faction"))?
            .query_row(named_params! { ":player_id": player }, |row| {
                Ok((row.get("faction_id")?, row.get("last_updated")?))
            })?;
        let merged = membership::merge(&ours, &theirs, now_in, answered_at);
        if merged == ours {
            continue;
        }
        taken += i64::try_from(theirs.len()).unwrap_or(i64::MAX);
        connection
            .prepare_cached(sql!("import/delete_memberships"))?
            .execute(named_params! { ":player_id": player })?;
        let mut insert = connection.prepare_cached(sql!("import/insert_membership"))?;
        for stay in merged {
            insert.execute(named_params! {
                ":player_id": player,
                ":faction_id": stay.faction,
                ":first_seen_at": stay.first_seen_at,
                ":joined_at": stay.joined_at,
                ":left_at": stay.left_at,
            })?;
        }
    }
    Ok(taken)
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<PlayerStays>> {
    let mut players: Vec<PlayerStays> = Vec::new();
    let mut statement = connection.prepare(sql!("import/list_memberships"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let player = row.get("player_id")?;
        if players.last().is_none_or(|last| last.player != player) {
            players.push(PlayerStays {
                player,
                ours: Vec::new(),
                theirs: Vec::new(),
            });
        }
        let stay = Stay {
            faction: row.get("faction_id")?,
            first_seen_at: row.get("first_seen_at")?,
            joined_at: row.get("joined_at")?,
            left_at: row.get("left_at")?,
        };
        if let Some(last) = players.last_mut() {
            let is_imported: bool = row.get("is_imported")?;
            let stays = if is_imported {
                &mut last.theirs
            } else {
                &mut last.ours
            };
            stays.push(stay);
        }
    }
    Ok(players)
}
