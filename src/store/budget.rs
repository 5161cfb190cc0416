//! The rate limiter per key owner, which all processes on a database share.
//!
//! A call counts from its permit until a little more than a minute after its answer. It reaches Torn between the two, so Torn
//! never receives more calls than the limit in any 60 seconds, however long the calls take.

use rusqlite::named_params;

use crate::error::Result;
use crate::store::{SqlContext, Store, sql};

/// The window of Torn's rate limit, in milliseconds.
const WINDOW_MS: i64 = 60_000;

/// How much longer a call counts, in milliseconds. Our times are cut to whole milliseconds, and NTP may slow a clock down or
/// speed it up by 500 ppm, which is 30 ms a minute.
const MARGIN_MS: i64 = 50;

/// The permission for one call: the id of its row in `api_requests`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Permit(i64);

/// The answer of the rate limiter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Acquire {
    Granted(Permit),
    /// The caller asks again after this number of milliseconds.
    RetryAfter(i64),
}

impl Store {
    /// Asks for a permit for one call of this owner. A call of a killed process counts for at most the window plus
    /// `longest_call_ms`.
    pub(crate) fn try_acquire(
        &mut self,
        owner: i64,
        limit: u32,
        now_ms: i64,
        longest_call_ms: i64,
    ) -> Result<Acquire> {
        let expires_at_ms = now_ms + WINDOW_MS + longest_call_ms;
        self.transaction(|transaction| {
            let acquire = || -> rusqlite::Result<Acquire> {
                transaction
                    .prepare_cached(sql!("budget/delete_expired"))?
                    .execute(named_params! {
                        ":owner_id": owner,
                        ":now_ms": now_ms,
                        ":horizon_ms": now_ms + 2 * (WINDOW_MS + longest_call_ms),
                    })?;
                let inserted = transaction
                    .prepare_cached(sql!("budget/try_acquire"))?
                    .execute(named_params! {
                        ":owner_id": owner,
                        ":now_ms": now_ms,
                        ":expires_at_ms": expires_at_ms,
                        ":request_limit": limit,
                    })?;
                if inserted == 1 {
                    return Ok(Acquire::Granted(Permit(transaction.last_insert_rowid())));
                }
                let next_expiry: Option<i64> = transaction
                    .prepare_cached(sql!("budget/next_expiry"))?
                    .query_row(
                        named_params! { ":owner_id": owner, ":now_ms": now_ms },
                        |row| row.get(0),
                    )?;
                // A running call may end at any time and then counts for one more window, so the caller asks again after
                // one window at the latest.
                let wait = next_expiry.map_or(1, |expiry| expiry - now_ms);
                Ok(Acquire::RetryAfter(wait.clamp(1, WINDOW_MS)))
            };
            acquire().context("ask the rate limiter for a permit")
        })
    }

    /// Counts the calls of the owner `before` for `owner`. A key whose owner is unknown has a preliminary owner id.
    pub(crate) fn reassign_calls(&mut self, before: i64, owner: i64) -> Result<()> {
        self.connection()
            .execute(
                sql!("budget/reassign_owner"),
                named_params! { ":owner_before": before, ":owner_id": owner },
            )
            .context("change the owner of calls in the rate limiter")?;
        Ok(())
    }

    /// Adds the calls that another database counts.
    pub(crate) fn copy_calls_from(&mut self, other: &Self) -> Result<()> {
        for (owner, expires_at_ms) in other.recorded_calls()? {
            self.connection()
                .execute(
                    sql!("budget/insert_request"),
                    named_params! { ":owner_id": owner, ":expires_at_ms": expires_at_ms },
                )
                .context("count the calls that were made")?;
        }
        Ok(())
    }

    /// The owner of each recorded call, and when the call stops counting, in unix milliseconds.
    pub(crate) fn recorded_calls(&self) -> Result<Vec<(i64, i64)>> {
        let list_calls = || -> rusqlite::Result<Vec<(i64, i64)>> {
            self.connection()
                .prepare(sql!("budget/list_requests"))?
                .query_map([], |row| {
                    Ok((row.get("owner_id")?, row.get("expires_at_ms")?))
                })?
                .collect()
        };
        list_calls().context("list the calls that were made")
    }

    /// Records the end of a call, which then counts for one more window.
    pub(crate) fn release(&mut self, permit: Permit, now_ms: i64) -> Result<()> {
        self.connection()
            .prepare_cached(sql!("budget/set_expiry"))
            .and_then(|mut statement| {
                statement.execute(
                    named_params! { ":id": permit.0, ":expires_at_ms": now_ms + WINDOW_MS + MARGIN_MS },
                )
            })
            .context("record the end of a call in the rate limiter")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_of_a_minute_has_more_calls_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("t.db")).unwrap();
        let mut arrived: Vec<i64> = Vec::new();
        let mut now = 1_000_000;

        // Half of the calls reach Torn at their start and half at their end, which is the worst case.
        for number in 0..400_i64 {
            let length = (number * 37) % 900;
            match store.try_acquire(7, 20, now, 30_000).unwrap() {
                Acquire::Granted(permit) => {
                    arrived.push(if number % 2 == 0 { now } else { now + length });
                    now += length;
                    store.release(permit, now).unwrap();
                }
                Acquire::RetryAfter(milliseconds) => now += milliseconds,
            }
        }

        assert!(arrived.len() > 300);
        arrived.sort_unstable();
        for (first, later) in arrived.iter().zip(arrived.iter().skip(20)) {
            assert!(
                later - first >= WINDOW_MS,
                "21 calls within {} ms",
                later - first
            );
        }
    }

    #[test]
    fn a_call_counts_for_more_than_a_minute_after_its_answer() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("t.db")).unwrap();
        let Acquire::Granted(permit) = store.try_acquire(1, 1, 0, 30_000).unwrap() else {
            panic!("the first call is refused");
        };
        // The answer came at 100.9 ms.
        store.release(permit, 100).unwrap();

        assert_eq!(
            store.try_acquire(1, 1, WINDOW_MS + 100, 30_000).unwrap(),
            Acquire::RetryAfter(MARGIN_MS)
        );
        assert!(matches!(
            store
                .try_acquire(1, 1, WINDOW_MS + 100 + MARGIN_MS, 30_000)
                .unwrap(),
            Acquire::Granted(_)
        ));
    }

    #[test]
    fn owners_have_separate_limits_and_an_unfinished_call_expires() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("t.db")).unwrap();

        assert!(matches!(
            store.try_acquire(1, 1, 0, 30_000).unwrap(),
            Acquire::Granted(_)
        ));
        assert_eq!(
            store.try_acquire(1, 1, 10, 30_000).unwrap(),
            Acquire::RetryAfter(60_000)
        );
        assert!(matches!(
            store.try_acquire(2, 1, 10, 30_000).unwrap(),
            Acquire::Granted(_)
        ));
        assert!(matches!(
            store.try_acquire(1, 1, 90_000, 30_000).unwrap(),
            Acquire::Granted(_)
        ));
    }

    #[test]
    fn calls_that_a_fast_clock_recorded_do_not_block_the_rate_limiter() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("t.db")).unwrap();

        assert!(matches!(
            store.try_acquire(1, 1, 1_000_000_000, 30_000).unwrap(),
            Acquire::Granted(_)
        ));
        assert!(matches!(
            store.try_acquire(1, 1, 1_000, 30_000).unwrap(),
            Acquire::Granted(_)
        ));
    }
}
