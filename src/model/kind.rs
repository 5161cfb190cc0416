//! The four kinds of data that are fetched.

use std::fmt;

/// A kind of data. Each has its own lock and its own runs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Factions and their rosters.
    Factions,
    /// Ranked and territory wars.
    Wars,
    /// Players and their battle stats.
    Players,
    /// Tiles, their owners and rackets.
    Territories,
}

impl Kind {
    /// All kinds, in the order of `fetch all`. Factions come before players, because their rosters name the players.
    pub(crate) const ALL: [Self; 4] =
        [Self::Factions, Self::Wars, Self::Players, Self::Territories];

    /// The name in commands, tables and file names.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Factions => "factions",
            Self::Wars => "wars",
            Self::Players => "players",
            Self::Territories => "territories",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
