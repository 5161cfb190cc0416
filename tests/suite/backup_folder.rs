//! `tornsnap backup` and `restore` in folders that several databases share, that are not mounted, and that hold
//! backups from a clock that was ahead.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tornsnap::store::Store;
use tornsnap::store::backup::Manifest;

use crate::backup::{backups, id_of, ready};
use crate::support::{Finished, NOW, Sandbox, fill};

const DAY: i64 = 86_400;

/// Two folders with a `tornsnap.db` each, which back up to one folder.
struct Shared {
    sandbox: Sandbox,
}

impl Shared {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        for (name, rows) in [("a", 10), ("b", 20)] {
            fs::create_dir(sandbox.path(name)).unwrap();
            let database = sandbox.path(&format!("{name}/tornsnap.db"));
            drop(Store::create(&database).unwrap());
            fill(&Connection::open(database).unwrap(), rows);
            sandbox.write(
                &format!("{name}/tornsnap.toml"),
                "[backup]\ndirectory = \"../backups\"\nkeep = 2\n",
            );
        }
        Self { sandbox }
    }

    fn run_at(&self, now: i64, which: &str, arguments: &[&str]) -> Finished {
        let config = format!("{which}/tornsnap.toml");
        let mut all = vec!["--config", &config];
        all.extend(arguments);
        self.sandbox.run_at(now, &all)
    }

    fn rows(&self, which: &str) -> i64 {
        Connection::open(self.sandbox.path(&format!("{which}/tornsnap.db")))
            .unwrap()
            .query_row("SELECT count(*) FROM player_stats_history", [], |row| {
                row.get(0)
            })
            .unwrap()
    }
}

fn has(finished: &Finished, words: &str) {
    let told = finished.stderr();
    assert!(told.contains(words), "{words:?} is not in: {told}");
}

#[test]
fn databases_of_one_name_neither_rotate_nor_restore_nor_count_each_others_backups() {
    let shared = Shared::new();
    shared.run_at(NOW, "a", &["backup"]).expect(0);
    for later in 1..4 {
        shared.run_at(NOW + later, "b", &["backup"]).expect(0);
    }
    let names = backups(&shared.sandbox);
    assert_eq!(names.len(), 6, "one of a and two of b: {names:?}");

    let verified = shared
        .run_at(NOW + 10, "a", &["backup", "--verify", "latest", "--json"])
        .expect(0)
        .json();
    let file = verified["verified"][0]["file"].as_str().unwrap();
    assert!(file.ends_with("tornsnap-20260401T120000Z.db"), "{file}");

    shared
        .run_at(NOW + 10, "a", &["restore", "latest"])
        .expect(0);
    assert_eq!(shared.rows("a"), 10);
    shared
        .run_at(NOW + 10, "b", &["restore", "latest"])
        .expect(0);
    assert_eq!(shared.rows("b"), 20);

    // A week later only b has a new backup: that of a is too old for prune and health.
    shared.run_at(NOW + 9 * DAY, "b", &["backup"]).expect(0);
    let health = shared.run_at(NOW + 9 * DAY, "a", &["health", "--json"]);
    let health = health.json();
    let backup = health["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["id"] == "backup")
        .unwrap();
    assert_ne!(backup["state"], "ok", "{backup}");
}

#[test]
fn a_backup_of_another_database_is_restored_only_when_told_so() {
    let shared = Shared::new();
    shared.run_at(NOW, "b", &["backup"]).expect(0);
    let file = "backups/tornsnap-20260401T120000Z.db";
    let before = fs::read(shared.sandbox.path("a/tornsnap.db")).unwrap();

    let latest = shared.run_at(NOW, "a", &["restore", "latest"]).expect(78);
    has(&latest, "of other databases");
    has(&latest, "tornsnap-20260401T120000Z.db");
    let refused = shared.run_at(NOW, "a", &["restore", file]).expect(78);
    has(&refused, "another database (tornsnap.db, id ");
    has(&refused, "--other-database");
    fs::copy(shared.sandbox.path(file), shared.sandbox.path("by-hand.db")).unwrap();
    let by_hand = ["restore", "by-hand.db", "--without-manifest"];
    has(
        &shared.run_at(NOW, "a", &by_hand).expect(78),
        "another database",
    );
    assert!(before == fs::read(shared.sandbox.path("a/tornsnap.db")).unwrap());

    let done = shared
        .run_at(NOW, "a", &["restore", file, "--other-database"])
        .expect(0);
    has(&done, "another database (tornsnap.db, id ");
    assert_eq!(shared.rows("a"), 20);
}

#[test]
fn without_a_database_latest_is_taken_only_when_it_is_clear_whose_it_is() {
    let shared = Shared::new();
    shared.run_at(NOW, "a", &["backup"]).expect(0);
    shared
        .run_at(NOW + 1, "a", &["backup", "--database", "a/other.db"])
        .expect(78);
    fs::rename(
        shared.sandbox.path("a/tornsnap.db"),
        shared.sandbox.path("a/gone.db"),
    )
    .unwrap();
    let done = shared.run_at(NOW, "a", &["restore", "latest"]).expect(0);
    has(&done, "a database that is not here (tornsnap.db, id ");
    assert_eq!(shared.rows("a"), 10);

    shared.run_at(NOW + 5, "b", &["backup"]).expect(0);
    fs::write(shared.sandbox.path("a/tornsnap.db"), "damaged").unwrap();
    for arguments in [
        &["restore", "latest"][..],
        &["backup", "--verify", "latest"],
    ] {
        let refused = shared.run_at(NOW + 6, "a", arguments).expect(78);
        has(&refused, "backups of 2 databases of that name");
        has(&refused, "tornsnap-20260401T120000Z.db");
        has(&refused, "tornsnap-20260401T120005Z.db");
    }
    shared
        .run_at(
            NOW + 6,
            "a",
            &["restore", "backups/tornsnap-20260401T120000Z.db"],
        )
        .expect(0);
    assert_eq!(shared.rows("a"), 10);
}

#[test]
fn the_archive_may_be_backed_up_into_the_same_folder() {
    let sandbox = ready(10);
    let archive = sandbox.path("tornsnap-archive.db");
    drop(Store::create(&archive).unwrap());
    Connection::open(&archive)
        .unwrap()
        .execute(
            "UPDATE database_identity SET archive_of = ?1",
            [id_of(&sandbox.database()).as_str()],
        )
        .unwrap();
    sandbox.run(&["backup"]).expect(0);
    for later in 1..3 {
        sandbox
            .run_at(
                NOW + later,
                &["--database", "tornsnap-archive.db", "backup", "--keep", "1"],
            )
            .expect(0);
    }
    assert_eq!(
        backups(&sandbox),
        [
            "tornsnap-20260401T120000Z.db",
            "tornsnap-20260401T120000Z.db.json",
            "tornsnap-archive-20260401T120002Z.db",
            "tornsnap-archive-20260401T120002Z.db.json",
        ]
    );

    let of_archive = sandbox.path("backups/tornsnap-archive-20260401T120002Z.db");
    assert_eq!(
        Manifest::of(&of_archive).unwrap().archive_of,
        Some(id_of(&sandbox.database()))
    );
    let listed = sandbox.run_at(NOW + 3, &["backup", "--list"]).expect(0);
    let lines: Vec<String> = listed.stdout().lines().map(str::to_owned).collect();
    assert!(lines[0].ends_with("this database"), "{lines:?}");
    assert!(
        lines[1].contains("the archive of this database"),
        "{lines:?}"
    );
    let refused = sandbox
        .run_at(
            NOW + 3,
            &["restore", "backups/tornsnap-archive-20260401T120002Z.db"],
        )
        .expect(78);
    has(&refused, "the archive of this database");
    sandbox.run_at(NOW + 3, &["restore", "latest"]).expect(0);
    assert_eq!(
        sandbox.value::<i64>("SELECT count(*) FROM player_stats_history"),
        10
    );
}

#[test]
fn what_is_listed_and_verified_says_whose_it_is() {
    let shared = Shared::new();
    shared.run_at(NOW, "a", &["backup"]).expect(0);
    shared.run_at(NOW + 1, "b", &["backup"]).expect(0);
    shared
        .sandbox
        .write("backups/tornsnap-20260101T000000Z.db", "no manifest");

    let list = shared
        .run_at(NOW + 2, "a", &["backup", "--list", "--json"])
        .expect(0)
        .json();
    let whose: Vec<(&str, bool)> = list["backups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["whose"].as_str().unwrap(), one["is_ours"] == true))
        .collect();
    assert_eq!(whose[0], ("this database", true));
    assert!(whose[1].0.starts_with("another database (tornsnap.db, id ") && !whose[1].1);
    assert_eq!(list["without_manifest"].as_array().unwrap().len(), 1);

    let all = shared
        .run_at(NOW + 2, "a", &["backup", "--verify", "all"])
        .expect(0);
    let told = all.stdout();
    assert!(told.contains("of this database"), "{told}");
    assert!(told.contains("of another database"), "{told}");
    let quiet = shared
        .run_at(NOW + 2, "a", &["-q", "backup", "--verify", "all"])
        .expect(0);
    assert_eq!(quiet.stdout(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_could_not_be_written_is_no_success() {
    let sandbox = ready(1);
    sandbox.run(&["backup"]).expect(0);
    for arguments in [&["backup", "--list"][..], &["backup", "--verify", "all"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = sandbox.command(arguments).stdout(full).output().unwrap();

        assert_eq!(output.status.code(), Some(74), "{arguments:?}");
    }
}

/// Changes a manifest as a newer program would have written it.
fn rewrite(backup: &Path, change: impl FnOnce(&mut Value)) {
    let path = Manifest::path_for(backup);
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    value["manifest_sha256"] = "".into();
    let text = format!("{value:#}\n");
    let mut hash = String::new();
    for byte in Sha256::digest(&text) {
        write!(hash, "{byte:02x}").unwrap();
    }
    let open = "\"manifest_sha256\": \"";
    fs::write(&path, text.replace(open, &format!("{open}{hash}"))).unwrap();
}

#[test]
fn a_manifest_with_a_field_of_a_newer_program_verifies_and_restores() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    let file = sandbox.path("backups/tornsnap-20260401T120000Z.db");
    rewrite(&file, |manifest| {
        manifest["encrypted_for"] = serde_json::json!({ "keys": ["age1"], "since": 5 });
    });

    sandbox
        .run_at(NOW + 60, &["backup", "--verify", "latest"])
        .expect(0);
    sandbox.run_at(NOW + 61, &["restore", "latest"]).expect(0);
    sandbox
        .run_at(NOW + 62, &["backup", "--keep", "2"])
        .expect(0);

    let text = fs::read_to_string(Manifest::path_for(&file)).unwrap();
    assert!(text.contains("age1"), "verifying keeps the field: {text}");
    assert!(text.contains(&format!("\"verified_at\": {}", NOW + 60)));
    // And it is proven like the others.
    fs::write(Manifest::path_for(&file), text.replace("age1", "age2")).unwrap();
    sandbox
        .run(&["restore", "backups/tornsnap-20260401T120000Z.db"])
        .expect(79);
}

#[test]
fn a_backup_from_a_clock_that_was_ahead_is_neither_latest_nor_counted_nor_removed() {
    let sandbox = ready(10);
    sandbox.run_at(NOW + 400 * DAY, &["backup"]).expect(0);
    let ahead = "backups/tornsnap-20270506T120000Z.db";
    assert!(sandbox.path(ahead).exists());
    let refused = sandbox.run(&["restore", "latest"]).expect(78);
    has(&refused, "a clock that was ahead");
    sandbox
        .sqlite()
        .execute("UPDATE players SET name = 'Newer'", [])
        .unwrap();

    for day in 0..4 {
        let finished = sandbox
            .run_at(NOW + day * DAY, &["backup", "--keep", "2"])
            .expect(0);
        has(
            &finished,
            "tornsnap-20270506T120000Z.db was made at 2027-05-06",
        );
    }
    let now = NOW + 3 * DAY;
    assert_eq!(backups(&sandbox).len(), 6, "two that count, and that one");
    assert!(sandbox.path(ahead).exists());
    let verified = sandbox
        .run_at(now, &["backup", "--verify", "latest", "--json"])
        .expect(0)
        .json();
    assert_eq!(verified["verified"][0]["created_at"], now);
    sandbox.run_at(now, &["restore", "latest"]).expect(0);
    assert_eq!(
        sandbox.value::<String>("SELECT name FROM players LIMIT 1"),
        "Newer"
    );
    let all = sandbox
        .run_at(now, &["backup", "--verify", "all", "--json"])
        .expect(0)
        .json();
    assert_eq!(all["verified"].as_array().unwrap().len(), 3);
    let listed = sandbox.run_at(now, &["backup", "--list"]).expect(0);
    assert!(listed.stdout().contains("made by a clock that was ahead"));
}

#[test]
fn a_clock_that_is_hours_ahead_makes_backups_like_any_other() {
    let sandbox = ready(10);
    sandbox.run_at(NOW + DAY - 60, &["backup"]).expect(0);

    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
}

#[test]
fn a_folder_that_lost_its_backups_is_used_again_only_when_told_so() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    assert_eq!(
        sandbox.rows("SELECT last_backup_at, last_file FROM backup_folders"),
        [format!("{NOW}|tornsnap-20260401T120000Z.db")]
    );
    fs::rename(sandbox.path("backups"), sandbox.path("the-usb-disk")).unwrap();

    // Not mounted: the folder is missing, or there is the empty one that disks are mounted on.
    for is_there in [false, true] {
        if is_there {
            fs::create_dir(sandbox.path("backups")).unwrap();
        }
        let refused = sandbox.run_at(NOW + 1, &["backup"]).expect(78);
        has(&refused, "there were backups of this database here");
        has(&refused, "mount the disk");
        has(&refused, "--new-folder");
        assert_eq!(sandbox.path("backups").exists(), is_there);
    }
    // Nor by another spelling, nor for the backups of others.
    let spelled = sandbox.path("x/../backups");
    sandbox
        .run_at(NOW + 1, &["backup", "--output", spelled.to_str().unwrap()])
        .expect(78);
    drop(Store::create(&sandbox.path("b.db")).unwrap());
    sandbox
        .run_at(NOW + 1, &["--database", "b.db", "backup"])
        .expect(0);
    sandbox.run_at(NOW + 1, &["backup"]).expect(78);

    sandbox
        .run_at(NOW + 2, &["backup", "--new-folder"])
        .expect(0);
    sandbox.run_at(NOW + 3, &["backup"]).expect(0);
    // A folder that never had any is made without a word.
    sandbox
        .run_at(NOW + 4, &["backup", "--output", "elsewhere/deep"])
        .expect(0);
}

#[test]
fn summarize_makes_no_backup_in_a_folder_that_lost_them() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    fs::remove_dir_all(sandbox.path("backups")).unwrap();

    let refused = sandbox
        .run_at(NOW + 35 * DAY, &["summarize", "--json"])
        .expect(78);

    has(&refused, "tornsnap backup --new-folder");
    assert_eq!(refused.json()["exit_code"], 78);
    assert!(!sandbox.path("backups").exists());
}

#[test]
fn a_database_that_is_locked_is_backed_up_and_the_folder_is_not_remembered() {
    let sandbox = ready(10);
    let writer = sandbox.sqlite();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();

    let finished = sandbox.run(&["backup"]).expect(0);

    has(&finished, "does not remember its folder");
    writer.execute_batch("ROLLBACK").unwrap();
    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_disk_that_is_not_there_is_told_as_such() {
    let sandbox = ready(10);
    std::os::unix::fs::symlink("/mnt/no-such-disk/backups", sandbox.path("backups")).unwrap();

    for output in ["backups", "backups/tornsnap"] {
        let refused = sandbox.run(&["backup", "--output", output]).expect(78);
        has(
            &refused,
            "is a link to /mnt/no-such-disk/backups, which is not there",
        );
    }
}

#[test]
fn verifying_the_latest_backup_counts_as_verified_for_prune() {
    let sandbox = ready(4000); // Eleven days.
    sandbox.run(&["backup"]).expect(0);
    let later = NOW + 90 * DAY;
    sandbox
        .run_at(later, &["summarize", "--no-backup"])
        .expect(0);
    let prune = [
        "prune",
        "--keep-months",
        "1",
        "--allow-large",
        "--ignore-clock",
    ];
    let refused = sandbox.run_at(later, &prune).expect(78);
    has(&refused, "no backup was verified in the last 7 days");

    sandbox
        .run_at(later, &["backup", "--verify", "latest"])
        .expect(0);

    sandbox.run_at(later, &prune).expect(0);
    // It is as sound and as old as before.
    let manifest = Manifest::of(&sandbox.path("backups/tornsnap-20260401T120000Z.db")).unwrap();
    assert_eq!((manifest.created_at, manifest.verified_at), (NOW, later));
}

#[cfg(unix)]
#[test]
fn a_backup_in_a_folder_that_cannot_be_written_is_verified_all_the_same() {
    use crate::support::set_mode;

    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    set_mode(&sandbox.path("backups"), 0o500);
    if fs::write(sandbox.path("backups/probe"), "").is_ok() {
        return; // As root every folder can be written.
    }

    let finished = sandbox.run(&["backup", "--verify", "latest"]).expect(0);

    has(&finished, "does not remember");
    set_mode(&sandbox.path("backups"), 0o700);
}

#[test]
fn only_deep_looks_at_each_entry_of_an_index_and_quick_still_counts_them() {
    let sandbox = ready(500);
    without_index(
        &sandbox,
        "UPDATE players SET faction_id = NULL WHERE player_id = 3",
    );
    let report = sandbox.run(&["backup", "--json"]).expect(0).json();
    assert_eq!(report["backup"]["check"], "quick_check");
    sandbox
        .run_at(NOW + 1, &["backup", "--deep", "--keep", "1"])
        .expect(79);
    sandbox
        .run(&["backup", "--verify", "latest", "--deep"])
        .expect(79);

    without_index(&sandbox, "DELETE FROM players WHERE player_id = 10");
    sandbox
        .sqlite()
        .execute("DELETE FROM player_stats_history WHERE player_id = 10", [])
        .unwrap();
    let damaged = sandbox.run_at(NOW + 2, &["backup"]).expect(79);
    has(&damaged, "wrong # of entries in index");
}

/// Runs a statement behind the back of an index of `players`.
fn without_index(sandbox: &Sandbox, statement: &str) {
    let index = "idx_player_faction";
    let hide = sandbox.sqlite();
    let row: (i64, String, i64, String) = hide
        .query_row(
            "SELECT rowid, name, rootpage, sql FROM sqlite_schema
             WHERE type = 'index' AND tbl_name = 'players' AND sql IS NOT NULL",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap_or_else(|error| panic!("{index}: {error}"));
    hide.execute_batch("PRAGMA writable_schema = ON").unwrap();
    hide.execute("DELETE FROM sqlite_schema WHERE rowid = ?1", [row.0])
        .unwrap();
    drop(hide);
    let change = sandbox.sqlite();
    change.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    change.execute(statement, []).unwrap();
    change.execute_batch("PRAGMA writable_schema = ON").unwrap();
    change
        .execute(
            "INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql)
             VALUES (?1, 'index', ?2, 'players', ?3, ?4)",
            rusqlite::params![row.0, row.1, row.2, row.3],
        )
        .unwrap();
}

#[test]
fn a_copy_loses_nothing_that_is_in_the_file() {
    let sandbox = ready(50);
    let shell = sandbox.sqlite();
    shell
        .execute_batch(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
             INSERT INTO notes (id, text) VALUES (41, 'mine'); DELETE FROM notes;
             CREATE INDEX my_index ON players (name);
             CREATE VIEW my_view AS SELECT name FROM players;",
        )
        .unwrap();
    drop(shell);
    sandbox.run(&["backup", "--compress"]).expect(0);

    sandbox
        .run(&["restore", "latest", "--to", "copy.db"])
        .expect(0);

    let copy = Connection::open(sandbox.path("copy.db")).unwrap();
    let value = |sql: &str| -> i64 { copy.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(value("PRAGMA application_id"), 0x5453_4E50);
    assert_eq!(value("PRAGMA auto_vacuum"), 2);
    assert_eq!(value("SELECT count(*) FROM my_view"), 10);
    copy.execute("INSERT INTO notes (text) VALUES ('next')", [])
        .unwrap();
    assert_eq!(value("SELECT max(id) FROM notes"), 42);
    assert_eq!(
        value("SELECT count(*) FROM sqlite_schema WHERE name = 'my_index'"),
        1
    );
}

#[test]
fn a_manifest_without_its_backup_is_not_the_latest() {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    sandbox.run_at(NOW + 1, &["backup"]).expect(0);
    fs::remove_file(sandbox.path("backups/tornsnap-20260401T120001Z.db")).unwrap();

    let finished = sandbox
        .run_at(NOW + 2, &["restore", "latest", "--json"])
        .expect(0);

    let file = PathBuf::from(finished.json()["backup"].as_str().unwrap());
    assert!(file.ends_with("tornsnap-20260401T120000Z.db"));
}
