//! Answers about players.

use serde_json::{Value, json};

use crate::sim::answer::api_error::ApiError;
use crate::sim::answer::request::{Answer, ApiRequest, body};
use crate::sim::world::{DAY, HOUR, Player, World, newest_bucket};

impl World {
    /// The answer to one selection of `/user`.
    pub(super) fn user_answer(
        &self,
        request: &ApiRequest<'_>,
        id: Option<i64>,
        selection: &str,
    ) -> Answer {
        let is_own = id.is_none_or(|id| id == request.key.owner);
        let id = id.unwrap_or(request.key.owner);
        let found = self.player_at(id, request.now);
        let player = found.ok_or(ApiError::UnknownId)?;
        match selection {
            "profile" => Ok(body(json!({"profile": self.profile(&player, request.now)}))),
            "basic" => Ok(body(json!({"profile": {
                "id": player.id,
                "name": player.name,
                "level": player.level,
                "gender": "Enby",
                "status": status(&player),
            }}))),
            "battlestats" if !is_own => Err(ApiError::NotYours),
            "battlestats" => Ok(body(battle_stats(&player))),
            "personalstats" => self.personal_stats(request, &player, is_own),
            _ => Err(ApiError::WrongSelection),
        }
    }

    fn profile(&self, player: &Player, now: i64) -> Value {
        let married = player.id % 5 == 0;
        json!({
            "id": player.id,
            "name": player.name,
            "level": player.level,
            "rank": player.rank,
            "title": "Sage",
            "age": (now - player.signed_up).max(0) / DAY,
            "signed_up": player.signed_up,
            "faction_id": player.faction_id,
            "honor_id": player.id % 300,
            "property": {"id": 100_000 + player.id, "name": "Private Island"},
            "image": (player.id % 3 != 0).then(|| format!("https://profileimages.torn.com/{}.png", player.id)),
            "gender": "Enby",
            "revivable": player.status.state == "Hospital",
            "role": "Civilian",
            "status": status(player),
            "spouse": married.then(|| json!({
                "id": player.id + 37,
                "name": "Better \"Half\"",
                "status": "Married",
                "days_married": 100,
            })),
            "awards": player.level * 3,
            "friends": player.id % 40,
            "enemies": player.id % 7,
            "forum_posts": player.id % 900,
            "karma": player.id % 77,
            "last_action": last_action(player, self.effective_time(now)),
            "life": {"current": player.life_current, "maximum": player.life_maximum},
            "donator_status": (player.id % 2 == 0).then_some("Donator"),
            "revive_setting": "Unknown",
        })
    }

    /// The daily figures: a list with the parameter `stat`, otherwise an object by category.
    fn personal_stats(&self, request: &ApiRequest<'_>, player: &Player, is_own: bool) -> Answer {
        let newest = newest_bucket(request.now);
        let day = request.number("timestamp").map_or(newest, |timestamp| {
            (timestamp.max(0) / DAY * DAY).min(newest)
        });
        let networth = self
            .networth_on(player.id, day)
            .ok_or(ApiError::UnknownId)?;
        let Some(stats) = request.parameter("stat") else {
            return Ok(body(
                json!({"personalstats": {"networth": {"total": networth}}}),
            ));
        };
        if request.parameter("cat").is_some() {
            return Err(ApiError::CategoryAndStat);
        }
        let has_battle_stats = is_own && request.key.may_read_battle_stats();
        let total = player.strength + player.defense + player.speed + player.dexterity;
        let mut list = Vec::new();
        for stat in stats.split(',').take(10) {
            let value = match stat {
                "networth" => Some(networth),
                "strength" => has_battle_stats.then_some(player.strength),
                "defense" => has_battle_stats.then_some(player.defense),
                "speed" => has_battle_stats.then_some(player.speed),
                "dexterity" => has_battle_stats.then_some(player.dexterity),
                "totalstats" => has_battle_stats.then_some(total),
                _ => return Err(ApiError::UnknownStat),
            };
            list.extend(value.map(|value| json!({"name": stat, "value": value, "timestamp": day})));
        }
        Ok(body(json!({"personalstats": list})))
    }
}

pub(super) fn status(player: &Player) -> Value {
    let status = &player.status;
    let mut body = json!({
        "description": status.description,
        "details": status.details,
        "state": status.state,
        "color": status.color,
        "until": status.until,
    });
    if status.state == "Traveling"
        && let Some(body) = body.as_object_mut()
    {
        body.insert("plane_image_type".to_owned(), "airliner".into());
    }
    body
}

pub(super) fn last_action(player: &Player, timestamp: i64) -> Value {
    let ago = (timestamp - player.last_action).max(0);
    let (word, relative) = match ago {
        0..300 => ("Online", format!("{} minutes ago", ago / 60)),
        300..HOUR => ("Idle", format!("{} minutes ago", ago / 60)),
        HOUR..DAY => ("Offline", format!("{} hours ago", ago / HOUR)),
        _ => ("Offline", format!("{} days ago", ago / DAY)),
    };
    json!({"status": word, "timestamp": player.last_action, "relative": relative})
}

fn battle_stats(player: &Player) -> Value {
    let stat = |value: i64| {
        json!({
            "value": value,
            "modifier": 10,
            "modifiers": [{"effect": "+10% from education", "value": 10, "type": "Education"}],
        })
    };
    json!({"battlestats": {
        "strength": stat(player.strength),
        "defense": stat(player.defense),
        "speed": stat(player.speed),
        "dexterity": stat(player.dexterity),
        "total": player.strength + player.defense + player.speed + player.dexterity,
    }})
}
