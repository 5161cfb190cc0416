//! Finds the newest recorded timestamp, and whether the clock agreed with Torn's at the last fetch.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::Result;
use crate::model::run::ClockDispute;
use crate::model::time::DAY;
use crate::store::{SqlContext, Store, sql};

impl Store {
    /// The newest timestamp of any history row or observation; `None` if there is none.
    pub(crate) fn newest_timestamp(&self) -> Result<Option<i64>> {
        self.connection()
            .query_row(sql!("clock/get_newest"), [], |row| row.get("newest"))
            .context("find the newest recorded timestamp")
    }

    /// See [`is_confirmed`].
    pub(crate) fn is_clock_confirmed(&self, now: i64) -> Result<bool> {
        is_confirmed(self.connection(), now)
    }

    /// The two times of the last fetch that could compare them, if they differed; `None` if they agreed, or if there was
    /// no such fetch.
    pub(crate) fn clock_dispute(&self) -> Result<Option<ClockDispute>> {
        dispute(self.connection())
    }
}

/// Whether a fetch of the last day found that the clock agrees with Torn's.
pub(super) fn is_confirmed(connection: &Connection, now: i64) -> Result<bool> {
    connection
        .query_row(
            sql!("clock/is_confirmed"),
            named_params! { ":from": now.saturating_sub(DAY), ":now": now },
            |row| row.get("is_confirmed"),
        )
        .context("find out whether a fetch has compared the clock with Torn's")
}

/// See [`Store::clock_dispute`].
pub(super) fn dispute(connection: &Connection) -> Result<Option<ClockDispute>> {
    connection
        .query_row(sql!("clock/get_dispute"), [], |row| {
            let ahead: Option<i64> = row.get("clock_ahead")?;
            let torn_at: Option<i64> = row.get("finished_at")?;
            Ok(ahead
                .zip(torn_at)
                .map(|(ahead, torn_at)| ClockDispute { torn_at, ahead }))
        })
        .optional()
        .map(Option::flatten)
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
