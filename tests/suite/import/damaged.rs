//! Databases of tornsnap that are damaged inside: the error names the file, the table and a remedy, and nothing is taken.

use std::fs;

use rusqlite::Connection;

use super::closed::database_of_factions;
use super::{copy, create, open};
use crate::month_model::{EDGES, IN_APRIL};
use crate::support::{Sandbox, rows};

/// An empty database `mine.db`, and `other.db` with history rows of a faction.
fn two_databases() -> Sandbox {
    let sandbox = Sandbox::new();
    let january = EDGES[1];
    create(&sandbox, "mine.db");
    database_of_factions(
        &sandbox,
        "other.db",
        &format!("(7, {january}, 100), (7, {january} + 60, 200)"),
    );
    // So that all is in one file.
    open(&sandbox, "other.db")
        .pragma_update(None, "journal_mode", "DELETE")
        .unwrap();
    sandbox
}

/// The lines of the refusal of `other.db`: why, and what to do. The database that would take the rows stays as it is.
fn refusal(sandbox: &Sandbox) -> (String, String) {
    let before = fs::read(sandbox.path("mine.db")).unwrap();
    let run = |more: &[&str]| {
        let arguments = [&["import", "other.db", "--database", "mine.db"], more].concat();
        let stderr = sandbox.run_at(IN_APRIL, &arguments).expect(79).stderr();
        let lines: Vec<&str> = stderr.lines().collect();
        let [first, because, help] = lines[..] else {
            panic!("{stderr}");
        };
        assert_eq!(first, "tornsnap: could not import other.db");
        (because.to_owned(), help.to_owned())
    };
    let found = run(&["--no-backup"]);
    assert_eq!(run(&["--dry-run"]), found);
    assert_eq!(run(&[]), found);
    let after = fs::read(sandbox.path("mine.db")).unwrap();
    assert!(after == before, "the database was changed");
    assert!(!sandbox.path("backups").exists(), "no backup for a refusal");
    found
}

#[test]
fn a_column_that_is_missing_or_has_another_name_is_named_with_its_table() {
    let sandbox = two_databases();
    let whole = "whole.db";
    copy(&sandbox, "other.db", whole);
    for (change, table, column) in [
        (
            "ALTER TABLE month_states DROP COLUMN pruned_at",
            "month_states",
            "pruned_at",
        ),
        (
            "ALTER TABLE faction_history RENAME COLUMN respect TO esteem",
            "faction_history",
            "respect",
        ),
        (
            "ALTER TABLE membership_sightings RENAME COLUMN joined_at TO since",
            "membership_sightings",
            "joined_at",
        ),
        (
            "ALTER TABLE database_identity DROP COLUMN archive_of",
            "database_identity",
            "archive_of",
        ),
    ] {
        copy(&sandbox, whole, "other.db");
        let other = open(&sandbox, "other.db");
        other
            .execute_batch("PRAGMA legacy_alter_table = ON")
            .unwrap();
        other.execute_batch(change).unwrap();
        drop(other);

        let (because, help) = refusal(&sandbox);

        assert_eq!(
            because,
            format!("  because: it is damaged: its table {table} has no column {column}")
        );
        assert_eq!(
            help,
            "  try: import an older backup, or give a column that was renamed its name again"
        );
    }
}

#[test]
fn a_column_that_the_user_has_added_is_no_damage() {
    let sandbox = two_databases();
    open(&sandbox, "other.db")
        .execute_batch("ALTER TABLE factions ADD COLUMN mood TEXT")
        .unwrap();

    sandbox
        .run_at(
            IN_APRIL,
            &["import", "other.db", "--database", "mine.db", "--no-backup"],
        )
        .expect(0);

    let respect = "SELECT respect FROM faction_history ORDER BY 1";
    assert_eq!(rows(&open(&sandbox, "mine.db"), respect), ["100", "200"]);
}

#[test]
fn a_missing_index_of_a_history_is_named_and_the_remedy_creates_it() {
    for index in [
        "idx_faction_history_faction_time",
        "idx_player_stats_battle_known",
    ] {
        let sandbox = two_databases();
        let other = open(&sandbox, "other.db");
        other.execute_batch(&format!("DROP INDEX {index}")).unwrap();

        let (because, help) = refusal(&sandbox);

        assert!(
            because.contains(&format!("the index {index} of its table ")),
            "{because}"
        );
        let statement = help.split('"').nth(1).unwrap();
        other.execute_batch(statement).unwrap();
        sandbox
            .run_at(
                IN_APRIL,
                &["import", "other.db", "--database", "mine.db", "--no-backup"],
            )
            .expect(0);
    }
}

/// Stores a value that the column refuses, by another declaration of the column for a while.
fn force(other: &Connection, table: &str, declared: &str, loose: &str, change: &str) {
    let rewrite = |from: &str, to: &str| {
        other.execute_batch("PRAGMA writable_schema = ON").unwrap();
        let changed = other
            .execute(
                "UPDATE sqlite_schema SET sql = replace(sql, ?1, ?2) WHERE name = ?3 AND instr(sql, ?1) > 0",
                [from, to, table],
            )
            .unwrap();
        assert_eq!(changed, 1, "{from}");
        other
            .execute_batch("PRAGMA writable_schema = RESET")
            .unwrap();
    };
    rewrite(declared, loose);
    other.execute_batch(change).unwrap();
    rewrite(loose, declared);
}

#[test]
fn a_value_that_its_column_cannot_have_is_named_with_table_and_column() {
    let respect = "respect      INTEGER CHECK (respect >= 0)";
    for (declared, loose, change, why) in [
        (
            respect,
            "respect /**/ TEXT",
            "UPDATE faction_history SET respect = 'many'",
            "non-INTEGER value in faction_history.respect",
        ),
        (
            "timestamp    INTEGER NOT NULL",
            "timestamp /**/ INTEGER",
            "UPDATE faction_history SET timestamp = NULL",
            "NULL value in faction_history.timestamp",
        ),
    ] {
        let sandbox = two_databases();
        let other = open(&sandbox, "other.db");
        force(&other, "faction_history", declared, loose, change);
        drop(other);

        let (because, help) = refusal(&sandbox);

        assert!(because.contains(why), "{because}");
        assert!(help.contains("sqlite3 other.db .recover"), "{help}");
    }
}

#[test]
fn a_page_that_is_destroyed_is_named_with_its_table() {
    let sandbox = two_databases();
    let other = open(&sandbox, "other.db");
    let number = |query: &str| -> usize {
        let found = rows(&other, query);
        found[0].parse().unwrap()
    };
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'faction_history'");
    let size = number("PRAGMA page_size");
    drop(other);
    let path = sandbox.path("other.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[(page - 1) * size..page * size].fill(0xAA);
    fs::write(&path, bytes).unwrap();

    let (because, help) = refusal(&sandbox);

    assert!(
        because.starts_with("  because: it is damaged: "),
        "{because}"
    );
    assert!(
        because.ends_with(" (in the table faction_history)"),
        "{because}"
    );
    assert!(help.contains("sqlite3 other.db .recover"), "{help}");
}
