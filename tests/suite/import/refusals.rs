//! Files that are not imported, and sources that have to stay as they are.

use std::fs;

use rusqlite::Connection;
use tornsnap::testing::store::Store;

use super::{MARCH, files_of, files_that_matter, make_plan, with_plan};
#[cfg(unix)]
use crate::support::set_mode;
use crate::support::{NOW, Sandbox};

#[track_caller]
fn refuse(sandbox: &Sandbox, file: &str, code: i32, words: &str) {
    let before = files_that_matter(sandbox, "tornsnap.db");
    let finished = sandbox.run(&["import", file]).expect(code);
    assert!(finished.stderr().contains(words), "{}", finished.stderr());
    assert_eq!(files_that_matter(sandbox, "tornsnap.db"), before);
}

#[test]
fn files_that_are_no_source_are_refused_and_nothing_is_touched() {
    let sandbox = with_plan("");
    fs::write(sandbox.path("empty"), "").unwrap();
    fs::write(sandbox.path("letter.txt"), "Dear diary,\n").unwrap();
    fs::create_dir(sandbox.path("folder")).unwrap();
    let other = Connection::open(sandbox.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE birds (name)").unwrap();

    refuse(&sandbox, "nowhere.db", 78, "there is no such file");
    refuse(&sandbox, "empty", 78, "it is empty");
    refuse(&sandbox, "letter.txt", 78, "neither");
    refuse(&sandbox, "folder", 78, "not a file");
    refuse(&sandbox, "other.db", 78, "another program");
    refuse(&sandbox, "tornsnap.db", 78, "would take the rows");
    assert!(!sandbox.path("backups").exists(), "no backup for a refusal");
}

#[test]
fn a_link_to_the_database_is_refused_as_the_database() {
    let sandbox = with_plan("");
    fs::hard_link(sandbox.database(), sandbox.path("hard.db")).unwrap();
    // On Unix, no command uses a database with two names.
    let why = if cfg!(unix) {
        "hard links"
    } else {
        "would take the rows"
    };
    refuse(&sandbox, "hard.db", 78, why);
    let dry_run = ["import", "hard.db", "--dry-run"];
    let refused = sandbox.run(&dry_run).expect(78).stderr();
    assert!(refused.contains(why), "{refused}");
    fs::remove_file(sandbox.path("hard.db")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("tornsnap.db", sandbox.path("soft.db")).unwrap();
        refuse(&sandbox, "soft.db", 78, "would take the rows");
    }
}

#[test]
fn a_newer_schema_and_an_archive_are_refused() {
    let sandbox = with_plan("");
    drop(Store::create(&sandbox.path("newer.db")).unwrap());
    Connection::open(sandbox.path("newer.db"))
        .unwrap()
        .execute_batch("INSERT INTO schema_version (version, description) VALUES (99, 'Next')")
        .unwrap();
    drop(Store::create(&sandbox.path("cold.db")).unwrap());
    Connection::open(sandbox.path("cold.db"))
        .unwrap()
        .execute_batch("UPDATE database_identity SET archive_of = lower(hex(randomblob(16)))")
        .unwrap();

    refuse(&sandbox, "newer.db", 78, "a newer tornsnap wrote it");
    refuse(&sandbox, "cold.db", 78, "it is an archive");
    let finished = sandbox
        .run(&["import", "plan.db", "--database", "cold.db", "--no-backup"])
        .expect(78);
    assert!(
        finished.stderr().contains("archive"),
        "{}",
        finished.stderr()
    );
}

#[test]
fn a_damaged_source_is_refused() {
    let sandbox = with_plan(&format!(
        "INSERT INTO player_stats_history (player_id, timestamp, level)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         SELECT i, {MARCH} + i, 5 FROM n"
    ));
    let mut bytes = fs::read(sandbox.path("plan.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0xAA);
    fs::write(sandbox.path("plan.db"), bytes).unwrap();

    refuse(&sandbox, "plan.db", 79, "damaged");

    let stderr = sandbox.run(&["import", "plan.db"]).expect(79).stderr();
    let lines: Vec<&str> = stderr.lines().collect();
    let [first, because, help] = lines[..] else {
        panic!("{stderr}");
    };
    assert_eq!(first, "tornsnap: could not import plan.db");
    assert!(
        because.starts_with("  because: it is damaged: "),
        "{stderr}"
    );
    assert!(
        !because.contains("\\n") && !because.contains("***") && !because.contains("could not"),
        "{stderr}"
    );
    assert_eq!(
        help,
        "  try: import an older backup, or save what can be read: `sqlite3 plan.db .recover | sqlite3 recovered.db`, then \
         import recovered.db; if sqlite3 says \"SQL logic error\", use the one of sqlite.org"
    );
}

#[test]
fn rows_in_the_wal_of_the_source_are_imported_and_its_files_stay() {
    let sandbox = with_plan("");
    let live = sandbox.path("live.db");
    make_plan(&live, "PRAGMA journal_mode = WAL");
    let writer = Connection::open(&live).unwrap();
    writer
        .execute_batch(&format!(
            "INSERT INTO players (player_id, name, last_updated) VALUES (9, 'Nine', {NOW} - 5)"
        ))
        .unwrap();
    for end in ["", "-wal"] {
        fs::copy(
            sandbox.path(&format!("live.db{end}")),
            sandbox.path(&format!("crashed.db{end}")),
        )
        .unwrap();
    }
    let before = files_of(&sandbox, "crashed.db");

    sandbox.run(&["import", "crashed.db"]).expect(0);

    assert_eq!(files_of(&sandbox, "crashed.db"), before);
    assert_eq!(sandbox.rows("SELECT name FROM players"), ["Nine"]);
    drop(writer);
}

#[cfg(unix)]
#[test]
fn a_source_in_wal_mode_that_was_closed_gets_no_file_beside_it() {
    let sandbox = with_plan("");
    make_plan(
        &sandbox.path("closed.db"),
        "PRAGMA journal_mode = WAL; INSERT INTO players (player_id, name) VALUES (9, 'Nine')",
    );
    set_mode(&sandbox.path("closed.db"), 0o400);
    let before = files_of(&sandbox, "closed.db");
    assert_eq!(before.len(), 1, "it has no -wal");

    // The clock of the machine wrote the row, which is in the future of this test.
    sandbox.run(&["import", "closed.db"]).expect(3);

    assert_eq!(files_of(&sandbox, "closed.db"), before);
}

#[test]
fn an_import_waits_for_the_maintenance_lock_and_gives_up() {
    let sandbox = with_plan("");
    let lock = tornsnap::testing::store::Lock::take(&sandbox.database(), "maintenance").unwrap();

    let finished = sandbox
        .run(&["import", "plan.db", "--wait", "0"])
        .expect(75);

    assert!(
        finished.stderr().contains("at work"),
        "{}",
        finished.stderr()
    );
    drop(lock);
    sandbox.run(&["import", "plan.db", "--wait", "0"]).expect(0);
}

#[test]
fn each_flag_that_does_not_fit_the_file_is_refused_beside_one_that_fits() {
    let sandbox = with_plan("");
    sandbox.write("rows.csv", "faction_id,timestamp,respect\n7,1700000000,1\n");
    let offset = ["--time-offset", "+02:00"];
    let dataset = ["--dataset", "faction_history"];
    let refused = |file: &str, flags: &[&str], flag: &str| {
        let arguments = [&["import", file], flags].concat();
        let stderr = sandbox.run(&arguments).expect(2).stderr();
        assert!(
            stderr.contains(&format!("could not use {flag}")),
            "{stderr}"
        );
    };

    refused("plan.db", &[offset, dataset].concat(), "--dataset");
    refused(
        "plan.db",
        &[&offset[..], &["--skip-invalid"]].concat(),
        "--skip-invalid",
    );
    refused("rows.csv", &[dataset, offset].concat(), "--time-offset");
}

#[test]
fn a_damaged_source_is_described_in_words_and_not_in_codes() {
    let sandbox = with_plan("");
    fs::write(sandbox.path("head.db"), "SQLite format 3\0").unwrap();
    fs::write(
        sandbox.path("torn.db"),
        [&b"SQLite format 3\0"[..], &[7; 5000]].concat(),
    )
    .unwrap();
    for (file, why) in [
        ("head.db", "the file is not an SQLite database"),
        (
            "torn.db",
            "the file is not an SQLite database, or its first page is damaged (SQLite error 26)",
        ),
    ] {
        for more in [&[][..], &["--dry-run"]] {
            let arguments = [&["import", file, "--no-backup"], more].concat();

            let stderr = sandbox.run(&arguments).expect(79).stderr();

            expect_words(&stderr, file, why);
        }
    }
}

/// One run only, because it waits 30 seconds for the lock.
#[test]
fn a_locked_source_is_described_in_words_and_not_in_codes() {
    let sandbox = with_plan("");
    let locked = Connection::open(sandbox.path("plan.db")).unwrap();
    locked.execute_batch("BEGIN EXCLUSIVE").unwrap();

    let refused = sandbox
        .run(&["import", "plan.db", "--no-backup"])
        .expect(75);

    expect_words(
        &refused.stderr(),
        "plan.db",
        "another program has locked the database (SQLite error 5)",
    );
}

fn expect_words(stderr: &str, file: &str, why: &str) {
    assert!(!stderr.contains("Error code"), "{stderr}");
    assert!(stderr.contains(file), "{stderr}");
    assert!(stderr.contains(why), "{stderr}");
    assert!(stderr.contains("\n  try: "), "{stderr}");
}
