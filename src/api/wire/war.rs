//! Wars, in the six JSON shapes that Torn uses.
//!
//! `FactionWars`, `FactionRankedWarDetails`, `FactionTerritoryWarfare`, `FactionTerritoryWarFinished` and the two
//! reports use different field names; [`WireWar`] decodes all of them.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::scalar::{Count, Integer, Positive, StrictText, Text, Timestamp, id_or_none};
use crate::api::wire::{
    DecodeError, Object, Partitioned, decode_list, decode_object, is_empty_value, join, required,
    unless_empty,
};
use crate::model::id::{FactionId, TerritoryId, WarId};
use crate::model::war::{Side, TerritoryResult, War, WarStatus, WarType};

/// The fields of all shapes. Some values have two field names; a response may have either or both.
#[derive(Deserialize)]
struct WireWar {
    id: Option<Positive>,
    war_id: Option<Positive>,
    territory: Option<String>,
    start: Option<Timestamp>,
    started_at: Option<Timestamp>,
    /// 0 or null until the war has ended; in a running territory war, the end of its timer.
    end: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    target: Option<Count>,
    winner: Option<Integer>,
    /// A number is an error, so that it cannot end the war.
    result: Option<StrictText>,
    forfeit: Option<bool>,
    #[serde(default)]
    factions: Vec<Object<WireSide>>,
    aggressor: Option<Object<WireSide>>,
    defender: Option<Object<WireSide>>,
}

#[derive(Deserialize)]
struct WireSide {
    id: Positive,
    name: Option<Text>,
    score: Option<Count>,
    is_aggressor: Option<bool>,
}

impl WireSide {
    fn side(self) -> Option<Side> {
        Some(Side {
            faction: FactionId::new(self.id.0).ok()?,
            name: self.name.map(|name| name.0).filter(|name| !name.is_empty()),
            score: self.score.map(|score| score.0),
        })
    }
}

/// The wars in `/faction/{id}?selections=wars`. Each type is decoded on its own.
#[derive(Debug)]
pub struct FactionWars {
    /// At most one ranked war.
    pub ranked: Result<Partitioned<War>, DecodeError>,
    /// The territory wars.
    pub territory: Result<Partitioned<War>, DecodeError>,
}

/// Decodes the current wars of a faction. A war that has just ended may still be in the list.
pub fn faction_wars(body: &Value, now: i64) -> FactionWars {
    let none = || Ok(Partitioned::default());
    let wars = match required(body, "wars", "") {
        Ok(wars) if is_empty_value(wars) => {
            return FactionWars {
                ranked: none(),
                territory: none(),
            };
        }
        Ok(wars) if wars.is_object() => wars,
        Ok(_) => {
            let error = DecodeError::new("wars", "it is no object");
            return FactionWars {
                ranked: Err(error.clone()),
                territory: Err(error),
            };
        }
        Err(error) => {
            return FactionWars {
                ranked: Err(error.clone()),
                territory: Err(error),
            };
        }
    };
    // Null means that there is no war; a missing field is an error.
    let ranked = required(wars, "ranked", "wars").map(|value| {
        let mut ranked = Partitioned::default();
        if let Some(value) = unless_empty(Some(value)) {
            ranked.push(value, war(value, "wars.ranked", WarType::Ranked, now));
        }
        ranked
    });
    let territory = decode_list(wars, "territory", "wars", |value, path| {
        war(value, path, WarType::Territory, now)
    });
    FactionWars { ranked, territory }
}

/// Decodes a list of wars, such as `warfareranked` or `territorywars`.
pub fn list(
    body: &Value,
    field: &str,
    war_type: WarType,
    now: i64,
) -> Result<Partitioned<War>, DecodeError> {
    decode_list(body, field, "", |value, path| {
        if war_type == WarType::Territory {
            // Only `result` says whether a war in these lists has ended.
            required(value, "result", path)?;
        }
        war(value, path, war_type, now)
    })
}

/// Decodes the report of a war: an object, or a list with one object. `None` if there is no report.
///
/// # Errors
///
/// Also if the report has another id than the requested one.
pub fn report(
    body: &Value,
    war_type: WarType,
    requested: WarId,
    now: i64,
) -> Result<Option<War>, DecodeError> {
    let field = match war_type {
        WarType::Ranked => "rankedwarreport",
        WarType::Territory => "territorywarreport",
    };
    let (value, path) = match required(body, field, "")? {
        value if is_empty_value(value) => return Ok(None),
        Value::Array(reports) if reports.len() == 1 => (&reports[0], format!("{field}[0]")),
        value => (value, field.to_owned()),
    };
    let war = war(value, &path, war_type, now)?;
    if war.id != requested {
        return Err(DecodeError::new(
            format!("{path}.id"),
            format!("it is about war {}, but {requested} was asked for", war.id),
        ));
    }
    Ok(Some(war))
}

/// The id of a war in a list, if it can be decoded.
pub fn id_of(item: &Value) -> Option<WarId> {
    let id = item.get("id").or_else(|| item.get("war_id"))?;
    WarId::new(Integer::deserialize(id).ok()?.0).ok()
}

fn war(value: &Value, path: &str, war_type: WarType, now: i64) -> Result<War, DecodeError> {
    let wire: WireWar = decode_object(value, path)?;
    let wrong = |(field, reason): FieldError| DecodeError::new(join(path, field), reason);
    check_required_fields(value, war_type).map_err(wrong)?;
    let id = wire.id().map_err(wrong)?;
    let territory = wire.territory(war_type).map_err(wrong)?;
    let started_at = wire.start().map_err(wrong)?;
    let winner = wire.winner().map_err(wrong)?;
    let ending = match war_type {
        WarType::Ranked => ranked_ending(wire.end(), winner, wire.forfeit),
        WarType::Territory => {
            let result = wire.result.as_ref().map(|word| word.0.as_str());
            territory_ending(wire.end(), winner, result, now)
        }
    };
    let wire_end = wire.end();
    let required_score = wire.target.map(|target| target.0);
    let (attacking, defending) = sides(wire, war_type).map_err(wrong)?;
    if winner.is_some_and(|winner| ![attacking.faction, defending.faction].contains(&winner)) {
        return Err(wrong((
            "winner",
            "it is neither of the two sides".to_owned(),
        )));
    }
    let winner = match ending.winner {
        Winner::Nobody => None,
        Winner::Faction(id) => Some(id),
        Winner::Attacking => Some(attacking.faction),
        Winner::Defending => Some(defending.faction),
    };
    let has_unknown_end =
        war_type == WarType::Ranked && wire_end.is_some() && ending.status.is_none();
    let status = match ending.status {
        None if started_at > now => WarStatus::Scheduled,
        None => WarStatus::Ongoing,
        Some(status) => status,
    };
    Ok(War {
        id,
        war_type,
        territory,
        attacking: Some(attacking),
        defending: Some(defending),
        required_score,
        status,
        end_reason: ending.reason,
        winner,
        started_at: (started_at > 0).then_some(started_at),
        ends_at: ending.ends_at,
        has_unknown_end,
    })
}

/// The name of a field, and the reason.
type FieldError = (&'static str, String);

/// Checks that the end and, in a ranked war, the winner are present. They are null until the war has ended, and a missing
/// field is an error. The winner of a territory war is derived from `result`.
fn check_required_fields(value: &Value, war_type: WarType) -> Result<(), FieldError> {
    let is_missing = |fields: &[&str]| fields.iter().all(|field| value.get(field).is_none());
    if is_missing(&["end", "ended_at"]) {
        return Err(("end", "it is missing".to_owned()));
    }
    if war_type == WarType::Ranked && is_missing(&["winner"]) {
        return Err(("winner", "it is missing".to_owned()));
    }
    Ok(())
}

impl WireWar {
    fn id(&self) -> Result<WarId, FieldError> {
        let id = match (&self.id, &self.war_id) {
            (Some(id), Some(war_id)) if id != war_id => {
                return Err(("id", "id and war_id differ".to_owned()));
            }
            (Some(id), _) | (None, Some(id)) => id.0,
            (None, None) => return Err(("id", "it is missing".to_owned())),
        };
        WarId::new(id).map_err(|error| ("id", error.to_string()))
    }

    fn territory(&self, war_type: WarType) -> Result<Option<TerritoryId>, FieldError> {
        match (war_type, &self.territory) {
            (WarType::Ranked, _) => Ok(None),
            (WarType::Territory, Some(tile)) => {
                tile.parse().map(Some).map_err(|why| ("territory", why))
            }
            (WarType::Territory, None) => Err(("territory", "it is missing".to_owned())),
        }
    }

    fn start(&self) -> Result<i64, FieldError> {
        let start = self.start.or(self.started_at);
        start
            .map(|start| start.0)
            .ok_or_else(|| ("start", "it is missing".to_owned()))
    }

    fn end(&self) -> Option<i64> {
        let end = self.end.or(self.ended_at);
        end.map(|end| end.0).filter(|end| *end > 0)
    }

    fn winner(&self) -> Result<Option<FactionId>, FieldError> {
        id_or_none(self.winner)
            .map(|winner| FactionId::new(winner).map_err(|error| ("winner", error.to_string())))
            .transpose()
    }
}

/// The outcome of a war. `status` is `None` until the war has ended.
struct Ending {
    status: Option<WarStatus>,
    winner: Winner,
    reason: Option<String>,
    ends_at: Option<i64>,
}

enum Winner {
    Nobody,
    Faction(FactionId),
    Attacking,
    Defending,
}

fn ranked_ending(end: Option<i64>, winner: Option<FactionId>, forfeit: Option<bool>) -> Ending {
    match (end, winner) {
        (Some(end), Some(winner)) => Ending {
            status: Some(WarStatus::Completed),
            winner: Winner::Faction(winner),
            reason: (forfeit == Some(true)).then(|| "forfeit".to_owned()),
            ends_at: Some(end),
        },
        // Only a report has `forfeit`. Only a report can end a war without a winner, because a list may have the end
        // of a war before its winner.
        (Some(end), None) if forfeit.is_some() => Ending {
            status: Some(WarStatus::Cancelled),
            winner: Winner::Nobody,
            reason: None,
            ends_at: Some(end),
        },
        (Some(_), None) | (None, _) => Ending {
            status: None,
            winner: Winner::Nobody,
            reason: None,
            ends_at: None,
        },
    }
}

/// A running war has `in_progress` as `result`, or no `result` (in `/faction/{id}/wars`). Its `end` is the timer.
fn territory_ending(
    end: Option<i64>,
    winner: Option<FactionId>,
    result: Option<&str>,
    now: i64,
) -> Ending {
    let reason = result.filter(|word| !word.is_empty()).map(str::to_owned);
    let over = |status, winner| Ending {
        status: Some(status),
        winner,
        reason: reason.clone(),
        ends_at: end,
    };
    match result.map(TerritoryResult::from_word) {
        Some(TerritoryResult::Assault) => over(WarStatus::Completed, Winner::Attacking),
        Some(TerritoryResult::Defense) => over(WarStatus::Completed, Winner::Defending),
        Some(TerritoryResult::NoWinner) => over(WarStatus::Cancelled, Winner::Nobody),
        Some(TerritoryResult::Unknown) => match winner {
            Some(winner) => over(WarStatus::Completed, Winner::Faction(winner)),
            None => over(WarStatus::Cancelled, Winner::Nobody),
        },
        // The war list of a faction has the winner but no `result`. Only the report has `result`.
        None if winner.is_some() && end.is_some_and(|end| end <= now) => Ending {
            status: Some(WarStatus::Completed),
            winner: winner.map_or(Winner::Nobody, Winner::Faction),
            reason: None,
            ends_at: end,
        },
        Some(TerritoryResult::InProgress) | None => Ending {
            status: None,
            winner: Winner::Nobody,
            reason: None,
            ends_at: end,
        },
    }
}

/// Both sides, the attacking side first. A ranked war has no roles, so the first faction is the attacking side.
fn sides(wire: WireWar, war_type: WarType) -> Result<(Side, Side), FieldError> {
    let wrong = |why: &str| ("factions", why.to_owned());
    let (first, second) = if wire.aggressor.is_some() || wire.defender.is_some() {
        (wire.aggressor, wire.defender)
    } else {
        let mut factions = wire.factions;
        if factions.len() != 2 {
            return Err(wrong("two sides were expected"));
        }
        match (factions[0].0.is_aggressor, factions[1].0.is_aggressor) {
            (None, None) if war_type == WarType::Territory => {
                return Err(wrong("it does not say which side is the aggressor"));
            }
            (Some(true), Some(true)) | (Some(false), Some(false)) => {
                return Err(wrong("both sides have the same role"));
            }
            (Some(false), _) | (None, Some(true)) => factions.swap(0, 1),
            _ => {}
        }
        let mut factions = factions.into_iter();
        (factions.next(), factions.next())
    };
    match (
        first.and_then(|side| side.0.side()),
        second.and_then(|side| side.0.side()),
    ) {
        (Some(first), Some(second)) if first.faction == second.faction => {
            Err(wrong("both sides are the same faction"))
        }
        (Some(first), Some(second)) => Ok((first, second)),
        _ => Err(wrong("two sides were expected")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_that_is_not_a_string_does_not_end_a_war() {
        let read = |result: Value| {
            let war = json!({
                "id": 5, "territory": "AAB", "start": 100, "end": 900, "result": result,
                "aggressor": { "id": 20 }, "defender": { "id": 9 },
            });
            let body = json!({ "warfareterritory": [war] });
            list(&body, "warfareterritory", WarType::Territory, 500).unwrap()
        };

        for word in [json!("in_progress"), json!(""), json!(null)] {
            let wars = read(word.clone()).valid;
            assert_eq!(wars[0].status, WarStatus::Ongoing, "{word}");
        }
        for wrong in [
            json!(1),
            json!(0),
            json!(1.5),
            json!(true),
            json!([]),
            json!({}),
        ] {
            let wars = read(wrong.clone());
            assert_eq!(wars.valid, [], "{wrong}");
            assert_eq!(wars.invalid[0].error.path, "warfareterritory[0].result");
        }
    }
}
