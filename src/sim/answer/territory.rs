//! Answers about tiles and rackets.

use serde_json::{Value, json};

use crate::sim::answer::request::{ApiRequest, Body, body};
use crate::sim::world::World;
use crate::sim::world::territory::{Racket, Tile};

impl World {
    pub(super) fn ownership(&self, request: &ApiRequest<'_>) -> Body {
        let ids = self.tile_ids();
        let page = ids
            .iter()
            .skip(request.offset())
            .take(request.limit(20, 500));
        let tiles: Vec<Value> = page
            .map(|&id| {
                let owner = self.owner_at(id, request.now);
                json!({
                    "id": id,
                    "owned_by": owner.map(|(owner, _)| owner),
                    "acquired_at": owner.map(|(_, since)| since),
                    "irradiated": false,
                })
            })
            .collect();
        body(if request.old_ownership_key {
            json!({"territoryownership": tiles})
        } else {
            json!({"territoryOwnership": tiles})
        })
    }

    /// All rackets. Each has `territory` and `faction_id`, which the published schema lacks.
    pub(super) fn rackets(&self, now: i64) -> Body {
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

    pub(super) fn tile_facts(&self, request: &ApiRequest<'_>) -> Body {
        let mut ids = self.tile_ids();
        if let Some(requested) = request.parameter("ids") {
            ids.retain(|id| requested.split(',').any(|requested| requested == *id));
        }
        let (offset, limit) = (request.offset(), request.limit(20, 250));
        let page = ids.iter().skip(offset).take(limit);
        let tiles: Vec<Value> = page
            .filter_map(|id| self.tile_at(id, request.now))
            .map(|tile| {
                let mut facts = tile_facts(&tile);
                facts["neighbors"] = json!(tile.neighbors);
                facts
            })
            .collect();
        body(json!({
            "territory": tiles,
            "_metadata": request.links_by_offset(offset, limit, ids.len()),
        }))
    }

    /// The tiles of a faction, each with its racket.
    pub(super) fn territory_of(&self, faction_id: i64, now: i64) -> Body {
        let tiles = self.tiles_of(faction_id, now);
        let tiles: Vec<Value> = tiles.iter().map(territory).collect();
        body(json!({"territory": tiles}))
    }
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

/// The properties of a tile that never change.
fn tile_facts(tile: &Tile) -> Value {
    json!({
        "id": tile.id,
        "sector": tile.sector,
        "size": tile.size,
        "density": tile.density,
        "slots": tile.slots,
        "respect": tile.respect,
        "coordinates": {"x": tile.x, "y": tile.y},
    })
}

fn territory(tile: &Tile) -> Value {
    let mut body = tile_facts(tile);
    body["acquired_at"] = json!(tile.acquired_at.unwrap_or(0));
    body["racket"] = json!(tile.racket.as_ref().map(racket));
    body
}
