//! Databases with many rows.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use crate::support::new_database::new_database;
use crate::support::{Sandbox, set_mode};

/// A database with this number of history rows in January, so that each command on it takes a while.
pub fn large(rows: u32) -> Sandbox {
    // By the number of rows. They are made once and copied, because most of the time of the tests went into it.
    static MADE: Mutex<BTreeMap<u32, Vec<u8>>> = Mutex::new(BTreeMap::new());

    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "database = \"tornsnap.db\"\n[backup]\nbefore_summarize = false\n",
    );
    let mut made = MADE.lock().unwrap();
    let content = made.entry(rows).or_insert_with(|| make_large(rows));
    fs::write(sandbox.database(), content).unwrap();
    set_mode(&sandbox.database(), 0o600);
    sandbox
}

/// The file of such a database.
fn make_large(rows: u32) -> Vec<u8> {
    let sandbox = Sandbox::new();
    new_database(&sandbox.database());
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO players (player_id, name, last_updated) VALUES (1, 'A', 1), (2, 'B', 1);
             WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < {rows})
             INSERT INTO player_stats_history (player_id, timestamp, level, life_maximum, networth, data_source)
                 SELECT 1 + n % 2, 1767225600 + n * 2, 1, 100, abs(random()), 'alice' FROM number;"
        ))
        .unwrap();
    fs::read(sandbox.database()).unwrap()
}
