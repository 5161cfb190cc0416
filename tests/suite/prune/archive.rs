//! `prune --archive`: each history row is in one of the two files, and in one only.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rusqlite::Connection;

use crate::month_model::{
    EDGES, IN_APRIL, IN_MARCH, any_history, create, dump, for_any_history, history_rows, prune,
    steady_history, summaries, summarize, template, with_history, with_steady_history,
};
use crate::support::{Finished, Sandbox, link, rows};

fn archive(sandbox: &Sandbox, now: i64, more: &[&str]) -> Finished {
    let flags = [&["--ignore-clock", "--archive", "cold.db"], more].concat();
    prune(sandbox, now, "a.db", &flags)
}

/// The history rows of both files; panics when a row is in both.
fn rows_of_both(main: &Connection, archive: Option<&Connection>) -> Vec<String> {
    let mut all = history_rows(main);
    all.extend(archive.map(history_rows).unwrap_or_default());
    all.sort();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "a row is in both files");
    all
}

#[test]
fn archive_and_database_together_hold_every_row_once() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);

    for_any_history(10, any_history(), |history| {
        sandbox.remove_database("cold.db");
        let main = with_history(&sandbox, &template, "a.db", &history);
        let before = history_rows(&main);
        summarize(&sandbox, IN_MARCH, "a.db", &[]);
        archive(&sandbox, IN_MARCH, &["--keep-months", "1"]).expect(0);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        archive(&sandbox, IN_APRIL, &["--keep-months", "1"]).expect(0);

        let cold = sandbox.path("cold.db");
        let cold = cold.exists().then(|| Connection::open(cold).unwrap());
        prop_assert_eq!(&rows_of_both(&main, cold.as_ref()), &before);
        prop_assert_eq!(summaries(&main), history.summaries(IN_APRIL));
        if let Some(cold) = cold {
            prop_assert_eq!(
                rows(&cold, "PRAGMA foreign_key_check"),
                Vec::<String>::new()
            );
        }
        Ok(())
    });
}

#[test]
fn an_archive_is_a_database_like_any_other() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    let report = archive(&sandbox, IN_APRIL, &["--json"]).expect(0).json();

    create(&sandbox, "cold.db");
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    let schema =
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2";
    assert_eq!(rows(&cold, schema), rows(&main, schema));
    assert_eq!(rows(&cold, "SELECT name FROM players"), ["P", "P"]);
    assert!(report["archive"].is_string());
    main.execute(
        "ATTACH DATABASE ? AS archive",
        [sandbox.path("cold.db").to_str().unwrap()],
    )
    .unwrap();
    let whole: i64 = main
        .query_row(
            "SELECT count(*) FROM (SELECT * FROM main.player_stats_history UNION ALL
                SELECT * FROM archive.player_stats_history)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        usize::try_from(whole).unwrap(),
        steady_history().player_rows.len()
    );
}

#[test]
fn the_archive_of_the_configuration_file_is_used() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    sandbox.write(
        "tornsnap.toml",
        "database = \"a.db\"\n[retention]\narchive = \"cold/archive.db\"\n",
    );
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    sandbox
        .run_at(IN_APRIL, &["prune", "--without-backup", "--allow-large"])
        .expect(0);

    let cold = Connection::open(sandbox.path("cold/archive.db")).unwrap();
    assert!(!history_rows(&cold).is_empty());
}

#[test]
fn rows_that_are_in_the_archive_already_are_not_copied_again() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    let before = history_rows(&main);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    // The state after a power cut between copy and delete: every row is in both files.
    std::fs::copy(sandbox.path("a.db"), sandbox.path("kept.db")).unwrap();
    archive(&sandbox, IN_APRIL, &[]).expect(0);
    drop(main);
    sandbox.remove_database("a.db");
    std::fs::copy(sandbox.path("kept.db"), sandbox.path("a.db")).unwrap();

    archive(&sandbox, IN_APRIL, &[]).expect(0);

    let main = Connection::open(sandbox.path("a.db")).unwrap();
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    assert_eq!(rows_of_both(&main, Some(&cold)), before);
}

#[test]
fn a_prune_stops_when_the_archive_has_another_row_with_the_same_id() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    create(&sandbox, "cold.db");
    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    let ours = rows(&main, "SELECT database_id FROM database_identity");
    cold.execute("UPDATE database_identity SET archive_of = ?", [&ours[0]])
        .unwrap();
    cold.execute_batch(
        "INSERT INTO players (player_id, name) VALUES (1, 'Other');
         INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (2, 1, 5, 5);",
    )
    .unwrap();
    let before = history_rows(&main);

    let finished = archive(&sandbox, IN_APRIL, &[]).expect(78);

    assert!(
        finished.stderr().contains("other rows under the same ids"),
        "{}",
        finished.stderr()
    );
    assert_eq!(history_rows(&main), before);
    assert_eq!(
        history_rows(&cold),
        ["player_stats_history: 2|1|5||||||5|||"],
        "the copied rows are removed from the archive"
    );
    assert_eq!(
        rows(
            &main,
            "SELECT count(*) FROM prune_runs UNION ALL SELECT count(pruned_at) FROM month_states"
        ),
        ["0", "0"],
        "nothing is marked as pruned"
    );
}

/// Leaves the files as a power cut between copy and delete does: ten days of rows in both, recorded in `archive_step`.
///
/// Returns the rows of the archive.
fn interrupt_after_a_copy(sandbox: &Sandbox, main: &Connection) -> Vec<String> {
    archive(sandbox, IN_APRIL, &["--keep-months", "3"]).expect(0);
    let cold = sandbox.path("cold.db");
    main.execute("ATTACH DATABASE ? AS archive", [cold.to_str()])
        .unwrap();
    main.execute_batch(&format!(
        "INSERT INTO archive.faction_history SELECT * FROM main.faction_history
            WHERE timestamp >= {0} AND timestamp < {0} + 864000;
         INSERT INTO archive.archive_step VALUES (1, 'faction_history', {0}, {0} + 864000, 9999);
         DETACH DATABASE archive;",
        EDGES[1]
    ))
    .unwrap();
    history_rows(&Connection::open(cold).unwrap())
}

#[test]
fn the_next_prune_removes_an_interrupted_copy_whatever_it_keeps() {
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    for keep in ["12", "3", "2"] {
        sandbox.remove_database("cold.db");
        let main = with_history(&sandbox, &template, "a.db", &steady_history());
        let before = history_rows(&main);
        summarize(&sandbox, IN_APRIL, "a.db", &[]);
        let copied = interrupt_after_a_copy(&sandbox, &main);
        assert!(copied.iter().any(|row| history_rows(&main).contains(row)));

        archive(&sandbox, IN_APRIL, &["--keep-months", keep]).expect(0);

        let cold = Connection::open(sandbox.path("cold.db")).unwrap();
        assert_eq!(rows_of_both(&main, Some(&cold)), before, "{keep}");
        assert_eq!(
            rows(&cold, "SELECT count(*) FROM archive_step"),
            ["0"],
            "{keep}"
        );
    }
}

#[test]
fn copied_rows_that_changed_in_the_database_stay_in_the_archive() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let copied = interrupt_after_a_copy(&sandbox, &main);
    main.execute("UPDATE faction_history SET respect = respect + 1", [])
        .unwrap();

    archive(&sandbox, IN_APRIL, &["--keep-months", "12"]).expect(0);

    let cold = Connection::open(sandbox.path("cold.db")).unwrap();
    assert_eq!(history_rows(&cold), copied);
}

#[test]
fn the_database_cannot_be_its_own_archive() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    link(&sandbox.path("a.db"), &sandbox.path("link.db"));
    let before = dump(&main);

    for name in ["a.db", "./a.db", "link.db"] {
        for more in [["--without-backup"].as_slice(), &["--dry-run"]] {
            let flags = [
                "prune",
                "--allow-large",
                "--database",
                "a.db",
                "--archive",
                name,
            ];
            let arguments = [&flags[..], more].concat();
            let finished = sandbox.run_at(IN_APRIL, &arguments).expect(78);

            assert!(
                finished.stderr().contains("the database itself"),
                "{}",
                finished.stderr()
            );
        }
    }
    assert_eq!(before, dump(&main));
}

#[test]
fn a_file_that_is_not_a_database_is_not_used_as_an_archive() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    sandbox.write(
        "cold.db",
        "a diary, not a database; long enough to be mistaken for one",
    );
    let before = dump(&main);

    let finished = archive(&sandbox, IN_APRIL, &[]);

    assert_ne!(finished.code(), 0);

    assert_eq!(before, dump(&main));
    assert!(
        std::fs::read_to_string(sandbox.path("cold.db"))
            .unwrap()
            .starts_with("a diary")
    );
}

#[test]
fn a_dry_run_creates_no_archive() {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);

    archive(&sandbox, IN_APRIL, &["--dry-run"]).expect(0);

    assert!(!sandbox.path("cold.db").exists());
}

#[test]
fn an_archive_that_is_a_database_does_not_take_rows_with_columns_of_the_user() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = history_rows(&main);
    main.execute_batch("ALTER TABLE faction_history ADD COLUMN mood TEXT")
        .unwrap();

    let refused = archive(&sandbox, IN_APRIL, &[]).expect(78);
    archive(&sandbox, IN_APRIL, &["--dry-run"]).expect(78);

    let message = refused.stderr();
    assert!(message.contains("the column mood"), "{message}");
    assert!(message.contains("--archive DIR/"), "{message}");
    main.execute_batch("ALTER TABLE faction_history DROP COLUMN mood")
        .unwrap();
    assert_eq!(history_rows(&main), before);
    archive(&sandbox, IN_APRIL, &[]).expect(0);
    assert!(history_rows(&main).len() < before.len());
}

#[test]
fn a_column_that_the_user_adds_during_a_prune_keeps_its_values() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let before = history_rows(&main);
    main.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = std::thread::scope(|scope| {
        let pruning = scope.spawn(|| archive(&sandbox, IN_APRIL, &[]));
        // It has checked the columns when it makes the archive.
        while !sandbox.path("cold.db").exists() && !pruning.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        for history in [
            "player_stats_history",
            "faction_history",
            "war_status_history",
            "territory_ownership_history",
        ] {
            main.execute_batch(&format!("ALTER TABLE {history} ADD COLUMN mood TEXT"))
                .unwrap();
        }
        main.execute_batch("COMMIT").unwrap();
        pruning.join().unwrap()
    });

    let message = refused.expect(78).stderr();

    assert!(message.contains("the column mood"), "{message}");
    assert_eq!(history_rows(&main).len(), before.len());
}
