//! Imports each oddity that an untyped database of the Python program may have, by itself.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;
use tornsnap::testing::store::Store;

use super::{MARCH, with_plan};
use crate::support::{CANARY, DAY, HOUR, Sandbox};

pub fn import(sandbox: &Sandbox, more: &[&str], code: i32) -> Value {
    let arguments = [&["import", "plan.db", "--json", "--no-backup"], more].concat();
    sandbox.run(&arguments).expect(code).json()
}

pub fn count(report: &Value, table: &str, field: &str, reason: &str) -> i64 {
    let reasons = report["tables"][table][field].as_array().unwrap();
    let found = reasons.iter().find(|entry| entry["reason"] == reason);
    found.map_or(0, |entry| entry["count"].as_i64().unwrap())
}

#[test]
fn times_are_read_as_text_milliseconds_and_decimals() {
    let sandbox = with_plan(&format!(
        "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES
            (1, '2026-03-01 12:00:00', 1), (2, '2026-03-01T12:00:00.250000', 2), (3, '2026-03-01T14:00:00+02:00', 3),
            (4, {MARCH} * 1000 + 43200000, 4), (5, {MARCH} + 43200.5, 5), (6, cast({MARCH} + 43200 AS TEXT), 6),
            (7, 'soon', 7);"
    ));

    let report = import(&sandbox, &[], 3);

    let found = sandbox.rows(&format!(
        "SELECT faction_id, timestamp - {MARCH} FROM faction_history ORDER BY 1"
    ));
    assert_eq!(
        found,
        [
            "1|43200", "2|43200", "3|43200", "4|43200", "5|43200", "6|43200"
        ]
    );
    assert_eq!(
        count(
            &report,
            "faction_history",
            "left",
            "timestamp is not a time"
        ),
        1
    );
    // The column has INTEGER affinity, so SQLite has stored the text '1772…' as a number.
    assert_eq!(
        count(
            &report,
            "faction_history",
            "mended",
            "timestamp: text became a number"
        ),
        1
    );
    let read_as_utc = "timestamp: text without a time zone was read as UTC";
    assert_eq!(count(&report, "faction_history", "mended", read_as_utc), 2);
}

#[test]
fn local_times_are_moved_by_the_offset_and_the_times_of_torn_are_not() {
    let sandbox = with_plan(&format!(
        "INSERT INTO war_status_history (war_id, war_type, status, started_at, recorded_at) VALUES
            (1, 'ranked', 'ongoing', {MARCH}, '2026-03-01 14:00:00'),
            (2, 'ranked', 'ongoing', '2026-03-01 02:00:00', {MARCH} + 14 * {HOUR}),
            (3, 'ranked', 'ongoing', {MARCH}, '2026-03-01T12:00:00Z');"
    ));

    import(&sandbox, &["--time-offset", "+02:00"], 0);

    let query = format!(
        "SELECT war_id, started_at - {MARCH}, (recorded_at - {MARCH}) / {HOUR} FROM war_status_history ORDER BY 1"
    );
    assert_eq!(sandbox.rows(&query), ["1|0|12", "2|0|12", "3|0|12"]);
}

#[test]
fn rows_from_before_torn_and_from_the_future_are_left_out() {
    let sandbox = with_plan(
        "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES
            (1, 0, 1), (1, unixepoch('2003-12-31'), 2), (1, unixepoch('2026-04-01 12:06:00'), 3),
            (1, unixepoch('2026-04-01 11:00:00'), 4);",
    );

    let report = import(&sandbox, &[], 3);

    assert_eq!(sandbox.rows("SELECT respect FROM faction_history"), ["4"]);
    let left = |reason: &str| count(&report, "faction_history", "left", reason);
    assert_eq!(left("timestamp is missing"), 1);
    assert_eq!(left("timestamp is before 2004"), 1);
    assert_eq!(left("timestamp is in the future"), 1);
}

#[test]
fn rows_from_the_future_in_a_copy_of_the_same_database_are_no_failure() {
    let sandbox = with_plan("");
    let future = "INSERT INTO factions (faction_id, name, last_updated) VALUES (1, 'One', unixepoch('2026-06-01'));
        INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, unixepoch('2026-03-01'), 1),
            (1, unixepoch('2026-06-01'), 2);
        INSERT INTO faction_observations VALUES (1, unixepoch('2026-06-01'), unixepoch('2026-06-01'), unixepoch('2026-06-02'), 1);
        INSERT INTO faction_summary (faction_id, period_start, period_end, record_count)
            VALUES (1, unixepoch('2026-06-01'), unixepoch('2026-07-01'), 1);";
    sandbox.sqlite().execute_batch(future).unwrap();
    fs::copy(sandbox.database(), sandbox.path("copy.db")).unwrap();
    sandbox
        .run(&["prune", "--future", "--without-backup"])
        .expect(0);
    let import = |into: &str| {
        sandbox.run(&[
            "import",
            "copy.db",
            "--no-backup",
            "--json",
            "--database",
            into,
        ])
    };

    let report = import("tornsnap.db").expect(0).json();

    assert_eq!(
        count(
            &report,
            "faction_history",
            "left",
            "timestamp is in the future"
        ),
        1
    );
    assert_eq!(sandbox.rows("SELECT respect FROM faction_history"), ["1"]);
    drop(Store::create(&sandbox.path("new.db")).unwrap());
    import("new.db").expect(3);
}

#[test]
fn numbered_tiles_are_found_by_their_coordinates() {
    let sandbox = with_plan(&format!(
        "INSERT INTO territory_ownership_history (territory_id, faction_id, coordinates, recorded_at) VALUES
            (17, 7, '12.5,7', {MARCH}), (18, 8, '1,1', {MARCH}), ('aac', 9, '(3; 4)', {MARCH});
         INSERT INTO war_status_history (war_id, war_type, territory_id, status, recorded_at) VALUES
            (1, 'territory', 17, 'ongoing', {MARCH}), (2, 'territory', 18, 'ongoing', {MARCH});"
    ));
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO territories (territory_id, coordinate_x, coordinate_y) VALUES ('AAB', 12.5, 7)")
        .unwrap();

    let report = import(&sandbox, &[], 3);

    let query = "SELECT territory_id, faction_id, coordinate_x, coordinate_y FROM territory_ownership_history ORDER BY 1";
    assert_eq!(sandbox.rows(query), ["AAB|7|12.5|7", "AAC|9|3|4"]);
    assert_eq!(
        sandbox.rows("SELECT war_id, territory_id FROM war_status_history ORDER BY 1"),
        ["1|AAB", "2|"]
    );
    let unknown = "territory_id is a number, and no known tile has its coordinates";
    assert_eq!(
        count(&report, "territory_ownership_history", "left", unknown),
        1
    );
}

#[test]
fn keys_are_never_stored_and_names_of_keys_are() {
    let sandbox = with_plan(&format!(
        "ALTER TABLE faction_history ADD COLUMN data_source TEXT;
         ALTER TABLE player_stats_history ADD COLUMN api_key_used TEXT;
         INSERT INTO faction_history (faction_id, timestamp, respect, data_source) VALUES
            (1, {MARCH}, 1, '{CANARY}'), (2, {MARCH}, 1, 'key {CANARY}!'), (3, {MARCH}, 1, 'CANA…1234'), (4, {MARCH}, 1, 'alice'),
            (5, {MARCH}, 1, 'CANARYcanary****');
         INSERT INTO player_stats_history (player_id, timestamp, level, api_key_used) VALUES (1, {MARCH}, 1, 'bob');"
    ));

    let finished = sandbox.run(&["import", "plan.db"]).expect(0);

    let query = "SELECT faction_id, data_source FROM faction_history ORDER BY 1";
    assert_eq!(
        sandbox.rows(query),
        ["1|", "2|", "3|CANA…1234", "4|alice", "5|"]
    );
    assert_eq!(
        sandbox.rows("SELECT data_source FROM player_stats_history"),
        ["bob"]
    );
    assert!(!finished.stdout().contains("CANARY") && !finished.stderr().contains("CANARY"));
    drop(finished);
    let bytes = fs::read(sandbox.database()).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"CANARY"));
}

#[test]
fn values_of_the_wrong_type_are_converted_or_unknown() {
    let sandbox = with_plan(&format!(
        "DROP TABLE player_stats_history;
         CREATE TABLE player_stats_history (player_id, timestamp, strength, level, life_maximum, networth);
         INSERT INTO player_stats_history VALUES
            ('1', {MARCH}, '1,234', 5.0, 'many', '-12'), (2, {MARCH}, -1, 0, 0, 1e300), ('x', {MARCH}, 1, 1, 1, 1),
            (x'41', {MARCH}, 1, 1, 1, 1), (3, {MARCH}, NULL, 'five', NULL, NULL), (4.5, {MARCH}, 1, 1, 1, 1),
            (5, {MARCH}, 9223372036854775807, 1, 1, -9223372036854775808);"
    ));

    let report = import(&sandbox, &[], 3);

    let query = "SELECT player_id, strength, level, life_maximum, networth FROM player_stats_history ORDER BY 1";
    assert_eq!(
        sandbox.rows(query),
        [
            "1|1234|5||-12",
            "5|9223372036854775807|1|1|-9223372036854775808"
        ]
    );
    let left = |reason: &str| count(&report, "player_stats_history", "left", reason);
    assert_eq!(left("player_id is not a whole number"), 3);
    assert_eq!(left("no value is known"), 2);
}

#[test]
fn missing_tables_columns_and_parents_are_no_obstacle() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    Connection::open(sandbox.path("plan.db"))
        .unwrap()
        .execute_batch(&format!(
            "CREATE TABLE Players (Player_ID INTEGER, name TEXT);
             INSERT INTO Players VALUES (1, 'Ann &amp; Bob'), (1, 'Ann &amp; Bob'), (2, NULL);
             CREATE TABLE player_stats_history (player_id INTEGER, timestamp INTEGER, level INTEGER, PRIMARY KEY (player_id, timestamp))
                WITHOUT ROWID;
             INSERT INTO player_stats_history VALUES (3, {MARCH}, 5);"
        ))
        .unwrap();

    import(&sandbox, &[], 0);

    let query = "SELECT player_id, name, faction_id, last_updated FROM players ORDER BY 1";
    assert_eq!(
        sandbox.rows(query),
        ["1|Ann & Bob||0", "2|Player 2||0", "3|Player 3||0"]
    );
}

#[test]
fn a_missing_column_takes_no_player_out_of_a_faction() {
    let sandbox = with_plan("ALTER TABLE players RENAME COLUMN faction_id TO clan");
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name) VALUES (7, 'Seven');
             INSERT INTO players (player_id, name, faction_id, last_updated) VALUES (1, 'One', 7, {MARCH})"
        ))
        .unwrap();
    Connection::open(sandbox.path("plan.db"))
        .unwrap()
        .execute_batch(&format!(
            "INSERT INTO players (player_id, name, level, last_updated) VALUES (1, 'Uno', 9, {MARCH} + 5)"
        ))
        .unwrap();

    import(&sandbox, &[], 0);

    assert_eq!(
        sandbox.rows("SELECT name, level, faction_id FROM players"),
        ["Uno|9|7"]
    );
}

#[test]
fn wars_get_the_states_that_torn_means() {
    let sandbox = with_plan(&format!(
        "INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, status,
            started_at, ends_at, recorded_at)
         VALUES (1, 'territory', 'AAB', 7, 0, 'ongoing', {MARCH} - 5, {MARCH} + 3 * {DAY}, {MARCH}),
                (2, 'ranked', 'AAB', 7, 8, 'ongoing', {MARCH} + {DAY}, 0, {MARCH}),
                (3, 'ranked', NULL, 7, 8, NULL, {MARCH} - 9, {MARCH} - 5, {MARCH});"
    ));

    import(&sandbox, &[], 0);

    let query = "SELECT war_id, territory_id, defending_faction_id, status, ends_at FROM war_status_history ORDER BY 1";
    let ended = format!("3||8|completed|{}", MARCH - 5);
    assert_eq!(
        sandbox.rows(query),
        ["1|AAB||ongoing|", "2||8|scheduled|", &ended]
    );
    assert_eq!(
        sandbox.rows("SELECT territory_id FROM territories"),
        ["AAB"]
    );
}

#[test]
fn rows_of_a_pruned_month_are_left_out_and_reported() {
    let sandbox = with_plan(&format!(
        "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, unixepoch('2026-01-10'), 5);
         INSERT INTO players (player_id, name, last_updated) VALUES (1, 'One', {MARCH})"
    ));
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO factions (faction_id, name) VALUES (1, 'F');
             INSERT INTO faction_history (faction_id, timestamp, respect)
             VALUES (1, unixepoch('2026-01-05'), 1), (1, unixepoch('2026-01-20'), 2), (1, unixepoch('2026-03-20'), 3);",
        )
        .unwrap();
    sandbox.run(&["summarize", "--no-backup"]).expect(0);
    let prune = ["prune", "--without-backup", "--allow-large"];
    sandbox.run(&prune).expect(0);

    let report = import(&sandbox, &[], 0);

    assert_eq!(report["late"], serde_json::json!([]));
    assert_eq!(
        report["tables"]["faction_history"]["left"],
        serde_json::json!([{ "reason": "2026-01 was pruned in this database", "count": 1 }])
    );
    let query = "SELECT date(timestamp, 'unixepoch'), respect FROM faction_history ORDER BY 1";
    assert_eq!(sandbox.rows(query), ["2026-01-20|2", "2026-03-20|3"]);
}

#[test]
fn texts_without_a_time_zone_are_named_unless_the_offset_is_given() {
    let texts = "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES
        (1, '2026-03-01 14:00:00', 5), (1, '2026-03-02 14:00:00', 6), (1, '2026-03-03T14:00:00Z', 7)";
    let warning = "2 times without a time zone were read as UTC; if the bot's clock was local, import again into a fresh \
                   database with --time-offset";
    let run = |statements: &str, arguments: &[&str]| {
        let sandbox = with_plan(statements);
        let arguments = [&["import", "plan.db", "--no-backup"], arguments].concat();
        sandbox.run(&arguments).expect(0)
    };

    let stderr = run(texts, &[]).stderr();
    assert!(stderr.contains(warning), "{stderr}");
    assert_eq!(run(texts, &["--json"]).json()["read_as_utc"], 2);
    for offset in ["+00:00", "+02:00"] {
        let finished = run(texts, &["--time-offset", offset, "--json"]);
        assert_eq!(finished.json()["read_as_utc"], 0);
        assert!(!finished.stderr().contains("read as UTC"));
    }
    let numbers = format!(
        "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, {MARCH}, 5)"
    );
    assert!(!run(&numbers, &[]).stderr().contains("read as UTC"));
}

#[test]
fn tiles_without_a_known_owner_are_left_out() {
    let sandbox = with_plan(&format!(
        "INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at) VALUES
            ('AAB', 'somebody', {MARCH}), ('AAB', 7, {MARCH} + 1), ('AAB', NULL, {MARCH} + 2);"
    ));

    let report = import(&sandbox, &[], 3);

    let history = "territory_ownership_history";
    assert_eq!(
        count(&report, history, "left", "faction_id is not a whole number"),
        1
    );
    let owners = "SELECT faction_id FROM territory_ownership_history ORDER BY recorded_at";
    assert_eq!(sandbox.rows(owners), ["7", ""]);

    let sandbox = with_plan(&format!(
        "DROP TABLE territory_ownership_history;
         CREATE TABLE territory_ownership_history (territory_id, racket_type, recorded_at);
         INSERT INTO territory_ownership_history VALUES ('AAB', NULL, {MARCH});
         INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {MARCH}, 1);"
    ));

    let report = import(&sandbox, &[], 3);

    let reason =
        "the file has no column faction_id, and unknown owners would be stored as \"no owner\"";
    assert_eq!(count(&report, history, "left", reason), 1);
    assert_eq!(
        sandbox.rows("SELECT territory_id FROM territories"),
        Vec::<String>::new()
    );
    assert_eq!(
        sandbox.value::<i64>("SELECT count(*) FROM faction_history"),
        1
    );
}
