//! The number of planned calls per key.

use std::collections::BTreeSet;

use crate::api::request::Endpoint;
use crate::error::Result;
use crate::model::id::PlayerId;
use crate::model::key::{Access, KeyFacts, KeyState, NamedKey};
use crate::model::time::{DAY, is_far_future};
use crate::store::Store;

/// A key and the number of calls that it would make.
#[derive(Clone)]
pub(super) struct KeyLoad {
    pub(super) name: String,
    pub(super) calls: u64,
    facts: Option<KeyFacts>,
}

impl KeyLoad {
    /// The player id of the owner; `None` if the key was never checked.
    pub(super) fn owner(&self) -> Option<i64> {
        self.facts.as_ref().map(|facts| facts.owner.get())
    }

    fn access_to(&self, endpoint: Endpoint) -> Access {
        match (&self.facts, endpoint.category) {
            (Some(facts), Some(category)) => facts.access_to(category, endpoint.selections),
            _ => Access::Listed,
        }
    }
}

/// The keys that a fetch would use, and how many of them it would check first.
pub(super) fn usable_keys(
    store: &Store,
    keys: &[NamedKey],
    now: i64,
) -> Result<(Vec<KeyLoad>, u64)> {
    let mut loads = Vec::new();
    let mut checks = 0;
    for key in keys {
        let known = store.known_key(&key.name, &key.key)?;
        let is_disabled = known.as_ref().is_some_and(|known| match known.state {
            KeyState::Ok => false,
            KeyState::Dead => true,
            KeyState::Paused(until) => until > now && !is_far_future(until, now),
        });
        if is_disabled {
            continue;
        }
        let is_fresh = known.as_ref().is_some_and(|known| {
            known.facts.is_some() && (known.checked_at..known.checked_at + DAY).contains(&now)
        });
        checks += u64::from(!is_fresh);
        loads.push(KeyLoad {
            name: key.name.clone(),
            calls: u64::from(!is_fresh),
            facts: known.and_then(|known| known.facts),
        });
    }
    Ok((loads, checks))
}

/// Assigns each call to the key with the fewest calls among the keys with the best access.
pub(super) fn distribute(loads: &mut [KeyLoad], endpoint: Endpoint, calls: u64) {
    let best = loads.iter().map(|load| load.access_to(endpoint)).min();
    let Some(best) = best.filter(|best| *best != Access::Denied) else {
        return;
    };
    for _ in 0..calls {
        let least = loads
            .iter_mut()
            .filter(|load| load.access_to(endpoint) == best)
            .min_by_key(|load| load.calls);
        if let Some(least) = least {
            least.calls += 1;
        }
    }
}

/// Moves the call about a player to the player's own key, if that key reads battle stats.
pub(super) fn move_to_owners(loads: &mut [KeyLoad], targets: &BTreeSet<PlayerId>) {
    for target in targets {
        let own = loads.iter().position(|load| {
            let facts = load.facts.as_ref();
            facts.is_some_and(|facts| facts.owner == *target && facts.reads_battle_stats())
        });
        let busiest = (0..loads.len()).max_by_key(|index| loads[*index].calls);
        if let (Some(own), Some(busiest)) = (own, busiest)
            && own != busiest
            && loads[busiest].calls > 0
        {
            loads[busiest].calls -= 1;
            loads[own].calls += 1;
        }
    }
}

/// The calls of all keys with the same owner, because Torn limits the calls per owner.
pub(super) fn of_owner(loads: &[KeyLoad], key: &KeyLoad) -> u64 {
    match key.owner() {
        None => key.calls,
        owner => loads
            .iter()
            .filter(|load| load.owner() == owner)
            .map(|load| load.calls)
            .sum(),
    }
}

/// The minutes that the rate limit adds for the owner with the most calls.
pub(super) fn minutes(loads: &[KeyLoad], limit: Option<u32>) -> u64 {
    let Some(limit) = limit.map(u64::from) else {
        return 0;
    };
    loads
        .iter()
        .map(|load| of_owner(loads, load).div_ceil(limit).saturating_sub(1))
        .max()
        .unwrap_or(0)
}
