//! Reads rejected answers, ids that Torn does not know, and timestamps.

use rusqlite::named_params;
use serde_json::Value;

use super::{FollowedIds, Snapshot};
use crate::error::Result;
use crate::model::future::FutureBounds;
use crate::model::health::{FutureTimestamps, MissingId};
use crate::model::run::ClockDispute;
use crate::model::time::DAY;
use crate::store::{SqlContext, clock, future, sql};

impl Snapshot {
    /// The number of answers of the last day that could not be decoded, and the endpoint and error of the newest.
    pub(crate) fn rejected(&self, now: i64) -> Result<(i64, Option<String>)> {
        self.query_row(
            sql!("health/count_rejected"),
            named_params! { ":since": now - DAY, ":horizon": now + DAY },
            |row| {
                let endpoint: Option<String> = row.get("endpoint")?;
                let error: Option<String> = row.get("error")?;
                Ok((
                    row.get("answers")?,
                    endpoint
                        .zip(error)
                        .map(|(endpoint, error)| format!("{endpoint}: {error}")),
                ))
            },
        )
        .context("read the rejected answers")
    }

    /// The followed ids that Torn does not know.
    pub(crate) fn missing(&self, followed: &FollowedIds<'_>) -> Result<Vec<MissingId>> {
        let players: Value = followed.players.iter().map(|id| id.get()).collect();
        let factions: Value = followed.factions.iter().map(|id| id.get()).collect();
        self.query_all(
            sql!("health/list_missing"),
            named_params! {
                ":players": players.to_string(),
                ":factions": factions.to_string(),
                ":tiles": followed.tiles.named().to_string(),
                ":members": followed.members,
            },
            |row| {
                Ok(MissingId {
                    kind: row.get("kind")?,
                    id: row.get("entity_id")?,
                    name: row.get("name")?,
                    since: row.get("since")?,
                    last_miss: row.get("last_miss")?,
                    is_named: row.get("is_named")?,
                })
            },
        )
    }

    /// The newest timestamp of all tables.
    pub(crate) fn newest_timestamp(&self) -> Result<Option<i64>> {
        clock::newest_timestamp(self.connection())
    }

    /// See [`Store::clock_dispute`](crate::store::Store::clock_dispute).
    pub(crate) fn clock_dispute(&self) -> Result<Option<ClockDispute>> {
        Ok(
            clock::newest_comparison(self.connection())?
                .and_then(|comparison| comparison.dispute()),
        )
    }

    /// The tables with timestamps more than a day ahead.
    pub(crate) fn future_timestamps(&self, now: i64) -> Result<FutureTimestamps> {
        let Some(bounds) = FutureBounds::at(now) else {
            return Ok(FutureTimestamps::default());
        };
        let tables =
            future::count_future_rows(self.connection(), &bounds.with_a_day_of_tolerance())
                .context("look for timestamps in the future")?;
        Ok(FutureTimestamps {
            latest: tables.iter().filter_map(|share| share.newest).max(),
            tables: tables.into_iter().map(|share| share.table).collect(),
        })
    }
}
