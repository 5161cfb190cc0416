//! A second, naive opinion on what a month's summaries are: plain loops over plain rows, nothing shared with the program.

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rusqlite::{Connection, params, params_from_iter};

use crate::support::{Sandbox, rows};

/// 2027-12-01 to 2028-04-01: the end of a year and a leap day.
pub const EDGES: [i64; 5] = [
    1_827_619_200,
    1_830_297_600,
    1_832_976_000,
    1_835_481_600,
    1_838_160_000,
];

/// 2028-03-10 and 2028-04-10.
pub const IN_MARCH: i64 = EDGES[3] + 9 * DAY;
pub const IN_APRIL: i64 = EDGES[4] + 9 * DAY;

pub const DAY: i64 = 86_400;

/// One row of `player_stats_history`: id, player, time, the eight values.
#[derive(Clone, Debug)]
pub struct PlayerRow(pub i64, pub i64, pub i64, pub [Option<i64>; 8]);

/// One row of `faction_history`: id, faction, time, the three values.
#[derive(Clone, Debug)]
pub struct FactionRow(pub i64, pub i64, pub i64, pub [Option<i64>; 3]);

/// One row of `war_status_history`.
#[derive(Clone, Debug)]
pub struct WarRow {
    pub id: i64,
    pub ranked: bool,
    pub war: i64,
    pub at: i64,
    pub scores: [Option<i64>; 2],
    pub status: Option<&'static str>,
    pub winner: Option<i64>,
    pub started_at: Option<i64>,
    pub ends_at: Option<i64>,
}

/// One row of `territory_ownership_history`: id, tile, time, owner.
#[derive(Clone, Debug)]
pub struct TileRow(pub i64, pub &'static str, pub i64, pub Option<i64>);

/// The months in which an entity was observed: bit 0 is the month that begins with `EDGES[0]`.
pub type Months = u8;

/// Observed in each of the four months.
pub const EVERY_MONTH: Months = 0b1111;

/// A database's history rows, and the months in which each entity was observed.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub players: BTreeMap<i64, Months>,
    pub factions: BTreeMap<i64, Months>,
    pub tiles: BTreeMap<&'static str, Months>,
    pub player_rows: Vec<PlayerRow>,
    pub faction_rows: Vec<FactionRow>,
    pub war_rows: Vec<WarRow>,
    pub tile_rows: Vec<TileRow>,
}

impl History {
    /// Writes it straight into a database made by `init`.
    pub fn store(&self, connection: &mut Connection) {
        let transaction = connection.transaction().unwrap();
        for (faction, months) in &self.factions {
            transaction
                .execute(
                    "INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (?1, 'F', ?2, ?2)",
                    [faction, &IN_APRIL],
                )
                .unwrap();
            observe(&transaction, "faction", faction, *months);
        }
        for (player, months) in &self.players {
            transaction
                .execute(
                    "INSERT INTO players (player_id, name, created_at, last_updated) VALUES (?1, 'P', ?2, ?2)",
                    [player, &IN_APRIL],
                )
                .unwrap();
            observe(&transaction, "player", player, *months);
        }
        for (tile, months) in &self.tiles {
            transaction
                .execute(
                    "INSERT INTO territories (territory_id, created_at, last_updated) VALUES (?1, ?2, ?2)",
                    params![tile, IN_APRIL],
                )
                .unwrap();
            observe(&transaction, "territory", tile, *months);
        }
        self.append(&transaction);
        transaction.commit().unwrap();
    }

    /// Numbers the rows of each table in the order of their times, as a program that records them does.
    pub fn in_order_of_time(&mut self) {
        self.player_rows.sort_by_key(|row| (row.2, row.0));
        self.faction_rows.sort_by_key(|row| (row.2, row.0));
        self.war_rows.sort_by_key(|row| (row.at, row.id));
        self.tile_rows.sort_by_key(|row| (row.2, row.0));
        for (id, row) in (1..).zip(&mut self.player_rows) {
            row.0 = id;
        }
        for (id, row) in (1..).zip(&mut self.faction_rows) {
            row.0 = id;
        }
        for (id, row) in (1..).zip(&mut self.war_rows) {
            row.id = id;
        }
        for (id, row) in (1..).zip(&mut self.tile_rows) {
            row.0 = id;
        }
    }

    /// Replaces history rows and observations of a database by these, and leaves everything else in it.
    pub fn store_again(&self, connection: &mut Connection) {
        connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 DELETE FROM player_observations; DELETE FROM faction_observations; DELETE FROM territory_observations;
                 DELETE FROM players; DELETE FROM factions; DELETE FROM territories;
                 DELETE FROM player_stats_history; DELETE FROM faction_history;
                 DELETE FROM war_status_history; DELETE FROM territory_ownership_history;",
            )
            .unwrap();
        self.store(connection);
    }

    /// Writes the history rows alone.
    pub fn append(&self, connection: &Connection) {
        for PlayerRow(id, player, at, values) in &self.player_rows {
            let mut all = vec![Some(*id), Some(*player), Some(*at)];
            all.extend(values);
            connection
                .execute(
                    "INSERT INTO player_stats_history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'k')",
                    params_from_iter(all),
                )
                .unwrap();
        }
        for FactionRow(id, faction, at, values) in &self.faction_rows {
            connection
                .execute(
                    "INSERT INTO faction_history VALUES (?, ?, ?, ?, ?, ?, 'k')",
                    params![id, faction, at, values[0], values[1], values[2]],
                )
                .unwrap();
        }
        for row in &self.war_rows {
            connection
                .execute(
                    "INSERT INTO war_status_history (id, war_id, war_type, territory_id, attacking_faction_id,
                        defending_faction_id, attacking_score, defending_score, status, winner_faction_id, started_at,
                        ends_at, recorded_at)
                     VALUES (?, ?, ?, ?, 1, 2, ?, ?, ?, ?, ?, ?, ?)",
                    params![
                        row.id,
                        row.war,
                        war_type(row.ranked),
                        (!row.ranked).then_some("AAB"),
                        row.scores[0],
                        row.scores[1],
                        row.status,
                        row.winner,
                        row.started_at,
                        row.ends_at,
                        row.at
                    ],
                )
                .unwrap();
        }
        for TileRow(id, tile, at, owner) in &self.tile_rows {
            connection
                .execute(
                    "INSERT INTO territory_ownership_history (id, territory_id, recorded_at, faction_id)
                     VALUES (?, ?, ?, ?)",
                    params![id, tile, at, owner],
                )
                .unwrap();
        }
    }

    /// Every summary of every month that ends by `now`, as [`summaries`] reads them.
    pub fn summaries(&self, now: i64) -> Vec<String> {
        let mut lines = Vec::new();
        for month in EDGES.windows(2).filter(|month| month[1] <= now) {
            self.month(month[0], month[1], &mut lines);
        }
        lines.sort();
        lines
    }

    fn month(&self, start: i64, end: i64, lines: &mut Vec<String>) {
        for (player, observed) in &self.players {
            let mut mine: Vec<_> = self
                .player_rows
                .iter()
                .filter(|row| row.1 == *player)
                .collect();
            mine.sort_by_key(|row| (row.2, row.0));
            let series: Vec<(i64, Vec<Option<i64>>)> =
                mine.iter().map(|row| (row.2, row.3.to_vec())).collect();
            if let Some(line) = story(&series, is_in(*observed, start), start, end, Some(6)) {
                lines.push(format!("player|{player}|{start}|{end}|{line}"));
            }
        }
        for (faction, observed) in &self.factions {
            let mut mine: Vec<_> = self
                .faction_rows
                .iter()
                .filter(|row| row.1 == *faction)
                .collect();
            mine.sort_by_key(|row| (row.2, row.0));
            let series: Vec<(i64, Vec<Option<i64>>)> =
                mine.iter().map(|row| (row.2, row.3.to_vec())).collect();
            if let Some(line) = story(&series, is_in(*observed, start), start, end, None) {
                lines.push(format!("faction|{faction}|{start}|{end}|{line}"));
            }
        }
        let wars: BTreeSet<(bool, i64)> = self
            .war_rows
            .iter()
            .map(|row| (row.ranked, row.war))
            .collect();
        for (ranked, war) in wars {
            let mut mine: Vec<_> = self
                .war_rows
                .iter()
                .filter(|row| (row.ranked, row.war) == (ranked, war))
                .filter(|row| start <= row.at && row.at < end)
                .collect();
            mine.sort_by_key(|row| (row.at, row.id));
            let Some(last) = mine.last() else { continue };
            let is_over = matches!(last.status, Some("completed" | "cancelled"));
            let until = match last.ends_at {
                Some(ends_at) if is_over => ends_at,
                _ => last.at,
            };
            let winner = if last.status == Some("completed") {
                last.winner
            } else {
                None
            };
            lines.push(format!(
                "war|{}|{war}|{start}|{end}|{}|1|2|{}|{}|{}|{}|{}",
                war_type(ranked),
                if ranked { "" } else { "AAB" },
                display_path(last.scores[0]),
                display_path(last.scores[1]),
                display_path(winner),
                display_path(last.started_at.map(|started| (until - started).max(0))),
                mine.len()
            ));
        }
        let tiles: BTreeSet<&str> = self.tile_rows.iter().map(|row| row.1).collect();
        for tile in tiles {
            let mut mine: Vec<_> = self.tile_rows.iter().filter(|row| row.1 == tile).collect();
            mine.sort_by_key(|row| (row.2, row.0));
            let carried = mine.iter().rev().find(|row| row.2 < start);
            let within: Vec<_> = mine
                .iter()
                .filter(|row| start <= row.2 && row.2 < end)
                .collect();
            let observed = self
                .tiles
                .get(tile)
                .is_some_and(|months| is_in(*months, start));
            if within.is_empty() && !(carried.is_some() && observed) {
                continue;
            }
            let mut course: Vec<(i64, Option<i64>)> = Vec::new();
            course.extend(carried.map(|row| (start, row.3)));
            course.extend(within.iter().map(|row| (row.2, row.3)));
            let owner_at_end = course[course.len() - 1].1;
            let changes = course
                .windows(2)
                .filter(|pair| pair[0].1 != pair[1].1)
                .count();
            let mut seconds = 0;
            for (index, (since, owner)) in course.iter().enumerate() {
                let until = course.get(index + 1).map_or(end, |next| next.0);
                if owner_at_end.is_some() && *owner == owner_at_end {
                    seconds += until - since;
                }
            }
            lines.push(format!(
                "tile|{tile}|{start}|{end}|{}|{}|{changes}|{}|{}",
                display_path(course[0].1),
                display_path(owner_at_end),
                seconds / DAY,
                within.len()
            ));
        }
    }

    /// The ids that a prune up to `cutoff` leaves, of each history table.
    pub fn left_by_prune(&self, cutoff: i64) -> [BTreeSet<i64>; 4] {
        let mut left: [BTreeSet<i64>; 4] = Default::default();
        let mut keep = |table: usize, rows: &mut dyn Iterator<Item = (i64, i64)>| {
            // (time, id) of the rows in question: the newest before the cut-off.
            if let Some((_, id)) = rows.filter(|row| row.0 < cutoff).max() {
                left[table].insert(id);
            }
        };
        for player in self.players.keys() {
            let mine = || self.player_rows.iter().filter(|row| row.1 == *player);
            keep(0, &mut mine().map(|row| (row.2, row.0)));
            for column in 0..8 {
                keep(
                    0,
                    &mut mine()
                        .filter(|row| row.3[column].is_some())
                        .map(|row| (row.2, row.0)),
                );
            }
        }
        for faction in self.factions.keys() {
            let mine = || self.faction_rows.iter().filter(|row| row.1 == *faction);
            keep(1, &mut mine().map(|row| (row.2, row.0)));
            for column in 0..3 {
                keep(
                    1,
                    &mut mine()
                        .filter(|row| row.3[column].is_some())
                        .map(|row| (row.2, row.0)),
                );
            }
        }
        for war in &self.war_rows {
            let mine = self
                .war_rows
                .iter()
                .filter(|row| (row.ranked, row.war) == (war.ranked, war.war));
            keep(2, &mut mine.map(|row| (row.at, row.id)));
        }
        for tile in &self.tile_rows {
            let mine = self.tile_rows.iter().filter(|row| row.1 == tile.1);
            keep(3, &mut mine.map(|row| (row.2, row.0)));
        }
        // Nobody holds a tile in these histories: when the last owner was seen, and since when nobody holds it.
        for tile in self.tiles.keys() {
            let mine = || self.tile_rows.iter().filter(|row| row.1 == *tile);
            let owned = mine()
                .filter(|row| row.3.is_some())
                .map(|row| (row.2, row.0))
                .max();
            let since = owned.map_or(0, |owned| owned.0);
            let unowned = mine()
                .filter(|row| row.3.is_none() && row.2 >= since)
                .map(|row| (row.2, row.0))
                .min();
            left[3].extend(
                [owned, unowned]
                    .into_iter()
                    .flatten()
                    .filter(|row| row.0 < cutoff)
                    .map(|row| row.1),
            );
        }
        left[0].extend(
            self.player_rows
                .iter()
                .filter(|row| row.2 >= cutoff)
                .map(|row| row.0),
        );
        left[1].extend(
            self.faction_rows
                .iter()
                .filter(|row| row.2 >= cutoff)
                .map(|row| row.0),
        );
        left[2].extend(
            self.war_rows
                .iter()
                .filter(|row| row.at >= cutoff)
                .map(|row| row.id),
        );
        left[3].extend(
            self.tile_rows
                .iter()
                .filter(|row| row.2 >= cutoff)
                .map(|row| row.0),
        );
        left
    }
}

/// Start, end and change of each value, and the number of rows; `None` when the entity has no place in the month.
fn story(
    series: &[(i64, Vec<Option<i64>>)],
    is_observed: bool,
    start: i64,
    end: i64,
    without_change: Option<usize>,
) -> Option<String> {
    let count = series
        .iter()
        .filter(|row| start <= row.0 && row.0 < end)
        .count();
    let has_before = series.iter().any(|row| row.0 < start);
    if count == 0 && !(has_before && is_observed) {
        return None;
    }
    let mut words = Vec::new();
    for column in 0..series[0].1.len() {
        let known = || {
            series
                .iter()
                .filter_map(|row| row.1[column].map(|value| (row.0, value)))
        };
        let before = known().rfind(|row| row.0 < start);
        let first_within = known().find(|row| start <= row.0 && row.0 < end);
        let first = before.or(first_within).map(|row| row.1);
        let last = known().rfind(|row| row.0 < end).map(|row| row.1);
        words.push(display_path(first));
        words.push(display_path(last));
        if without_change != Some(column) {
            words.push(display_path(
                first.zip(last).map(|(first, last)| last - first),
            ));
        }
    }
    words.push(count.to_string());
    Some(words.join("|"))
}

fn is_in(months: Months, start: i64) -> bool {
    let index = EDGES.iter().position(|edge| *edge == start).unwrap();
    months & (1 << index) != 0
}

fn observe(connection: &Connection, what: &str, id: &impl rusqlite::ToSql, months: Months) {
    for start in EDGES[..4].iter().filter(|start| is_in(months, **start)) {
        connection
            .execute(
                &format!("INSERT INTO {what}_observations VALUES (?1, ?2, ?2, ?2, 1)"),
                params![id, start],
            )
            .unwrap();
    }
}

fn war_type(ranked: bool) -> &'static str {
    if ranked { "ranked" } else { "territory" }
}

fn display_path(value: Option<i64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Every summary in a database but for id and created_at, sorted.
pub fn summaries(connection: &Connection) -> Vec<String> {
    let mut lines = rows(
        connection,
        "SELECT 'player', player_id, period_start, period_end, strength_start, strength_end, strength_change,
            defense_start, defense_end, defense_change, speed_start, speed_end, speed_change, dexterity_start,
            dexterity_end, dexterity_change, total_stats_start, total_stats_end, total_stats_change, level_start,
            level_end, level_change, life_maximum_start, life_maximum_end, networth_start, networth_end,
            networth_change, record_count
         FROM player_stats_summary WHERE period_type = 'monthly'",
    );
    lines.extend(rows(
        connection,
        "SELECT 'faction', faction_id, period_start, period_end, respect_start, respect_end, respect_change,
            member_count_start, member_count_end, member_count_change, best_chain_start, best_chain_end,
            best_chain_change, record_count
         FROM faction_summary WHERE period_type = 'monthly'",
    ));
    lines.extend(rows(
        connection,
        "SELECT 'war', war_type, war_id, period_start, period_end, territory_id, attacking_faction_id,
            defending_faction_id, final_attacking_score, final_defending_score, winner_faction_id, duration_seconds,
            record_count
         FROM war_summary WHERE period_type = 'monthly'",
    ));
    lines.extend(rows(
        connection,
        "SELECT 'tile', territory_id, period_start, period_end, faction_id_start, faction_id_end, ownership_changes,
            days_owned, record_count
         FROM territory_ownership_summary WHERE period_type = 'monthly'",
    ));
    lines.sort();
    lines
}

/// Every row of every table, ids and times included.
pub fn dump(connection: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    for table in rows(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' ORDER BY name",
    ) {
        for line in rows(connection, &format!("SELECT * FROM \"{table}\" ORDER BY 1")) {
            lines.push(format!("{table}: {line}"));
        }
    }
    lines
}

/// All rows of the history tables with their ids.
pub fn detail(connection: &Connection) -> Vec<String> {
    let mut lines: Vec<String> = HISTORY
        .iter()
        .flat_map(|table| {
            rows(connection, &format!("SELECT * FROM {table}"))
                .into_iter()
                .map(move |line| format!("{table}: {line}"))
        })
        .collect();
    lines.sort();
    lines
}

pub const HISTORY: [&str; 4] = [
    "player_stats_history",
    "faction_history",
    "war_status_history",
    "territory_ownership_history",
];

/// Any history of those four months: few entities and many edges, equal times, unknown values, ids out of order.
pub fn any_history() -> impl Strategy<Value = History> {
    let players = vec(
        (1..=3_i64, moment(), vec(option::weighted(0.6, 1..9_i64), 8)),
        0..24,
    );
    let factions = vec(
        (1..=3_i64, moment(), vec(option::weighted(0.8, 1..9_i64), 3)),
        0..16,
    );
    let wars = vec(
        (
            any::<bool>(),
            1..=2_i64,
            moment(),
            (option::of(0..9_i64), option::of(0..9_i64)),
            prop_oneof![
                Just(None),
                Just(Some("scheduled")),
                Just(Some("ongoing")),
                Just(Some("completed")),
                Just(Some("cancelled"))
            ],
            option::of(1..=2_i64),
            (option::weighted(0.8, moment()), option::of(moment())),
        ),
        0..14,
    );
    let tiles = vec(
        (0..3_usize, moment(), option::weighted(0.7, 1..=3_i64)),
        0..18,
    );
    (
        (
            vec(0..=EVERY_MONTH, 3),
            vec(0..=EVERY_MONTH, 3),
            vec(0..=EVERY_MONTH, 2),
        ),
        players,
        factions,
        wars,
        tiles,
        any::<u64>(),
    )
        .prop_map(
            |((seen_players, seen_factions, seen_tiles), players, factions, wars, tiles, seed)| {
                let ids = |count: usize| shuffled(count, seed);
                History {
                    players: (1..).zip(seen_players).collect(),
                    factions: (1..).zip(seen_factions).collect(),
                    tiles: TILES.into_iter().zip(seen_tiles).collect(),
                    player_rows: ids(players.len())
                        .into_iter()
                        .zip(players)
                        .map(|(id, (player, at, values))| {
                            PlayerRow(id, player, at, values.try_into().unwrap())
                        })
                        .collect(),
                    faction_rows: ids(factions.len())
                        .into_iter()
                        .zip(factions)
                        .map(|(id, (faction, at, values))| {
                            FactionRow(id, faction, at, values.try_into().unwrap())
                        })
                        .collect(),
                    war_rows: ids(wars.len())
                        .into_iter()
                        .zip(wars)
                        .map(
                            |(
                                id,
                                (ranked, war, at, scores, status, winner, (started_at, ends_at)),
                            )| WarRow {
                                id,
                                ranked,
                                war,
                                at,
                                scores: [scores.0, scores.1],
                                status,
                                winner,
                                started_at,
                                ends_at,
                            },
                        )
                        .collect(),
                    tile_rows: ids(tiles.len())
                        .into_iter()
                        .zip(tiles)
                        .map(|(id, (tile, at, owner))| TileRow(id, TILES[tile], at, owner))
                        .collect(),
                }
            },
        )
}

/// The third is not in the table of tiles, so nothing says when it was observed.
const TILES: [&str; 3] = ["AAB", "AAC", "XYZ"];

/// The ids 1 to `count`, out of order.
fn shuffled(count: usize, seed: u64) -> Vec<i64> {
    let mut ids: Vec<i64> = (1..).take(count).collect();
    let mut state = seed | 1;
    for index in (1..count).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ids.swap(
            index,
            usize::try_from((state >> 33) % (index as u64 + 1)).unwrap(),
        );
    }
    ids
}

/// A moment in those months; often the first or the last second of one, and often the same one twice.
fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![
        (0..4_usize).prop_map(|month| EDGES[month]),
        (1..5_usize).prop_map(|month| EDGES[month] - 1),
        (0..8_i64).prop_map(|step| EDGES[0] + step * 15 * DAY),
        EDGES[0]..EDGES[4],
    ]
}

/// Runs `test` on many histories: the same ones each time, more of them with `TORNSNAP_PROPTEST_CASES`.
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

/// An empty database at `name`.
pub fn create(sandbox: &Sandbox, name: &str) {
    drop(tornsnap::testing::store::Store::create(&sandbox.path(name)).unwrap());
}

/// An empty database to copy for each case.
pub fn template(sandbox: &Sandbox) -> Vec<u8> {
    create(sandbox, "template.db");
    std::fs::read(sandbox.path("template.db")).unwrap()
}

/// A copy of the template with a history in it, at `name`.
pub fn with_history(
    sandbox: &Sandbox,
    template: &[u8],
    name: &str,
    history: &History,
) -> Connection {
    let path = sandbox.path(name);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    std::fs::write(&path, template).unwrap();
    let mut connection = Connection::open(path).unwrap();
    history.store(&mut connection);
    connection
}
