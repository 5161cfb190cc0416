//! Exports that are killed at any moment, while a reader lists the files and reads them.
//!
//! Each test kills a few times; `TORNSNAP_KILLS=60` kills more often.

use std::collections::BTreeSet;
use std::env;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::export::lake::{check_equal, export, files_of, make_world, path_of, world};
use crate::support::parquet::Parquet;
use crate::support::strace::{Call, calls, may_trace, traced};
use crate::support::{Dice, Finished, Sandbox, pause};

/// The months of the test: four of January to April, three of which are over.
const MONTHS: [&str; 4] = ["2026-01", "2026-02", "2026-03", "2026-04"];

/// Enough rows for an export that takes a while, and with values that tell the round in which they were written.
const ROWS: &str = "
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 7999)
    INSERT INTO player_stats_history (player_id, timestamp, level)
        SELECT 1 + i % 2, unixepoch('2026-01-01', printf('+%d months', i % 4), printf('+%d seconds', i)), 1 FROM n";

fn kills() -> u32 {
    let kills = env::var("TORNSNAP_KILLS").ok();
    kills.and_then(|kills| kills.parse().ok()).unwrap_or(3)
}

/// The rows of the history of the players as one glob of a reader finds them, by month. A name that is gone when it is opened is
/// listed again.
fn read_as_others_do(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let root = sandbox.path("lake");
    'list: loop {
        let files = files_of(&root, "player_stats_history");
        let mut months = vec![Vec::new(); MONTHS.len()];
        for name in files {
            let path = path_of(&root, &name);
            match Parquet::try_open(&path) {
                Ok(file) => {
                    let month = MONTHS.iter().position(|month| name.contains(month));
                    months[month.unwrap()].extend(file.rows());
                }
                Err(_) if !path.exists() => continue 'list,
                Err(error) => panic!("{name}: {error}"),
            }
        }
        return months;
    }
}

/// The rows of the database, by month.
fn rows_by_month(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let months = MONTHS.iter();
    months
        .map(|month| {
            sandbox.rows(&format!(
                "SELECT h.*, database_id FROM player_stats_history AS h, database_identity
                 WHERE strftime('%Y-%m', timestamp, 'unixepoch') = '{month}' ORDER BY player_id, timestamp, id"
            ))
        })
        .collect()
}

/// Changes values in all months, and adds a row to two of them, so that these files get other names.
fn change(sandbox: &Sandbox, round: u32) {
    let [first, second] = [round % 4, (round + 1) % 4].map(|month| MONTHS[month as usize]);
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "BEGIN;
             UPDATE player_stats_history SET level = 2 + {round} WHERE id % 50 = 0;
             INSERT INTO player_stats_history (player_id, timestamp, level)
                 VALUES (1, unixepoch('{first}-05') + {round}, 3), (2, unixepoch('{second}-07') + {round}, 4);
             UPDATE players SET level = 2 + {round};
             COMMIT"
        ))
        .unwrap();
}

/// Asserts that each month is as it was before the export or as it is in the database, and that no row is there twice.
fn check_months(found: &[Vec<String>], before: &[Vec<String>], after: &[Vec<String>], place: &str) {
    for (month, found) in found.iter().enumerate() {
        let is_whole = *found == before[month] || *found == after[month];
        assert!(
            is_whole,
            "{place}: {} has {} rows",
            MONTHS[month],
            found.len()
        );
        let ids: BTreeSet<&str> = found
            .iter()
            .map(|row| row.split('|').next().unwrap())
            .collect();
        assert_eq!(ids.len(), found.len(), "{place}");
    }
}

/// A world with many rows, whose lake is up to date.
fn many_rows() -> Sandbox {
    let sandbox = world();
    make_world(&sandbox, "other.db");
    sandbox.sqlite().execute_batch(ROWS).unwrap();
    export(&sandbox).expect(0);
    sandbox
}

#[test]
fn readers_see_whole_months_whenever_the_export_is_killed() {
    let sandbox = many_rows();
    let mut dice = Dice::new(u64::from(kills()));
    let mut before = rows_by_month(&sandbox);
    let started = std::time::Instant::now();
    export(&sandbox).expect(0);
    let mut longest = started.elapsed() * 4;
    let interrupted = AtomicU32::new(0);
    for kill in 0..kills() {
        change(&sandbox, kill);
        let after = rows_by_month(&sandbox);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reads = 0;
                while !is_over.load(Ordering::Relaxed) {
                    check_months(&read_as_others_do(&sandbox), &before, &after, "reader");
                    reads += 1;
                }
                reads
            });
            let mut child = sandbox
                .command(&["export", "--lake", "lake"])
                .spawn()
                .unwrap();
            let micros = u64::try_from(longest.as_micros()).unwrap();
            thread::sleep(Duration::from_micros(dice.below(micros)));
            child.kill().unwrap();
            let finished = Finished(child.wait_with_output().unwrap());
            let was_killed = finished.code() != 0;
            interrupted.fetch_add(u32::from(was_killed), Ordering::Relaxed);
            if !was_killed {
                longest = longest.mul_f64(0.8);
            }
            pause();
            is_over.store(true, Ordering::Relaxed);
            reader.join().unwrap();
        });
        let found = read_as_others_do(&sandbox);
        check_months(&found, &before, &after, &format!("kill {kill}"));
        before = found;
    }
    assert!(
        interrupted.into_inner() > 0 || kills() < 3,
        "each run ended before its kill"
    );

    export(&sandbox).expect(0);

    check_equal(&sandbox, "tornsnap.db");
}

/// The system calls that change files or names. strace kills the process before the call does anything.
const WRITES: &str =
    "rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,fsync,ftruncate";

#[test]
fn each_call_that_changes_a_name_leaves_whole_months() {
    if !may_trace() {
        return crate::support::skipped("this machine may not trace");
    }
    let sandbox = many_rows();
    let trace = sandbox.path("trace");
    let only_writes = format!("trace={WRITES}");
    let command = sandbox.command(&["export", "--lake", "lake"]);
    change(&sandbox, 0);
    let mut counted = traced(&command, &["-f", "-qq", "-e", &only_writes], &trace);
    Finished(counted.output().unwrap()).expect(0);
    let all = calls_of_all_threads(&trace);
    assert!(all.len() > 20, "{all:?}");
    let step = usize::try_from(kills()).map_or(1, |kills| (all.len() / kills.max(1)).max(1));
    for (round, call) in (1..).zip(all.iter().step_by(step)) {
        let before = read_as_others_do(&sandbox);
        change(&sandbox, round);
        let after = rows_by_month(&sandbox);
        let Call { name, number } = call;
        let kill = format!("inject={name}:signal=KILL:when={number}");
        let options = ["-f", "-qq", "-e", &only_writes, "-e", &kill];

        let status = traced(&command, &options, &trace).status().unwrap();

        assert!(!status.success(), "{call:?}");
        let place = format!("{call:?}");
        check_months(&read_as_others_do(&sandbox), &before, &after, &place);
        export(&sandbox).expect(0);
        check_equal(&sandbox, "tornsnap.db");
    }
}

/// The calls of a trace in which each line begins with the number of the thread.
fn calls_of_all_threads(trace: &std::path::Path) -> Vec<Call> {
    let text = std::fs::read_to_string(trace).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("resumed>"))
        .filter_map(|line| Some(line.split_once(' ')?.1.trim_start()))
        .collect();
    std::fs::write(trace, lines.join("\n")).unwrap();
    calls(trace)
}
