//! The simulated world: players, factions, tiles and wars at any time, computed without replaying the time before.

mod edit;
mod factions;
mod players;
pub(crate) mod random;
mod ranked_wars;
pub(crate) mod territory;
mod tile_ids;
pub(crate) mod wars;

use std::collections::BTreeMap;

use crate::sim::world::random::Random;
use crate::sim::world::territory::{Tile, TileMap};
use crate::sim::world::wars::{RankedWar, TerritoryWar};

/// Seconds.
pub(crate) const DAY: i64 = 86_400;
/// Seconds.
pub(crate) const HOUR: i64 = 3_600;
/// The start of the generated history: 2026-01-01 00:00 UTC. The world looks the same at all earlier times.
const EPOCH: i64 = 1_767_225_600;
/// When player 11 and the second faction change their names: 2026-04-01 12:00 UTC.
const RENAMED_AT: i64 = EPOCH + 90 * DAY + 12 * HOUR;
/// The time between midnight UTC and the daily figures of the day before, in seconds.
const BUCKET_DELAY: i64 = 600;
/// The number of factions beside the tracked ones. They are opponents and owners of tiles.
const OUTSIDERS: i64 = 24;
/// The number of members of each outside faction.
const OUTSIDER_MEMBERS: i64 = 5;

/// A player at one time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Player {
    /// The id.
    pub id: i64,
    /// The name, which may change.
    pub name: String,
    /// From 1 to 100.
    pub level: i64,
    /// Torn's name for the rank.
    pub rank: String,
    /// When the account was created: a unix timestamp.
    pub signed_up: i64,
    /// The id of the faction.
    pub faction_id: Option<i64>,
    /// When the player joined the faction: a unix timestamp.
    pub joined_at: i64,
    /// The role in the faction.
    pub position: String,
    /// The current life points.
    pub life_current: i64,
    /// The maximal life points.
    pub life_maximum: i64,
    /// A battle stat. Only the player's own key can read it.
    pub strength: i64,
    /// A battle stat. Only the player's own key can read it.
    pub defense: i64,
    /// A battle stat. Only the player's own key can read it.
    pub speed: i64,
    /// A battle stat. Only the player's own key can read it.
    pub dexterity: i64,
    /// The networth in dollars from the newest daily figures. It can be negative.
    pub networth: i64,
    /// The status.
    pub status: Status,
    /// The last action: a unix timestamp.
    pub last_action: i64,
}

/// The status of a player.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// One word such as `Okay` or `Hospital`.
    pub(crate) state: String,
    /// The sentence in the profile.
    pub description: String,
    /// The second sentence in the profile, as HTML.
    pub(crate) details: Option<String>,
    /// When it ends: a unix timestamp.
    pub(crate) until: Option<i64>,
    /// The color in the profile.
    pub(crate) color: String,
}

impl Status {
    /// The status of a player who is in Torn and healthy.
    pub(crate) fn okay() -> Self {
        Self {
            state: "Okay".to_owned(),
            description: "Okay".to_owned(),
            details: None,
            until: None,
            color: "green".to_owned(),
        }
    }
}

/// A faction at one time. The members are the players with its id in `faction_id`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Faction {
    /// The id.
    pub id: i64,
    /// The name, which may change.
    pub name: String,
    /// Up to four characters.
    pub tag: String,
    /// The player id of the leader; 0 for none.
    pub leader_id: i64,
    /// The player id of the co-leader; 0 for none.
    pub co_leader_id: i64,
    /// The respect. It grows with time and falls after lost wars.
    pub respect: i64,
    /// When it was founded: a unix timestamp.
    pub founded_at: i64,
    /// The longest chain of attacks. It never falls.
    pub best_chain: i64,
    /// The maximal number of members.
    pub(crate) capacity: i64,
    /// The number of ranked wars won.
    pub(crate) wins: i64,
    /// The number of members in `basic`, if it is not the length of the roster.
    pub claimed_members: Option<i64>,
    /// How many members `members` shows, if not all.
    pub shown_members: Option<usize>,
}

/// The simulated world: entities generated from the seed, and pinned entities, which replace generated ones.
///
/// Generated entities are functions of the seed and the time. Pinned entities do not change with time. `None` pins an
/// entity as removed.
#[derive(Clone, Debug)]
pub struct World {
    random: Random,
    /// The time of the edits that follow: a pin copies the state at this time.
    edit_time: i64,
    /// The time at which generated entities no longer change; `None` if they always change.
    frozen_at: Option<i64>,
    /// The number of players who are in tracked factions or in none.
    residents: i64,
    /// The number of factions that a user would follow. Outside factions have the indexes after them.
    tracked: i64,
    /// The number of tracked and outside factions. It is even, so that each has an opponent.
    factions: i64,
    map: TileMap,
    ranked_start_hours: i64,
    pinned_players: BTreeMap<i64, Option<Player>>,
    pinned_factions: BTreeMap<i64, Option<Faction>>,
    pinned_tiles: BTreeMap<String, Option<Tile>>,
    pinned_ranked_wars: BTreeMap<i64, Option<RankedWar>>,
    pinned_territory_wars: BTreeMap<i64, Option<TerritoryWar>>,
}

/// The options of a world, from [`crate::sim::Options`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorldOptions {
    pub(crate) seed: u64,
    pub(crate) players: i64,
    pub(crate) factions: i64,
    pub(crate) tiles: i64,
    pub(crate) ranked_start_hours: i64,
    pub(crate) frozen_at: Option<i64>,
}

impl World {
    pub(crate) fn new(options: &WorldOptions) -> Self {
        let tracked = options.factions.max(0);
        let outsiders = if tracked == 0 {
            0
        } else {
            OUTSIDERS + tracked % 2
        };
        Self {
            random: Random::new(options.seed),
            edit_time: EPOCH,
            frozen_at: options.frozen_at,
            residents: options.players.max(0),
            tracked,
            factions: tracked + outsiders,
            map: TileMap::new(options.tiles),
            ranked_start_hours: options.ranked_start_hours,
            pinned_players: BTreeMap::new(),
            pinned_factions: BTreeMap::new(),
            pinned_tiles: BTreeMap::new(),
            pinned_ranked_wars: BTreeMap::new(),
            pinned_territory_wars: BTreeMap::new(),
        }
    }

    /// Sets the time of the edits that follow.
    pub(crate) fn set_edit_time(&mut self, now: i64) {
        self.edit_time = now;
    }

    /// The time at which generated entities are at `now`: not before the epoch, and constant in a frozen world.
    pub(crate) fn effective_time(&self, now: i64) -> i64 {
        self.frozen_at.unwrap_or(now).max(EPOCH)
    }

    /// The ids of the players that a user would follow.
    pub(crate) fn resident_ids(&self) -> Vec<i64> {
        (0..self.residents).map(player_id).collect()
    }

    /// The ids of the factions that a user would follow.
    pub(crate) fn tracked_ids(&self) -> Vec<i64> {
        (0..self.tracked)
            .map(|faction| self.faction_id(faction))
            .collect()
    }

    /// The player with this id.
    pub(crate) fn player_at(&self, id: i64, now: i64) -> Option<Player> {
        if let Some(pinned) = self.pinned_players.get(&id) {
            return pinned.clone();
        }
        let player = self.player_index(id)?;
        Some(self.make_player(player, self.effective_time(now), now))
    }

    /// The networth of a player in the figures of the day that starts at this timestamp.
    pub(crate) fn networth_on(&self, id: i64, day: i64) -> Option<i64> {
        if let Some(pinned) = self.pinned_players.get(&id) {
            return pinned.as_ref().map(|pinned| pinned.networth);
        }
        let player = self.player_index(id)?;
        Some(self.networth(player, self.effective_time(day + DAY)))
    }

    /// Whether a test has pinned the ranked war with this id.
    pub(crate) fn is_ranked_war_pinned(&self, id: i64) -> bool {
        self.pinned_ranked_wars.contains_key(&id)
    }

    /// The faction with this id.
    pub(crate) fn faction_at(&self, id: i64, now: i64) -> Option<Faction> {
        if let Some(pinned) = self.pinned_factions.get(&id) {
            return pinned.clone();
        }
        let faction = self.faction_index(id)?;
        Some(self.make_faction(faction, self.effective_time(now)))
    }
}

/// The start of the newest day with daily figures: yesterday, or the day before until ten minutes after midnight UTC.
pub(crate) fn newest_bucket(now: i64) -> i64 {
    (now - BUCKET_DELAY).div_euclid(DAY) * DAY - DAY
}

/// The id of the player with this index.
fn player_id(player: i64) -> i64 {
    2_000_001 + 37 * player
}
