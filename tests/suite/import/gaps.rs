//! Ids that are missing in CSV: they prove that rows were deleted only where a prune explains all that are missing.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use super::{create, import, open};
use crate::month_model::{EDGES, IN_APRIL, prune, summarize};
use crate::support::{DAY, Sandbox, rows};

const TABLE: &str = "player_stats_history";
const PLAYERS: i64 = 3;
const POLLS: i64 = 8;

/// `full.db` with the rows of every poll of the players 5, 6 and 7. No level changes.
fn with_every_poll() -> Sandbox {
    let sandbox = Sandbox::new();
    create(&sandbox, "full.db");
    let full = open(&sandbox, "full.db");
    let first = EDGES[2];
    full.execute_batch(&format!(
        "INSERT INTO players (player_id, name) VALUES (5, 'A'), (6, 'B'), (7, 'C');
         WITH RECURSIVE day (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM day WHERE n < {POLLS} - 1)
         INSERT INTO player_stats_history (player_id, timestamp, level)
         SELECT player_id, {first} + n * {DAY}, 4 FROM day, players ORDER BY n, player_id;"
    ))
    .unwrap();
    sandbox
}

/// Exports the history of players to `part.csv`, and returns its lines.
fn export(sandbox: &Sandbox, filter: &[&str]) -> Vec<String> {
    let command = [
        "export",
        TABLE,
        "--database",
        "full.db",
        "--output",
        "part.csv",
    ];
    let command = [&command[..], filter].concat();
    sandbox.run_at(IN_APRIL, &command).expect(0);
    let text = fs::read_to_string(sandbox.path("part.csv")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Writes the lines to `part.csv`.
fn write(sandbox: &Sandbox, lines: &[String]) {
    sandbox.write("part.csv", &(lines.join("\n") + "\n"));
}

/// The numbers of rows of `part.csv` that a new database takes, and of those that repeat others.
fn taken_and_unchanged(sandbox: &Sandbox, exit: i32) -> (i64, i64) {
    let report = report(sandbox, exit);
    let count = |name: &str| report["tables"][TABLE][name].as_i64().unwrap();
    (count("taken"), count("unchanged"))
}

/// The report of an import of `part.csv` into a new database.
fn report(sandbox: &Sandbox, exit: i32) -> Value {
    create(sandbox, "new.db");
    let command = [
        "import",
        "part.csv",
        "--skip-invalid",
        "--no-backup",
        "--json",
        "--database",
        "new.db",
    ];
    sandbox.run_at(IN_APRIL, &command).expect(exit).json()
}

#[test]
fn the_rows_of_some_players_repeat_each_other_although_the_ids_of_the_others_are_missing() {
    let sandbox = with_every_poll();
    for (filter, players) in [
        (&["--player", "5"][..], 1),
        (&["--player", "5,7"], 2),
        (&["--player", "6", "--since", "2028-02-03"], 1),
    ] {
        let rows = i64::try_from(export(&sandbox, filter).len()).unwrap() - 1;
        assert!(rows > 3 * players, "{filter:?}");

        let found = taken_and_unchanged(&sandbox, 0);

        assert_eq!(found, (players, rows - players), "{filter:?}");
    }
}

#[test]
fn a_line_that_is_left_out_does_not_make_the_next_row_a_change() {
    let sandbox = with_every_poll();
    let mut lines = export(&sandbox, &[]);
    // The row of player 5 at the third poll.
    lines[7] = lines[7].replace(",4,", ",four,");
    write(&sandbox, &lines);

    let found = taken_and_unchanged(&sandbox, 3);

    assert_eq!(found, (PLAYERS, PLAYERS * (POLLS - 1) - 1));
}

#[test]
fn a_line_that_is_left_out_of_a_short_file_does_not_make_the_next_row_a_change() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "part.csv",
        "id,territory_id,faction_id,racket_type,racket_level,war_status,recorded_at\n\
         1,AAB,,,,none,1830000000\n\
         2,AAB,,,,none,soon\n\
         3,AAB,,,,none,1830000200\n",
    );

    let report = report(&sandbox, 3);

    let history = &report["tables"]["territory_ownership_history"];
    assert_eq!(history["taken"], 1, "{history}");
    assert_eq!(history["unchanged"], 1, "{history}");
}

#[test]
fn a_file_that_was_joined_with_another_part_of_it_has_no_row_after_a_deleted_one() {
    let sandbox = with_every_poll();
    let lines = export(&sandbox, &[]);
    let joined = [&lines[..], &lines[4..]].concat();
    write(&sandbox, &joined);

    let (taken, _) = taken_and_unchanged(&sandbox, 0);

    assert_eq!(taken, PLAYERS);
}

/// The history of tile AAB with a war that a prune has deleted, and with rows of another tile after the cut-off.
fn with_pruned_war() -> Sandbox {
    let sandbox = Sandbox::new();
    create(&sandbox, "full.db");
    let [_, january, _, march, _] = EDGES;
    let full: Connection = open(&sandbox, "full.db");
    full.execute_batch(&format!(
        "INSERT INTO factions (faction_id, name) VALUES (7, 'Seven');
         INSERT INTO territories (territory_id, faction_id, war_status, last_updated)
         VALUES ('AAB', 7, 'none', {march}), ('AAC', 7, 'none', {march});
         INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at) VALUES
             ('AAB', 7, 'none', {january}), ('AAB', 7, 'under_attack', {january} + 10), ('AAB', 7, 'none', {january} + 20),
             ('AAC', 7, 'none', {march}), ('AAC', 7, 'under_attack', {march} + 10), ('AAC', 7, 'none', {march} + 20);"
    ))
    .unwrap();
    drop(full);
    summarize(&sandbox, IN_APRIL, "full.db", &[]);
    prune(&sandbox, IN_APRIL, "full.db", &[]).expect(0);
    sandbox
}

fn history_of_tiles(report: &Value) -> &Value {
    &report["tables"]["territory_ownership_history"]
}

#[test]
fn the_rows_that_a_prune_has_kept_are_taken_although_they_repeat_each_other() {
    let sandbox = with_pruned_war();
    let export = [
        "export",
        "territory_ownership_history",
        "--database",
        "full.db",
        "--output",
        "part.csv",
    ];
    sandbox.run_at(IN_APRIL, &export).expect(0);
    create(&sandbox, "new.db");

    let report = import(&sandbox, "new.db", &["part.csv"]);

    assert_eq!(history_of_tiles(&report)["taken"], 5, "{report}");
    assert_eq!(history_of_tiles(&report)["unchanged"], 0, "{report}");
}

#[test]
fn a_pruned_database_keeps_its_rows_that_repeat_each_other_in_a_new_one() {
    let sandbox = with_pruned_war();
    create(&sandbox, "new.db");

    let report = import(&sandbox, "new.db", &["full.db"]);

    assert_eq!(history_of_tiles(&report)["taken"], 5, "{report}");
    assert_eq!(history_of_tiles(&report)["unchanged"], 0, "{report}");
}

#[test]
fn a_kept_row_that_repeats_one_of_this_database_is_left_out() {
    let sandbox = with_pruned_war();
    let [_, january, ..] = EDGES;
    create(&sandbox, "mine.db");
    open(&sandbox, "mine.db")
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name) VALUES (7, 'Seven');
             INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
             VALUES ('AAB', 7, 'under_attack', {january} + 11), ('AAB', 7, 'none', {january} + 19);"
        ))
        .unwrap();
    summarize(&sandbox, IN_APRIL, "mine.db", &[]);

    for _ in 0..2 {
        import(&sandbox, "mine.db", &["full.db"]);
        let times = format!(
            "SELECT recorded_at - {january} FROM territory_ownership_history WHERE territory_id = 'AAB' ORDER BY recorded_at"
        );
        assert_eq!(rows(&open(&sandbox, "mine.db"), &times), ["0", "11", "19"]);
    }
}
