//! Generates the ranked wars, which are matched every Tuesday.

use crate::sim::world::random::Topic;
use crate::sim::world::wars::{FIRST_WAR_ID, REPORT_DELAY, RankedWar, Side, score_at};
use crate::sim::world::{DAY, EPOCH, HOUR, World};

/// The first matching: a Tuesday, 12:05 UTC.
const FIRST_MATCH: i64 = EPOCH + 5 * DAY + 12 * HOUR + 300;
const WEEK: i64 = 7 * DAY;
/// How long a faction's `wars` show an ended ranked war, in seconds.
const SHOWN_AFTER_END: i64 = HOUR;

/// The ranked wars won by a faction, and the respect from all its ranked wars.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WarRecord {
    pub(super) wins: i64,
    /// Negative when the lost wars cost more than the others brought.
    pub(super) respect: i64,
}

/// A generated ranked war from its matching to its end.
#[derive(Clone, Copy, Debug)]
struct RankedWarPlan {
    id: i64,
    matched: i64,
    start: i64,
    end: i64,
    outcome: Outcome,
    target: i64,
    /// The indexes of the factions, winner first.
    factions: [i64; 2],
    /// The final scores, winner first.
    scores: [i64; 2],
    /// Whether answers list the loser first.
    is_loser_first: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Fought,
    Forfeited,
    /// Cancelled at `RankedWarPlan::end`, which is before the start.
    Cancelled,
}

impl World {
    /// The ranked war with this id, if it exists at this time.
    pub(crate) fn ranked_war_at(&self, id: i64, now: i64) -> Option<RankedWar> {
        if let Some(pinned) = self.pinned_ranked_wars.get(&id) {
            return pinned.clone();
        }
        let number = id - FIRST_WAR_ID;
        if number < 0 || self.factions == 0 {
            return None;
        }
        let timestamp = self.effective_time(now);
        let (week, faction) = (number / self.ids_per_week(), number % self.ids_per_week());
        if faction >= self.factions {
            return None;
        }
        self.plan_ranked_war(week, faction)
            .filter(|plan| plan.id == id)
            .and_then(|plan| self.ranked_war_from(&plan, timestamp))
    }

    /// The ranked wars of a faction, or of all factions with `None`, that start at `to` or earlier, newest first.
    ///
    /// Reads the weeks from the newest to the oldest until the list has at least `wanted` generated wars.
    pub(crate) fn list_ranked_wars(
        &self,
        faction_id: Option<i64>,
        now: i64,
        to: i64,
        wanted: usize,
    ) -> Vec<RankedWar> {
        let timestamp = self.effective_time(now);
        let pinned = self.pinned_ranked_wars.values().flatten();
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
        for week in (0..=week_of(timestamp)).rev() {
            if wars.len() - pinned >= wanted {
                break;
            }
            for candidate in candidates.clone() {
                if faction_id.is_none() && self.opponent(week, candidate) < candidate {
                    continue; // The opponent is a candidate too and adds this war.
                }
                let Some(plan) = self.plan_ranked_war(week, candidate) else {
                    continue;
                };
                if plan.start <= to && !self.pinned_ranked_wars.contains_key(&plan.id) {
                    wars.extend(self.ranked_war_from(&plan, timestamp));
                }
            }
        }
        wars.sort_by_key(|war| (-war.start, -war.id));
        wars
    }

    /// The sums over the ended ranked wars of a faction.
    pub(super) fn ranked_record(&self, faction: i64, timestamp: i64) -> WarRecord {
        let mut record = WarRecord::default();
        for week in 0..=week_of(timestamp) {
            let Some(plan) = self.plan_ranked_war(week, faction) else {
                continue;
            };
            if plan.outcome == Outcome::Cancelled || plan.end > timestamp {
                continue;
            }
            let reward = 800 + self.random.below(Topic::Reward, plan.id, 0, 6_000);
            let [winner, _] = plan.factions;
            if winner == faction {
                record.wins += 1;
                record.respect += reward;
            } else {
                record.respect -= reward / 2;
            }
        }
        record
    }

    /// The opponent of a faction in the round robin of a week. The opponent of the opponent is the faction itself.
    fn opponent(&self, week: i64, faction: i64) -> i64 {
        let last = self.factions - 1;
        let round = week % last;
        if faction == last {
            // The faction that the rule below would pair with itself.
            return round * (self.factions / 2) % last;
        }
        let other = (round - faction).rem_euclid(last);
        if other == faction { last } else { other }
    }

    fn ranked_war_id(&self, week: i64, faction: i64) -> i64 {
        FIRST_WAR_ID + week * self.ids_per_week() + faction
    }

    /// How many ids a week has. It is at least the number for territory wars, so that ids of both kinds go on colliding.
    fn ids_per_week(&self) -> i64 {
        self.factions.max(self.territory_war_ids_per_week())
    }

    /// The war of a faction from the matching of a week; `None` when the pair did not enlist.
    fn plan_ranked_war(&self, week: i64, faction: i64) -> Option<RankedWarPlan> {
        let random = self.random;
        let other = self.opponent(week, faction);
        let (first, second) = (faction.min(other), faction.max(other));
        let id = self.ranked_war_id(week, first);
        if random.happens(Topic::Enlist, id, 0, 20) {
            return None;
        }
        let matched = FIRST_MATCH + week * WEEK;
        let hour = random.below(Topic::Start, id, 0, self.ranked_start_hours);
        let start = matched - 300 + 2 * DAY + HOUR * hour;
        let target = 100 * (20 + random.below(Topic::Target, id, 0, 60));
        let outcome = match random.below(Topic::Outcome, id, 0, 100) {
            0..=6 => Outcome::Cancelled,
            7..=16 => Outcome::Forfeited,
            _ => Outcome::Fought,
        };
        let minutes = match outcome {
            Outcome::Cancelled => -60 * (2 + random.below(Topic::Length, id, 0, 30)),
            Outcome::Forfeited => 10 * (6 + random.below(Topic::Length, id, 0, 20 * 6)),
            Outcome::Fought => 10 * (60 + random.below(Topic::Length, id, 0, 48 * 6)),
        };
        let end = start + 60 * minutes;
        let loser_score = 200 + random.below(Topic::Score, id, 0, 4_000);
        let lead = match outcome {
            Outcome::Fought => target_at(target, end - start),
            Outcome::Forfeited | Outcome::Cancelled => {
                target_at(target, end - start) / (2 + random.below(Topic::Score, id, 2, 6))
            }
        };
        let factions = if random.happens(Topic::Outcome, id, 1, 55) {
            [first, second]
        } else {
            [second, first]
        };
        Some(RankedWarPlan {
            id,
            matched,
            start,
            end,
            outcome,
            target,
            factions,
            scores: [loser_score + lead, loser_score],
            is_loser_first: random.happens(Topic::Swap, id, 0, 50),
        })
    }

    /// The ranked war at this time; `None` before its matching and after its cancellation.
    fn ranked_war_from(&self, plan: &RankedWarPlan, timestamp: i64) -> Option<RankedWar> {
        if timestamp < plan.matched || (plan.outcome == Outcome::Cancelled && timestamp >= plan.end)
        {
            return None;
        }
        let has_ended = plan.outcome != Outcome::Cancelled && timestamp >= plan.end;
        let [winner, loser] = plan.factions;
        let side = |faction: i64, score: i64| Side {
            faction_id: self.faction_id(faction),
            score: score_at(score, timestamp - plan.start, plan.end - plan.start),
            chain: if has_ended || timestamp < plan.start {
                0
            } else {
                self.random
                    .below(Topic::Chain, faction, timestamp / 600, 120)
            },
        };
        let [won, lost] = plan.scores;
        let mut factions = [side(winner, won), side(loser, lost)];
        if plan.is_loser_first {
            factions.reverse();
        }
        let at = if has_ended { plan.end } else { timestamp };
        Some(RankedWar {
            id: plan.id,
            start: plan.start,
            end: has_ended.then_some(plan.end),
            target: target_at(plan.target, at - plan.start),
            winner: has_ended.then(|| self.faction_id(winner)),
            factions,
            forfeit: has_ended && plan.outcome == Outcome::Forfeited,
            in_wars: !has_ended || timestamp < plan.end + SHOWN_AFTER_END,
            in_history: true,
            has_report: has_ended && timestamp >= plan.end + REPORT_DELAY,
        })
    }
}

/// The index of the week of the last matching; -1 before the first.
fn week_of(timestamp: i64) -> i64 {
    (timestamp - FIRST_MATCH).div_euclid(WEEK)
}

/// The target after `elapsed` seconds. After the first day it loses 1 % of the initial target per hour, down to 10 %.
fn target_at(initial: i64, elapsed: i64) -> i64 {
    let hours = (elapsed - DAY).max(0) / HOUR;
    (initial * (100 - hours) / 100).max(initial / 10)
}
