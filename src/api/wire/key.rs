//! `/key/info`: `KeyInfoResponse`.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::number::{Integer, Positive, id_or_none};
use crate::api::wire::{Misfit, part};
use crate::model::id::{FactionId, PlayerId};
use crate::model::key::KeyFacts;

#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    selections: Selections,
    access: Access,
    user: User,
}

#[derive(Default, Deserialize)]
struct Selections {
    #[serde(default)]
    user: Vec<String>,
}

#[derive(Deserialize)]
struct Access {
    level: Integer,
    #[serde(rename = "type")]
    name: String,
    #[serde(default)]
    faction: bool,
}

#[derive(Deserialize)]
struct User {
    id: Positive,
    faction_id: Option<Integer>,
}

/// Reads what Torn says of a key.
pub fn facts(body: &Value) -> Result<KeyFacts, Misfit> {
    let info: Info = part(body, "info")?;
    Ok(KeyFacts {
        owner: PlayerId::new(info.user.id.0)
            .map_err(|error| Misfit::at("info.user.id", error.to_string()))?,
        faction: id_or_none(info.user.faction_id).and_then(|id| FactionId::new(id).ok()),
        access: info.access.name,
        access_level: info.access.level.0,
        faction_access: info.access.faction,
        selections: info.selections.user,
    })
}
