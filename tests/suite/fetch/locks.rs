//! Locks: only one run fetches a kind at a time. A lock is released as soon as its kind is done.

#[cfg(unix)]
use std::process::Child;
use std::time::{Duration, Instant};

#[cfg(unix)]
use tornsnap::testing::sim::{Fault, FaultKind};
use tornsnap::testing::store::Lock;

#[cfg(unix)]
use crate::support::signal;
use crate::support::torn::Torn;
use crate::support::{DAY, Finished, NOW, heavy};

/// A `fetch all` that has fetched the factions and wars, and waits for an answer about a player.
#[cfg(unix)]
fn waiting_for_a_player() -> (Torn, Child) {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n");
    torn.simulator
        .fault(Fault::always(FaultKind::Hang(Duration::from_secs(30))).path("/user"));
    let child = torn.start(&["all"]);
    // The key, the faction, its two histories and three players.
    torn.wait_for_requests(7);
    (torn, child)
}

#[cfg(unix)]
#[test]
fn the_lock_of_each_kind_is_given_back_when_that_kind_is_done() {
    let (torn, child) = waiting_for_a_player();

    torn.fetch(&["factions"]).expect(0);
    torn.fetch(&["wars"]).expect(0);
    torn.fetch(&["players"]).expect(75);

    signal(&child, "TERM");
    Finished(child.wait_with_output().unwrap()).expect(143);
    assert_eq!(
        torn.rows("SELECT kind, status FROM fetch_runs ORDER BY id"),
        [
            "factions|ok",
            "wars|ok",
            "players|interrupted",
            "factions|ok",
            "wars|ok"
        ],
        "no run counts as killed while it is at work"
    );
}

#[cfg(unix)]
#[test]
fn a_database_is_locked_by_its_real_path() {
    use std::os::unix::fs::symlink;

    let (torn, child) = waiting_for_a_player();
    let folder = torn.sandbox.path("links");
    std::fs::create_dir(&folder).unwrap();
    symlink(torn.sandbox.database(), folder.join("one.db")).unwrap();
    symlink(folder.join("one.db"), torn.sandbox.path("two.db")).unwrap();
    symlink(torn.sandbox.path(""), torn.sandbox.path("folder")).unwrap();
    let calls = torn.simulator.requests().len();

    for path in [
        "links/one.db",
        "two.db",
        "folder/tornsnap.db",
        "links/../tornsnap.db",
    ] {
        let mut command = torn.fetching(&["players"]);
        command.env("TORNSNAP_DATABASE", torn.sandbox.path(path));
        let finished = Finished(command.output().unwrap()).expect(75);
        assert!(
            finished
                .stderr()
                .contains("another run of fetch players is at work"),
            "{path}: {}",
            finished.stderr()
        );
    }
    assert_eq!(torn.simulator.requests().len(), calls);

    signal(&child, "TERM");
    Finished(child.wait_with_output().unwrap()).expect(143);
}

/// A change of the database after which nothing may be added to it.
struct Change {
    sql: String,
    error: &'static str,
}

#[test]
fn a_run_that_waited_for_its_lock_checks_the_database_again() {
    let changes = [
        Change {
            sql: format!("UPDATE faction_history SET timestamp = {}", NOW + DAY),
            error: "the newest record in the database is of",
        },
        Change {
            sql: format!(
                "UPDATE database_identity SET archive_of = '{}'",
                "a".repeat(32)
            ),
            error: "it is the archive of another database",
        },
    ];
    for Change { sql, error } in changes {
        let torn = Torn::new();
        torn.fetch(&["factions"]).expect(0);
        torn.simulator.clear_requests();
        let held = Lock::take(&torn.sandbox.database(), "factions").unwrap();
        let child = torn.start(&["factions", "--wait", "1m"]);
        // Long enough for the run to check the database and to wait.
        std::thread::sleep(Duration::from_millis(900));
        torn.sandbox.sqlite().execute_batch(&sql).unwrap();
        drop(held);

        let finished = Finished(child.wait_with_output().unwrap()).expect(78);

        let stderr = finished.stderr();
        assert!(
            stderr.contains("waiting for another run"),
            "{sql}: {stderr}"
        );
        assert!(stderr.contains(error), "{sql}: {stderr}");
        assert_eq!(torn.asked(), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn a_database_that_is_busy_for_a_moment_is_waited_for() {
    let torn = Torn::new();
    let writer = torn.sandbox.sqlite();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let child = torn.start(&["factions"]);
    std::thread::sleep(Duration::from_millis(1500));
    writer.execute_batch("ROLLBACK").unwrap();

    Finished(child.wait_with_output().unwrap()).expect(0);
}

#[test]
fn a_database_that_stays_busy_is_waited_for_once() {
    if heavy(1, 0) == 0 {
        crate::support::skipped("it takes half a minute; set TORNSNAP_HEAVY=1 to run it");
        return;
    }
    let torn = Torn::new();
    torn.fetch(&["factions"]).expect(0);
    let writer = torn.sandbox.sqlite();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();

    let refused = torn.fetch(&["all"]).expect(75).stderr();

    let database = std::fs::canonicalize(torn.sandbox.database()).unwrap();
    assert!(
        refused.contains(&format!(
            "could not write to the database {}\n  because: another program has locked the database",
            database.display()
        )),
        "{refused}"
    );
    let time = start.elapsed();
    assert!((28..45).contains(&time.as_secs()), "{time:?}");
}
