//! Generates the owners of tiles, the wars that change them, and the rackets.

use crate::sim::world::random::{Topic, item_at};
use crate::sim::world::territory::{Racket, TILES_PER_CONTESTED, Tile, tile_id};
use crate::sim::world::wars::{FIRST_WAR_ID, REPORT_DELAY, Side, TerritoryWar, score_at};
use crate::sim::world::{DAY, EPOCH, HOUR, World};

/// The length of a period of a contested tile in seconds. At most one event happens in each.
const PERIOD: i64 = 20 * DAY;
/// The length of a racket period in seconds. A tile has at most one racket in each.
const RACKET_PERIOD: i64 = 24 * DAY;
/// The time between two changes of a racket's level, in seconds.
const RACKET_STEP: i64 = 2 * DAY;
/// The maximal length of a territory war, in seconds.
const MAX_WAR_LENGTH: i64 = 72 * HOUR;

/// Name, type of the reward, quantity at level 1, and the id of the item.
const RACKETS: [(&str, &str, i64, Option<i64>); 5] = [
    ("Loan Sharking Operation", "Money", 1_500_000, None),
    ("Counterfeit \"Designer\" Goods", "Money", 900_000, None),
    ("Points Exchange", "Points", 20, None),
    ("Medical Smuggling", "Item", 2, Some(67)),
    ("Cigar Importation", "Item", 4, Some(510)),
];

/// The event on a contested tile in one period.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileEvent {
    owner_before: Option<i64>,
    owner_after: Option<i64>,
    /// When the owner changes, if it does.
    owner_changes_at: i64,
    pub(super) war: Option<TerritoryWarPlan>,
}

/// A generated territory war from its start to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct TerritoryWarPlan {
    pub(super) id: i64,
    pub(super) tile: i64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) aggressor: i64,
    pub(super) defender: i64,
    pub(super) result: &'static str,
}

impl World {
    /// The generated tile with this index.
    pub(super) fn make_tile(&self, tile: i64, timestamp: i64) -> Tile {
        let random = self.random;
        let terrain = |draw: i64, bound: i64| random.below(Topic::Terrain, tile, draw, bound);
        let coordinate = |draw: i64| {
            let quarters = i32::try_from(terrain(draw, 16_000)).unwrap_or(0);
            f64::from(quarters) / 4.0
        };
        let slots = 5 + terrain(3, 26);
        let (owner, since) = self.generated_owner(tile, timestamp);
        let neighbors = [tile - 2, tile - 1, tile + 1, tile + 2]
            .into_iter()
            .filter(|near| (0..self.map.tiles).contains(near))
            .map(|near| tile_id(near).to_owned())
            .collect();
        Tile {
            id: tile_id(tile).to_owned(),
            sector: 1 + tile * 7 / self.map.tiles.max(1),
            size: 1 + terrain(1, 40),
            density: 1 + terrain(2, 60),
            slots,
            respect: slots * 2 + terrain(4, 30),
            x: coordinate(5),
            y: coordinate(6),
            neighbors,
            owner: owner.map(|faction| self.faction_id(faction)),
            acquired_at: owner.map(|_| since),
            irradiated: terrain(7, 1_000) == 0,
            racket: self.racket_on(tile, timestamp),
        }
    }

    /// How many ids of territory wars a week has.
    pub(crate) fn territory_war_ids_per_week(&self) -> i64 {
        self.map.contested_tiles() * 7 * DAY / PERIOD
    }

    fn is_contested(tile: i64) -> bool {
        tile % TILES_PER_CONTESTED == 0
    }

    /// The number of the period of a tile at this time.
    pub(super) fn period_at(&self, tile: i64, timestamp: i64) -> i64 {
        let phase = self.random.below(Topic::Phase, tile, 0, PERIOD);
        (timestamp - EPOCH + phase) / PERIOD
    }

    fn period_start(&self, tile: i64, period: i64) -> i64 {
        EPOCH - self.random.below(Topic::Phase, tile, 0, PERIOD) + period * PERIOD
    }

    /// Draws a faction for a tile. With a probability of `percent` in 100 it is a tracked one.
    fn draw_faction(&self, topic: Topic, tile: i64, percent: i64) -> i64 {
        let (tracked, all) = (self.tracked, self.factions);
        if self.random.happens(topic, tile, 1, percent) {
            self.random.below(topic, tile, 2, tracked)
        } else {
            tracked + self.random.below(topic, tile, 2, all - tracked)
        }
    }

    /// The two factions that own a contested tile in turn: the usual owner and its rival.
    fn contenders(&self, tile: i64) -> (i64, i64) {
        let home = self.draw_faction(Topic::Home, tile, 12);
        let rival = self.draw_faction(Topic::Rival, tile, 10);
        let rival = if rival == home {
            (home + 1) % self.factions
        } else {
            rival
        };
        (home, rival)
    }

    /// The owner of a contested tile at the start of a period.
    fn owner_at_start(&self, tile: i64, period: i64) -> Option<i64> {
        let (home, rival) = self.contenders(tile);
        match self.random.below(Topic::Hold, tile, period, 100) {
            0..=59 => Some(home),
            60..=84 => Some(rival),
            _ => None,
        }
    }

    /// The event on a contested tile in a period: the one that leads to its owner at the start of the next period.
    pub(super) fn tile_event(&self, tile: i64, period: i64) -> TileEvent {
        let random = self.random;
        let (owner_before, owner_after) = (
            self.owner_at_start(tile, period),
            self.owner_at_start(tile, period + 1),
        );
        let delay = 60 * random.below(Topic::Event, tile, period, 16 * 24 * 60);
        let start = self.period_start(tile, period) + delay;
        let hours = |shortest: i64| {
            HOUR * shortest + 60 * random.below(Topic::Length, tile, period, 60 * (71 - shortest))
        };
        let war = match (owner_before, owner_after) {
            (Some(defender), Some(aggressor)) if defender != aggressor => {
                Some((aggressor, defender, "success_assault", hours(20)))
            }
            (Some(defender), Some(_)) if random.happens(Topic::Result, tile, period, 45) => {
                let (home, rival) = self.contenders(tile);
                let aggressor = if defender == home { rival } else { home };
                let (result, length) = match random.below(Topic::Result, tile, -1 - period, 16) {
                    0..=8 => ("fail_assault", MAX_WAR_LENGTH),
                    9..=11 => ("end_with_peace_treaty", hours(3)),
                    12..=14 => ("end_with_nap", hours(3)),
                    _ => ("end_with_destroy_attack", hours(3)),
                };
                Some((aggressor, defender, result, length))
            }
            (Some(defender), None) if random.happens(Topic::Result, tile, period, 12) => {
                let (home, rival) = self.contenders(tile);
                let aggressor = if defender == home { rival } else { home };
                Some((aggressor, defender, "end_with_destroy_defense", hours(3)))
            }
            _ => None,
        };
        let war = war.map(|(aggressor, defender, result, length)| TerritoryWarPlan {
            id: FIRST_WAR_ID + period * self.map.contested_tiles() + tile / TILES_PER_CONTESTED,
            tile,
            start,
            end: start + length,
            aggressor,
            defender,
            result,
        });
        TileEvent {
            owner_before,
            owner_after,
            owner_changes_at: war.map_or(start, |war| war.end),
            war,
        }
    }

    /// Whether a faction owns a tile.
    pub(super) fn is_owned_by(&self, tile: i64, timestamp: i64, faction: i64) -> bool {
        if Self::is_contested(tile) && self.factions > 0 {
            let (home, rival) = self.contenders(tile);
            if home != faction && rival != faction {
                return false;
            }
            return self.generated_owner(tile, timestamp).0 == Some(faction);
        }
        self.permanent_owner(tile) == Some(faction)
    }

    /// The owner of a tile that is not contested.
    fn permanent_owner(&self, tile: i64) -> Option<i64> {
        if self.factions == 0 || self.random.happens(Topic::Hold, tile, -1, 8) {
            return None;
        }
        Some(self.draw_faction(Topic::Home, tile, 3))
    }

    /// The owner of a tile, and when it got the tile.
    pub(super) fn generated_owner(&self, tile: i64, timestamp: i64) -> (Option<i64>, i64) {
        let acquired_initially = EPOCH - DAY * (30 + self.random.below(Topic::Home, tile, 3, 700));
        if !Self::is_contested(tile) || self.factions == 0 {
            return (self.permanent_owner(tile), acquired_initially);
        }
        let period = self.period_at(tile, timestamp);
        let event = self.tile_event(tile, period);
        if event.owner_before != event.owner_after && timestamp >= event.owner_changes_at {
            return (event.owner_after, event.owner_changes_at);
        }
        for earlier in (0..period).rev() {
            let event = self.tile_event(tile, earlier);
            if event.owner_before != event.owner_after {
                return (event.owner_after, event.owner_changes_at);
            }
        }
        (event.owner_before, acquired_initially)
    }

    /// The generated racket on a tile.
    pub(super) fn racket_on(&self, tile: i64, timestamp: i64) -> Option<Racket> {
        let random = self.random;
        let phase = random.below(Topic::Phase, tile, 1, RACKET_PERIOD);
        let period = (timestamp - EPOCH + phase) / RACKET_PERIOD;
        if !random.happens(Topic::Racket, tile, period, 9) {
            return None;
        }
        let delay = 60 * random.below(Topic::Racket, tile, -1 - period, 8 * 24 * 60);
        let created_at = EPOCH - phase + period * RACKET_PERIOD + delay;
        if timestamp < created_at {
            return None;
        }
        let mut level = 1 + random.below(Topic::RacketLevel, tile, 100 * period, 3);
        let mut changed_at = created_at;
        for step in 1..=(timestamp - created_at) / RACKET_STEP {
            match random.below(Topic::RacketLevel, tile, 100 * period + step, 10) {
                0..=2 => level -= 1,
                3..=5 if level < 5 => level += 1,
                _ => continue,
            }
            changed_at = created_at + step * RACKET_STEP;
            if level == 0 {
                return None;
            }
        }
        let kind = random.below(Topic::Racket, tile, 1_000_000 + period, 5);
        let (name, reward, quantity, item) = item_at(&RACKETS, kind)?;
        Some(Racket {
            name: name.to_owned(),
            level,
            reward: reward.to_owned(),
            quantity: quantity << (level - 1),
            item,
            created_at,
            changed_at,
        })
    }

    /// The territory war at this time; `None` before its start.
    pub(super) fn territory_war_from(
        &self,
        plan: &TerritoryWarPlan,
        timestamp: i64,
    ) -> Option<TerritoryWar> {
        if timestamp < plan.start {
            return None;
        }
        let random = self.random;
        let has_ended = timestamp >= plan.end;
        let target = 10_000 * (5 + random.below(Topic::Target, plan.tile, -1, 40));
        let percent = random.below(Topic::Score, plan.id, -1, 90);
        let final_score = if plan.result == "success_assault" {
            target
        } else {
            target * percent / 100
        };
        let score =
            |final_score: i64| score_at(final_score, timestamp - plan.start, plan.end - plan.start);
        let side = |faction: i64, final_score: i64| Side {
            faction_id: self.faction_id(faction),
            score: score(final_score),
            chain: if has_ended {
                0
            } else {
                random.below(Topic::Chain, faction, timestamp / 600, 120)
            },
        };
        Some(TerritoryWar {
            id: plan.id,
            tile: tile_id(plan.tile).to_owned(),
            start: plan.start,
            end: has_ended.then_some(plan.end),
            target,
            aggressor: side(plan.aggressor, final_score),
            defender: side(plan.defender, final_score * percent / 200),
            result: has_ended.then(|| plan.result.to_owned()),
            in_wars: !has_ended,
            in_history: true,
            has_report: timestamp >= plan.end + REPORT_DELAY,
        })
    }
}
