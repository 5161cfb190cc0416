//! `prune --archive DIR/`: a folder that another run writes to, or in which something is missing.

use std::fs::{self, File};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::month_model::{IN_APRIL, IN_MARCH, history_rows, prune, summarize, with_steady_history};
use crate::prune::lake::rows_of_lake;
use crate::support::{Finished, Sandbox, rows};

const FLAGS: [&str; 3] = ["--ignore-clock", "--archive", "lake/"];

fn move_to_lake(sandbox: &Sandbox, now: i64, more: &[&str]) -> Finished {
    prune(sandbox, now, "a.db", &[&FLAGS, more].concat())
}

fn export(sandbox: &Sandbox) -> Finished {
    let arguments = ["export", "--database", "a.db", "--lake", "lake"];
    sandbox.run_at(IN_APRIL, &arguments)
}

/// A database `a.db` with four months that are summarized.
fn summarized() -> (Sandbox, Connection) {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    (sandbox, main)
}

fn id(main: &Connection) -> String {
    rows(main, "SELECT database_id FROM database_identity").remove(0)
}

fn manifest(sandbox: &Sandbox, main: &Connection) -> PathBuf {
    sandbox
        .path("lake")
        .join(format!("manifest-{}.json", id(main)))
}

#[track_caller]
fn check_words(finished: &Finished, words: &[&str]) {
    let stderr = finished.stderr();
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
}

#[test]
fn a_prune_waits_for_an_export_and_says_so() {
    let (sandbox, main) = summarized();
    export(&sandbox).expect(0);
    let before = history_rows(&main);
    let path = sandbox.path("lake").join(format!(".{}.lock", id(&main)));
    let lock = File::options().write(true).open(path).unwrap();
    lock.lock().unwrap();

    let refused = move_to_lake(&sandbox, IN_APRIL, &["--wait", "0"]).expect(75);
    check_words(
        &refused,
        &["another run of tornsnap writes this database there"],
    );
    assert_eq!(history_rows(&main), before);
    let short = move_to_lake(&sandbox, IN_APRIL, &["--wait", "1s"]).expect(75);
    check_words(
        &short,
        &["waiting for another run of tornsnap, up to 1 second"],
    );

    let waited = thread::scope(|scope| {
        let prune = scope.spawn(|| move_to_lake(&sandbox, IN_APRIL, &[]).expect(0));
        thread::sleep(Duration::from_secs(2));
        assert!(!prune.is_finished());
        drop(lock);
        prune.join().unwrap()
    });

    check_words(
        &waited,
        &["waiting for another run of tornsnap, up to 10 minutes"],
    );
    assert!(history_rows(&main).len() < before.len());
    assert_eq!(rows_of_lake(&sandbox.path("lake")), before);
}

#[test]
fn exports_and_prunes_of_one_database_at_the_same_time_lose_nothing() {
    let (sandbox, main) = summarized();
    let before = history_rows(&main);
    export(&sandbox).expect(0);
    for months in ["3", "2", "1"] {
        thread::scope(|scope| {
            let exports = scope.spawn(|| {
                for _ in 0..3 {
                    let finished = export(&sandbox);
                    assert!([0, 75].contains(&finished.code()), "{}", finished.stderr());
                }
            });
            move_to_lake(&sandbox, IN_APRIL, &["--keep-months", months]).expect(0);
            exports.join().unwrap();
        });
    }
    export(&sandbox).expect(0);

    assert!(history_rows(&main).len() < before.len());
    assert_eq!(rows_of_lake(&sandbox.path("lake")), before);
}

#[test]
fn a_second_file_of_a_month_is_found_before_a_prune() {
    let (sandbox, main) = summarized();
    move_to_lake(&sandbox, IN_MARCH, &["--keep-months", "1"]).expect(0);
    let listed = fs::read_dir(sandbox.path("lake/faction_history/period=2028-01")).unwrap();
    let file = listed.last().unwrap().unwrap().path();
    let second = file.with_file_name(format!("{}-1.parquet", id(&main)));
    fs::copy(&file, &second).unwrap();
    sandbox.write(
        "tornsnap.toml",
        "database = \"a.db\"\n[retention]\narchive = \"lake/\"\n",
    );
    let before = history_rows(&main);

    let found = "a month has two files of this database";
    for more in [&[][..], &["--dry-run"]] {
        check_words(&move_to_lake(&sandbox, IN_APRIL, more).expect(78), &[found]);
    }
    let checked = sandbox.run_at(IN_APRIL, &["config", "check"]).expect(78);
    let all = format!("{}{}", checked.stdout(), checked.stderr());
    assert!(all.contains(found), "{all}");
    let health = sandbox.run_at(IN_APRIL, &["health", "--json"]);
    assert!(health.stdout().contains(found), "{}", health.stdout());

    fs::remove_file(second).unwrap();
    move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(0);
    assert!(history_rows(&main).len() < before.len());
}

/// The remedy for an archive that is an older copy keeps the files of the lake.
#[test]
fn a_new_archive_over_an_older_or_missing_manifest_keeps_all_rows_of_the_files() {
    for is_gone in [false, true] {
        let (sandbox, main) = summarized();
        let all = history_rows(&main);
        move_to_lake(&sandbox, IN_MARCH, &["--keep-months", "2"]).expect(0);
        let manifest = manifest(&sandbox, &main);
        let older = fs::read(&manifest).unwrap();
        move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "2"]).expect(0);
        if is_gone {
            fs::remove_file(&manifest).unwrap();
        } else {
            fs::write(&manifest, older).unwrap();
        }
        export(&sandbox).expect(78);
        let refused = move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(78);
        check_words(&refused, &["--new-archive"]);

        move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1", "--new-archive"]).expect(0);

        assert_eq!(rows_of_lake(&sandbox.path("lake")), all);
        export(&sandbox).expect(0);
        move_to_lake(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(0);
        assert_eq!(rows_of_lake(&sandbox.path("lake")), all);
    }
}
