//! Rows that the database no longer has stay in the lake.

use std::fs;

use crate::export::lake::{
    check_manifest, export_of, lake_rows, manifest, manifest_path, open, table_rows, tree, world,
};
use crate::month_model::{EDGES, IN_APRIL, prune, summarize, with_steady_history};
use crate::support::{DAY, Sandbox};

const HISTORIES: [&str; 3] = [
    "player_stats_history",
    "faction_history",
    "territory_ownership_history",
];

const SUMMARIES: [&str; 3] = [
    "player_stats_summary",
    "faction_summary",
    "territory_ownership_summary",
];

/// A database `a.db` with four months that are summarized.
fn summarized() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(with_steady_history(&sandbox));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    sandbox
}

/// The rows of several tables of `a.db`.
fn all_rows(sandbox: &Sandbox, tables: &[&str]) -> Vec<Vec<String>> {
    let connection = open(sandbox, "a.db");
    let tables = tables.iter();
    tables.map(|table| table_rows(&connection, table)).collect()
}

fn all_lake_rows(sandbox: &Sandbox, datasets: &[&str]) -> Vec<Vec<String>> {
    let datasets = datasets.iter();
    datasets.map(|name| lake_rows(sandbox, name)).collect()
}

#[test]
fn rows_that_are_pruned_stay_in_the_lake_without_a_change_of_a_file() {
    let sandbox = summarized();
    let before = all_rows(&sandbox, &HISTORIES);
    export_of(&sandbox, "a.db").expect(0);
    let files = tree(&sandbox.path("lake"));

    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let second = export_of(&sandbox, "a.db").expect(0);
    let after_prune = tree(&sandbox.path("lake"));
    export_of(&sandbox, "a.db").expect(0);

    assert!(all_rows(&sandbox, &HISTORIES) != before, "rows were pruned");
    assert!(all_lake_rows(&sandbox, &HISTORIES) == before);
    let rows_of = |files: &std::collections::BTreeMap<_, _>| -> Vec<_> {
        let files = files.clone().into_iter();
        files
            .filter(|(name, _): &(String, _)| name.ends_with(".parquet"))
            .collect()
    };
    assert_eq!(
        rows_of(&after_prune),
        rows_of(&files),
        "{}",
        second.stderr()
    );
    assert_eq!(tree(&sandbox.path("lake")), after_prune);
    check_manifest(&sandbox, "a.db");
}

#[test]
fn a_late_row_of_a_pruned_month_joins_those_that_were_pruned() {
    let sandbox = summarized();
    let mut expected = all_rows(&sandbox, &HISTORIES);
    export_of(&sandbox, "a.db").expect(0);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    let at = EDGES[1] + 5 * DAY + 1;
    let connection = open(&sandbox, "a.db");
    connection
        .execute_batch(&format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, {at}, 99)"
        ))
        .unwrap();

    export_of(&sandbox, "a.db").expect(0);

    let late = |row: &String| row.contains(&format!("|{at}|"));
    expected[0].extend(
        table_rows(&connection, "player_stats_history")
            .into_iter()
            .filter(late),
    );
    expected[0].sort();
    assert!(all_lake_rows(&sandbox, &HISTORIES) == expected);
    check_manifest(&sandbox, "a.db");
}

#[test]
fn summaries_that_are_deleted_on_request_stay_in_the_lake() {
    let sandbox = summarized();
    let before = all_rows(&sandbox, &SUMMARIES);
    export_of(&sandbox, "a.db").expect(0);

    let purge = [
        "prune",
        "--summaries-before",
        "2028-02",
        "--yes",
        "--database",
        "a.db",
    ];
    sandbox.run_at(IN_APRIL, &purge).expect(0);
    export_of(&sandbox, "a.db").expect(0);
    let files = tree(&sandbox.path("lake"));
    export_of(&sandbox, "a.db").expect(0);

    assert!(
        all_rows(&sandbox, &SUMMARIES) != before,
        "summaries were deleted"
    );
    assert!(all_lake_rows(&sandbox, &SUMMARIES) == before);
    assert_eq!(tree(&sandbox.path("lake")), files);
}

#[test]
fn rows_from_before_and_after_a_restore_are_both_kept_though_they_have_the_same_ids() {
    let sandbox = world();
    let insert = |rows: &str| {
        format!("INSERT INTO player_stats_history (player_id, timestamp, level) VALUES {rows}")
    };
    let backup = fs::read(sandbox.database()).unwrap();
    sandbox
        .sqlite()
        .execute_batch(&insert(
            "(1, 1775044900, 10), (1, 1775045000, 11), (2, 1775045000, 3)",
        ))
        .unwrap();
    super::export(&sandbox).expect(0);
    let mut expected = table_rows(&sandbox.sqlite(), "player_stats_history");
    sandbox.remove_database("tornsnap.db");
    fs::write(sandbox.database(), backup).unwrap();

    // The second row was collected before, too, and has another id now.
    sandbox
        .sqlite()
        .execute_batch(&insert("(1, 1775045100, 12), (1, 1775044900, 10)"))
        .unwrap();
    super::export(&sandbox).expect(0);

    let restored = table_rows(&sandbox.sqlite(), "player_stats_history");
    expected.retain(|row| !row.contains("|1775044900|"));
    expected.extend(restored);
    expected.sort();
    expected.dedup();
    assert_eq!(lake_rows(&sandbox, "player_stats_history"), expected);
    assert_eq!(expected.len(), 5 + 4);
    check_manifest(&sandbox, "tornsnap.db");
}

#[test]
fn names_that_the_database_no_longer_has_stay() {
    let sandbox = world();
    super::export(&sandbox).expect(0);
    let tables = ["players", "player_observations"];
    let before = tables.map(|table| table_rows(&sandbox.sqlite(), table));
    sandbox
        .sqlite()
        .execute_batch(
            "PRAGMA foreign_keys = OFF; DELETE FROM players WHERE player_id = 2; DELETE FROM player_observations",
        )
        .unwrap();

    super::export(&sandbox).expect(0);

    assert_eq!(tables.map(|table| lake_rows(&sandbox, table)), before);
    check_manifest(&sandbox, "tornsnap.db");
}

#[test]
fn without_a_manifest_the_files_are_compared_and_their_rows_stay() {
    let sandbox = summarized();
    let before = all_rows(&sandbox, &HISTORIES);
    export_of(&sandbox, "a.db").expect(0);
    prune(&sandbox, IN_APRIL, "a.db", &[]).expect(0);
    export_of(&sandbox, "a.db").expect(0);
    let known = manifest(&sandbox, "a.db");
    fs::remove_file(manifest_path(&sandbox, "a.db")).unwrap();

    export_of(&sandbox, "a.db").expect(0);

    assert!(all_lake_rows(&sandbox, &HISTORIES) == before);
    assert_eq!(manifest(&sandbox, "a.db")["files"], known["files"]);
    check_manifest(&sandbox, "a.db");
}
