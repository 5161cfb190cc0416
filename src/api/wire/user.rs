//! Decodes the selections `profile`, `battlestats` and `personalstats` of `/user`, each on its own.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::scalar::{Count, Integer, NonEmptyText, Positive, Text, Timestamp};
use crate::api::wire::{
    DecodeError, check_id, decode, decode_field, decode_object, is_empty_value, required,
    unless_empty,
};
use crate::model::id::{FactionId, PlayerId};
use crate::model::player::{BattleStats, Networth, Profile};

#[derive(Deserialize)]
struct WireProfile {
    id: Positive,
    name: NonEmptyText,
    level: Option<Positive>,
    rank: Option<Text>,
    /// Null or 0 if the player is in no faction.
    faction_id: Option<Count>,
}

/// `UserStatus` in profiles and rosters.
#[derive(Deserialize)]
struct WireStatus {
    description: Option<Text>,
    /// Any text is accepted, because Torn adds new states.
    state: Option<Text>,
}

#[derive(Deserialize)]
struct Life {
    current: Option<Count>,
    maximum: Option<Positive>,
}

#[derive(Deserialize)]
struct WireStats {
    total: Option<Count>,
}

#[derive(Deserialize)]
struct Stat {
    value: Option<Count>,
}

/// A daily value: `{name, value, timestamp}` in a list; `{total}` or `{value, timestamp}` in an object.
#[derive(Deserialize)]
struct DailyStat {
    total: Option<Integer>,
    /// Null if Torn has no value for the player.
    value: Option<Integer>,
    timestamp: Option<Timestamp>,
}

/// The status of a profile or of a member.
pub(super) struct Status {
    pub(super) state: Option<String>,
    pub(super) description: Option<String>,
}

/// Decodes `status`, which may be missing.
pub(super) fn status(parent: &Value, path: &str) -> Result<Status, DecodeError> {
    let Some(value) = unless_empty(parent.get("status")) else {
        return Ok(Status {
            state: None,
            description: None,
        });
    };
    let wire: WireStatus = decode_object(value, &format!("{path}.status"))?;
    Ok(Status {
        state: wire.state.map(|text| text.0),
        description: wire.description.map(|text| text.0),
    })
}

/// Decodes `profile`.
///
/// # Errors
///
/// Also if it has another id than the requested one.
pub fn profile(body: &Value, requested: PlayerId) -> Result<Profile, DecodeError> {
    let wire: WireProfile = decode_field(body, "profile")?;
    check_id(wire.id.0, requested.get(), "profile.id", "player")?;
    let value = &body["profile"];
    // Null means that the player is in no faction; a missing field is an error.
    required(value, "faction_id", "profile")?;
    let status = status(value, "profile")?;
    let life: Option<Life> = unless_empty(value.get("life"))
        .map(|life| decode_object(life, "profile.life"))
        .transpose()?;
    Ok(Profile {
        name: wire.name.0,
        level: wire.level.map(|level| level.0),
        rank: wire.rank.map(|rank| rank.0),
        faction: wire.faction_id.and_then(|id| FactionId::new(id.0).ok()),
        status_state: status.state,
        status_description: status.description,
        life_current: life.as_ref().and_then(|life| Some(life.current?.0)),
        life_maximum: life.as_ref().and_then(|life| Some(life.maximum?.0)),
    })
}

/// The id in `profile`, if it can be decoded.
pub fn profile_id(body: &Value) -> Option<i64> {
    let id = body.get("profile")?.get("id")?;
    Integer::deserialize(id).ok().map(|id| id.0)
}

/// Decodes `battlestats`, or returns `None` if the response has none.
pub fn battle_stats(body: &Value) -> Result<Option<BattleStats>, DecodeError> {
    let Some(value) = unless_empty(body.get("battlestats")) else {
        return Ok(None);
    };
    let wire: WireStats = decode_object(value, "battlestats")?;
    let stat = |name: &str| -> Result<Option<i64>, DecodeError> {
        let stat: Option<Stat> = unless_empty(value.get(name))
            .map(|stat| decode_object(stat, &format!("battlestats.{name}")))
            .transpose()?;
        Ok(stat.and_then(|stat| Some(stat.value?.0)))
    };
    Ok(Some(BattleStats {
        strength: stat("strength")?,
        defense: stat("defense")?,
        speed: stat("speed")?,
        dexterity: stat("dexterity")?,
        total: wire.total.map(|total| total.0),
    }))
}

/// Decodes the networth in `personalstats`, or returns an empty [`Networth`] if the response has none.
///
/// `personalstats` is a list of named values, or an object in which `networth` is `{total}`, `{value, timestamp}` or a
/// number.
pub fn networth(body: &Value) -> Result<Networth, DecodeError> {
    let (value, path) = match body.get("personalstats") {
        None => return Ok(Networth::default()),
        Some(value) if is_empty_value(value) => return Ok(Networth::default()),
        Some(Value::Array(stats)) => {
            let found = stats
                .iter()
                .enumerate()
                .find(|(_, stat)| stat.get("name").is_some_and(|name| name == "networth"));
            match found {
                Some((index, stat)) => (stat, format!("personalstats[{index}]")),
                None => return Ok(Networth::default()),
            }
        }
        Some(stats @ Value::Object(_)) => match unless_empty(stats.get("networth")) {
            Some(value) => (value, "personalstats.networth".to_owned()),
            None => return Ok(Networth::default()),
        },
        Some(_) => {
            return Err(DecodeError::new(
                "personalstats",
                "it is neither a list nor an object",
            ));
        }
    };
    if !value.is_object() {
        return decode::<Integer>(value, &path).map(|dollars| Networth {
            dollars: Some(dollars.0),
            bucket_at: None,
        });
    }
    let stat: DailyStat = decode(value, &path)?;
    Ok(Networth {
        dollars: stat.value.or(stat.total).map(|value| value.0),
        bucket_at: stat.timestamp.map(|at| at.0),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body() -> Value {
        json!({ "profile": {
            "id": 7, "name": "=Ann, \"<b>\" 🦊", "level": "15", "rank": "Star", "faction_id": null,
            "status": { "state": "Levitating", "description": "Up", "new": 1 },
            "life": { "current": 0, "maximum": 500.0 }, "something_new": []
        }})
    }

    fn seven() -> PlayerId {
        PlayerId::new(7).unwrap()
    }

    #[test]
    fn every_encoding_is_accepted_and_names_are_not_changed() {
        let profile = profile(&body(), seven()).unwrap();

        assert_eq!(profile.name, "=Ann, \"<b>\" 🦊");
        assert_eq!((profile.level, profile.life_maximum), (Some(15), Some(500)));
        assert_eq!(profile.status_state.as_deref(), Some("Levitating"));
        assert_eq!(profile.faction, None);
    }

    #[test]
    fn an_unknown_value_may_be_missing_null_or_empty() {
        for nothing in [None, Some(json!(null)), Some(json!([])), Some(json!({}))] {
            for field in ["status", "life", "level", "rank"] {
                let mut body = body();
                let fields = body["profile"].as_object_mut().unwrap();
                match &nothing {
                    Some(value) if value.is_null() || field == "life" || field == "status" => {
                        fields.insert(field.to_owned(), value.clone());
                    }
                    Some(_) => continue,
                    None => drop(fields.remove(field)),
                }
                let profile = profile(&body, seven());
                assert!(profile.is_ok(), "{field} {nothing:?}: {profile:?}");
            }
        }
    }

    #[test]
    fn a_missing_faction_id_is_an_error() {
        let mut body = body();
        body["profile"]
            .as_object_mut()
            .unwrap()
            .remove("faction_id");

        let error = profile(&body, seven()).unwrap_err();

        assert_eq!(error.to_string(), "profile.faction_id: it is missing");
    }

    #[test]
    fn networth_is_decoded_from_all_four_shapes() {
        let read = |stats: Value| networth(&json!({ "personalstats": stats })).unwrap();
        let known = |dollars, bucket_at| Networth {
            dollars: Some(dollars),
            bucket_at,
        };

        let listed = json!([{ "name": "xantaken", "value": {} }, { "name": "networth", "value": -5, "timestamp": 86400 }]);
        assert_eq!(read(listed), known(-5, Some(86400)));
        let total = json!({ "networth": { "total": 9_007_199_254_740_993_i64 } });
        assert_eq!(read(total), known(9_007_199_254_740_993, None));
        let value = json!({ "networth": { "value": "7", "timestamp": 86400 } });
        assert_eq!(read(value), known(7, Some(86400)));
        assert_eq!(read(json!({ "networth": 8 })), known(8, None));
        for none in [
            json!([]),
            json!({}),
            json!(null),
            json!({ "networth": null }),
        ] {
            assert_eq!(read(none), Networth::default());
        }
    }

    #[test]
    fn a_battle_stat_may_be_null_or_empty_but_not_a_list_or_a_number() {
        let read = |strength: Value| {
            let body = json!({ "battlestats": { "strength": strength, "total": 5 } });
            battle_stats(&body).map(Option::unwrap_or_default)
        };
        let total = BattleStats {
            total: Some(5),
            ..BattleStats::default()
        };

        for none in [json!(null), json!([]), json!({}), json!({ "value": null })] {
            assert_eq!(read(none.clone()), Ok(total), "{none}");
        }
        for wrong in [json!([7]), json!(7), json!("7")] {
            let error = read(wrong.clone()).unwrap_err();
            assert_eq!(error.path, "battlestats.strength", "{wrong}");
        }
    }

    #[test]
    fn an_error_has_the_path_of_the_value() {
        let place = |change: fn(&mut Value)| {
            let mut body = body();
            change(&mut body);
            profile(&body, seven()).unwrap_err().path
        };

        assert_eq!(
            place(|body| body["profile"]["level"] = json!(0)),
            "profile.level"
        );
        assert_eq!(
            place(|body| body["profile"]["life"]["maximum"] = json!([])),
            "profile.life.maximum"
        );
        assert_eq!(place(|body| body["profile"]["id"] = json!(8)), "profile.id");
        assert_eq!(place(|body| *body = json!({})), "profile");
        let much = json!({ "personalstats": [{ "name": "networth", "value": "much" }] });
        assert_eq!(networth(&much).unwrap_err().path, "personalstats[0].value");
    }
}
