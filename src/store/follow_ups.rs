//! Questions for later runs: wars that no list has any more, lists of past wars, and facts of tiles.

use rusqlite::{OptionalExtension, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, WarId};
use crate::model::war::{FollowUp, Wanted, WarType};
use crate::store::{SqlContext, Store, sql};

/// When the war lists of a faction were last read, unix seconds; `None`: never.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct WarPolls {
    /// The list of its present wars.
    pub(crate) listed_at: Option<i64>,
    /// The lists of its past wars.
    pub(crate) history_read_at: Option<i64>,
}

/// Data that hardly ever changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refresh {
    /// Sector, size and the like of all tiles.
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
    /// The wars that Torn was asked about without success.
    pub(crate) fn follow_ups(&self) -> Result<Vec<FollowUp>> {
        self.connection()
            .prepare_cached(sql!("wars/follow_ups"))
            .and_then(|mut wars| {
                wars.query_map([], |row| {
                    Ok(FollowUp {
                        war_type: row.get("war_type")?,
                        war: row.get("war_id")?,
                        wanted: row.get("wanted")?,
                        first_asked_at: row.get("first_asked_at")?,
                        last_asked_at: row.get("last_asked_at")?,
                    })
                })?
                .collect()
            })
            .context("list the wars to ask about")
    }

    /// Notes that Torn was asked about a war without success.
    pub(crate) fn follow_up(
        &mut self,
        war_type: WarType,
        war: WarId,
        wanted: Wanted,
        at: i64,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(sql!("wars/follow_up"))
            .and_then(|mut note| {
                note.execute(named_params! {
                    ":war_type": war_type,
                    ":war_id": war,
                    ":wanted": wanted,
                    ":at": at,
                })
            })
            .context("note a war to ask about")?;
        Ok(())
    }

    /// Notes that Torn has told what was wanted of a war.
    pub(crate) fn end_follow_up(&mut self, war_type: WarType, war: WarId) -> Result<()> {
        self.connection()
            .prepare_cached(sql!("wars/end_follow_up"))
            .and_then(|mut end| {
                end.execute(named_params! { ":war_type": war_type, ":war_id": war })
            })
            .context("note the answer about a war")?;
        Ok(())
    }

    /// When the war lists of a faction were last read.
    pub(crate) fn war_polls(&self, faction: FactionId) -> Result<WarPolls> {
        self.connection()
            .prepare_cached(sql!("wars/polls"))
            .and_then(|mut polls| {
                polls
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

    /// Notes that the list of a faction's present wars was read, and so that Torn knows the faction.
    pub(crate) fn note_wars_listed(&mut self, faction: FactionId, at: i64) -> Result<()> {
        self.note_war_poll(sql!("wars/listed"), faction, at)?;
        self.connection()
            .prepare_cached(sql!("missing/found"))
            .and_then(|mut found| {
                found.execute(named_params! { ":kind": "faction", ":entity_id": faction })
            })
            .context(format!("note that Torn knows faction {faction}"))?;
        Ok(())
    }

    /// Notes that the lists of a faction's past wars were read.
    pub(crate) fn note_war_history_read(&mut self, faction: FactionId, at: i64) -> Result<()> {
        self.note_war_poll(sql!("wars/history_read"), faction, at)
    }

    fn note_war_poll(&mut self, statement: &str, faction: FactionId, at: i64) -> Result<()> {
        self.connection()
            .prepare_cached(statement)
            .and_then(|mut note| note.execute(named_params! { ":faction_id": faction, ":at": at }))
            .context(format!("note that the wars of faction {faction} were read"))?;
        Ok(())
    }

    /// When this data was last read, unix seconds; `None`: never.
    pub(crate) fn refreshed_at(&self, refresh: Refresh) -> Result<Option<i64>> {
        self.connection()
            .query_row(
                sql!("refreshes/refreshed"),
                named_params! { ":name": refresh.as_str() },
                |row| row.get(0),
            )
            .optional()
            .context("look up when the tiles' facts were read")
    }

    /// Notes that this data was read.
    pub(crate) fn note_refreshed(&mut self, refresh: Refresh, at: i64) -> Result<()> {
        self.connection()
            .execute(
                sql!("refreshes/refresh"),
                named_params! { ":name": refresh.as_str(), ":at": at },
            )
            .context("note that the tiles' facts were read")?;
        Ok(())
    }
}
