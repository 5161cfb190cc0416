//! Random histories, backed up and restored.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::Connection;
use tornsnap::testing::model::Unwatched;
use tornsnap::testing::store::Depth;
use tornsnap::testing::store::Lock;
use tornsnap::testing::store::backup::{self, BackupOptions, Manifest};
use tornsnap::testing::store::restore::{self, Locks};

use super::dump;
use crate::support::new_database::new_database;
use crate::support::{NOW, Sandbox, heavy};

#[test]
fn any_history_is_restored_as_it_was_backed_up() {
    let mut runner = TestRunner::new(Config {
        cases: u32::try_from(heavy(500, 20)).unwrap(),
        failure_persistence: None,
        ..Config::default()
    });
    let history = prop::collection::vec(
        (
            1..6_i64,
            any::<i32>(),
            prop::option::of(0..i64::MAX),
            prop::option::of(any::<i64>()),
            prop::option::of("\\PC{0,12}"),
        ),
        0..60,
    );
    runner
        .run(&(history, any::<bool>(), any::<bool>()), |(history, compress, in_wal)| {
            let sandbox = Sandbox::new();
            let database = sandbox.database();
            new_database(&database);
            let writer = Connection::open(&database).unwrap();
            writer
                .execute_batch(
                    "PRAGMA wal_autocheckpoint = 0; BEGIN;
                     INSERT INTO players (player_id, name) VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d'),(5,'e');",
                )
                .unwrap();
            for (player, time, strength, networth, source) in history {
                writer
                    .execute(
                        "INSERT INTO player_stats_history (player_id, timestamp, strength, networth, data_source)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                        rusqlite::params![player, time, strength, networth, source],
                    )
                    .unwrap();
            }
            writer.execute_batch("COMMIT").unwrap();
            let saved = dump(&database);
            let open = in_wal.then_some(writer);

            let manifest = back_up(&sandbox, compress);
            drop(open);
            let target = restored(&sandbox, &manifest);

            prop_assert_eq!(dump(&target), saved);
            Ok(())
        })
        .unwrap();
}

fn back_up(sandbox: &Sandbox, compress: bool) -> Manifest {
    let database = sandbox.database();
    let lock = Lock::take(&database, backup::LOCK).unwrap();
    let directory = sandbox.path("backups");
    let request = BackupOptions {
        database: &database,
        directory: &directory,
        compress,
        depth: Depth::Full,
        keep: None,
        new_folder: false,
        now: NOW,
        watch: &Unwatched,
    };
    backup::create(&request, &lock).unwrap().manifest
}

/// The path of the restored database.
fn restored(sandbox: &Sandbox, manifest: &Manifest) -> PathBuf {
    let target = sandbox.path("restored.db");
    let locks = Locks::take(&target).unwrap();
    let staged = restore::stage(manifest, &target, &locks, &Unwatched).unwrap();
    restore::replace(&staged, &target, NOW, &locks).unwrap();
    target
}
