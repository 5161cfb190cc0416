//! The generated players: their names, figures and what they are doing.

use super::{
    DAY, EPOCH, HOUR, OUTSIDER_MEMBERS, Player, RENAMED_AT, Status, World, newest_bucket, player_id,
};
use crate::sim::chance::{Topic, entry};

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
    pub(super) fn player_index(&self, id: i64) -> Option<i64> {
        let player = (id - player_id(0)) / 37;
        let everybody = self.residents + (self.factions - self.tracked) * OUTSIDER_MEMBERS;
        (player_id(player) == id && (0..everybody).contains(&player)).then_some(player)
    }

    pub(super) fn make_player(&self, player: i64, moment: i64, now: i64) -> Player {
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

    /// A player's networth at the start of the day of `moment`.
    pub(super) fn networth(&self, player: i64, moment: i64) -> i64 {
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
}
