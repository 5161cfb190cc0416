//! A run writes what is new, and nothing else.

use std::fs;

use crate::export::lake::{
    check_equal, database_id, export, files_of, lake_rows, table_rows, tree, world,
};
use crate::support::Sandbox;

/// The files that the statements make the next run write, with `ID` for that of the database.
fn written_after(sandbox: &Sandbox, statements: &str) -> Vec<String> {
    sandbox.sqlite().execute_batch(statements).unwrap();
    let before = tree(&sandbox.path("lake"));
    let report = sandbox
        .run(&["export", "--lake", "lake", "--json"])
        .expect(0)
        .json();
    let id = database_id(&sandbox.sqlite());
    let written = report["written"].as_array().unwrap().iter();
    let mut written: Vec<String> = written
        .map(|file| file["file"].as_str().unwrap().replace(&id, "ID"))
        .collect();
    let after = tree(&sandbox.path("lake"));
    let changed = after
        .iter()
        .filter(|(name, time)| before.get(*name) != Some(time) && name.ends_with(".parquet"));
    let mut changed: Vec<String> = changed.map(|(name, _)| name.replace(&id, "ID")).collect();
    written.sort();
    changed.sort();
    assert_eq!(written, changed, "the report names the files that changed");
    written
}

#[test]
fn a_second_run_changes_no_file() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let before = tree(&sandbox.path("lake"));

    let second = export(&sandbox).expect(0);

    assert_eq!(
        second.stderr(),
        "nothing is new: lake has 20 files of this database\n"
    );
    assert_eq!(tree(&sandbox.path("lake")), before);
}

#[test]
fn a_new_row_replaces_the_file_of_its_month_and_no_other() {
    let sandbox = world();
    export(&sandbox).expect(0);
    let month = sandbox.path("lake/player_stats_history/period=2026-01");

    let written = written_after(
        &sandbox,
        "INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (9, 1, 1767225601, 3)",
    );

    assert_eq!(
        written,
        ["player_stats_history/period=2026-01/ID-9.parquet"]
    );
    assert_eq!(fs::read_dir(month).unwrap().count(), 1);
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_row_of_a_new_month_makes_its_folder() {
    let sandbox = world();
    export(&sandbox).expect(0);

    let written = written_after(
        &sandbox,
        "INSERT INTO faction_history (faction_id, timestamp) VALUES (1, 1772323200)",
    );

    assert_eq!(written, ["faction_history/period=2026-03/ID-3.parquet"]);
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn values_that_change_in_place_are_replaced_under_the_same_name() {
    let sandbox = world();
    export(&sandbox).expect(0);

    let written = written_after(
        &sandbox,
        "UPDATE players SET name = 'New' WHERE player_id = 2;
         UPDATE player_observations SET polls = 3 WHERE player_id = 2;
         UPDATE player_stats_history SET level = 9 WHERE id = 3;",
    );

    assert_eq!(
        written,
        [
            "player_observations/period=2026-02/ID.parquet",
            "player_stats_history/period=2026-02/ID-4.parquet",
            "players/ID.parquet",
        ]
    );
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn summaries_that_are_written_again_replace_the_old_ones() {
    let sandbox = world();
    export(&sandbox).expect(0);

    let written = written_after(
        &sandbox,
        "DELETE FROM player_stats_summary;
         INSERT INTO player_stats_summary (player_id, period_start, period_end, networth_change, created_at)
             VALUES (1, 1767225600, 1769904000, 6, 1775044801);",
    );

    assert_eq!(
        written,
        ["player_stats_summary/period=2026-01/ID-3.parquet"]
    );
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn memberships_are_those_of_the_database() {
    let sandbox = world();
    export(&sandbox).expect(0);

    let written = written_after(
        &sandbox,
        "UPDATE players SET faction_id = NULL, last_updated = 1775044801 WHERE player_id = 1;",
    );
    assert_eq!(
        written,
        ["faction_membership/ID-1.parquet", "players/ID.parquet"]
    );
    check_equal(&sandbox, "tornsnap.db");
    written_after(&sandbox, "DELETE FROM faction_membership;");
    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn the_running_month_grows_in_one_file() {
    let sandbox = world();
    export(&sandbox).expect(0);
    for id in 10..15 {
        written_after(
            &sandbox,
            &format!(
                "INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES ({id}, 1, 1775044800 + {id}, {id})"
            ),
        );
        let files = files_of(&sandbox.path("lake"), "player_stats_history");
        assert_eq!(files.len(), 3, "{files:?}");
        check_equal(&sandbox, "tornsnap.db");
    }
}

/// Rows that tie with others in everything but the id stay, and so do rows of one time with other values.
#[test]
fn rows_with_the_same_time_are_all_kept() {
    let sandbox = world();
    let insert = "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, 1767225700, 3), (1, 1767225700, 4)";
    sandbox.sqlite().execute_batch(insert).unwrap();
    export(&sandbox).expect(0);
    check_equal(&sandbox, "tornsnap.db");

    written_after(
        &sandbox,
        "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, 1767225700, 3)",
    );

    check_equal(&sandbox, "tornsnap.db");
}

#[test]
fn a_value_that_no_file_can_hold_is_an_error_that_names_its_row() {
    for (statements, told) in [
        (
            "INSERT INTO player_stats_history (id, player_id, timestamp) VALUES (77, 1, -1)",
            ["player_stats_history", "-1", "77"],
        ),
        (
            "INSERT INTO player_stats_history (id, player_id, timestamp) VALUES (78, 1, 253402300800)",
            ["player_stats_history", "253402300800", "78"],
        ),
        (
            "INSERT INTO war_status_history (id, war_id, war_type, started_at, recorded_at)
                 VALUES (79, 1, 'ranked', 9223372036854775807, 1767225600)",
            ["war_status_history", "started_at", "79"],
        ),
        (
            "INSERT INTO player_stats_history (id, player_id, timestamp, data_source)
                 VALUES (80, 1, 1767225600, CAST(x'ff' AS TEXT))",
            ["player_stats_history", "data_source", "80"],
        ),
        (
            "UPDATE players SET name = CAST(x'ff' AS TEXT) WHERE player_id = 2",
            ["players", "name", "player_id 2"],
        ),
    ] {
        let sandbox = world();
        export(&sandbox).expect(0);
        let before = tree(&sandbox.path("lake"));
        sandbox.sqlite().execute_batch(statements).unwrap();

        let finished = export(&sandbox).expect(79);

        for word in told {
            assert!(
                finished.stderr().contains(word),
                "{word}: {}",
                finished.stderr()
            );
        }
        assert!(finished.stderr().contains("try: "), "{}", finished.stderr());
        assert_eq!(tree(&sandbox.path("lake")), before);
    }
}

/// Years before 1970 and far in the future are times like others where they do not decide the month.
#[test]
fn times_outside_of_the_usual_years_are_kept() {
    let sandbox = world();
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO war_status_history (war_id, war_type, started_at, ends_at, recorded_at)
                 VALUES (9, 'ranked', -62135596800, 253402300799, 0)",
        )
        .unwrap();

    export(&sandbox).expect(0);

    check_equal(&sandbox, "tornsnap.db");
    let files = files_of(&sandbox.path("lake"), "war_status_history");
    assert!(files[0].contains("period=1970-01"), "{files:?}");
}

#[test]
fn a_row_with_the_id_of_another_one_does_not_replace_it() {
    let sandbox = world();
    export(&sandbox).expect(0);
    // The id of a row is the same, and everything else differs: it is another row.
    sandbox
        .sqlite()
        .execute_batch(
            "DELETE FROM faction_history WHERE id = 1;
             INSERT INTO faction_history (id, faction_id, timestamp, respect) VALUES (1, 2, 1767225700, 6);",
        )
        .unwrap();
    let before = lake_rows(&sandbox, "faction_history");

    export(&sandbox).expect(0);

    let mut expected = [before, table_rows(&sandbox.sqlite(), "faction_history")].concat();
    expected.sort();
    expected.dedup();
    assert_eq!(lake_rows(&sandbox, "faction_history"), expected);
    assert_eq!(expected.len(), 3);
}
