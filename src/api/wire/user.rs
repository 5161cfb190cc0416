//! `/user`: `UserProfileResponse`, `UserPersonalStatsResponse` and `UserBattleStatsResponse` side by side.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::number::{Count, Integer, Name, Positive};
use crate::api::wire::{Misfit, part, read};
use crate::model::id::{FactionId, PlayerId};
use crate::model::player::{BattleStats, Networth, Player};

#[derive(Deserialize)]
struct Profile {
    id: Positive,
    name: Name,
    level: Positive,
    rank: Option<String>,
    /// Null or 0: in no faction.
    faction_id: Option<Count>,
    status: Option<Status>,
    life: Life,
}

/// `UserStatus`, here and on rosters.
#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) description: Option<String>,
    /// An open word: Torn adds new ones.
    pub(super) state: Option<String>,
}

#[derive(Deserialize)]
struct Life {
    current: Count,
    maximum: Positive,
}

#[derive(Deserialize)]
struct Stats {
    strength: Stat,
    defense: Stat,
    speed: Stat,
    dexterity: Stat,
    total: Count,
}

#[derive(Deserialize)]
struct Stat {
    value: Count,
}

/// With `stat=`, an array of these.
#[derive(Deserialize)]
struct NamedStat {
    name: String,
    /// Null: Torn has none for that player.
    value: Option<Integer>,
    timestamp: Option<Integer>,
}

/// With `cat=`, an object that holds one.
#[derive(Deserialize)]
struct NestedStat {
    total: Integer,
}

/// Reads one player. What was not asked for, or is not there, is "not known this time".
///
/// # Errors
///
/// Also when the body is about another player than the one `asked` for.
pub fn player(body: &Value, asked: PlayerId) -> Result<Player, Misfit> {
    let profile: Profile = part(body, "profile")?;
    if profile.id.0 != asked.get() {
        return Err(Misfit::at(
            "profile.id",
            format!(
                "it is about player {}, but {asked} was asked for",
                profile.id.0
            ),
        ));
    }
    let (status_state, status_description) = match profile.status {
        Some(status) => (status.state, status.description),
        None => (None, None),
    };
    Ok(Player {
        id: asked,
        name: profile.name.0,
        level: profile.level.0,
        rank: profile.rank,
        faction: profile.faction_id.and_then(|id| FactionId::new(id.0).ok()),
        status_state,
        status_description,
        life_current: Some(profile.life.current.0),
        life_maximum: Some(profile.life.maximum.0),
        battle_stats: battle_stats(body)?,
        networth: networth(body)?,
    })
}

fn battle_stats(body: &Value) -> Result<Option<BattleStats>, Misfit> {
    if body.get("battlestats").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let stats: Stats = part(body, "battlestats")?;
    Ok(Some(BattleStats {
        strength: stats.strength.value.0,
        defense: stats.defense.value.0,
        speed: stats.speed.value.0,
        dexterity: stats.dexterity.value.0,
        total: stats.total.0,
    }))
}

/// Reads the networth in either of Torn's shapes; a player without any has an empty one.
fn networth(body: &Value) -> Result<Option<Networth>, Misfit> {
    let none = Networth {
        dollars: None,
        bucket_at: None,
    };
    match body.get("personalstats") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(_)) => {
            let stats: Vec<NamedStat> = part(body, "personalstats")?;
            let found = stats.iter().find(|stat| stat.name == "networth");
            Ok(Some(found.map_or(none, |stat| Networth {
                dollars: stat.value.map(|value| value.0),
                bucket_at: stat.timestamp.map(|at| at.0),
            })))
        }
        Some(Value::Object(stats)) => match stats.get("networth") {
            None | Some(Value::Null) => Ok(Some(none)),
            Some(value) => {
                let nested: NestedStat = read(value, "personalstats.networth")?;
                Ok(Some(Networth {
                    dollars: Some(nested.total.0),
                    bucket_at: None,
                }))
            }
        },
        Some(_) => Err(Misfit::at(
            "personalstats",
            "it is neither a list nor an object",
        )),
    }
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
    fn spelling_is_forgiven_and_names_are_kept_as_they_are() {
        let player = player(&body(), seven()).unwrap();

        assert_eq!(player.name, "=Ann, \"<b>\" 🦊");
        assert_eq!((player.level, player.life_maximum), (15, Some(500)));
        assert_eq!(player.status_state.as_deref(), Some("Levitating"));
        assert_eq!(
            (player.faction, player.networth, player.battle_stats),
            (None, None, None)
        );
    }

    #[test]
    fn networth_comes_as_a_list_or_nested() {
        let mut body = body();
        body["personalstats"] = json!([{ "name": "networth", "value": -5, "timestamp": 86400 }]);
        let listed = player(&body, seven()).unwrap().networth;
        assert_eq!(
            listed,
            Some(Networth {
                dollars: Some(-5),
                bucket_at: Some(86400)
            })
        );

        body["personalstats"] = json!({ "networth": { "total": 9_007_199_254_740_993_i64 } });
        let nested = player(&body, seven()).unwrap().networth;
        assert_eq!(
            nested,
            Some(Networth {
                dollars: Some(9_007_199_254_740_993),
                bucket_at: None
            })
        );

        body["personalstats"] = json!([]);
        let absent = player(&body, seven()).unwrap().networth;
        assert_eq!(
            absent,
            Some(Networth {
                dollars: None,
                bucket_at: None
            })
        );
    }

    #[test]
    fn a_misfit_names_its_place() {
        let place = |change: fn(&mut Value)| {
            let mut body = body();
            change(&mut body);
            player(&body, seven()).unwrap_err().path
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
        assert_eq!(
            place(|body| {
                body["personalstats"] = json!([{ "name": "networth", "value": "much" }]);
            }),
            "personalstats[0].value"
        );
    }
}
