//! Saves players, and lists the players to request.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, ToSql, Transaction, named_params};
use serde_json::json;

use crate::error::Result;
use crate::model::id::{FactionId, PlayerId};
use crate::model::missing;
use crate::model::player::{Networth, Player};
use crate::model::run::Counts;
use crate::model::time::is_far_future;
use crate::store::missing::clear_missing;
use crate::store::save::{Batch, Observation, ensure_faction, json_ids, record_values};
use crate::store::{SqlContext, Store, sql};

/// A player to request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PlayerTarget {
    pub(crate) id: PlayerId,
    /// The time of the last answer with `personalstats`, unix seconds.
    pub(crate) bucket_asked_at: Option<i64>,
    /// The day of the newest stored networth, as Torn's timestamp in unix seconds.
    pub(crate) bucket_at: Option<i64>,
    /// The timestamp until which the player is not requested, because Torn does not know the id.
    pub(crate) deferred_until: Option<i64>,
}

impl Store {
    /// The given players and the members of the given factions, least recently polled first.
    pub(crate) fn player_targets(
        &self,
        players: &BTreeSet<PlayerId>,
        factions: &BTreeSet<FactionId>,
        now: i64,
    ) -> Result<Vec<PlayerTarget>> {
        let players = json_ids(players.iter().map(|id| id.get()));
        let factions = json_ids(factions.iter().map(|id| id.get()));
        self.connection()
            .prepare_cached(sql!("fetch/list_player_targets"))
            .and_then(|mut statement| {
                let parameters =
                    named_params! { ":players": players, ":factions": factions, ":now": now };
                statement
                    .query_map(parameters, |row| {
                        let misses: Option<u32> = row.get("misses")?;
                        let deferred_until = match misses {
                            None => None,
                            Some(misses) => {
                                let last: i64 = row.get("last_miss")?;
                                let daily = row.get("is_listed")?;
                                missing::deferred_until(misses, last, daily, now)
                            }
                        };
                        Ok(PlayerTarget {
                            id: row.get("player_id")?,
                            bucket_asked_at: row.get("bucket_asked_at")?,
                            bucket_at: row.get("bucket_at")?,
                            deferred_until,
                        })
                    })?
                    .collect()
            })
            .context("list the players to fetch")
    }

    /// Saves players in one transaction.
    pub fn save_players(
        &mut self,
        batch: &Batch,
        players: &[Observation<Player>],
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
    item: &Observation<Player>,
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
        .prepare_cached(sql!("fetch/record_poll"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":at": item.at,
            ":asked_bucket": networth.is_some(),
            ":bucket_at": networth.and_then(|networth| networth.bucket_at),
        })?;
    let profile = player.profile.as_ref();
    let stats = player.battle_stats.unwrap_or_default();
    let level = profile.and_then(|profile| profile.level);
    let life_maximum = profile.and_then(|profile| profile.life_maximum);
    let networth = networth.and_then(|networth| networth.dollars);
    let values: [(&str, &dyn ToSql); 12] = [
        (":player_id", &player.id),
        (":at", &item.at),
        (":strength", &stats.strength),
        (":defense", &stats.defense),
        (":speed", &stats.speed),
        (":dexterity", &stats.dexterity),
        (":total_stats", &stats.total),
        (":level", &level),
        (":life_maximum", &life_maximum),
        (":networth", &networth),
        (":data_source", &item.source),
        (":every_poll", &batch.every_poll),
    ];
    record_values(transaction, sql!("fetch/record_player_times"), &values)?;
    record_values(transaction, sql!("fetch/append_player"), &values)
}

fn save_profile(transaction: &Transaction<'_>, item: &Observation<Player>) -> rusqlite::Result<()> {
    let player = &item.value;
    let Some(profile) = &player.profile else {
        transaction
            .prepare_cached(sql!("fetch/touch_player"))?
            .execute(named_params! { ":player_id": player.id, ":at": item.at })?;
        return Ok(());
    };
    if let Some(faction) = profile.faction {
        ensure_faction(transaction, faction, None, item.at)?;
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
    transaction
        .prepare_cached(sql!("fetch/record_sightings"))?
        .execute(named_params! {
            ":members": json!([{ "id": player.id.get() }]).to_string(),
            ":faction_id": profile.faction,
            ":at": item.at,
        })?;
    clear_missing(transaction, "player", player.id.get())
}

fn stored_bucket(transaction: &Transaction<'_>, player: PlayerId) -> rusqlite::Result<Option<i64>> {
    transaction
        .prepare_cached(sql!("fetch/get_bucket"))?
        .query_row(named_params! { ":player_id": player }, |row| row.get(0))
        .optional()
}

/// Drops a networth from an earlier day than the stored one, so that the stored day never goes back.
fn newest_bucket(networth: Networth, stored: Option<i64>, at: i64) -> Networth {
    let stored = stored.filter(|stored| !is_far_future(*stored, at));
    match (networth.bucket_at, stored) {
        (Some(bucket), Some(stored)) if bucket < stored => Networth::default(),
        _ => networth,
    }
}
