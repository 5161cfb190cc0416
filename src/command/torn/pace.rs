//! Estimates the time that calls take, from the rate limit and the calls that count for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use super::lock;

/// The window of Torn's rate limit, in milliseconds.
const WINDOW_MS: i64 = 60_000;

/// The calls of the last minute, and those that are still to be made.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Calls per minute and owner.
    limit: Option<u32>,
    threads: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each call of an owner stops counting, in unix milliseconds, oldest first.
    expiries: HashMap<i64, Vec<i64>>,
    /// The calls that each owner is expected to make.
    planned: BTreeMap<i64, u64>,
    /// The number of measured calls, and their time.
    measured: (u32, Duration),
}

impl Pace {
    /// `recorded` has the owner and the expiry of each call that counts already.
    pub(super) fn new(limit: Option<u32>, threads: usize, recorded: Vec<(i64, i64)>) -> Self {
        let mut state = State::default();
        for (owner, expires_at_ms) in recorded {
            state.expiries.entry(owner).or_default().push(expires_at_ms);
        }
        Self {
            limit,
            threads: u32::try_from(threads).unwrap_or(u32::MAX).max(1),
            state: Mutex::new(state),
        }
    }

    /// Records a call that has just ended.
    pub(super) fn record_call(&self, owner: i64, time: Duration, now_ms: i64) {
        let mut state = lock(&self.state);
        let (calls, total) = &mut state.measured;
        *calls = calls.saturating_add(1);
        *total += time;
        let expiries = state.expiries.entry(owner).or_default();
        expiries.retain(|expiry| *expiry > now_ms);
        expiries.push(now_ms + WINDOW_MS);
    }

    /// Sets the calls that each owner is expected to make from now on.
    pub(super) fn plan(&self, planned: BTreeMap<i64, u64>) {
        lock(&self.state).planned = planned;
    }

    /// The time for the next `calls` calls; `None` if neither a wait nor the time of a call is known.
    pub(super) fn estimate(&self, calls: u64, now_ms: i64) -> Option<Duration> {
        let state = lock(&self.state);
        let (measured, time) = state.measured;
        let per_call = time.checked_div(measured).map(|time| time / self.threads);
        let network =
            per_call.map(|time| time.saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX)));
        let planned: u64 = state.planned.values().sum();
        let waits = state.planned.iter().map(|(owner, share)| {
            let own = (calls * share).div_ceil(planned.max(1));
            let expiries = state.expiries.get(owner).map_or(&[][..], Vec::as_slice);
            self.wait_for_last(own, expiries, now_ms)
        });
        let wait = waits.max().filter(|wait| !wait.is_zero());
        network.max(wait.map(|wait| wait + per_call.unwrap_or_default()))
    }

    /// How long the rate limit delays the last of these calls of one owner.
    fn wait_for_last(&self, calls: u64, expiries: &[i64], now_ms: i64) -> Duration {
        let Some(limit) = self.limit.and_then(|limit| usize::try_from(limit).ok()) else {
            return Duration::ZERO;
        };
        let mut slots: Vec<i64> = expiries.iter().copied().filter(|at| *at > now_ms).collect();
        slots.sort_unstable();
        let counted = slots.len().min(limit);
        slots.drain(..slots.len() - counted);
        let free = limit - counted;
        // A call that uses a free place stops counting a minute from now.
        slots.resize(limit, now_ms + WINDOW_MS);
        let Some(last) = usize::try_from(calls)
            .ok()
            .and_then(|calls| calls.checked_sub(free + 1))
        else {
            return Duration::ZERO;
        };
        let rounds = i64::try_from(last / limit).unwrap_or(i64::MAX / WINDOW_MS);
        let wait = slots[last % limit] - now_ms + rounds.saturating_mul(WINDOW_MS);
        Duration::from_millis(wait.max(0).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn pace(limit: u32, expiries: &[i64]) -> Pace {
        let recorded = expiries.iter().map(|expiry| (7, NOW + expiry)).collect();
        let pace = Pace::new(Some(limit), 1, recorded);
        pace.plan(BTreeMap::from([(7, 100)]));
        pace
    }

    fn seconds(pace: &Pace, calls: u64) -> Option<u64> {
        pace.estimate(calls, NOW).map(|time| time.as_secs())
    }

    #[test]
    fn before_the_first_call_only_a_wait_is_known() {
        assert_eq!(seconds(&pace(60, &[]), 10), None);
        assert_eq!(seconds(&pace(1, &[7_000]), 1), Some(7));
    }

    #[test]
    fn calls_beyond_the_limit_wait_for_the_next_minutes() {
        let pace = pace(10, &[]);
        pace.record_call(8, Duration::from_millis(100), NOW);

        assert_eq!(seconds(&pace, 10), Some(1));
        assert_eq!(seconds(&pace, 11), Some(60));
        assert_eq!(seconds(&pace, 20), Some(60));
        assert_eq!(seconds(&pace, 21), Some(120));
    }

    #[test]
    fn calls_of_the_last_minute_count() {
        let pace = pace(3, &[5_000, 20_000, 40_000]);
        pace.record_call(8, Duration::from_millis(100), NOW);

        assert_eq!(seconds(&pace, 1), Some(5));
        assert_eq!(seconds(&pace, 3), Some(40));
        assert_eq!(seconds(&pace, 4), Some(65));
    }

    #[test]
    fn the_owner_with_the_longest_wait_decides() {
        let pace = pace(10, &[]);
        pace.record_call(9, Duration::from_millis(100), NOW);
        pace.plan(BTreeMap::from([(7, 15), (8, 5)]));

        assert_eq!(seconds(&pace, 20), Some(60));
        assert_eq!(seconds(&pace, 10), Some(1));
    }
}
