//! `tornsnap backup --verify`: damage is found wherever it is.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tornsnap::testing::model::Unwatched;
use tornsnap::testing::store::Depth;
use tornsnap::testing::store::backup::{self, Manifest};

use super::{newest, ready};
use crate::support::{Dice, NOW};

#[test]
fn verify_finds_damage_in_either_file_and_says_which() {
    let sandbox = ready(1);
    for (later, compress) in [(0, false), (60, true)] {
        let mut arguments = vec!["backup"];
        arguments.extend(compress.then_some("--compress"));
        sandbox.run_at(NOW + later, &arguments).expect(0);
    }
    sandbox.run(&["backup", "--verify", "all"]).expect(0);

    let latest = newest(&sandbox);
    for file in [latest.clone(), Manifest::path_for(&latest)] {
        flip(&file, 5000 % (fs::metadata(&file).unwrap().len() * 8));
        sandbox.run(&["backup", "--verify", "latest"]).expect(79);
        let all = sandbox
            .run(&["backup", "--verify", "all", "--json"])
            .expect(79);
        assert_eq!(all.json()["verified"][0]["status"], "ok");
        assert_eq!(all.json()["verified"][1]["status"], "failed");
        assert!(
            all.stderr()
                .contains(&latest.file_name().unwrap().to_string_lossy()[..])
        );
        flip(&file, 5000 % (fs::metadata(&file).unwrap().len() * 8));
    }
    fs::remove_file(&latest).unwrap();
    sandbox.run(&["backup", "--verify", "all"]).expect(79);
}

#[test]
fn a_journal_beside_a_backup_is_not_read() {
    let sandbox = ready(1);
    sandbox.run(&["backup"]).expect(0);
    let latest = newest(&sandbox);
    let twin = sandbox.path("twin.db");
    fs::copy(&latest, &twin).unwrap();
    let writer = Connection::open(&twin).unwrap();
    writer
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 2; BEGIN IMMEDIATE; UPDATE players SET name = 'x';
             CREATE TABLE filler AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 9999) SELECT x FROM n",
        )
        .unwrap();
    let journal = fs::read(sandbox.path("twin.db-journal")).unwrap();
    assert!(journal.len() > 1000);
    fs::write(latest.with_extension("db-journal"), journal).unwrap();

    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
}

#[test]
fn a_backup_that_cannot_be_read_is_not_reported_as_damaged() {
    let sandbox = ready(1);
    sandbox.run(&["backup"]).expect(0);
    sandbox.run_at(NOW + 60, &["backup"]).expect(0);
    let latest = newest(&sandbox);
    let kept = fs::read(&latest).unwrap();
    fs::remove_file(&latest).unwrap();
    fs::create_dir(&latest).unwrap();

    let unreadable = sandbox.run(&["backup", "--verify", "all"]).expect(78);
    assert!(
        unreadable.stderr().contains("1 could not be read"),
        "{}",
        unreadable.stderr()
    );
    assert!(
        !unreadable.stderr().contains("are damaged"),
        "{}",
        unreadable.stderr()
    );

    // Damage is the more urgent of the two.
    flip(&sandbox.path("backups/tornsnap-20260401T120000Z.db"), 5000);
    let both = sandbox.run(&["backup", "--verify", "all"]).expect(79);
    assert!(
        both.stderr()
            .contains("1 is damaged or gone, and 1 could not be read"),
        "{}",
        both.stderr()
    );

    fs::remove_dir(&latest).unwrap();
    fs::write(&latest, kept).unwrap();
    sandbox.run(&["backup", "--verify", "latest"]).expect(0);
}

#[test]
fn every_flipped_bit_of_a_backup_is_found() {
    let sandbox = ready(50);
    sandbox.run(&["backup"]).expect(0);
    sandbox
        .run_at(NOW + 60, &["backup", "--compress"])
        .expect(0);
    let mut dice = Dice::new(20_260_401);
    let files: Vec<PathBuf> = backup::list_backups(&sandbox.path("backups"))
        .unwrap()
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    assert_eq!(files.len(), 2);

    for number in 0..1000 {
        let file = &files[number % 2];
        let bit = dice.below(fs::metadata(file).unwrap().len() * 8);
        flip(file, bit);
        let found = backup::verify(file, Depth::Quick, &Unwatched).unwrap_err();
        flip(file, bit);
        assert_eq!(
            found.exit().code(),
            79,
            "bit {bit} of {}: {found}",
            file.display()
        );
    }
    for file in &files {
        backup::verify(file, Depth::Quick, &Unwatched).unwrap();
    }
}

fn flip(file: &Path, bit: u64) {
    let mut bytes = fs::read(file).unwrap();
    bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_name_from_the_list_is_found_in_the_backup_folder() {
    let sandbox = ready(1);
    sandbox.write("tornsnap.toml", "[backup]\ndirectory = \"copies\"\n");
    sandbox.run(&["backup"]).expect(0);
    let list = sandbox.run(&["backup", "--list"]).expect(0).stdout();
    let name = list.split_whitespace().next().unwrap();

    let verified = sandbox.run(&["backup", "--verify", name]).expect(0);
    assert!(
        verified.stderr().contains("copies"),
        "{}",
        verified.stderr()
    );
    sandbox.run(&["restore", name, "--to", "copy.db"]).expect(0);
    fs::rename(sandbox.path("copies"), sandbox.path("elsewhere")).unwrap();
    sandbox
        .run(&["backup", "--output", "elsewhere", "--verify", name])
        .expect(0);

    // A file in the working directory has priority, and a path with a folder is no name.
    fs::rename(sandbox.path("elsewhere"), sandbox.path("copies")).unwrap();
    sandbox.write(name, "not a backup");
    sandbox
        .run(&["restore", name, "--to", "other.db"])
        .expect(78);
    fs::remove_file(sandbox.path(name)).unwrap();
    let dotted = format!("./{name}");
    sandbox.run(&["backup", "--verify", &dotted]).expect(78);
}
