//! Several runs at the same time.

use std::fs::File;
use std::io::Write as _;
use std::thread;

use crate::export::lake::{
    DATASETS, check_equal, check_manifest, database_id, export, export_of, lake_rows, make_world,
    open, table_rows, tree, world,
};
use crate::support::Sandbox;

#[test]
fn several_databases_write_to_one_folder_at_the_same_time() {
    let sandbox = Sandbox::new();
    let names = ["a.db", "b.db", "c.db"];
    for name in names {
        make_world(&sandbox, name);
    }
    for round in 0..4 {
        thread::scope(|scope| {
            for name in names {
                scope.spawn(|| export_of(&sandbox, name).expect(0));
            }
        });

        for (dataset, ..) in DATASETS {
            let mut expected: Vec<String> = names
                .iter()
                .flat_map(|name| table_rows(&open(&sandbox, name), dataset))
                .collect();
            expected.sort();
            assert_eq!(lake_rows(&sandbox, dataset), expected, "{dataset}");
        }
        for (name, player) in names.iter().zip([1, 2, 1]) {
            check_manifest(&sandbox, name);
            open(&sandbox, name)
                .execute_batch(&format!(
                    "INSERT INTO player_stats_history (player_id, timestamp, level)
                         VALUES ({player}, 1767225600 + 30 * 86400 * {round}, 9)"
                ))
                .unwrap();
        }
    }
}

#[test]
fn a_second_run_for_the_same_database_is_refused_while_the_first_one_works() {
    let sandbox = world();
    export(&sandbox).expect(0);
    make_world(&sandbox, "other.db");
    let before = tree(&sandbox.path("lake"));
    let id = database_id(&sandbox.sqlite());
    let lock = File::options()
        .write(true)
        .open(sandbox.path("lake").join(format!(".{id}.lock")))
        .unwrap();
    lock.lock().unwrap();

    let refused = export(&sandbox).expect(75);
    let message = |holder: &str| {
        format!(
            "tornsnap: could not write to lake\n  because: another run of {holder} writes this database there\n  \
             try: wait for it to end; a scheduler may just try again\n"
        )
    };
    assert_eq!(refused.stderr(), message("tornsnap"));
    // As a run writes it. Windows does not let others read a locked file.
    (&lock).write_all(b"12 prune\n").unwrap();
    let refused = export(&sandbox).expect(75);
    if cfg!(unix) {
        assert_eq!(refused.stderr(), message("prune (process 12)"));
    }
    assert_eq!(tree(&sandbox.path("lake")), before);
    export_of(&sandbox, "other.db").expect(0);

    drop(lock);
    export(&sandbox).expect(0);
}

#[test]
fn rows_that_arrive_during_an_export_are_in_the_next_one() {
    let sandbox = world();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let connection = sandbox.sqlite();
            connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                connection
                    .execute_batch(
                        "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, 1775044800, 3)",
                    )
                    .unwrap();
                thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        for _ in 0..5 {
            export(&sandbox).expect(0);
            check_manifest(&sandbox, "tornsnap.db");
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });

    export(&sandbox).expect(0);

    check_equal(&sandbox, "tornsnap.db");
}
