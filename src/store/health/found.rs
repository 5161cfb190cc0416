//! Findings of `health` in the data: answers that did not fit, ids that Torn does not know, times of the future.

use rusqlite::named_params;
use serde_json::Value;

use super::View;
use crate::error::Result;
use crate::model::future::FutureBounds;
use crate::model::health::{FarFuture, MissingId};
use crate::model::id::{FactionId, PlayerId};
use crate::model::time::DAY;
use crate::store::{SqlContext, future, sql};

impl View {
    /// Answers of the last day that did not fit, and the newest of them in words.
    pub(crate) fn rejected(&self, now: i64) -> Result<(i64, Option<String>)> {
        self.one(
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

    /// The ids that Torn does not know, among these and, if `members`, the members of these factions.
    pub(crate) fn missing<'a>(
        &self,
        players: impl IntoIterator<Item = &'a PlayerId>,
        factions: impl IntoIterator<Item = &'a FactionId>,
        members: bool,
    ) -> Result<Vec<MissingId>> {
        let players: Value = players.into_iter().map(|id| id.get()).collect();
        let factions: Value = factions.into_iter().map(|id| id.get()).collect();
        self.all(
            sql!("health/list_missing"),
            named_params! {
                ":players": players.to_string(),
                ":factions": factions.to_string(),
                ":members": members,
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

    /// The newest moment at which anything was recorded.
    pub(crate) fn newest_timestamp(&self) -> Result<Option<i64>> {
        self.one(sql!("clock/get_newest"), [], |row| row.get("newest"))
            .context("look up the newest recorded moment")
    }

    /// The tables with times more than a day ahead.
    pub(crate) fn far_future(&self, now: i64) -> Result<FarFuture> {
        let Some(bounds) = FutureBounds::at(now) else {
            return Ok(FarFuture::default());
        };
        let tables =
            future::count_future_rows(self.connection(), &bounds.with_a_day_of_tolerance())
                .context("look for times of the future")?;
        Ok(FarFuture {
            latest: tables.iter().filter_map(|share| share.newest).max(),
            tables: tables.into_iter().map(|share| share.table).collect(),
        })
    }
}
