//! Readers, fetches, summaries, prunes and backups of one database at the same time.

use std::fs;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::torn::Torn;
use crate::support::{NOW, fill, heavy};

/// How long each reader keeps a read transaction open.
const READ_TIME: Duration = Duration::from_millis(300);

/// The pause before a command runs again: without it, the commands would wait for a processor, not for each other.
const PAUSE: Duration = Duration::from_millis(200);

/// Adds rows of last month and of the month before, so that there is always something to summarize and to prune.
const LATE_ROWS: &str = "
    INSERT INTO player_stats_history (player_id, timestamp, level)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
    SELECT 1 + i % 10, unixepoch('2026-03-02') + i * 60, i FROM n";

/// The number of runnable processes for each processor in the last minute, at least 1.
///
/// The bound of the test is multiplied by it, because a process that waits for a processor may hold a lock.
fn load_factor() -> f64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load
        .split(' ')
        .next()
        .and_then(|minute| minute.parse().ok())
        .unwrap_or_default();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    (load / f64::from(u32::try_from(processors).unwrap_or(u32::MAX))).max(1.0)
}

/// Writes again and again, as another program might, and returns the longest time that one write took.
fn write_until(connection: &Connection, is_over: &AtomicBool) -> Duration {
    let mut longest = Duration::ZERO;
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    while !is_over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        connection
            .execute_batch("BEGIN IMMEDIATE; UPDATE players SET level = 1 + level % 90 WHERE player_id = 5; COMMIT")
            .unwrap();
        longest = longest.max(begun.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
    longest
}

/// Reads again and again in a read transaction, and returns how often.
fn read_until(connection: &Connection, is_over: &AtomicBool) -> u64 {
    let mut reads = 0;
    while !is_over.load(Ordering::Relaxed) {
        let count = "SELECT count(*) FROM player_stats_history";
        connection.execute_batch("BEGIN").unwrap();
        let before: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
        thread::sleep(READ_TIME);
        let after: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
        connection.execute_batch("COMMIT").unwrap();
        assert_eq!(before, after, "a reader sees one state");
        reads += 1;
    }
    reads
}

#[expect(clippy::print_stderr, reason = "the test measures")]
#[test]
fn no_command_and_no_writer_is_locked_out_when_everything_runs_at_once() {
    let torn = Torn::new();
    torn.edit(|world| (100..140).for_each(|id| world.pin_player(id).faction_id = Some(9)));
    torn.follow("[track]\nfactions = [9]\nterritories = \"all\"\n[backup]\nbefore_summarize = false\nkeep = 2\n");
    fill(&torn.sandbox.sqlite(), 20_000);
    torn.fetch(&["all"]).expect(0);
    let span = Duration::from_secs(heavy(60, 8).unsigned_abs());
    // In the short run, the other tests use the processors as well.
    let most = Duration::from_millis(heavy(200, 3_000).unsigned_abs()).mul_f64(load_factor());
    let is_over = AtomicBool::new(false);
    let endings: Mutex<Vec<String>> = Mutex::default();
    let again = |arguments: &[&str]| {
        let mut runs = 0;
        while !is_over.load(Ordering::Relaxed) {
            let finished = torn.sandbox.run(arguments);
            // No other command takes the same lock, so none of these may wait or fail.
            if finished.code() != 0 || finished.stderr().contains("locked") {
                let text = format!("{arguments:?}: {} {}", finished.code(), finished.stderr());
                endings.lock().unwrap().push(text);
            }
            runs += 1;
            thread::sleep(PAUSE);
        }
        runs
    };

    let (longest, reads, runs) = thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&torn.sandbox.sqlite(), &is_over));
        let readers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| read_until(&torn.sandbox.sqlite(), &is_over)))
            .collect();
        let mut workers: Vec<_> = ["players", "factions", "wars", "territories"]
            .into_iter()
            .map(|kind| scope.spawn(move || again(&["fetch", kind])))
            .collect();
        workers.push(scope.spawn(|| again(&["backup"])));
        // These two share a lock, so they run one after the other.
        workers.push(scope.spawn(|| {
            let mut runs = 0;
            let begun = Instant::now();
            while begun.elapsed() < span {
                let writer = torn.sandbox.sqlite();
                writer.busy_timeout(Duration::from_secs(30)).unwrap();
                writer.execute_batch(LATE_ROWS).unwrap();
                for arguments in [
                    &["summarize", "--force"][..],
                    &[
                        "prune",
                        "--keep-months",
                        "1",
                        "--without-backup",
                        "--allow-large",
                    ],
                ] {
                    let finished = torn.sandbox.run(arguments);
                    if ![0, 78].contains(&finished.code()) || finished.stderr().contains("locked") {
                        let text =
                            format!("{arguments:?}: {} {}", finished.code(), finished.stderr());
                        endings.lock().unwrap().push(text);
                    }
                    runs += 1;
                    thread::sleep(PAUSE);
                }
            }
            is_over.store(true, Ordering::Relaxed);
            runs
        }));
        let runs: Vec<u64> = workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect();
        let reads: u64 = readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum();
        (writer.join().unwrap(), reads, runs)
    });

    eprintln!("longest write {longest:?} (bound {most:?}); runs {runs:?}; {reads} reads");
    let endings = endings.into_inner().unwrap();
    assert!(endings.is_empty(), "{endings:#?}");
    assert!(
        runs.iter().all(|runs| *runs > 0) && reads > 8,
        "{runs:?}, {reads}"
    );
    assert!(
        longest < most,
        "a write took {longest:?}, more than {most:?}"
    );
    assert_eq!(torn.rows("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(torn.rows("PRAGMA foreign_key_check"), [""; 0]);
    assert_eq!(torn.rows("SELECT DISTINCT status FROM fetch_runs"), ["ok"]);
    torn.fetch_at(NOW + 60, &["factions"]).expect(0);
    assert!(!torn.sandbox.path("tornsnap.db-wal").exists());
}
