//! `import`: a database of the Python program, another tornsnap database, and CSV, through the program itself.

mod any_order;
mod backups;
mod bad_csv;
mod closed;
mod coarse_times;
mod collector;
mod compressed;
mod csv;
mod csv_forms;
mod damaged;
mod every_poll;
mod flips;
mod gaps;
mod kill;
mod known_wars;
mod left_out;
mod manifests;
mod many_collectors;
mod memberships;
mod merge;
mod merged_databases;
mod model;
mod moves;
mod newest_values;
mod nonsense;
mod numbers;
mod oddities;
mod one_second;
mod own_copy;
mod plan;
mod plan_summaries;
mod pruned;
mod pruned_elsewhere;
mod quoted_empties;
mod quotes;
mod refusals;
mod repeated_wars;
mod required_scores;
mod restored;
mod rosters;
mod rosters_and_profiles;
#[cfg(unix)]
mod scratch;
#[cfg(unix)]
mod signals;
mod summaries;
mod ties;
mod tile_lists;
mod two_collectors;
mod war_summaries;
mod wars_of_one_second;
mod winners;

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::month_model::IN_APRIL;
use crate::support::new_database::new_database;
use crate::support::{Sandbox, rows};

/// The schema of the Python program.
pub const PLAN_SCHEMA: &str = include_str!("../../fixtures/import/plan.sql");

/// 2026-03-01.
pub const MARCH: i64 = 1_772_323_200;

/// All orders of three files.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// A folder with an empty `tornsnap.db`, and a database of the Python program, `plan.db`, filled with these statements.
pub fn with_plan(statements: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    make_plan(&sandbox.path("plan.db"), statements);
    sandbox
}

/// The report of an import in April, without a backup. The arguments are the file and flags.
fn import(sandbox: &Sandbox, into: &str, arguments: &[&str]) -> Value {
    let command = ["import", "--no-backup", "--json", "--database", into];
    let arguments = [&command[..], arguments].concat();
    sandbox.run_at(IN_APRIL, &arguments).expect(0).json()
}

/// Copies a database in place of any other one with the second name.
fn copy(sandbox: &Sandbox, from: &str, to: &str) {
    sandbox.remove_database(to);
    fs::copy(sandbox.path(from), sandbox.path(to)).unwrap();
}

/// The results of a query after each round of imports of the files into a copy of `into`.
fn results_of_rounds(
    sandbox: &Sandbox,
    into: &str,
    files: &[&str],
    rounds: usize,
    query: &str,
) -> Vec<Vec<String>> {
    copy(sandbox, into, "merged.db");
    let round = |_| {
        for file in files {
            import(sandbox, "merged.db", &[file]);
        }
        rows(&open(sandbox, "merged.db"), query)
    };
    (0..rounds).map(round).collect()
}

/// The results of a query after imports of the files in each order: into the empty database `new.db`, each file twice, and with
/// `into_first` into the first of them.
fn results_in_any_order(
    sandbox: &Sandbox,
    files: [&str; 3],
    into_first: bool,
    query: &str,
) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for order in ORDERS {
        let files = order.map(|file| files[file]);
        found.extend(results_of_rounds(sandbox, "new.db", &files, 2, query));
        if into_first {
            found.extend(results_of_rounds(sandbox, files[0], &files, 1, query));
        }
    }
    found
}

/// Makes an empty database in place of any other one with this name.
fn create(sandbox: &Sandbox, name: &str) {
    sandbox.remove_database(name);
    new_database(&sandbox.path(name));
}

fn open(sandbox: &Sandbox, name: &str) -> Connection {
    Connection::open(sandbox.path(name)).unwrap()
}

/// A database of the Python program.
pub fn make_plan(path: &Path, statements: &str) {
    let plan = Connection::open(path).unwrap();
    plan.execute_batch(PLAN_SCHEMA).unwrap();
    // The program never switched foreign keys on, whatever its plan says.
    plan.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    plan.execute_batch(statements).unwrap();
}

/// Every row of every table with data, without ids of rows, times of insertion and what is random or of the run itself.
pub fn facts(connection: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, columns) in FACTS {
        let query = format!("SELECT {columns} FROM {table}");
        let found = rows(connection, &query).into_iter();
        lines.extend(found.map(|line| format!("{table}: {line}")));
    }
    lines.sort();
    lines
}

const FACTS: [(&str, &str); 11] = [
    ("factions", "faction_id, name, tag, leader_id, respect, best_chain, member_count, is_active, last_updated"),
    (
        "players",
        "player_id, name, level, rank, faction_id, status_state, life_current, life_maximum, is_active, last_updated",
    ),
    ("territories", "territory_id, sector, faction_id, racket_type, racket_level, war_status, last_updated"),
    (
        "player_stats_history",
        "player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth",
    ),
    ("faction_history", "faction_id, timestamp, respect, member_count, best_chain"),
    (
        "war_status_history",
        "war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
         required_score, status, end_reason, winner_faction_id, started_at, ends_at, recorded_at",
    ),
    (
        "territory_ownership_history",
        "territory_id, faction_id, racket_level, racket_type, war_status, recorded_at",
    ),
    ("player_observations", "player_id, period_start, first_at, last_at"),
    ("faction_observations", "faction_id, period_start, first_at, last_at"),
    ("territory_observations", "territory_id, period_start, first_at, last_at"),
    ("faction_membership", "player_id, faction_id, first_seen_at, left_at"),
];

/// A file: its name, its size, and a hash of its contents.
type FileFacts = (String, usize, u64);

/// The files whose names begin like this.
pub fn files_of(sandbox: &Sandbox, name: &str) -> Vec<FileFacts> {
    let mut files: Vec<FileFacts> = fs::read_dir(sandbox.path(""))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_file())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(name))
        .map(|entry| {
            let bytes = fs::read(entry.path()).unwrap();
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, bytes.len(), hasher.finish())
        })
        .collect();
    files.sort();
    files
}

/// The files whose names begin like this, without those that every reader of `tornsnap.db` leaves.
pub fn files_that_matter(sandbox: &Sandbox, name: &str) -> Vec<FileFacts> {
    let mut files = files_of(sandbox, name);
    files.retain(|(name, bytes, _)| {
        let is_empty_wal = name == "tornsnap.db-wal" && *bytes == 0;
        name != "tornsnap.db-shm" && !is_empty_wal
    });
    files
}
