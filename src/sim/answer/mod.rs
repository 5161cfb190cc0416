//! Answers: which question a path asks, and the JSON that Torn would reply.

mod paging;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

pub use crate::sim::answer::paging::Links;
use crate::sim::keys::Category;
use crate::sim::keys::Key;
use crate::sim::territory::Racket;
use crate::sim::territory::Tile;
use crate::sim::wars::RankedWar;
use crate::sim::wars::Side;
use crate::sim::wars::TerritoryWar;
use crate::sim::world::DAY;
use crate::sim::world::Faction;
use crate::sim::world::HOUR;
use crate::sim::world::Player;
use crate::sim::world::World;
use crate::sim::world::newest_bucket;

/// `warfareterritory` keeps an ended war this long.
const RECENT: i64 = 14 * DAY;

/// Why Torn refuses, as its error codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sim) enum Refusal {
    EmptyKey,
    UnknownKey,
    WrongSelection,
    TooManyRequests,
    UnknownId,
    NotYours,
    LowAccess,
    UnknownStat,
    CategoryAndStat,
}

impl Refusal {
    fn code(self) -> i64 {
        match self {
            Self::EmptyKey => 1,
            Self::UnknownKey => 2,
            Self::WrongSelection => 4,
            Self::TooManyRequests => 5,
            Self::UnknownId => 6,
            Self::NotYours => 7,
            Self::LowAccess => 16,
            Self::UnknownStat => 25,
            Self::CategoryAndStat => 26,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::EmptyKey => "Key is empty",
            Self::UnknownKey => "Incorrect key",
            Self::WrongSelection => "Wrong fields",
            Self::TooManyRequests => "Too many requests",
            Self::UnknownId => "Incorrect ID",
            Self::NotYours => "Incorrect ID-entity relation",
            Self::LowAccess => "Access level of this key is not high enough",
            Self::UnknownStat => "Invalid stat requested",
            Self::CategoryAndStat => "Only category or stats can be requested",
        }
    }

    /// The body that says so.
    pub(in crate::sim) fn body(self) -> Value {
        json!({"error": self.error()})
    }

    fn error(self) -> Value {
        json!({"code": self.code(), "error": self.words()})
    }

    /// Whether another key could get the answer.
    fn concerns_the_key(self) -> bool {
        matches!(self, Self::LowAccess | Self::NotYours)
    }
}

/// Torn's way to say no.
pub(in crate::sim) fn error_body(code: i64, words: &str) -> Value {
    json!({"error": {"code": code, "error": words}})
}

/// One question, taken apart.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Question<'a> {
    /// The address up to the path, with `/v2` if it was there.
    pub(in crate::sim) base: &'a str,
    /// The path without `/v2`.
    pub(in crate::sim) path: &'a str,
    /// The query, decoded.
    pub(in crate::sim) query: Vec<(String, String)>,
    /// Who asks.
    pub(in crate::sim) key: &'a Key,
    /// When.
    pub(in crate::sim) now: i64,
    /// Whether a selection that the key may not read is refused inside the answer.
    pub(in crate::sim) refusals_inside: bool,
    /// Where the links of lists lead.
    pub(in crate::sim) links: Links,
    /// Whether `territoryownership` is spelled as it was before 2026.
    pub(in crate::sim) old_ownership_key: bool,
}

type Body = Map<String, Value>;
type Answer = Result<Body, Refusal>;

impl Question<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(parameter, _)| parameter == name)
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name)?.parse().ok()
    }

    /// The selections in the query, or these.
    fn selections<'a>(&'a self, otherwise: &'a str) -> Vec<&'a str> {
        self.parameter("selections")
            .filter(|selections| !selections.is_empty())
            .unwrap_or(otherwise)
            .split(',')
            .collect()
    }
}

impl Question<'_> {
    /// The union of what several selections answer.
    fn merge(
        &self,
        category: Category,
        selections: &[&str],
        answer: impl Fn(&str) -> Answer,
    ) -> Answer {
        let mut union = Body::new();
        for &selection in selections {
            let part = if self.key.is_refused(category, selection) {
                Err(Refusal::LowAccess)
            } else {
                answer(selection)
            };
            match part {
                Ok(part) => join(&mut union, part),
                Err(refusal) if self.refusals_inside && refusal.concerns_the_key() => {
                    union
                        .entry(self.field_of(selection))
                        .or_insert(refusal.error());
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(union)
    }

    /// The field of a body that a selection answers in.
    fn field_of<'a>(&self, selection: &'a str) -> &'a str {
        match selection {
            "territoryownership" if !self.old_ownership_key => "territoryOwnership",
            _ => selection,
        }
    }
}

/// Adds the fields of one answer to another; of two objects with one name, the fields are joined.
fn join(union: &mut Body, part: Body) {
    for (name, value) in part {
        match (union.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (name, value) in more {
                    known.entry(name).or_insert(value);
                }
            }
            (_, value) => {
                union.insert(name, value);
            }
        }
    }
}

impl World {
    /// What Torn replies to a question.
    pub(in crate::sim) fn answer(&self, question: &Question<'_>) -> Answer {
        let parts: Vec<&str> = question
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        match parts.as_slice() {
            ["key"] if question.parameter("selections") == Some("info") => Ok(self.key(question)),
            ["key", "info"] => Ok(self.key(question)),
            ["user", rest @ ..] => {
                let (id, selections) = target(question, rest, "profile")?;
                question.merge(Category::User, &selections, |selection| {
                    self.user(question, id, selection)
                })
            }
            ["faction", rest @ ..] => {
                let (id, selections) = target(question, rest, "basic")?;
                question.merge(Category::Faction, &selections, |selection| {
                    self.gang(question, id, selection)
                })
            }
            ["torn", rest @ ..] => {
                let (_, selections) = target(question, rest, "")?;
                question.merge(Category::Torn, &selections, |selection| match selection {
                    "territory" => Ok(self.land(question)),
                    _ => Err(Refusal::WrongSelection),
                })
            }
            _ => Err(Refusal::WrongSelection),
        }
    }

    fn key(&self, question: &Question<'_>) -> Body {
        let key = question.key;
        let faction = self
            .player_at(key.owner, question.now)
            .and_then(|owner| owner.faction_id);
        let readable = key.selections();
        body(json!({"info": {
            "selections": {
                "company": [],
                "faction": readable.faction,
                "market": [],
                "property": [],
                "torn": readable.torn,
                "user": readable.user,
                "racing": [],
                "forum": [],
                "key": ["info"],
            },
            "user": {"id": key.owner, "faction_id": faction, "company_id": null},
            "access": {
                "level": key.access.level(),
                "type": key.access.words(),
                "faction": key.faction_access,
                "company": false,
                "log": {"custom_permissions": false, "available": []},
            },
        }}))
    }

    fn user(&self, question: &Question<'_>, id: Option<i64>, selection: &str) -> Answer {
        let own = id.is_none_or(|id| id == question.key.owner);
        let id = id.unwrap_or(question.key.owner);
        let found = self.player_at(id, question.now);
        let player = found.ok_or(Refusal::UnknownId)?;
        match selection {
            "profile" => Ok(body(
                json!({"profile": self.profile(&player, question.now)}),
            )),
            "basic" => Ok(body(json!({"profile": {
                "id": player.id,
                "name": player.name,
                "level": player.level,
                "gender": "Enby",
                "status": status(&player),
            }}))),
            "battlestats" if !own => Err(Refusal::NotYours),
            "battlestats" => Ok(body(battle_stats(&player))),
            "personalstats" => self.personal_stats(question, &player, own),
            _ => Err(Refusal::WrongSelection),
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
            "last_action": last_action(player, self.moment(now)),
            "life": {"current": player.life_current, "maximum": player.life_maximum},
            "donator_status": (player.id % 2 == 0).then_some("Donator"),
            "revive_setting": "Unknown",
        })
    }

    /// The daily figures: with `stat` a list, else an object by category.
    fn personal_stats(&self, question: &Question<'_>, player: &Player, own: bool) -> Answer {
        let newest = newest_bucket(question.now);
        let day = question
            .number("timestamp")
            .map_or(newest, |asked| (asked.max(0) / DAY * DAY).min(newest));
        let networth = self.networth_on(player.id, day).ok_or(Refusal::UnknownId)?;
        let Some(stats) = question.parameter("stat") else {
            return Ok(body(
                json!({"personalstats": {"networth": {"total": networth}}}),
            ));
        };
        if question.parameter("cat").is_some() {
            return Err(Refusal::CategoryAndStat);
        }
        let private = own && question.key.reads_private_stats();
        let total = player.strength + player.defense + player.speed + player.dexterity;
        let mut list = Vec::new();
        for stat in stats.split(',').take(10) {
            let value = match stat {
                "networth" => Some(networth),
                "strength" => private.then_some(player.strength),
                "defense" => private.then_some(player.defense),
                "speed" => private.then_some(player.speed),
                "dexterity" => private.then_some(player.dexterity),
                "totalstats" => private.then_some(total),
                _ => return Err(Refusal::UnknownStat),
            };
            list.extend(value.map(|value| json!({"name": stat, "value": value, "timestamp": day})));
        }
        Ok(body(json!({"personalstats": list})))
    }

    fn gang(&self, question: &Question<'_>, id: Option<i64>, selection: &str) -> Answer {
        let now = question.now;
        match selection {
            "territoryownership" => return Ok(self.ownership(question)),
            "rackets" => return Ok(self.rackets(now)),
            "warfareranked" => return Ok(self.warfare_ranked(question)),
            "warfareterritory" => return Ok(self.warfare_territory(question)),
            "rankedwarreport" => {
                let war = id.and_then(|id| self.ranked_war_at(id, now));
                let war = war.filter(|war| war.has_report).ok_or(Refusal::UnknownId)?;
                return Ok(self.ranked_report(&war, now));
            }
            "territorywarreport" => {
                let war = id.and_then(|id| self.territory_war_at(id, now));
                let war = war.filter(|war| war.has_report).ok_or(Refusal::UnknownId)?;
                return Ok(self.territory_report(&war, now));
            }
            _ => {}
        }
        let own = || self.player_at(question.key.owner, now)?.faction_id;
        let faction = id.or_else(own).and_then(|id| self.faction_at(id, now));
        let faction = faction.ok_or(Refusal::UnknownId)?;
        match selection {
            "basic" => Ok(self.basic(&faction, now)),
            "members" => Ok(self.members(&faction, now)),
            "wars" => Ok(self.wars(&faction, now)),
            "territory" => {
                let tiles = self.tiles_of(faction.id, now);
                let tiles: Vec<Value> = tiles.iter().map(territory).collect();
                Ok(body(json!({"territory": tiles})))
            }
            "rankedwars" => Ok(self.ranked_history(question, &faction)),
            "territorywars" => Ok(self.territory_history(question, &faction)),
            _ => Err(Refusal::WrongSelection),
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
            "days_old": (self.moment(now) - faction.founded_at).max(0) / DAY,
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
        let moment = self.moment(now);
        let wars = self.list_territory_wars(Some(faction.id), now, moment);
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
                    "days_in_faction": (moment - player.joined_at).max(0) / DAY,
                    "is_revivable": player.status.state == "Hospital",
                    "is_on_wall": besieged && on_wall(player.id, moment),
                    "is_in_oc": false,
                    "has_early_discharge": false,
                    "last_action": last_action(&player, moment),
                    "status": status(&player),
                    "revive_setting": "Unknown",
                })
            })
            .collect();
        body(json!({"members": members}))
    }

    /// The wars of a faction; the unfinished `end` is null here and 0 in the lists, as Torn has both.
    fn wars(&self, faction: &Faction, now: i64) -> Body {
        let moment = self.moment(now);
        let ranked = self.list_ranked_wars(Some(faction.id), now, i64::MAX, 2);
        let shown = ranked.iter().filter(|war| war.in_wars);
        // There is room for one; what a test has pinned goes first.
        let shown = shown.max_by_key(|war| (self.ranked_pinned.contains_key(&war.id), war.start));
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
        let territory = self.list_territory_wars(Some(faction.id), now, moment - DAY);
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
            "until": moment / DAY * DAY + 30 * DAY,
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
            let players = self.on_the_wall(side.faction_id, now);
            body.insert("is_aggressor".to_owned(), is_aggressor.into());
            body.insert("playerIds".to_owned(), players.into());
        }
        body
    }

    /// Which members stand on the wall, if their faction fights for a tile at all.
    fn on_the_wall(&self, faction_id: i64, now: i64) -> Vec<i64> {
        let moment = self.moment(now);
        let mut roster = self.roster(faction_id, now);
        roster.retain(|&player| on_wall(player, moment));
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

    fn ranked_history(&self, question: &Question<'_>, faction: &Faction) -> Body {
        let now = question.now;
        let mut wars = self.list_ranked_wars(Some(faction.id), now, i64::MAX, usize::MAX);
        wars.retain(|war| war.in_history);
        let (offset, limit) = (question.offset(), question.limit(20, 100));
        let page = wars.iter().skip(offset).take(limit);
        let page: Vec<Value> = page.map(|war| self.ranked_details(war, now)).collect();
        body(json!({
            "rankedwars": page,
            "_metadata": question.links_by_offset(offset, limit, wars.len()),
        }))
    }

    fn warfare_ranked(&self, question: &Question<'_>) -> Body {
        let now = question.now;
        let enough = if question.oldest_first() {
            usize::MAX
        } else {
            question.limit(100, 100) + 1
        };
        let listed = |to: i64, enough: usize| {
            let mut wars = self.list_ranked_wars(None, now, to, enough);
            wars.retain(|war| war.in_history);
            wars
        };
        let newest = listed(i64::MAX, 1).first().map(|war| war.start);
        let wars = listed(question.newest_start(), enough);
        let page = question.page_by_time(wars, newest, |war| war.start);
        let wars: Vec<Value> = page
            .rows
            .iter()
            .map(|war| self.ranked_details(war, now))
            .collect();
        body(json!({"warfareranked": wars, "_metadata": page.metadata}))
    }

    fn warfare_territory(&self, question: &Question<'_>) -> Body {
        let now = question.now;
        let mut wars = self.list_territory_wars(None, now, self.moment(now) - RECENT);
        wars.retain(|war| war.in_history);
        let newest = wars.first().map(|war| war.start);
        let page = question.page_by_time(wars, newest, |war| war.start);
        let side = |side: Side, running: bool| {
            let mut body = json!({
                "id": side.faction_id,
                "name": self.faction_name(side.faction_id, now),
                "score": side.score,
            });
            if let Some(body) = body.as_object_mut().filter(|_| running) {
                let players = self.on_the_wall(side.faction_id, now);
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
                json!({
                    "id": war.id,
                    "territory": war.tile,
                    "start": war.start,
                    "end": war.end.unwrap_or(0),
                    "target": war.target,
                    "aggressor": side(war.aggressor, war.result.is_none()),
                    "defender": side(war.defender, war.result.is_none()),
                    "result": war.result.as_deref().unwrap_or("in_progress"),
                })
            })
            .collect();
        body(json!({"warfareterritory": wars, "_metadata": page.metadata}))
    }

    fn territory_history(&self, question: &Question<'_>, faction: &Faction) -> Body {
        let now = question.now;
        let mut wars = self.list_territory_wars(Some(faction.id), now, 0);
        wars.retain(|war| war.in_history && war.result.is_some());
        let page = question.page_by_time(wars, None, |war| war.start);
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
                json!({
                    "id": war.id,
                    "territory": war.tile,
                    "start": war.start,
                    "end": war.end.unwrap_or(0),
                    "target": war.target,
                    "result": war.result,
                    "factions": [side(war.aggressor, true), side(war.defender, false)],
                })
            })
            .collect();
        body(json!({"territorywars": wars}))
    }

    fn ranked_report(&self, war: &RankedWar, now: i64) -> Body {
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

    fn territory_report(&self, war: &TerritoryWar, now: i64) -> Body {
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

    fn ownership(&self, question: &Question<'_>) -> Body {
        let ids = self.tile_ids();
        let page = ids
            .iter()
            .skip(question.offset())
            .take(question.limit(20, 500));
        let tiles: Vec<Value> = page
            .map(|&id| {
                let owner = self.owner_at(id, question.now);
                json!({
                    "id": id,
                    "owned_by": owner.map(|(owner, _)| owner),
                    "acquired_at": owner.map(|(_, since)| since),
                    "irradiated": false,
                })
            })
            .collect();
        body(if question.old_ownership_key {
            json!({"territoryownership": tiles})
        } else {
            json!({"territoryOwnership": tiles})
        })
    }

    /// All rackets; each says more about where it is than the published schema does.
    fn rackets(&self, now: i64) -> Body {
        let tiles = self.tiles_with_rackets(now);
        let rackets: Vec<Value> = tiles
            .iter()
            .filter_map(|tile| {
                let mut body = racket(tile.racket.as_ref()?);
                if let Some(body) = body.as_object_mut() {
                    body.insert("territory".to_owned(), tile.id.as_str().into());
                    body.insert("faction_id".to_owned(), tile.owner.into());
                }
                Some(body)
            })
            .collect();
        body(json!({"rackets": rackets}))
    }

    fn land(&self, question: &Question<'_>) -> Body {
        let mut ids = self.tile_ids();
        if let Some(asked) = question.parameter("ids") {
            ids.retain(|id| asked.split(',').any(|asked| asked == *id));
        }
        let (offset, limit) = (question.offset(), question.limit(20, 250));
        let page = ids.iter().skip(offset).take(limit);
        let tiles: Vec<Value> = page
            .filter_map(|id| self.tile_at(id, question.now))
            .map(|tile| {
                json!({
                    "id": tile.id,
                    "sector": tile.sector,
                    "size": tile.size,
                    "density": tile.density,
                    "slots": tile.slots,
                    "respect": tile.respect,
                    "coordinates": {"x": tile.x, "y": tile.y},
                    "neighbors": tile.neighbors,
                })
            })
            .collect();
        body(json!({
            "territory": tiles,
            "_metadata": question.links_by_offset(offset, limit, ids.len()),
        }))
    }
}

/// The id and the selections that a path and query ask for.
fn target<'a>(
    question: &'a Question<'_>,
    rest: &[&'a str],
    otherwise: &'a str,
) -> Result<(Option<i64>, Vec<&'a str>), Refusal> {
    let id = |text: &str| match text.parse::<i32>() {
        Ok(id) if id > 0 => Ok(i64::from(id)),
        _ => Err(Refusal::UnknownId),
    };
    let (path_id, selections) = match rest {
        [] => (None, question.selections(otherwise)),
        [one] if one.starts_with(|first: char| first.is_ascii_digit()) => {
            (Some(id(one)?), question.selections(otherwise))
        }
        [selection] => (None, vec![*selection]),
        [one, selection] => (Some(id(one)?), vec![*selection]),
        _ => return Err(Refusal::WrongSelection),
    };
    let query_id = question.parameter("id").map(id).transpose()?;
    Ok((path_id.or(query_id), selections))
}

fn body(value: Value) -> Body {
    match value {
        Value::Object(body) => body,
        _ => Body::new(),
    }
}

fn status(player: &Player) -> Value {
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

fn last_action(player: &Player, moment: i64) -> Value {
    let ago = (moment - player.last_action).max(0);
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

fn racket(racket: &Racket) -> Value {
    json!({
        "name": racket.name,
        "level": racket.level,
        "description": format!("{} {} daily", racket.quantity, racket.reward.to_lowercase()),
        "reward": {"type": racket.reward, "quantity": racket.quantity, "id": racket.item},
        "created_at": racket.created_at,
        "changed_at": racket.changed_at,
    })
}

fn territory(tile: &Tile) -> Value {
    json!({
        "id": tile.id,
        "acquired_at": tile.acquired_at.unwrap_or(0),
        "sector": tile.sector,
        "size": tile.size,
        "density": tile.density,
        "slots": tile.slots,
        "respect": tile.respect,
        "coordinates": {"x": tile.x, "y": tile.y},
        "racket": tile.racket.as_ref().map(racket),
    })
}

/// Whether a player spends this hour on a wall.
fn on_wall(player: i64, moment: i64) -> bool {
    (player + moment / HOUR) % 11 == 0
}

fn hundredths(value: i64) -> f64 {
    f64::from(i32::try_from(value).unwrap_or(i32::MAX)) / 100.0
}
