//! Generates the factions: names, members and figures.

use std::ops::Range;

use crate::sim::world::random::{Topic, item_at};
use crate::sim::world::{
    DAY, EPOCH, Faction, HOUR, OUTSIDER_MEMBERS, RENAMED_AT, World, player_id,
};

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

impl World {
    /// The id of the faction with this index.
    pub(crate) fn faction_id(&self, faction: i64) -> i64 {
        if faction < self.tracked {
            9_001 + 101 * faction
        } else {
            3_000_007 + 13 * (faction - self.tracked)
        }
    }

    /// The index of the faction with this id.
    pub(crate) fn faction_index(&self, id: i64) -> Option<i64> {
        let offset = id - 3_000_007;
        let index = if offset >= 0 && offset % 13 == 0 {
            self.tracked + offset / 13
        } else if offset < 0 && id >= 9_001 && (id - 9_001) % 101 == 0 {
            (id - 9_001) / 101
        } else {
            return None;
        };
        let is_exact = self.faction_id(index) == id;
        (is_exact && index < self.factions).then_some(index)
    }

    /// The name of a faction. A faction that does not exist has a name too.
    pub(crate) fn faction_name(&self, id: i64, now: i64) -> String {
        match self.pinned_factions.get(&id) {
            Some(Some(pinned)) => return pinned.name.clone(),
            Some(None) => return format!("Disbanded {id}"),
            None => {}
        }
        self.faction_index(id).map_or_else(
            || format!("Gang {id}"),
            |faction| self.name_of_faction(faction, self.effective_time(now)).0,
        )
    }

    /// The player ids of the members of a faction in ascending order.
    pub(crate) fn roster(&self, id: i64, now: i64) -> Vec<i64> {
        let mut roster: Vec<i64> = self
            .faction_index(id)
            .map(|faction| self.generated_roster(faction, self.effective_time(now)))
            .unwrap_or_default()
            .into_iter()
            .map(player_id)
            .filter(|player| !self.pinned_players.contains_key(player))
            .collect();
        let pinned = self.pinned_players.values().flatten();
        roster.extend(
            pinned
                .filter(|player| player.faction_id == Some(id))
                .map(|player| player.id),
        );
        roster.sort_unstable();
        roster
    }

    /// The indexes of the players whose home is this faction.
    pub(super) fn home_members(&self, faction: i64) -> Range<i64> {
        if faction >= self.tracked {
            let first = self.residents + (faction - self.tracked) * OUTSIDER_MEMBERS;
            return first..first + OUTSIDER_MEMBERS;
        }
        let count = self.players_with_home();
        let first = |faction: i64| (faction * count + self.tracked - 1) / self.tracked;
        first(faction)..first(faction + 1)
    }

    /// How many of the residents have a home faction. The last ones never join a faction.
    fn players_with_home(&self) -> i64 {
        self.residents - self.residents / 30
    }

    fn generated_roster(&self, faction: i64, timestamp: i64) -> Vec<i64> {
        let mut roster: Vec<i64> = self
            .home_members(faction)
            .filter(|&player| self.membership(player, timestamp).0 == Some(faction))
            .collect();
        if faction < self.tracked && self.tracked > 1 {
            let neighbor = (faction + self.tracked - 1) % self.tracked;
            roster.extend(self.home_members(neighbor).filter(|&player| {
                self.changes_factions(player)
                    && self.membership(player, timestamp).0 == Some(faction)
            }));
        }
        roster
    }

    /// Whether a player changes factions from time to time. Leaders never do.
    fn changes_factions(&self, player: i64) -> bool {
        player < self.players_with_home()
            && self.random.happens(Topic::Mover, player, 0, 15)
            && !self.is_leader(player)
    }

    /// Whether a player is the leader or co-leader of the home faction.
    fn is_leader(&self, player: i64) -> bool {
        let faction = player * self.tracked / self.players_with_home().max(1);
        player - self.home_members(faction).start < 2
    }

    /// The faction of a player, and when the player joined it.
    pub(super) fn membership(&self, player: i64, timestamp: i64) -> (Option<i64>, i64) {
        let joined_initially = EPOCH - DAY * (1 + self.random.below(Topic::Joined, player, 0, 900));
        if player >= self.residents {
            let faction = self.tracked + (player - self.residents) / OUTSIDER_MEMBERS;
            return (Some(faction), joined_initially);
        }
        if player >= self.players_with_home() || self.tracked == 0 {
            return (None, joined_initially);
        }
        let home = player * self.tracked / self.players_with_home();
        if !self.changes_factions(player) {
            return (Some(home), joined_initially);
        }
        let stay = DAY * (9 + self.random.below(Topic::Mover, player, 1, 12));
        let phase = self.random.below(Topic::Mover, player, 2, stay);
        let faction_in = |period: i64| match self.random.below(Topic::Move, player, period, 10) {
            0..=5 => Some(home),
            6 | 7 if self.tracked > 1 => Some((home + 1) % self.tracked),
            _ => None,
        };
        let mut period = (timestamp - EPOCH + phase) / stay;
        let faction = faction_in(period);
        while period > 0 && faction_in(period - 1) == faction {
            period -= 1;
        }
        let since = if period == 0 {
            joined_initially
        } else {
            EPOCH - phase + period * stay
        };
        (faction, since)
    }

    /// The name and the tag of a generated faction.
    fn name_of_faction(&self, faction: i64, timestamp: i64) -> (String, String) {
        if faction >= self.tracked {
            let outsider = faction - self.tracked;
            let name = item_at(&OUTSIDER_NAMES, outsider).unwrap_or("Overflow");
            return (name.to_owned(), format!("X{outsider}"));
        }
        if faction == 1 && timestamp >= RENAMED_AT {
            return ("Last Laugh".to_owned(), "HA".to_owned());
        }
        match item_at(&FACTION_NAMES, faction) {
            Some((name, tag)) => (name.to_owned(), tag.to_owned()),
            None => (format!("Crew No. {faction}"), format!("C{faction}")),
        }
    }

    /// The generated faction with this index.
    pub(super) fn make_faction(&self, faction: i64, timestamp: i64) -> Faction {
        let random = self.random;
        let hours = (timestamp - EPOCH) / HOUR;
        let (name, tag) = self.name_of_faction(faction, timestamp);
        let id = self.faction_id(faction);
        let members = self.home_members(faction);
        let size = members.end - members.start;
        let record = self.ranked_record(faction, timestamp);
        let earned = hours * (5 + random.below(Topic::Faction, faction, 1, 30));
        let base = 400_000 + 1_000 * random.below(Topic::Faction, faction, 0, 4_000);
        let chains = hours / (24 * (5 + random.below(Topic::Chain, faction, -1, 9)));
        Faction {
            id,
            name,
            tag,
            leader_id: if size > 0 {
                player_id(members.start)
            } else {
                0
            },
            co_leader_id: if size > 1 {
                player_id(members.start + 1)
            } else {
                0
            },
            respect: (base + earned + record.respect).max(0),
            founded_at: EPOCH - DAY * (200 + random.below(Topic::Faction, faction, 2, 4_000)),
            best_chain: 250
                + 40 * (chains + random.below(Topic::Chain, faction, -2, 50))
                + random.below(Topic::Chain, faction, chains, 40),
            capacity: 100.max((size + 14) / 5 * 5),
            wins: record.wins,
            claimed_members: None,
            shown_members: None,
        }
    }
}
