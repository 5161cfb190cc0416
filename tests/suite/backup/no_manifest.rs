//! Copies without a manifest: which of them stand for backups of this database, and what is said of the others.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;
use tornsnap::testing::store::Store;

use crate::backup::folder::has;
use crate::backup::ready;
use crate::health::check;
use crate::support::{DAY, NOW, Sandbox, fill};

const UNKNOWN: &str = "its id is not known until it is unpacked";

/// A database whose only backup is gone, as from a disk that is not mounted.
fn after_loss() -> Sandbox {
    let sandbox = ready(10);
    sandbox.run(&["backup"]).expect(0);
    fs::remove_dir_all(sandbox.path("backups")).unwrap();
    fs::create_dir(sandbox.path("backups")).unwrap();
    sandbox
}

/// Puts a copy of this database into the backup folder.
fn put(sandbox: &Sandbox, database: &str, name: &str) {
    let copy = sandbox.path("backups").join(name);
    Connection::open(sandbox.path(database))
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    if copy.extension() == Some("zst".as_ref()) {
        let bytes = fs::read(&copy).unwrap();
        fs::write(&copy, zstd::encode_all(&bytes[..], 1).unwrap()).unwrap();
    }
}

/// Another database, `b.db`.
fn with_another(sandbox: &Sandbox) {
    let other = sandbox.path("b.db");
    drop(Store::create(&other).unwrap());
    fill(&Connection::open(other).unwrap(), 5);
}

fn listed(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.run(&["backup", "--list", "--json"]).expect(0);
    let name = |file: &Value| {
        let path = Path::new(file.as_str().unwrap());
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    let files = &list.json()["without_manifest"];
    files.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn copies_of_another_database_do_not_hide_that_the_backups_are_gone() {
    for name in [
        "by-hand.zst",
        "by-hand.db",
        "tornsnap-20260101T000000Z.db",
        "b-20260101T000000Z.db.zst",
    ] {
        let sandbox = after_loss();
        with_another(&sandbox);
        put(&sandbox, "b.db", name);

        let refused = sandbox.run_at(NOW + 1, &["backup"]).expect(78);

        has(&refused, "there were backups of this database here");
    }
}

#[test]
fn copies_of_this_database_show_that_the_backup_folder_is_the_right_one() {
    for name in [
        "by-hand.db",
        "by-hand-journal",
        "b-20260101T000000Z.db",
        "tornsnap-20260101T000000Z.db.zst",
    ] {
        let sandbox = after_loss();
        put(&sandbox, "tornsnap.db", name);

        sandbox.run_at(NOW + 1, &["backup"]).expect(0);

        assert_eq!(listed(&sandbox), [name]);
    }
}

#[test]
fn a_compressed_copy_of_an_unknown_database_is_listed_as_such() {
    let sandbox = after_loss();
    with_another(&sandbox);
    put(&sandbox, "b.db", "by-hand.zst");
    put(&sandbox, "tornsnap.db", "by-hand.db");

    let list = sandbox.run(&["backup", "--list"]).expect(0).stdout();

    let told = |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(told("by-hand.zst").contains(UNKNOWN), "{list}");
    assert!(!told("by-hand.db").contains(UNKNOWN), "{list}");
    fs::remove_file(sandbox.path("backups/by-hand.db")).unwrap();
    let latest = sandbox.run(&["restore", "latest"]).expect(78);
    has(&latest, UNKNOWN);
    let report = sandbox.run_at(NOW + DAY, &["health", "--json"]).json();
    let backup = check(&report, "backup").unwrap();
    assert!(
        backup["message"].as_str().unwrap().contains(UNKNOWN),
        "{backup}"
    );
    sandbox.run(&["backup", "--new-folder"]).expect(0);
    let verified = sandbox.run(&["backup", "--verify", "all"]).expect(0);
    has(&verified, UNKNOWN);
}
