//! Ranked and territory wars at one time, and what their generators share.

use crate::sim::world::HOUR;

/// The first war id. Ranked and territory wars both count from here, so that their ids collide, as Torn's do.
pub(super) const FIRST_WAR_ID: i64 = 40_000;
/// The time between the end of a war and its report, in seconds.
pub(super) const REPORT_DELAY: i64 = 900;
/// The time between two changes of a score, in seconds.
const SCORE_INTERVAL: i64 = HOUR / 6;

/// One faction in a war.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Side {
    /// The id of the faction, which need not exist in the world.
    pub faction_id: i64,
    /// The score.
    pub score: i64,
    /// The length of the faction's current chain.
    pub chain: i64,
}

/// A ranked war at one time.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "tests set each of them by name"
)]
pub struct RankedWar {
    /// The id. A territory war can have the same one.
    pub id: i64,
    /// The start: a unix timestamp.
    pub start: i64,
    /// The end: a unix timestamp; `None` before it.
    pub end: Option<i64>,
    /// The lead that wins. It becomes smaller over time.
    pub target: i64,
    /// The faction id of the winner.
    pub winner: Option<i64>,
    /// The two factions, in any order.
    pub factions: [Side; 2],
    /// Whether the loser forfeited.
    pub forfeit: bool,
    /// Whether `wars` of the factions shows it.
    pub in_wars: bool,
    /// Whether `rankedwars` and `warfareranked` list it.
    pub in_history: bool,
    /// Whether its report exists.
    pub has_report: bool,
}

impl RankedWar {
    /// A running war that is in every list.
    pub(super) fn new(id: i64, start: i64) -> Self {
        Self {
            id,
            start,
            end: None,
            target: 1_000,
            winner: None,
            factions: [Side::default(); 2],
            forfeit: false,
            in_wars: true,
            in_history: true,
            has_report: false,
        }
    }

    /// Whether a faction takes part.
    pub(crate) fn involves(&self, faction_id: i64) -> bool {
        self.factions
            .iter()
            .any(|side| side.faction_id == faction_id)
    }
}

/// A territory war at one time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TerritoryWar {
    /// The id. A ranked war can have the same one.
    pub id: i64,
    /// The id of the tile.
    pub tile: String,
    /// The start: a unix timestamp.
    pub start: i64,
    /// The end: a unix timestamp; `None` before it.
    pub end: Option<i64>,
    /// The score that the aggressor needs.
    pub target: i64,
    /// The faction that attacks.
    pub aggressor: Side,
    /// The faction that owns the tile.
    pub defender: Side,
    /// Torn's word for the result; `None` before the end.
    pub result: Option<String>,
    /// Whether `wars` of the factions shows it.
    pub in_wars: bool,
    /// Whether `warfareterritory` lists it, and `territorywars` after its end.
    pub in_history: bool,
    /// Whether its report exists.
    pub has_report: bool,
}

impl TerritoryWar {
    /// A running war that is in every list.
    pub(super) fn new(id: i64, start: i64) -> Self {
        Self {
            id,
            tile: "AAB".to_owned(),
            start,
            end: None,
            target: 100_000,
            aggressor: Side::default(),
            defender: Side::default(),
            result: None,
            in_wars: true,
            in_history: true,
            has_report: false,
        }
    }

    /// Whether a faction takes part.
    pub(crate) fn involves(&self, faction_id: i64) -> bool {
        self.aggressor.faction_id == faction_id || self.defender.faction_id == faction_id
    }

    /// The faction id of the winner; 0 when there is none.
    pub(crate) fn winner(&self) -> i64 {
        match self.result.as_deref() {
            Some("success_assault" | "end_with_destroy_defense") => self.aggressor.faction_id,
            Some("fail_assault" | "end_with_destroy_attack") => self.defender.faction_id,
            _ => 0,
        }
    }
}

/// The score after `elapsed` seconds of a war of `length` seconds with this final score.
pub(super) fn score_at(final_score: i64, elapsed: i64, length: i64) -> i64 {
    if elapsed >= length {
        return final_score;
    }
    final_score * (elapsed.max(0) / SCORE_INTERVAL * SCORE_INTERVAL) / length.max(1)
}
