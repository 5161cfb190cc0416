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

impl War {
    /// This observation in the light of the one before: what it does not say stays as it was, and a ranked war, whose
    /// lists know no sides, keeps the sides it was first stored with. A war that was won stays won, however far behind
    /// a list may be; one that seemed to be called off may turn up again.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        if before.status == WarStatus::Completed && self.status != WarStatus::Completed {
            return before.clone();
        }
        let faction = |side: &Option<Side>| side.as_ref().map(|side| side.faction);
        if self.war_type == WarType::Ranked
            && faction(&self.attacking) == faction(&before.defending)
            && faction(&self.defending) == faction(&before.attacking)
        {
            std::mem::swap(&mut self.attacking, &mut self.defending);
        }
        self.attacking = self.attacking.or_else(|| before.attacking.clone());
        self.defending = self.defending.or_else(|| before.defending.clone());
        self.territory = self.territory.or(before.territory);
        self.required_score = self.required_score.or(before.required_score);
        if self.status == before.status {
            self.end_reason = self.end_reason.or_else(|| before.end_reason.clone());
        }
        self.started_at = self.started_at.or(before.started_at);
        self
    }

    /// Whether both say the same of the war, names aside.
    pub fn same_facts(&self, other: &Self) -> bool {
        let points = |side: &Option<Side>| side.as_ref().map(|side| (side.faction, side.score));
        points(&self.attacking) == points(&other.attacking)
            && points(&self.defending) == points(&other.defending)
            && (
                self.territory,
                self.required_score,
                self.status,
                self.winner,
            ) == (
                other.territory,
                other.required_score,
                other.status,
                other.winner,
            )
            && (&self.end_reason, self.started_at, self.ends_at)
                == (&other.end_reason, other.started_at, other.ends_at)
    }

    /// Whether this faction is on either side.
    pub fn involves(&self, faction: FactionId) -> bool {
        [&self.attacking, &self.defending]
            .into_iter()
            .flatten()
            .any(|side| side.faction == faction)
    }

    /// The same war, off before it began.
    #[must_use]
    pub fn cancelled(mut self) -> Self {
        self.status = WarStatus::Cancelled;
        self
    }
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
