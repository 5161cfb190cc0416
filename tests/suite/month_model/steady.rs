//! The history that most tests start from.

use std::collections::BTreeMap;

use super::EDGES;
use super::history::{EVERY_MONTH, History};
use super::rows::{FactionRow, PlayerRow, TileRow};
use crate::support::DAY;

/// Two players, a faction and a tile that change steadily for four months.
pub fn steady_history() -> History {
    let mut history = History {
        players: BTreeMap::from([(1, EVERY_MONTH), (2, EVERY_MONTH)]),
        factions: BTreeMap::from([(1, EVERY_MONTH), (2, EVERY_MONTH)]),
        tiles: BTreeMap::from([("AAB", EVERY_MONTH)]),
        ..History::default()
    };
    let quarters = (EDGES[0]..EDGES[4]).step_by(usize::try_from(DAY / 4).unwrap());
    for (id, at) in (1..).zip(quarters) {
        let days = (at - EDGES[0]) / DAY;
        // Battle stats and networth are known once a day.
        let stat = (at % DAY == 0).then_some(1000 + days);
        let first = PlayerRow {
            id: 2 * id,
            player: 1,
            at,
            level: Some(10 + days / 30),
            life_maximum: Some(500),
            ..PlayerRow::default()
        };
        let total = stat.map(|stat| 4 * stat);
        history
            .player_rows
            .push(first.with_battle_stats(stat, total));
        history.player_rows.push(PlayerRow {
            id: 2 * id + 1,
            player: 2,
            at,
            level: Some(20),
            life_maximum: Some(600),
            networth: stat.map(|stat| -stat),
            ..PlayerRow::default()
        });
        history.faction_rows.push(FactionRow {
            id,
            faction: 1,
            at,
            respect: Some(days),
            member_count: Some(90),
            best_chain: None,
        });
        if at % (5 * DAY) == 0 {
            history.tile_rows.push(TileRow {
                id,
                tile: "AAB",
                at,
                owner: [None, Some(1), Some(2)][usize::try_from(days % 3).unwrap()],
            });
        }
    }
    history
}
