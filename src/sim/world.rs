//! The players and factions of the simulated Torn: who they are at any moment, without replaying what went before.

use std::collections::BTreeMap;

use crate::sim::chance::{Chance, Topic, entry};
use crate::sim::territory::{Tile, TileMap};
use crate::sim::wars::{RankedWar, TerritoryWar};

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

/// Names that have broken somebody's spreadsheet, table or page.
const AWKWARD_NAMES: [&str; 10] = [
    "Duke",
    "Nick \"Two\" Names",
    "Comma, Inc",
    "\u{1f98a}FoxTrot",
    "<b>Bold</b>",
    "=SUM(A1:A9)",
    "O'Brien",
    "Tab;Semi|Pipe",
    "\u{c9}lo\u{ef}se",
    "-Minus1",
];
const FIRST_NAMES: [&str; 24] = [
    "Silent", "Iron", "Lucky", "Mad", "Rusty", "Velvet", "Grim", "Neon", "Salty", "Sleepy",
    "Crimson", "Frosty", "Turbo", "Shady", "Noble", "Quick", "Hollow", "Wild", "Dusty", "Royal",
    "Broken", "Golden", "Static", "Stray",
];
const LAST_NAMES: [&str; 24] = [
    "Hawk", "Viper", "Baker", "Ghost", "Wolf", "Tailor", "Raven", "Dealer", "Bishop", "Otter",
    "Hammer", "Nomad", "Badger", "Pilot", "Jester", "Cobra", "Monk", "Ranger", "Cipher", "Miner",
    "Saint", "Drifter", "Sparrow", "Knight",
];
const FACTION_NAMES: [(&str, &str); 6] = [
    ("Iron Wolves", "IW"),
    ("Second Chance", "2ND"),
    ("Silk & Steel", "S&S"),
    ("Midnight \"Owls\"", "OWL"),
    ("Salt, Smoke and Sons", "SSS"),
    ("Caf\u{e9} Racers", "CR"),
];
const OUTSIDER_NAMES: [&str; 24] = [
    "Ashen Court",
    "Black Harbor",
    "Cold Equation",
    "Dust Devils",
    "Eastside Union",
    "Fallen Angles",
    "Gutter Kings",
    "Hex",
    "Ivory Tower",
    "Jackals",
    "Kestrel Company",
    "Long Night",
    "Mercy",
    "Night Shift",
    "Old Money",
    "Paper Street",
    "Quiet Riot",
    "Red Ledger",
    "Sandmen",
    "Tin Soldiers",
    "Undertow",
    "Vagrants",
    "White Noise",
    "Zero Sum",
];
const RANKS: [&str; 8] = [
    "Absolute beginner",
    "Rookie",
    "Average",
    "Competent",
    "Veteran",
    "Star",
    "Celebrity",
    "Legendary",
];
const COUNTRIES: [&str; 4] = ["Mexico", "Japan", "Switzerland", "South Africa"];

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
    /// What the player is doing.
    pub status: Status,
    /// When the player was last seen.
    pub last_action: i64,
}

/// What a player is doing, in Torn's words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// One word such as `Okay` or `Hospital`.
    pub state: String,
    /// The sentence a profile shows.
    pub description: String,
    /// More about it, if anything.
    pub details: Option<String>,
    /// When it ends, if it does.
    pub until: Option<i64>,
    /// The color a profile shows it in.
    pub color: String,
}

impl Status {
    /// Nothing going on.
    pub fn okay() -> Self {
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
    pub capacity: i64,
    /// Ranked wars won.
    pub wins: i64,
    /// The number of members that `basic` claims, when that is to differ from the roster.
    pub claimed_members: Option<i64>,
    /// How many members the roster shows, when that is to be fewer than there are.
    pub shown_members: Option<usize>,
}

/// Everything there is: what the seed implies, below what a test has pinned.
///
/// What is pinned stays as it is while time goes by.
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

    /// Takes a faction out of the world; its players keep naming it.
    pub fn remove_faction(&mut self, id: i64) {
        self.factions_pinned.insert(id, None);
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

/// Reading.
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

    /// The id of the faction with this index.
    pub(in crate::sim) fn faction_id(&self, faction: i64) -> i64 {
        if faction < self.tracked {
            9_001 + 101 * faction
        } else {
            3_000_007 + 13 * (faction - self.tracked)
        }
    }

    /// The index of the faction with this id.
    pub(in crate::sim) fn faction_index(&self, id: i64) -> Option<i64> {
        let outside = id - 3_000_007;
        let index = if outside >= 0 && outside % 13 == 0 {
            self.tracked + outside / 13
        } else if outside < 0 && id >= 9_001 && (id - 9_001) % 101 == 0 {
            (id - 9_001) / 101
        } else {
            return None;
        };
        let own = self.faction_id(index) == id;
        (own && index < self.factions).then_some(index)
    }

    /// The name of a faction, whether or not the world knows it.
    pub(in crate::sim) fn faction_name(&self, id: i64, now: i64) -> String {
        match self.factions_pinned.get(&id) {
            Some(Some(pinned)) => return pinned.name.clone(),
            Some(None) => return format!("Disbanded {id}"),
            None => {}
        }
        self.faction_index(id).map_or_else(
            || format!("Gang {id}"),
            |faction| self.name_of_faction(faction, self.moment(now)).0,
        )
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

    /// The ids of everybody in a faction at a moment, in order.
    pub(in crate::sim) fn roster(&self, id: i64, now: i64) -> Vec<i64> {
        let mut roster: Vec<i64> = self
            .faction_index(id)
            .map(|faction| self.generated_roster(faction, self.moment(now)))
            .unwrap_or_default()
            .into_iter()
            .map(player_id)
            .filter(|player| !self.players_pinned.contains_key(player))
            .collect();
        let pinned = self.players_pinned.values().flatten();
        roster.extend(
            pinned
                .filter(|player| player.faction_id == Some(id))
                .map(|player| player.id),
        );
        roster.sort_unstable();
        roster
    }

    fn player_index(&self, id: i64) -> Option<i64> {
        let player = (id - player_id(0)) / 37;
        let everybody = self.residents + (self.factions - self.tracked) * OUTSIDER_MEMBERS;
        (player_id(player) == id && (0..everybody).contains(&player)).then_some(player)
    }

    /// The players who belong to a faction before anybody moves.
    fn block(&self, faction: i64) -> std::ops::Range<i64> {
        if faction >= self.tracked {
            let first = self.residents + (faction - self.tracked) * OUTSIDER_MEMBERS;
            return first..first + OUTSIDER_MEMBERS;
        }
        let housed = self.housed();
        let first = |faction: i64| (faction * housed + self.tracked - 1) / self.tracked;
        first(faction)..first(faction + 1)
    }

    /// How many residents have a faction to begin with; the last few never join one.
    fn housed(&self) -> i64 {
        self.residents - self.residents / 30
    }

    fn generated_roster(&self, faction: i64, moment: i64) -> Vec<i64> {
        let mut roster: Vec<i64> = self
            .block(faction)
            .filter(|&player| self.home(player, moment).0 == Some(faction))
            .collect();
        if faction < self.tracked && self.tracked > 1 {
            let neighbor = (faction + self.tracked - 1) % self.tracked;
            roster.extend(self.block(neighbor).filter(|&player| {
                self.is_mover(player) && self.home(player, moment).0 == Some(faction)
            }));
        }
        roster
    }

    /// Whether a player changes factions now and then; leaders stay.
    fn is_mover(&self, player: i64) -> bool {
        player < self.housed()
            && self.chance.happens(Topic::Mover, player, 0, 15)
            && !self.leads(player)
    }

    fn leads(&self, player: i64) -> bool {
        let faction = player * self.tracked / self.housed().max(1);
        player - self.block(faction).start < 2
    }

    /// The faction a player is in, and since when.
    fn home(&self, player: i64, moment: i64) -> (Option<i64>, i64) {
        let founding = EPOCH - DAY * (1 + self.chance.roll(Topic::Joined, player, 0, 900));
        if player >= self.residents {
            let faction = self.tracked + (player - self.residents) / OUTSIDER_MEMBERS;
            return (Some(faction), founding);
        }
        if player >= self.housed() || self.tracked == 0 {
            return (None, founding);
        }
        let own = player * self.tracked / self.housed();
        if !self.is_mover(player) {
            return (Some(own), founding);
        }
        let stay = DAY * (9 + self.chance.roll(Topic::Mover, player, 1, 12));
        let phase = self.chance.roll(Topic::Mover, player, 2, stay);
        let place = |period: i64| match self.chance.roll(Topic::Move, player, period, 10) {
            0..=5 => Some(own),
            6 | 7 if self.tracked > 1 => Some((own + 1) % self.tracked),
            _ => None,
        };
        let mut period = (moment - EPOCH + phase) / stay;
        let here = place(period);
        while period > 0 && place(period - 1) == here {
            period -= 1;
        }
        let since = if period == 0 {
            founding
        } else {
            EPOCH - phase + period * stay
        };
        (here, since)
    }

    fn make_player(&self, player: i64, moment: i64, now: i64) -> Player {
        let chance = self.chance;
        let days = (moment - EPOCH) / DAY;
        let (faction, joined_at) = self.home(player, moment);
        let level = self.level(player, days);
        let life_maximum = self.life_maximum(player, level);
        let status = self.status(player, moment);
        let hurt =
            status.state == "Hospital" || chance.happens(Topic::Life, player, moment / HOUR, 15);
        let stat = |stat| self.battle_stat(player, stat, moment);
        Player {
            id: player_id(player),
            name: self.name_of_player(player, moment),
            level,
            rank: entry(&RANKS, level * 8 / 101).unwrap_or("Star").to_owned(),
            signed_up: EPOCH - DAY * (1_000 + chance.roll(Topic::Base, player, 9, 5_000)),
            faction_id: faction.map(|faction| self.faction_id(faction)),
            joined_at,
            position: self.position(player, faction),
            life_current: if hurt {
                1 + chance.roll(Topic::Life, player, moment / HOUR, life_maximum)
            } else {
                life_maximum
            },
            life_maximum,
            strength: stat(0),
            defense: stat(1),
            speed: stat(2),
            dexterity: stat(3),
            networth: self.networth(player, self.moment(newest_bucket(now) + DAY)),
            last_action: if self.is_idle(player) {
                EPOCH - DAY * (3 + chance.roll(Topic::Active, player, 1, 300))
            } else {
                moment - chance.roll(Topic::Active, player, moment / 900, 5 * HOUR)
            },
            status,
        }
    }

    fn name_of_player(&self, player: i64, moment: i64) -> String {
        if let Some(name) = entry(&AWKWARD_NAMES, player) {
            return name.to_owned();
        }
        let after = if player == 11 && moment >= RENAMED_AT {
            "_II"
        } else {
            ""
        };
        let first = self.chance.pick(Topic::Name, player, 0, &FIRST_NAMES);
        let last = self.chance.pick(Topic::Name, player, 1, &LAST_NAMES);
        format!("{first}{last}{player}{after}")
    }

    fn position(&self, player: i64, faction: Option<i64>) -> String {
        let rank = match faction {
            None => "None",
            Some(faction) => match player - self.block(faction).start {
                0 => "Leader",
                1 => "Co-leader",
                2..=4 => "Officer",
                _ => "Member",
            },
        };
        rank.to_owned()
    }

    /// One player in seven has stopped playing: nothing about them changes.
    fn is_idle(&self, player: i64) -> bool {
        player >= 10 && self.chance.happens(Topic::Active, player, 0, 14)
    }

    fn level(&self, player: i64, days: i64) -> i64 {
        let base = 8 + self.chance.roll(Topic::Level, player, 0, 70);
        let pace = 9 + self.chance.roll(Topic::Level, player, 1, 50);
        let gained = if self.is_idle(player) { 0 } else { days / pace };
        (base + gained).min(100)
    }

    fn life_maximum(&self, player: i64, level: i64) -> i64 {
        let bonus = 100 + 5 * self.chance.roll(Topic::Life, player, 0, 4);
        (100 + 50 * (level - 1)) * bonus / 100
    }

    /// A battle stat: each training session adds about the same, never less than nothing.
    fn battle_stat(&self, player: i64, stat: i64, moment: i64) -> i64 {
        let chance = self.chance;
        let base = if player == 3 && stat == 0 {
            9_007_199_254_740_993 // 2^53 + 1: the first integer that a double cannot hold.
        } else {
            1_000 * (1 + chance.roll(Topic::Base, player, stat, 400_000))
        };
        if self.is_idle(player) {
            return base;
        }
        let pace = HOUR * (7 + chance.roll(Topic::Pace, player, stat, 30));
        let gain = 500 + chance.roll(Topic::Pace, player, stat + 4, 60_000);
        let sessions = (moment - EPOCH) / pace;
        let extra = chance.roll(Topic::Gain, player, 4 * sessions + stat, gain);
        base + sessions * gain + extra
    }

    /// What a player owned when the day of `moment` began.
    fn networth(&self, player: i64, moment: i64) -> i64 {
        let chance = self.chance;
        let day = (moment - EPOCH) / DAY;
        let swing = 1_000_000 * (1 + chance.roll(Topic::Networth, player, -1, 400));
        let wave = chance.roll(Topic::Networth, player, day, swing) - swing / 2;
        match player {
            4 => 9_100_000_000_000_001 + 2 * day, // Beyond what a double can hold.
            7 => wave / 100 - 3_500_000 - swing / 100,
            8 => 40_000_000 - 1_000_000 * day, // In debt from the middle of February on.
            _ if self.is_idle(player) => 25 * swing,
            _ => {
                let pace = chance.roll(Topic::Networth, player, -2, 9_000_000) - 1_500_000;
                30 * swing + day * pace + wave
            }
        }
    }

    fn status(&self, player: i64, moment: i64) -> Status {
        let chance = self.chance;
        if self.is_idle(player) {
            return Status::okay();
        }
        let spell = 5 * HOUR;
        let phase = chance.roll(Topic::Status, player, -1, spell);
        let number = (moment - EPOCH + phase) / spell;
        let until = EPOCH - phase + (number + 1) * spell;
        let country = chance.pick(Topic::Until, player, number, &COUNTRIES);
        let (state, description, details, until, color) =
            match chance.roll(Topic::Status, player, number, 100) {
                0..=71 => return Status::okay(),
                72..=83 => (
                    "Hospital",
                    "In hospital for a while".to_owned(),
                    Some("Mugged by <a href=\"/profiles.php?XID=1\">someone</a>".to_owned()),
                    Some(until),
                    "red",
                ),
                84..=90 => (
                    "Traveling",
                    format!("Traveling to {country}"),
                    None,
                    Some(until),
                    "blue",
                ),
                91..=94 => ("Abroad", format!("In {country}"), None, None, "blue"),
                95..=98 => (
                    "Jail",
                    "In jail for a while".to_owned(),
                    Some("Caught shoplifting".to_owned()),
                    Some(until),
                    "red",
                ),
                _ => (
                    "Federal",
                    "In federal jail".to_owned(),
                    None,
                    Some(until),
                    "red",
                ),
            };
        Status {
            state: state.to_owned(),
            description,
            details,
            until,
            color: color.to_owned(),
        }
    }

    fn name_of_faction(&self, faction: i64, moment: i64) -> (String, String) {
        if faction >= self.tracked {
            let outsider = faction - self.tracked;
            let name = entry(&OUTSIDER_NAMES, outsider).unwrap_or("Overflow");
            return (name.to_owned(), format!("X{outsider}"));
        }
        if faction == 1 && moment >= RENAMED_AT {
            return ("Last Laugh".to_owned(), "HA".to_owned());
        }
        match entry(&FACTION_NAMES, faction) {
            Some((name, tag)) => (name.to_owned(), tag.to_owned()),
            None => (format!("Crew No. {faction}"), format!("C{faction}")),
        }
    }

    fn make_faction(&self, faction: i64, moment: i64) -> Faction {
        let chance = self.chance;
        let hours = (moment - EPOCH) / HOUR;
        let (name, tag) = self.name_of_faction(faction, moment);
        let id = self.faction_id(faction);
        let block = self.block(faction);
        let size = block.end - block.start;
        let record = self.ranked_record(faction, moment);
        let earned = hours * (5 + chance.roll(Topic::Faction, faction, 1, 30));
        let base = 400_000 + 1_000 * chance.roll(Topic::Faction, faction, 0, 4_000);
        let chains = hours / (24 * (5 + chance.roll(Topic::Chain, faction, -1, 9)));
        Faction {
            id,
            name,
            tag,
            leader_id: if size > 0 { player_id(block.start) } else { 0 },
            co_leader_id: if size > 1 {
                player_id(block.start + 1)
            } else {
                0
            },
            respect: (base + earned + record.respect).max(0),
            founded_at: EPOCH - DAY * (200 + chance.roll(Topic::Faction, faction, 2, 4_000)),
            best_chain: 250
                + 40 * (chains + chance.roll(Topic::Chain, faction, -2, 50))
                + chance.roll(Topic::Chain, faction, chains, 40),
            capacity: 100.max((size + 14) / 5 * 5),
            wins: record.wins,
            claimed_members: None,
            shown_members: None,
        }
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
