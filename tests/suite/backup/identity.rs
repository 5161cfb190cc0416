//! `tornsnap backup` and `restore` identify a database by its id, not by its file name.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tornsnap::testing::store::backup::Manifest;

use crate::backup::folder::has;
use crate::backup::{backups, id_of, ready};
use crate::health::check;
use crate::support::new_database::new_database;
use crate::support::{DAY, Finished, NOW, Sandbox, damage, fill, heavy};

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
            new_database(&database);
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
    let backup = check(&health, "backup").unwrap();
    assert_ne!(backup["state"], "ok", "{backup}");
}

#[test]
fn a_backup_of_another_database_is_restored_only_with_other_database() {
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
fn without_a_database_latest_is_refused_if_two_databases_share_its_name() {
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
    has(
        &done,
        "there was no database at that place before; the id of this one is ",
    );
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
    new_database(&archive);
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
fn list_and_verify_name_the_database_of_each_backup() {
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

/// Rewrites a manifest as a newer program would write it.
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
    // It is verified like the others.
    fs::write(Manifest::path_for(&file), text.replace("age1", "age2")).unwrap();
    sandbox
        .run(&["restore", "backups/tornsnap-20260401T120000Z.db"])
        .expect(79);
}

#[test]
fn a_newer_or_foreign_database_is_replaced_only_with_other_database() {
    let shared = Shared::new();
    shared.run_at(NOW, "b", &["backup"]).expect(0);
    let file = "backups/tornsnap-20260401T120000Z.db";
    Connection::open(shared.sandbox.path("a/tornsnap.db"))
        .unwrap()
        .execute_batch("INSERT INTO schema_version (version) VALUES (999)")
        .unwrap();
    let newer = shared.run_at(NOW, "a", &["restore", file]).expect(78);
    has(&newer, "another database");

    let notes = shared.sandbox.path("notes.db");
    Connection::open(&notes)
        .unwrap()
        .execute_batch("CREATE TABLE notes (text)")
        .unwrap();
    let before = fs::read(&notes).unwrap();
    let foreign = shared
        .run_at(NOW, "b", &["restore", "latest", "--to", "notes.db"])
        .expect(78);
    has(&foreign, "a database of another program");
    assert!(before == fs::read(&notes).unwrap());
    shared
        .run_at(
            NOW,
            "b",
            &["restore", "latest", "--to", "notes.db", "--other-database"],
        )
        .expect(0);
}

#[test]
fn two_databases_of_one_name_that_are_backed_up_in_the_same_second_have_a_backup_each() {
    for round in 0..heavy(30, 6) {
        let sandbox = Sandbox::new();
        let names = ["one/tornsnap.db", "two/tornsnap.db"];
        for name in names {
            fs::create_dir_all(sandbox.path(name).parent().unwrap()).unwrap();
            new_database(&sandbox.path(name));
        }
        let children: Vec<_> = names
            .iter()
            .map(|name| {
                sandbox
                    .command(&["backup", "--output", "backups", "--database", name])
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            Finished(child.wait_with_output().unwrap()).expect(0);
        }

        for name in names {
            let arguments = [
                "backup",
                "--verify",
                "latest",
                "--output",
                "backups",
                "--database",
                name,
            ];
            sandbox.run(&arguments).expect(0);
        }
        let files = fs::read_dir(sandbox.path("backups")).unwrap().count();
        assert_eq!(files, 4, "round {round}: two backups and their manifests");
    }
}

#[test]
fn a_damaged_backup_is_ignored_until_a_verification_succeeds() {
    let sandbox = ready(100);
    sandbox.run(&["backup"]).expect(0);
    let backup = sandbox.path("backups").join(&backups(&sandbox)[0]);
    let sound = fs::read(&backup).unwrap();
    damage(&backup);

    sandbox.run(&["backup", "--verify", "latest"]).expect(79);
    let state = |id: &str| -> String {
        let report = sandbox.run(&["health", "--json"]).json();
        let check = check(&report, id).unwrap();
        check["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("backup"), "warning");

    fs::write(&backup, sound).unwrap();
    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
    assert_eq!(state("backup"), "ok");
}
