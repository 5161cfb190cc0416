//! Finds the newest recorded timestamp, and whether the clock agreed with Torn's at the last fetch.

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::run::ClockDispute;
use crate::model::time::DAY;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// The newest timestamp of any history row or observation; `None` if there is none.
    pub(crate) fn newest_timestamp(&self) -> Result<Option<i64>> {
        newest_timestamp(self.connection())
    }

    /// Whether the newest fetch that has compared the clock with Torn's was in the last day, and found that they agree.
    pub(crate) fn is_clock_confirmed(&self, now: i64) -> Result<bool> {
        let comparison = newest_comparison(self.connection())?;
        Ok(comparison.is_some_and(|comparison| comparison.confirms(now)))
    }

    /// The two times of the last fetch that could compare them, if they differed; `None` if they agreed, or if there was
    /// no such fetch.
    pub(crate) fn clock_dispute(&self) -> Result<Option<ClockDispute>> {
        Ok(newest_comparison(self.connection())?.and_then(|comparison| comparison.dispute()))
    }
}

/// See [`Store::newest_timestamp`].
pub(super) fn newest_timestamp(connection: &Connection) -> Result<Option<i64>> {
    connection
        .query_row(sql!("clock/get_newest"), [], |row| row.get("newest"))
        .context("find the newest recorded timestamp")
}

/// The newest fetch that has compared the clock of this machine with Torn's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    /// Torn's time at its last answer (unix seconds).
    pub(super) torn_at: i64,
    /// Seconds that the clock of this machine was ahead of Torn's; `None`: the two agreed.
    ahead: Option<i64>,
}

impl Comparison {
    /// The two times, if they differed.
    pub(super) fn dispute(&self) -> Option<ClockDispute> {
        Some(ClockDispute {
            torn_at: self.torn_at,
            ahead: self.ahead?,
        })
    }

    /// Whether the clocks agreed in the last day. A fetch after `now` shows that the clock has gone back.
    pub(super) fn confirms(&self, now: i64) -> bool {
        let last_day = now.saturating_sub(DAY)..=now;
        self.ahead.is_none() && last_day.contains(&self.torn_at)
    }
}

/// `None` if no fetch has compared the clocks.
pub(super) fn newest_comparison(connection: &Connection) -> Result<Option<Comparison>> {
    connection
        .query_row(sql!("clock/get_comparison"), [], |row| {
            Ok(Comparison {
                torn_at: row.get("torn_at")?,
                ahead: row.get("clock_ahead")?,
            })
        })
        .optional()
        .context("find out whether the clock agreed with Torn's at the last fetch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_timestamp_is_found_in_every_table() {
        let rows = [
            "INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, 500)",
            "INSERT INTO faction_history (faction_id, timestamp) VALUES (9, 500)",
            "INSERT INTO war_status_history (war_id, war_type, recorded_at) VALUES (3, 'ranked', 500)",
            "INSERT INTO territory_ownership_history (territory_id, recorded_at) VALUES ('AAB', 500)",
            "INSERT INTO player_observations VALUES (1, 0, 200, 500, 2)",
            "INSERT INTO faction_observations VALUES (9, 0, 200, 500, 2)",
            "INSERT INTO territory_observations VALUES ('AAB', 0, 200, 500, 2)",
        ];
        for row in rows {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::create(&folder.path().join("t.db")).unwrap();
            assert_eq!(store.newest_timestamp().unwrap(), None);
            store
                .connection()
                .execute_batch(&format!(
                    "INSERT INTO factions (faction_id, name) VALUES (9, 'Nine');
                     INSERT INTO players (player_id, name) VALUES (1, 'One');
                     INSERT INTO territories (territory_id) VALUES ('AAB');
                     INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, 400);
                     {row};"
                ))
                .unwrap();

            assert_eq!(store.newest_timestamp().unwrap(), Some(500), "{row}");
        }
    }
}
