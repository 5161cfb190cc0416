//! Saves factions and their rosters.

use rusqlite::{OptionalExtension, ToSql, Transaction, named_params};
use serde_json::{Value, json};

use crate::error::Result;
use crate::model::faction::{Basic, Faction, Member, Roster, Seat};
use crate::model::id::{FactionId, PlayerId};
use crate::model::run::Counts;
use crate::store::missing::clear_missing;
use crate::store::save::{Batch, Observation, record_values};
use crate::store::{SqlContext, Store, sql};

/// The number of members who joined and left.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RosterChange {
    /// Players on the roster who were not stored as members.
    pub(crate) joined: u64,
    /// Stored members who are not on the roster; 0 if the roster is incomplete.
    pub(crate) left: u64,
}

impl RosterChange {
    pub(crate) fn add(&mut self, other: Self) {
        self.joined += other.joined;
        self.left += other.left;
    }
}

impl Store {
    /// Saves factions and their rosters in one transaction.
    pub fn save_factions(
        &mut self,
        batch: &Batch,
        factions: &[Observation<Faction>],
        counts: &mut Counts,
    ) -> Result<RosterChange> {
        let mut change = RosterChange::default();
        self.save_batch(
            batch,
            factions,
            counts,
            |transaction, batch, faction| {
                let appended = save_faction(transaction, batch, faction)?;
                if let Some(roster) = &faction.value.roster {
                    change.add(save_roster(transaction, faction, roster)?);
                }
                Ok(appended)
            },
            |faction| format!("faction {}", faction.id),
        )?;
        Ok(change)
    }

    /// When Torn last answered about the faction, in unix seconds; `None` if never.
    pub(crate) fn faction_last_updated(&self, id: FactionId) -> Result<Option<i64>> {
        self.connection()
            .prepare_cached(sql!("fetch/get_faction_last_updated"))
            .and_then(|mut statement| {
                statement
                    .query_row(named_params! { ":faction_id": id }, |row| row.get(0))
                    .optional()
            })
            .context(format!("look up faction {id}"))
    }

    /// Whether the members of a faction are followed, but none of them is known.
    pub(crate) fn is_roster_unknown(&self, id: FactionId) -> Result<bool> {
        self.connection()
            .query_row(
                sql!("fetch/is_roster_unknown"),
                named_params! { ":faction_id": id },
                |row| row.get("is_unknown"),
            )
            .context(format!("look up the members of faction {id}"))
    }
}

fn save_faction(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Observation<Faction>,
) -> rusqlite::Result<usize> {
    let id = item.value.id;
    let appended = if let Some(basic) = &item.value.basic {
        save_basic(transaction, batch, item, basic)?
    } else {
        transaction
            .prepare_cached(sql!("fetch/touch_faction"))?
            .execute(named_params! { ":faction_id": id, ":at": item.at })?;
        0
    };
    transaction
        .prepare_cached(sql!("fetch/observe_faction"))?
        .execute(named_params! { ":faction_id": id, ":at": item.at })?;
    clear_missing(transaction, "faction", id.get())?;
    Ok(appended)
}

fn save_basic(
    transaction: &Transaction<'_>,
    batch: &Batch,
    item: &Observation<Faction>,
    basic: &Basic,
) -> rusqlite::Result<usize> {
    let holder = |seat: Seat| -> Option<PlayerId> {
        match seat {
            Seat::Held(player) => Some(player),
            Seat::Vacant | Seat::Unknown => None,
        }
    };
    transaction
        .prepare_cached(sql!("fetch/upsert_faction"))?
        .execute(named_params! {
            ":faction_id": item.value.id,
            ":name": basic.name,
            ":tag": basic.tag,
            ":leader_id": holder(basic.leader),
            ":leader_known": basic.leader != Seat::Unknown,
            ":co_leader_id": holder(basic.co_leader),
            ":co_leader_known": basic.co_leader != Seat::Unknown,
            ":respect": basic.respect,
            ":age": basic.age,
            ":best_chain": basic.best_chain,
            ":member_count": basic.member_count,
            ":at": item.at,
        })?;
    let values: [(&str, &dyn ToSql); 7] = [
        (":faction_id", &item.value.id),
        (":at", &item.at),
        (":respect", &basic.respect),
        (":member_count", &basic.member_count),
        (":best_chain", &basic.best_chain),
        (":data_source", &item.source),
        (":every_poll", &batch.every_poll),
    ];
    record_values(transaction, sql!("fetch/record_faction_times"), &values)?;
    record_values(transaction, sql!("fetch/append_faction"), &values)
}

fn save_roster(
    transaction: &Transaction<'_>,
    item: &Observation<Faction>,
    roster: &Roster,
) -> rusqlite::Result<RosterChange> {
    let members: Value = roster.members.iter().map(member_json).collect();
    let members = members.to_string();
    let (faction, at) = (item.value.id, item.at);
    let joined: u64 = transaction
        .prepare_cached(sql!("fetch/count_joiners"))?
        .query_row(
            named_params! { ":members": members, ":faction_id": faction },
            |row| row.get(0),
        )?;
    transaction
        .prepare_cached(sql!("fetch/upsert_roster"))?
        .execute(named_params! { ":members": members, ":faction_id": faction, ":at": at })?;
    transaction
        .prepare_cached(sql!("fetch/record_roster_times"))?
        .execute(named_params! { ":members": members, ":at": at })?;
    transaction
        .prepare_cached(sql!("fetch/record_sightings"))?
        .execute(named_params! { ":members": members, ":faction_id": faction, ":at": at })?;
    transaction
        .prepare_cached(sql!("fetch/observe_members"))?
        .execute(named_params! { ":members": members, ":at": at })?;
    let left = if roster.is_complete {
        transaction
            .prepare_cached(sql!("fetch/remove_leavers"))?
            .execute(named_params! { ":members": members, ":faction_id": faction, ":at": at })?
            as u64
    } else {
        0
    };
    Ok(RosterChange { joined, left })
}

fn member_json(member: &Member) -> Value {
    json!({
        "id": member.id.get(),
        "name": member.name,
        "level": member.level,
        "state": member.status_state,
        "description": member.status_description,
    })
}
