//! Wars, in the six shapes that Torn gives them.
//!
//! `FactionWars`, `FactionRankedWarDetails`, `FactionTerritoryWarfare`, `FactionTerritoryWarFinished` and the two
//! reports differ in what they call things; one wire type takes them all.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::number::{Count, Integer, Positive, id_or_none};
use crate::api::wire::{Misfit, Sorted, part, read, sort};
use crate::model::id::{FactionId, TerritoryId, WarId};
use crate::model::war::{Side, TerritoryResult, War, WarStatus, WarType};

#[derive(Deserialize)]
struct WireWar {
    #[serde(alias = "war_id")]
    id: Positive,
    territory: Option<String>,
    #[serde(alias = "started_at")]
    start: Count,
    /// 0 or null while it goes on; of a running territory war the moment its timer runs out.
    #[serde(alias = "ended_at")]
    end: Option<Count>,
    target: Option<Count>,
    winner: Option<Integer>,
    result: Option<String>,
    forfeit: Option<bool>,
    #[serde(default)]
    factions: Vec<WireSide>,
    aggressor: Option<WireSide>,
    defender: Option<WireSide>,
}

#[derive(Deserialize)]
struct WireSide {
    id: Positive,
    name: Option<String>,
    score: Count,
    is_aggressor: Option<bool>,
}

impl From<WireSide> for Option<Side> {
    fn from(wire: WireSide) -> Self {
        Some(Side {
            faction: FactionId::new(wire.id.0).ok()?,
            name: wire.name.filter(|name| !name.is_empty()),
            score: wire.score.0,
        })
    }
}

/// The wars in `/faction/{id}?selections=wars`, of which none has ended but those just over.
pub fn faction_wars(body: &Value, now: i64) -> Result<Sorted<War>, Misfit> {
    let wars = body
        .get("wars")
        .ok_or_else(|| Misfit::at("wars", "it is missing"))?;
    if !wars.is_object() {
        return Err(Misfit::at("wars", "it is no object"));
    }
    let mut sorted = Sorted {
        good: Vec::new(),
        bad: Vec::new(),
    };
    let mut take = |value: &Value, path: &str, war_type| match war(value, path, war_type, now) {
        Ok(war) => sorted.good.push(war),
        Err(misfit) => sorted.bad.push((misfit, value.to_string())),
    };
    match wars.get("ranked") {
        None | Some(Value::Null) => {}
        Some(ranked) => take(ranked, "wars.ranked", WarType::Ranked),
    }
    let territory = match wars.get("territory") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(territory)) => territory.as_slice(),
        Some(_) => return Err(Misfit::at("wars.territory", "it is no list")),
    };
    for (index, value) in territory.iter().enumerate() {
        take(
            value,
            &format!("wars.territory[{index}]"),
            WarType::Territory,
        );
    }
    Ok(sorted)
}

/// The wars in a list, such as `warfareranked` or `territorywars`.
pub fn list(body: &Value, field: &str, war_type: WarType, now: i64) -> Result<Sorted<War>, Misfit> {
    sort(body, field, |value, path| war(value, path, war_type, now))
}

/// How one war ended.
///
/// # Errors
///
/// Also when the report is about another war than the one `asked` for.
pub fn report(body: &Value, war_type: WarType, asked: WarId, now: i64) -> Result<War, Misfit> {
    let field = match war_type {
        WarType::Ranked => "rankedwarreport",
        WarType::Territory => "territorywarreport",
    };
    let value: Value = part(body, field)?;
    let war = war(&value, field, war_type, now)?;
    if war.id != asked {
        return Err(Misfit::at(
            format!("{field}.id"),
            format!("it is about war {}, but {asked} was asked for", war.id),
        ));
    }
    Ok(war)
}

fn war(value: &Value, path: &str, war_type: WarType, now: i64) -> Result<War, Misfit> {
    let wire: WireWar = read(value, path)?;
    let misfit = |field: &str, why: String| Misfit::at(format!("{path}.{field}"), why);
    let territory = match (war_type, &wire.territory) {
        (WarType::Ranked, _) => None,
        (WarType::Territory, Some(tile)) => Some(
            tile.parse::<TerritoryId>()
                .map_err(|why| misfit("territory", why))?,
        ),
        (WarType::Territory, None) => return Err(misfit("territory", "it is missing".to_owned())),
    };
    let id = WarId::new(wire.id.0).map_err(|error| misfit("id", error.to_string()))?;
    let end = wire.end.map(|end| end.0).filter(|end| *end > 0);
    let winner = id_or_none(wire.winner)
        .map(|winner| FactionId::new(winner).map_err(|error| misfit("winner", error.to_string())))
        .transpose()?;
    let required_score = wire.target.map(|target| target.0);
    let started_at = wire.start.0;
    let ending = match war_type {
        WarType::Ranked => ranked_ending(end, winner, wire.forfeit),
        WarType::Territory => territory_ending(end, winner, wire.result.as_deref(), now),
    };
    let (attacking, defending) = sides(wire);
    if attacking.is_none() || defending.is_none() {
        return Err(misfit("factions", "two sides were expected".to_owned()));
    }
    let winner = match ending.winner {
        Winner::Nobody => None,
        Winner::Faction(id) => Some(id),
        Winner::Attacking => attacking.as_ref().map(|side| side.faction),
        Winner::Defending => defending.as_ref().map(|side| side.faction),
    };
    let status = match ending.status {
        None if started_at > now => WarStatus::Scheduled,
        None => WarStatus::Ongoing,
        Some(status) => status,
    };
    Ok(War {
        id,
        war_type,
        territory,
        attacking,
        defending,
        required_score,
        status,
        end_reason: ending.reason,
        winner,
        started_at: (started_at > 0).then_some(started_at),
        ends_at: ending.ends_at,
    })
}

/// What the end of a war says; no status while it goes on.
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
        // Only a report says whether it was a forfeit, and only a report may end a war without a winner: a list may
        // be a moment ahead of its winner.
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

/// Lists of running wars give no `result` (`/faction/{id}/wars`) or `in_progress`; there `end` is the timer.
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
        // The war list of a faction names a winner once there is one, but not how it won: the report says.
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

/// The assaulting side first. A ranked war lists two factions without sides: the first is stored as attacking.
fn sides(wire: WireWar) -> (Option<Side>, Option<Side>) {
    if wire.aggressor.is_some() || wire.defender.is_some() {
        return (
            wire.aggressor.and_then(Into::into),
            wire.defender.and_then(Into::into),
        );
    }
    let mut factions = wire.factions;
    if factions.len() != 2 {
        return (None, None);
    }
    if factions[0].is_aggressor == Some(false) && factions[1].is_aggressor != Some(false) {
        factions.swap(0, 1);
    }
    let mut factions = factions.into_iter();
    (
        factions.next().and_then(Into::into),
        factions.next().and_then(Into::into),
    )
}
