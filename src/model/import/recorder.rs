//! Decides which rows of a merged history are changes, by the rules of `fetch`.
//!
//! `sql/fetch/append_player.sql` and its siblings have the same rules for one new row. Here they apply to whole
//! histories, also in the middle of what is stored.

use crate::model::history::History;
use crate::model::id::{FactionId, WarId};
use crate::model::import::datum::Datum;
use crate::model::import::rules::{self, Table};
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

/// The columns of a history, numbered as in `rules.rs`.
pub(crate) fn layout(history: History) -> Layout {
    match history {
        History::Players => Layout {
            table: &rules::PLAYER_HISTORY,
            entity: &[0],
            time: 1,
            facts: &[2, 3, 4, 5, 6, 7, 8, 9],
        },
        History::Factions => Layout {
            table: &rules::FACTION_HISTORY,
            entity: &[0],
            time: 1,
            facts: &[2, 3, 4],
        },
        History::Wars => Layout {
            table: &rules::WAR_HISTORY,
            entity: &[1, 0],
            time: 13,
            facts: &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        },
        History::Territories => Layout {
            table: &rules::TILE_HISTORY,
            entity: &[0],
            time: 8,
            facts: &[1, 5, 6, 7],
        },
    }
}

/// The last known values of one entity.
#[derive(Clone, Debug)]
pub(crate) enum Recorder {
    /// Each value by itself, except the first `together` facts, which are compared with the last row that has any.
    Values {
        together: usize,
        last: Vec<Datum>,
    },
    War(Option<Vec<Datum>>),
    Tile(Option<Vec<Datum>>),
}

impl Recorder {
    pub(crate) fn new(history: History) -> Self {
        let values = |together, columns| Self::Values {
            together,
            last: vec![Datum::Null; columns],
        };
        match history {
            History::Players => values(5, 8),
            History::Factions => values(0, 3),
            History::Wars => Self::War(None),
            History::Territories => Self::Tile(None),
        }
    }

    /// The row as `fetch` would have stored it: a war keeps the facts that the new observation does not mention.
    pub(crate) fn completed(&self, row: &[Datum]) -> Vec<Datum> {
        match self {
            Self::Values { .. } => row.to_vec(),
            Self::War(last) => complete_war(row, last.as_deref()),
            Self::Tile(last) => complete_tile(row, last.as_deref()),
        }
    }

    /// Whether the completed row differs from the last known values.
    pub(crate) fn is_change(&self, layout: &Layout, row: &[Datum]) -> bool {
        let facts = || layout.facts.iter().map(|&index| &row[index]);
        match self {
            Self::Values { together, last } => {
                let differs = |(value, last): (&Datum, &Datum)| !value.is_null() && value != last;
                facts().skip(*together).zip(&last[*together..]).any(differs)
                    || facts().take(*together).zip(&last[..*together]).any(differs)
            }
            Self::War(last) | Self::Tile(last) => last
                .as_ref()
                .is_none_or(|last| layout.facts.iter().any(|&index| last[index] != row[index])),
        }
    }

    /// Makes the row the newest one.
    pub(crate) fn record(&mut self, layout: &Layout, row: &[Datum]) {
        match self {
            Self::Values { together, last } => {
                let facts: Vec<&Datum> = layout.facts.iter().map(|&index| &row[index]).collect();
                if facts[..*together].iter().any(|value| !value.is_null()) {
                    for (last, value) in last[..*together].iter_mut().zip(&facts) {
                        *last = (*value).clone();
                    }
                }
                for (last, value) in last.iter_mut().zip(&facts).skip(*together) {
                    if !value.is_null() {
                        *last = (*value).clone();
                    }
                }
            }
            Self::War(last) | Self::Tile(last) => *last = Some(row.to_vec()),
        }
    }
}

/// A war that is not known keeps its last one, and a racket of the same type its level.
fn complete_tile(row: &[Datum], last: Option<&[Datum]>) -> Vec<Datum> {
    const LEVEL: usize = 5;
    const RACKET: usize = 6;
    const WAR: usize = 7;
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
    let tile = match row[2].text() {
        Some(tile) => Some(tile.parse().ok()?),
        None => None,
    };
    let winner = match row[10].integer() {
        Some(winner) => Some(FactionId::new(winner).ok()?),
        None => None,
    };
    Some(War {
        id: WarId::new(row[0].integer()?).ok()?,
        war_type: match row[1].text()? {
            "ranked" => WarType::Ranked,
            _ => WarType::Territory,
        },
        territory: tile,
        attacking: side(3, 5)?,
        defending: side(4, 6)?,
        required_score: row[7].integer(),
        status: [
            WarStatus::Scheduled,
            WarStatus::Ongoing,
            WarStatus::Completed,
            WarStatus::Cancelled,
        ]
        .into_iter()
        .find(|status| Some(status.as_str()) == row[8].text())?,
        end_reason: row[9].text().map(str::to_owned),
        winner,
        started_at: row[11].integer(),
        ends_at: row[12].integer(),
        has_unknown_end: false,
    })
}

fn with_facts_of(row: &[Datum], war: &War) -> Vec<Datum> {
    let integer = |number: Option<i64>| number.map_or(Datum::Null, Datum::Integer);
    let text = |text: Option<String>| text.map_or(Datum::Null, Datum::Text);
    let faction = |side: &Option<Side>| integer(side.as_ref().map(|side| side.faction.get()));
    let score = |side: &Option<Side>| integer(side.as_ref().and_then(|side| side.score));
    let mut row = row.to_vec();
    row[2] = text(war.territory.map(|tile| tile.to_string()));
    row[3] = faction(&war.attacking);
    row[4] = faction(&war.defending);
    row[5] = score(&war.attacking);
    row[6] = score(&war.defending);
    row[7] = integer(war.required_score);
    row[8] = Datum::Text(war.status.as_str().to_owned());
    row[9] = text(war.end_reason.clone());
    row[10] = integer(war.winner.map(FactionId::get));
    row[11] = integer(war.started_at);
    row[12] = integer(war.ends_at);
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
