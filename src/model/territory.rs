//! What answers say about tiles.

use crate::model::id::{FactionId, TerritoryId};

/// What never changes about a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct TileFacts {
    /// Which.
    pub id: TerritoryId,
    /// 1 to 7.
    pub sector: i64,
    /// Torn's unit.
    pub size: i64,
    /// Torn's unit.
    pub density: i64,
    /// Places on the wall.
    pub slots: i64,
    /// Points a day.
    pub respect: i64,
    /// On Torn's map.
    pub coordinate_x: f64,
    /// On Torn's map.
    pub coordinate_y: f64,
}

/// One racket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Racket {
    /// Its name, such as "Flower Shop III".
    pub name: String,
    /// 1 to 5.
    pub level: i64,
}

/// How a tile stands in war.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TileWar {
    /// No assault goes on.
    None,
    /// Its owner, whom nobody here tracks, is under assault.
    UnderAttack,
    /// Its owner is under assault and is a tracked faction.
    Defending,
}

impl TileWar {
    /// The word in the tables.
    pub fn as_str(self) -> &'static str {
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
    /// Which.
    pub id: TerritoryId,
    /// `None`: unowned.
    pub owner: Option<FactionId>,
    /// Outer `None`: not known this time; inner `None`: no racket.
    pub racket: Option<Option<Racket>>,
    /// `None`: not known this time.
    pub war: Option<TileWar>,
}
