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

/// Exports the lake of `a.db` before and after the imports of other databases. Returns the rows of the table before.
fn import_between_exports(
    sandbox: &Sandbox,
    mine: &Connection,
    table: &str,
    others: &[&str],
) -> Vec<String> {
    export_of(sandbox, "a.db").expect(0);
    let before = table_rows(mine, table);
    for other in others {
        sandbox
            .run_at(IN_APRIL, &["import", other, "--database", "a.db"])
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

        let before = import_between_exports(&sandbox, &mine, "faction_history", &["other.db"]);

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
    for others in [&["other.db"][..], &["other.db", "other.db"]] {
        let sandbox = Sandbox::new();
        let mine = war(0, "ongoing", "5") + &war(60, "completed", "NULL");
        let mine = with_factions(&sandbox, "a.db", &mine);
        let other = war(30, "ongoing", "7") + &war(60, "ongoing", "8");
        drop(with_factions(&sandbox, "other.db", &other));

        let before = import_between_exports(&sandbox, &mine, "war_status_history", others);

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

    let before = import_between_exports(&sandbox, &mine, "war_status_history", &["other.db"]);

    assert_lake_follows(&sandbox, &mine, "war_status_history", &before);
}

#[test]
fn a_row_that_one_import_completes_and_the_next_one_moves_is_in_the_lake_once() {
    let sandbox = Sandbox::new();
    let mine = with_factions(&sandbox, "a.db", &war(60, "ongoing", "6"));
    let with_start = |row: String, start: i64| {
        let row = row.replace("status, recorded_at", "status, started_at, recorded_at");
        row.replace(", 'ongoing', ", &format!(", 'ongoing', {start}, "))
    };
    let start = EDGES[1] - DAY;
    drop(with_factions(
        &sandbox,
        "start.db",
        &with_start(war(0, "ongoing", "2"), start),
    ));
    drop(with_factions(
        &sandbox,
        "lower.db",
        &with_start(war(60, "ongoing", "5"), start),
    ));

    let others = ["start.db", "lower.db"];
    let before = import_between_exports(&sandbox, &mine, "war_status_history", &others);

    assert_lake_follows(&sandbox, &mine, "war_status_history", &before);
    let scores = "SELECT attacking_score, started_at IS NULL FROM war_status_history ORDER BY recorded_at, id";
    assert_eq!(rows(&mine, scores), ["2|0", "5|0", "6|0"]);
}

/// The end of a war that factions 3 and 4 had, some seconds after the start of a month. `winner`: a faction, or NULL.
fn end(seconds: i64, winner: &str) -> String {
    war(seconds, "completed", "8")
        + &format!("UPDATE war_status_history SET winner_faction_id = {winner};")
}

#[test]
fn an_end_that_is_told_earlier_with_its_winner_leaves_one_row_and_one_summary_in_the_lake() {
    let sandbox = Sandbox::new();
    let later_month = EDGES[2] - EDGES[1];
    let mine = with_factions(&sandbox, "a.db", &end(later_month, "NULL"));
    drop(with_factions(&sandbox, "other.db", &end(60, "3")));
    summarize(&sandbox, IN_APRIL, "a.db", &[]);
    let summary = "SELECT period_start, winner_faction_id FROM war_summary";
    assert_eq!(rows(&mine, summary), [format!("{}|", EDGES[2])]);

    let before = import_between_exports(&sandbox, &mine, "war_status_history", &["other.db"]);

    assert_lake_follows(&sandbox, &mine, "war_status_history", &before);
    assert_eq!(rows(&mine, summary), [format!("{}|3", EDGES[1])]);
    assert_eq!(
        lake_rows(&sandbox, "war_summary"),
        table_rows(&mine, "war_summary")
    );
}

#[test]
fn a_month_that_an_import_has_emptied_takes_new_rows() {
    let sandbox = Sandbox::new();
    let level = |at: i64, level: i64| {
        format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {at}, {level});"
        )
    };
    let mine = with_factions(&sandbox, "a.db", &level(EDGES[2], 5));
    drop(with_factions(&sandbox, "other.db", &level(EDGES[1], 5)));
    let before = import_between_exports(&sandbox, &mine, "faction_history", &["other.db"]);
    assert_lake_follows(&sandbox, &mine, "faction_history", &before);

    mine.execute_batch(&level(EDGES[2] + 60, 6)).unwrap();
    export_of(&sandbox, "a.db").expect(0);

    assert_eq!(
        lake_rows(&sandbox, "faction_history"),
        table_rows(&mine, "faction_history")
    );
    check_manifest(&sandbox, "a.db");
}

#[test]
fn a_moved_row_whose_own_column_was_changed_is_in_the_lake_once() {
    let sandbox = Sandbox::new();
    let respect = |respect: i64| {
        let at = EDGES[1];
        format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {at}, {respect});"
        )
    };
    let note = "ALTER TABLE faction_history ADD COLUMN note TEXT;";
    let mine = with_factions(&sandbox, "a.db", &(respect(9) + note));
    drop(with_factions(&sandbox, "other.db", &respect(5)));
    export_of(&sandbox, "a.db").expect(0);

    mine.execute_batch("UPDATE faction_history SET note = 'mine'")
        .unwrap();
    let before = table_rows(&mine, "faction_history");
    let import = ["import", "other.db", "--database", "a.db"];
    sandbox.run_at(IN_APRIL, &import).expect(0);
    export_of(&sandbox, "a.db").expect(0);

    assert_lake_follows(&sandbox, &mine, "faction_history", &before);
}
