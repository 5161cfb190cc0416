//! Tiles: `FactionTerritoriesResponse`, `FactionTerritoriesOwnershipResponse`, `FactionRacketsResponse` and
//! `TornTerritoriesResponse`.

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::number::{Count, Integer, Name, Real};
use crate::api::wire::{Misfit, Sorted, read, sort};
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{Racket, TileFacts};

#[derive(Deserialize)]
struct Ownership {
    id: String,
    /// Null or 0: unowned. A missing field is not "unowned", it is a body that does not fit.
    #[serde(deserialize_with = "present")]
    owned_by: Option<Count>,
}

#[derive(Deserialize)]
struct Facts {
    id: String,
    sector: Integer,
    size: Integer,
    density: Integer,
    slots: Integer,
    respect: Integer,
    coordinates: Coordinates,
}

#[derive(Deserialize)]
struct Coordinates {
    x: Real,
    y: Real,
}

#[derive(Deserialize)]
struct WireRacket {
    name: Name,
    level: Count,
    /// Not in the published schema, but in what Torn sends.
    territory: Option<String>,
}

#[derive(Deserialize)]
struct OwnTile {
    #[serde(flatten)]
    facts: Facts,
    racket: Option<WireRacket>,
}

/// Null is a value here, a missing field is not.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Count>, D::Error> {
    Option::deserialize(deserializer)
}

/// A page of owners. Torn has spelled the key in two ways.
pub fn ownership(body: &Value) -> Result<Sorted<(TerritoryId, Option<FactionId>)>, Misfit> {
    let field = ["territoryOwnership", "territoryownership"]
        .into_iter()
        .find(|field| body.get(field).is_some())
        .unwrap_or("territoryOwnership");
    sort(body, field, |value, path| {
        let wire: Ownership = read(value, path)?;
        Ok((
            tile_id(&wire.id, path)?,
            wire.owned_by.and_then(|id| FactionId::new(id.0).ok()),
        ))
    })
}

/// A page of what never changes.
pub fn facts(body: &Value) -> Result<Sorted<TileFacts>, Misfit> {
    sort(body, "territory", |value, path| {
        to_facts(&read(value, path)?, path)
    })
}

/// The tiles of one faction, with their rackets.
pub fn faction_tiles(body: &Value) -> Result<Sorted<(TileFacts, Option<Racket>)>, Misfit> {
    sort(body, "territory", |value, path| {
        let wire: OwnTile = read(value, path)?;
        Ok((to_facts(&wire.facts, path)?, wire.racket.map(to_racket)))
    })
}

/// All rackets with their tiles; `None` for one that does not name its tile: the published schema does not ask for it.
pub fn rackets(body: &Value) -> Result<Sorted<Option<(TerritoryId, Racket)>>, Misfit> {
    sort(body, "rackets", |value, path| {
        let wire: WireRacket = read(value, path)?;
        let tile = wire
            .territory
            .as_deref()
            .map(|tile| tile_id(tile, &format!("{path}.territory")))
            .transpose()?;
        Ok(tile.map(|tile| (tile, to_racket(wire))))
    })
}

fn to_racket(wire: WireRacket) -> Racket {
    Racket {
        name: wire.name.0,
        level: wire.level.0,
    }
}

fn to_facts(wire: &Facts, path: &str) -> Result<TileFacts, Misfit> {
    Ok(TileFacts {
        id: tile_id(&wire.id, path)?,
        sector: wire.sector.0,
        size: wire.size.0,
        density: wire.density.0,
        slots: wire.slots.0,
        respect: wire.respect.0,
        coordinate_x: wire.coordinates.x.0,
        coordinate_y: wire.coordinates.y.0,
    })
}

fn tile_id(text: &str, path: &str) -> Result<TerritoryId, Misfit> {
    text.parse()
        .map_err(|why| Misfit::at(format!("{path}.id"), why))
}
