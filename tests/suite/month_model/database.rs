//! Databases with a history, the commands that summarize and prune them, and their contents as text.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;

use super::history::History;
use super::steady_history;
use crate::support::new_database::new_database;
use crate::support::{Finished, Sandbox, rows};

/// The history tables.
pub const HISTORY: [&str; 4] = [
    "player_stats_history",
    "faction_history",
    "war_status_history",
    "territory_ownership_history",
];

/// An empty database at `name`.
pub fn create(sandbox: &Sandbox, name: &str) {
    new_database(&sandbox.path(name));
}

/// An empty database to copy for each case: a copy is cheaper than a new database.
pub fn template(sandbox: &Sandbox) -> Vec<u8> {
    create(sandbox, "template.db");
    fs::read(sandbox.path("template.db")).unwrap()
}

/// A copy of the template with a history in it, at `name`.
pub fn with_history(
    sandbox: &Sandbox,
    template: &[u8],
    name: &str,
    history: &History,
) -> Connection {
    sandbox.remove_database(name);
    let path = sandbox.path(name);
    fs::write(&path, template).unwrap();
    let mut connection = Connection::open(path).unwrap();
    history.store(&mut connection);
    connection
}

/// A database `a.db` with the steady history.
pub fn with_steady_history(sandbox: &Sandbox) -> Connection {
    with_steady_history_at(sandbox, "a.db")
}

/// A database at `name` with the steady history.
pub fn with_steady_history_at(sandbox: &Sandbox, name: &str) -> Connection {
    with_history(sandbox, &template(sandbox), name, &steady_history())
}

/// Summarizes a database without a backup.
pub fn summarize(sandbox: &Sandbox, now: i64, name: &str, more: &[&str]) -> Finished {
    let arguments = [&["summarize", "--no-backup", "--database", name], more].concat();
    sandbox.run_at(now, &arguments).expect(0)
}

/// Prunes a database although there is no backup and the prune is large.
pub fn prune(sandbox: &Sandbox, now: i64, name: &str, more: &[&str]) -> Finished {
    let command = [
        "prune",
        "--without-backup",
        "--allow-large",
        "--database",
        name,
    ];
    let arguments = [&command[..], more].concat();
    sandbox.run_at(now, &arguments)
}

/// Every summary in a database without id and created_at, sorted.
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

/// Every row of every table, with ids and timestamps.
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

/// All rows of the history tables with their ids, sorted.
pub fn history_rows(connection: &Connection) -> Vec<String> {
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

/// The ids of the rows of each history table.
#[derive(Debug, Eq, PartialEq)]
pub struct HistoryIds {
    pub players: BTreeSet<i64>,
    pub factions: BTreeSet<i64>,
    pub wars: BTreeSet<i64>,
    pub tiles: BTreeSet<i64>,
}

/// The ids of the history rows in a database.
pub fn history_ids(connection: &Connection) -> HistoryIds {
    let [players, factions, wars, tiles] = HISTORY.map(|table| {
        rows(connection, &format!("SELECT id FROM {table}"))
            .iter()
            .map(|id| id.parse().unwrap())
            .collect()
    });
    HistoryIds {
        players,
        factions,
        wars,
        tiles,
    }
}
