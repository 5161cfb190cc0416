//! Tiles: those of the followed factions, or all of them in sweeps.

use std::collections::BTreeSet;

use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::{Partitioned, territory};
use crate::command::fetch::session::{Session, Work};
use crate::command::fetch::sweep::Wanted;
use crate::command::fetch::wars::{Assaulted, WarsSeen};
use crate::command::torn::{Failure, Reply};
use crate::config::Territories;
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{RacketState, Tile, TileFacts, TileWar};
use crate::store::save::Sourced;

/// The tiles of a faction, with their rackets.
type OwnTiles = Partitioned<(TileFacts, RacketState)>;

impl Session<'_> {
    pub(super) fn fetch_territories(&mut self, work: &mut Work) -> Result<()> {
        match self.scope.track.territories.clone() {
            Territories::None => Ok(()),
            Territories::Tracked => self.fetch_own_tiles(work),
            Territories::All => {
                self.fetch_tile_facts(work)?;
                self.sweep(work, &Wanted::All)
            }
            Territories::These(tiles) => {
                self.fetch_tile_facts(work)?;
                self.sweep(work, &Wanted::These(tiles))
            }
        }
    }

    /// The tiles of each followed faction in one call. A tile that is gone from the list needs a sweep to find its
    /// owner.
    fn fetch_own_tiles(&mut self, work: &mut Work) -> Result<()> {
        let factions = self.followed(work)?.targets;
        if factions.is_empty() {
            return Ok(());
        }
        work.progress.more(factions.len() as u64);
        let unasked = factions
            .iter()
            .copied()
            .filter(|id| !self.wars_seen.contains_key(id))
            .collect();
        self.fetch_lists(work, unasked)?;
        let mut lost = Vec::new();
        for faction in factions {
            if self.torn.is_over() {
                return Ok(());
            }
            lost.push((faction, self.own_tiles(work, faction)?));
            work.progress.step();
        }
        let mut gone = BTreeSet::new();
        for (faction, tiles) in lost {
            // A tile that another followed faction turned out to hold is stored as that one's by now.
            gone.extend(&tiles & &self.store.tiles_of(faction)?);
        }
        gone.extend(self.tiles_after_assaults(work)?);
        if gone.is_empty() {
            return Ok(());
        }
        self.sweep(work, &Wanted::These(gone))
    }

    /// Tiles that are stored as under assault and are not any more. Their owners are not followed, so that no other
    /// answer tells how they stand now.
    fn tiles_after_assaults(&mut self, work: &mut Work) -> Result<BTreeSet<TerritoryId>> {
        let stored = self
            .store
            .tiles_at_war_of_others(&self.scope.track.factions)?;
        if self.scope.named || stored.is_empty() {
            return Ok(BTreeSet::new());
        }
        Ok(match self.assaulted_tiles(work)? {
            Some(assaulted) if !assaulted.is_incomplete => {
                &(&stored - &assaulted.tiles) - &assaulted.unknown
            }
            _ => BTreeSet::new(),
        })
    }

    /// Saves the tiles of one faction and returns those that it held before and holds no longer.
    fn own_tiles(&mut self, work: &mut Work, faction: FactionId) -> Result<BTreeSet<TerritoryId>> {
        let request = Request::faction_territory(faction);
        let entity = format!("tiles of faction {faction}");
        let (list, reply) = match self.list_own_tiles(&request, &entity) {
            Ok(answer) => answer,
            Err(failure) => {
                self.fail(work, &entity, None, &failure)?;
                return Ok(BTreeSet::new());
            }
        };
        self.fail_each(work, &request, &entity, &list.invalid)?;
        let unreadable: Option<BTreeSet<TerritoryId>> = list
            .invalid
            .iter()
            .map(|item| territory::tile_of(&item.item, "id"))
            .collect();
        let assaulted = self.wars_seen.get(&faction).and_then(WarsSeen::assaulted);
        let (facts, rackets): (Vec<_>, Vec<_>) = list.valid.into_iter().unzip();
        let tiles: Vec<Tile> = facts
            .iter()
            .zip(rackets)
            .map(|(facts, racket)| Tile {
                id: facts.id,
                owner: Some(faction),
                racket,
                war: self.tile_war(assaulted, facts.id, Some(faction)),
            })
            .collect();
        let before = self.store.tiles_of(faction)?;
        let now: BTreeSet<_> = tiles.iter().map(|tile| tile.id).collect();
        self.store.save_tile_facts(&facts, reply.at)?;
        self.save_tiles(
            work,
            &Sourced {
                value: tiles,
                source: reply.source,
                at: reply.at,
            },
        )?;
        // A tile that could not be read may be the very one that seems to be gone.
        Ok(match unreadable {
            Some(unreadable) => &(&before - &now) - &unreadable,
            None => BTreeSet::new(),
        })
    }

    fn list_own_tiles(
        &self,
        request: &Request,
        entity: &str,
    ) -> Result<(OwnTiles, Reply), Failure> {
        let reply = self.torn.get(request, Need::Any)?;
        if let Some(failed) = reply.errors.first() {
            return Err(Failure::Refused(failed.error.clone()));
        }
        match territory::faction_tiles(&reply.body) {
            Ok(list) => Ok((list, reply)),
            Err(error) => {
                let body = reply.body.to_string();
                Err(Failure::rejected(request, entity, &error, body))
            }
        }
    }

    pub(super) fn save_tiles(&mut self, work: &mut Work, tiles: &Sourced<Vec<Tile>>) -> Result<()> {
        let batch = work.batch;
        self.store
            .save_tiles(&batch, tiles, &mut work.tally.counts)?;
        work.tally.answers += 1;
        Ok(())
    }

    /// Whether a tile is under assault; `None`: not known this time.
    pub(super) fn tile_war(
        &self,
        assaulted: Option<&Assaulted>,
        tile: TerritoryId,
        owner: Option<FactionId>,
    ) -> Option<TileWar> {
        let assaulted = assaulted?;
        if assaulted.tiles.contains(&tile) {
            let is_ours = owner.is_some_and(|owner| self.scope.ours.contains(&owner));
            return Some(if is_ours {
                TileWar::Defending
            } else {
                TileWar::UnderAttack
            });
        }
        let is_unknown = assaulted.is_incomplete || assaulted.unknown.contains(&tile);
        (!is_unknown).then_some(TileWar::None)
    }
}
