//! Players: who is asked about, and what their answers told.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::missing;
use crate::model::player::{Networth, Player};
use crate::model::run::Counts;
use crate::model::time::is_far_future;
use crate::store::missing::found;
use crate::store::save::{Batch, Sourced, json_ids, name_faction};
use crate::store::{SqlContext, Store, sql};

/// A player to ask about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PlayerTarget {
    pub(crate) id: PlayerId,
    /// When personalstats last came, unix seconds.
    pub(crate) bucket_asked_at: Option<i64>,
    /// Torn's timestamp of the newest daily bucket in them.
    pub(crate) bucket_at: Option<i64>,
    /// Until when the player is not asked about, because Torn does not know the id.
    pub(crate) rests_until: Option<i64>,
}

impl Store {
    /// The players to ask about, stalest first: `players`, and the members of `factions`.
    pub(crate) fn player_targets(
        &self,
        players: &BTreeSet<PlayerId>,
        factions: &BTreeSet<FactionId>,
        now: i64,
    ) -> Result<Vec<PlayerTarget>> {
        let players = json_ids(players.iter().map(|id| id.get()));
        let factions = json_ids(factions.iter().map(|id| id.get()));
        self.connection()
            .prepare_cached(sql!("fetch/player_targets"))
            .and_then(|mut targets| {
                let parameters =
                    named_params! { ":players": players, ":factions": factions, ":now": now };
                targets
                    .query_map(parameters, |row| {
                        let misses: Option<u32> = row.get("misses")?;
                        let rests_until = match misses {
                            None => None,
                            Some(misses) => {
                                let last: i64 = row.get("last_miss")?;
                                let daily = row.get("is_listed")?;
                                missing::rests_until(misses, last, daily, now)
                            }
                        };
                        Ok(PlayerTarget {
                            id: row.get("player_id")?,
                            bucket_asked_at: row.get("bucket_asked_at")?,
                            bucket_at: row.get("bucket_at")?,
                            rests_until,
                        })
                    })?
                    .collect()
            })
            .context("list the players to fetch")
    }

    /// Saves players; all of them or, on failure, none.
    pub fn save_players(
        &mut self,
        batch: &Batch,
        players: &[Sourced<Player>],
        counts: &mut Counts,
    ) -> Result<()> {
        self.save_batch(batch, players, counts, save_player, |player| {
            format!("player {}", player.id)
        })
    }
}

fn save_player(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Sourced<Player>,
) -> rusqlite::Result<usize> {
    let player = &item.value;
    save_profile(transaction, item)?;
    transaction
        .prepare_cached(sql!("fetch/observe_player"))?
        .execute(named_params! { ":player_id": player.id, ":at": item.at })?;
    let networth = match player.networth {
        Some(networth) => {
            let stored = stored_bucket(transaction, player.id)?;
            Some(newest_bucket(networth, stored, item.at))
        }
        None => None,
    };
    transaction
        .prepare_cached(sql!("fetch/polled"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":at": item.at,
            ":asked_bucket": networth.is_some(),
            ":bucket_at": networth.and_then(|networth| networth.bucket_at),
        })?;
    let profile = player.profile.as_ref();
    let stats = player.battle_stats.unwrap_or_default();
    transaction
        .prepare_cached(sql!("fetch/append_player"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":at": item.at,
            ":strength": stats.strength,
            ":defense": stats.defense,
            ":speed": stats.speed,
            ":dexterity": stats.dexterity,
            ":total_stats": stats.total,
            ":level": profile.and_then(|profile| profile.level),
            ":life_maximum": profile.and_then(|profile| profile.life_maximum),
            ":networth": networth.and_then(|networth| networth.dollars),
            ":data_source": item.source,
            ":every_poll": batch.every_poll,
        })
}

fn save_profile(transaction: &Transaction<'_>, item: &Sourced<Player>) -> rusqlite::Result<()> {
    let player = &item.value;
    let Some(profile) = &player.profile else {
        transaction
            .prepare_cached(sql!("fetch/add_player"))?
            .execute(named_params! { ":player_id": player.id, ":at": item.at })?;
        return Ok(());
    };
    if let Some(faction) = profile.faction {
        name_faction(transaction, faction, None, item.at)?;
    }
    transaction
        .prepare_cached(sql!("fetch/upsert_player"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":name": profile.name,
            ":level": profile.level,
            ":rank": profile.rank,
            ":faction_id": profile.faction,
            ":status_state": profile.status_state,
            ":status_description": profile.status_description,
            ":life_current": profile.life_current,
            ":life_maximum": profile.life_maximum,
            ":at": item.at,
        })?;
    found(transaction, "player", player.id.get())
}

fn stored_bucket(transaction: &Transaction<'_>, player: PlayerId) -> rusqlite::Result<Option<i64>> {
    transaction
        .prepare_cached(sql!("fetch/stored_bucket"))?
        .query_row(named_params! { ":player_id": player }, |row| row.get(0))
        .optional()
}

/// A daily bucket never goes back: an answer with an older one than the stored one tells nothing.
fn newest_bucket(networth: Networth, stored: Option<i64>, at: i64) -> Networth {
    let stored = stored.filter(|stored| !is_far_future(*stored, at));
    match (networth.bucket_at, stored) {
        (Some(bucket), Some(stored)) if bucket < stored => Networth::default(),
        _ => networth,
    }
}
