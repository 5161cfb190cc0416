//! Generates the players: names, figures and statuses.

use crate::sim::world::random::{Topic, item_at};
use crate::sim::world::{
    DAY, EPOCH, HOUR, OUTSIDER_MEMBERS, Player, RENAMED_AT, Status, World, newest_bucket, player_id,
};

/// Names that break careless CSV, HTML, spreadsheets or tables.
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

impl World {
    /// The index of the generated player with this id.
    pub(super) fn player_index(&self, id: i64) -> Option<i64> {
        let player = (id - player_id(0)) / 37;
        let count = self.residents + (self.factions - self.tracked) * OUTSIDER_MEMBERS;
        (player_id(player) == id && (0..count).contains(&player)).then_some(player)
    }

    /// The generated player with this index.
    pub(super) fn make_player(&self, player: i64, timestamp: i64, now: i64) -> Player {
        let random = self.random;
        let days = (timestamp - EPOCH) / DAY;
        let (faction, joined_at) = self.membership(player, timestamp);
        let level = self.level(player, days);
        let life_maximum = self.life_maximum(player, level);
        let status = self.status(player, timestamp);
        let is_hurt =
            status.state == "Hospital" || random.happens(Topic::Life, player, timestamp / HOUR, 15);
        let stat = |stat| self.battle_stat(player, stat, timestamp);
        Player {
            id: player_id(player),
            name: self.name_of_player(player, timestamp),
            level,
            rank: item_at(&RANKS, level * 8 / 101)
                .unwrap_or("Star")
                .to_owned(),
            signed_up: EPOCH - DAY * (1_000 + random.below(Topic::Base, player, 9, 5_000)),
            faction_id: faction.map(|faction| self.faction_id(faction)),
            joined_at,
            position: self.position(player, faction),
            life_current: if is_hurt {
                1 + random.below(Topic::Life, player, timestamp / HOUR, life_maximum)
            } else {
                life_maximum
            },
            life_maximum,
            strength: stat(0),
            defense: stat(1),
            speed: stat(2),
            dexterity: stat(3),
            networth: self.networth(player, self.effective_time(newest_bucket(now) + DAY)),
            last_action: if self.is_idle(player) {
                EPOCH - DAY * (3 + random.below(Topic::Active, player, 1, 300))
            } else {
                timestamp - random.below(Topic::Active, player, timestamp / 900, 5 * HOUR)
            },
            status,
        }
    }

    fn name_of_player(&self, player: i64, timestamp: i64) -> String {
        if let Some(name) = item_at(&AWKWARD_NAMES, player) {
            return name.to_owned();
        }
        let suffix = if player == 11 && timestamp >= RENAMED_AT {
            "_II"
        } else {
            ""
        };
        let first = self.random.pick(Topic::Name, player, 0, &FIRST_NAMES);
        let last = self.random.pick(Topic::Name, player, 1, &LAST_NAMES);
        format!("{first}{last}{player}{suffix}")
    }

    fn position(&self, player: i64, faction: Option<i64>) -> String {
        let rank = match faction {
            None => "None",
            Some(faction) => match player - self.home_members(faction).start {
                0 => "Leader",
                1 => "Co-leader",
                2..=4 => "Officer",
                _ => "Member",
            },
        };
        rank.to_owned()
    }

    /// Whether a player is one of the 14 % who no longer play. Their values never change.
    fn is_idle(&self, player: i64) -> bool {
        player >= 10 && self.random.happens(Topic::Active, player, 0, 14)
    }

    fn level(&self, player: i64, days: i64) -> i64 {
        let base = 8 + self.random.below(Topic::Level, player, 0, 70);
        let pace = 9 + self.random.below(Topic::Level, player, 1, 50);
        let gained = if self.is_idle(player) { 0 } else { days / pace };
        (base + gained).min(100)
    }

    fn life_maximum(&self, player: i64, level: i64) -> i64 {
        let bonus = 100 + 5 * self.random.below(Topic::Life, player, 0, 4);
        (100 + 50 * (level - 1)) * bonus / 100
    }

    /// A battle stat. It grows with each training session and never falls.
    fn battle_stat(&self, player: i64, stat: i64, timestamp: i64) -> i64 {
        let random = self.random;
        let base = if player == 3 && stat == 0 {
            9_007_199_254_740_993 // 2^53 + 1: the smallest positive integer that a double cannot represent.
        } else {
            1_000 * (1 + random.below(Topic::Base, player, stat, 400_000))
        };
        if self.is_idle(player) {
            return base;
        }
        let pace = HOUR * (7 + random.below(Topic::Pace, player, stat, 30));
        let gain = 500 + random.below(Topic::Pace, player, stat + 4, 60_000);
        let sessions = (timestamp - EPOCH) / pace;
        let extra = random.below(Topic::Gain, player, 4 * sessions + stat, gain);
        base + sessions * gain + extra
    }

    /// A player's networth at the start of the day that contains `timestamp`.
    pub(super) fn networth(&self, player: i64, timestamp: i64) -> i64 {
        let random = self.random;
        let day = (timestamp - EPOCH) / DAY;
        let swing = 1_000_000 * (1 + random.below(Topic::Networth, player, -1, 400));
        let wave = random.below(Topic::Networth, player, day, swing) - swing / 2;
        match player {
            4 => 9_100_000_000_000_001 + 2 * day, // Odd and above 2^53: a double cannot represent it.
            7 => wave / 100 - 3_500_000 - swing / 100,
            8 => 40_000_000 - 1_000_000 * day, // Negative from the middle of February on.
            _ if self.is_idle(player) => 25 * swing,
            _ => {
                let pace = random.below(Topic::Networth, player, -2, 9_000_000) - 1_500_000;
                30 * swing + day * pace + wave
            }
        }
    }

    fn status(&self, player: i64, timestamp: i64) -> Status {
        let random = self.random;
        if self.is_idle(player) {
            return Status::okay();
        }
        let period = 5 * HOUR;
        let phase = random.below(Topic::Status, player, -1, period);
        let number = (timestamp - EPOCH + phase) / period;
        let until = EPOCH - phase + (number + 1) * period;
        let country = random.pick(Topic::Until, player, number, &COUNTRIES);
        let (state, description, details, until, color) =
            match random.below(Topic::Status, player, number, 100) {
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
}
