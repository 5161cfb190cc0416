//! An import into the database of a lake: the lake follows what it removes, moves and completes.

use rusqlite::Connection;

use crate::export::lake::{check_manifest, export_of, lake_rows, open, table_rows};
use crate::month_model::{EDGES, IN_APRIL, summarize};
use crate::support::new_database::new_database;
use crate::support::{DAY, Sandbox, rows};

fn with_factions(sandbox: &Sandbox, name: &str, statements: &str) -> Connection {
    new_database(&sandbox.path(name));
    let connection = open(sandbox, name);
    let factions =
        "INSERT INTO factions (faction_id, name) VALUES (3, 'Three'), (4, 'Four'), (7, 'Seven');";
    connection
        .execute_batch(&format!("{factions}{statements}"))
        .unwrap();
    connection
}

/// Exports the lake of `a.db` before and after some imports of `other.db`. Returns the rows of the table before.
fn import_between_exports(
    sandbox: &Sandbox,
    mine: &Connection,
    table: &str,
    imports: usize,
) -> Vec<String> {
    export_of(sandbox, "a.db").expect(0);
    let before = table_rows(mine, table);
    for _ in 0..imports {
        sandbox
            .run_at(IN_APRIL, &["import", "other.db", "--database", "a.db"])
            .expect(0);
    }
    export_of(sandbox, "a.db").expect(0);
    before
}

fn assert_lake_follows(sandbox: &Sandbox, mine: &Connection, table: &str, before: &[String]) {
    let after = table_rows(mine, table);
    let is_gone = |row: &String| !after.contains(row);
    assert!(before.iter().any(is_gone), "{before:#?}, then {after:#?}");
    assert_eq!(lake_rows(sandbox, table), after);
    check_manifest(sandbox, "a.db");
}

fn polled(sandbox: &Sandbox, name: &str, polls: &[(i64, i64)]) -> Connection {
    let rows_of = |(day, value): &(i64, i64)| {
        let at = EDGES[1] + day * DAY;
        format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {at}, {value});
             INSERT INTO war_status_history (war_type, war_id, attacking_score, recorded_at)
                 VALUES ('ranked', 5, {value}, {at});"
        )
    };
    let statements: String = polls.iter().map(rows_of).collect();
    let connection = with_factions(sandbox, name, &statements);
    summarize(sandbox, IN_APRIL, name, &[]);
    connection
}

#[test]
fn rows_that_an_import_has_removed_are_removed_from_the_lake() {
    for own_column in [
        "",
        "ALTER TABLE faction_history ADD COLUMN note TEXT DEFAULT 'mine';",
    ] {
        let sandbox = Sandbox::new();
        let mine = polled(&sandbox, "a.db", &[(5, 4), (10, 5), (15, 6)]);
        mine.execute_batch(own_column).unwrap();
        // It has seen the change of day 10 on day 8 already.
        drop(polled(&sandbox, "other.db", &[(5, 4), (8, 5), (10, 5)]));

        let before = import_between_exports(&sandbox, &mine, "faction_history", 1);

        assert_lake_follows(&sandbox, &mine, "faction_history", &before);
        let wars = table_rows(&mine, "war_status_history");
        assert_eq!(lake_rows(&sandbox, "war_status_history"), wars);
    }
}

/// A row of a ranked war of factions 3 and 4, some seconds after the start of a month.
fn war(seconds: i64, status: &str, score: &str) -> String {
    let at = EDGES[1] + seconds;
    format!(
        "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
            defending_score, status, recorded_at)
         VALUES (9, 'ranked', 3, 4, {score}, 0, '{status}', {at});"
    )
}

#[test]
fn a_row_that_an_import_moves_and_completes_is_in_the_lake_once() {
    for imports in [1, 2] {
        let sandbox = Sandbox::new();
        let mine = war(0, "ongoing", "5") + &war(60, "completed", "NULL");
        let mine = with_factions(&sandbox, "a.db", &mine);
        let other = war(30, "ongoing", "7") + &war(60, "ongoing", "8");
        drop(with_factions(&sandbox, "other.db", &other));

        let before = import_between_exports(&sandbox, &mine, "war_status_history", imports);

        assert_lake_follows(&sandbox, &mine, "war_status_history", &before);
        let moved = "SELECT id > 2 FROM war_status_history WHERE status = 'completed'";
        assert_eq!(rows(&mine, moved), ["1"]);
    }
}

#[test]
fn a_row_that_an_import_shows_to_repeat_another_one_of_its_second_is_removed_from_the_lake() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    let mine = war(0, "ongoing", "5") + &war(60, "ongoing", "8") + &war(60, "completed", "8");
    let mine = with_factions(&sandbox, "a.db", &mine);
    drop(with_factions(
        &sandbox,
        "other.db",
        &war(30, "completed", "8"),
    ));

    let before = import_between_exports(&sandbox, &mine, "war_status_history", 2);

    assert_lake_follows(&sandbox, &mine, "war_status_history", &before);
}
