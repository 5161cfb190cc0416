//! Answers about wars: the wars of a faction, the wars of the whole game, and reports.

use serde_json::{Value, json};

use crate::sim::answer::request::{ApiRequest, Body, body};
use crate::sim::world::wars::{RankedWar, Side, TerritoryWar};
use crate::sim::world::{DAY, Faction, HOUR, World};

/// How long `warfareterritory` lists an ended war, in seconds.
const LISTED_AFTER_END: i64 = 14 * DAY;

impl World {
    /// The current wars of a faction. As in Torn, the `end` of a running war is null here and 0 in the lists.
    pub(super) fn wars(&self, faction: &Faction, now: i64) -> Body {
        let timestamp = self.effective_time(now);
        let ranked = self.list_ranked_wars(Some(faction.id), now, i64::MAX, 2);
        let shown = ranked.iter().filter(|war| war.in_wars);
        // The answer has one ranked war; a pinned one has priority.
        let shown = shown.max_by_key(|war| (self.is_ranked_war_pinned(war.id), war.start));
        let ranked = shown.map(|war| {
            json!({
                "war_id": war.id,
                "start": war.start,
                "end": war.end,
                "target": war.target,
                "winner": war.winner,
                "factions": war.factions.map(|side| self.side(side, now)),
            })
        });
        let territory = self.list_territory_wars(Some(faction.id), now, timestamp - DAY);
        let territory: Vec<Value> = territory
            .iter()
            .filter(|war| war.in_wars)
            .map(|war| {
                json!({
                    "war_id": war.id,
                    "territory": war.tile,
                    "start": war.start,
                    "end": war.end,
                    "target": war.target,
                    "winner": null,
                    "factions": [
                        self.assault_side(war.aggressor, true, now),
                        self.assault_side(war.defender, false, now),
                    ],
                })
            })
            .collect();
        let pacts = json!([{
            "faction_id": 3_000_007,
            "faction_name": self.faction_name(3_000_007, now),
            "until": timestamp / DAY * DAY + 30 * DAY,
        }]);
        body(json!({
            "pacts": pacts,
            "wars": {"ranked": ranked, "raids": [], "territory": territory},
        }))
    }

    fn side(&self, side: Side, now: i64) -> Value {
        json!({
            "id": side.faction_id,
            "name": self.faction_name(side.faction_id, now),
            "score": side.score,
            "chain": side.chain,
        })
    }

    fn assault_side(&self, side: Side, is_aggressor: bool, now: i64) -> Value {
        let mut body = self.side(side, now);
        if let Some(body) = body.as_object_mut() {
            let players = self.players_on_wall(side.faction_id, now);
            body.insert("is_aggressor".to_owned(), is_aggressor.into());
            body.insert("playerIds".to_owned(), players.into());
        }
        body
    }

    /// The members on the wall of a faction that fights for a tile.
    fn players_on_wall(&self, faction_id: i64, now: i64) -> Vec<i64> {
        let timestamp = self.effective_time(now);
        let mut roster = self.roster(faction_id, now);
        roster.retain(|&player| is_on_wall(player, timestamp));
        roster
    }

    fn ranked_details(&self, war: &RankedWar, now: i64) -> Value {
        json!({
            "id": war.id,
            "start": war.start,
            "end": war.end.unwrap_or(0),
            "target": war.target,
            "winner": war.winner,
            "factions": war.factions.map(|side| self.side(side, now)),
        })
    }

    pub(super) fn ranked_history(&self, request: &ApiRequest<'_>, faction: &Faction) -> Body {
        let now = request.now;
        let mut wars = self.list_ranked_wars(Some(faction.id), now, i64::MAX, usize::MAX);
        wars.retain(|war| war.in_history);
        let (offset, limit) = (request.offset(), request.limit(20, 100));
        let page = wars.iter().skip(offset).take(limit);
        let page: Vec<Value> = page.map(|war| self.ranked_details(war, now)).collect();
        body(json!({
            "rankedwars": page,
            "_metadata": request.links_by_offset(offset, limit, wars.len()),
        }))
    }

    pub(super) fn warfare_ranked(&self, request: &ApiRequest<'_>) -> Body {
        let now = request.now;
        let wanted = if request.oldest_first() {
            usize::MAX
        } else {
            request.limit(100, 100) + 1
        };
        let listed = |to: i64, wanted: usize| {
            let mut wars = self.list_ranked_wars(None, now, to, wanted);
            wars.retain(|war| war.in_history);
            wars
        };
        let newest = listed(i64::MAX, 1).first().map(|war| war.start);
        let wars = listed(request.max_start(), wanted);
        let page = request.page_by_time(wars, newest, |war| war.start);
        let wars: Vec<Value> = page
            .rows
            .iter()
            .map(|war| self.ranked_details(war, now))
            .collect();
        body(json!({"warfareranked": wars, "_metadata": page.metadata}))
    }

    pub(super) fn warfare_territory(&self, request: &ApiRequest<'_>) -> Body {
        let now = request.now;
        let mut wars =
            self.list_territory_wars(None, now, self.effective_time(now) - LISTED_AFTER_END);
        wars.retain(|war| war.in_history);
        let newest = wars.first().map(|war| war.start);
        let page = request.page_by_time(wars, newest, |war| war.start);
        let side = |side: Side, is_running: bool| {
            let mut body = json!({
                "id": side.faction_id,
                "name": self.faction_name(side.faction_id, now),
                "score": side.score,
            });
            if let Some(body) = body.as_object_mut().filter(|_| is_running) {
                let players = self.players_on_wall(side.faction_id, now);
                let players: Vec<Value> = players
                    .into_iter()
                    .filter_map(|id| self.player_at(id, now))
                    .map(|player| json!({"id": player.id, "name": player.name}))
                    .collect();
                body.insert("chain".to_owned(), side.chain.into());
                body.insert("players_on_wall".to_owned(), players.into());
            }
            body
        };
        let wars: Vec<Value> = page
            .rows
            .iter()
            .map(|war| {
                let mut listed = territory_war(war);
                listed["aggressor"] = side(war.aggressor, war.result.is_none());
                listed["defender"] = side(war.defender, war.result.is_none());
                listed["result"] = json!(war.result.as_deref().unwrap_or("in_progress"));
                listed
            })
            .collect();
        body(json!({"warfareterritory": wars, "_metadata": page.metadata}))
    }

    pub(super) fn territory_history(&self, request: &ApiRequest<'_>, faction: &Faction) -> Body {
        let now = request.now;
        let mut wars = self.list_territory_wars(Some(faction.id), now, 0);
        wars.retain(|war| war.in_history && war.result.is_some());
        let page = request.page_by_time(wars, None, |war| war.start);
        let side = |side: Side, is_aggressor: bool| {
            json!({
                "id": side.faction_id,
                "name": self.faction_name(side.faction_id, now),
                "score": side.score,
                "is_aggressor": is_aggressor,
            })
        };
        let wars: Vec<Value> = page
            .rows
            .iter()
            .map(|war| {
                let mut past = territory_war(war);
                past["result"] = json!(war.result);
                past["factions"] = json!([side(war.aggressor, true), side(war.defender, false)]);
                past
            })
            .collect();
        body(json!({"territorywars": wars}))
    }

    pub(super) fn ranked_report(&self, war: &RankedWar, now: i64) -> Body {
        let end = war.end.unwrap_or(war.start);
        let factions = war.factions.map(|side| {
            let roster = self.roster(side.faction_id, end.min(now));
            let count = i64::try_from(roster.len()).unwrap_or(1).max(1);
            let won = war.winner == Some(side.faction_id);
            let members: Vec<Value> = roster
                .iter()
                .filter_map(|&id| self.player_at(id, end))
                .map(|player| {
                    json!({
                        "id": player.id,
                        "name": player.name,
                        "level": player.level,
                        "attacks": side.score / count / 5,
                        "score": hundredths(side.score * 100 / count),
                    })
                })
                .collect();
            json!({
                "id": side.faction_id,
                "name": self.faction_name(side.faction_id, now),
                "score": side.score,
                "attacks": side.score / 5,
                "rank": {"before": "Gold II", "after": if won { "Gold I" } else { "Gold II" }},
                "rewards": {
                    "respect": if won { 2_000 } else { 500 },
                    "points": if won { 1_000 } else { 0 },
                    "items": [{"id": 1_119, "name": "Armor Cache", "quantity": 1}],
                },
                "members": members,
            })
        });
        body(json!({"rankedwarreport": {
            "id": war.id,
            "start": war.start,
            "end": end,
            "winner": war.winner.unwrap_or(0),
            "forfeit": war.forfeit,
            "factions": factions,
        }}))
    }

    pub(super) fn territory_report(&self, war: &TerritoryWar, now: i64) -> Body {
        let end = war.end.unwrap_or(war.start);
        let side = |side: Side, is_aggressor: bool| {
            let roster = self.roster(side.faction_id, end.min(now));
            let count = i64::try_from(roster.len()).unwrap_or(1).max(1);
            let members: Vec<Value> = roster
                .iter()
                .filter_map(|&id| self.player_at(id, end))
                .map(|player| {
                    json!({
                        "id": player.id,
                        "username": player.name,
                        "level": player.level,
                        "score": side.score / count,
                        "joins": 1,
                        "clears": player.id % 3,
                    })
                })
                .collect();
            json!({
                "id": side.faction_id,
                "name": self.faction_name(side.faction_id, now),
                "score": side.score,
                "joins": roster.len(),
                "clears": side.score / 5_000,
                "is_aggressor": is_aggressor,
                "members": members,
            })
        };
        body(json!({"territorywarreport": {
            "id": war.id,
            "territory": war.tile,
            "started_at": war.start,
            "ended_at": end,
            "winner": war.winner(),
            "result": war.result,
            "factions": [side(war.aggressor, true), side(war.defender, false)],
        }}))
    }
}

/// Whether a player is on a wall during this hour, if the faction fights for a tile.
pub(super) fn is_on_wall(player: i64, timestamp: i64) -> bool {
    (player + timestamp / HOUR) % 11 == 0
}

/// The fields that `warfareterritory` and `territorywars` share.
fn territory_war(war: &TerritoryWar) -> Value {
    json!({
        "id": war.id,
        "territory": war.tile,
        "start": war.start,
        "end": war.end.unwrap_or(0),
        "target": war.target,
    })
}

/// `value` / 100 as a decimal number.
fn hundredths(value: i64) -> f64 {
    f64::from(i32::try_from(value).unwrap_or(i32::MAX)) / 100.0
}
