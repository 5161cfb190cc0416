//! Generated histories: few entities and many edges, equal timestamps, unknown values, ids out of order.

use std::env;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::EDGES;
use super::history::{EVERY_MONTH, History};
use super::rows::{FactionRow, PlayerRow, Row, TileRow, WarRow};
use crate::support::DAY;

/// The third tile has no row in `territories`, so it has no observations.
const TILES: [&str; 3] = ["AAB", "AAC", "XYZ"];

/// Any history of the four months.
pub fn any_history() -> impl Strategy<Value = History> {
    let observed = (
        vec(0..=EVERY_MONTH, 3),
        vec(0..=EVERY_MONTH, 3),
        vec(0..=EVERY_MONTH, 2),
    );
    let rows = (
        vec(any_player_row(), 0..24),
        vec(any_faction_row(), 0..16),
        vec(any_war_row(), 0..14),
        vec(any_tile_row(), 0..18),
    );
    (observed, rows, any::<u64>()).prop_map(|(observed, rows, seed)| {
        let (players, factions, tiles) = observed;
        let (player_rows, faction_rows, war_rows, tile_rows) = rows;
        History {
            players: (1..).zip(players).collect(),
            factions: (1..).zip(factions).collect(),
            tiles: TILES.into_iter().zip(tiles).collect(),
            player_rows: with_shuffled_ids(player_rows, seed),
            faction_rows: with_shuffled_ids(faction_rows, seed),
            war_rows: with_shuffled_ids(war_rows, seed),
            tile_rows: with_shuffled_ids(tile_rows, seed),
        }
    })
}

fn any_player_row() -> impl Strategy<Value = PlayerRow> {
    let value = || option::weighted(0.6, 1..9_i64);
    let battle_stats = (value(), value(), value(), value(), value());
    let others = (value(), value(), value());
    (1..=3_i64, any_time(), battle_stats, others).prop_map(
        |(player, at, (strength, defense, speed, dexterity, total_stats), others)| PlayerRow {
            id: 0,
            player,
            at,
            strength,
            defense,
            speed,
            dexterity,
            total_stats,
            level: others.0,
            life_maximum: others.1,
            networth: others.2,
        },
    )
}

fn any_faction_row() -> impl Strategy<Value = FactionRow> {
    let value = || option::weighted(0.8, 1..9_i64);
    (1..=3_i64, any_time(), value(), value(), value()).prop_map(
        |(faction, at, respect, member_count, best_chain)| FactionRow {
            id: 0,
            faction,
            at,
            respect,
            member_count,
            best_chain,
        },
    )
}

fn any_war_row() -> impl Strategy<Value = WarRow> {
    let score = || option::of(0..9_i64);
    let status = prop_oneof![
        Just(None),
        Just(Some("scheduled")),
        Just(Some("ongoing")),
        Just(Some("completed")),
        Just(Some("cancelled"))
    ];
    (
        (any::<bool>(), 1..=2_i64, any_time()),
        (score(), score()),
        (status, option::of(1..=2_i64)),
        (option::weighted(0.8, any_time()), option::of(any_time())),
    )
        .prop_map(
            |((ranked, war, at), scores, (status, winner), times)| WarRow {
                id: 0,
                ranked,
                war,
                at,
                attacking_score: scores.0,
                defending_score: scores.1,
                status,
                winner,
                started_at: times.0,
                ends_at: times.1,
            },
        )
}

fn any_tile_row() -> impl Strategy<Value = TileRow> {
    (0..3_usize, any_time(), option::weighted(0.7, 1..=3_i64)).prop_map(|(tile, at, owner)| {
        TileRow {
            id: 0,
            tile: TILES[tile],
            at,
            owner,
        }
    })
}

/// A timestamp in the four months; often the first or the last second of one, and often the same one twice.
fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![
        (0..4_usize).prop_map(|month| EDGES[month]),
        (1..5_usize).prop_map(|month| EDGES[month] - 1),
        (0..8_i64).prop_map(|step| EDGES[0] + step * 15 * DAY),
        EDGES[0]..EDGES[4],
    ]
}

/// Gives the rows the ids from 1 on, out of order.
fn with_shuffled_ids<R: Row>(mut rows: Vec<R>, seed: u64) -> Vec<R> {
    let mut ids: Vec<i64> = (1..).take(rows.len()).collect();
    let mut state = seed | 1;
    for index in (1..ids.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ids.swap(
            index,
            usize::try_from((state >> 33) % (index as u64 + 1)).unwrap(),
        );
    }
    for (row, id) in rows.iter_mut().zip(ids) {
        row.set_id(id);
    }
    rows
}

/// Runs `test` on generated values: the same ones each time, and more of them with `TORNSNAP_PROPTEST_CASES`.
pub fn for_any_history<T: Strategy>(
    default_cases: u32,
    strategy: T,
    test: impl Fn(T::Value) -> Result<(), TestCaseError>,
) {
    let cases = env::var("TORNSNAP_PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(default_cases);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    if let Err(error) = TestRunner::new_with_rng(config, random).run(&strategy, test) {
        panic!("{error}");
    }
}
