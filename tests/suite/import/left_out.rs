//! Rows that repeat known values are left out, and come back when another collector shows a change between them.

use std::collections::BTreeSet;

use super::closed::database;
use super::{ORDERS, copy, create, import, open};
use crate::month_model::{EDGES, summaries};
use crate::support::{DAY, Sandbox, rows};

/// A database of polls in January, each of the number of a day and a value: of player 1, faction 7 and tile AAA.
fn polled(sandbox: &Sandbox, name: &str, polls: &[(i64, i64)]) {
    let insert = |&(day, value): &(i64, i64)| {
        let at = EDGES[1] + day * DAY;
        format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level, data_source) VALUES (1, {at}, {value}, '{name}');
             INSERT INTO faction_history (faction_id, timestamp, respect, data_source) VALUES (7, {at}, {value}, '{name}');
             INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at) VALUES ('AAA', {value}, {at});"
        )
    };
    let players = "INSERT INTO players (player_id, name) VALUES (1, 'Player');".to_owned();
    let statements: Vec<String> = [players]
        .into_iter()
        .chain(polls.iter().map(insert))
        .collect();
    database(sandbox, name, &statements.concat());
}

const HISTORY: &str = "SELECT 'player', timestamp, level FROM player_stats_history
    UNION ALL SELECT 'faction', timestamp, respect FROM faction_history
    UNION ALL SELECT 'tile', recorded_at, faction_id FROM territory_ownership_history ORDER BY 1, 2, 3";

/// The rows of the histories and those that are left out, of any of them.
const KNOWN: &str =
    "SELECT 'player', (SELECT count(*) FROM player_stats_history), sum(rows) FROM repeated_rows
        WHERE history = 'player_stats_history'
    UNION ALL SELECT 'faction', (SELECT count(*) FROM faction_history), sum(rows) FROM repeated_rows
        WHERE history = 'faction_history'";

/// The expected rows of each of the histories.
fn expected(polls: &[(i64, i64)]) -> Vec<String> {
    let histories = ["faction", "player", "tile"].into_iter();
    let rows_of = |history| {
        let polls = polls.iter();
        polls.map(move |(day, value)| format!("{history}|{}|{value}", EDGES[1] + day * DAY))
    };
    histories.flat_map(rows_of).collect()
}

#[test]
fn a_poll_that_repeats_one_of_its_own_file_comes_back_when_another_file_has_a_change_between_them_in_any_order()
 {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    polled(
        &sandbox,
        "polls.db",
        &[(5, 4), (6, 4), (10, 4), (12, 4), (14, 4)],
    );
    polled(&sandbox, "other.db", &[(7, 5), (13, 5)]);
    let mut found = BTreeSet::new();
    for files in [["polls.db", "other.db"], ["other.db", "polls.db"]] {
        copy(&sandbox, "new.db", "merged.db");
        for file in files.into_iter().chain(files) {
            import(&sandbox, "merged.db", &[file]);

            if file == files[1] {
                let merged = open(&sandbox, "merged.db");
                assert_eq!(
                    rows(&merged, HISTORY),
                    expected(&[(5, 4), (7, 5), (10, 4), (13, 5), (14, 4)]),
                    "{files:?}"
                );
                assert_eq!(rows(&merged, KNOWN), ["player|5|2", "faction|5|2"]);
                found.insert(summaries(&merged));
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_rows_of_a_merged_database_that_left_out_repeated_polls_are_those_of_its_sources() {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    polled(&sandbox, "polls.db", &[(5, 4), (6, 4), (10, 4), (12, 4)]);
    polled(&sandbox, "other.db", &[(7, 5)]);
    copy(&sandbox, "new.db", "merged.db");
    import(&sandbox, "merged.db", &["polls.db"]);
    for files in [
        &["merged.db", "other.db"][..],
        &["other.db", "merged.db"],
        &["merged.db", "other.db", "polls.db", "merged.db"],
    ] {
        copy(&sandbox, "new.db", "target.db");
        for file in files {
            import(&sandbox, "target.db", &[file]);
        }

        let target = open(&sandbox, "target.db");
        assert_eq!(
            rows(&target, HISTORY),
            expected(&[(5, 4), (7, 5), (10, 4)]),
            "{files:?}"
        );
        assert_eq!(
            rows(&target, KNOWN),
            ["player|3|2", "faction|3|2"],
            "{files:?}"
        );
    }
}

#[test]
fn a_row_of_the_same_second_and_values_that_two_collectors_have_is_left_out_once() {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    polled(&sandbox, "first.db", &[(5, 4), (10, 4)]);
    polled(&sandbox, "second.db", &[(6, 4), (10, 4)]);
    for files in [["first.db", "second.db"], ["second.db", "first.db"]] {
        copy(&sandbox, "new.db", "merged.db");
        for file in files.into_iter().chain(files) {
            import(&sandbox, "merged.db", &[file]);
        }

        let merged = open(&sandbox, "merged.db");
        assert_eq!(rows(&merged, HISTORY), expected(&[(5, 4)]), "{files:?}");
        assert_eq!(
            rows(&merged, KNOWN),
            ["player|1|2", "faction|1|2"],
            "{files:?}"
        );
    }
}

#[test]
fn each_of_two_left_out_rows_of_one_second_comes_back_in_any_order() {
    let [_, january, ..] = EDGES;
    let files = ["respect.db", "members.db", "between.db"];
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    let insert =
        "INSERT INTO faction_history (faction_id, timestamp, respect, member_count) VALUES";
    let first = format!("{insert} (7, {january} + 5, 80, 50)");
    for (name, values) in files
        .into_iter()
        .zip(["900, 80, NULL", "900, NULL, 50", "600, 75, 40"])
    {
        database(
            &sandbox,
            name,
            &format!("{first}, (7, {january} + {values})"),
        );
    }
    for order in ORDERS {
        copy(&sandbox, "new.db", "merged.db");
        for file in order {
            import(&sandbox, "merged.db", &[files[file]]);
        }

        let history = "SELECT timestamp, respect, member_count FROM faction_history ORDER BY 1, 3";
        let merged = open(&sandbox, "merged.db");
        assert_eq!(
            rows(&merged, history),
            [
                format!("{}|80|50", january + 5),
                format!("{}|75|40", january + 600),
                format!("{}|80|", january + 900),
                format!("{}||50", january + 900),
            ],
            "{order:?}"
        );
        let left_out = "SELECT count(*) FROM repeated_rows WHERE rows > 0";
        assert_eq!(rows(&merged, left_out), ["0"], "{order:?}");
    }
}

#[test]
fn rows_that_were_left_out_are_taken_and_count_once_when_the_history_keeps_every_poll() {
    let sandbox = Sandbox::new();
    create(&sandbox, "new.db");
    polled(&sandbox, "polls.db", &[(5, 4), (6, 4), (10, 4)]);
    import(&sandbox, "new.db", &["polls.db"]);
    let new = open(&sandbox, "new.db");
    assert_eq!(rows(&new, KNOWN), ["player|1|2", "faction|1|2"]);

    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    import(&sandbox, "new.db", &["polls.db"]);

    assert_eq!(rows(&new, HISTORY), expected(&[(5, 4), (6, 4), (10, 4)]));
    assert_eq!(rows(&new, KNOWN), ["player|3|", "faction|3|"]);
}
