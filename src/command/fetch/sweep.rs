//! Reads Torn's list of all tiles: owners, rackets and assaults in each run, the other facts once a month.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use crate::api::pages::PagedBy;
use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::territory;
use crate::command::fetch::session::{ActiveRun, Session};
use crate::command::fetch::wars::AssaultedTiles;
use crate::command::torn::{Failure, ListRead, Page, read_list};
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{Racket, RacketState, Tile};
use crate::model::time::{DAY, is_far_future};
use crate::store::Store;
use crate::store::follow_ups::Refresh;
use crate::store::missing::Missing;
use crate::store::save::Observation;

/// Seconds after which the facts of tiles are fetched again.
const MAX_FACTS_AGE: i64 = 30 * DAY;

/// The tiles that a sweep saves.
pub(super) enum TileSelection {
    All,
    These(BTreeSet<TerritoryId>),
}

/// The rackets of all tiles.
#[derive(Default)]
struct Rackets {
    by_tile: HashMap<TerritoryId, Racket>,
    /// Tiles whose racket could not be decoded.
    undecoded: BTreeSet<TerritoryId>,
    /// Whether the tile of every racket is known. If not, a tile that is not in `by_tile` may still have a racket.
    is_complete: bool,
}

impl Rackets {
    fn on(&self, tile: TerritoryId) -> RacketState {
        match self.by_tile.get(&tile) {
            Some(racket) => RacketState::Present(racket.clone()),
            None if self.is_complete && !self.undecoded.contains(&tile) => RacketState::Absent,
            None => RacketState::Unknown,
        }
    }
}

/// The state of a sweep: the facts that turn a page into observations, and the tiles seen so far.
struct Sweep<'a> {
    selection: &'a TileSelection,
    rackets: Rackets,
    assaulted: Option<AssaultedTiles>,
    seen: BTreeSet<TerritoryId>,
    /// Whether a tile of the list could not be decoded.
    has_invalid: bool,
}

impl Session<'_> {
    /// Saves the selected tiles, each page as it arrives.
    pub(super) fn sweep(&mut self, run: &mut ActiveRun, selection: &TileSelection) -> Result<()> {
        let mut sweep = Sweep {
            selection,
            rackets: self.fetch_rackets(run)?,
            assaulted: self.assaulted_tiles(run)?,
            seen: BTreeSet::new(),
            has_invalid: false,
        };
        let known = self.store.tiles_with_facts()?;
        let torn = self.torn;
        let read = read_list(
            torn,
            Request::ownership(),
            PagedBy::Offset { expected: known },
            "tile owners",
            |body, _| Ok((ownership_field(body), territory::ownership(body)?)),
            |page| self.save_owner_page(run, page, &mut sweep),
        )?;
        if let ListRead::Failed(failure) = &read {
            return self.record_failure(run, "tile owners", None, failure);
        }
        let seen = &sweep.seen;
        if selection.is_covered_by(seen) {
            return Ok(());
        }
        let is_short = (seen.len() as u64) < known;
        if is_short {
            log::warn!("Torn listed the owners of {} of {known} tiles", seen.len());
        }
        if let TileSelection::These(tiles) = selection {
            let failure = if is_short || sweep.has_invalid {
                Failure::NotListed
            } else {
                Failure::Unknown
            };
            for missing in tiles.difference(seen) {
                let name = format!("tile {missing}");
                self.record_failure(run, &name, Some(Missing::Tile(*missing)), &failure)?;
            }
        }
        Ok(())
    }

    fn save_owner_page(
        &mut self,
        run: &mut ActiveRun,
        page: Page<(TerritoryId, Option<FactionId>)>,
        sweep: &mut Sweep<'_>,
    ) -> Result<ControlFlow<()>> {
        self.record_invalid(run, &page.request, "tile owners", &page.items.invalid)?;
        sweep.has_invalid |= !page.items.invalid.is_empty();
        let new: Vec<_> = page
            .items
            .valid
            .into_iter()
            .filter(|(tile, _)| sweep.seen.insert(*tile))
            .collect();
        let tiles: Vec<Tile> = new
            .into_iter()
            .filter(|(tile, _)| sweep.selection.includes(*tile))
            .map(|(id, owner)| Tile {
                id,
                owner,
                racket: sweep.rackets.on(id),
                war: self.tile_war(sweep.assaulted.as_ref(), id, owner),
            })
            .collect();
        if !tiles.is_empty() {
            let tiles = Observation {
                value: tiles,
                source: page.source,
                at: page.at,
            };
            self.save_tiles(run, &tiles)?;
        }
        Ok(if sweep.selection.is_covered_by(&sweep.seen) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    /// Fetches the list of all rackets.
    fn fetch_rackets(&mut self, run: &mut ActiveRun) -> Result<Rackets> {
        let request = Request::rackets();
        let answer = self
            .torn
            .get(&request, KeyRequirement::Any)
            .and_then(|response| {
                if let Some(failed) = response.errors.first() {
                    return Err(Failure::Refused(failed.error.clone()));
                }
                territory::rackets(&response.body).map_err(|error| {
                    Failure::rejected(&request, "rackets", &error, response.body.to_string())
                })
            });
        let list = match answer {
            Ok(list) => list,
            Err(failure) => {
                self.record_failure(run, "rackets", None, &failure)?;
                return Ok(Rackets::default());
            }
        };
        self.record_invalid(run, &request, "rackets", &list.invalid)?;
        let mut rackets = Rackets {
            is_complete: true,
            ..Rackets::default()
        };
        for item in &list.invalid {
            match territory::tile_of(&item.item, "territory") {
                Some(tile) => drop(rackets.undecoded.insert(tile)),
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
                "Torn does not say which tiles {without_tile} rackets are on; the stored rackets stay"
            );
        }
        Ok(rackets)
    }

    /// Fetches the facts of all tiles if they are due.
    pub(super) fn fetch_tile_facts(&mut self, run: &mut ActiveRun) -> Result<()> {
        if !facts_are_due(self.store, run.now)? {
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
                self.record_invalid(run, &page.request, "tile facts", &page.items.invalid)?;
                self.store.save_tile_facts(&page.items.valid, page.at)?;
                Ok(ControlFlow::Continue(()))
            },
        )?;
        match read {
            ListRead::Failed(failure) => self.record_failure(run, "tile facts", None, &failure),
            _ => self.store.record_refresh(Refresh::TileFacts, torn.now()),
        }
    }
}

/// Whether the facts of tiles are unknown or older than [`MAX_FACTS_AGE`].
pub(super) fn facts_are_due(store: &Store, now: i64) -> Result<bool> {
    let refreshed = store.refreshed_at(Refresh::TileFacts)?;
    let is_recent = refreshed.is_some_and(|at| !is_far_future(at, now) && now - at < MAX_FACTS_AGE);
    Ok(!is_recent || store.tiles_with_facts()? == 0)
}

/// The name of the list in the body, which Torn has spelled in two ways.
fn ownership_field(body: &serde_json::Value) -> &'static str {
    match body.get("territoryOwnership") {
        Some(_) => "territoryOwnership",
        None => "territoryownership",
    }
}

impl TileSelection {
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
