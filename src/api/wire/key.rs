//! Decodes `/key/info` (`KeyInfoResponse`).

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::scalar::{Integer, Positive, Text};
use crate::api::wire::{DecodeError, Object, decode, decode_field, is_empty_value};
use crate::model::id::PlayerId;
use crate::model::key::{KeyFacts, Selections};

#[derive(Deserialize)]
struct Info {
    access: Object<Access>,
    user: Object<User>,
}

#[derive(Deserialize)]
struct Access {
    level: Integer,
    #[serde(rename = "type")]
    name: Option<Text>,
}

#[derive(Deserialize)]
struct User {
    id: Positive,
}

/// Decodes the facts about a key.
pub fn facts(body: &Value) -> Result<KeyFacts, DecodeError> {
    let info: Info = decode_field(body, "info")?;
    let (access, user) = (info.access.0, info.user.0);
    let level = access.level.0;
    Ok(KeyFacts {
        owner: PlayerId::new(user.id.0)
            .map_err(|error| DecodeError::new("info.user.id", error.to_string()))?,
        access: access
            .name
            .map_or_else(|| format!("Level {level}"), |name| name.0),
        access_level: level,
        selections: Selections {
            user: selections(&body["info"], "user")?,
            faction: selections(&body["info"], "faction")?,
            torn: selections(&body["info"], "torn")?,
        },
    })
}

/// The selections in one category, or `None` if the response has no list for it.
fn selections(info: &Value, category: &str) -> Result<Option<Vec<String>>, DecodeError> {
    let list = info
        .get("selections")
        .and_then(|all| all.get(category))
        .filter(|list| !list.is_null());
    let Some(list) = list else {
        return Ok(None);
    };
    if is_empty_value(list) {
        return Ok(Some(Vec::new()));
    }
    let names: Vec<Text> = decode(list, &format!("info.selections.{category}"))?;
    let names = names.into_iter().map(|name| name.0.to_lowercase());
    Ok(Some(names.collect()))
}
