//! The API keys of a run, and the choice of the key for a call. This module makes no calls and does not read the clock.

mod wait;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

pub(crate) use crate::api::pool::wait::{Wait, WaitCause};
use crate::api::pool::wait::{not_ended, shortest};
use crate::api::request::Endpoint;
use crate::model::id::PlayerId;
use crate::model::key::{Access, ApiKey, KeyFacts, NamedKey};

/// The index of a key in the pool.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct KeyId(usize);

impl KeyId {
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// The owner of a rate limit. Torn counts calls per player, over all keys of that player.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum RateLimitOwner {
    Player(PlayerId),
    /// The unknown player behind a key that was not checked yet.
    UncheckedKey(KeyId),
}

/// The player or the address that makes no calls during a pause.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum PauseTarget {
    Owner(RateLimitOwner),
    /// This IP address, with all keys.
    Address,
}

/// The ids for which Torn refuses an endpoint to a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefusedIds {
    All,
    /// The id of the refused call. The key may be able to read others.
    AtLeastThis,
}

/// The keys that may make a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyRequirement {
    /// Any checked key.
    Any,
    /// A key of this player with access to battle stats.
    BattleStatsOf(PlayerId),
    /// This key, even if it was not checked yet.
    Only(KeyId),
}

/// The key for a call, or the reason why there is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum KeyChoice {
    Key(KeyId),
    /// All acceptable keys have to wait.
    Wait(Wait),
    /// No key has access to this endpoint.
    NoneForEndpoint,
    /// No key can be used in this run.
    NoneUsable,
}

#[derive(Debug)]
struct PooledKey {
    name: String,
    key: ApiKey,
    /// `None` until the key was checked.
    facts: Option<KeyFacts>,
    usable: bool,
    /// A pause that does not apply to the owner's other keys.
    pause: Option<Wait>,
    /// Torn has answered "incorrect key". A call to `/key/info` is now checking whether the key really is incorrect.
    suspended: bool,
    uses: u64,
}

/// Poll interval for a suspended key. The check of the key is one call, so it ends within tenths of a second.
const SUSPENSION_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The preference for a key. The smallest rank is chosen first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Rank {
    access: Access,
    /// Whether Torn has refused this endpoint to the key for an id.
    was_refused: bool,
}

/// A key that may make a call.
struct Candidate {
    rank: Rank,
    uses: u64,
    id: KeyId,
    /// `None` if the key can make the call now.
    wait: Option<Wait>,
}

/// The keys of a run.
#[derive(Debug, Default)]
pub(crate) struct KeyPool {
    entries: Vec<PooledKey>,
    owner_waits: HashMap<RateLimitOwner, Wait>,
    address_wait: Option<Wait>,
    /// The number of pauses since the last success.
    pauses: HashMap<PauseTarget, u32>,
    /// The endpoints for which an owner has reached the daily limit.
    daily_limit_reached: HashSet<(RateLimitOwner, Endpoint)>,
    /// The endpoints that Torn refuses to a key for every id.
    refused_for_every_id: HashSet<(KeyId, Endpoint)>,
    /// The endpoints that Torn has refused to a key for one id. Other keys are tried first.
    refused_for_some_id: HashSet<(KeyId, Endpoint)>,
}

impl KeyPool {
    /// Adds an unchecked key.
    pub(crate) fn add(&mut self, named: NamedKey) -> KeyId {
        self.entries.push(PooledKey {
            name: named.name,
            key: named.key,
            facts: None,
            usable: true,
            pause: None,
            suspended: false,
            uses: 0,
        });
        KeyId(self.entries.len() - 1)
    }

    fn entry(&self, id: KeyId) -> &PooledKey {
        &self.entries[id.0]
    }

    fn entry_mut(&mut self, id: KeyId) -> &mut PooledKey {
        &mut self.entries[id.0]
    }

    fn ids(&self) -> impl Iterator<Item = KeyId> + use<> {
        (0..self.entries.len()).map(KeyId)
    }

    /// Stores the facts about a checked key. A wait of its [`RateLimitOwner::UncheckedKey`] becomes a wait of the player,
    /// unless the player has to wait longer because of another key.
    pub(crate) fn set_facts(&mut self, id: KeyId, facts: KeyFacts) {
        let before = self.owner(id);
        self.entry_mut(id).facts = Some(facts);
        if let Some(wait) = self.owner_waits.remove(&before) {
            let of_player = self.owner_waits.entry(self.owner(id)).or_insert(wait);
            if of_player.until < wait.until {
                *of_player = wait;
            }
        }
    }

    pub(crate) fn name(&self, id: KeyId) -> &str {
        &self.entry(id).name
    }

    pub(crate) fn key(&self, id: KeyId) -> &ApiKey {
        &self.entry(id).key
    }

    /// The owner of the rate limit that the key's calls count against.
    pub(crate) fn owner(&self, id: KeyId) -> RateLimitOwner {
        match &self.entry(id).facts {
            Some(facts) => RateLimitOwner::Player(facts.owner),
            None => RateLimitOwner::UncheckedKey(id),
        }
    }

    /// The usable keys of this owner.
    pub(crate) fn usable_keys_of(&self, owner: RateLimitOwner) -> impl Iterator<Item = KeyId> {
        self.ids()
            .filter(move |id| self.entry(*id).usable && self.owner(*id) == owner)
    }

    /// Whether the pool has a key of this player with access to battle stats.
    pub(crate) fn has_battle_stats_key(&self, player: PlayerId) -> bool {
        self.ids().any(|id| {
            self.entry(id)
                .fits(KeyRequirement::BattleStatsOf(player), id)
        })
    }

    /// Disables a key for this run. Returns false if it was disabled already.
    pub(crate) fn disable(&mut self, id: KeyId) -> bool {
        std::mem::replace(&mut self.entry_mut(id).usable, false)
    }

    pub(crate) fn is_usable(&self, id: KeyId) -> bool {
        self.entry(id).usable
    }

    /// Records that this owner has reached the daily limit of an endpoint. No key of the owner calls it in this run.
    pub(crate) fn record_daily_limit(&mut self, owner: RateLimitOwner, endpoint: Endpoint) {
        self.daily_limit_reached.insert((owner, endpoint));
    }

    /// Records that Torn has refused this endpoint to a key.
    pub(crate) fn record_refusal(&mut self, id: KeyId, endpoint: Endpoint, ids: RefusedIds) {
        let refused = match ids {
            RefusedIds::All => &mut self.refused_for_every_id,
            RefusedIds::AtLeastThis => &mut self.refused_for_some_id,
        };
        refused.insert((id, endpoint));
    }

    /// Pauses one key. The other keys of its owner can be used.
    pub(crate) fn pause_key(&mut self, id: KeyId, now: Instant, time: Duration) {
        self.entry_mut(id).pause = Some(Wait::pause(None, now, time));
    }

    /// Sets whether a key is suspended. Only calls with [`KeyRequirement::Only`] use a suspended key.
    pub(crate) fn set_suspended(&mut self, id: KeyId, suspended: bool) {
        self.entry_mut(id).suspended = suspended;
    }

    /// The shortest wait of all usable keys, which is zero if a key can be used now; `None` without a usable key.
    pub(crate) fn shortest_wait(&self, now: Instant) -> Option<Duration> {
        self.ids()
            .filter(|id| self.entry(*id).fits(KeyRequirement::Any, *id))
            .map(|id| {
                self.wait(id, KeyRequirement::Any, now)
                    .map_or(Duration::ZERO, |wait| wait.remaining(now))
            })
            .min()
    }

    /// Records that our rate limiter is full for an owner until this time. Does not shorten a pause that Torn asked for.
    pub(crate) fn record_rate_limit_wait(&mut self, owner: RateLimitOwner, until: Instant) {
        let earlier = self.owner_waits.get(&owner);
        if earlier.is_some_and(|wait| wait.is_pause() && wait.until > until) {
            return;
        }
        let wait = Wait {
            until,
            cause: WaitCause::RateLimit,
        };
        self.owner_waits.insert(owner, wait);
    }

    /// Pauses an owner because Torn asked for it.
    pub(crate) fn pause_owner(&mut self, owner: RateLimitOwner, now: Instant, time: Duration) {
        let earlier = self.owner_waits.get(&owner).copied();
        self.owner_waits
            .insert(owner, Wait::pause(earlier, now, time));
    }

    /// Pauses all calls because Torn asked for it.
    pub(crate) fn pause_address(&mut self, now: Instant, time: Duration) {
        self.address_wait = Some(Wait::pause(self.address_wait, now, time));
    }

    /// Whether Torn has asked for a pause since `moment`.
    ///
    /// If so, the refusal of a call that started at `moment` belongs to the same pause.
    pub(crate) fn was_paused_after(&self, target: PauseTarget, moment: Instant) -> bool {
        let wait = match target {
            PauseTarget::Owner(owner) => self.owner_waits.get(&owner),
            PauseTarget::Address => self.address_wait.as_ref(),
        };
        wait.is_some_and(|wait| match wait.cause {
            WaitCause::Pause { asked_at } => asked_at >= moment,
            WaitCause::RateLimit | WaitCause::KeyCheck => false,
        })
    }

    /// Counts a pause. Returns the number of pauses since the last success.
    pub(crate) fn count_pause(&mut self, target: PauseTarget) -> u32 {
        let count = self.pauses.entry(target).or_default();
        *count += 1;
        *count
    }

    /// Resets the number of pauses of the key's owner and of this IP address.
    pub(crate) fn record_success(&mut self, id: KeyId) {
        let owner = self.owner(id);
        self.pauses.remove(&PauseTarget::Owner(owner));
        self.pauses.remove(&PauseTarget::Address);
    }

    pub(crate) fn has_usable_key(&self) -> bool {
        self.ids()
            .any(|id| self.entry(id).fits(KeyRequirement::Any, id))
    }

    /// The names of the usable keys that were not checked yet.
    pub(crate) fn unchecked_key_names(&self) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| entry.usable && entry.facts.is_none())
            .map(|entry| entry.name.clone())
            .collect()
    }

    /// The names of the keys that were used in this run and still work: they are usable, and Torn has not paused them.
    pub(crate) fn used_key_names(&self, now: Instant) -> Vec<String> {
        self.ids()
            .filter(|id| {
                let entry = self.entry(*id);
                let owner_wait = self.owner_waits.get(&self.owner(*id)).copied();
                entry.usable
                    && entry.uses > 0
                    && not_ended(entry.pause, now).is_none()
                    && !not_ended(owner_wait, now).is_some_and(|wait| wait.is_pause())
            })
            .map(|id| self.name(id).to_owned())
            .collect()
    }

    /// Chooses the key for a call. Of the keys with the same rank, the least used one is chosen, to spread the load.
    pub(crate) fn choose_key(
        &mut self,
        requirement: KeyRequirement,
        endpoint: Endpoint,
        excluded: &[KeyId],
        now: Instant,
    ) -> KeyChoice {
        let candidates = self.candidates(requirement, endpoint, excluded, now);
        if candidates.is_empty() && requirement == KeyRequirement::Any && !self.has_usable_key() {
            return KeyChoice::NoneUsable;
        }
        let choice = choose(&candidates);
        if let KeyChoice::Key(id) = choice {
            self.entry_mut(id).uses += 1;
        }
        choice
    }

    /// The keys that have access to this endpoint, in the order of preference.
    fn candidates(
        &self,
        requirement: KeyRequirement,
        endpoint: Endpoint,
        excluded: &[KeyId],
        now: Instant,
    ) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = self
            .ids()
            .filter(|id| !excluded.contains(id))
            .filter_map(|id| {
                Some(Candidate {
                    rank: self.rank(id, requirement, endpoint)?,
                    uses: self.entry(id).uses,
                    id,
                    wait: self.wait(id, requirement, now),
                })
            })
            .collect();
        candidates
            .sort_unstable_by_key(|candidate| (candidate.rank, candidate.uses, candidate.id.0));
        candidates
    }

    /// The rank of a key for this endpoint, or `None` if it has no access.
    fn rank(&self, id: KeyId, requirement: KeyRequirement, endpoint: Endpoint) -> Option<Rank> {
        let entry = self.entry(id);
        if !entry.fits(requirement, id) {
            return None;
        }
        let refused = |known: &HashSet<(KeyId, Endpoint)>| {
            known
                .iter()
                .any(|(key, refused)| *key == id && endpoint.includes(*refused))
        };
        let owner = self.owner(id);
        let has_reached_limit = self
            .daily_limit_reached
            .iter()
            .any(|(limited, part)| *limited == owner && endpoint.includes(*part));
        if refused(&self.refused_for_every_id) || has_reached_limit {
            return None;
        }
        let access = match (endpoint.category, &entry.facts) {
            (Some(category), Some(facts)) => facts.access_to(category, endpoint.selections),
            // An endpoint without a category can be read with each key. An unchecked key may have every access.
            _ => Access::Listed,
        };
        (access != Access::Denied).then(|| Rank {
            access,
            was_refused: refused(&self.refused_for_some_id),
        })
    }

    /// How long this key has to wait, or `None` if it can make a call now.
    ///
    /// The result ends with the longest wait of the key, its owner and the address. Its cause is a pause if any of them is
    /// a pause.
    fn wait(&self, id: KeyId, requirement: KeyRequirement, now: Instant) -> Option<Wait> {
        let entry = self.entry(id);
        if entry.suspended && requirement != KeyRequirement::Only(id) {
            return Some(Wait {
                until: now + SUSPENSION_POLL_INTERVAL,
                cause: WaitCause::KeyCheck,
            });
        }
        let owner_wait = self.owner_waits.get(&self.owner(id)).copied();
        let waits = [entry.pause, self.address_wait, owner_wait].map(|wait| not_ended(wait, now));
        let longest = waits.into_iter().flatten().max_by_key(|wait| wait.until)?;
        let pause = waits.into_iter().flatten().find(Wait::is_pause);
        Some(Wait {
            until: longest.until,
            cause: pause.unwrap_or(longest).cause,
        })
    }
}

impl PooledKey {
    fn fits(&self, requirement: KeyRequirement, id: KeyId) -> bool {
        self.usable
            && match requirement {
                KeyRequirement::Only(this) => this == id,
                KeyRequirement::Any => self.facts.is_some(),
                KeyRequirement::BattleStatsOf(player) => self
                    .facts
                    .as_ref()
                    .is_some_and(|facts| facts.owner == player && facts.reads_battle_stats()),
            }
    }
}

/// Chooses the first of these keys that can be used, or the wait for one. The keys are in the order of preference.
fn choose(candidates: &[Candidate]) -> KeyChoice {
    for same_rank in candidates.chunk_by(|one, other| one.rank == other.rank) {
        if let Some(free) = same_rank.iter().find(|candidate| candidate.wait.is_none()) {
            return KeyChoice::Key(free.id);
        }
        // Wait for a full rate limiter, which has room again within a minute. Use a key of a worse rank only if Torn has
        // paused all keys of this rank.
        let waits = same_rank.iter().filter_map(|candidate| candidate.wait);
        if let Some(wait) = shortest(waits.filter(|wait| !wait.is_pause())) {
            return KeyChoice::Wait(wait);
        }
    }
    shortest(candidates.iter().filter_map(|candidate| candidate.wait))
        .map_or(KeyChoice::NoneForEndpoint, KeyChoice::Wait)
}

#[cfg(test)]
mod tests;
