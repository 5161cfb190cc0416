//! The facts that the decoders find in a body, and the paths that they reject.

use std::collections::BTreeMap;

use serde_json::Value;
use tornsnap::testing::api::wire::{faction, key, territory, user, war};
use tornsnap::testing::api::{DecodeError, Partitioned};
use tornsnap::testing::model::{FactionId, PlayerId, TileFacts, WarId};
use tornsnap::testing::model::{War, WarType};

use super::readers::{AT, FACTION, PLAYER, RANKED_WAR, TERRITORY_WAR};

/// The facts of a body by their names (`part.field`), and the paths of its invalid values.
#[derive(Debug, Default)]
pub struct Facts {
    pub known: BTreeMap<String, String>,
    pub rejected: Vec<String>,
}

macro_rules! note {
    ($facts:ident, $part:expr, $value:expr, $($field:ident),+) => {
        $($facts.known.insert(
            format!("{}.{}", $part, stringify!($field)),
            format!("{:?}", $value.$field),
        );)+
    };
}

impl Facts {
    fn read<T>(&mut self, read: Result<T, DecodeError>) -> Option<T> {
        read.map_err(|error| self.rejected.push(error.path)).ok()
    }

    fn items<T>(&mut self, read: Result<Partitioned<T>, DecodeError>) -> Vec<T> {
        let list = self.read(read).unwrap_or_default();
        self.rejected
            .extend(list.invalid.into_iter().map(|item| item.error.path));
        list.valid
    }

    fn wars(&mut self, list: &str, wars: Vec<War>) {
        for war in wars {
            let part = format!("{list}/{}", war.id);
            note!(
                self,
                part,
                war,
                territory,
                required_score,
                status,
                end_reason,
                winner,
                started_at,
                ends_at
            );
            for (name, side) in [("attacking", &war.attacking), ("defending", &war.defending)] {
                let side = side.as_ref().unwrap();
                let part = format!("{part}.{name}");
                note!(self, part, side, faction, name, score);
            }
        }
    }

    fn user(&mut self, body: &Value) {
        let id = PlayerId::new(PLAYER).unwrap();
        if let Some(profile) = self.read(user::profile(body, id)) {
            note!(
                self,
                "profile",
                profile,
                name,
                level,
                rank,
                faction,
                status_state,
                status_description,
                life_current,
                life_maximum
            );
        }
        if let Some(stats) = self.read(user::battle_stats(body)) {
            let stats = stats.unwrap_or_default();
            note!(
                self,
                "battlestats",
                stats,
                strength,
                defense,
                speed,
                dexterity,
                total
            );
        }
        if let Some(networth) = self.read(user::networth(body)) {
            note!(self, "personalstats", networth, dollars, bucket_at);
        }
    }

    fn faction(&mut self, body: &Value) {
        let id = FactionId::new(FACTION).unwrap();
        if let Some(basic) = self.read(faction::basic(body, id)) {
            note!(
                self,
                "basic",
                basic,
                name,
                tag,
                leader,
                co_leader,
                respect,
                age,
                best_chain,
                member_count
            );
        }
        for member in self.items(faction::members(body)) {
            let part = format!("members/{}", member.id);
            note!(
                self,
                part,
                member,
                name,
                level,
                status_state,
                status_description
            );
        }
        let wars = war::faction_wars(body, AT);
        let ranked = self.items(wars.ranked);
        self.wars("wars.ranked", ranked);
        let territory = self.items(wars.territory);
        self.wars("wars.territory", territory);
        self.rejected.dedup(); // If `wars` is not an object, both types have the same error.
    }

    fn key(&mut self, body: &Value) {
        if let Some(facts) = self.read(key::facts(body)) {
            note!(self, "info", facts, owner, access, access_level);
            note!(
                self,
                "info.selections",
                facts.selections,
                user,
                faction,
                torn
            );
        }
    }

    fn report(&mut self, body: &Value, war_type: WarType, id: i64, list: &str) {
        let report = war::report(body, war_type, WarId::new(id).unwrap(), AT);
        let war = self.read(report).flatten();
        self.wars(list, war.into_iter().collect());
    }

    fn tile(&mut self, tile: &TileFacts) {
        let part = format!("territory/{}", tile.id);
        note!(
            self,
            part,
            tile,
            sector,
            size,
            density,
            slots,
            respect,
            coordinate_x,
            coordinate_y
        );
    }

    fn tiles(&mut self, name: &str, body: &Value) {
        match name {
            "own_tiles" => {
                for (tile, racket) in self.items(territory::faction_tiles(body)) {
                    self.tile(&tile);
                    let racket_of_tile = format!("territory/{}.racket", tile.id);
                    self.known.insert(racket_of_tile, format!("{racket:?}"));
                }
            }
            "facts" => {
                for tile in self.items(territory::facts(body)) {
                    self.tile(&tile);
                }
            }
            "ownership" => {
                for (tile, owner) in self.items(territory::ownership(body)) {
                    let part = format!("territoryOwnership/{tile}.owner");
                    self.known.insert(part, format!("{owner:?}"));
                }
            }
            _ => {
                for (number, (tile, racket)) in (0..).zip(self.items(territory::rackets(body))) {
                    let tile =
                        tile.map_or_else(|| format!("unknown {number}"), |tile| tile.to_string());
                    let part = format!("rackets/{tile}");
                    note!(self, part, racket, name, level);
                }
            }
        }
    }
}

/// Decodes the body that has this name in `bodies`.
pub fn facts(name: &str, body: &Value) -> Facts {
    let mut facts = Facts::default();
    match name {
        "key" => facts.key(body),
        "owner" | "player" => facts.user(body),
        "faction" => facts.faction(body),
        "warfareranked" | "rankedwars" => {
            let wars = facts.items(war::list(body, name, WarType::Ranked, AT));
            facts.wars(name, wars);
        }
        "warfareterritory" | "territorywars" => {
            let wars = facts.items(war::list(body, name, WarType::Territory, AT));
            facts.wars(name, wars);
        }
        "rankedwarreport" => facts.report(body, WarType::Ranked, RANKED_WAR, name),
        "territorywarreport" => facts.report(body, WarType::Territory, TERRITORY_WAR, name),
        _ => facts.tiles(name, body),
    }
    facts
}
