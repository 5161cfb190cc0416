//! Columns that the user has added to a table, and taken away again.

use std::fs;

use rusqlite::Connection;

use crate::export::lake::{
    check_manifest, export_of, files_of, manifest_path, open, path_of, tree,
};
use crate::month_model::{IN_APRIL, prune, summarize, with_steady_history};
use crate::support::parquet::Parquet;
use crate::support::{Finished, Sandbox};

/// A database `a.db` with four months that are summarized, and with a column `mood` that says `calm` in each row. It is in a lake.
fn with_mood() -> (Sandbox, Connection) {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    main.execute_batch(
        "ALTER TABLE faction_history ADD COLUMN mood TEXT; UPDATE faction_history SET mood = 'calm'",
    )
    .unwrap();
    export_of(&sandbox, "a.db").expect(0);
    (sandbox, main)
}

fn pruned() -> (Sandbox, Connection) {
    let (sandbox, main) = with_mood();
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    main.execute_batch("ALTER TABLE faction_history DROP COLUMN mood")
        .unwrap();
    (sandbox, main)
}

/// The rows of the factions in the lake: the id and the value of a column, sorted by the id.
fn values(sandbox: &Sandbox, column: &str) -> Vec<(i64, Option<String>)> {
    let root = sandbox.path("lake");
    let mut found = Vec::new();
    for name in files_of(&root, "faction_history") {
        for row in Parquet::open(&path_of(&root, &name)).objects() {
            let value = row.get(column).and_then(|value| value.as_str());
            found.push((row["id"].as_i64().unwrap(), value.map(str::to_owned)));
        }
    }
    found.sort();
    found
}

/// The ids of the database.
fn ids(main: &Connection) -> Vec<i64> {
    let mut statement = main.prepare("SELECT id FROM faction_history").unwrap();
    let found = statement.query_map([], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

/// Asserts that the rows of the database have no mood, and those that were pruned are calm.
#[track_caller]
fn check_moods(sandbox: &Sandbox, main: &Connection, all: &[(i64, Option<String>)]) {
    let there = ids(main);
    let expected: Vec<(i64, Option<String>)> = all
        .iter()
        .map(|(id, _)| (*id, (!there.contains(id)).then(|| "calm".to_owned())))
        .collect();
    assert!(expected.iter().any(|(_, mood)| mood.is_some()));
    assert!(expected.iter().any(|(_, mood)| mood.is_none()));
    assert_eq!(values(sandbox, "mood"), expected);
}

#[track_caller]
fn check_refusal(finished: &Finished) {
    let stderr = finished.stderr();
    assert!(
        stderr.contains(
            "the column mood has integers in the table, and texts in the files of the lake"
        ),
        "{stderr}"
    );
    assert!(
        stderr.contains("ALTER TABLE faction_history RENAME COLUMN \"mood\" TO \"mood_2\""),
        "{stderr}"
    );
}

#[test]
fn a_column_that_is_gone_keeps_its_values_in_the_rows_that_were_pruned() {
    let (sandbox, main) = pruned();
    let all = values(&sandbox, "mood");

    export_of(&sandbox, "a.db").expect(0);

    check_moods(&sandbox, &main, &all);
    check_manifest(&sandbox, "a.db");
    let after = tree(&sandbox.path("lake"));
    export_of(&sandbox, "a.db").expect(0);
    assert_eq!(tree(&sandbox.path("lake")), after);
    for name in files_of(&sandbox.path("lake"), "faction_history") {
        let schema = Parquet::open(&path_of(&sandbox.path("lake"), &name)).schema();
        let last = &schema[schema.len() - 2..];
        assert!(last[0].starts_with("OPTIONAL"), "{last:?}");
        assert!(last[0].contains("mood"), "{last:?}");
        assert!(last[1].contains("database_id"), "{last:?}");
    }
}

#[test]
fn a_column_that_is_added_again_joins_the_one_in_the_lake() {
    let (sandbox, main) = pruned();
    let all = values(&sandbox, "mood");
    export_of(&sandbox, "a.db").expect(0);
    main.execute_batch(
        "ALTER TABLE faction_history ADD COLUMN Mood TEXT; UPDATE faction_history SET Mood = 'calm'",
    )
    .unwrap();

    export_of(&sandbox, "a.db").expect(0);

    assert_eq!(values(&sandbox, "mood"), all);
    check_manifest(&sandbox, "a.db");
    let after = tree(&sandbox.path("lake"));
    export_of(&sandbox, "a.db").expect(0);
    assert_eq!(tree(&sandbox.path("lake")), after);
}

#[test]
fn a_column_that_is_added_again_with_another_type_is_refused_until_it_has_another_name() {
    let (sandbox, main) = pruned();
    let all = values(&sandbox, "mood");
    main.execute_batch("ALTER TABLE faction_history ADD COLUMN mood INTEGER")
        .unwrap();
    let before = tree(&sandbox.path("lake"));

    check_refusal(&export_of(&sandbox, "a.db").expect(78));

    assert_eq!(tree(&sandbox.path("lake")), before);
    main.execute_batch("ALTER TABLE faction_history RENAME COLUMN \"mood\" TO \"mood_2\"")
        .unwrap();
    export_of(&sandbox, "a.db").expect(0);
    check_moods(&sandbox, &main, &all);
}

#[test]
fn a_manifest_that_is_made_again_has_the_columns_of_the_files() {
    let (sandbox, main) = pruned();
    let all = values(&sandbox, "mood");
    export_of(&sandbox, "a.db").expect(0);
    let before = fs::read_to_string(manifest_path(&sandbox, "a.db")).unwrap();
    fs::remove_file(manifest_path(&sandbox, "a.db")).unwrap();

    export_of(&sandbox, "a.db").expect(0);

    check_moods(&sandbox, &main, &all);
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let after = fs::read_to_string(manifest_path(&sandbox, "a.db")).unwrap();
    for part in ["schemas", "files"] {
        assert_eq!(parse(&after)[part], parse(&before)[part], "{part}");
    }
    main.execute_batch("ALTER TABLE faction_history ADD COLUMN mood INTEGER")
        .unwrap();
    fs::remove_file(manifest_path(&sandbox, "a.db")).unwrap();
    check_refusal(&export_of(&sandbox, "a.db").expect(78));
}

#[test]
fn a_column_that_gets_another_name_is_in_the_lake_under_both() {
    let (sandbox, main) = with_mood();
    let all = ids(&main).len();
    main.execute_batch("ALTER TABLE faction_history RENAME COLUMN mood TO feeling")
        .unwrap();

    export_of(&sandbox, "a.db").expect(0);

    let calm = |column| {
        let found = values(&sandbox, column).into_iter();
        found.filter(|(_, mood)| mood.is_some()).count()
    };
    assert_eq!((calm("feeling"), calm("mood")), (all, 0));
}

/// The rows that the database does not have any more have no value of it.
#[test]
fn a_column_without_nulls_that_is_added_later_is_null_in_older_rows() {
    let (sandbox, main) = pruned();
    let mut expected = values(&sandbox, "state");
    main.execute_batch("ALTER TABLE faction_history ADD COLUMN state TEXT NOT NULL DEFAULT 'new'")
        .unwrap();
    // A row of a month of which others were pruned.
    main.execute_batch(
        "INSERT INTO faction_history (id, faction_id, timestamp, respect)
         SELECT 9999, faction_id, timestamp + 1, 1 FROM faction_history ORDER BY timestamp LIMIT 1",
    )
    .unwrap();

    export_of(&sandbox, "a.db").expect(0);

    let there = ids(&main);
    expected.push((9999, None));
    for (id, value) in &mut expected {
        *value = there.contains(id).then(|| "new".to_owned());
    }
    assert!(expected.iter().any(|(_, value)| value.is_none()));
    assert_eq!(values(&sandbox, "state"), expected);
}

#[test]
fn a_column_with_the_name_of_the_lakes_own_is_refused() {
    let (sandbox, main) = with_mood();
    main.execute_batch("ALTER TABLE players ADD COLUMN Database_ID TEXT")
        .unwrap();
    let before = tree(&sandbox.path("lake"));

    let refused = export_of(&sandbox, "a.db").expect(78);

    let stderr = refused.stderr();
    assert!(stderr.contains("Database_ID"), "{stderr}");
    assert!(stderr.contains("RENAME COLUMN"), "{stderr}");
    assert_eq!(tree(&sandbox.path("lake")), before);
}

#[test]
fn a_prune_moves_rows_to_a_lake_that_has_columns_which_are_gone() {
    let sandbox = Sandbox::new();
    let main = with_steady_history(&sandbox);
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    main.execute_batch(
        "ALTER TABLE faction_history ADD COLUMN mood TEXT; UPDATE faction_history SET mood = 'calm'",
    )
    .unwrap();
    let to_lake = |more: &[&str]| {
        let flags = ["--ignore-clock", "--archive", "lake/"];
        prune(&sandbox, IN_APRIL, "a.db", &[&flags, more].concat())
    };
    to_lake(&["--keep-months", "3"]).expect(0);
    let all = values(&sandbox, "mood");
    main.execute_batch("ALTER TABLE faction_history DROP COLUMN mood")
        .unwrap();
    let there = ids(&main);

    to_lake(&["--keep-months", "1"]).expect(0);

    let left = ids(&main).len();
    assert!(left < there.len());
    let expected: Vec<(i64, Option<String>)> = all
        .iter()
        .map(|(id, _)| (*id, (!there.contains(id)).then(|| "calm".to_owned())))
        .collect();
    assert_eq!(values(&sandbox, "mood"), expected);
    main.execute_batch("ALTER TABLE faction_history ADD COLUMN mood INTEGER")
        .unwrap();
    check_refusal(&to_lake(&["--keep-months", "1"]).expect(78));
    assert_eq!(ids(&main).len(), left);
    assert_eq!(ids(&open(&sandbox, "a.db")).len(), left);
}
