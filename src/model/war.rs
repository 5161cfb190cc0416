//! What one answer says about one war.

use crate::model::id::{FactionId, TerritoryId, WarId};

/// Ranked and territory wars number separately.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum WarType {
    /// A race to a lead in score, matched weekly.
    Ranked,
    /// An assault on one tile.
    Territory,
}

impl WarType {
    /// The word in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ranked => "ranked",
            Self::Territory => "territory",
        }
    }
}

/// Where a war stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WarStatus {
    /// Its start lies ahead.
    Scheduled,
    /// It has started and not ended.
    Ongoing,
    /// Fought to an end, with a winner.
    Completed,
    /// Ended without a winner, or never begun.
    Cancelled,
}

impl WarStatus {
    /// The word in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Ongoing => "ongoing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can change any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// One side of a war.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Which faction.
    pub faction: FactionId,
    /// Its name as the war lists it, if it does.
    pub name: Option<String>,
    /// Points, 0 or more.
    pub score: i64,
}

/// One observation of one war.
#[derive(Clone, Debug, PartialEq)]
pub struct War {
    /// Which, together with the type.
    pub id: WarId,
    /// Ranked or territory.
    pub war_type: WarType,
    /// The tile fought over; `None` for ranked wars.
    pub territory: Option<TerritoryId>,
    /// The assaulting side; of a ranked war the first that Torn lists.
    pub attacking: Option<Side>,
    /// The other side.
    pub defending: Option<Side>,
    /// Points (territory) or lead (ranked, decaying) that win; `None` when the answer does not say.
    pub required_score: Option<i64>,
    /// Where it stands.
    pub status: WarStatus,
    /// Torn's word for how it ended, such as `end_with_nap` or `forfeit`.
    pub end_reason: Option<String>,
    /// Only when completed.
    pub winner: Option<FactionId>,
    /// Unix seconds.
    pub started_at: Option<i64>,
    /// Unix seconds; `None` while it goes on.
    pub ends_at: Option<i64>,
}

/// How a territory war ended, from Torn's `result` word.
///
/// Source: `FactionTerritoryWarResultEnum` of the published description; unknown words end it as cancelled
/// with that reason, except those that say it has not ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TerritoryResult {
    /// Still fought.
    InProgress,
    /// The assault took the tile.
    Assault,
    /// The assault failed.
    Defense,
    /// Treaty, destroyed faction and the like: no winner.
    NoWinner,
}

impl TerritoryResult {
    /// Reads Torn's word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "in_progress" | "" => Self::InProgress,
            "success_assault" => Self::Assault,
            "fail_assault" => Self::Defense,
            _ => Self::NoWinner,
        }
    }
}
