//! Observations of wars, and the rules for asking Torn again about a war whose end is unknown.

use crate::model::id::{FactionId, TerritoryId, WarId};
use crate::model::time::{DAY, MINUTE, is_far_future};

/// The type of a war. Each type has its own sequence of ids, so that an id is unique only within its type.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum WarType {
    /// Two factions race to a lead in score. Torn matches them weekly.
    Ranked,
    /// One faction assaults a tile of another.
    Territory,
}

impl WarType {
    /// The value of the column `war_type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ranked => "ranked",
            Self::Territory => "territory",
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WarStatus {
    /// It starts in the future.
    Scheduled,
    /// It has started and not ended.
    Ongoing,
    /// It ended with a winner.
    Completed,
    /// It ended without a winner, or it never began.
    Cancelled,
}

impl WarStatus {
    /// The value of the column `status`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Ongoing => "ongoing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the war has ended, or will not take place.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// One side of a war.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub faction: FactionId,
    /// The name of the faction, if the answer has it.
    pub name: Option<String>,
    /// Points, 0 or more; `None` if the answer does not say.
    pub score: Option<i64>,
}

/// One observation of one war.
#[derive(Clone, Debug, PartialEq)]
pub struct War {
    /// Unique only together with the type.
    pub id: WarId,
    pub(crate) war_type: WarType,
    /// The tile that is fought over; `None` for ranked wars.
    pub territory: Option<TerritoryId>,
    /// The attacking faction. A ranked war has no attackers, so this is the faction that Torn lists first.
    pub attacking: Option<Side>,
    /// The defending faction, or the other faction of a ranked war.
    pub defending: Option<Side>,
    /// In a territory war, the points needed to win. In a ranked war, the lead needed to win, which decays over time.
    /// `None` if the answer does not say.
    pub required_score: Option<i64>,
    /// The state of the war.
    pub status: WarStatus,
    /// How it ended, in Torn's words, such as `end_with_nap` or `forfeit`.
    pub end_reason: Option<String>,
    /// `None` unless the war is completed.
    pub winner: Option<FactionId>,
    /// Unix seconds; may be in the future.
    pub started_at: Option<i64>,
    /// Unix seconds; `None` while the war is ongoing.
    pub ends_at: Option<i64>,
    /// Whether a list says that the war has ended, but not who won. Only the report names the winner.
    pub(crate) has_unknown_end: bool,
}

impl War {
    /// Merges this observation with the previous one of the same war.
    ///
    /// Missing fields are copied from the previous observation. The sides of a ranked war keep the order in which they
    /// were first stored, because Torn lists them in any order. A completed war stays completed, because a list may lag
    /// behind. A cancelled war may become ongoing again.
    #[must_use]
    pub(crate) fn merged_with(mut self, previous: &Self) -> Self {
        if previous.status == WarStatus::Completed && self.status != WarStatus::Completed {
            return previous.clone();
        }
        let faction = |side: &Option<Side>| side.as_ref().map(|side| side.faction);
        if self.war_type == WarType::Ranked
            && faction(&self.attacking) == faction(&previous.defending)
            && faction(&self.defending) == faction(&previous.attacking)
        {
            std::mem::swap(&mut self.attacking, &mut self.defending);
        }
        self.attacking = merge_side(self.attacking, previous.attacking.as_ref());
        self.defending = merge_side(self.defending, previous.defending.as_ref());
        self.territory = self.territory.or(previous.territory);
        // The target decays only while the war runs. Two collectors that learned its end at different times know different ones.
        self.required_score = if self.status.is_over() && self.status == previous.status {
            previous.required_score.or(self.required_score)
        } else {
            self.required_score.or(previous.required_score)
        };
        if self.status == previous.status {
            self.end_reason = self.end_reason.or_else(|| previous.end_reason.clone());
        }
        self.started_at = self.started_at.or(previous.started_at);
        self
    }

    /// Whether two observations are equal, apart from the names of the factions.
    pub(crate) fn same_facts(&self, other: &Self) -> bool {
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

    /// Whether the faction is on either side.
    pub(crate) fn involves(&self, faction: FactionId) -> bool {
        [&self.attacking, &self.defending]
            .into_iter()
            .flatten()
            .any(|side| side.faction == faction)
    }

    /// This war with the status [`WarStatus::Cancelled`].
    #[must_use]
    pub(crate) fn cancelled(mut self) -> Self {
        self.status = WarStatus::Cancelled;
        self
    }

    /// This war as cancelled for an unknown reason. For a war that Torn has not known for [`PRESUME_CANCELLED_AFTER`].
    #[must_use]
    pub(crate) fn presumed_cancelled(self) -> Self {
        Self {
            end_reason: Some("unknown".to_owned()),
            ..self.cancelled()
        }
    }
}

/// Copies a missing side from the previous observation, or the missing score of the same faction.
fn merge_side(side: Option<Side>, previous: Option<&Side>) -> Option<Side> {
    let Some(mut side) = side else {
        return previous.cloned();
    };
    let same = previous.filter(|previous| previous.faction == side.faction);
    side.score = side.score.or(same.and_then(|previous| previous.score));
    Some(side)
}

/// The reason for asking Torn about a war again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FollowUpGoal {
    /// To learn how it ended. Torn may not know the war at all.
    End,
    /// To read its report. A list has said who won, but only the report says whether the loser forfeited.
    Report,
    /// To learn how it ended. Torn knows the war, because a history lists it as ongoing or because Torn refuses to
    /// answer. It is therefore never presumed cancelled.
    EndOfKnownWar,
}

impl FollowUpGoal {
    /// The value of the column `war_follow_ups.wanted`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Report => "report",
            Self::EndOfKnownWar => "later",
        }
    }
}

/// A lookup of a war that has to be repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FollowUp {
    pub(crate) war_type: WarType,
    pub(crate) war: WarId,
    pub(crate) goal: FollowUpGoal,
    /// Unix seconds.
    pub(crate) first_asked_at: i64,
    /// Unix seconds.
    pub(crate) last_asked_at: i64,
}

/// Seconds after the first request from which a war that Torn does not know is presumed cancelled.
const PRESUME_CANCELLED_AFTER: i64 = 30 * DAY;

/// Seconds between the first two requests about a war. A report may be published some minutes after the end of its war.
const FIRST_PAUSE: i64 = 20 * MINUTE;

/// Seconds for which the report of a war is requested after a list has said how the war ended.
const REPORT_WAIT: i64 = 2 * DAY;

/// The next step for a war whose earlier lookups failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NextStep {
    Ask,
    /// The pause since the last request is not over.
    Wait,
    /// Torn is not asked about the war again.
    Stop,
}

impl FollowUp {
    /// Whether the war is presumed cancelled if Torn does not know it this time either.
    pub(crate) fn is_last_try(&self, now: i64) -> bool {
        self.goal == FollowUpGoal::End
            && !is_far_future(self.first_asked_at, now)
            && now - self.first_asked_at >= PRESUME_CANCELLED_AFTER
    }

    /// The next step, with exponential backoff: a pause is twice as long as all earlier pauses together, and a day at
    /// most.
    pub(crate) fn next_step(&self, now: i64) -> NextStep {
        let (first, last) = (self.first_asked_at, self.last_asked_at);
        if is_far_future(first, now) || is_far_future(last, now) {
            return NextStep::Ask;
        }
        if self.goal == FollowUpGoal::Report && now - first >= REPORT_WAIT {
            return NextStep::Stop;
        }
        if self.is_last_try(now) {
            return NextStep::Ask;
        }
        let pause = (2 * (last - first)).clamp(FIRST_PAUSE, DAY);
        if now - last >= pause {
            NextStep::Ask
        } else {
            NextStep::Wait
        }
    }
}

/// The field `result` of a territory war.
///
/// Source: `FactionTerritoryWarResultEnum` in Torn's OpenAPI document. Torn adds values over time. If the value
/// is unknown, the field `winner` decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TerritoryResult {
    InProgress,
    /// The attackers took the tile.
    Assault,
    /// The defenders kept the tile.
    Defense,
    /// A treaty ended the war, or a faction was destroyed.
    NoWinner,
    /// A value that the OpenAPI document does not list.
    Unknown,
}

impl TerritoryResult {
    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "in_progress" | "" => Self::InProgress,
            "success_assault" => Self::Assault,
            "fail_assault" => Self::Defense,
            word if word.starts_with("end_with_") => Self::NoWinner,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    #[test]
    fn requests_about_an_unknown_war_back_off_exponentially() {
        let start = 1_775_044_800;
        let mut follow_up = FollowUp {
            war_type: WarType::Ranked,
            war: WarId::new(1).unwrap(),
            goal: FollowUpGoal::End,
            first_asked_at: start,
            last_asked_at: start,
        };
        let mut asked = Vec::new();
        let mut now = start;
        while !follow_up.is_last_try(now) {
            now += 4 * MINUTE;
            if follow_up.next_step(now) == NextStep::Ask {
                asked.push(now - start);
                follow_up.last_asked_at = now;
            }
        }

        assert_eq!(asked[..4], [20 * MINUTE, HOUR, 3 * HOUR, 9 * HOUR]);
        assert!(asked.len() < 40, "{} requests in 30 days", asked.len());
        assert_eq!(now - start, 30 * DAY);
    }
}
