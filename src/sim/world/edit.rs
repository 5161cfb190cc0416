//! Editing: what a test pins stays as it is while time goes by.

use super::{EPOCH, Faction, Player, Status, World};
use crate::sim::territory::Tile;
use crate::sim::wars::{RankedWar, TerritoryWar};

/// Editing: each of these pins a thing as it is now, and hands it out to be changed.
impl World {
    /// Pins a player; an unknown id makes a new one at level 1 outside any faction.
    pub fn player(&mut self, id: i64) -> &mut Player {
        let found = self.player_at(id, self.now);
        self.players_pinned
            .entry(id)
            .or_default()
            .get_or_insert_with(|| found.unwrap_or_else(|| blank_player(id)))
    }

    /// Takes a player out of the world.
    pub fn remove_player(&mut self, id: i64) {
        self.players_pinned.insert(id, None);
    }

    /// Pins a faction; an unknown id makes a new one without members.
    pub fn faction(&mut self, id: i64) -> &mut Faction {
        let found = self.faction_at(id, self.now);
        self.factions_pinned
            .entry(id)
            .or_default()
            .get_or_insert_with(|| found.unwrap_or_else(|| blank_faction(id)))
    }

    /// Pins a ranked war; an unknown id makes a new one between factions 0 and 0 that is running.
    pub fn ranked_war(&mut self, id: i64) -> &mut RankedWar {
        let now = self.now;
        let found = self.ranked_war_at(id, now);
        self.ranked_pinned
            .entry(id)
            .or_default()
            .get_or_insert_with(|| found.unwrap_or_else(|| RankedWar::new(id, now)))
    }

    /// Pins the ranked wars with these ids, as [`World::ranked_war`] does one by one.
    pub fn ranked_wars(
        &mut self,
        ids: impl IntoIterator<Item = i64>,
        mut change: impl FnMut(&mut RankedWar),
    ) {
        for id in ids {
            change(self.ranked_war(id));
        }
    }

    /// Takes a ranked war out of every list.
    pub fn remove_ranked_war(&mut self, id: i64) {
        self.ranked_pinned.insert(id, None);
    }

    /// Pins a territory war; an unknown id makes a new one on tile AAB that is running.
    pub fn territory_war(&mut self, id: i64) -> &mut TerritoryWar {
        let now = self.now;
        let found = self.territory_war_at(id, now);
        self.territory_pinned
            .entry(id)
            .or_default()
            .get_or_insert_with(|| found.unwrap_or_else(|| TerritoryWar::new(id, now)))
    }

    /// Pins the territory wars with these ids, as [`World::territory_war`] does one by one.
    pub fn territory_wars(
        &mut self,
        ids: impl IntoIterator<Item = i64>,
        mut change: impl FnMut(&mut TerritoryWar),
    ) {
        for id in ids {
            change(self.territory_war(id));
        }
    }

    /// Takes a territory war out of every list.
    pub fn remove_territory_war(&mut self, id: i64) {
        self.territory_pinned.insert(id, None);
    }

    /// Pins a tile with its owner and racket; an unknown id makes a new one that nobody owns.
    pub fn tile(&mut self, id: &str) -> &mut Tile {
        let found = self.tile_at(id, self.now);
        self.tiles_pinned
            .entry(id.to_owned())
            .or_default()
            .get_or_insert_with(|| found.unwrap_or_else(|| Tile::new(id)))
    }

    /// Takes a tile off the map.
    pub fn remove_tile(&mut self, id: &str) {
        self.tiles_pinned.insert(id.to_owned(), None);
    }
}

fn blank_player(id: i64) -> Player {
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

fn blank_faction(id: i64) -> Faction {
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
