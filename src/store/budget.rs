//! The budget per key owner, shared by all processes on this database.
//!
//! A call counts from the moment it was allowed until a minute after its answer came. It reached Torn somewhere in
//! between, so that over any rolling 60 seconds Torn never sees more than the limit, however long calls take.

use rusqlite::named_params;

use crate::error::Result;
use crate::store::{SqlContext, Store, sql};

/// Torn's window, in milliseconds.
const WINDOW_MS: i64 = 60_000;

/// An allowed call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Permit(i64);

/// What the budget says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Acquire {
    /// Go ahead.
    Granted(Permit),
    /// Not for so many milliseconds.
    RetryAfter(i64),
}

impl Store {
    /// Asks for one call of this owner. `longest_call_ms` bounds how long a call of a killed process counts.
    pub(crate) fn try_acquire(
        &mut self,
        owner: i64,
        limit: u32,
        now_ms: i64,
        longest_call_ms: i64,
    ) -> Result<Acquire> {
        let expires_at_ms = now_ms + WINDOW_MS + longest_call_ms;
        self.transaction(|transaction| {
            let take = || -> rusqlite::Result<Acquire> {
                transaction
                    .prepare_cached(sql!("budget/delete_expired"))?
                    .execute(named_params! {
                        ":owner_id": owner,
                        ":now_ms": now_ms,
                        ":horizon_ms": now_ms + 2 * (WINDOW_MS + longest_call_ms),
                    })?;
                let taken = transaction
                    .prepare_cached(sql!("budget/try_acquire"))?
                    .execute(named_params! {
                        ":owner_id": owner,
                        ":now_ms": now_ms,
                        ":expires_at_ms": expires_at_ms,
                        ":request_limit": limit,
                    })?;
                if taken == 1 {
                    return Ok(Acquire::Granted(Permit(transaction.last_insert_rowid())));
                }
                let next: Option<i64> = transaction
                    .prepare_cached(sql!("budget/next_expiry"))?
                    .query_row(
                        named_params! { ":owner_id": owner, ":now_ms": now_ms },
                        |row| row.get(0),
                    )?;
                // A call that is still under way counts for a minute after its end, which may come at any moment.
                let wait = next.map_or(1, |next| next - now_ms);
                Ok(Acquire::RetryAfter(wait.clamp(1, WINDOW_MS)))
            };
            take().context("ask the budget for a call")
        })
    }

    /// Lets the calls that were allowed to a key of an unknown owner count for the owner who turned out.
    pub(crate) fn reassign_calls(&mut self, before: i64, owner: i64) -> Result<()> {
        self.connection()
            .execute(
                sql!("budget/reassign_owner"),
                named_params! { ":owner_before": before, ":owner_id": owner },
            )
            .context("note whose calls the budget counts")?;
        Ok(())
    }

    /// Counts the calls that were noted in another store as well.
    pub(crate) fn copy_calls_from(&mut self, other: &Self) -> Result<()> {
        let read = || -> rusqlite::Result<Vec<(i64, i64)>> {
            other
                .connection()
                .prepare(sql!("budget/list_requests"))?
                .query_map([], |row| {
                    Ok((row.get("owner_id")?, row.get("expires_at_ms")?))
                })?
                .collect()
        };
        let calls = read().context("list the calls that were made")?;
        for (owner, expires_at_ms) in calls {
            self.connection()
                .execute(
                    sql!("budget/insert_request"),
                    named_params! { ":owner_id": owner, ":expires_at_ms": expires_at_ms },
                )
                .context("count the calls that were made")?;
        }
        Ok(())
    }

    /// Notes that the call is over.
    pub(crate) fn release(&mut self, permit: Permit, now_ms: i64) -> Result<()> {
        self.connection()
            .prepare_cached(sql!("budget/set_expiry"))
            .and_then(|mut returned| {
                returned.execute(
                    named_params! { ":id": permit.0, ":expires_at_ms": now_ms + WINDOW_MS },
                )
            })
            .context("note the end of a call in the budget")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rolling_minute_ever_holds_more_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("t.db")).unwrap();
        let mut arrived: Vec<i64> = Vec::new();
        let mut now = 1_000_000;

        // Calls of different lengths reach Torn at their very end, the worst case, or at once.
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
    fn owners_do_not_share_and_a_killed_call_counts_no_longer_than_it_could_last() {
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
    fn a_clock_that_was_ahead_does_not_block_the_budget() {
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
