//! The keys of a run: which one asks next. Pure bookkeeping, without a clock, a socket or SQL of its own.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::api::request::Endpoint;
use crate::model::id::PlayerId;
use crate::model::key::{Access, ApiKey, KeyFacts, NamedKey};

/// A key's place in the pool.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct KeyId(usize);

/// The allowance that a call counts against.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Payer {
    /// A player, over all of their keys.
    Owner(PlayerId),
    /// A key whose owner is not known yet.
    Unknown(KeyId),
}

impl Payer {
    /// The number in the table of calls: the owner's, or one below 0.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Owner(owner) => owner.get(),
            Self::Unknown(key) => -1 - i64::try_from(key.0).unwrap_or(i64::MAX - 1),
        }
    }
}

/// The keys that may make a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Need {
    /// Any that works.
    Any,
    /// A key of this player that reads battle stats.
    OwnerOf(PlayerId),
    /// This one, whether it was checked or not.
    This(KeyId),
}

/// The answer to "which key?".
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pick {
    Key(KeyId),
    /// A key may ask, but not before this time has passed.
    Wait {
        /// How long.
        time: Duration,
        /// Whether Torn asked for it; else our own budget does.
        paused: bool,
    },
    /// No key may ask that.
    NoneForThis,
    /// No key works at all.
    NoneAtAll,
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
    /// Torn has called it incorrect, and that is being confirmed.
    suspended: bool,
    uses: u64,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    /// When Torn asked for it; `None`: our own budget does.
    asked_at: Option<Instant>,
}

/// How soon to look again whether a suspended key was taken back.
const SUSPENSION_CHECK: Duration = Duration::from_millis(20);

/// How far down the list of choices a key is: the smaller, the better.
type Rank = (Access, bool);

/// A key that may make a call.
struct Candidate {
    rank: Rank,
    uses: u64,
    id: KeyId,
    /// How long it has to wait, and whether Torn asked for it.
    wait: Option<(Duration, bool)>,
}

/// The keys of a run.
#[derive(Debug, Default)]
pub(crate) struct KeyPool {
    entries: Vec<Entry>,
    holds: HashMap<Payer, Hold>,
    address: Option<Hold>,
    /// Pauses that Torn asked for since the last success.
    pauses: HashMap<Option<Payer>, u32>,
    /// Owners who have read their daily share of a category.
    exhausted: HashSet<(Payer, Endpoint)>,
    /// Endpoints that Torn refuses to a key for every id.
    denied: HashSet<(KeyId, Endpoint)>,
    /// Endpoints that Torn refused to a key for some id: other keys are asked first.
    doubtful: HashSet<(KeyId, Endpoint)>,
}

impl KeyPool {
    /// Adds a key of which nothing is known yet.
    pub(crate) fn add(&mut self, named: NamedKey) -> KeyId {
        self.entries.push(Entry {
            name: named.name,
            key: named.key,
            facts: None,
            usable: true,
            rests_until: None,
            suspended: false,
            uses: 0,
        });
        KeyId(self.entries.len() - 1)
    }

    /// All keys.
    pub(crate) fn ids(&self) -> impl Iterator<Item = KeyId> + use<> {
        (0..self.entries.len()).map(KeyId)
    }

    /// Notes what Torn says of a key.
    pub(crate) fn set_facts(&mut self, id: KeyId, facts: KeyFacts) {
        let before = self.payer(id);
        self.entries[id.0].facts = Some(facts);
        if let Some(hold) = self.holds.remove(&before) {
            self.holds.insert(self.payer(id), hold);
        }
    }

    pub(crate) fn name(&self, id: KeyId) -> &str {
        &self.entries[id.0].name
    }

    /// The key itself.
    pub(crate) fn key(&self, id: KeyId) -> &ApiKey {
        &self.entries[id.0].key
    }

    /// The allowance that its calls count against.
    pub(crate) fn payer(&self, id: KeyId) -> Payer {
        match &self.entries[id.0].facts {
            Some(facts) => Payer::Owner(facts.owner),
            None => Payer::Unknown(id),
        }
    }

    /// The usable keys of this owner.
    pub(crate) fn usable_of(&self, payer: Payer) -> impl Iterator<Item = KeyId> {
        self.ids()
            .filter(move |id| self.entries[id.0].usable && self.payer(*id) == payer)
    }

    /// Whether this player has a key here that reads battle stats.
    pub(crate) fn has_own(&self, player: PlayerId) -> bool {
        self.ids()
            .any(|id| self.entries[id.0].fits(Need::OwnerOf(player), id))
    }

    /// Takes a key out of this run; returns false if it was out already.
    pub(crate) fn disable(&mut self, id: KeyId) -> bool {
        std::mem::replace(&mut self.entries[id.0].usable, false)
    }

    /// Whether the key can be used in this run.
    pub(crate) fn is_usable(&self, id: KeyId) -> bool {
        self.entries[id.0].usable
    }

    /// Keeps all keys of this owner from that question for the rest of the run.
    pub(crate) fn rest_from(&mut self, payer: Payer, endpoint: Endpoint) {
        self.exhausted.insert((payer, endpoint));
    }

    /// Remembers that a key may not ask that.
    pub(crate) fn deny(&mut self, id: KeyId, endpoint: Endpoint, for_every_id: bool) {
        if for_every_id {
            self.denied.insert((id, endpoint));
        } else {
            self.doubtful.insert((id, endpoint));
        }
    }

    /// Keeps this key from being used until then; other keys of its owner may be.
    pub(crate) fn rest(&mut self, id: KeyId, until: Instant) {
        self.entries[id.0].rests_until = Some(until);
    }

    /// Keeps this key from every call but those that name it, until it is taken back.
    pub(crate) fn suspend(&mut self, id: KeyId, suspended: bool) {
        self.entries[id.0].suspended = suspended;
    }

    /// How long all keys that work have to wait at least; `None` when one is free.
    pub(crate) fn shortest_wait(&self, now: Instant) -> Option<Duration> {
        let waits = self
            .ids()
            .filter(|id| self.entries[id.0].fits(Need::Any, *id))
            .map(|id| self.wait(id, Need::Any, now).map(|(time, _)| time));
        waits.min().flatten()
    }

    /// The owner's budget is used up until then. A pause that Torn asked for is not shortened by that.
    pub(crate) fn hold(&mut self, payer: Payer, until: Instant) {
        let before = self.holds.get(&payer);
        if before.is_some_and(|hold| hold.asked_at.is_some() && hold.until > until) {
            return;
        }
        let hold = Hold {
            until,
            asked_at: None,
        };
        self.holds.insert(payer, hold);
    }

    /// Torn wants this owner to pause for so long.
    pub(crate) fn pause_owner(&mut self, payer: Payer, now: Instant, time: Duration) {
        let until = now + time;
        let longer = self
            .holds
            .get(&payer)
            .map_or(until, |hold| hold.until.max(until));
        let hold = Hold {
            until: longer,
            asked_at: Some(now),
        };
        self.holds.insert(payer, hold);
    }

    /// Torn wants this address to pause for so long.
    pub(crate) fn pause_address(&mut self, now: Instant, time: Duration) {
        let until = now + time;
        self.address = Some(Hold {
            until: self.address.map_or(until, |hold| hold.until.max(until)),
            asked_at: Some(now),
        });
    }

    /// Whether Torn has asked this owner, or the address (`None`), to pause after that moment: the refusal of a call
    /// that was under way then says nothing new.
    pub(crate) fn was_paused_after(&self, payer: Option<Payer>, moment: Instant) -> bool {
        let hold = match payer {
            Some(payer) => self.holds.get(&payer),
            None => self.address.as_ref(),
        };
        hold.and_then(|hold| hold.asked_at)
            .is_some_and(|asked_at| asked_at >= moment)
    }

    /// How often Torn has asked this owner, or the address (`None`), to pause since its last success, this time
    /// included.
    pub(crate) fn count_pause(&mut self, payer: Option<Payer>) -> u32 {
        let count = self.pauses.entry(payer).or_default();
        *count += 1;
        *count
    }

    /// A call of this owner succeeded: earlier pauses are forgotten.
    pub(crate) fn succeeded(&mut self, id: KeyId) {
        let payer = self.payer(id);
        self.pauses.remove(&Some(payer));
        self.pauses.remove(&None);
    }

    /// Whether any key can be used.
    pub(crate) fn has_usable(&self) -> bool {
        self.ids().any(|id| self.entries[id.0].fits(Need::Any, id))
    }

    /// The names of the keys of which nothing is known yet, and nothing bad.
    pub(crate) fn unchecked(&self) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| entry.usable && entry.facts.is_none())
            .map(|entry| entry.name.clone())
            .collect()
    }

    /// The names of the keys that were used and are well: usable, and their owner not paused by Torn.
    pub(crate) fn well_used(&self, now: Instant) -> Vec<String> {
        self.ids()
            .filter(|id| {
                let entry = &self.entries[id.0];
                let hold = self.holds.get(&self.payer(*id));
                entry.usable
                    && entry.uses > 0
                    && entry.rests_until.is_none_or(|until| until <= now)
                    && !hold.is_some_and(|hold| hold.asked_at.is_some() && hold.until > now)
            })
            .map(|id| self.name(id).to_owned())
            .collect()
    }

    /// The key to ask with now. Of those that may ask, the one used least goes first, so that the load spreads.
    pub(crate) fn pick(
        &mut self,
        need: Need,
        endpoint: Endpoint,
        excluded: &[KeyId],
        now: Instant,
    ) -> Pick {
        let mut candidates: Vec<Candidate> = self
            .ids()
            .filter(|id| !excluded.contains(id))
            .filter_map(|id| {
                Some(Candidate {
                    rank: self.rank(id, need, endpoint)?,
                    uses: self.entries[id.0].uses,
                    id,
                    wait: self.wait(id, need, now),
                })
            })
            .collect();
        candidates.sort_unstable_by_key(|key| (key.rank, key.uses, key.id.0));
        if candidates.is_empty() {
            return match need {
                Need::Any if !self.has_usable() => Pick::NoneAtAll,
                _ => Pick::NoneForThis,
            };
        }
        for same_rank in candidates.chunk_by(|one, other| one.rank == other.rank) {
            if let Some(free) = same_rank.iter().find(|key| key.wait.is_none()) {
                self.entries[free.id.0].uses += 1;
                return Pick::Key(free.id);
            }
            // A worse key is asked only while Torn pauses the better ones: their own budget comes back soon.
            let by_budget = same_rank.iter().filter_map(|key| key.wait);
            if let Some((time, paused)) = by_budget.filter(|(_, paused)| !paused).min() {
                return Pick::Wait { time, paused };
            }
        }
        let soonest = candidates.iter().filter_map(|key| key.wait).min();
        soonest.map_or(Pick::NoneForThis, |(time, paused)| Pick::Wait {
            time,
            paused,
        })
    }

    /// `None` when the key may not ask that.
    fn rank(&self, id: KeyId, need: Need, endpoint: Endpoint) -> Option<Rank> {
        let entry = &self.entries[id.0];
        if !entry.fits(need, id) {
            return None;
        }
        let refused = |known: &HashSet<(KeyId, Endpoint)>| {
            known
                .iter()
                .any(|(key, refused)| *key == id && endpoint.includes(*refused))
        };
        let payer = self.payer(id);
        let is_exhausted = self
            .exhausted
            .iter()
            .any(|(owner, exhausted)| *owner == payer && endpoint.includes(*exhausted));
        if refused(&self.denied) || is_exhausted {
            return None;
        }
        let access = match (endpoint.category, &entry.facts) {
            (Some(category), Some(facts)) => facts.access_to(category, endpoint.selections),
            _ => Access::Listed,
        };
        (access != Access::Denied).then(|| (access, refused(&self.doubtful)))
    }

    /// How long this key has to wait, and whether Torn asked for it.
    fn wait(&self, id: KeyId, need: Need, now: Instant) -> Option<(Duration, bool)> {
        if self.entries[id.0].suspended && need != Need::This(id) {
            return Some((SUSPENSION_CHECK, false));
        }
        let in_force = |hold: Option<Hold>| hold.filter(|hold| hold.until > now);
        let owner = in_force(self.holds.get(&self.payer(id)).copied());
        let address = in_force(self.address);
        let rest = self.entries[id.0].rests_until.filter(|until| *until > now);
        let until = [owner, address]
            .into_iter()
            .flatten()
            .map(|hold| hold.until)
            .chain(rest)
            .max()?;
        let paused = address.is_some()
            || rest.is_some()
            || owner.is_some_and(|hold| hold.asked_at.is_some());
        Some((until - now, paused))
    }
}

impl Entry {
    fn fits(&self, need: Need, id: KeyId) -> bool {
        self.usable
            && match need {
                Need::This(this) => this == id,
                Need::Any => self.facts.is_some(),
                Need::OwnerOf(player) => self
                    .facts
                    .as_ref()
                    .is_some_and(|facts| facts.owner == player && facts.reads_battle_stats()),
            }
    }
}

#[cfg(test)]
mod tests;
