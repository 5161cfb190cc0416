//! A whole history, and how it is written to a database.

use std::collections::BTreeMap;

use rusqlite::{Connection, ToSql, params};

use super::rows::{FactionRow, PlayerRow, TileRow, WarRow, renumber, shift_ids};
use super::{EDGES, IN_APRIL};

/// The months in which an entity was observed: bit 0 is the month that begins with `EDGES[0]`.
pub type Months = u8;

/// Observed in each of the four months.
pub const EVERY_MONTH: Months = 0b1111;

/// The history rows of a database, and the months in which each entity was observed.
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
    /// A history of these player rows alone.
    pub fn of_player_rows(player_rows: Vec<PlayerRow>) -> Self {
        Self {
            player_rows,
            ..Self::default()
        }
    }

    /// Numbers the rows of each table in the order of their timestamps, as the program records them.
    pub fn renumber(&mut self) {
        renumber(&mut self.player_rows);
        renumber(&mut self.faction_rows);
        renumber(&mut self.war_rows);
        renumber(&mut self.tile_rows);
    }

    /// Adds `offset` to the id of each row.
    pub fn shift_ids(&mut self, offset: i64) {
        shift_ids(&mut self.player_rows, offset);
        shift_ids(&mut self.faction_rows, offset);
        shift_ids(&mut self.war_rows, offset);
        shift_ids(&mut self.tile_rows, offset);
    }

    /// Adds the rows of another history.
    pub fn extend(&mut self, other: Self) {
        self.player_rows.extend(other.player_rows);
        self.faction_rows.extend(other.faction_rows);
        self.war_rows.extend(other.war_rows);
        self.tile_rows.extend(other.tile_rows);
    }

    /// The part of the history that is known when month `number` is over: without later rows and observations.
    pub fn known_after(&self, number: usize) -> Self {
        let end = EDGES[number + 1];
        let mask: Months = (1 << (number + 1)) - 1;
        let mut known = self.clone();
        known.player_rows.retain(|row| row.at < end);
        known.faction_rows.retain(|row| row.at < end);
        known.war_rows.retain(|row| row.at < end);
        known.tile_rows.retain(|row| row.at < end);
        let observed = known
            .players
            .values_mut()
            .chain(known.factions.values_mut())
            .chain(known.tiles.values_mut());
        observed.for_each(|months| *months &= mask);
        known
    }

    /// Writes the entities, their observations and the history rows into an empty database.
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

    /// Replaces the entities, observations and history rows of a database, and leaves its summaries.
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
        self.append_player_rows(connection);
        self.append_faction_rows(connection);
        self.append_war_rows(connection);
        self.append_tile_rows(connection);
    }

    fn append_player_rows(&self, connection: &Connection) {
        let mut insert = connection
            .prepare(
                "INSERT INTO player_stats_history (id, player_id, timestamp, strength, defense, speed, dexterity,
                    total_stats, level, life_maximum, networth, data_source)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'k')",
            )
            .unwrap();
        for row in &self.player_rows {
            insert
                .execute(params![
                    row.id,
                    row.player,
                    row.at,
                    row.strength,
                    row.defense,
                    row.speed,
                    row.dexterity,
                    row.total_stats,
                    row.level,
                    row.life_maximum,
                    row.networth
                ])
                .unwrap();
        }
    }

    fn append_faction_rows(&self, connection: &Connection) {
        let mut insert = connection
            .prepare(
                "INSERT INTO faction_history (id, faction_id, timestamp, respect, member_count, best_chain, data_source)
                 VALUES (?, ?, ?, ?, ?, ?, 'k')",
            )
            .unwrap();
        for row in &self.faction_rows {
            insert
                .execute(params![
                    row.id,
                    row.faction,
                    row.at,
                    row.respect,
                    row.member_count,
                    row.best_chain
                ])
                .unwrap();
        }
    }

    fn append_war_rows(&self, connection: &Connection) {
        let mut insert = connection
            .prepare(
                "INSERT INTO war_status_history (id, war_id, war_type, territory_id, attacking_faction_id,
                    defending_faction_id, attacking_score, defending_score, status, winner_faction_id, started_at,
                    ends_at, recorded_at)
                 VALUES (?, ?, ?, ?, 1, 2, ?, ?, ?, ?, ?, ?, ?)",
            )
            .unwrap();
        for row in &self.war_rows {
            insert
                .execute(params![
                    row.id,
                    row.war,
                    row.war_type(),
                    row.tile(),
                    row.attacking_score,
                    row.defending_score,
                    row.status,
                    row.winner,
                    row.started_at,
                    row.ends_at,
                    row.at
                ])
                .unwrap();
        }
    }

    fn append_tile_rows(&self, connection: &Connection) {
        let mut insert = connection
            .prepare(
                "INSERT INTO territory_ownership_history (id, territory_id, recorded_at, faction_id)
                 VALUES (?, ?, ?, ?)",
            )
            .unwrap();
        for row in &self.tile_rows {
            insert
                .execute(params![row.id, row.tile, row.at, row.owner])
                .unwrap();
        }
    }
}

/// Records one answer at the start of each of these months; `kind` is the prefix of the table and its id column.
fn observe(connection: &Connection, kind: &str, id: &impl ToSql, months: Months) {
    for start in EDGES[..4].iter().filter(|start| is_in(months, **start)) {
        connection
            .execute(
                &format!(
                    "INSERT INTO {kind}_observations ({kind}_id, period_start, first_at, last_at, polls)
                     VALUES (?1, ?2, ?2, ?2, 1)"
                ),
                params![id, start],
            )
            .unwrap();
    }
}

/// Whether the month that begins with `start` is one of these.
pub fn is_in(months: Months, start: i64) -> bool {
    let index = EDGES.iter().position(|edge| *edge == start).unwrap();
    months & (1 << index) != 0
}
