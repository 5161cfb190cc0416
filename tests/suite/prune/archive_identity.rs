//! `prune --archive` writes only to the archive of its own database, and reports when that archive is missing.

use std::fs;

use rusqlite::Connection;
use serde_json::json;

use crate::month_model::{
    EDGES, IN_APRIL, dump, history_rows, prune, steady_history, summarize, template, with_history,
};
use crate::support::{DAY, Finished, Sandbox, rows};

/// A summarized database with four months of history rows.
fn database(sandbox: &Sandbox, name: &str) -> Connection {
    // Each database needs an id of its own, so it gets a new template.
    let template = template(sandbox);
    fs::remove_file(sandbox.path("template.db")).unwrap();
    let connection = with_history(sandbox, &template, name, &steady_history());
    summarize(sandbox, IN_APRIL, name, &[]);
    connection
}

fn archive(sandbox: &Sandbox, name: &str, more: &[&str]) -> Finished {
    prune(
        sandbox,
        IN_APRIL,
        name,
        &[&["--archive", "cold.db"], more].concat(),
    )
}

/// The records of prunes: the runs, and the months marked as pruned.
fn prune_records(connection: &Connection) -> Vec<String> {
    rows(
        connection,
        "SELECT 'run', id FROM prune_runs
         UNION ALL SELECT history, period_start FROM month_states WHERE pruned_at IS NOT NULL",
    )
}

#[test]
fn an_archive_and_its_database_record_the_ids_of_each_other() {
    let sandbox = Sandbox::new();
    let main = database(&sandbox, "a.db");

    archive(&sandbox, "a.db", &[]).expect(0);

    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    let ids = "SELECT database_id, archive_of FROM database_identity";
    let (main_ids, cold_ids) = (rows(&main, ids), rows(&cold, ids));
    let ours = main_ids[0].trim_end_matches('|');
    let (own, of) = cold_ids[0].split_once('|').unwrap();
    assert_eq!(of, ours);
    assert_ne!(own, ours);
    assert_eq!(rows(&main, "SELECT archive_id FROM prune_runs"), [own]);
}

#[test]
fn the_archive_of_another_database_is_refused_and_does_not_change() {
    let sandbox = Sandbox::new();
    drop(database(&sandbox, "a.db"));
    archive(&sandbox, "a.db", &[]).expect(0);
    let b = database(&sandbox, "b.db");
    b.execute("UPDATE players SET name = 'Renamed'", [])
        .unwrap();
    let (archive_before, b_before) = (fs::read(sandbox.path("cold.db")).unwrap(), dump(&b));

    for more in [["--dry-run"].as_slice(), &[], &["--new-archive"]] {
        let finished = archive(&sandbox, "b.db", more).expect(78);

        assert!(
            finished.stderr().contains("archive of another database"),
            "{}",
            finished.stderr()
        );
        assert!(fs::read(sandbox.path("cold.db")).unwrap() == archive_before);
        assert_eq!(dump(&b), b_before);
    }
    archive(&sandbox, "a.db", &[]).expect(0);
}

#[test]
fn a_live_database_is_not_used_as_an_archive() {
    let sandbox = Sandbox::new();
    let a = database(&sandbox, "a.db");
    drop(database(&sandbox, "cold.db"));
    let before = fs::read(sandbox.path("cold.db")).unwrap();

    for more in [["--dry-run"].as_slice(), &[], &["--new-archive"]] {
        let finished = archive(&sandbox, "a.db", more).expect(78);

        assert!(
            finished.stderr().contains("not an archive"),
            "{}",
            finished.stderr()
        );
        assert!(fs::read(sandbox.path("cold.db")).unwrap() == before);
        assert_eq!(prune_records(&a), [] as [&str; 0]);
    }
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
}

#[test]
fn a_missing_archive_is_not_created_again_without_a_flag() {
    let sandbox = Sandbox::new();
    let main = database(&sandbox, "a.db");
    archive(&sandbox, "a.db", &["--keep-months", "3"]).expect(0);
    let before = history_rows(&main);
    fs::rename(sandbox.path("cold.db"), sandbox.path("elsewhere.db")).unwrap();
    sandbox.remove_database("cold.db");

    for more in [["--dry-run"].as_slice(), &[]] {
        let finished = archive(&sandbox, "a.db", more).expect(78);

        assert!(
            finished.stderr().contains("--new-archive"),
            "{}",
            finished.stderr()
        );
        assert!(!sandbox.path("cold.db").exists());
        assert_eq!(history_rows(&main), before);
    }
    // A prune that moves no rows does not need the archive.
    archive(&sandbox, "a.db", &["--keep-months", "12"]).expect(0);
    // A renamed archive is recognized by its id.
    prune(
        &sandbox,
        IN_APRIL,
        "a.db",
        &["--archive", "elsewhere.db", "--dry-run"],
    )
    .expect(0);
    archive(&sandbox, "a.db", &["--new-archive"]).expect(0);
    assert!(!history_rows(&Connection::open(sandbox.path("cold.db")).unwrap()).is_empty());
    archive(&sandbox, "a.db", &[]).expect(0);
}

#[test]
fn an_archive_at_the_path_of_another_is_refused() {
    let sandbox = Sandbox::new();
    drop(database(&sandbox, "a.db"));
    fs::copy(sandbox.path("a.db"), sandbox.path("copy.db")).unwrap();
    archive(&sandbox, "a.db", &["--keep-months", "3"]).expect(0);
    // The archive of a copy of this database has an id of its own, and is recorded as an archive of this database.
    fs::rename(sandbox.path("cold.db"), sandbox.path("first.db")).unwrap();
    sandbox.remove_database("cold.db");
    archive(&sandbox, "copy.db", &["--keep-months", "3"]).expect(0);

    let finished = archive(&sandbox, "a.db", &[]).expect(78);
    assert!(
        finished.stderr().contains("another archive at this place"),
        "{}",
        finished.stderr()
    );

    archive(&sandbox, "a.db", &["--new-archive"]).expect(0);
}

#[test]
fn a_prune_whose_first_step_fails_changes_nothing() {
    let sandbox = Sandbox::new();
    let main = database(&sandbox, "a.db");
    main.execute_batch(
        "CREATE TRIGGER no_delete BEFORE DELETE ON player_stats_history BEGIN SELECT RAISE(ABORT, 'no'); END;",
    )
    .unwrap();
    let before = history_rows(&main);

    assert_ne!(archive(&sandbox, "a.db", &[]).code(), 0);
    assert_ne!(prune(&sandbox, IN_APRIL, "a.db", &[]).code(), 0);

    assert_eq!(prune_records(&main), [] as [&str; 0]);
    assert_eq!(history_rows(&main), before);
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    assert_eq!(
        history_rows(&cold),
        [] as [&str; 0],
        "no row is in both files"
    );
    // No row of the month was deleted, so a late row is summarized.
    main.execute_batch(&format!(
        "DROP TRIGGER no_delete;
         INSERT INTO faction_history (id, faction_id, timestamp, respect) VALUES (99999, 1, {} + 5, 7);",
        EDGES[0]
    ))
    .unwrap();
    let summarized = summarize(&sandbox, IN_APRIL, "a.db", &["--json"]).json();
    assert_ne!(summarized["months"], json!([]), "{summarized}");
    archive(&sandbox, "a.db", &[]).expect(0);
}

#[test]
fn an_empty_file_becomes_the_archive() {
    let sandbox = Sandbox::new();
    drop(database(&sandbox, "a.db"));
    fs::write(sandbox.path("cold.db"), "").unwrap();

    archive(&sandbox, "a.db", &[]).expect(0);

    assert!(!history_rows(&Connection::open(sandbox.path("cold.db")).unwrap()).is_empty());
}

#[test]
fn new_archive_needs_the_path_of_an_archive() {
    let sandbox = Sandbox::new();
    let connection = database(&sandbox, "a.db");
    let before = dump(&connection);

    let finished = prune(&sandbox, IN_APRIL, "a.db", &["--new-archive"]).expect(78);

    assert!(
        finished.stderr().contains("--archive"),
        "{}",
        finished.stderr()
    );
    assert_eq!(dump(&connection), before, "no row is deleted instead");
}

#[test]
fn only_the_prune_of_its_database_writes_to_an_archive() {
    let sandbox = Sandbox::new();
    drop(database(&sandbox, "a.db"));
    archive(&sandbox, "a.db", &[]).expect(0);
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    let before = dump(&cold);

    for command in [
        &["summarize", "--no-backup"][..],
        &["prune"],
        &["prune", "--future", "--without-backup"],
        &["prune", "--summaries-before", "2026-01", "--yes"],
        &["fetch", "all"],
    ] {
        let arguments = [command, &["--database", "cold.db"]].concat();
        let finished = sandbox.run_at(IN_APRIL, &arguments).expect(78);
        assert!(
            finished
                .stderr()
                .contains("it is the archive of another database"),
            "{command:?}: {}",
            finished.stderr()
        );
    }

    assert_eq!(dump(&cold), before);
}

#[test]
fn a_missing_archive_is_recognized_by_any_spelling_of_its_path() {
    let sandbox = Sandbox::new();
    drop(database(&sandbox, "a.db"));
    fs::create_dir(sandbox.path("sub")).unwrap();
    prune(&sandbox, IN_APRIL, "a.db", &["--archive", "sub/../cold.db"]).expect(0);
    fs::rename(sandbox.path("cold.db"), sandbox.path("away.db")).unwrap();
    let later = EDGES[4] + 40 * DAY;
    summarize(&sandbox, later, "a.db", &[]);

    for path in ["cold.db", "sub/../cold.db", "./sub/./../cold.db"] {
        let finished = prune(&sandbox, later, "a.db", &["--archive", path]).expect(78);
        assert!(
            finished
                .stderr()
                .contains("history rows were moved to it before"),
            "{path}: {}",
            finished.stderr()
        );
    }
    assert!(!sandbox.path("cold.db").exists());
}
