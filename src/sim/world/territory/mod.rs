//! The tiles of the map: owners, rackets and territory wars.

mod generate;

use std::cmp::Ordering;

use crate::sim::world::tile_ids::TILE_IDS;
use crate::sim::world::wars::{FIRST_WAR_ID, TerritoryWar};
use crate::sim::world::{EPOCH, World};

/// One in this many tiles is contested: it can change its owner.
const TILES_PER_CONTESTED: i64 = 12;

/// A tile at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Three capital letters.
    pub id: String,
    /// From 1 to 7.
    pub sector: i64,
    /// The size.
    pub size: i64,
    /// The density.
    pub density: i64,
    /// How many players fit on its wall.
    pub slots: i64,
    /// The respect that the owner gets each day.
    pub respect: i64,
    /// The x coordinate on the map.
    pub x: f64,
    /// The y coordinate on the map.
    pub y: f64,
    /// The ids of the adjacent tiles.
    pub(crate) neighbors: Vec<String>,
    /// The faction id of the owner.
    pub owner: Option<i64>,
    /// When the owner got it: a unix timestamp.
    pub(crate) acquired_at: Option<i64>,
    /// Whether radiation has made it unusable.
    pub(crate) irradiated: bool,
    /// The racket on it.
    pub racket: Option<Racket>,
}

impl Tile {
    /// A tile without an owner.
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            sector: 1,
            size: 10,
            density: 10,
            slots: 10,
            respect: 10,
            x: 0.0,
            y: 0.0,
            neighbors: Vec::new(),
            owner: None,
            acquired_at: None,
            irradiated: false,
            racket: None,
        }
    }
}

/// A racket on a tile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Racket {
    /// The name.
    pub name: String,
    /// From 1 to 5.
    pub level: i64,
    /// `Money`, `Points` or `Item`.
    pub reward: String,
    /// The amount of the reward per day.
    pub quantity: i64,
    /// The id of the item, when the reward is an item.
    pub item: Option<i64>,
    /// When it appeared: a unix timestamp.
    pub created_at: i64,
    /// When its level last changed: a unix timestamp.
    pub changed_at: i64,
}

/// The map of a world: the first tiles of Torn's map.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileMap {
    tiles: i64,
}

impl TileMap {
    pub(super) fn new(tiles: i64) -> Self {
        let all = i64::try_from(TILE_IDS.len() / 3).unwrap_or(0);
        Self {
            tiles: tiles.clamp(0, all),
        }
    }

    /// The index of the tile with this id.
    fn index(self, id: &str) -> Option<i64> {
        let (mut low, mut high) = (0, self.tiles);
        while low < high {
            let middle = i64::midpoint(low, high);
            match tile_id(middle).cmp(id) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The number of contested tiles.
    fn contested_tiles(self) -> i64 {
        (self.tiles + TILES_PER_CONTESTED - 1) / TILES_PER_CONTESTED
    }
}

/// The id of the tile with this index.
fn tile_id(tile: i64) -> &'static str {
    let start = usize::try_from(3 * tile).unwrap_or(0);
    TILE_IDS.get(start..start + 3).unwrap_or("AAB")
}

impl World {
    /// The tile with this id.
    pub(crate) fn tile_at(&self, id: &str, now: i64) -> Option<Tile> {
        if let Some(pinned) = self.pinned_tiles.get(id) {
            return pinned.clone();
        }
        let tile = self.map.index(id)?;
        Some(self.make_tile(tile, self.effective_time(now)))
    }

    /// The ids of all tiles in ascending order.
    pub(crate) fn tile_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = (0..self.map.tiles)
            .map(tile_id)
            .filter(|id| self.pinned_tiles.is_empty() || !self.pinned_tiles.contains_key(*id))
            .collect();
        if !self.pinned_tiles.is_empty() {
            let pinned = self.pinned_tiles.iter();
            ids.extend(
                pinned
                    .filter(|(_, tile)| tile.is_some())
                    .map(|(id, _)| id.as_str()),
            );
            ids.sort_unstable();
        }
        ids
    }

    /// The faction id of the owner of a tile, and when it got the tile.
    pub(crate) fn owner_at(&self, id: &str, now: i64) -> Option<(i64, i64)> {
        if let Some(pinned) = self.pinned_tiles.get(id) {
            let tile = pinned.as_ref()?;
            return Some((tile.owner?, tile.acquired_at.unwrap_or(EPOCH)));
        }
        let timestamp = self.effective_time(now);
        let tile = self.map.index(id)?;
        let (owner, since) = self.generated_owner(tile, timestamp);
        Some((self.faction_id(owner?), since))
    }

    /// The tiles of a faction in ascending order of ids.
    pub(crate) fn tiles_of(&self, faction_id: i64, now: i64) -> Vec<Tile> {
        let timestamp = self.effective_time(now);
        let mut tiles: Vec<Tile> = Vec::new();
        if let Some(faction) = self.faction_index(faction_id) {
            tiles.extend(
                (0..self.map.tiles)
                    .filter(|&tile| self.is_owned_by(tile, timestamp, faction))
                    .filter(|&tile| !self.pinned_tiles.contains_key(tile_id(tile)))
                    .map(|tile| self.make_tile(tile, timestamp)),
            );
        }
        let pinned = self.pinned_tiles.values().flatten();
        tiles.extend(
            pinned
                .filter(|tile| tile.owner == Some(faction_id))
                .cloned(),
        );
        tiles.sort_by(|one, other| one.id.cmp(&other.id));
        tiles
    }

    /// The tiles with a racket in ascending order of ids.
    pub(crate) fn tiles_with_rackets(&self, now: i64) -> Vec<Tile> {
        let timestamp = self.effective_time(now);
        let mut tiles: Vec<Tile> = (0..self.map.tiles)
            .filter(|&tile| self.racket_on(tile, timestamp).is_some())
            .filter(|&tile| !self.pinned_tiles.contains_key(tile_id(tile)))
            .map(|tile| self.make_tile(tile, timestamp))
            .collect();
        let pinned = self.pinned_tiles.values().flatten();
        tiles.extend(pinned.filter(|tile| tile.racket.is_some()).cloned());
        tiles.sort_by(|one, other| one.id.cmp(&other.id));
        tiles
    }

    /// The territory war with this id, if it has started.
    pub(crate) fn territory_war_at(&self, id: i64, now: i64) -> Option<TerritoryWar> {
        if let Some(pinned) = self.pinned_territory_wars.get(&id) {
            return pinned.clone();
        }
        let (number, tiles) = (id - FIRST_WAR_ID, self.map.contested_tiles());
        if number < 0 || tiles == 0 || self.factions == 0 {
            return None;
        }
        let timestamp = self.effective_time(now);
        let tile = number % tiles * TILES_PER_CONTESTED;
        let period = number / tiles;
        if period > self.period_at(tile, timestamp) {
            return None;
        }
        self.tile_event(tile, period)
            .war
            .and_then(|plan| self.territory_war_from(&plan, timestamp))
    }

    /// The started territory wars of a faction, or of all factions with `None`, newest first. Leaves out wars that ended
    /// at `since` or earlier.
    pub(crate) fn list_territory_wars(
        &self,
        faction_id: Option<i64>,
        now: i64,
        since: i64,
    ) -> Vec<TerritoryWar> {
        let timestamp = self.effective_time(now);
        let faction = faction_id.map(|id| self.faction_index(id));
        let mut wars: Vec<TerritoryWar> = Vec::new();
        if faction != Some(None) && self.factions > 0 {
            for tile in (0..self.map.contested_tiles()).map(|number| number * TILES_PER_CONTESTED) {
                let first = self
                    .period_at(tile, since.max(EPOCH))
                    .min(self.period_at(tile, timestamp));
                for period in first..=self.period_at(tile, timestamp) {
                    let Some(plan) = self.tile_event(tile, period).war else {
                        continue;
                    };
                    let is_involved = match faction {
                        Some(Some(faction)) => {
                            plan.aggressor == faction || plan.defender == faction
                        }
                        _ => true,
                    };
                    if is_involved
                        && plan.end > since
                        && !self.pinned_territory_wars.contains_key(&plan.id)
                    {
                        wars.extend(self.territory_war_from(&plan, timestamp));
                    }
                }
            }
        }
        let pinned = self.pinned_territory_wars.values().flatten();
        wars.extend(
            pinned
                .filter(|war| faction_id.is_none_or(|id| war.involves(id)))
                .filter(|war| war.end.is_none_or(|end| end > since))
                .cloned(),
        );
        wars.sort_by_key(|war| (-war.start, -war.id));
        wars
    }
}
