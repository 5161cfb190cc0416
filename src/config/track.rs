//! `[track]`: the targets of fetches.

use std::collections::BTreeSet;

use crate::model::id::{FactionId, PlayerId, TerritoryId};
use crate::model::kind::Kind;

/// `[track]`: the players, factions, wars and territories to follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    pub(crate) players: BTreeSet<PlayerId>,
    pub(crate) factions: BTreeSet<FactionId>,
    /// Whether the members of these factions are followed too.
    pub(crate) members: bool,
    pub(crate) wars: Wars,
    pub(crate) territories: Territories,
}

impl Track {
    /// Whether the settings ask for anything of this kind.
    pub(crate) fn follows(&self, kind: Kind) -> bool {
        match kind {
            Kind::Players => {
                !self.players.is_empty() || (self.members && !self.factions.is_empty())
            }
            Kind::Factions => !self.factions.is_empty(),
            Kind::Wars => self.wars == Wars::All || !self.factions.is_empty(),
            Kind::Territories => match &self.territories {
                Territories::None => false,
                Territories::Tracked => !self.factions.is_empty(),
                Territories::All => true,
                Territories::These(tiles) => !tiles.is_empty(),
            },
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Wars {
    /// The wars of the tracked factions.
    #[default]
    Tracked,
    /// All wars in the game.
    All,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Territories {
    /// The territories that the tracked factions hold.
    #[default]
    Tracked,
    /// All territories in the game.
    All,
    None,
    These(BTreeSet<TerritoryId>),
}

impl Territories {
    /// The choice that a word names, in capitals or small letters.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let choices = [
            ("tracked", Self::Tracked),
            ("all", Self::All),
            ("none", Self::None),
        ];
        let mut choices = choices.into_iter();
        choices.find_map(|(name, choice)| name.eq_ignore_ascii_case(word).then_some(choice))
    }

    /// Reads an entry of a list of tiles.
    ///
    /// # Errors
    ///
    /// The message says why it is no tile. A word that stands for many tiles would be taken for one of three letters.
    pub(crate) fn tile(entry: &str) -> Result<TerritoryId, String> {
        if Self::of_word(entry).is_some() {
            return Err(format!(
                "{entry:?} is no tile, and stands alone, not in a list"
            ));
        }
        entry.parse()
    }

    /// The tiles that the setting lists; none for the other choices.
    pub(crate) fn listed(&self) -> BTreeSet<TerritoryId> {
        match self {
            Self::These(tiles) => tiles.clone(),
            Self::Tracked | Self::All | Self::None => BTreeSet::new(),
        }
    }
}
