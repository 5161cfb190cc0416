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

/// Commands that run again and again until the test is over.
struct Commands<'a> {
    torn: &'a Torn,
    is_over: &'a AtomicBool,
    /// The arguments, exit code and stderr of each run that failed.
    failures: Mutex<Vec<String>>,
}

impl Commands<'_> {
    /// Runs a command once. Records a failure if its exit code is not one of `codes`, or if a lock stopped it.
    fn run(&self, arguments: &[&str], codes: &[i32]) {
        let finished = self.torn.sandbox.run(arguments);
        if !codes.contains(&finished.code()) || finished.stderr().contains("locked") {
            let text = format!("{arguments:?}: {} {}", finished.code(), finished.stderr());
            self.failures.lock().unwrap().push(text);
        }
        thread::sleep(PAUSE);
    }

    /// Runs a command again and again. No other one takes its lock, so no run may wait or fail. Returns how often it ran.
    fn repeat(&self, arguments: &[&str]) -> u64 {
        let mut runs = 0;
        while !self.is_over.load(Ordering::Relaxed) {
            self.run(arguments, &[0]);
            runs += 1;
        }
        runs
    }

    /// Adds late rows, summarizes and prunes them for as long as `span`, and then ends the test. Returns the number of
    /// runs. `summarize` and `prune` share a lock, so they run one after the other.
    fn summarize_and_prune(&self, span: Duration) -> u64 {
        let prune = [
            "prune",
            "--keep-months",
            "1",
            "--without-backup",
            "--allow-large",
        ];
        let mut runs = 0;
        let begun = Instant::now();
        while begun.elapsed() < span {
            let writer = self.torn.sandbox.sqlite();
            writer.busy_timeout(Duration::from_secs(30)).unwrap();
            writer.execute_batch(LATE_ROWS).unwrap();
            self.run(&["summarize", "--force"], &[0, 78]);
            self.run(&prune, &[0, 78]);
            runs += 2;
        }
        self.is_over.store(true, Ordering::Relaxed);
        runs
    }
}

/// What the threads of the test measured.
struct Measured {
    longest_write: Duration,
    reads: u64,
    /// The runs of each thread that runs commands.
    runs: Vec<u64>,
}

/// Runs a writer, eight readers and all commands at once for as long as `span`.
fn run_everything(commands: &Commands<'_>, span: Duration) -> Measured {
    let Commands { torn, is_over, .. } = *commands;
    thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&torn.sandbox.sqlite(), is_over));
        let readers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| read_until(&torn.sandbox.sqlite(), is_over)))
            .collect();
        let mut workers: Vec<_> = ["players", "factions", "wars", "territories"]
            .into_iter()
            .map(|kind| scope.spawn(move || commands.repeat(&["fetch", kind])))
            .collect();
        workers.push(scope.spawn(|| commands.repeat(&["backup"])));
        workers.push(scope.spawn(|| commands.summarize_and_prune(span)));
        Measured {
            runs: workers
                .into_iter()
                .map(|worker| worker.join().unwrap())
                .collect(),
            reads: readers
                .into_iter()
                .map(|reader| reader.join().unwrap())
                .sum(),
            longest_write: writer.join().unwrap(),
        }
    })
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
    let commands = Commands {
        torn: &torn,
        is_over: &AtomicBool::new(false),
        failures: Mutex::default(),
    };

    let Measured {
        longest_write,
        reads,
        runs,
    } = run_everything(&commands, span);

    eprintln!("longest write {longest_write:?} (bound {most:?}); runs {runs:?}; {reads} reads");
    let failures = commands.failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(
        runs.iter().all(|runs| *runs > 0) && reads > 8,
        "{runs:?}, {reads}"
    );
    assert!(
        longest_write < most,
        "a write took {longest_write:?}, more than {most:?}"
    );
    assert_eq!(torn.rows("PRAGMA integrity_check"), ["ok"]);
    assert_eq!(torn.rows("PRAGMA foreign_key_check"), [""; 0]);
    assert_eq!(torn.rows("SELECT DISTINCT status FROM fetch_runs"), ["ok"]);
    torn.fetch_at(NOW + 60, &["factions"]).expect(0);
    assert!(!torn.sandbox.path("tornsnap.db-wal").exists());
}
