//! What one answer says about one war.

use crate::model::id::{FactionId, TerritoryId, WarId};
use crate::model::time::{DAY, MINUTE, is_far_future};

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
    pub(crate) fn as_str(self) -> &'static str {
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
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Ongoing => "ongoing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can change any more.
    pub(crate) fn is_over(self) -> bool {
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
    /// Points, 0 or more; `None`: not known this time.
    pub score: Option<i64>,
}

/// One observation of one war.
#[derive(Clone, Debug, PartialEq)]
pub struct War {
    /// Which, together with the type.
    pub id: WarId,
    /// Ranked or territory.
    pub(crate) war_type: WarType,
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
    /// A list says that it has ended, but not yet who has won: its report is needed.
    pub(crate) has_unknown_end: bool,
}

impl War {
    /// This observation in the light of the one before: what it does not say stays as it was, and a ranked war, whose
    /// lists know no sides, keeps the sides it was first stored with. A war that was won stays won, however far behind
    /// a list may be; one that seemed to be called off may turn up again.
    #[must_use]
    pub(crate) fn after(mut self, before: &Self) -> Self {
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
        self.attacking = with_score_of(self.attacking, before.attacking.as_ref());
        self.defending = with_score_of(self.defending, before.defending.as_ref());
        self.territory = self.territory.or(before.territory);
        self.required_score = self.required_score.or(before.required_score);
        if self.status == before.status {
            self.end_reason = self.end_reason.or_else(|| before.end_reason.clone());
        }
        self.started_at = self.started_at.or(before.started_at);
        self
    }

    /// Whether both say the same of the war, names aside.
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

    /// Whether this faction is on either side.
    pub(crate) fn involves(&self, faction: FactionId) -> bool {
        [&self.attacking, &self.defending]
            .into_iter()
            .flatten()
            .any(|side| side.faction == faction)
    }

    /// The same war, called off before it began.
    #[must_use]
    pub(crate) fn cancelled(mut self) -> Self {
        self.status = WarStatus::Cancelled;
        self
    }

    /// The same war after Torn has known nothing of it for a long time.
    #[must_use]
    pub(crate) fn given_up(self) -> Self {
        Self {
            end_reason: Some("unknown".to_owned()),
            ..self.cancelled()
        }
    }
}

/// A side that is not named, or whose score is not known, stays as it was.
fn with_score_of(side: Option<Side>, before: Option<&Side>) -> Option<Side> {
    let Some(mut side) = side else {
        return before.cloned();
    };
    let same = before.filter(|before| before.faction == side.faction);
    side.score = side.score.or(same.and_then(|before| before.score));
    Some(side)
}

/// The question about a war that Torn has not answered yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// How it ended.
    End,
    /// Its report: a list has told the end, but only the report tells a forfeit.
    Report,
    /// How it ended, although Torn knows it: a history has it as going on, or Torn refuses to tell.
    Later,
}

impl Wanted {
    /// The word in the table.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Report => "report",
            Self::Later => "later",
        }
    }
}

/// A war that Torn was asked about without success.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FollowUp {
    /// Ranked or territory.
    pub(crate) war_type: WarType,
    pub(crate) war: WarId,
    /// The question that was asked.
    pub(crate) wanted: Wanted,
    /// Unix seconds.
    pub(crate) first_asked_at: i64,
    /// Unix seconds.
    pub(crate) last_asked_at: i64,
}

/// Seconds after which a war that Torn knows nowhere is given up.
const GIVE_UP_AFTER: i64 = 30 * DAY;

/// Seconds between the first two questions about a war. A report may lag some minutes behind its war.
const FIRST_PAUSE: i64 = 20 * MINUTE;

/// Seconds for which a report is asked for after the end of a war was told by a list.
const REPORT_WAIT: i64 = 2 * DAY;

/// The next step for a war that Torn was asked about without success.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NextStep {
    /// Ask now.
    Ask,
    /// It was asked about not long ago.
    Wait,
    /// It has been asked about for long enough.
    Stop,
}

impl FollowUp {
    /// Whether a war counts as cancelled when Torn knows nothing of it once more.
    pub(crate) fn is_old(&self, now: i64) -> bool {
        self.wanted == Wanted::End
            && !is_far_future(self.first_asked_at, now)
            && now - self.first_asked_at >= GIVE_UP_AFTER
    }

    /// Torn is asked ever more rarely: each pause is twice as long as all of them before, and a day at most.
    pub(crate) fn next_step(&self, now: i64) -> NextStep {
        let (first, last) = (self.first_asked_at, self.last_asked_at);
        if is_far_future(first, now) || is_far_future(last, now) {
            return NextStep::Ask;
        }
        if self.wanted == Wanted::Report && now - first >= REPORT_WAIT {
            return NextStep::Stop;
        }
        if self.is_old(now) {
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

/// How a territory war ended, from Torn's `result` word.
///
/// Source: `FactionTerritoryWarResultEnum` of the published description. Torn adds words: with an unknown one the
/// winner decides, if one is named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TerritoryResult {
    /// Still fought.
    InProgress,
    /// The assault took the tile.
    Assault,
    /// The assault failed.
    Defense,
    /// Treaty or destroyed faction: no winner.
    NoWinner,
    /// A word that the description does not have.
    Unknown,
}

impl TerritoryResult {
    /// Reads Torn's word.
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
    fn a_war_that_torn_knows_nowhere_is_asked_about_ever_more_rarely() {
        let start = 1_775_044_800;
        let mut follow_up = FollowUp {
            war_type: WarType::Ranked,
            war: WarId::new(1).unwrap(),
            wanted: Wanted::End,
            first_asked_at: start,
            last_asked_at: start,
        };
        let mut asked = Vec::new();
        let mut now = start;
        while !follow_up.is_old(now) {
            now += 4 * MINUTE;
            if follow_up.next_step(now) == NextStep::Ask {
                asked.push(now - start);
                follow_up.last_asked_at = now;
            }
        }

        assert_eq!(asked[..4], [20 * MINUTE, HOUR, 3 * HOUR, 9 * HOUR]);
        assert!(asked.len() < 40, "{} questions in 30 days", asked.len());
        assert_eq!(now - start, 30 * DAY);
    }
}
