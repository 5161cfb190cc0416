//! Which key asks next: pure bookkeeping in memory, without a clock, a socket or SQL of its own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::model::id::PlayerId;
use crate::model::key::{ApiKey, KeyFacts, NamedKey};

/// A key's place in the pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slot(usize);

/// Which keys will do for a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Any that works.
    Any,
    /// One of this player's own that reads battle stats.
    OwnerOf(PlayerId),
    /// This one, checked or not.
    This(Slot),
}

/// What the pool answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// Ask with this one.
    Key(Slot),
    /// All that would do are held up for so long.
    Wait {
        /// For how long.
        time: Duration,
        /// Whether Torn asked for it; else our own budget does.
        paused: bool,
    },
    /// None will do in this run.
    None,
}

#[derive(Debug)]
struct Entry {
    name: String,
    key: ApiKey,
    /// `None` until Torn has said whose it is.
    facts: Option<KeyFacts>,
    usable: bool,
    /// This key alone rests until then.
    rests_until: Option<Instant>,
    personalstats_used_up: bool,
    uses: u64,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    /// When Torn asked for it; `None`: our own budget does.
    asked_at: Option<Instant>,
}

/// The keys of a run.
#[derive(Debug, Default)]
pub struct Pool {
    entries: Vec<Entry>,
    holds: HashMap<i64, Hold>,
    everybody: Option<Hold>,
    pauses: HashMap<i64, u32>,
}

impl Pool {
    /// Adds a key that nothing is known of yet.
    pub fn add(&mut self, named: NamedKey) -> Slot {
        self.entries.push(Entry {
            name: named.name,
            key: named.key,
            facts: None,
            usable: true,
            rests_until: None,
            personalstats_used_up: false,
            uses: 0,
        });
        Slot(self.entries.len() - 1)
    }

    /// All places.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..self.entries.len()).map(Slot)
    }

    /// Notes what Torn says of a key.
    pub fn learn(&mut self, slot: Slot, facts: KeyFacts) {
        self.entries[slot.0].facts = Some(facts);
    }

    /// Its name.
    pub fn name(&self, slot: Slot) -> &str {
        &self.entries[slot.0].name
    }

    /// The key itself.
    pub fn key(&self, slot: Slot) -> &ApiKey {
        &self.entries[slot.0].key
    }

    /// Whom its calls count for: Torn's player, or a number below 0 of its own while that is not known.
    pub fn owner(&self, slot: Slot) -> i64 {
        match &self.entries[slot.0].facts {
            Some(facts) => facts.owner.get(),
            None => -1 - i64::try_from(slot.0).unwrap_or(i64::MAX - 1),
        }
    }

    /// The keys of this owner that are neither dead nor out for this run.
    pub fn usable_of_owner(&self, owner: i64) -> impl Iterator<Item = Slot> {
        self.slots()
            .filter(move |slot| self.entries[slot.0].usable && self.owner(*slot) == owner)
    }

    /// Whether this player has a key here that reads battle stats.
    pub fn has_own(&self, player: PlayerId) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.fits(Need::OwnerOf(player)))
    }

    /// Never again in this run; returns whether that is news.
    pub fn drop_key(&mut self, slot: Slot) -> bool {
        std::mem::replace(&mut self.entries[slot.0].usable, false)
    }

    /// Not for personalstats again in this run.
    pub fn rest_from_personalstats(&mut self, slot: Slot) {
        self.entries[slot.0].personalstats_used_up = true;
    }

    /// This key is not used until then; other keys of its owner may be.
    pub fn rest(&mut self, slot: Slot, until: Instant) {
        self.entries[slot.0].rests_until = Some(until);
    }

    /// The owner's budget is used up until then. A pause that Torn asked for is not shortened by that.
    pub fn hold_owner(&mut self, owner: i64, until: Instant) {
        let before = self.holds.get(&owner);
        if before.is_some_and(|hold| hold.asked_at.is_some() && hold.until > until) {
            return;
        }
        let hold = Hold {
            until,
            asked_at: None,
        };
        self.holds.insert(owner, hold);
    }

    /// Torn wants a rest of so long from this owner.
    pub fn pause_owner(&mut self, owner: i64, now: Instant, time: Duration) {
        let until = now + time;
        let longer = self
            .holds
            .get(&owner)
            .map_or(until, |hold| hold.until.max(until));
        let hold = Hold {
            until: longer,
            asked_at: Some(now),
        };
        self.holds.insert(owner, hold);
    }

    /// Whether Torn has asked for a rest from this owner after that moment: a call that was under way then and is
    /// refused as well says nothing new.
    pub fn was_paused_after(&self, owner: i64, moment: Instant) -> bool {
        let hold = self.holds.get(&owner).and_then(|hold| hold.asked_at);
        hold.is_some_and(|asked_at| asked_at >= moment)
    }

    /// How often Torn has said "too many requests" to this owner in this run, this time included.
    pub fn count_pause(&mut self, owner: i64) -> u32 {
        let count = self.pauses.entry(owner).or_default();
        *count += 1;
        *count
    }

    /// Torn wants a rest of so long from this address.
    pub fn pause_everybody(&mut self, now: Instant, time: Duration) {
        let until = now + time;
        let longer = self.everybody.map_or(until, |hold| hold.until.max(until));
        self.everybody = Some(Hold {
            until: longer,
            asked_at: Some(now),
        });
    }

    /// Whether Torn has asked for a rest from this address after that moment.
    pub fn was_everybody_paused_after(&self, moment: Instant) -> bool {
        let asked_at = self.everybody.and_then(|hold| hold.asked_at);
        asked_at.is_some_and(|asked_at| asked_at >= moment)
    }

    /// Whether any key can be used.
    pub fn has_usable(&self) -> bool {
        self.entries.iter().any(|entry| entry.fits(Need::Any))
    }

    /// The names of the keys that nothing is known of yet, and nothing bad.
    pub fn unchecked(&self) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| entry.usable && entry.facts.is_none())
            .map(|entry| entry.name.clone())
            .collect()
    }

    /// The names of the keys that were used and are well: usable, and their owner not paused by Torn.
    pub fn well_used(&self, now: Instant) -> Vec<String> {
        self.slots()
            .filter(|slot| {
                let entry = &self.entries[slot.0];
                let hold = self.holds.get(&self.owner(*slot));
                entry.usable
                    && entry.uses > 0
                    && entry.rests_until.is_none_or(|until| until <= now)
                    && !hold.is_some_and(|hold| hold.asked_at.is_some() && hold.until > now)
            })
            .map(|slot| self.name(slot).to_owned())
            .collect()
    }

    /// The key to ask with now: of those that will do the one used least, so that the load spreads over owners.
    pub fn pick(
        &mut self,
        need: Need,
        personalstats: bool,
        excluded: &[Slot],
        now: Instant,
    ) -> Pick {
        let mut best: Option<(u64, usize)> = None;
        let mut soonest: Option<(Duration, bool)> = None;
        for (index, entry) in self.entries.iter().enumerate() {
            let slot = Slot(index);
            let wanted = match need {
                Need::This(this) => this == slot && entry.usable,
                need => entry.fits(need),
            };
            if !wanted || excluded.contains(&slot) || (personalstats && entry.personalstats_used_up)
            {
                continue;
            }
            let owner = self.owner(slot);
            let hold = self
                .holds
                .get(&owner)
                .copied()
                .filter(|hold| hold.until > now);
            let everybody = self.everybody.filter(|hold| hold.until > now);
            let rest = entry.rests_until.filter(|until| *until > now);
            let until = [hold, everybody]
                .into_iter()
                .flatten()
                .map(|hold| hold.until)
                .chain(rest)
                .max();
            if let Some(until) = until {
                let time = until - now;
                let paused = everybody.is_some()
                    || rest.is_some()
                    || hold.is_some_and(|hold| hold.asked_at.is_some());
                if soonest.is_none_or(|(before, _)| time < before) {
                    soonest = Some((time, paused));
                }
                continue;
            }
            if best.is_none_or(|(uses, _)| entry.uses < uses) {
                best = Some((entry.uses, index));
            }
        }
        match (best, soonest) {
            (Some((_, index)), _) => {
                self.entries[index].uses += 1;
                Pick::Key(Slot(index))
            }
            (None, Some((time, paused))) => Pick::Wait { time, paused },
            (None, None) => Pick::None,
        }
    }
}

impl Entry {
    fn fits(&self, need: Need) -> bool {
        self.usable
            && self.facts.as_ref().is_some_and(|facts| match need {
                Need::OwnerOf(player) => facts.owner == player && facts.reads_battle_stats(),
                Need::Any | Need::This(_) => true,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(owners: &[i64]) -> Pool {
        let mut pool = Pool::default();
        for (index, owner) in owners.iter().enumerate() {
            let slot = pool.add(NamedKey {
                name: format!("key{index}"),
                key: ApiKey::new("AbCdEfGh12345678").unwrap(),
            });
            pool.learn(
                slot,
                KeyFacts {
                    owner: PlayerId::new(*owner).unwrap(),
                    faction: None,
                    access: "Limited Access".to_owned(),
                    access_level: 3,
                    faction_access: false,
                    selections: Vec::new(),
                },
            );
        }
        pool
    }

    #[test]
    fn the_load_spreads_over_the_keys() {
        let mut pool = pool(&[1, 2, 3]);
        let now = Instant::now();

        let picked: Vec<Pick> = (0..6)
            .map(|_| pool.pick(Need::Any, false, &[], now))
            .collect();

        for index in 0..3 {
            let times = picked
                .iter()
                .filter(|pick| **pick == Pick::Key(Slot(index)))
                .count();
            assert_eq!(times, 2, "key {index}");
        }
    }

    #[test]
    fn a_pause_holds_all_keys_of_that_owner_and_no_other() {
        let mut pool = pool(&[1, 1, 2]);
        let now = Instant::now();
        let later = now + Duration::from_secs(15);

        pool.pause_owner(1, now, later - now);
        assert_eq!(pool.pick(Need::Any, false, &[], now), Pick::Key(Slot(2)));
        let player = PlayerId::new(1).unwrap();
        let wait = Pick::Wait {
            time: Duration::from_secs(15),
            paused: true,
        };
        assert_eq!(pool.pick(Need::OwnerOf(player), false, &[], now), wait);
        assert!(matches!(
            pool.pick(Need::OwnerOf(player), false, &[], later),
            Pick::Key(_)
        ));
    }

    #[test]
    fn what_is_dropped_excluded_or_used_up_is_not_picked() {
        let mut pool = pool(&[1, 2]);
        let now = Instant::now();

        pool.rest_from_personalstats(Slot(0));
        assert_eq!(pool.pick(Need::Any, true, &[], now), Pick::Key(Slot(1)));
        assert_eq!(pool.pick(Need::Any, true, &[Slot(1)], now), Pick::None);
        pool.drop_key(Slot(1));
        assert_eq!(pool.pick(Need::Any, true, &[], now), Pick::None);
        assert_eq!(pool.pick(Need::Any, false, &[], now), Pick::Key(Slot(0)));
    }

    #[test]
    fn a_budget_that_runs_out_does_not_cut_a_pause_short() {
        let mut pool = pool(&[1]);
        let now = Instant::now();

        pool.pause_owner(1, now, Duration::from_secs(15));
        pool.hold_owner(1, now + Duration::from_millis(10));

        let wait = Pick::Wait {
            time: Duration::from_secs(15),
            paused: true,
        };
        assert_eq!(pool.pick(Need::Any, false, &[], now), wait);
        assert!(pool.was_paused_after(1, now) && !pool.was_paused_after(2, now));
    }

    #[test]
    fn a_key_that_rests_holds_up_no_other_of_its_owner() {
        let mut pool = pool(&[1, 1]);
        let now = Instant::now();

        pool.rest(Slot(0), now + Duration::from_secs(90));

        assert_eq!(pool.pick(Need::Any, false, &[], now), Pick::Key(Slot(1)));
        assert!(matches!(
            pool.pick(Need::This(Slot(0)), false, &[], now),
            Pick::Wait { paused: true, .. }
        ));
    }
}
