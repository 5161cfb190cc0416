//! Records of requests that later runs repeat: for wars without a known end, for war lists, and for facts of tiles.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, WarId};
use crate::model::war::{FollowUp, FollowUpGoal, WarType};
use crate::store::{SqlContext, Store, sql};

/// When the war lists of a faction were last read, in unix seconds; `None` if never.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct WarPolls {
    /// The list of current wars.
    pub(crate) listed_at: Option<i64>,
    /// The lists of past wars.
    pub(crate) history_read_at: Option<i64>,
}

/// Data that rarely changes and is read again after a fixed time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refresh {
    /// Sector, size and other facts of all tiles.
    TileFacts,
}

impl Refresh {
    fn as_str(self) -> &'static str {
        match self {
            Self::TileFacts => "tile_facts",
        }
    }
}

impl Store {
    /// The wars to look up again.
    pub(crate) fn follow_ups(&self) -> Result<Vec<FollowUp>> {
        self.connection()
            .prepare_cached(sql!("wars/list_follow_ups"))
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| {
                        Ok(FollowUp {
                            war_type: row.get("war_type")?,
                            war: row.get("war_id")?,
                            goal: row.get("wanted")?,
                            first_asked_at: row.get("first_asked_at")?,
                            last_asked_at: row.get("last_asked_at")?,
                        })
                    })?
                    .collect()
            })
            .context("list the wars to request again")
    }

    /// Records a request about a war that has to be repeated.
    pub(crate) fn record_follow_up(
        &mut self,
        war_type: WarType,
        war: WarId,
        goal: FollowUpGoal,
        at: i64,
    ) -> Result<()> {
        record_follow_up(self.connection(), war_type, war, goal, at)
            .context("record a war to request again")
    }

    /// Deletes the follow-up of a war.
    pub(crate) fn end_follow_up(&mut self, war_type: WarType, war: WarId) -> Result<()> {
        end_follow_up(self.connection(), war_type, war).context("record the answer about a war")
    }

    pub(crate) fn war_polls(&self, faction: FactionId) -> Result<WarPolls> {
        self.connection()
            .prepare_cached(sql!("wars/get_polls"))
            .and_then(|mut statement| {
                statement
                    .query_row(named_params! { ":faction_id": faction }, |row| {
                        Ok(WarPolls {
                            listed_at: row.get("listed_at")?,
                            history_read_at: row.get("history_read_at")?,
                        })
                    })
                    .optional()
            })
            .context(format!("look up the war lists of faction {faction}"))
            .map(Option::unwrap_or_default)
    }

    /// Records that the list of a faction's current wars was read. Torn therefore knows the faction.
    pub(crate) fn record_wars_listed(&mut self, faction: FactionId, at: i64) -> Result<()> {
        self.record_war_poll(sql!("wars/record_list_read"), faction, at)?;
        self.connection()
            .prepare_cached(sql!("missing/clear_missing"))
            .and_then(|mut statement| {
                statement.execute(named_params! { ":kind": "faction", ":entity_id": faction })
            })
            .context(format!("record that Torn knows faction {faction}"))?;
        Ok(())
    }

    /// Records that the lists of a faction's past wars were read.
    pub(crate) fn record_war_history_read(&mut self, faction: FactionId, at: i64) -> Result<()> {
        self.record_war_poll(sql!("wars/record_history_read"), faction, at)
    }

    fn record_war_poll(&mut self, statement: &str, faction: FactionId, at: i64) -> Result<()> {
        self.connection()
            .prepare_cached(statement)
            .and_then(|mut statement| {
                statement.execute(named_params! { ":faction_id": faction, ":at": at })
            })
            .context(format!(
                "record that the wars of faction {faction} were read"
            ))?;
        Ok(())
    }

    /// When this data was last read, in unix seconds; `None` if never.
    pub(crate) fn refreshed_at(&self, refresh: Refresh) -> Result<Option<i64>> {
        self.connection()
            .query_row(
                sql!("refreshes/get_refresh"),
                named_params! { ":name": refresh.as_str() },
                |row| row.get(0),
            )
            .optional()
            .context("look up when the facts of the tiles were read")
    }

    pub(crate) fn record_refresh(&mut self, refresh: Refresh, at: i64) -> Result<()> {
        self.connection()
            .execute(
                sql!("refreshes/record_refresh"),
                named_params! { ":name": refresh.as_str(), ":at": at },
            )
            .context("record that the facts of the tiles were read")?;
        Ok(())
    }
}

pub(super) fn record_follow_up(
    connection: &Connection,
    war_type: WarType,
    war: WarId,
    goal: FollowUpGoal,
    at: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(sql!("wars/record_follow_up"))?
        .execute(named_params! {
            ":war_type": war_type,
            ":war_id": war,
            ":wanted": goal,
            ":at": at,
        })?;
    Ok(())
}

pub(super) fn end_follow_up(
    connection: &Connection,
    war_type: WarType,
    war: WarId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(sql!("wars/delete_follow_up"))?
        .execute(named_params! { ":war_type": war_type, ":war_id": war })?;
    Ok(())
}
