//! Sweeps: the owners of all tiles page by page, with rackets and assaults; their facts once a month.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use crate::api::pages::PagedBy;
use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::territory;
use crate::command::fetch::session::{Session, Work};
use crate::command::fetch::wars::Assaulted;
use crate::command::torn::{Failure, ListRead, Page, read_list};
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{Racket, RacketState, Tile};
use crate::model::time::{DAY, is_far_future};
use crate::store::Store;
use crate::store::follow_ups::Refresh;
use crate::store::save::Sourced;

/// Seconds between two looks at what hardly ever changes.
const FACTS_AGE: i64 = 30 * DAY;

/// The tiles that a sweep is about.
pub(super) enum Wanted {
    All,
    These(BTreeSet<TerritoryId>),
}

/// The rackets that Torn lists.
#[derive(Default)]
struct Rackets {
    by_tile: HashMap<TerritoryId, Racket>,
    /// Tiles whose racket could not be read.
    unreadable: BTreeSet<TerritoryId>,
    /// Whether every racket of the game names its tile here, so that other tiles have none.
    is_complete: bool,
}

impl Rackets {
    fn on(&self, tile: TerritoryId) -> RacketState {
        match self.by_tile.get(&tile) {
            Some(racket) => RacketState::Present(racket.clone()),
            None if self.is_complete && !self.unreadable.contains(&tile) => RacketState::Absent,
            None => RacketState::Unknown,
        }
    }
}

/// A sweep while it goes on.
struct Sweep<'a> {
    wanted: &'a Wanted,
    rackets: Rackets,
    assaulted: Option<Assaulted>,
    seen: BTreeSet<TerritoryId>,
}

impl Session<'_> {
    /// Saves the owners of the wanted tiles, each page as it arrives.
    pub(super) fn sweep(&mut self, work: &mut Work, wanted: &Wanted) -> Result<()> {
        let mut sweep = Sweep {
            wanted,
            rackets: self.rackets(work)?,
            assaulted: self.assaulted_tiles(work)?,
            seen: BTreeSet::new(),
        };
        let known = self.store.tiles_with_facts()?;
        work.progress.more(known.max(1));
        let torn = self.torn;
        let read = read_list(
            torn,
            Request::ownership(),
            PagedBy::Offset { expected: known },
            "tile owners",
            |body, _| Ok((ownership_field(body), territory::ownership(body)?)),
            |page| self.take_owners(work, page, &mut sweep),
        )?;
        if let ListRead::Failed(failure) = &read {
            return self.fail(work, "tile owners", None, failure);
        }
        let seen = &sweep.seen;
        if wanted.is_covered_by(seen) {
            return Ok(());
        }
        if (seen.len() as u64) < known {
            log::warn!("Torn listed the owners of {} of {known} tiles", seen.len());
        }
        if let Wanted::These(tiles) = wanted {
            for missing in tiles.difference(seen) {
                self.fail(work, &format!("tile {missing}"), None, &Failure::NotListed)?;
            }
        }
        Ok(())
    }

    fn take_owners(
        &mut self,
        work: &mut Work,
        page: Page<(TerritoryId, Option<FactionId>)>,
        sweep: &mut Sweep<'_>,
    ) -> Result<ControlFlow<()>> {
        self.fail_each(work, &page.request, "tile owners", &page.items.invalid)?;
        for _ in 0..page.items.len() {
            work.progress.step();
        }
        let new: Vec<_> = page
            .items
            .valid
            .into_iter()
            .filter(|(tile, _)| sweep.seen.insert(*tile))
            .collect();
        let tiles: Vec<Tile> = new
            .into_iter()
            .filter(|(tile, _)| sweep.wanted.includes(*tile))
            .map(|(id, owner)| Tile {
                id,
                owner,
                racket: sweep.rackets.on(id),
                war: self.tile_war(sweep.assaulted.as_ref(), id, owner),
            })
            .collect();
        if !tiles.is_empty() {
            let tiles = Sourced {
                value: tiles,
                source: page.source,
                at: page.at,
            };
            self.save_tiles(work, &tiles)?;
        }
        Ok(if sweep.wanted.is_covered_by(&sweep.seen) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    /// All rackets, as far as they are known this time.
    fn rackets(&mut self, work: &mut Work) -> Result<Rackets> {
        let request = Request::rackets();
        let answer = self.torn.get(&request, Need::Any).and_then(|reply| {
            if let Some(failed) = reply.errors.first() {
                return Err(Failure::Refused(failed.error.clone()));
            }
            territory::rackets(&reply.body).map_err(|error| {
                Failure::rejected(&request, "rackets", &error, reply.body.to_string())
            })
        });
        let list = match answer {
            Ok(list) => list,
            Err(failure) => {
                self.fail(work, "rackets", None, &failure)?;
                return Ok(Rackets::default());
            }
        };
        self.fail_each(work, &request, "rackets", &list.invalid)?;
        let mut rackets = Rackets {
            is_complete: true,
            ..Rackets::default()
        };
        for item in &list.invalid {
            match territory::tile_of(&item.item, "territory") {
                Some(tile) => drop(rackets.unreadable.insert(tile)),
                None => rackets.is_complete = false,
            }
        }
        let mut without_tile = 0;
        for (tile, racket) in list.valid {
            match tile {
                Some(tile) => drop(rackets.by_tile.insert(tile, racket)),
                None => without_tile += 1,
            }
        }
        if without_tile > 0 {
            rackets.is_complete = false;
            log::warn!(
                "Torn does not say which tiles {without_tile} rackets are on; these stay as last known"
            );
        }
        Ok(rackets)
    }

    /// Fetches the facts of tiles that hardly ever change, when they are unknown or a month old.
    pub(super) fn fetch_tile_facts(&mut self, work: &mut Work) -> Result<()> {
        if !facts_are_due(self.store, work.now)? {
            return Ok(());
        }
        let torn = self.torn;
        let read = read_list(
            torn,
            Request::tile_facts(),
            PagedBy::Offset { expected: 0 },
            "tile facts",
            |body, _| Ok(("territory", territory::facts(body)?)),
            |page| {
                self.fail_each(work, &page.request, "tile facts", &page.items.invalid)?;
                self.store.save_tile_facts(&page.items.valid, page.at)?;
                Ok(ControlFlow::Continue(()))
            },
        )?;
        match read {
            ListRead::Failed(failure) => self.fail(work, "tile facts", None, &failure),
            _ => self.store.note_refreshed(Refresh::TileFacts, torn.now()),
        }
    }
}

/// Whether the facts of tiles are unknown or a month old.
pub(super) fn facts_are_due(store: &Store, now: i64) -> Result<bool> {
    let refreshed = store.refreshed_at(Refresh::TileFacts)?;
    let is_recent = refreshed.is_some_and(|at| !is_far_future(at, now) && now - at < FACTS_AGE);
    Ok(!is_recent || store.tiles_with_facts()? == 0)
}

/// Torn has spelled the key in two ways.
fn ownership_field(body: &serde_json::Value) -> &'static str {
    match body.get("territoryOwnership") {
        Some(_) => "territoryOwnership",
        None => "territoryownership",
    }
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
