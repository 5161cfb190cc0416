//! `prune` beside others: how long a writer waits, and that a reader holds nothing up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::month_model::{DAY, EDGES, IN_APRIL, template, with_history};
use crate::prune::{prune, summarize};
use crate::summarize::steady_history;
use crate::support::{Sandbox, heavy, rows};

/// Writes as often as it can until `work` is done, and says how long the longest wait was.
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
fn old_records_of_fetches_go_in_linear_time() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    summarize(&sandbox, IN_APRIL, "a.db");
    let old = heavy(43_200, 10_800);
    // Four kinds every four minutes for 400 days (or 100), and a month (or a week) more.
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

    // The limits are 2 s and 0.1 s on a machine that does nothing else.
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    assert!(
        worst < Duration::from_millis(700),
        "a writer waited {worst:?}"
    );
}

#[test]
fn a_writer_never_waits_long_for_a_prune() {
    let sandbox = Sandbox::new();
    let connection = with_history(&sandbox, &template(&sandbox), "a.db", &steady_history());
    connection
        .execute(
            "INSERT INTO player_stats_history (player_id, timestamp, level, networth)
             WITH RECURSIVE row (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM row WHERE n < ?1 - 1)
             SELECT 1 + n % 2, ?2 + n * (62 * 86400) / ?1, 10, n FROM row",
            [heavy(1_000_000, 100_000), EDGES[0]],
        )
        .unwrap();
    summarize(&sandbox, IN_APRIL, "a.db");

    let worst = worst_wait(&sandbox, || {
        prune(&sandbox, IN_APRIL, "a.db", &["--archive", "cold.db"]).expect(0);
    });

    // The limit is 0.2 s on a machine that does nothing else.
    assert!(worst < Duration::from_secs(1), "a writer waited {worst:?}");
}

#[test]
fn an_open_reader_holds_up_no_prune() {
    let sandbox = Sandbox::new();
    drop(with_history(
        &sandbox,
        &template(&sandbox),
        "a.db",
        &steady_history(),
    ));
    summarize(&sandbox, IN_APRIL, "a.db");
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
    // The readers see an older state than the newest.
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
