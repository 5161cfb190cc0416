//! How the calls would spread over the keys.

use std::collections::BTreeSet;

use crate::api::request::Endpoint;
use crate::error::Result;
use crate::model::id::PlayerId;
use crate::model::key::{Access, KeyFacts, KeyState, NamedKey};
use crate::model::time::{DAY, is_far_future};
use crate::store::Store;

/// A key and the calls that it would make.
pub(super) struct Share {
    pub(super) name: String,
    pub(super) calls: u64,
    facts: Option<KeyFacts>,
}

impl Share {
    /// The key's owner, where that is known.
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

/// The keys that a run would use, and how many of them it would check first.
pub(super) fn usable(store: &Store, keys: &[NamedKey], now: i64) -> Result<(Vec<Share>, u64)> {
    let mut shares = Vec::new();
    let mut checks = 0;
    for key in keys {
        let known = store.known_key(&key.name, &key.key)?;
        let rests = known.as_ref().is_some_and(|known| match known.state {
            KeyState::Ok => false,
            KeyState::Dead => true,
            KeyState::Paused(until) => until > now && !is_far_future(until, now),
        });
        if rests {
            continue;
        }
        let is_fresh = known.as_ref().is_some_and(|known| {
            known.facts.is_some() && (known.checked_at..known.checked_at + DAY).contains(&now)
        });
        checks += u64::from(!is_fresh);
        shares.push(Share {
            name: key.name.clone(),
            calls: u64::from(!is_fresh),
            facts: known.and_then(|known| known.facts),
        });
    }
    Ok((shares, checks))
}

/// Gives each call to the key with the fewest, among those that may make it.
pub(super) fn spread(shares: &mut [Share], endpoint: Endpoint, calls: u64) {
    let best = shares.iter().map(|share| share.access_to(endpoint)).min();
    let Some(best) = best.filter(|best| *best != Access::Denied) else {
        return;
    };
    for _ in 0..calls {
        let least = shares
            .iter_mut()
            .filter(|share| share.access_to(endpoint) == best)
            .min_by_key(|share| share.calls);
        if let Some(least) = least {
            least.calls += 1;
        }
    }
}

/// Gives the calls about owners of keys that read their battle stats to these keys.
pub(super) fn move_own(shares: &mut [Share], targets: &BTreeSet<PlayerId>) {
    for target in targets {
        let own = shares.iter().position(|share| {
            let facts = share.facts.as_ref();
            facts.is_some_and(|facts| facts.owner == *target && facts.reads_battle_stats())
        });
        let busiest = (0..shares.len()).max_by_key(|index| shares[*index].calls);
        if let (Some(own), Some(busiest)) = (own, busiest)
            && own != busiest
            && shares[busiest].calls > 0
        {
            shares[busiest].calls -= 1;
            shares[own].calls += 1;
        }
    }
}

/// Torn counts per owner: the calls of all keys of this one's.
pub(super) fn of_owner(shares: &[Share], of: &Share) -> u64 {
    match of.owner() {
        None => of.calls,
        owner => shares
            .iter()
            .filter(|share| share.owner() == owner)
            .map(|share| share.calls)
            .sum(),
    }
}

/// The minutes that the busiest owner would wait for the budget.
pub(super) fn minutes(shares: &[Share], limit: Option<u32>) -> u64 {
    let Some(limit) = limit.map(u64::from) else {
        return 0;
    };
    shares
        .iter()
        .map(|share| of_owner(shares, share).div_ceil(limit).saturating_sub(1))
        .max()
        .unwrap_or(0)
}
