//! `--wait`: a run waits for the locks that other runs hold.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tornsnap::testing::model::Unwatched;
use tornsnap::testing::store::Lock;
use tornsnap::testing::store::backup;

use crate::month_model::{EDGES, HISTORY, IN_APRIL, with_steady_history_at};
#[cfg(unix)]
use crate::support::signal;
use crate::support::{DAY, Finished, Sandbox, fill, heavy};

/// The time after which a run waits for its lock and has shown the message.
const A_WHILE: Duration = Duration::from_millis(900);

/// A command, and a lock that it waits for.
struct Waiter {
    arguments: &'static [&'static str],
    lock: &'static str,
}

const fn waiter(arguments: &'static [&'static str], lock: &'static str) -> Waiter {
    Waiter { arguments, lock }
}

/// The commands that wait without `--wait`.
const WAITERS: &[Waiter] = &[
    waiter(&["backup"], "backup"),
    waiter(&["summarize"], "maintenance"),
    waiter(&["prune"], "maintenance"),
    waiter(&["restore", "latest", "--yes"], "players"),
];

fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.command(arguments).spawn().unwrap()
}

fn start_in_april(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command(arguments);
    command.env("TORNSNAP_NOW", IN_APRIL.to_string());
    command.spawn().unwrap()
}

fn end(child: Child) -> Finished {
    Finished(child.wait_with_output().unwrap())
}

/// A database in April, with four months of history.
fn in_april() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(with_steady_history_at(&sandbox, "tornsnap.db"));
    sandbox
}

/// A small database with a backup.
fn with_a_backup() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[track]\nfactions = [9]\n");
    tornsnap::testing::store::Store::create(&sandbox.database()).unwrap();
    fill(&sandbox.sqlite(), 10);
    sandbox.run(&["backup"]).expect(0);
    sandbox
}

/// Checks each case in a thread of its own, with a database of its own, because the checks mostly wait.
fn in_parallel<T: Sync>(cases: &[T], check: impl Fn(&Sandbox, &T) + Sync) {
    let sandboxes: Vec<Sandbox> = cases.iter().map(|_| with_a_backup()).collect();
    thread::scope(|scope| {
        for (sandbox, case) in sandboxes.iter().zip(cases) {
            scope.spawn(|| check(sandbox, case));
        }
    });
}

fn count(database: &std::path::Path, sql: &str) -> i64 {
    Connection::open(database)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

fn rows_of_history(database: &std::path::Path) -> i64 {
    HISTORY
        .iter()
        .map(|table| count(database, &format!("SELECT count(*) FROM {table}")))
        .sum()
}

/// A scheduler starts all daily jobs together after the machine was off at night.
#[test]
fn the_daily_jobs_started_at_once_all_succeed_in_their_order() {
    let jobs = [
        &["backup"][..],
        &["summarize"],
        &["prune", "--keep-months", "3"],
    ];
    for round in 0..heavy(20, 4) {
        let sandbox = in_april();
        let has_older_backup = round % 2 == 1;
        if has_older_backup {
            sandbox.run_at(IN_APRIL - 2 * DAY, &["backup"]).expect(0);
        }
        let rows = rows_of_history(&sandbox.database());
        let first = usize::try_from(round).unwrap() / 2 + 2;

        let children: Vec<(usize, Child)> = (first..first + 3)
            .map(|job| {
                let mut command = sandbox.command(jobs[job % 3]);
                command.env("TORNSNAP_NOW", IN_APRIL.to_string());
                (job % 3, command.spawn().unwrap())
            })
            .collect();
        let ends: Vec<(usize, Finished)> = children
            .into_iter()
            .map(|(job, child)| (job, end(child)))
            .collect();

        for (job, finished) in ends {
            assert_eq!(
                finished.code(),
                0,
                "round {round}, {:?}: {}",
                jobs[job],
                finished.stderr()
            );
        }
        let summaries = "SELECT count(*) FROM player_stats_summary";
        assert_eq!(count(&sandbox.database(), summaries), 8, "round {round}");
        let old = format!(
            "SELECT count(*) FROM faction_history WHERE timestamp < {}",
            EDGES[1]
        );
        let left = count(&sandbox.database(), &old);
        assert!(left < 5, "round {round}: {left} rows are left");
        let backups = backup::list_backups(&sandbox.path("backups")).unwrap();
        // `summarize` makes a backup too, unless the newest one has the same content.
        let new = backups.len() - usize::from(has_older_backup);
        assert!((1..=2).contains(&new), "round {round}: {new}");
        for file in backups {
            assert_eq!(
                rows_of_history(&file.path),
                rows,
                "round {round}: made before the prune"
            );
        }
    }
}

#[test]
fn a_run_waits_for_the_one_that_holds_its_lock_and_says_so_once() {
    let waiters = [
        waiter(&["backup"], "backup"),
        waiter(&["summarize"], "maintenance"),
        waiter(&["summarize"], "summarize"),
        waiter(&["prune"], "maintenance"),
        waiter(&["prune", "--future"], "maintenance"),
        // This command takes no lock of this name.
        waiter(
            &["prune", "--summaries-before", "2020-01", "--yes"],
            "nothing",
        ),
        waiter(&["restore", "latest", "--yes"], "maintenance"),
        waiter(&["restore", "latest", "--yes"], "backup"),
        waiter(&["restore", "latest", "--yes"], "wars"),
    ];
    in_parallel(&waiters, |sandbox, Waiter { arguments, lock }| {
        for quiet in [false, true] {
            let held = Lock::take(&sandbox.database(), lock).unwrap();
            let mut words = arguments.to_vec();
            words.extend(quiet.then_some("-q"));
            let child = start(sandbox, &words);
            thread::sleep(A_WHILE);
            drop(held);

            let finished = end(child).expect(0);

            let line = format!(
                "waiting for another run of {lock} (process {}), up to 10 minutes\n",
                std::process::id()
            );
            let expected = usize::from(!quiet && *lock != "nothing");
            assert_eq!(
                finished.stderr().matches(&line).count(),
                expected,
                "{words:?}: {}",
                finished.stderr()
            );
            assert_eq!(
                finished.stderr().matches("waiting").count(),
                expected,
                "{words:?}: {}",
                finished.stderr()
            );
        }
    });
}

#[test]
fn a_run_waits_no_longer_than_the_flag_says() {
    let sandbox = with_a_backup();
    let fetch = waiter(&["fetch", "players"], "players");
    for Waiter { arguments, lock } in WAITERS.iter().chain([&fetch]) {
        let _held = Lock::take(&sandbox.database(), lock).unwrap();
        for (wait, expected_ms) in [("0", 0..900), ("0s", 0..900), ("1s", 1000..4000)] {
            let begun = Instant::now();
            let finished = sandbox
                .run(&[*arguments, &["--wait", wait]].concat())
                .expect(75);
            let took = begun.elapsed().as_millis();

            assert!(
                expected_ms.contains(&took),
                "{arguments:?} --wait {wait}: {took} ms"
            );
            assert!(
                finished.stderr().contains(&format!(
                    "another run of {lock} is at work (process {})",
                    std::process::id()
                )),
                "{}",
                finished.stderr()
            );
        }
    }
    let _held = Lock::take(&sandbox.database(), "players").unwrap();
    sandbox.run(&["fetch", "players"]).expect(75);
}

#[test]
fn text_that_is_no_duration_is_wrong_usage() {
    let sandbox = with_a_backup();
    for command in [
        &["backup"][..],
        &["summarize"],
        &["prune"],
        &["restore", "latest"],
        &["fetch", "all"],
    ] {
        for wrong in ["10", "-1m", "1.5h", "soon", "", "10d"] {
            let wait = format!("--wait={wrong}");
            let finished = sandbox.run(&[command, &[wait.as_str()]].concat()).expect(2);
            assert!(
                finished.stderr().contains("write 30s, 10m or 1h, or 0"),
                "{}",
                finished.stderr()
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_waiting_at_once() {
    let fetch = waiter(&["fetch", "players", "--wait", "1h"], "players");
    let waiters: Vec<&Waiter> = WAITERS.iter().chain([&fetch]).collect();
    in_parallel(&waiters, |sandbox, Waiter { arguments, lock }| {
        let _held = Lock::take(&sandbox.database(), lock).unwrap();
        for (name, code) in [("INT", 130), ("TERM", 143)] {
            let child = start(sandbox, arguments);
            thread::sleep(A_WHILE);
            let begun = Instant::now();
            signal(&child, name);

            let finished = end(child).expect(code);

            assert!(begun.elapsed() < Duration::from_secs(1), "{arguments:?}");
            assert!(
                finished.stderr().contains("could not wait for another run"),
                "{}",
                finished.stderr()
            );
        }
    });
}

#[test]
fn a_prune_without_a_backup_waits_for_a_running_backup() {
    let sandbox = in_april();
    sandbox
        .run_at(IN_APRIL, &["summarize", "--no-backup"])
        .expect(0);
    let prune = ["prune", "--keep-months", "3"];
    let refused = sandbox.run_at(IN_APRIL, &prune).expect(78);
    assert!(
        refused.stderr().contains("no verified backup"),
        "{}",
        refused.stderr()
    );

    // Another run makes a backup while this one waits.
    let held = Lock::take(&sandbox.database(), "backup").unwrap();
    let child = start_in_april(&sandbox, &prune);
    thread::sleep(A_WHILE);
    let request = backup::BackupOptions {
        database: &sandbox.database(),
        directory: &sandbox.path("backups"),
        compress: false,
        depth: tornsnap::testing::store::Depth::Quick,
        keep: None,
        new_folder: false,
        now: IN_APRIL,
        watch: &Unwatched,
    };
    let taken = backup::create(&request, &held).unwrap();
    drop(held);

    end(child).expect(0);
    assert!(rows_of_history(&taken.manifest.path) > rows_of_history(&sandbox.database()));
}

#[test]
fn a_prune_lets_a_backup_started_at_the_same_moment_go_first() {
    let sandbox = in_april();
    sandbox.run_at(IN_APRIL - DAY, &["summarize"]).expect(0);
    let rows = rows_of_history(&sandbox.database());
    let prune = start_in_april(&sandbox, &["prune", "--keep-months", "3"]);
    thread::sleep(Duration::from_millis(200));
    let made = start_in_april(&sandbox, &["backup"]);

    end(prune).expect(0);
    end(made).expect(0);
    let newest = backup::list_backups(&sandbox.path("backups"))
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(rows_of_history(&newest.path), rows);
    assert!(rows_of_history(&sandbox.database()) < rows);
}

#[test]
fn a_summarize_that_waits_uses_the_database_that_replaced_the_old_one() {
    let sandbox = in_april();
    let held = Lock::take(&sandbox.database(), "maintenance").unwrap();
    let child = start_in_april(&sandbox, &["summarize", "--no-backup"]);
    thread::sleep(A_WHILE);
    // This replaces the database as a restore does.
    let aside = sandbox.path("aside.db");
    std::fs::rename(sandbox.database(), &aside).unwrap();
    std::fs::copy(&aside, sandbox.database()).unwrap();
    drop(held);

    end(child).expect(0);

    let summaries = "SELECT count(*) FROM player_stats_summary";
    assert_eq!(count(&sandbox.database(), summaries), 8);
    assert_eq!(count(&aside, summaries), 0);
}

#[test]
fn a_command_on_a_foreign_database_leaves_no_file_beside_it() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "other.db",
        "not a database at all, but long enough to look at",
    );
    for command in ["summarize", "prune"] {
        sandbox.run(&[command, "--database", "other.db"]).expect(78);
        sandbox.run(&[command, "--database", "none.db"]).expect(78);
    }
    assert_eq!(sandbox.names(), ["other.db"]);
}

#[test]
fn a_lock_file_that_is_a_link_is_not_written_through() {
    let sandbox = with_a_backup();
    let precious = sandbox.write("precious.txt", "all I have");
    let lock = sandbox.path("tornsnap.db.backup.lock");
    std::fs::remove_file(&lock).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&precious, &lock).unwrap();
        sandbox.run(&["backup"]).expect(78);
    }
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "all I have");
}

#[test]
fn backups_that_wait_for_each_other_have_valid_manifests() {
    let sandbox = with_a_backup();
    let children: Vec<Child> = (0..4).map(|_| start(&sandbox, &["backup"])).collect();
    for child in children {
        end(child).expect(0);
    }
    let backups = backup::list_backups(&sandbox.path("backups")).unwrap();
    assert_eq!(backups.len(), 5);
    for file in backups {
        assert!(file.manifest.is_ok());
    }
}
