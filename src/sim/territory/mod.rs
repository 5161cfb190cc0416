//! Territory: the tiles, who holds them, what runs on them and the wars about them.

mod generated;

use super::tile_ids::TILE_IDS;
use super::wars::{FIRST_WAR, TerritoryWar};
use super::world::{EPOCH, World};

/// One tile in this many is contested.
const CONTESTED: i64 = 12;

/// One tile of the map at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Three capital letters.
    pub id: String,
    /// From 1 to 7.
    pub sector: i64,
    /// How large it is.
    pub size: i64,
    /// How crowded it is.
    pub density: i64,
    /// How many can stand on its wall.
    pub slots: i64,
    /// The respect it brings each day.
    pub respect: i64,
    /// Where it lies.
    pub x: f64,
    /// Where it lies.
    pub y: f64,
    /// The ids of the tiles around it.
    pub(crate) neighbors: Vec<String>,
    /// The owner's faction id.
    pub owner: Option<i64>,
    /// Since when.
    pub(crate) acquired_at: Option<i64>,
    /// Whether nobody can use it.
    pub(crate) irradiated: bool,
    /// Its racket, if there is one.
    pub racket: Option<Racket>,
}

impl Tile {
    /// A tile that nobody owns.
    pub(in crate::sim) fn new(id: &str) -> Self {
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
    /// Its name.
    pub name: String,
    /// From 1 to 5.
    pub level: i64,
    /// `Money`, `Points` or `Item`.
    pub reward: String,
    /// How much of it a day.
    pub quantity: i64,
    /// The id of the item, if the reward is items.
    pub item: Option<i64>,
    /// When it appeared.
    pub created_at: i64,
    /// When its level last moved.
    pub changed_at: i64,
}

/// A world has the first so many of Torn's tiles.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct TileMap {
    pub(in crate::sim) tiles: i64,
}

impl TileMap {
    pub(in crate::sim) fn new(tiles: i64) -> Self {
        let all = i64::try_from(TILE_IDS.len() / 3).unwrap_or(0);
        Self {
            tiles: tiles.clamp(0, all),
        }
    }

    fn index(self, id: &str) -> Option<i64> {
        let (mut low, mut high) = (0, self.tiles);
        while low < high {
            let middle = i64::midpoint(low, high);
            match tile_id(middle).cmp(id) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// How many tiles are contested.
    fn contested(self) -> i64 {
        (self.tiles + CONTESTED - 1) / CONTESTED
    }
}

/// The id of the tile with this index.
fn tile_id(tile: i64) -> &'static str {
    let start = usize::try_from(3 * tile).unwrap_or(0);
    TILE_IDS.get(start..start + 3).unwrap_or("AAB")
}

impl World {
    /// A tile at a moment.
    pub(in crate::sim) fn tile_at(&self, id: &str, now: i64) -> Option<Tile> {
        if let Some(pinned) = self.tiles_pinned.get(id) {
            return pinned.clone();
        }
        let tile = self.map.index(id)?;
        Some(self.make_tile(tile, self.moment(now)))
    }

    /// The ids of all tiles, in order.
    pub(in crate::sim) fn tile_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = (0..self.map.tiles)
            .map(tile_id)
            .filter(|id| self.tiles_pinned.is_empty() || !self.tiles_pinned.contains_key(*id))
            .collect();
        if !self.tiles_pinned.is_empty() {
            let pinned = self.tiles_pinned.iter();
            ids.extend(
                pinned
                    .filter(|(_, tile)| tile.is_some())
                    .map(|(id, _)| id.as_str()),
            );
            ids.sort_unstable();
        }
        ids
    }

    /// The owner of a tile and since when.
    pub(in crate::sim) fn owner_at(&self, id: &str, now: i64) -> Option<(i64, i64)> {
        if let Some(pinned) = self.tiles_pinned.get(id) {
            let tile = pinned.as_ref()?;
            return Some((tile.owner?, tile.acquired_at.unwrap_or(EPOCH)));
        }
        let moment = self.moment(now);
        let tile = self.map.index(id)?;
        let (owner, since) = self.holder_at(tile, moment);
        Some((self.faction_id(owner?), since))
    }

    /// Every tile of a faction.
    pub(in crate::sim) fn tiles_of(&self, faction_id: i64, now: i64) -> Vec<Tile> {
        let moment = self.moment(now);
        let mut tiles: Vec<Tile> = Vec::new();
        if let Some(faction) = self.faction_index(faction_id) {
            tiles.extend(
                (0..self.map.tiles)
                    .filter(|&tile| self.holds(tile, moment, faction))
                    .filter(|&tile| !self.tiles_pinned.contains_key(tile_id(tile)))
                    .map(|tile| self.make_tile(tile, moment)),
            );
        }
        let pinned = self.tiles_pinned.values().flatten();
        tiles.extend(
            pinned
                .filter(|tile| tile.owner == Some(faction_id))
                .cloned(),
        );
        tiles.sort_by(|one, other| one.id.cmp(&other.id));
        tiles
    }

    /// Every tile that has a racket.
    pub(in crate::sim) fn tiles_with_rackets(&self, now: i64) -> Vec<Tile> {
        let moment = self.moment(now);
        let mut tiles: Vec<Tile> = (0..self.map.tiles)
            .filter(|&tile| self.racket_on(tile, moment).is_some())
            .filter(|&tile| !self.tiles_pinned.contains_key(tile_id(tile)))
            .map(|tile| self.make_tile(tile, moment))
            .collect();
        let pinned = self.tiles_pinned.values().flatten();
        tiles.extend(pinned.filter(|tile| tile.racket.is_some()).cloned());
        tiles.sort_by(|one, other| one.id.cmp(&other.id));
        tiles
    }

    /// A territory war, if it has begun by that moment.
    pub(in crate::sim) fn territory_war_at(&self, id: i64, now: i64) -> Option<TerritoryWar> {
        if let Some(pinned) = self.territory_pinned.get(&id) {
            return pinned.clone();
        }
        let (number, contested) = (id - FIRST_WAR, self.map.contested());
        if number < 0 || contested == 0 || self.factions == 0 {
            return None;
        }
        let moment = self.moment(now);
        let tile = number % contested * CONTESTED;
        let spell = number / contested;
        if spell > self.spell_of(tile, moment) {
            return None;
        }
        self.event(tile, spell)
            .war
            .and_then(|assault| self.territory_war_in(&assault, moment))
    }

    /// The territory wars of a faction, or of all with `None`, newest first: those that had not ended by `since`.
    pub(in crate::sim) fn list_territory_wars(
        &self,
        faction_id: Option<i64>,
        now: i64,
        since: i64,
    ) -> Vec<TerritoryWar> {
        let moment = self.moment(now);
        let faction = faction_id.map(|id| self.faction_index(id));
        let mut wars: Vec<TerritoryWar> = Vec::new();
        if faction != Some(None) && self.factions > 0 {
            for tile in (0..self.map.contested()).map(|number| number * CONTESTED) {
                let first = self
                    .spell_of(tile, since.max(EPOCH))
                    .min(self.spell_of(tile, moment));
                for spell in first..=self.spell_of(tile, moment) {
                    let Some(assault) = self.event(tile, spell).war else {
                        continue;
                    };
                    let involved = match faction {
                        Some(Some(faction)) => {
                            assault.aggressor == faction || assault.defender == faction
                        }
                        _ => true,
                    };
                    if involved
                        && assault.end > since
                        && !self.territory_pinned.contains_key(&assault.id)
                    {
                        wars.extend(self.territory_war_in(&assault, moment));
                    }
                }
            }
        }
        let pinned = self.territory_pinned.values().flatten();
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
