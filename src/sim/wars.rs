//! Wars: the ranked ones that are matched every Tuesday, and what a territory war looks like.

use crate::sim::chance::Topic;
use crate::sim::world::{DAY, EPOCH, HOUR, World};

/// Ranked and territory wars both count from here, so that their ids collide as Torn's do.
pub(in crate::sim) const FIRST_WAR: i64 = 40_000;
/// The first Tuesday, 12:05 UTC.
const FIRST_MATCH: i64 = EPOCH + 5 * DAY + 12 * HOUR + 300;
const WEEK: i64 = 7 * DAY;
/// An ended ranked war stays in a faction's `wars` this long.
const LINGER: i64 = HOUR;
/// A report is there this long after the end.
pub(in crate::sim) const REPORT_DELAY: i64 = 900;

/// One faction in a war.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Side {
    /// The faction's id; the world need not know it.
    pub faction_id: i64,
    /// The score.
    pub score: i64,
    /// The chain it is on.
    pub chain: i64,
}

/// One ranked war at a moment.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that a test sets by name"
)]
pub struct RankedWar {
    /// The war's id, which a territory war may share.
    pub id: i64,
    /// When it starts or started.
    pub start: i64,
    /// When it ended; `None` while it has not.
    pub end: Option<i64>,
    /// The lead that wins, which decays.
    pub target: i64,
    /// The winner's faction id.
    pub winner: Option<i64>,
    /// The two factions, without an attacking one.
    pub factions: [Side; 2],
    /// Whether the loser gave up.
    pub forfeit: bool,
    /// Whether the factions' `wars` still show it.
    pub in_wars: bool,
    /// Whether `rankedwars` and `warfareranked` list it.
    pub in_history: bool,
    /// Whether its report can be had.
    pub has_report: bool,
}

impl RankedWar {
    /// A running war that every list shows.
    pub(in crate::sim) fn new(id: i64, start: i64) -> Self {
        Self {
            id,
            start,
            end: None,
            target: 1_000,
            winner: None,
            factions: [Side::default(); 2],
            forfeit: false,
            in_wars: true,
            in_history: true,
            has_report: false,
        }
    }

    /// Whether a faction is in it.
    pub(crate) fn involves(&self, faction_id: i64) -> bool {
        self.factions
            .iter()
            .any(|side| side.faction_id == faction_id)
    }
}

/// One territory war at a moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TerritoryWar {
    /// The war's id, which a ranked war may share.
    pub id: i64,
    /// The tile fought for.
    pub tile: String,
    /// When it started.
    pub start: i64,
    /// When it ended; `None` while it has not.
    pub end: Option<i64>,
    /// The score the aggressor needs.
    pub target: i64,
    /// The faction that assaults.
    pub aggressor: Side,
    /// The faction that owns the tile.
    pub defender: Side,
    /// How it ended, in Torn's words; `None` while it has not.
    pub result: Option<String>,
    /// Whether the factions' `wars` still show it.
    pub in_wars: bool,
    /// Whether `warfareterritory` and, once ended, `territorywars` list it.
    pub in_history: bool,
    /// Whether its report can be had.
    pub has_report: bool,
}

impl TerritoryWar {
    /// A running war that every list shows.
    pub(in crate::sim) fn new(id: i64, start: i64) -> Self {
        Self {
            id,
            tile: "AAB".to_owned(),
            start,
            end: None,
            target: 100_000,
            aggressor: Side::default(),
            defender: Side::default(),
            result: None,
            in_wars: true,
            in_history: true,
            has_report: false,
        }
    }

    /// Whether a faction is in it.
    pub(crate) fn involves(&self, faction_id: i64) -> bool {
        self.aggressor.faction_id == faction_id || self.defender.faction_id == faction_id
    }

    /// The winner's faction id; 0 where the result has none.
    pub(crate) fn winner(&self) -> i64 {
        match self.result.as_deref() {
            Some("success_assault" | "end_with_destroy_defense") => self.aggressor.faction_id,
            Some("fail_assault" | "end_with_destroy_attack") => self.defender.faction_id,
            _ => 0,
        }
    }
}

/// What ranked wars have brought a faction so far.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::sim) struct Record {
    pub(in crate::sim) wins: i64,
    pub(in crate::sim) respect: i64,
}

/// A ranked war as the dice have it from beginning to end.
#[derive(Clone, Copy, Debug)]
struct Course {
    id: i64,
    matched: i64,
    start: i64,
    end: i64,
    fate: Fate,
    target: i64,
    /// Winner first.
    factions: [i64; 2],
    scores: [i64; 2],
    /// Whether the lists name the loser first.
    swapped: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Fought,
    Forfeited,
    /// Called off at `Course::end`, which lies before the start.
    Cancelled,
}

impl World {
    /// A ranked war, if it exists at that moment.
    pub(in crate::sim) fn ranked_war_at(&self, id: i64, now: i64) -> Option<RankedWar> {
        if let Some(pinned) = self.ranked_pinned.get(&id) {
            return pinned.clone();
        }
        let number = id - FIRST_WAR;
        if number < 0 || self.factions == 0 {
            return None;
        }
        let moment = self.moment(now);
        let (week, faction) = (number / self.stride(), number % self.stride());
        if faction >= self.factions {
            return None;
        }
        self.course(week, faction)
            .filter(|course| course.id == id)
            .and_then(|course| self.ranked_war_in(&course, moment))
    }

    /// The ranked wars of a faction, or of all with `None`, newest first: all that start up to `to`,
    /// or the newest of them once there are `enough`.
    pub(in crate::sim) fn list_ranked_wars(
        &self,
        faction_id: Option<i64>,
        now: i64,
        to: i64,
        enough: usize,
    ) -> Vec<RankedWar> {
        let moment = self.moment(now);
        let pinned = self.ranked_pinned.values().flatten();
        let mut wars: Vec<RankedWar> = pinned
            .filter(|war| war.start <= to && faction_id.is_none_or(|id| war.involves(id)))
            .cloned()
            .collect();
        let pinned = wars.len();
        let candidates = match faction_id.map(|id| self.faction_index(id)) {
            Some(None) => 0..0,
            Some(Some(faction)) => faction..faction + 1,
            None => 0..self.factions,
        };
        for week in (0..=week_of(moment)).rev() {
            if wars.len() - pinned >= enough {
                break;
            }
            for candidate in candidates.clone() {
                if faction_id.is_none() && self.opponent(week, candidate) < candidate {
                    continue; // Its opponent has told of this war.
                }
                let Some(course) = self.course(week, candidate) else {
                    continue;
                };
                if course.start <= to && !self.ranked_pinned.contains_key(&course.id) {
                    wars.extend(self.ranked_war_in(&course, moment));
                }
            }
        }
        wars.sort_by_key(|war| (-war.start, -war.id));
        wars
    }

    /// What a faction's ended ranked wars add up to.
    pub(in crate::sim) fn ranked_record(&self, faction: i64, moment: i64) -> Record {
        let mut record = Record::default();
        for week in 0..=week_of(moment) {
            let Some(course) = self.course(week, faction) else {
                continue;
            };
            if course.fate == Fate::Cancelled || course.end > moment {
                continue;
            }
            let stake = 800 + self.chance.roll(Topic::Reward, course.id, 0, 6_000);
            let [winner, _] = course.factions;
            if winner == faction {
                record.wins += 1;
                record.respect += stake;
            } else {
                record.respect -= stake / 2;
            }
        }
        record
    }

    /// The opponent of a faction in a week's round robin; pairs are mutual.
    fn opponent(&self, week: i64, faction: i64) -> i64 {
        let last = self.factions - 1;
        let round = week % last;
        if faction == last {
            // The one faction that the rule below would pair with itself.
            return round * (self.factions / 2) % last;
        }
        let other = (round - faction).rem_euclid(last);
        if other == faction { last } else { other }
    }

    fn number(&self, week: i64, faction: i64) -> i64 {
        FIRST_WAR + week * self.stride() + faction
    }

    /// How many ids a week of ranked wars takes: as many as territory wars do, so that the two keep colliding.
    fn stride(&self) -> i64 {
        self.factions.max(self.assaults_per_week())
    }

    /// The war that a week's matching gives a faction, if it enlisted.
    fn course(&self, week: i64, faction: i64) -> Option<Course> {
        let chance = self.chance;
        let other = self.opponent(week, faction);
        let (first, second) = (faction.min(other), faction.max(other));
        let id = self.number(week, first);
        if chance.happens(Topic::Enlist, id, 0, 20) {
            return None;
        }
        let matched = FIRST_MATCH + week * WEEK;
        let hour = chance.roll(Topic::Start, id, 0, self.ranked_start_hours);
        let start = matched - 300 + 2 * DAY + HOUR * hour;
        let target = 100 * (20 + chance.roll(Topic::Target, id, 0, 60));
        let fate = match chance.roll(Topic::Fate, id, 0, 100) {
            0..=6 => Fate::Cancelled,
            7..=16 => Fate::Forfeited,
            _ => Fate::Fought,
        };
        let minutes = match fate {
            Fate::Cancelled => -60 * (2 + chance.roll(Topic::Length, id, 0, 30)),
            Fate::Forfeited => 10 * (6 + chance.roll(Topic::Length, id, 0, 20 * 6)),
            Fate::Fought => 10 * (60 + chance.roll(Topic::Length, id, 0, 48 * 6)),
        };
        let end = start + 60 * minutes;
        let loser_score = 200 + chance.roll(Topic::Score, id, 0, 4_000);
        let lead = match fate {
            Fate::Fought => target_at(target, end - start),
            Fate::Forfeited | Fate::Cancelled => {
                target_at(target, end - start) / (2 + chance.roll(Topic::Score, id, 2, 6))
            }
        };
        let factions = if chance.happens(Topic::Fate, id, 1, 55) {
            [first, second]
        } else {
            [second, first]
        };
        Some(Course {
            id,
            matched,
            start,
            end,
            fate,
            target,
            factions,
            scores: [loser_score + lead, loser_score],
            swapped: chance.happens(Topic::Swap, id, 0, 50),
        })
    }

    /// A course as it stands at a moment; `None` before it is matched and after it is called off.
    fn ranked_war_in(&self, course: &Course, moment: i64) -> Option<RankedWar> {
        if moment < course.matched || (course.fate == Fate::Cancelled && moment >= course.end) {
            return None;
        }
        let ended = course.fate != Fate::Cancelled && moment >= course.end;
        let [winner, loser] = course.factions;
        let side = |faction: i64, score: i64| Side {
            faction_id: self.faction_id(faction),
            score: score_at(score, moment - course.start, course.end - course.start),
            chain: if ended || moment < course.start {
                0
            } else {
                self.chance.roll(Topic::Chain, faction, moment / 600, 120)
            },
        };
        let [won, lost] = course.scores;
        let mut factions = [side(winner, won), side(loser, lost)];
        if course.swapped {
            factions.reverse();
        }
        let at = if ended { course.end } else { moment };
        Some(RankedWar {
            id: course.id,
            start: course.start,
            end: ended.then_some(course.end),
            target: target_at(course.target, at - course.start),
            winner: ended.then(|| self.faction_id(winner)),
            factions,
            forfeit: ended && course.fate == Fate::Forfeited,
            in_wars: !ended || moment < course.end + LINGER,
            in_history: true,
            has_report: ended && moment >= course.end + REPORT_DELAY,
        })
    }
}

/// The newest week whose matching has happened; -1 before the first.
fn week_of(moment: i64) -> i64 {
    (moment - FIRST_MATCH).div_euclid(WEEK)
}

/// The target after so many seconds: it loses a hundredth each hour once a day has passed.
fn target_at(initial: i64, elapsed: i64) -> i64 {
    let late = (elapsed - DAY).max(0) / HOUR;
    (initial * (100 - late) / 100).max(initial / 10)
}

/// The share of a final score that is reached after so many seconds; scores move every ten minutes.
pub(in crate::sim) fn score_at(full: i64, elapsed: i64, length: i64) -> i64 {
    if elapsed >= length {
        return full;
    }
    full * (elapsed.max(0) / 600 * 600) / length.max(1)
}
