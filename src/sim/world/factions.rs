//! The generated factions: what they are called, who is in them and how they fare.

use super::{DAY, EPOCH, Faction, HOUR, OUTSIDER_MEMBERS, RENAMED_AT, World, player_id};
use crate::sim::chance::{Topic, entry};

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

    /// The players who belong to a faction before anybody moves.
    pub(super) fn block(&self, faction: i64) -> std::ops::Range<i64> {
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
    pub(super) fn home(&self, player: i64, moment: i64) -> (Option<i64>, i64) {
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

    pub(super) fn make_faction(&self, faction: i64, moment: i64) -> Faction {
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
