//! New databases for tests.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use crate::support::{Sandbox, set_mode};

/// An empty database. Making one takes ten times as long as copying one.
static NEW: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    fs::read(sandbox.database()).unwrap()
});

/// Does what [`Store::create`] does: makes an empty database with an id of its own, or leaves the one that is there.
pub fn new_database(path: &Path) {
    if path.exists() {
        drop(Store::create(path).unwrap());
        return;
    }
    fs::write(path, &*NEW).unwrap();
    set_mode(path, 0o600);
    Connection::open(path)
        .unwrap()
        .execute_batch(
            "UPDATE database_identity SET database_id = lower(hex(randomblob(16)));
             UPDATE schema_version SET applied_at = unixepoch();",
        )
        .unwrap();
}

/// Makes the database without tables that a run leaves which is killed while it makes them.
pub fn unfinished_database(path: &Path) {
    // "TSNP" in ASCII.
    Connection::open(path)
        .unwrap()
        .execute_batch("PRAGMA application_id = 0x54534E50")
        .unwrap();
    set_mode(path, 0o600);
}
