//! Edits of the world by tests. An edited entity is pinned: it no longer changes with time.

use crate::sim::world::territory::Tile;
use crate::sim::world::wars::{RankedWar, TerritoryWar};
use crate::sim::world::{EPOCH, Faction, Player, Status, World};

/// Each method `pin_…` pins an entity in its current state and returns it.
impl World {
    /// Pins a player. An unknown id makes a new one with level 1 and no faction.
    pub fn pin_player(&mut self, id: i64) -> &mut Player {
        let existing = self.player_at(id, self.edit_time);
        self.pinned_players
            .entry(id)
            .or_default()
            .get_or_insert_with(|| existing.unwrap_or_else(|| new_player(id)))
    }

    /// Removes a player from the world and from every roster.
    pub fn remove_player(&mut self, id: i64) {
        self.pinned_players.insert(id, None);
    }

    /// Pins a faction. An unknown id makes a new one without members.
    pub fn pin_faction(&mut self, id: i64) -> &mut Faction {
        let existing = self.faction_at(id, self.edit_time);
        self.pinned_factions
            .entry(id)
            .or_default()
            .get_or_insert_with(|| existing.unwrap_or_else(|| new_faction(id)))
    }

    /// Pins a ranked war. An unknown id makes a new one that starts now, with the id 0 for both factions.
    pub fn pin_ranked_war(&mut self, id: i64) -> &mut RankedWar {
        let now = self.edit_time;
        let existing = self.ranked_war_at(id, now);
        self.pinned_ranked_wars
            .entry(id)
            .or_default()
            .get_or_insert_with(|| existing.unwrap_or_else(|| RankedWar::new(id, now)))
    }

    /// Pins several ranked wars and changes each.
    pub fn pin_ranked_wars(
        &mut self,
        ids: impl IntoIterator<Item = i64>,
        mut change: impl FnMut(&mut RankedWar),
    ) {
        for id in ids {
            change(self.pin_ranked_war(id));
        }
    }

    /// Removes a ranked war from every list.
    pub fn remove_ranked_war(&mut self, id: i64) {
        self.pinned_ranked_wars.insert(id, None);
    }

    /// Pins a territory war. An unknown id makes a new one that starts now, about the tile AAB.
    pub fn pin_territory_war(&mut self, id: i64) -> &mut TerritoryWar {
        let now = self.edit_time;
        let existing = self.territory_war_at(id, now);
        self.pinned_territory_wars
            .entry(id)
            .or_default()
            .get_or_insert_with(|| existing.unwrap_or_else(|| TerritoryWar::new(id, now)))
    }

    /// Pins several territory wars and changes each.
    pub fn pin_territory_wars(
        &mut self,
        ids: impl IntoIterator<Item = i64>,
        mut change: impl FnMut(&mut TerritoryWar),
    ) {
        for id in ids {
            change(self.pin_territory_war(id));
        }
    }

    /// Removes a territory war from every list.
    pub fn remove_territory_war(&mut self, id: i64) {
        self.pinned_territory_wars.insert(id, None);
    }

    /// Pins a tile with its owner and racket. An unknown id makes a new one without an owner.
    pub fn pin_tile(&mut self, id: &str) -> &mut Tile {
        let existing = self.tile_at(id, self.edit_time);
        self.pinned_tiles
            .entry(id.to_owned())
            .or_default()
            .get_or_insert_with(|| existing.unwrap_or_else(|| Tile::new(id)))
    }

    /// Removes a tile from the map.
    pub fn remove_tile(&mut self, id: &str) {
        self.pinned_tiles.insert(id.to_owned(), None);
    }
}

fn new_player(id: i64) -> Player {
    Player {
        id,
        name: format!("Player{id}"),
        level: 1,
        rank: "Absolute beginner".to_owned(),
        signed_up: EPOCH,
        faction_id: None,
        joined_at: EPOCH,
        position: "None".to_owned(),
        life_current: 100,
        life_maximum: 100,
        strength: 10,
        defense: 10,
        speed: 10,
        dexterity: 10,
        networth: 0,
        status: Status::okay(),
        last_action: EPOCH,
    }
}

fn new_faction(id: i64) -> Faction {
    Faction {
        id,
        name: format!("Faction{id}"),
        tag: "NEW".to_owned(),
        leader_id: 0,
        co_leader_id: 0,
        respect: 0,
        founded_at: EPOCH,
        best_chain: 0,
        capacity: 100,
        wins: 0,
        claimed_members: None,
        shown_members: None,
    }
}
