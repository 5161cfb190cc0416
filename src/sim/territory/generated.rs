//! The generated map: who holds which tile, the wars that explain it, and the rackets.

use super::{CONTESTED, Racket, Tile, tile_id};
use crate::sim::chance::{Topic, entry};
use crate::sim::wars::{FIRST_WAR, REPORT_DELAY, Side, TerritoryWar, score_at};
use crate::sim::world::{DAY, EPOCH, HOUR, World};

/// A contested tile sees at most one event in this time.
const SPELL: i64 = 20 * DAY;
/// A tile has at most one racket in this time.
const RACKET_SPELL: i64 = 24 * DAY;
/// A racket's level moves this often.
const RACKET_STEP: i64 = 2 * DAY;
/// The longest a territory war can last.
const LONGEST_WAR: i64 = 72 * HOUR;

const RACKETS: [(&str, &str, i64, Option<i64>); 5] = [
    ("Loan Sharking Operation", "Money", 1_500_000, None),
    ("Counterfeit \"Designer\" Goods", "Money", 900_000, None),
    ("Points Exchange", "Points", 20, None),
    ("Medical Smuggling", "Item", 2, Some(67)),
    ("Cigar Importation", "Item", 4, Some(510)),
];

/// What happens on a contested tile in one spell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    before: Option<i64>,
    after: Option<i64>,
    /// When the owner changes, if it does.
    at: i64,
    pub(super) war: Option<Assault>,
}

/// A territory war from beginning to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assault {
    pub(super) id: i64,
    pub(super) tile: i64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) aggressor: i64,
    pub(super) defender: i64,
    pub(super) result: &'static str,
}

impl World {
    pub(super) fn make_tile(&self, tile: i64, moment: i64) -> Tile {
        let chance = self.chance;
        let terrain = |what: i64, sides: i64| chance.roll(Topic::Terrain, tile, what, sides);
        let coordinate = |what: i64| {
            let quarters = i32::try_from(terrain(what, 16_000)).unwrap_or(0);
            f64::from(quarters) / 4.0
        };
        let slots = 5 + terrain(3, 26);
        let (owner, since) = self.holder_at(tile, moment);
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
            racket: self.racket_on(tile, moment),
        }
    }

    /// How many numbers territory wars take in a week.
    pub(in crate::sim) fn assaults_per_week(&self) -> i64 {
        self.map.contested() * 7 * DAY / SPELL
    }

    fn is_contested(tile: i64) -> bool {
        tile % CONTESTED == 0
    }

    /// The number of the spell that a tile is in.
    pub(super) fn spell_of(&self, tile: i64, moment: i64) -> i64 {
        let phase = self.chance.roll(Topic::Phase, tile, 0, SPELL);
        (moment - EPOCH + phase) / SPELL
    }

    fn spell_start(&self, tile: i64, spell: i64) -> i64 {
        EPOCH - self.chance.roll(Topic::Phase, tile, 0, SPELL) + spell * SPELL
    }

    /// A faction drawn for a tile: a tracked one in `percent` of all cases.
    fn candidate(&self, topic: Topic, tile: i64, percent: i64) -> i64 {
        let (tracked, all) = (self.tracked(), self.factions);
        if self.chance.happens(topic, tile, 1, percent) {
            self.chance.roll(topic, tile, 2, tracked)
        } else {
            tracked + self.chance.roll(topic, tile, 2, all - tracked)
        }
    }

    /// The faction that a contested tile is most often held by, and the one that keeps coming back for it.
    fn parties(&self, tile: i64) -> (i64, i64) {
        let home = self.candidate(Topic::Home, tile, 12);
        let rival = self.candidate(Topic::Rival, tile, 10);
        let rival = if rival == home {
            (home + 1) % self.factions
        } else {
            rival
        };
        (home, rival)
    }

    /// Who holds a contested tile when a spell begins.
    fn holder(&self, tile: i64, spell: i64) -> Option<i64> {
        let (home, rival) = self.parties(tile);
        match self.chance.roll(Topic::Hold, tile, spell, 100) {
            0..=59 => Some(home),
            60..=84 => Some(rival),
            _ => None,
        }
    }

    /// What happens on a contested tile in a spell: whatever explains who holds it in the next.
    pub(super) fn event(&self, tile: i64, spell: i64) -> Event {
        let chance = self.chance;
        let (before, after) = (self.holder(tile, spell), self.holder(tile, spell + 1));
        let quiet_until = 60 * chance.roll(Topic::Event, tile, spell, 16 * 24 * 60);
        let start = self.spell_start(tile, spell) + quiet_until;
        let hours = |shortest: i64| {
            HOUR * shortest + 60 * chance.roll(Topic::Length, tile, spell, 60 * (71 - shortest))
        };
        let fought = match (before, after) {
            (Some(defender), Some(aggressor)) if defender != aggressor => {
                Some((aggressor, defender, "success_assault", hours(20)))
            }
            (Some(defender), Some(_)) if chance.happens(Topic::Result, tile, spell, 45) => {
                let (home, rival) = self.parties(tile);
                let aggressor = if defender == home { rival } else { home };
                let (result, length) = match chance.roll(Topic::Result, tile, -1 - spell, 16) {
                    0..=8 => ("fail_assault", LONGEST_WAR),
                    9..=11 => ("end_with_peace_treaty", hours(3)),
                    12..=14 => ("end_with_nap", hours(3)),
                    _ => ("end_with_destroy_attack", hours(3)),
                };
                Some((aggressor, defender, result, length))
            }
            (Some(defender), None) if chance.happens(Topic::Result, tile, spell, 12) => {
                let (home, rival) = self.parties(tile);
                let aggressor = if defender == home { rival } else { home };
                Some((aggressor, defender, "end_with_destroy_defense", hours(3)))
            }
            _ => None,
        };
        let war = fought.map(|(aggressor, defender, result, length)| Assault {
            id: FIRST_WAR + spell * self.map.contested() + tile / CONTESTED,
            tile,
            start,
            end: start + length,
            aggressor,
            defender,
            result,
        });
        Event {
            before,
            after,
            at: war.map_or(start, |war| war.end),
            war,
        }
    }

    /// Whether a faction holds a tile.
    pub(super) fn holds(&self, tile: i64, moment: i64, faction: i64) -> bool {
        if Self::is_contested(tile) && self.factions > 0 {
            let (home, rival) = self.parties(tile);
            if home != faction && rival != faction {
                return false;
            }
            return self.holder_at(tile, moment).0 == Some(faction);
        }
        self.quiet_holder(tile) == Some(faction)
    }

    /// Who holds a tile that nobody fights for.
    fn quiet_holder(&self, tile: i64) -> Option<i64> {
        if self.factions == 0 || self.chance.happens(Topic::Hold, tile, -1, 8) {
            return None;
        }
        Some(self.candidate(Topic::Home, tile, 3))
    }

    /// Who holds a tile, and since when.
    pub(super) fn holder_at(&self, tile: i64, moment: i64) -> (Option<i64>, i64) {
        let founding = EPOCH - DAY * (30 + self.chance.roll(Topic::Home, tile, 3, 700));
        if !Self::is_contested(tile) || self.factions == 0 {
            return (self.quiet_holder(tile), founding);
        }
        let spell = self.spell_of(tile, moment);
        let event = self.event(tile, spell);
        if event.before != event.after && moment >= event.at {
            return (event.after, event.at);
        }
        for earlier in (0..spell).rev() {
            let event = self.event(tile, earlier);
            if event.before != event.after {
                return (event.after, event.at);
            }
        }
        (event.before, founding)
    }

    pub(super) fn racket_on(&self, tile: i64, moment: i64) -> Option<Racket> {
        let chance = self.chance;
        let phase = chance.roll(Topic::Phase, tile, 1, RACKET_SPELL);
        let spell = (moment - EPOCH + phase) / RACKET_SPELL;
        if !chance.happens(Topic::Racket, tile, spell, 9) {
            return None;
        }
        let delay = 60 * chance.roll(Topic::Racket, tile, -1 - spell, 8 * 24 * 60);
        let created_at = EPOCH - phase + spell * RACKET_SPELL + delay;
        if moment < created_at {
            return None;
        }
        let mut level = 1 + chance.roll(Topic::RacketLevel, tile, 100 * spell, 3);
        let mut changed_at = created_at;
        for step in 1..=(moment - created_at) / RACKET_STEP {
            match chance.roll(Topic::RacketLevel, tile, 100 * spell + step, 10) {
                0..=2 => level -= 1,
                3..=5 if level < 5 => level += 1,
                _ => continue,
            }
            changed_at = created_at + step * RACKET_STEP;
            if level == 0 {
                return None;
            }
        }
        let kind = chance.roll(Topic::Racket, tile, 1_000_000 + spell, 5);
        let (name, reward, quantity, item) = entry(&RACKETS, kind)?;
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

    /// An assault as it stands at a moment; `None` before it begins.
    pub(super) fn territory_war_in(&self, assault: &Assault, moment: i64) -> Option<TerritoryWar> {
        if moment < assault.start {
            return None;
        }
        let chance = self.chance;
        let ended = moment >= assault.end;
        let target = 10_000 * (5 + chance.roll(Topic::Target, assault.tile, -1, 40));
        let percent = chance.roll(Topic::Score, assault.id, -1, 90);
        let full = if assault.result == "success_assault" {
            target
        } else {
            target * percent / 100
        };
        let score = |full: i64| score_at(full, moment - assault.start, assault.end - assault.start);
        let side = |faction: i64, full: i64| Side {
            faction_id: self.faction_id(faction),
            score: score(full),
            chain: if ended {
                0
            } else {
                chance.roll(Topic::Chain, faction, moment / 600, 120)
            },
        };
        Some(TerritoryWar {
            id: assault.id,
            tile: tile_id(assault.tile).to_owned(),
            start: assault.start,
            end: ended.then_some(assault.end),
            target,
            aggressor: side(assault.aggressor, full),
            defender: side(assault.defender, full * percent / 200),
            result: ended.then(|| assault.result.to_owned()),
            in_wars: !ended,
            in_history: true,
            has_report: moment >= assault.end + REPORT_DELAY,
        })
    }
}
