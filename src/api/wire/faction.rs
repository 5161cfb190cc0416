//! Decodes the selections `basic` and `members` of `/faction/{id}`, each on its own.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::scalar::{Count, Integer, NonEmptyText, Positive, Text};
use crate::api::wire::user::status;
use crate::api::wire::{
    DecodeError, Partitioned, check_id, decode_field, decode_list, decode_object,
};
use crate::model::faction::{Basic, Member, Seat};
use crate::model::id::{FactionId, PlayerId};

#[derive(Deserialize)]
struct WireBasic {
    id: Positive,
    /// Empty if the faction was destroyed.
    name: Text,
    tag: Option<Text>,
    /// 0 or null if the seat is vacant.
    leader_id: Option<Count>,
    co_leader_id: Option<Count>,
    respect: Option<Count>,
    days_old: Option<Count>,
    best_chain: Option<Count>,
    members: Option<Count>,
}

#[derive(Deserialize)]
struct WireMember {
    id: Positive,
    name: NonEmptyText,
    level: Option<Positive>,
}

/// Decodes `basic`.
///
/// # Errors
///
/// Also if it has another id than the requested one.
pub fn basic(body: &Value, requested: FactionId) -> Result<Basic, DecodeError> {
    let wire: WireBasic = decode_field(body, "basic")?;
    check_id(wire.id.0, requested.get(), "basic.id", "faction")?;
    let seat = |field: &str, holder: Option<Count>| {
        if body["basic"].get(field).is_none() {
            return Seat::Unknown;
        }
        holder
            .and_then(|id| PlayerId::new(id.0).ok())
            .map_or(Seat::Vacant, Seat::Held)
    };
    Ok(Basic {
        name: Some(wire.name.0).filter(|name| !name.is_empty()),
        tag: wire.tag.map(|tag| tag.0),
        leader: seat("leader_id", wire.leader_id),
        co_leader: seat("co_leader_id", wire.co_leader_id),
        respect: wire.respect.map(|respect| respect.0),
        age: wire.days_old.map(|days| days.0),
        best_chain: wire.best_chain.map(|hits| hits.0),
        member_count: wire.members.map(|count| count.0),
    })
}

/// The id in `basic`, if it can be decoded.
pub fn faction_id(body: &Value) -> Option<i64> {
    let id = body.get("basic")?.get("id")?;
    Integer::deserialize(id).ok().map(|id| id.0)
}

/// Decodes `members` item by item. A player who is listed twice is kept once.
pub fn members(body: &Value) -> Result<Partitioned<Member>, DecodeError> {
    let mut members = decode_list(body, "members", "", member)?;
    let mut seen = BTreeSet::new();
    members.valid.retain(|member| seen.insert(member.id));
    Ok(members)
}

fn member(value: &Value, path: &str) -> Result<Member, DecodeError> {
    let wire: WireMember = decode_object(value, path)?;
    let status = status(value, path)?;
    Ok(Member {
        id: PlayerId::new(wire.id.0)
            .map_err(|error| DecodeError::new(format!("{path}.id"), error.to_string()))?,
        name: wire.name.0,
        level: wire.level.map(|level| level.0),
        status_state: status.state,
        status_description: status.description,
    })
}
