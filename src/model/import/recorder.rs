//! Decides which rows of a merged history are changes, by the rules of `fetch`.
//!
//! `sql/fetch/append_player.sql` and its siblings have the same rules for one new row. Here they apply to whole
//! histories, also in the middle of what is stored. A test in `store/import/histories.rs` compares the two.

use crate::model::history::History;
use crate::model::id::{FactionId, WarId};
use crate::model::import::datum::Datum;
use crate::model::import::rules::{
    FACTION_HISTORY, PLAYER_HISTORY, TILE_HISTORY, Table, WAR_HISTORY,
};
use crate::model::war::{Side, War, WarStatus, WarType};

/// The columns of a history: what a row is about, when it was recorded, and what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) table: &'static Table,
    /// The columns that name the entity.
    pub(crate) entity: &'static [usize],
    pub(crate) time: usize,
    /// The columns that make a change.
    pub(crate) facts: &'static [usize],
}

impl Layout {
    /// The names of the columns that name the entity.
    pub(crate) fn entity_names(self) -> impl Iterator<Item = &'static str> {
        self.entity
            .iter()
            .map(move |&index| self.table.columns[index].name)
    }
}

const PLAYERS: Layout = Layout {
    table: &PLAYER_HISTORY,
    entity: &PLAYER_HISTORY.indices(["player_id"]),
    time: PLAYER_HISTORY.index("timestamp"),
    facts: &PLAYER_HISTORY.indices([
        "strength",
        "defense",
        "speed",
        "dexterity",
        "total_stats",
        "level",
        "life_maximum",
        "networth",
    ]),
};

const FACTIONS: Layout = Layout {
    table: &FACTION_HISTORY,
    entity: &FACTION_HISTORY.indices(["faction_id"]),
    time: FACTION_HISTORY.index("timestamp"),
    facts: &FACTION_HISTORY.indices(["respect", "member_count", "best_chain"]),
};

const WARS: Layout = Layout {
    table: &WAR_HISTORY,
    entity: &[war::TYPE, war::ID],
    time: WAR_HISTORY.index("recorded_at"),
    facts: &[
        war::TILE,
        war::ATTACKING,
        war::DEFENDING,
        war::ATTACKING_SCORE,
        war::DEFENDING_SCORE,
        war::REQUIRED_SCORE,
        war::STATUS,
        war::END_REASON,
        war::WINNER,
        war::STARTED_AT,
        war::ENDS_AT,
    ],
};

const TILES: Layout = Layout {
    table: &TILE_HISTORY,
    entity: &TILE_HISTORY.indices(["territory_id"]),
    time: TILE_HISTORY.index("recorded_at"),
    facts: &TILE_HISTORY.indices(["faction_id", "racket_level", "racket_type", "war_status"]),
};

/// The indices of the columns of a row of a war.
pub(super) mod war {
    use crate::model::import::rules::WAR_HISTORY;

    pub(in crate::model::import) const ID: usize = WAR_HISTORY.index("war_id");
    pub(in crate::model::import) const TYPE: usize = WAR_HISTORY.index("war_type");
    pub(in crate::model::import) const TILE: usize = WAR_HISTORY.index("territory_id");
    pub(in crate::model::import) const ATTACKING: usize = WAR_HISTORY.index("attacking_faction_id");
    pub(in crate::model::import) const DEFENDING: usize = WAR_HISTORY.index("defending_faction_id");
    pub(in crate::model::import) const ATTACKING_SCORE: usize =
        WAR_HISTORY.index("attacking_score");
    pub(in crate::model::import) const DEFENDING_SCORE: usize =
        WAR_HISTORY.index("defending_score");
    pub(in crate::model::import) const REQUIRED_SCORE: usize = WAR_HISTORY.index("required_score");
    pub(in crate::model::import) const STATUS: usize = WAR_HISTORY.index("status");
    pub(in crate::model::import) const END_REASON: usize = WAR_HISTORY.index("end_reason");
    pub(in crate::model::import) const WINNER: usize = WAR_HISTORY.index("winner_faction_id");
    pub(in crate::model::import) const STARTED_AT: usize = WAR_HISTORY.index("started_at");
    pub(in crate::model::import) const ENDS_AT: usize = WAR_HISTORY.index("ends_at");
}

/// The columns of a history.
pub(crate) fn layout(history: History) -> Layout {
    match history {
        History::Players => PLAYERS,
        History::Factions => FACTIONS,
        History::Wars => WARS,
        History::Territories => TILES,
    }
}

/// The last known values of one entity.
#[derive(Clone, Debug)]
pub(crate) enum Recorder {
    /// Each value by itself.
    Values(Vec<Datum>),
    War(Option<Vec<Datum>>),
    Tile(Option<Vec<Datum>>),
}

impl Recorder {
    pub(crate) fn new(history: History) -> Self {
        match history {
            History::Players | History::Factions => {
                Self::Values(vec![Datum::Null; layout(history).facts.len()])
            }
            History::Wars => Self::War(None),
            History::Territories => Self::Tile(None),
        }
    }

    /// The row as `fetch` would have stored it: a war keeps the facts that the new observation does not mention.
    pub(crate) fn completed(&self, row: &[Datum]) -> Vec<Datum> {
        match self {
            Self::Values(_) => row.to_vec(),
            Self::War(last) => complete_war(row, last.as_deref()),
            Self::Tile(last) => complete_tile(row, last.as_deref()),
        }
    }

    /// Whether the completed row differs from the last known values.
    pub(crate) fn is_change(&self, layout: &Layout, row: &[Datum]) -> bool {
        match self {
            Self::Values(last) => {
                let mut facts = layout.facts.iter().map(|&index| &row[index]).zip(last);
                facts.any(|(value, last)| !value.is_null() && value != last)
            }
            Self::War(last) | Self::Tile(last) => last
                .as_ref()
                .is_none_or(|last| layout.facts.iter().any(|&index| last[index] != row[index])),
        }
    }

    /// Takes over the values of an older row that are not known yet, and returns whether there are any.
    pub(crate) fn fill(&mut self, layout: &Layout, row: &[Datum]) -> bool {
        match self {
            Self::Values(last) => {
                let mut has_filled = false;
                for (last, &index) in last.iter_mut().zip(layout.facts) {
                    if last.is_null() && !row[index].is_null() {
                        *last = row[index].clone();
                        has_filled = true;
                    }
                }
                has_filled
            }
            Self::War(Some(_)) | Self::Tile(Some(_)) => false,
            Self::War(last) | Self::Tile(last) => {
                *last = Some(row.to_vec());
                true
            }
        }
    }

    /// Makes the row the newest one. What it does not know stays known.
    pub(crate) fn record(&mut self, layout: &Layout, row: &[Datum]) {
        match self {
            Self::Values(last) => {
                for (last, &index) in last.iter_mut().zip(layout.facts) {
                    if !row[index].is_null() {
                        *last = row[index].clone();
                    }
                }
            }
            Self::War(last) => *last = Some(complete_war(row, last.as_deref())),
            Self::Tile(last) => *last = Some(complete_tile(row, last.as_deref())),
        }
    }
}

/// A war that is not known keeps its last one, and a racket of the same type its level.
fn complete_tile(row: &[Datum], last: Option<&[Datum]>) -> Vec<Datum> {
    const LEVEL: usize = TILE_HISTORY.index("racket_level");
    const RACKET: usize = TILE_HISTORY.index("racket_type");
    const WAR: usize = TILE_HISTORY.index("war_status");
    let mut row = row.to_vec();
    if let Some(last) = last {
        if row[WAR].is_null() {
            row[WAR] = last[WAR].clone();
        }
        if row[LEVEL].is_null() && !row[RACKET].is_null() && row[RACKET] == last[RACKET] {
            row[LEVEL] = last[LEVEL].clone();
        }
    }
    row
}

fn complete_war(row: &[Datum], last: Option<&[Datum]>) -> Vec<Datum> {
    let (Some(war), Some(previous)) = (war_of(row), last.and_then(war_of)) else {
        return row.to_vec();
    };
    with_facts_of(row, &war.merged_with(&previous))
}

/// The row of a war with the required score and the winner that one collector with all rows would have stored, if they are other
/// ones. `lowest` is the lowest required score of the rows up to this time, and `lowest_at_end` that of all rows of the end. It only
/// decays, so the lower one is also the newest one. `known_winner` is the winner that any row or summary names.
///
/// Torn does not name the required score once the war is over. Each collector then carries on the last one that it has seen itself.
pub(crate) fn with_end(
    row: &[Datum],
    lowest: Datum,
    lowest_at_end: Datum,
    known_winner: Datum,
) -> Option<Vec<Datum>> {
    let is_over = status_of(row).is_some_and(WarStatus::is_over);
    let required = &row[war::REQUIRED_SCORE];
    let newest = match (lowest.integer(), lowest_at_end.integer()) {
        (before, Some(at_end)) if is_over && before.is_none_or(|before| at_end < before) => {
            lowest_at_end
        }
        _ => lowest,
    };
    let sides = [&row[war::ATTACKING], &row[war::DEFENDING]];
    let is_carried = newest != *required && (is_over || required.is_null());
    let is_decided = row[war::WINNER].is_null()
        && status_of(row) == Some(WarStatus::Completed)
        && !known_winner.is_null()
        && sides
            .iter()
            .any(|side| side.is_null() || **side == known_winner);
    if !is_carried && !is_decided {
        return None;
    }
    let mut row = row.to_vec();
    if is_carried {
        row[war::REQUIRED_SCORE] = newest;
    }
    if is_decided {
        row[war::WINNER] = known_winner;
    }
    Some(row)
}

/// The war that a row describes; `None` if a value that every war has is missing.
fn war_of(row: &[Datum]) -> Option<War> {
    let side = |faction: usize, score: usize| -> Option<Option<Side>> {
        let Some(faction) = row[faction].integer() else {
            // The model has no score without a faction.
            return row[score].is_null().then_some(None);
        };
        Some(Some(Side {
            faction: FactionId::new(faction).ok()?,
            name: None,
            score: row[score].integer(),
        }))
    };
    let tile = match row[war::TILE].text() {
        Some(tile) => Some(tile.parse().ok()?),
        None => None,
    };
    let winner = match row[war::WINNER].integer() {
        Some(winner) => Some(FactionId::new(winner).ok()?),
        None => None,
    };
    Some(War {
        id: WarId::new(row[war::ID].integer()?).ok()?,
        war_type: match row[war::TYPE].text()? {
            "ranked" => WarType::Ranked,
            _ => WarType::Territory,
        },
        territory: tile,
        attacking: side(war::ATTACKING, war::ATTACKING_SCORE)?,
        defending: side(war::DEFENDING, war::DEFENDING_SCORE)?,
        required_score: row[war::REQUIRED_SCORE].integer(),
        status: status_of(row)?,
        end_reason: row[war::END_REASON].text().map(str::to_owned),
        winner,
        started_at: row[war::STARTED_AT].integer(),
        ends_at: row[war::ENDS_AT].integer(),
        has_unknown_end: false,
    })
}

pub(super) fn status_of(row: &[Datum]) -> Option<WarStatus> {
    [
        WarStatus::Scheduled,
        WarStatus::Ongoing,
        WarStatus::Completed,
        WarStatus::Cancelled,
    ]
    .into_iter()
    .find(|status| Some(status.as_str()) == row[war::STATUS].text())
}

fn with_facts_of(row: &[Datum], war: &War) -> Vec<Datum> {
    let integer = |number: Option<i64>| number.map_or(Datum::Null, Datum::Integer);
    let text = |text: Option<String>| text.map_or(Datum::Null, Datum::Text);
    let faction = |side: &Option<Side>| integer(side.as_ref().map(|side| side.faction.get()));
    let score = |side: &Option<Side>| integer(side.as_ref().and_then(|side| side.score));
    let mut row = row.to_vec();
    row[war::TILE] = text(war.territory.map(|tile| tile.to_string()));
    row[war::ATTACKING] = faction(&war.attacking);
    row[war::DEFENDING] = faction(&war.defending);
    row[war::ATTACKING_SCORE] = score(&war.attacking);
    row[war::DEFENDING_SCORE] = score(&war.defending);
    row[war::REQUIRED_SCORE] = integer(war.required_score);
    row[war::STATUS] = Datum::Text(war.status.as_str().to_owned());
    row[war::END_REASON] = text(war.end_reason.clone());
    row[war::WINNER] = integer(war.winner.map(FactionId::get));
    row[war::STARTED_AT] = integer(war.started_at);
    row[war::ENDS_AT] = integer(war.ends_at);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layouts_name_the_columns_that_they_mean() {
        for (history, time, facts) in [
            (History::Players, "timestamp", "strength..networth"),
            (History::Factions, "timestamp", "respect..best_chain"),
            (History::Wars, "recorded_at", "territory_id..ends_at"),
            (
                History::Territories,
                "recorded_at",
                "faction_id..war_status",
            ),
        ] {
            let layout = layout(history);
            let name = |index: usize| layout.table.columns[index].name;
            assert_eq!(layout.table.name, history.table());
            assert_eq!(name(layout.time), time);
            let (first, last) = (layout.facts[0], layout.facts[layout.facts.len() - 1]);
            assert_eq!(format!("{}..{}", name(first), name(last)), facts);
        }
    }

    fn faction_row(at: i64, respect: Option<i64>, members: Option<i64>) -> Vec<Datum> {
        let integer = |value: Option<i64>| value.map_or(Datum::Null, Datum::Integer);
        vec![
            Datum::Integer(7),
            Datum::Integer(at),
            integer(respect),
            integer(members),
            Datum::Null,
            Datum::Null,
        ]
    }

    #[test]
    fn an_unknown_value_is_no_change_and_keeps_the_last_known_one() {
        let layout = layout(History::Factions);
        let mut recorder = Recorder::new(History::Factions);
        let first = faction_row(1, Some(5), Some(9));
        assert!(recorder.is_change(&layout, &first));
        recorder.record(&layout, &first);

        let partial = faction_row(2, None, Some(8));
        assert!(recorder.is_change(&layout, &partial));
        recorder.record(&layout, &partial);

        assert!(!recorder.is_change(&layout, &faction_row(3, Some(5), None)));
        assert!(!recorder.is_change(&layout, &faction_row(3, None, None)));
        assert!(recorder.is_change(&layout, &faction_row(3, Some(5), Some(9))));
    }
}
