//! `/faction/{id}`: `FactionBasicResponse` and `FactionMembersResponse` side by side.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::number::{Count, Name, Positive};
use crate::api::wire::user::Status;
use crate::api::wire::{Misfit, part};
use crate::model::faction::{Faction, Member};
use crate::model::id::{FactionId, PlayerId};

#[derive(Deserialize)]
struct Basic {
    id: Positive,
    name: Name,
    tag: Option<String>,
    /// 0 while the seat is vacant.
    leader_id: Option<Count>,
    co_leader_id: Option<Count>,
    respect: Count,
    days_old: Count,
    best_chain: Count,
    members: Count,
}

#[derive(Deserialize)]
struct WireMember {
    id: Positive,
    name: Name,
    level: Positive,
    status: Option<Status>,
}

/// Reads one faction and its roster.
///
/// # Errors
///
/// Also when the body is about another faction than the one `asked` for.
pub fn faction(body: &Value, asked: FactionId) -> Result<Faction, Misfit> {
    let basic: Basic = part(body, "basic")?;
    if basic.id.0 != asked.get() {
        return Err(Misfit::at(
            "basic.id",
            format!(
                "it is about faction {}, but {asked} was asked for",
                basic.id.0
            ),
        ));
    }
    let members: Vec<WireMember> = part(body, "members")?;
    Ok(Faction {
        id: asked,
        name: basic.name.0,
        tag: basic.tag,
        leader: basic.leader_id.and_then(|id| PlayerId::new(id.0).ok()),
        co_leader: basic.co_leader_id.and_then(|id| PlayerId::new(id.0).ok()),
        respect: basic.respect.0,
        age: basic.days_old.0,
        best_chain: basic.best_chain.0,
        member_count: basic.members.0,
        members: members.into_iter().map(member).collect::<Result<_, _>>()?,
    })
}

fn member(wire: WireMember) -> Result<Member, Misfit> {
    let (status_state, status_description) = match wire.status {
        Some(status) => (status.state, status.description),
        None => (None, None),
    };
    Ok(Member {
        id: PlayerId::new(wire.id.0).map_err(|error| Misfit::at("members", error.to_string()))?,
        name: wire.name.0,
        level: wire.level.0,
        status_state,
        status_description,
    })
}
