//! Saving what arrived: a batch in one transaction, and within it what the history needs.

use std::collections::BTreeSet;

use rusqlite::{ErrorCode, Transaction, named_params};
use serde_json::{Value, json};

use crate::error::Result;
use crate::model::faction::{Faction, Member};
use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::player::Player;
use crate::model::run::Counts;
use crate::model::territory::{Tile, TileFacts};
use crate::store::run::{self, MISSES, RECHECK, RunId};
use crate::store::{Failed, Store, sql};

/// What a batch is saved under.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The run.
    pub run: RunId,
    /// Unix seconds of the observation.
    pub now: i64,
    /// Whether each poll appends to the history, changed or not.
    pub every_poll: bool,
}

/// An answer with the name of the key that brought it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced<T> {
    /// The answer.
    pub value: T,
    /// The key's name.
    pub source: String,
}

/// A player to ask about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PlayerTarget {
    /// Who.
    pub id: PlayerId,
    /// When personalstats last came, unix seconds.
    pub bucket_asked_at: Option<i64>,
    /// Torn's timestamp of the newest daily bucket in them.
    pub bucket_at: Option<i64>,
}

/// Members who came and went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RosterChange {
    /// On the roster, and not known to be in the faction before.
    pub joined: u64,
    /// Known to be in the faction before, and not on the complete roster.
    pub left: u64,
}

impl Store {
    /// The players to ask about, stalest first: `players`, and the members of `factions`.
    ///
    /// Players whom Torn does not know any more come up once a week, unless `even_missing`.
    pub fn player_targets(
        &self,
        players: &BTreeSet<PlayerId>,
        factions: &BTreeSet<FactionId>,
        even_missing: bool,
        now: i64,
    ) -> Result<Vec<PlayerTarget>> {
        let players: Value = players.iter().map(|id| id.get()).collect();
        let factions: Value = factions.iter().map(|id| id.get()).collect();
        self.connection()
            .prepare_cached(sql!("fetch/player_targets"))
            .and_then(|mut targets| {
                targets
                    .query_map(
                        named_params! {
                            ":players": players.to_string(),
                            ":factions": factions.to_string(),
                            ":even_missing": even_missing,
                            ":enough": MISSES,
                            ":recheck_before": now - RECHECK,
                        },
                        |row| {
                            Ok(PlayerTarget {
                                id: row.get("player_id")?,
                                bucket_asked_at: row.get("bucket_asked_at")?,
                                bucket_at: row.get("bucket_at")?,
                            })
                        },
                    )?
                    .collect()
            })
            .failed("list the players to fetch")
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

    /// Saves factions with their rosters; all of them or, on failure, none.
    pub fn save_factions(
        &mut self,
        batch: &Batch,
        factions: &[Sourced<Faction>],
        counts: &mut Counts,
    ) -> Result<RosterChange> {
        let mut change = RosterChange::default();
        self.save_batch(
            batch,
            factions,
            counts,
            |transaction, batch, faction| {
                let (appended, came_and_went) = save_faction(transaction, batch, faction)?;
                change.joined += came_and_went.joined;
                change.left += came_and_went.left;
                Ok(appended)
            },
            |faction| format!("faction {}", faction.id),
        )?;
        Ok(change)
    }

    /// The one frame of saving: an immediate transaction, the counts of the run in it.
    pub(super) fn save_batch<T>(
        &mut self,
        batch: &Batch,
        items: &[Sourced<T>],
        counts: &mut Counts,
        mut save: impl FnMut(&Transaction<'_>, &Batch, &Sourced<T>) -> rusqlite::Result<usize>,
        name: impl Fn(&T) -> String,
    ) -> Result<()> {
        let saved = self.transaction(|transaction| {
            let mut after = *counts;
            for item in items {
                let appended =
                    save(transaction, batch, item).failed(format!("save {}", name(&item.value)))?;
                after.saved(appended);
            }
            run::count(transaction, batch.run, after).failed("note how far the run has come")?;
            Ok(after)
        })?;
        *counts = saved;
        Ok(())
    }

    /// When Torn last answered about a faction, unix seconds; `None`: never.
    pub fn faction_last_updated(&self, id: FactionId) -> Result<Option<i64>> {
        use rusqlite::OptionalExtension;

        self.connection()
            .prepare_cached(sql!("fetch/faction_age"))
            .and_then(|mut age| {
                age.query_row(named_params! { ":faction_id": id }, |row| row.get(0))
                    .optional()
            })
            .failed(format!("look up faction {id}"))
    }

    /// Saves what never changes about tiles.
    pub fn save_tile_facts(&mut self, facts: &[TileFacts], now: i64) -> Result<()> {
        let facts: Value = facts
            .iter()
            .map(|tile| {
                json!({
                    "id": tile.id.as_str(), "sector": tile.sector, "size": tile.size, "density": tile.density,
                    "slots": tile.slots, "respect": tile.respect, "x": tile.coordinate_x, "y": tile.coordinate_y,
                })
            })
            .collect();
        self.connection()
            .prepare_cached(sql!("fetch/upsert_tile_facts"))
            .and_then(|mut upsert| {
                upsert.execute(named_params! { ":facts": facts.to_string(), ":now": now })
            })
            .failed("save what never changes about tiles")?;
        Ok(())
    }

    /// Saves tiles seen; all of them or, on failure, none. All of them know their rackets, or none does.
    pub fn save_tiles(
        &mut self,
        batch: &Batch,
        tiles: &[Tile],
        source: &str,
        counts: &mut Counts,
    ) -> Result<()> {
        let racket_known = tiles.iter().all(|tile| tile.racket.is_some());
        let seen: Value = tiles
            .iter()
            .map(|tile| {
                let racket = tile.racket.as_ref().and_then(Option::as_ref);
                json!({
                    "id": tile.id.as_str(),
                    "owner": tile.owner.map(FactionId::get),
                    "racket_type": racket.map(|racket| &racket.name),
                    "racket_level": racket.map(|racket| racket.level),
                    "war": tile.war.map(crate::model::territory::TileWar::as_str),
                })
            })
            .collect();
        let seen = seen.to_string();
        let count = tiles.len() as u64;
        let saved = self.transaction(|transaction| {
            let save = || -> rusqlite::Result<Counts> {
                transaction
                    .prepare_cached(sql!("fetch/name_owners"))?
                    .execute(named_params! { ":tiles": seen, ":now": batch.now })?;
                let appended = transaction
                    .prepare_cached(sql!("fetch/append_tiles"))?
                    .execute(named_params! {
                        ":tiles": seen,
                        ":racket_known": racket_known,
                        ":every_poll": batch.every_poll,
                        ":data_source": source,
                        ":now": batch.now,
                    })? as u64;
                transaction
                    .prepare_cached(sql!("fetch/upsert_tiles"))?
                    .execute(named_params! {
                        ":tiles": seen,
                        ":racket_known": racket_known,
                        ":now": batch.now,
                    })?;
                let mut after = *counts;
                after.entities += count;
                after.appended += appended;
                after.unchanged += count - appended;
                run::count(transaction, batch.run, after)?;
                Ok(after)
            };
            save().failed("save the tiles")
        })?;
        *counts = saved;
        Ok(())
    }

    /// How many tiles have what never changes about them.
    pub fn tiles_with_facts(&self) -> Result<u64> {
        self.connection()
            .query_row(sql!("fetch/tiles_with_facts"), [], |row| row.get(0))
            .failed("count the tiles")
    }

    /// The tiles that a faction held when last seen.
    pub fn tiles_of(&self, faction: FactionId) -> Result<BTreeSet<TerritoryId>> {
        self.connection()
            .prepare_cached(sql!("fetch/tiles_of"))
            .and_then(|mut tiles| {
                tiles
                    .query_map(named_params! { ":faction_id": faction }, |row| row.get(0))?
                    .collect()
            })
            .failed(format!("list the tiles of faction {faction}"))
    }
}

/// Whether a failure is the data's own: another item of the batch may well be saved.
pub fn is_about_the_data(error: &crate::error::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<rusqlite::Error>() {
            return matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
            );
        }
        cause = source.source();
    }
    false
}

/// Makes sure that a faction has a row, by its name or a placeholder.
pub(super) fn name_faction(
    transaction: &Transaction<'_>,
    id: FactionId,
    name: Option<&str>,
    now: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql!("fetch/name_faction"))?
        .execute(named_params! {
            ":faction_id": id,
            ":name": name,
            ":now": now,
        })?;
    Ok(())
}

fn save_player(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Sourced<Player>,
) -> rusqlite::Result<usize> {
    let player = &item.value;
    if let Some(faction) = player.faction {
        name_faction(transaction, faction, None, batch.now)?;
    }
    transaction
        .prepare_cached(sql!("fetch/upsert_player"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":name": player.name,
            ":level": player.level,
            ":rank": player.rank,
            ":faction_id": player.faction,
            ":status_state": player.status_state,
            ":status_description": player.status_description,
            ":life_current": player.life_current,
            ":life_maximum": player.life_maximum,
            ":now": batch.now,
        })?;
    transaction
        .prepare_cached(sql!("fetch/polled"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":now": batch.now,
            ":asked_bucket": player.networth.is_some(),
            ":bucket_at": player.networth.and_then(|networth| networth.bucket_at),
        })?;
    run::found_again(transaction, "player", player.id.get())?;
    let stats = player.battle_stats.as_ref();
    transaction
        .prepare_cached(sql!("fetch/append_player"))?
        .execute(named_params! {
            ":player_id": player.id,
            ":now": batch.now,
            ":strength": stats.map(|stats| stats.strength),
            ":defense": stats.map(|stats| stats.defense),
            ":speed": stats.map(|stats| stats.speed),
            ":dexterity": stats.map(|stats| stats.dexterity),
            ":total_stats": stats.map(|stats| stats.total),
            ":level": player.level,
            ":life_maximum": player.life_maximum,
            ":networth": player.networth.and_then(|networth| networth.dollars),
            ":data_source": item.source,
            ":every_poll": batch.every_poll,
        })
}

fn save_faction(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Sourced<Faction>,
) -> rusqlite::Result<(usize, RosterChange)> {
    let faction = &item.value;
    transaction
        .prepare_cached(sql!("fetch/upsert_faction"))?
        .execute(named_params! {
            ":faction_id": faction.id,
            ":name": faction.name,
            ":tag": faction.tag,
            ":leader_id": faction.leader,
            ":co_leader_id": faction.co_leader,
            ":respect": faction.respect,
            ":age": faction.age,
            ":best_chain": faction.best_chain,
            ":member_count": faction.member_count,
            ":now": batch.now,
        })?;
    run::found_again(transaction, "faction", faction.id.get())?;
    let appended = transaction
        .prepare_cached(sql!("fetch/append_faction"))?
        .execute(named_params! {
            ":faction_id": faction.id,
            ":now": batch.now,
            ":respect": faction.respect,
            ":member_count": faction.member_count,
            ":best_chain": faction.best_chain,
            ":data_source": item.source,
            ":every_poll": batch.every_poll,
        })?;
    Ok((appended, save_roster(transaction, batch, faction)?))
}

fn save_roster(
    transaction: &Transaction<'_>,
    batch: &Batch,
    faction: &Faction,
) -> rusqlite::Result<RosterChange> {
    let members: Value = faction.members.iter().map(member).collect();
    let members = members.to_string();
    let joined: u64 = transaction
        .prepare_cached(sql!("fetch/joiners"))?
        .query_row(
            named_params! { ":members": members, ":faction_id": faction.id },
            |row| row.get(0),
        )?;
    transaction
        .prepare_cached(sql!("fetch/roster"))?
        .execute(named_params! {
            ":members": members,
            ":faction_id": faction.id,
            ":now": batch.now,
        })?;
    let left = if faction.roster_is_complete() {
        transaction
            .prepare_cached(sql!("fetch/leavers"))?
            .execute(named_params! {
                ":members": members,
                ":faction_id": faction.id,
                ":now": batch.now,
            })? as u64
    } else {
        0
    };
    Ok(RosterChange { joined, left })
}

fn member(member: &Member) -> Value {
    json!({
        "id": member.id.get(),
        "name": member.name,
        "level": member.level,
        "state": member.status_state,
        "description": member.status_description,
    })
}
