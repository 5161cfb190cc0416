//! The players and factions of the simulated Torn: who they are at any moment, without replaying what went before.

mod edit;
mod factions;
mod players;

use std::collections::BTreeMap;

use super::chance::Chance;
use super::territory::{Tile, TileMap};
use super::wars::{RankedWar, TerritoryWar};

/// Seconds in a day.
pub(in crate::sim) const DAY: i64 = 86_400;
/// Seconds in an hour.
pub(in crate::sim) const HOUR: i64 = 3_600;
/// When everything began: 2026-01-01 00:00 UTC. Earlier moments look like this one.
pub(in crate::sim) const EPOCH: i64 = 1_767_225_600;
/// When the second faction takes its new name: 2026-04-01 12:00 UTC.
pub(in crate::sim) const RENAMED_AT: i64 = EPOCH + 90 * DAY + 12 * HOUR;
/// The new bucket of a player's daily figures is there ten minutes after midnight.
const BUCKET_DELAY: i64 = 600;
/// How many factions there are beside the ones asked for, as opponents and owners.
const OUTSIDERS: i64 = 24;
/// How many members an outside faction has.
const OUTSIDER_MEMBERS: i64 = 5;

/// One player at a moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Player {
    /// The player's id.
    pub id: i64,
    /// The name, which may change.
    pub name: String,
    /// From 1 to 100.
    pub level: i64,
    /// The rank in words.
    pub rank: String,
    /// When the account was made.
    pub signed_up: i64,
    /// The faction, or `None` outside any.
    pub faction_id: Option<i64>,
    /// When the player joined that faction.
    pub joined_at: i64,
    /// The role in the faction.
    pub position: String,
    /// Life points left.
    pub life_current: i64,
    /// Life points when healthy.
    pub life_maximum: i64,
    /// Battle stat, which only the owner of a key can read.
    pub strength: i64,
    /// Battle stat, which only the owner of a key can read.
    pub defense: i64,
    /// Battle stat, which only the owner of a key can read.
    pub speed: i64,
    /// Battle stat, which only the owner of a key can read.
    pub dexterity: i64,
    /// Dollars in the newest daily bucket; negative for debtors.
    pub networth: i64,
    /// The player's status.
    pub status: Status,
    /// When the player was last seen.
    pub last_action: i64,
}

/// A player's status, in Torn's words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// One word such as `Okay` or `Hospital`.
    pub(crate) state: String,
    /// The sentence a profile shows.
    pub description: String,
    /// More about it, if anything.
    pub(crate) details: Option<String>,
    /// When it ends, if it does.
    pub(crate) until: Option<i64>,
    /// The color a profile shows it in.
    pub(crate) color: String,
}

impl Status {
    /// Nothing going on.
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

/// One faction at a moment. Its members are the players who name it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Faction {
    /// The faction's id.
    pub id: i64,
    /// The name, which may change.
    pub name: String,
    /// Up to four characters.
    pub tag: String,
    /// The leader's player id; 0 while the seat is vacant.
    pub leader_id: i64,
    /// The co-leader's player id; 0 while the seat is vacant.
    pub co_leader_id: i64,
    /// Points; grows day by day and falls after lost wars.
    pub respect: i64,
    /// When it was founded.
    pub founded_at: i64,
    /// The longest chain of attacks ever; never falls.
    pub best_chain: i64,
    /// How many members it can have.
    pub(crate) capacity: i64,
    /// Ranked wars won.
    pub(crate) wins: i64,
    /// The number of members that `basic` claims, when that is to differ from the roster.
    pub claimed_members: Option<i64>,
    /// How many members the roster shows, when that is to be fewer than there are.
    pub shown_members: Option<usize>,
}

/// Everything there is: what the seed implies, below what a test has pinned.
///
/// Pinned entities do not change while time goes by.
#[derive(Clone, Debug)]
pub struct World {
    pub(in crate::sim) chance: Chance,
    /// The moment that editing reads from.
    now: i64,
    /// The only moment a frozen world knows.
    frozen_at: Option<i64>,
    residents: i64,
    tracked: i64,
    /// Tracked and outside factions together; even, so that each has an opponent.
    pub(in crate::sim) factions: i64,
    pub(in crate::sim) map: TileMap,
    pub(in crate::sim) ranked_start_hours: i64,
    players_pinned: BTreeMap<i64, Option<Player>>,
    factions_pinned: BTreeMap<i64, Option<Faction>>,
    pub(in crate::sim) tiles_pinned: BTreeMap<String, Option<Tile>>,
    pub(in crate::sim) ranked_pinned: BTreeMap<i64, Option<RankedWar>>,
    pub(in crate::sim) territory_pinned: BTreeMap<i64, Option<TerritoryWar>>,
}

/// How big a world is, and whether it stands still.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Extent {
    pub(in crate::sim) players: i64,
    pub(in crate::sim) factions: i64,
    pub(in crate::sim) tiles: i64,
    pub(in crate::sim) ranked_start_hours: i64,
    pub(in crate::sim) frozen_at: Option<i64>,
}

impl World {
    pub(in crate::sim) fn new(seed: u64, extent: &Extent) -> Self {
        let tracked = extent.factions.max(0);
        let outsiders = if tracked == 0 {
            0
        } else {
            OUTSIDERS + tracked % 2
        };
        Self {
            chance: Chance::new(seed),
            now: EPOCH,
            frozen_at: extent.frozen_at,
            residents: extent.players.max(0),
            tracked,
            factions: tracked + outsiders,
            map: TileMap::new(extent.tiles),
            ranked_start_hours: extent.ranked_start_hours,
            players_pinned: BTreeMap::new(),
            factions_pinned: BTreeMap::new(),
            tiles_pinned: BTreeMap::new(),
            ranked_pinned: BTreeMap::new(),
            territory_pinned: BTreeMap::new(),
        }
    }

    /// Sets the moment that editing reads from.
    pub(in crate::sim) fn edit_at(&mut self, now: i64) {
        self.now = now;
    }

    /// The moment the world shows at `now`.
    pub(in crate::sim) fn moment(&self, now: i64) -> i64 {
        self.frozen_at.unwrap_or(now).max(EPOCH)
    }

    /// The ids of the players a user would follow.
    pub(in crate::sim) fn resident_ids(&self) -> Vec<i64> {
        (0..self.residents).map(player_id).collect()
    }

    /// The ids of the factions a user would follow.
    pub(in crate::sim) fn tracked_ids(&self) -> Vec<i64> {
        (0..self.tracked)
            .map(|faction| self.faction_id(faction))
            .collect()
    }

    /// How many factions there are to follow; the outsiders come after them.
    pub(in crate::sim) fn tracked(&self) -> i64 {
        self.tracked
    }

    /// A player at a moment.
    pub(in crate::sim) fn player_at(&self, id: i64, now: i64) -> Option<Player> {
        if let Some(pinned) = self.players_pinned.get(&id) {
            return pinned.clone();
        }
        let player = self.player_index(id)?;
        Some(self.make_player(player, self.moment(now), now))
    }

    /// A player's networth in the bucket of the day that starts at `day`.
    pub(in crate::sim) fn networth_on(&self, id: i64, day: i64) -> Option<i64> {
        if let Some(pinned) = self.players_pinned.get(&id) {
            return pinned.as_ref().map(|pinned| pinned.networth);
        }
        let player = self.player_index(id)?;
        Some(self.networth(player, self.moment(day + DAY)))
    }

    /// A faction at a moment.
    pub(in crate::sim) fn faction_at(&self, id: i64, now: i64) -> Option<Faction> {
        if let Some(pinned) = self.factions_pinned.get(&id) {
            return pinned.clone();
        }
        let faction = self.faction_index(id)?;
        Some(self.make_faction(faction, self.moment(now)))
    }
}

/// The start of the newest day whose daily figures are out: yesterday, from ten past midnight on.
pub(in crate::sim) fn newest_bucket(now: i64) -> i64 {
    (now - BUCKET_DELAY).div_euclid(DAY) * DAY - DAY
}

/// The id of the player with this index.
fn player_id(player: i64) -> i64 {
    2_000_001 + 37 * player
}
