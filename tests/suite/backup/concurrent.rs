//! Backups during writes, and backups that are killed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tornsnap::testing::model::Unwatched;
use tornsnap::testing::store::Depth;
use tornsnap::testing::store::backup::{self, Manifest};

use super::{hidden, id_of, kill_after, newest, ready, visible};
use crate::support::{Dice, NOW, Sandbox, heavy};

#[test]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
fn backups_made_while_another_process_commits_every_5_ms_all_verify() {
    let sandbox = ready(20_000);
    let count = heavy(100, 4);
    let stop = AtomicBool::new(false);

    let (commits, worst) = thread::scope(|scope| {
        let writer = scope.spawn(|| write_every_5_ms(&sandbox, &stop));
        let mut last = 0;
        for number in 0..count {
            let committed: i64 = sandbox.value("SELECT count(*) FROM player_stats_history");
            let finished = sandbox.run_at(NOW + number, &["backup", "--json"]);
            stop.store(finished.code() != 0, Ordering::Relaxed);
            let rows = finished.expect(0).json()["backup"]["rows"]["player_stats_history"]
                .as_i64()
                .unwrap();
            assert!(
                rows >= committed && rows >= last,
                "what was committed is in it"
            );
            last = rows;
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });

    sandbox.run(&["backup", "--verify", "all"]).expect(0);
    println!("{count} backups, {commits} commits, the slowest of them {worst:?}");
    assert!(commits > 10, "{commits} commits");
    // The machine that runs the tests may be busy; scripts/bench backup measures the real figure.
    assert!(worst < Duration::from_secs(2), "{worst:?}");
}

fn write_every_5_ms(sandbox: &Sandbox, stop: &AtomicBool) -> (u32, Duration) {
    let connection = sandbox.sqlite();
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 30000")
        .unwrap();
    let (mut commits, mut worst) = (0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        connection
            .execute(
                "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, ?1, 5)",
                [NOW + i64::from(commits)],
            )
            .unwrap();
        worst = worst.max(begun.elapsed());
        commits += 1;
        thread::sleep(Duration::from_millis(5));
    }
    (commits, worst)
}

#[test]
fn a_backup_killed_at_any_moment_leaves_only_verified_backups() {
    let sandbox = ready(3000);
    sandbox.run(&["backup"]).expect(0);
    let first = newest(&sandbox);
    let folder = sandbox.path("backups");
    let id = id_of(&sandbox.database());
    let mut dice = Dice::new(7);
    let usual = {
        let begun = Instant::now();
        sandbox.run_at(NOW + 1, &["backup"]).expect(0);
        begun.elapsed()
    };

    for number in 0..heavy(300, 15) {
        let compress = number % 2 == 0;
        let mut command = sandbox.command(&["backup", "--keep", "3"]);
        command.env("TORNSNAP_NOW", (NOW + 10 + number).to_string());
        if compress {
            command.arg("--compress");
        }
        let pause = dice.below(u64::try_from(usual.as_micros()).unwrap() * 5 / 4);
        kill_after(&mut command, Duration::from_micros(pause));

        expect_all_verified(&folder);
        assert!(
            backup::newest_backup(&folder, &id, NOW + 1000)
                .unwrap()
                .is_some()
        );
    }

    // On a busy machine each of them may have been killed: three more are enough to rotate the first one away.
    for later in 100_000..100_003 {
        sandbox
            .run_at(NOW + later, &["backup", "--keep", "3"])
            .expect(0);
    }
    assert_eq!(
        hidden(&folder),
        Vec::<PathBuf>::new(),
        "the next run cleans up"
    );
    assert_eq!(
        visible(&folder).len(),
        6,
        "three backups with their manifests"
    );
    assert!(!first.exists(), "rotated away in its turn");
    sandbox.run(&["backup", "--verify", "all"]).expect(0);
}

/// Asserts that every visible file is a sound backup or its manifest.
fn expect_all_verified(folder: &Path) {
    for path in visible(folder) {
        let is_manifest = path.extension().is_some_and(|end| end == "json");
        let backup = if is_manifest {
            path.with_extension("")
        } else {
            path.clone()
        };
        let manifest =
            Manifest::of(&backup).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if !is_manifest {
            assert_eq!(
                backup::verify(&path, Depth::Quick, &Unwatched).unwrap(),
                manifest
            );
        }
    }
}
