//! `import` of CSV files in which a spreadsheet has cut off the seconds, or the time of day.

use super::{IN_APRIL, MARCH, with_plan};
use crate::support::Sandbox;

/// 2026-03-01 14:03:27, in seconds after [`MARCH`].
const AT: i64 = 14 * 3600 + 3 * 60 + 27;

const HISTORIES: [&str; 4] = [
    "player_stats_history",
    "faction_history",
    "war_status_history",
    "territory_ownership_history",
];

/// A database whose histories have two changes in one minute, and one more an hour later.
fn with_rows() -> Sandbox {
    let sandbox = with_plan("");
    let mut sql = String::from(
        "INSERT INTO players (player_id, name) VALUES (1, 'One');
         INSERT INTO factions (faction_id, name) VALUES (7, 'Seven'), (8, 'Eight');
         INSERT INTO territories (territory_id) VALUES ('AAB');",
    );
    for (after, value) in [(0, 1), (20, 2), (3600, 3)] {
        let at = MARCH + AT + after;
        let (status, ends) = if value == 3 {
            ("completed", at.to_string())
        } else {
            ("ongoing", "NULL".to_owned())
        };
        let rows = format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level, networth) VALUES (1, {at}, {value}, -{value});
             INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {at}, {value});
             INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, attacking_score,
                 defending_score, required_score, status, started_at, ends_at, recorded_at)
             VALUES (5, 'ranked', 7, 8, {value}, 0, 10, '{status}', {MARCH} + 77, {ends}, {at});
             INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
             VALUES ('AAB', iif({value} = 2, 8, 7), 'none', {at});"
        );
        sql += &rows;
    }
    sandbox.sqlite().execute_batch(&sql).unwrap();
    sandbox
}

/// The times of a spreadsheet, `2026-03-01 14:03:27`, up to `length` letters.
fn cut_times(text: &str, length: usize) -> String {
    let mut rest = text;
    let mut cut = String::new();
    while let Some(found) = rest.find("2026-03-01 ") {
        let (before, from) = rest.split_at(found);
        cut += before;
        cut += &from[..length];
        rest = &from["2026-03-01 14:03:27".len()..];
    }
    cut + rest
}

#[test]
fn a_row_without_seconds_that_a_stored_row_has_is_already_there() {
    for length in ["2026-03-01 14:03".len(), "2026-03-01".len()] {
        for table in HISTORIES {
            let sandbox = with_rows();
            let dump = || sandbox.rows(&format!("SELECT * FROM {table} ORDER BY id"));
            let before = dump();
            let exported = sandbox.run(&["export", table, "--spreadsheet"]).expect(0);
            let cut = cut_times(&exported.stdout(), length);
            assert!(!cut.contains(":27"), "{cut}");
            sandbox.write("cut.csv", &cut);

            let finished =
                sandbox.run_at(IN_APRIL, &["import", "cut.csv", "--no-backup", "--json"]);

            let report = finished.expect(0).json();
            let counts = &report["tables"][table];
            assert_eq!(counts["already_there"], 3, "{table} {length}: {report:#}");
            assert_eq!(counts["taken"], 0, "{table} {length}: {report:#}");
            assert_eq!(counts["replaced"], 0, "{table} {length}: {report:#}");
            assert_eq!(dump(), before, "{table} {length}");
        }
    }
}

#[test]
fn the_report_says_which_times_have_no_seconds_and_new_rows_are_taken() {
    let sandbox = with_rows();
    sandbox.write(
        "cut.csv",
        "faction_id,timestamp,respect\n7,2026-03-01 14:03,1\n7,2026-03-01 16:10,9\n7,2026-03-02,10\n7,2026-03-03 10:00:00,11\n",
    );

    let finished = sandbox
        .run_at(IN_APRIL, &["import", "cut.csv", "--no-backup"])
        .expect(0);

    let told = finished.stdout();
    for line in [
        "mended 2: timestamp: a time without seconds was read as the start of its minute",
        "mended 1: timestamp: a date without a time of day was read as the start of its day",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let warned = finished.stderr();
    assert!(
        warned.contains("3 times in the file have no seconds"),
        "{warned}"
    );
    assert_eq!(
        sandbox.rows("SELECT respect FROM faction_history ORDER BY timestamp"),
        ["1", "2", "3", "9", "10", "11"]
    );
}

#[test]
fn another_value_in_the_same_minute_is_another_row() {
    let sandbox = with_rows();
    sandbox.write(
        "cut.csv",
        "faction_id,timestamp,respect\n7,2026-03-01 14:03,5\n",
    );

    sandbox
        .run_at(IN_APRIL, &["import", "cut.csv", "--no-backup"])
        .expect(0);

    assert_eq!(
        sandbox.rows(&format!(
            "SELECT timestamp - {MARCH} - {AT}, respect FROM faction_history ORDER BY timestamp"
        )),
        ["-27|5", "0|1", "20|2", "3600|3"]
    );
}

/// The level and the seconds after the start of the day, in the order of their times.
fn levels(sandbox: &Sandbox) -> Vec<String> {
    sandbox.rows(&format!(
        "SELECT timestamp - {MARCH}, level FROM player_stats_history WHERE player_id = 2 ORDER BY timestamp"
    ))
}

fn import_levels(sandbox: &Sandbox, lines: &str) {
    sandbox.write("cut.csv", lines);
    sandbox
        .run_at(IN_APRIL, &["import", "cut.csv", "--no-backup"])
        .expect(0);
}

#[test]
fn rows_of_one_day_keep_the_order_of_the_file_also_if_a_value_comes_back() {
    let sandbox = with_rows();
    let lines = "player_id,timestamp,level\n2,2026-03-01,10\n2,2026-03-01,11\n2,2026-03-01,10\n";

    import_levels(&sandbox, lines);

    let expected = ["0|10", "1|11", "2|10"];
    assert_eq!(levels(&sandbox), expected);
    import_levels(&sandbox, lines);
    assert_eq!(levels(&sandbox), expected, "a second import adds nothing");
}

#[test]
fn rows_of_one_day_are_in_the_order_of_their_ids() {
    let sandbox = with_rows();

    import_levels(
        &sandbox,
        "id,player_id,timestamp,level\n9002,2,2026-03-01,11\n9001,2,2026-03-01,10\n",
    );

    assert_eq!(levels(&sandbox), ["0|10", "1|11"]);
}

#[test]
fn a_new_row_follows_the_stored_row_that_is_before_it_in_the_file() {
    let sandbox = with_rows();
    let stored = "player_id,timestamp,level\n2,2026-03-01 08:00:00,10\n";
    import_levels(&sandbox, stored);

    import_levels(
        &sandbox,
        "player_id,timestamp,level\n2,2026-03-01,10\n2,2026-03-01,11\n",
    );

    assert_eq!(levels(&sandbox), ["28800|10", "28801|11"]);
}

#[test]
fn a_time_without_seconds_of_a_membership_or_a_state_is_a_bad_line() {
    for (table, line) in [
        (
            "faction_membership",
            "player_id,faction_id,first_seen_at,left_at\n1,7,2026-03-01 14:03,\n",
        ),
        ("players", "player_id,name,last_updated\n1,One,2026-03-01\n"),
    ] {
        let sandbox = with_rows();
        let before = sandbox.rows(&format!("SELECT * FROM {table}"));
        sandbox.write(&format!("{table}.csv"), line);

        let refused = sandbox
            .run_at(
                IN_APRIL,
                &["import", &format!("{table}.csv"), "--no-backup"],
            )
            .expect(78);

        assert!(
            refused.stderr().contains("has no seconds"),
            "{}",
            refused.stderr()
        );
        assert_eq!(sandbox.rows(&format!("SELECT * FROM {table}")), before);
    }
}
