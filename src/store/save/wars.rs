//! Saves wars, and looks up stored ones.

use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::Result;
use crate::model::id::{FactionId, WarId};
use crate::model::run::Counts;
use crate::model::war::{FollowUpGoal, Side, War, WarType};
use crate::store::follow_ups::{end_follow_up, record_follow_up};
use crate::store::save::{Batch, Observation, ensure_faction};
use crate::store::{SqlContext, Store, sql};

/// A war that was looked up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LookedUpWar {
    pub(crate) war: War,
    /// The reason to look it up again; `None` if there is none.
    pub(crate) goal: Option<FollowUpGoal>,
    /// The time of the lookup, unix seconds.
    pub(crate) at: i64,
}

impl Store {
    /// Saves observations of wars in one transaction.
    pub fn save_wars(
        &mut self,
        batch: &Batch,
        wars: &[Observation<War>],
        counts: &mut Counts,
    ) -> Result<()> {
        self.save_batch(batch, wars, counts, save_war, war_name)
    }

    /// Saves wars that were looked up. The transaction that saves a war also records or ends its follow-up, so that a war
    /// that could not be saved is looked up again.
    pub(crate) fn save_looked_up_wars(
        &mut self,
        batch: &Batch,
        wars: &[Observation<LookedUpWar>],
        counts: &mut Counts,
    ) -> Result<()> {
        self.save_batch(batch, wars, counts, save_looked_up, |looked_up| {
            war_name(&looked_up.war)
        })
    }

    /// The newest observation of each war that has not ended.
    pub(crate) fn unfinished_wars(&self) -> Result<Vec<War>> {
        self.connection()
            .prepare_cached(sql!("wars/list_unfinished"))
            .and_then(|mut statement| statement.query_map([], war_from_row)?.collect())
            .context("list the wars that have not ended")
    }

    /// The newest observation of a war that is not later than `at`.
    pub(crate) fn newest_war(&self, war_type: WarType, id: WarId, at: i64) -> Result<Option<War>> {
        newest(self.connection(), war_type, id, at)
            .context(format!("look up {} war {id}", war_type.as_str()))
    }
}

fn war_name(war: &War) -> String {
    format!("{} war {}", war.war_type.as_str(), war.id)
}

fn newest(
    connection: &rusqlite::Connection,
    war_type: WarType,
    id: WarId,
    at: i64,
) -> rusqlite::Result<Option<War>> {
    connection
        .prepare_cached(sql!("wars/get_newest_row"))?
        .query_row(
            named_params! { ":war_type": war_type, ":war_id": id, ":at": at },
            war_from_row,
        )
        .optional()
}

/// Merges the observation with the previous one and adds a history row if anything has changed.
///
/// The merge follows [`War::merged_with`]. It is done here and not by the caller, because the previous observation
/// must be read in the transaction that writes the new one. Otherwise another write could come in between, such as an
/// earlier item of the same batch.
fn save_war(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Observation<War>,
) -> rusqlite::Result<usize> {
    let previous = newest(transaction, item.value.war_type, item.value.id, item.at)?;
    let war = match &previous {
        Some(previous) => item.value.clone().merged_with(previous),
        None => item.value.clone(),
    };
    for side in [&war.attacking, &war.defending].into_iter().flatten() {
        ensure_faction(transaction, side.faction, side.name.as_deref(), item.at)?;
    }
    if let Some(winner) = war.winner {
        ensure_faction(transaction, winner, None, item.at)?;
    }
    if let Some(tile) = war.territory {
        transaction
            .prepare_cached(sql!("wars/ensure_territory"))?
            .execute(named_params! { ":territory_id": tile, ":at": item.at })?;
    }
    if !batch.every_poll && previous.is_some_and(|previous| previous.same_facts(&war)) {
        return Ok(0);
    }
    transaction
        .prepare_cached(sql!("wars/append_war"))?
        .execute(named_params! {
            ":war_id": war.id,
            ":war_type": war.war_type,
            ":territory_id": war.territory,
            ":attacking_faction_id": war.attacking.as_ref().map(|side| side.faction),
            ":defending_faction_id": war.defending.as_ref().map(|side| side.faction),
            ":attacking_score": war.attacking.as_ref().and_then(|side| side.score),
            ":defending_score": war.defending.as_ref().and_then(|side| side.score),
            ":required_score": war.required_score,
            ":status": war.status,
            ":end_reason": war.end_reason,
            ":winner_faction_id": war.winner,
            ":started_at": war.started_at,
            ":ends_at": war.ends_at,
            ":at": item.at,
            ":data_source": item.source,
        })
}

fn save_looked_up(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Observation<LookedUpWar>,
) -> rusqlite::Result<usize> {
    let LookedUpWar { war, goal, at } = &item.value;
    match goal {
        Some(goal) => record_follow_up(transaction, war.war_type, war.id, *goal, *at)?,
        None => end_follow_up(transaction, war.war_type, war.id)?,
    }
    let war = Observation {
        value: war.clone(),
        source: item.source.clone(),
        at: item.at,
    };
    save_war(transaction, batch, &war)
}

fn war_from_row(row: &Row<'_>) -> rusqlite::Result<War> {
    let side = |faction: &str, score: &str| -> rusqlite::Result<Option<Side>> {
        let faction: Option<FactionId> = row.get(faction)?;
        let score: Option<i64> = row.get(score)?;
        Ok(faction.map(|faction| Side {
            faction,
            name: None,
            score,
        }))
    };
    Ok(War {
        id: row.get("war_id")?,
        war_type: row.get("war_type")?,
        territory: row.get("territory_id")?,
        attacking: side("attacking_faction_id", "attacking_score")?,
        defending: side("defending_faction_id", "defending_score")?,
        required_score: row.get("required_score")?,
        status: row.get("status")?,
        end_reason: row.get("end_reason")?,
        winner: row.get("winner_faction_id")?,
        started_at: row.get("started_at")?,
        ends_at: row.get("ends_at")?,
        has_unknown_end: false,
    })
}
