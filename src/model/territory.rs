//! Observations of tiles.

use crate::model::id::{FactionId, TerritoryId};

/// Facts that Torn rarely changes. `None` means that the answer does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct TileFacts {
    /// The tile's id.
    pub id: TerritoryId,
    /// 1 to 7.
    pub sector: Option<i64>,
    /// In Torn's unit.
    pub size: Option<i64>,
    /// In Torn's unit.
    pub density: Option<i64>,
    /// Places for fighters on the wall.
    pub slots: Option<i64>,
    /// In points per day.
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
    /// The answer does not say whether there is one. The stored racket is kept.
    Unknown,
    /// The tile has no racket.
    Absent,
    /// The tile has this racket.
    Present(Racket),
}

/// Whether a tile is under assault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TileWar {
    /// There is no assault.
    None,
    /// A tile of a faction that is not followed is under assault.
    UnderAttack,
    /// A tile of a followed faction is under assault.
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
    /// The racket on the tile.
    pub racket: RacketState,
    /// `None` if the answer does not say.
    pub war: Option<TileWar>,
}
