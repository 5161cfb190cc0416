//! The four kinds of thing that are followed.

use std::fmt;

/// What a fetch asks about.
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
    /// All kinds, in the order in which `fetch all` asks for them: rosters before players.
    pub(crate) const ALL: [Self; 4] =
        [Self::Factions, Self::Wars, Self::Players, Self::Territories];

    /// The word used in commands, tables and file names.
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
