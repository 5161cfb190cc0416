//! `export --lake`: a folder of Parquet files that has the rows of the database, and is whole at every moment.

mod adopt;
mod changes;
mod columns;
mod damage;
#[cfg(unix)]
mod interrupted;
mod kept;
#[cfg(unix)]
mod kill;
mod layout;
mod merged;
mod places;
mod together;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::new_database::new_database;
use crate::support::parquet::Parquet;
use crate::support::{Finished, Sandbox, rows};

/// The datasets of a lake, each with the column that decides the month, and the columns by which files are sorted.
pub(crate) const DATASETS: [(&str, Option<&str>, &str); 15] = [
    (
        "player_stats_history",
        Some("timestamp"),
        "player_id, timestamp, id",
    ),
    (
        "faction_history",
        Some("timestamp"),
        "faction_id, timestamp, id",
    ),
    (
        "war_status_history",
        Some("recorded_at"),
        "war_type, war_id, recorded_at, id",
    ),
    (
        "territory_ownership_history",
        Some("recorded_at"),
        "territory_id, recorded_at, id",
    ),
    (
        "player_stats_summary",
        Some("period_start"),
        "player_id, period_start",
    ),
    (
        "faction_summary",
        Some("period_start"),
        "faction_id, period_start",
    ),
    (
        "war_summary",
        Some("period_start"),
        "war_type, war_id, period_start",
    ),
    (
        "territory_ownership_summary",
        Some("period_start"),
        "territory_id, period_start",
    ),
    (
        "player_observations",
        Some("period_start"),
        "player_id, period_start",
    ),
    (
        "faction_observations",
        Some("period_start"),
        "faction_id, period_start",
    ),
    (
        "territory_observations",
        Some("period_start"),
        "territory_id, period_start",
    ),
    ("players", None, "player_id"),
    ("factions", None, "faction_id"),
    ("territories", None, "territory_id"),
    ("faction_membership", None, "player_id, first_seen_at, id"),
];

/// A row in each dataset, in several months, with the values that are hard to keep.
const WORLD: &str = "
    INSERT INTO factions (faction_id, name, created_at, last_updated) VALUES (1, 'One', 1767225600, 1775044800), (2, '', 0, 0);
    INSERT INTO players (player_id, name, faction_id, created_at, last_updated) VALUES
        (1, 'Ünï 🐈', 1, 1767225600, 1775044800), (2, 'B', NULL, 1767225600, 1775044800);
    INSERT INTO player_stats_history (id, player_id, timestamp, strength, networth, level, data_source) VALUES
        (1, 2, 1767225600, 9007199254740993, -9007199254740993, 5, 'alice'), -- 2026-01-01, the first second
        (2, 1, 1769903999, NULL, 0, 7, ''),                                  -- 2026-01-31, the last second
        (3, 1, 1769904000, NULL, NULL, 4, NULL),                             -- 2026-02-01
        (4, 2, 1769904000, 9223372036854775807, -9223372036854775808, 8, '+1'),
        (5, 1, 1775044800, 1, 1, 1, 'bob');                                  -- 2026-04-01, the running month
    INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, 1767225600, 5), (2, 1775001600, NULL);
    INSERT INTO territories (territory_id, coordinate_x, coordinate_y, faction_id, created_at, last_updated)
        VALUES ('AAB', 0.1, -1e300, 2, 1767225600, 1775044800);
    INSERT INTO territory_ownership_history (territory_id, faction_id, coordinate_x, recorded_at)
        VALUES ('AAB', NULL, 0.1, 1767225600), ('AAB', 2, 3.0, 1769904000), ('AAA', 1, 3.0, 1769904000);
    INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, status, started_at, recorded_at)
        VALUES (7, 'territory', 1, 'ongoing', 1, 1769904000), (7, 'ranked', 1, 'ongoing', NULL, 1769904001);
    INSERT INTO player_stats_summary (player_id, period_start, period_end, networth_change, created_at)
        VALUES (2, 1767225600, 1769904000, -5, 1775044800), (1, 1767225600, 1769904000, -5, 1775044800);
    INSERT INTO faction_summary (faction_id, period_start, period_end, respect_change, created_at)
        VALUES (1, 1767225600, 1769904000, 5, 1775044800);
    INSERT INTO war_summary (war_id, war_type, period_start, period_end, created_at)
        VALUES (7, 'ranked', 1769904000, 1772323200, 1775044800);
    INSERT INTO territory_ownership_summary (territory_id, period_start, period_end, created_at)
        VALUES ('AAB', 1769904000, 1772323200, 1775044800);
    INSERT INTO player_observations VALUES (1, 1767225600, 1767225600, 1769903999, 2), (2, 1769904000, 1769904000, 1769904000, 1);
    INSERT INTO faction_observations VALUES (1, 1767225600, 1767225600, 1769903999, 2);
    INSERT INTO territory_observations VALUES ('AAB', 1767225600, 1767225600, 1769903999, 2);
";

/// A sandbox with such a database.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    make_world(&sandbox, "tornsnap.db");
    sandbox
}

fn make_world(sandbox: &Sandbox, name: &str) {
    new_database(&sandbox.path(name));
    let connection = open(sandbox, name);
    connection.execute_batch(WORLD).unwrap();
}

fn open(sandbox: &Sandbox, name: &str) -> Connection {
    Connection::open(sandbox.path(name)).unwrap()
}

fn export(sandbox: &Sandbox) -> Finished {
    sandbox.run(&["export", "--lake", "lake"])
}

/// Exports another database than that of the configuration.
fn export_of(sandbox: &Sandbox, database: &str) -> Finished {
    sandbox.run(&["export", "--lake", "lake", "--database", database])
}

/// The paths below a folder, with `/` between the names, and when each was changed. Lock files are left out.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, SystemTime> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else if entry.path().extension() != Some("lock".as_ref()) {
                found.insert(name, metadata.modified().unwrap());
            }
        }
    }
    found
}

/// The paths of the files with rows of a dataset.
fn files_of(root: &Path, dataset: &str) -> Vec<String> {
    let tree = tree(root).into_keys();
    let prefix = format!("{dataset}/");
    tree.filter(|name| name.starts_with(&prefix) && name.ends_with(".parquet"))
        .collect()
}

fn path_of(root: &Path, name: &str) -> PathBuf {
    name.split('/')
        .fold(root.to_owned(), |path, part| path.join(part))
}

/// The rows of a dataset in the lake, sorted, each with the id of its database as its last value.
fn lake_rows(sandbox: &Sandbox, dataset: &str) -> Vec<String> {
    let root = sandbox.path("lake");
    let files = files_of(&root, dataset).into_iter();
    let mut found: Vec<String> = files
        .flat_map(|name| Parquet::open(&path_of(&root, &name)).rows())
        .collect();
    found.sort();
    found
}

/// The rows of a table, as [`lake_rows`] has them.
fn table_rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut found = rows(
        connection,
        &format!("SELECT {table}.*, database_id FROM {table}, database_identity"),
    );
    found.sort();
    found
}

fn database_id(connection: &Connection) -> String {
    rows(connection, "SELECT database_id FROM database_identity").remove(0)
}

fn manifest(sandbox: &Sandbox, database: &str) -> Value {
    let path = manifest_path(sandbox, database);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn manifest_path(sandbox: &Sandbox, database: &str) -> PathBuf {
    let id = database_id(&open(sandbox, database));
    sandbox.path("lake").join(format!("manifest-{id}.json"))
}

/// Asserts that the lake has exactly the rows of the database, each in the file of its month and in order, that the manifest
/// describes each file, and that nothing else is there.
#[track_caller]
fn check_equal(sandbox: &Sandbox, database: &str) {
    let connection = open(sandbox, database);
    for (dataset, time, order) in DATASETS {
        let expected = table_rows(&connection, dataset);
        assert_eq!(lake_rows(sandbox, dataset), expected, "{dataset}");
        let id = database_id(&connection);
        for name in files_of(&sandbox.path("lake"), dataset) {
            let path = path_of(&sandbox.path("lake"), &name);
            let is_month = match (time, name.split_once("/period=")) {
                (Some(time), Some((_, rest))) => {
                    format!("strftime('%Y-%m', {time}, 'unixepoch') = '{}'", &rest[..7])
                }
                (None, None) => "1".to_owned(),
                _ => panic!("{name}"),
            };
            let select =
                format!("SELECT *, '{id}' FROM {dataset} WHERE {is_month} ORDER BY {order}");
            assert_eq!(
                Parquet::open(&path).rows(),
                rows(&connection, &select),
                "{name}"
            );
        }
    }
    check_manifest(sandbox, database);
}

/// Asserts that the manifest describes the files of the database, and that nothing hidden is left.
#[track_caller]
fn check_manifest(sandbox: &Sandbox, database: &str) {
    let root = sandbox.path("lake");
    let id = database_id(&open(sandbox, database));
    let manifest = manifest(sandbox, database);
    assert_eq!(manifest["database_id"], id.as_str());
    assert_eq!(manifest["pending"], Value::Null);
    let mut listed = vec![format!("manifest-{id}.json")];
    for file in manifest["files"].as_array().unwrap() {
        let name = file["file"].as_str().unwrap();
        let bytes = fs::read(path_of(&root, name)).unwrap();
        let hash = Sha256::digest(&bytes);
        let digits = hash.iter().map(|byte| format!("{byte:02x}"));
        let hash = digits.collect::<Vec<_>>().concat();
        assert_eq!(file["sha256"], hash, "{name}");
        assert_eq!(file["bytes"], bytes.len(), "{name}");
        let found = Parquet::open(&path_of(&root, name)).objects();
        assert_eq!(file["rows"], found.len(), "{name}");
        let ids = || found.iter().filter_map(|row| row.get("id")?.as_i64());
        assert_eq!(file["lowest_id"].as_i64(), ids().min(), "{name}");
        assert_eq!(file["highest_id"].as_i64(), ids().max(), "{name}");
        listed.push(name.to_owned());
    }
    listed.sort();
    let found = tree(&root).into_keys();
    let found: Vec<String> = found.filter(|name| name.contains(&id)).collect();
    assert_eq!(found, listed);
}
