//! Fetches tiles. The tiles of followed factions are fetched one faction at a time, and other tiles in sweeps.

use std::collections::BTreeSet;

use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::{Partitioned, territory};
use crate::command::fetch::scope::{self, Targets};
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::fetch::sweep::TileSelection;
use crate::command::fetch::wars::{AssaultedTiles, FactionWars};
use crate::command::torn::{Failure, Response};
use crate::config::Territories;
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{RacketState, Tile, TileFacts, TileWar};
use crate::store::save::Observation;

/// The tiles of a faction and their rackets.
type FactionTiles = Partitioned<(TileFacts, RacketState)>;

impl Session<'_> {
    pub(super) fn fetch_territories(&mut self, run: &mut ActiveRun) -> Result<()> {
        match self.scope.track.territories.clone() {
            Territories::None => Ok(()),
            Territories::Tracked => self.fetch_tracked_tiles(run),
            Territories::All => {
                self.fetch_tile_facts(run)?;
                self.sweep(run, &TileSelection::All)
            }
            Territories::These(tiles) => self.fetch_these_tiles(run, &tiles),
        }
    }

    /// Fetches the tiles that `[track]` names, without those that Torn does not know and that are asked about later.
    fn fetch_these_tiles(
        &mut self,
        run: &mut ActiveRun,
        tiles: &BTreeSet<TerritoryId>,
    ) -> Result<()> {
        let Targets { targets, deferred } = scope::followed_tiles(tiles, self.store, run.now)?;
        run.leave_out("tile", &deferred, !targets.is_empty());
        if targets.is_empty() {
            return Ok(());
        }
        self.fetch_tile_facts(run)?;
        self.sweep(run, &TileSelection::These(targets.into_iter().collect()))
    }

    /// Fetches the tiles of each followed faction with one call. A sweep then finds the new owners of lost tiles, and
    /// updates the tiles whose assault is over.
    fn fetch_tracked_tiles(&mut self, run: &mut ActiveRun) -> Result<()> {
        let factions = self.factions_to_request(run)?;
        if factions.is_empty() {
            return Ok(());
        }
        self.fetch_missing_faction_wars(run, &factions)?;
        let mut lost = Vec::new();
        for faction in factions {
            if self.torn.is_over() {
                return Ok(());
            }
            lost.push((faction, self.save_faction_tiles(run, faction)?));
        }
        let mut to_sweep = BTreeSet::new();
        for (faction, tiles) in lost {
            // If another followed faction has taken the tile, it is already stored with its new owner.
            to_sweep.extend(&tiles & &self.store.tiles_of(faction)?);
        }
        to_sweep.extend(self.tiles_after_assaults(run)?);
        if to_sweep.is_empty() {
            return Ok(());
        }
        self.sweep(run, &TileSelection::These(to_sweep))
    }

    /// Tiles of other factions that are stored as under assault, but no longer are. No answer about a followed faction
    /// contains their new state.
    fn tiles_after_assaults(&mut self, run: &mut ActiveRun) -> Result<BTreeSet<TerritoryId>> {
        let stored = self
            .store
            .tiles_at_war_of_others(&self.scope.track.factions)?;
        if self.scope.has_named_targets || stored.is_empty() {
            return Ok(BTreeSet::new());
        }
        Ok(match self.assaulted_tiles(run)? {
            Some(assaulted) if !assaulted.is_incomplete => {
                &(&stored - &assaulted.tiles) - &assaulted.undecoded
            }
            _ => BTreeSet::new(),
        })
    }

    /// Saves the tiles of one faction, and returns the stored tiles that it no longer owns.
    fn save_faction_tiles(
        &mut self,
        run: &mut ActiveRun,
        faction: FactionId,
    ) -> Result<BTreeSet<TerritoryId>> {
        let request = Request::faction_territory(faction);
        let entity = format!("tiles of faction {faction}");
        let (list, response) = match self.request_faction_tiles(&request, &entity) {
            Ok(answer) => answer,
            Err(failure) => {
                self.record_failure(run, &entity, None, &failure)?;
                return Ok(BTreeSet::new());
            }
        };
        self.record_invalid(run, &request, &entity, &list.invalid)?;
        let undecoded: Option<BTreeSet<TerritoryId>> = list
            .invalid
            .iter()
            .map(|item| territory::tile_of(&item.item, "id"))
            .collect();
        let assaulted = self
            .faction_wars
            .get(&faction)
            .and_then(FactionWars::assaulted);
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
        self.store.save_tile_facts(&facts, response.at)?;
        self.save_tiles(
            run,
            &Observation {
                value: tiles,
                source: response.source,
                at: response.at,
            },
        )?;
        let is_complete = list.invalid.is_empty();
        self.store
            .record_tile_list(faction, is_complete, response.at)?;
        // The faction still owns a tile that could not be decoded. If the id of that tile is unknown, any missing tile
        // may be that tile, so none counts as lost.
        Ok(match undecoded {
            Some(undecoded) => &(&before - &now) - &undecoded,
            None => BTreeSet::new(),
        })
    }

    fn request_faction_tiles(
        &self,
        request: &Request,
        entity: &str,
    ) -> Result<(FactionTiles, Response), Failure> {
        let response = self.torn.get(request, KeyRequirement::Any)?;
        if let Some(failed) = response.errors.first() {
            return Err(Failure::Refused(failed.error.clone()));
        }
        match territory::faction_tiles(&response.body) {
            Ok(list) => Ok((list, response)),
            Err(error) => {
                let body = response.body.to_string();
                Err(Failure::rejected(request, entity, &error, body))
            }
        }
    }

    pub(super) fn save_tiles(
        &mut self,
        run: &mut ActiveRun,
        tiles: &Observation<Vec<Tile>>,
    ) -> Result<()> {
        let batch = run.batch;
        self.store
            .save_tiles(&batch, tiles, &mut run.tally.counts)?;
        run.tally.answers += 1;
        Ok(())
    }

    /// Whether a tile is under assault; `None` if that is unknown.
    pub(super) fn tile_war(
        &self,
        assaulted: Option<&AssaultedTiles>,
        tile: TerritoryId,
        owner: Option<FactionId>,
    ) -> Option<TileWar> {
        let assaulted = assaulted?;
        if assaulted.tiles.contains(&tile) {
            let is_own = owner.is_some_and(|owner| self.scope.own_factions.contains(&owner));
            return Some(if is_own {
                TileWar::Defending
            } else {
                TileWar::UnderAttack
            });
        }
        let is_unknown = assaulted.is_incomplete || assaulted.undecoded.contains(&tile);
        (!is_unknown).then_some(TileWar::None)
    }
}
