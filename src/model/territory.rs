//! Observations of tiles.

use crate::model::id::{FactionId, TerritoryId};

/// Facts of a tile that rarely change. `None` means that the answer does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct TileFacts {
    /// The tile's id.
    pub id: TerritoryId,
    /// 1 to 7.
    pub sector: Option<i64>,
    /// Torn's unit.
    pub size: Option<i64>,
    /// Torn's unit.
    pub density: Option<i64>,
    /// Places for fighters on the wall.
    pub slots: Option<i64>,
    /// Points per day.
    pub respect: Option<i64>,
    /// Position on Torn's map.
    pub coordinate_x: Option<f64>,
    /// Position on Torn's map.
    pub coordinate_y: Option<f64>,
}

/// A racket, the business on a tile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Racket {
    /// Never empty, such as "Flower Shop III".
    pub name: String,
    /// 1 to 5; `None` if the answer does not say.
    pub level: Option<i64>,
}

/// Whether a tile has a racket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RacketState {
    /// The answer does not say. The stored racket stays.
    Unknown,
    /// The tile has none.
    Absent,
    /// The tile has this one.
    Present(Racket),
}

/// Whether a tile is under assault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TileWar {
    /// It is not.
    None,
    /// It is, and its owner is not a followed faction.
    UnderAttack,
    /// It is, and its owner is a followed faction.
    Defending,
}

impl TileWar {
    /// The value of the column `war_status`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::UnderAttack => "under_attack",
            Self::Defending => "defending",
        }
    }
}

/// One observation of one tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// The tile's id.
    pub id: TerritoryId,
    /// `None` if no faction owns it.
    pub owner: Option<FactionId>,
    /// Whether it has a racket.
    pub racket: RacketState,
    /// `None` if the answer does not say.
    pub war: Option<TileWar>,
}
