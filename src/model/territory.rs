//! What answers say about tiles.

use crate::model::id::{FactionId, TerritoryId};

/// Facts of a tile that hardly ever change. `None` means "not known this time".
#[derive(Clone, Debug, PartialEq)]
pub struct TileFacts {
    /// The tile.
    pub id: TerritoryId,
    /// 1 to 7.
    pub sector: Option<i64>,
    /// Torn's unit.
    pub size: Option<i64>,
    /// Torn's unit.
    pub density: Option<i64>,
    /// Places on the wall.
    pub slots: Option<i64>,
    /// Points a day.
    pub respect: Option<i64>,
    /// On Torn's map.
    pub coordinate_x: Option<f64>,
    /// On Torn's map.
    pub coordinate_y: Option<f64>,
}

/// One racket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Racket {
    /// Its name, such as "Flower Shop III".
    pub name: String,
    /// 1 to 5; `None`: not known this time.
    pub level: Option<i64>,
}

/// The racket of a tile in an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RacketState {
    /// Nothing: the last known racket stays.
    Unknown,
    /// There is none.
    Absent,
    /// There is this one.
    Present(Racket),
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
    /// Which.
    pub id: TerritoryId,
    /// `None`: unowned.
    pub owner: Option<FactionId>,
    /// Its racket.
    pub racket: RacketState,
    /// `None`: not known this time.
    pub war: Option<TileWar>,
}
