//! Decodes tiles: `FactionTerritoriesResponse`, `FactionTerritoriesOwnershipResponse`, `FactionRacketsResponse` and
//! `TornTerritoriesResponse`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::api::wire::scalar::{Count, NonEmptyText, Real};
use crate::api::wire::{
    DecodeError, Partitioned, decode_list, decode_object, list_items, required, unless_empty,
};
use crate::model::id::{FactionId, TerritoryId};
use crate::model::territory::{Racket, RacketState, TileFacts};

#[derive(Deserialize)]
struct WireOwnership {
    id: String,
    /// Null or 0 if the tile has no owner.
    owned_by: Option<Count>,
}

#[derive(Deserialize)]
struct WireFacts {
    id: String,
    sector: Option<Count>,
    size: Option<Count>,
    density: Option<Count>,
    slots: Option<Count>,
    respect: Option<Count>,
}

#[derive(Deserialize)]
struct Coordinates {
    x: Option<Real>,
    y: Option<Real>,
}

#[derive(Deserialize)]
struct WireRacket {
    name: NonEmptyText,
    level: Option<Count>,
    /// Torn sends it, but its API description does not have it.
    territory: Option<String>,
}

/// Decodes a page of tile owners. Torn has used two spellings of the field.
///
/// # Errors
///
/// Also if the list is null, because a missing page must not look like the end of the list.
pub fn ownership(
    body: &Value,
) -> Result<Partitioned<(TerritoryId, Option<FactionId>)>, DecodeError> {
    let field = ["territoryOwnership", "territoryownership"]
        .into_iter()
        .find(|field| body.get(field).is_some())
        .unwrap_or("territoryOwnership");
    if !required(body, field, "")?.is_array() {
        return Err(DecodeError::new(field, "it is no list"));
    }
    decode_list(body, field, "", |value, path| {
        let wire: WireOwnership = decode_object(value, path)?;
        required(value, "owned_by", path)?;
        Ok((
            tile_id(&wire.id, path)?,
            wire.owned_by.and_then(|id| FactionId::new(id.0).ok()),
        ))
    })
}

/// Decodes a page of facts about tiles.
pub fn facts(body: &Value) -> Result<Partitioned<TileFacts>, DecodeError> {
    decode_list(body, "territory", "", tile_facts)
}

/// Decodes the tiles of one faction, with their rackets. An invalid racket does not make its tile invalid; the tile then
/// has [`RacketState::Unknown`]. A tile that is listed twice is kept once.
pub fn faction_tiles(body: &Value) -> Result<Partitioned<(TileFacts, RacketState)>, DecodeError> {
    let mut tiles = Partitioned::default();
    for (index, item) in list_items(body, "territory", "")?.iter().enumerate() {
        let path = format!("territory[{index}]");
        let tile = tile_facts(item, &path).map(|facts| {
            let racket = racket_on(item, &path).unwrap_or_else(|error| {
                tiles.push(item, Err(error));
                RacketState::Unknown
            });
            (facts, racket)
        });
        tiles.push(item, tile);
    }
    let mut seen = BTreeSet::new();
    tiles.valid.retain(|(facts, _)| seen.insert(facts.id));
    Ok(tiles)
}

/// Decodes the racket on a tile. Null means that there is none; a missing field is an error.
fn racket_on(tile: &Value, path: &str) -> Result<RacketState, DecodeError> {
    match unless_empty(Some(required(tile, "racket", path)?)) {
        None => Ok(RacketState::Absent),
        Some(racket) => decode_object(racket, &format!("{path}.racket"))
            .map(|racket| RacketState::Present(to_racket(racket))),
    }
}

/// Decodes all rackets with their tiles. The tile is optional, because Torn's API description does not have it.
pub fn rackets(body: &Value) -> Result<Partitioned<(Option<TerritoryId>, Racket)>, DecodeError> {
    decode_list(body, "rackets", "", |value, path| {
        let wire: WireRacket = decode_object(value, path)?;
        let tile = wire
            .territory
            .as_deref()
            .map(|tile| parse_tile(tile, &format!("{path}.territory")))
            .transpose()?;
        Ok((tile, to_racket(wire)))
    })
}

/// The tile id in a field of an item, if it can be decoded.
pub fn tile_of(item: &Value, field: &str) -> Option<TerritoryId> {
    TerritoryId::exact(item.get(field)?.as_str()?).ok()
}

fn to_racket(wire: WireRacket) -> Racket {
    Racket {
        name: wire.name.0,
        level: wire.level.map(|level| level.0),
    }
}

fn tile_facts(value: &Value, path: &str) -> Result<TileFacts, DecodeError> {
    let wire: WireFacts = decode_object(value, path)?;
    let coordinates: Option<Coordinates> = unless_empty(value.get("coordinates"))
        .map(|found| decode_object(found, &format!("{path}.coordinates")))
        .transpose()?;
    let number = |number: Option<Count>| number.map(|number| number.0);
    Ok(TileFacts {
        id: tile_id(&wire.id, path)?,
        sector: number(wire.sector),
        size: number(wire.size),
        density: number(wire.density),
        slots: number(wire.slots),
        respect: number(wire.respect),
        coordinate_x: coordinates.as_ref().and_then(|found| Some(found.x?.0)),
        coordinate_y: coordinates.as_ref().and_then(|found| Some(found.y?.0)),
    })
}

fn tile_id(text: &str, path: &str) -> Result<TerritoryId, DecodeError> {
    parse_tile(text, &format!("{path}.id"))
}

fn parse_tile(text: &str, path: &str) -> Result<TerritoryId, DecodeError> {
    TerritoryId::exact(text).map_err(|reason| DecodeError::new(path, reason))
}
