//! Tiles: those of the followed factions, or all of them in sweeps; what never changes about them once a month.

use std::collections::{BTreeSet, HashMap};

use crate::api::keys::Need;
use crate::api::request::{FACTS_PAGE, OWNERSHIP_PAGE, Request};
use crate::api::wire;
use crate::api::wire::page::next_link;
use crate::command::fetch::caller::Failure;
use crate::command::fetch::wars::walk;
use crate::command::fetch::{Session, WarsSeen, Work, followed_factions, understood};
use crate::config::Territories;
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{Racket, Tile, TileWar};
use crate::model::time::DAY;
use crate::model::war::WarType;
use crate::store::Store;

/// Seconds between two looks at what never changes.
const FACTS_AGE: i64 = 30 * DAY;

/// The scope under which the database remembers when to look again.
const FACTS: &str = "tile facts";

/// The rackets that Torn lists.
#[derive(Default)]
struct Rackets {
    by_tile: HashMap<TerritoryId, Racket>,
    /// Whether a tile without one here has none.
    is_complete: bool,
}

impl Rackets {
    /// The racket on a tile: outer `None` is "not known this time", inner `None` is "there is none".
    #[expect(
        clippy::option_option,
        reason = "as in `Tile`, each level means one thing"
    )]
    fn on(&self, tile: TerritoryId) -> Option<Option<Racket>> {
        match self.by_tile.get(&tile) {
            Some(racket) => Some(Some(racket.clone())),
            None => self.is_complete.then_some(None),
        }
    }
}

/// Which tiles a sweep is about.
enum Wanted {
    All,
    These(BTreeSet<TerritoryId>),
}

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

    /// The tiles of each followed faction in one call; who holds now what is gone from the list needs a sweep.
    fn fetch_own_tiles(&mut self, work: &mut Work) -> Result<()> {
        let factions = followed_factions(self.store, self.scope, work.batch.now)?;
        if factions.is_empty() {
            return Ok(());
        }
        work.progress.more(factions.len() as u64);
        let unasked = factions
            .iter()
            .copied()
            .filter(|id| !self.wars_seen.contains_key(id))
            .collect();
        self.harvest_wars_of(work, unasked)?;
        let mut lost = Vec::new();
        for faction in factions {
            if self.caller.is_over() {
                return Ok(());
            }
            lost.push((faction, self.own_tiles(work, faction)?));
            work.progress.step();
        }
        let mut gone = BTreeSet::new();
        for (faction, tiles) in lost {
            // One that another followed faction turned out to hold is stored as that one's by now.
            gone.extend(&tiles & &self.store.tiles_of(faction)?);
        }
        if gone.is_empty() {
            return Ok(());
        }
        self.sweep(work, &Wanted::These(gone))
    }

    /// Saves the tiles of one faction and returns those that it held before and holds no longer.
    fn own_tiles(&mut self, work: &mut Work, faction: FactionId) -> Result<BTreeSet<TerritoryId>> {
        let request = Request::faction_territory(faction);
        let entity = format!("tiles of faction {faction}");
        let answer = self.caller.call(&request, Need::Any).and_then(|reply| {
            Ok((
                understood(&reply, &request, &entity, wire::territory::faction_tiles)?,
                reply,
            ))
        });
        let (list, reply) = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                self.fail(work, &entity, None, &failure)?;
                return Ok(BTreeSet::new());
            }
        };
        let complete = list.bad.is_empty();
        self.fail_each(work, &request, &entity, list.bad)?;
        let assaulted = self.wars_seen.get(&faction).and_then(WarsSeen::assaulted);
        let (facts, rackets): (Vec<_>, Vec<_>) = list.good.into_iter().unzip();
        let tiles: Vec<Tile> = facts
            .iter()
            .zip(rackets)
            .map(|(facts, racket)| Tile {
                id: facts.id,
                owner: Some(faction),
                racket: Some(racket),
                war: assaulted
                    .as_ref()
                    .map(|assaulted| self.standing(assaulted, facts.id, Some(faction))),
            })
            .collect();
        let before = self.store.tiles_of(faction)?;
        self.store.save_tile_facts(&facts, work.batch.now)?;
        self.store
            .save_tiles(&work.batch, &tiles, &reply.source, &mut work.counts)?;
        let now: BTreeSet<_> = tiles.iter().map(|tile| tile.id).collect();
        // What could not be read may be the very tile that seems to be gone.
        Ok(if complete {
            &before - &now
        } else {
            BTreeSet::new()
        })
    }

    /// Who holds which tile: rackets, assaults, then the owners page by page, each saved as it arrives.
    fn sweep(&mut self, work: &mut Work, wanted: &Wanted) -> Result<()> {
        let rackets = self.rackets(work)?;
        let assaulted = self.assaulted(work)?;
        let known = self.store.tiles_with_facts()?;
        work.progress.more(known.max(1));
        let mut seen = BTreeSet::new();
        let mut offset = 0;
        loop {
            let request = Request::ownership(offset);
            let page = self.caller.call(&request, Need::Any).and_then(|reply| {
                Ok((
                    understood(&reply, &request, "tile owners", wire::territory::ownership)?,
                    reply,
                ))
            });
            let (list, reply) = match page {
                Ok(page) => page,
                Err(failure) => return self.fail(work, "tile owners", None, &failure),
            };
            let count = list.good.len() + list.bad.len();
            self.fail_each(work, &request, "tile owners", list.bad)?;
            let new: Vec<_> = list
                .good
                .into_iter()
                .filter(|(tile, _)| seen.insert(*tile))
                .collect();
            if new.is_empty() && count > 0 {
                let failure = Failure::Refused("the pages go round in a circle".to_owned());
                return self.fail(work, "tile owners", None, &failure);
            }
            let tiles: Vec<Tile> = new
                .into_iter()
                .filter(|(tile, _)| wanted.includes(*tile))
                .map(|(id, owner)| Tile {
                    id,
                    owner,
                    racket: rackets.on(id),
                    war: assaulted
                        .as_ref()
                        .map(|assaulted| self.standing(assaulted, id, owner)),
                })
                .collect();
            let (with, without): (Vec<_>, Vec<_>) =
                tiles.into_iter().partition(|tile| tile.racket.is_some());
            for tiles in [with, without].iter().filter(|tiles| !tiles.is_empty()) {
                self.store
                    .save_tiles(&work.batch, tiles, &reply.source, &mut work.counts)?;
            }
            for _ in 0..count {
                work.progress.step();
            }
            offset += count;
            let may_be_more = count >= OWNERSHIP_PAGE
                || next_link(&reply.body).is_some()
                || (seen.len() as u64) < known;
            if count == 0 || !may_be_more || wanted.is_covered_by(&seen) {
                break;
            }
        }
        if (seen.len() as u64) < known && !wanted.is_covered_by(&seen) {
            log::warn!("Torn listed the owners of {} of {known} tiles", seen.len());
        }
        if let Wanted::These(tiles) = wanted {
            for missing in tiles.difference(&seen) {
                let failure = Failure::Refused("Torn does not list it".to_owned());
                self.fail(work, &format!("tile {missing}"), None, &failure)?;
            }
        }
        Ok(())
    }

    /// How a tile stands in war.
    fn standing(
        &self,
        assaulted: &BTreeSet<TerritoryId>,
        tile: TerritoryId,
        owner: Option<FactionId>,
    ) -> TileWar {
        if !assaulted.contains(&tile) {
            TileWar::None
        } else if owner.is_some_and(|owner| self.scope.ours.contains(&owner)) {
            TileWar::Defending
        } else {
            TileWar::UnderAttack
        }
    }

    /// All rackets, as far as they are known this time.
    fn rackets(&mut self, work: &mut Work) -> Result<Rackets> {
        let request = Request::rackets();
        let answer = self
            .caller
            .call(&request, Need::Any)
            .and_then(|reply| understood(&reply, &request, "rackets", wire::territory::rackets));
        let list = match answer {
            Ok(list) => list,
            Err(failure) => {
                self.fail(work, "rackets", None, &failure)?;
                return Ok(Rackets::default());
            }
        };
        let has_bad = !list.bad.is_empty();
        self.fail_each(work, &request, "rackets", list.bad)?;
        let all = list.good.len();
        let by_tile: HashMap<_, _> = list.good.into_iter().flatten().collect();
        if by_tile.len() < all {
            log::warn!(
                "Torn does not say which tiles some rackets are on; these stay as last known"
            );
        }
        Ok(Rackets {
            is_complete: !has_bad && by_tile.len() == all,
            by_tile,
        })
    }

    /// The tiles that are fought over now; `None`: not known this time.
    fn assaulted(&mut self, work: &mut Work) -> Result<Option<BTreeSet<TerritoryId>>> {
        let mut tiles = BTreeSet::new();
        let mut failures = Vec::new();
        let complete = walk(
            self.caller,
            WarType::Territory,
            work.batch.now,
            &mut failures,
            |war| {
                let war = war.value;
                if war.status.is_over() {
                    return false;
                }
                tiles.extend(war.territory);
                true
            },
        );
        for failure in failures {
            self.fail(work, "list of territory wars", None, &failure)?;
        }
        Ok(complete.then_some(tiles))
    }

    /// What never changes about tiles, where it is unknown or a month old.
    fn fetch_tile_facts(&mut self, work: &mut Work) -> Result<()> {
        if !facts_are_due(self.store, work.batch.now)? {
            return Ok(());
        }
        let mut offset = 0;
        let mut seen = BTreeSet::new();
        loop {
            let request = Request::tile_facts(offset);
            let page = self.caller.call(&request, Need::Any).and_then(|reply| {
                Ok((
                    understood(&reply, &request, "tile facts", wire::territory::facts)?,
                    reply,
                ))
            });
            let (list, reply) = match page {
                Ok(page) => page,
                Err(failure) => return self.fail(work, "tile facts", None, &failure),
            };
            let count = list.good.len() + list.bad.len();
            self.fail_each(work, &request, "tile facts", list.bad)?;
            let before = seen.len();
            seen.extend(list.good.iter().map(|tile| tile.id));
            if seen.len() == before && count > 0 {
                let failure = Failure::Refused("the pages go round in a circle".to_owned());
                return self.fail(work, "tile facts", None, &failure);
            }
            self.store.save_tile_facts(&list.good, work.batch.now)?;
            offset += count;
            if count == 0 || (count < FACTS_PAGE && next_link(&reply.body).is_none()) {
                break;
            }
        }
        let next = work.batch.now + FACTS_AGE;
        self.store.pause(FACTS, next, "asked for once a month")
    }
}

/// Whether what never changes about tiles is unknown or a month old.
pub(super) fn facts_are_due(store: &Store, now: i64) -> Result<bool> {
    Ok(store.paused(FACTS, now)?.is_none() || store.tiles_with_facts()? == 0)
}

impl Wanted {
    fn includes(&self, tile: TerritoryId) -> bool {
        match self {
            Self::All => true,
            Self::These(tiles) => tiles.contains(&tile),
        }
    }

    fn is_covered_by(&self, seen: &BTreeSet<TerritoryId>) -> bool {
        match self {
            Self::All => false,
            Self::These(tiles) => tiles.is_subset(seen),
        }
    }
}
