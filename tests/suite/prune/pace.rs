//! `prune` while other programs use the database: writers wait only briefly, and readers do not delay it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::month_model::{EDGES, IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{DAY, Sandbox, heavy, rows};

/// Writes every few milliseconds until `work` is done, and returns the longest time that a write took.
fn worst_wait(sandbox: &Sandbox, work: impl FnOnce()) -> Duration {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let connection = Connection::open(sandbox.path("a.db")).unwrap();
            connection.busy_timeout(Duration::from_secs(30)).unwrap();
            let mut worst = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let started = Instant::now();
                connection
                    .execute_batch("BEGIN IMMEDIATE; UPDATE players SET rank = 'x' WHERE player_id = 1; COMMIT")
                    .unwrap();
                worst = worst.max(started.elapsed());
                thread::sleep(Duration::from_millis(3));
            }
            worst
        });
        work();
        done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    })
}

#[test]
fn old_fetch_runs_are_deleted_in_linear_time() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let old = heavy(43_200, 10_800);
    // One run a minute, of four kinds in turn: old ones for 30 days (or 7.5), and newer ones for 400 days (or 100).
    connection
        .execute(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status)
             WITH RECURSIVE run (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM run WHERE n < ?1 - 1)
             SELECT CASE n % 4 WHEN 0 THEN 'players' WHEN 1 THEN 'factions' WHEN 2 THEN 'wars' ELSE 'territories' END,
                ?2 - 60 * (?1 - n), ?2 - 60 * (?1 - n) + 5, 'ok' FROM run",
            [heavy(619_200, 154_800), IN_APRIL],
        )
        .unwrap();
    let keep = (heavy(576_000, 144_000) * 60) / DAY;
    sandbox.write(
        "tornsnap.toml",
        &format!("[retention]\nruns_days = {keep}\nkeep_months = 100\n"),
    );
    let mut took = Duration::ZERO;

    let worst = worst_wait(&sandbox, || {
        let started = Instant::now();
        let report = prune(&sandbox, IN_APRIL, "a.db", &["--json"])
            .expect(0)
            .json();
        took = started.elapsed();
        assert_eq!(report["tables"]["fetch_runs"]["deleted"], old);
    });

    // On an idle machine the limits are 2 s and 0.1 s.
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    assert!(
        worst < Duration::from_millis(700),
        "a writer waited {worst:?}"
    );
}

#[test]
fn a_writer_never_waits_long_for_a_prune() {
    let sandbox = Sandbox::new();
    let connection = with_steady_history(&sandbox);
    connection
        .execute(
            "INSERT INTO player_stats_history (player_id, timestamp, level, networth)
             WITH RECURSIVE row (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM row WHERE n < ?1 - 1)
             SELECT 1 + n % 2, ?2 + n * (62 * 86400) / ?1, 10, n FROM row",
            [heavy(1_000_000, 100_000), EDGES[0]],
        )
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let worst = worst_wait(&sandbox, || {
        prune(&sandbox, IN_APRIL, "a.db", &["--archive", "cold.db"]).expect(0);
    });

    // On an idle machine the limit is 0.2 s.
    assert!(worst < Duration::from_secs(1), "a writer waited {worst:?}");
}

#[test]
fn an_open_reader_does_not_delay_a_prune() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    prune(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--keep-months", "3", "--archive", "cold.db"],
    )
    .expect(0);
    let readers = ["a.db", "cold.db"].map(|name| Connection::open(sandbox.path(name)).unwrap());
    for reader in &readers {
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(
            rows(reader, "SELECT count(*) > 0 FROM faction_history"),
            ["1"]
        );
    }
    // From here on, the readers see an older state than the newest.
    let writer = Connection::open(sandbox.path("a.db")).unwrap();
    writer.execute("UPDATE players SET rank = 'x'", []).unwrap();
    let started = Instant::now();

    prune(&sandbox, IN_APRIL, "a.db", &["--archive", "cold.db"]).expect(0);

    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        started.elapsed()
    );
    assert!(rows(&readers[0], "SELECT count(*) FROM faction_history")[0] != "0");
}
