//! Answers about factions and their members.

use serde_json::{Value, json};

use crate::sim::answer::api_error::ApiError;
use crate::sim::answer::request::{Answer, ApiRequest, Body, body};
use crate::sim::answer::user::{last_action, status};
use crate::sim::answer::wars::is_on_wall;
use crate::sim::world::{DAY, Faction, World};

impl World {
    /// The answer to one selection of `/faction`.
    pub(super) fn faction_answer(
        &self,
        request: &ApiRequest<'_>,
        id: Option<i64>,
        selection: &str,
    ) -> Answer {
        let now = request.now;
        match selection {
            "territoryownership" => return Ok(self.ownership(request)),
            "rackets" => return Ok(self.rackets(now)),
            "warfareranked" => return Ok(self.warfare_ranked(request)),
            "warfareterritory" => return Ok(self.warfare_territory(request)),
            "rankedwarreport" => {
                let war = id.and_then(|id| self.ranked_war_at(id, now));
                let war = war
                    .filter(|war| war.has_report)
                    .ok_or(ApiError::UnknownId)?;
                return Ok(self.ranked_report(&war, now));
            }
            "territorywarreport" => {
                let war = id.and_then(|id| self.territory_war_at(id, now));
                let war = war
                    .filter(|war| war.has_report)
                    .ok_or(ApiError::UnknownId)?;
                return Ok(self.territory_report(&war, now));
            }
            _ => {}
        }
        let own_faction = || self.player_at(request.key.owner, now)?.faction_id;
        let faction = id
            .or_else(own_faction)
            .and_then(|id| self.faction_at(id, now));
        let faction = faction.ok_or(ApiError::UnknownId)?;
        match selection {
            "basic" => Ok(self.basic(&faction, now)),
            "members" => Ok(self.members(&faction, now)),
            "wars" => Ok(self.wars(&faction, now)),
            "territory" => Ok(self.territory_of(faction.id, now)),
            "rankedwars" => Ok(self.ranked_history(request, &faction)),
            "territorywars" => Ok(self.territory_history(request, &faction)),
            _ => Err(ApiError::WrongSelection),
        }
    }

    fn basic(&self, faction: &Faction, now: i64) -> Body {
        let members = faction
            .claimed_members
            .unwrap_or_else(|| i64::try_from(self.roster(faction.id, now).len()).unwrap_or(0));
        body(json!({"basic": {
            "id": faction.id,
            "name": faction.name,
            "tag": faction.tag,
            "tag_image": "tag.png",
            "banner_image": "banner.png",
            "leader_id": faction.leader_id,
            "co_leader_id": faction.co_leader_id,
            "respect": faction.respect,
            "days_old": (self.effective_time(now) - faction.founded_at).max(0) / DAY,
            "capacity": faction.capacity,
            "members": members,
            "is_enlisted": null,
            "rank": {
                "level": 1 + faction.wins / 5,
                "name": "Gold",
                "division": 1 + faction.wins % 3,
                "position": 1 + faction.id % 200,
                "wins": faction.wins,
            },
            "best_chain": faction.best_chain,
            "note": "Welcome, \"friends\"",
        }}))
    }

    fn members(&self, faction: &Faction, now: i64) -> Body {
        let timestamp = self.effective_time(now);
        let wars = self.list_territory_wars(Some(faction.id), now, timestamp);
        let besieged = wars.iter().any(|war| war.in_wars);
        let roster = self.roster(faction.id, now);
        let shown = faction.shown_members.unwrap_or(roster.len());
        let players = roster
            .iter()
            .take(shown)
            .filter_map(|&id| self.player_at(id, now));
        let members: Vec<Value> = players
            .map(|player| {
                json!({
                    "id": player.id,
                    "name": player.name,
                    "position": player.position,
                    "level": player.level,
                    "days_in_faction": (timestamp - player.joined_at).max(0) / DAY,
                    "is_revivable": player.status.state == "Hospital",
                    "is_on_wall": besieged && is_on_wall(player.id, timestamp),
                    "is_in_oc": false,
                    "has_early_discharge": false,
                    "last_action": last_action(&player, timestamp),
                    "status": status(&player),
                    "revive_setting": "Unknown",
                })
            })
            .collect();
        body(json!({"members": members}))
    }
}
