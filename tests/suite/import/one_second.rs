//! Different answers of several collectors in one second: the same rows in the same order, in any order of the imports.

use std::collections::BTreeSet;

use super::{ORDERS, create, import, open, results_of_rounds};
use crate::month_model::IN_APRIL;
use crate::support::{Sandbox, rows};

/// 2026-01-01.
const START: i64 = 1_767_225_600;
const FILES: [&str; 3] = ["first.db", "second.db", "third.db"];

/// A database with these history rows; `{at}` is [`START`].
fn collector(sandbox: &Sandbox, name: &str, statements: &str) {
    create(sandbox, name);
    let entities =
        "INSERT INTO factions (faction_id, name) VALUES (3, 'Three'), (4, 'Four'), (5, 'Five');
        INSERT INTO players (player_id, name) VALUES (1, 'Player');
        INSERT INTO territories (territory_id) VALUES ('AAA');";
    let statements = statements.replace("{at}", &START.to_string());
    open(sandbox, name)
        .execute_batch(&format!("{entities}{statements}"))
        .unwrap();
}

/// The rows after each order of imports of the files: into a new database, into the first of them, and after repeated imports.
fn results(sandbox: &Sandbox, query: &str) -> BTreeSet<Vec<String>> {
    create(sandbox, "new.db");
    let mut found = BTreeSet::new();
    for order in ORDERS {
        let files = order.map(|file| FILES[file]);
        for (into, sources) in [("new.db", &files[..]), (files[0], &files[1..])] {
            found.extend(results_of_rounds(sandbox, into, sources, 2, query));
        }
    }
    found
}

/// The rows in the order in which everything reads them.
fn assert_one_result(sandbox: &Sandbox, query: &str, expected: &[&str]) {
    let found = results(sandbox, query);

    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found.first().unwrap(), expected);
}

const FACTIONS: &str = "SELECT timestamp - 1767225600, respect, member_count FROM faction_history ORDER BY timestamp, id";

#[test]
fn the_answers_of_one_second_are_in_the_order_of_their_values() {
    let sandbox = Sandbox::new();
    let told = |respect: i64, later: &str| {
        format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES
             (3, {{at}}, 7), (3, {{at}} + 60, {respect}){later};"
        )
    };
    collector(&sandbox, FILES[0], &told(5, ", (3, {at} + 120, 9)"));
    collector(&sandbox, FILES[1], &told(9, ""));
    collector(&sandbox, FILES[2], &told(6, ", (3, {at} + 180, 5)"));

    // The last of them is 9, so the row after it is no change.
    let expected = ["0|7|", "60|5|", "60|6|", "60|9|", "180|5|"];
    assert_one_result(&sandbox, FACTIONS, &expected);
}

#[test]
fn of_one_second_with_a_change_all_answers_stay() {
    let sandbox = Sandbox::new();
    let told = |values: &str| {
        format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect, member_count) VALUES {values};"
        )
    };
    collector(
        &sandbox,
        FILES[0],
        &told("(3, {at}, 7, 20), (3, {at} + 60, 8, 20)"),
    );
    // It knows what the first one knew only from this second on.
    collector(
        &sandbox,
        FILES[1],
        &told("(3, {at} + 60, 7, 20), (3, {at} + 120, 7, 21), (3, {at} + 150, 7, 20)"),
    );
    collector(
        &sandbox,
        FILES[2],
        &told("(3, {at} + 120, 8, NULL), (3, {at} + 180, 9, NULL)"),
    );

    let expected = [
        "0|7|20", "60|7|20", "60|8|20", "120|7|21", "120|8|", "150|7|20", "180|9|",
    ];
    assert_one_result(&sandbox, FACTIONS, &expected);
}

#[test]
fn the_answers_of_many_seconds_one_after_the_other_are_the_same_rows_in_any_order() {
    let sandbox = Sandbox::new();
    for (number, file) in FILES.iter().enumerate() {
        let values: Vec<String> = (0..12_usize)
            .map(|second| format!("(3, {{at}} + {second}, {})", 4 + (second + number) % 2))
            .collect();
        let statement = format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES {};",
            values.join(", ")
        );
        collector(&sandbox, file, &statement);
    }
    let expected: Vec<String> = (0..12)
        .flat_map(|second| [4, 5].map(|respect| format!("{second}|{respect}|")))
        .collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();

    assert_one_result(&sandbox, FACTIONS, &expected);
}

#[test]
fn the_owners_of_a_tile_in_one_second_are_in_the_order_of_their_values() {
    let sandbox = Sandbox::new();
    let told = |owner: &str, later: &str| {
        format!(
            "INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at) VALUES
             ('AAA', 3, 'none', {{at}}), ('AAA', {owner}, 'none', {{at}} + 60){later};
             UPDATE territories SET faction_id = {owner}, last_updated = {{at}} + 60;"
        )
    };
    collector(
        &sandbox,
        FILES[0],
        &told("5", ", ('AAA', 4, 'none', {at} + 120)"),
    );
    collector(
        &sandbox,
        FILES[1],
        &told("4", ", ('AAA', 5, 'none', {at} + 180)"),
    );
    collector(&sandbox, FILES[2], &told("NULL", ""));

    let query = "SELECT recorded_at - 1767225600, faction_id FROM territory_ownership_history ORDER BY recorded_at, id";
    let expected = ["0|3", "60|", "60|4", "60|5", "120|4", "180|5"];
    assert_one_result(&sandbox, query, &expected);
    let state = "SELECT faction_id FROM territories";
    assert_one_result(&sandbox, state, &["5"]);
}

/// Rows of a ranked war: seconds after [`START`], status, the sides, and their scores.
fn war(values: &[(i64, &str, [i64; 2], [i64; 2])]) -> String {
    let row = |(after, status, sides, scores): &(i64, &str, [i64; 2], [i64; 2])| {
        format!(
            "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id,
                attacking_score, defending_score, status, started_at, recorded_at)
             VALUES (9, 'ranked', {}, {}, {}, {}, '{status}', {{at}}, {{at}} + {after});",
            sides[0], sides[1], scores[0], scores[1]
        )
    };
    values.iter().map(row).collect()
}

const WARS: &str = "SELECT recorded_at - 1767225600, status, attacking_faction_id, attacking_score, defending_score
    FROM war_status_history ORDER BY recorded_at, id";

#[test]
fn the_answers_about_a_war_in_one_second_are_in_the_order_of_its_course() {
    let sandbox = Sandbox::new();
    let sides = [3, 4];
    let begin = (0, "ongoing", sides, [0, 0]);
    collector(
        &sandbox,
        FILES[0],
        &war(&[begin, (60, "completed", sides, [9, 5])]),
    );
    collector(
        &sandbox,
        FILES[1],
        &war(&[begin, (60, "ongoing", sides, [9, 4])]),
    );
    collector(
        &sandbox,
        FILES[2],
        &war(&[begin, (60, "ongoing", sides, [7, 4])]),
    );

    let expected = [
        "0|ongoing|3|0|0",
        "60|ongoing|3|7|4",
        "60|ongoing|3|9|4",
        "60|completed|3|9|5",
    ];
    assert_one_result(&sandbox, WARS, &expected);
}

#[test]
fn a_ranked_war_has_the_sides_of_its_first_row_in_any_order() {
    let sandbox = Sandbox::new();
    collector(
        &sandbox,
        FILES[0],
        &war(&[
            (60, "ongoing", [3, 4], [1, 2]),
            (180, "ongoing", [3, 4], [5, 2]),
        ]),
    );
    collector(
        &sandbox,
        FILES[1],
        &war(&[
            (0, "ongoing", [4, 3], [0, 0]),
            (60, "ongoing", [4, 3], [2, 1]),
        ]),
    );
    collector(
        &sandbox,
        FILES[2],
        &war(&[(120, "ongoing", [3, 4], [4, 2])]),
    );

    let expected = [
        "0|ongoing|4|0|0",
        "60|ongoing|4|2|1",
        "120|ongoing|4|2|4",
        "180|ongoing|4|2|5",
    ];
    assert_one_result(&sandbox, WARS, &expected);
}

#[test]
fn a_war_that_goes_back_has_the_same_rows_in_any_order() {
    let sandbox = Sandbox::new();
    let sides = [3, 4];
    // The second collector gets an answer from before: Torn's caches give such ones.
    collector(
        &sandbox,
        FILES[0],
        &war(&[
            (0, "ongoing", sides, [5, 0]),
            (60, "ongoing", sides, [8, 0]),
        ]),
    );
    collector(
        &sandbox,
        FILES[1],
        &war(&[
            (90, "ongoing", sides, [5, 0]),
            (150, "ongoing", sides, [8, 0]),
        ]),
    );
    collector(&sandbox, FILES[2], &war(&[(0, "ongoing", sides, [5, 0])]));

    let expected = [
        "0|ongoing|3|5|0",
        "60|ongoing|3|8|0",
        "90|ongoing|3|5|0",
        "150|ongoing|3|8|0",
    ];
    assert_one_result(&sandbox, WARS, &expected);
}

#[test]
fn a_battle_stat_that_is_not_known_keeps_its_last_value() {
    let sandbox = Sandbox::new();
    let told = |values: &str| {
        format!(
            "INSERT INTO player_stats_history (player_id, timestamp, strength, defense) VALUES {values};"
        )
    };
    collector(&sandbox, FILES[0], &told("(1, {at}, 10, 20)"));
    collector(&sandbox, FILES[1], &told("(1, {at} + 60, 11, NULL)"));
    collector(&sandbox, FILES[2], &told("(1, {at} + 120, 11, 20)"));

    let query = "SELECT timestamp - 1767225600, strength, defense FROM player_stats_history ORDER BY timestamp, id";
    assert_one_result(&sandbox, query, &["0|10|20", "60|11|"]);
}

#[test]
fn with_every_poll_an_answer_from_before_the_end_of_a_war_is_counted_once_with_the_end_in_its_second()
 {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    let sides = [3, 4];
    let begin = (0, "ongoing", sides, [5, 0]);
    collector(
        &sandbox,
        FILES[0],
        &war(&[begin, (60, "completed", sides, [8, 0])]),
    );
    // It hears of the end later, in the same second as of the course before it.
    collector(
        &sandbox,
        FILES[1],
        &war(&[
            (120, "ongoing", sides, [8, 0]),
            (120, "completed", sides, [8, 0]),
        ]),
    );
    collector(&sandbox, FILES[2], &war(&[begin]));

    let expected = [
        "0|ongoing|3|5|0",
        "60|completed|3|8|0",
        "120|completed|3|8|0",
    ];
    assert_one_result(&sandbox, WARS, &expected);
}

#[test]
fn rows_that_get_new_ids_keep_the_values_of_the_users_own_columns() {
    let sandbox = Sandbox::new();
    let told = |values: &str| {
        format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (3, {{at}}, 7), {values};"
        )
    };
    collector(
        &sandbox,
        FILES[0],
        &told("(3, {at} + 60, 9), (3, {at} + 120, 11)"),
    );
    collector(
        &sandbox,
        FILES[1],
        &told("(3, {at} + 60, 5), (3, {at} + 120, 6)"),
    );
    let mine = open(&sandbox, FILES[0]);
    mine.execute_batch(
        "ALTER TABLE faction_history ADD COLUMN note TEXT; UPDATE faction_history SET note = 'of ' || respect;",
    )
    .unwrap();

    import(&sandbox, FILES[0], &[FILES[1]]);

    let query =
        "SELECT timestamp - 1767225600, respect, note FROM faction_history ORDER BY timestamp, id";
    let expected = ["0|7|of 7", "60|5|", "60|9|of 9", "120|6|", "120|11|of 11"];
    assert_eq!(rows(&mine, query), expected);
    let highest = "SELECT max(id) FROM faction_history";
    let assigned = "SELECT seq FROM sqlite_sequence WHERE name = 'faction_history'";
    assert_eq!(rows(&mine, assigned), rows(&mine, highest));
}

#[test]
fn with_every_poll_a_database_keeps_its_own_repetitions() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    let sides = [3, 4];
    let scores = [5, 6, 5].map(|score| (60, "ongoing", sides, [score, 0]));
    let factions = "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES";
    collector(
        &sandbox,
        FILES[0],
        &format!(
            "{factions} (3, {{at}} + 60, 7), (3, {{at}} + 60, 8), (3, {{at}} + 60, 7);{}",
            war(&scores)
        ),
    );
    collector(
        &sandbox,
        FILES[1],
        &format!(
            "{factions} (3, {{at}}, 4);{}",
            war(&[(0, "ongoing", sides, [4, 0])])
        ),
    );

    import(&sandbox, FILES[0], &[FILES[1]]);

    let mine = open(&sandbox, FILES[0]);
    assert_eq!(rows(&mine, FACTIONS), ["0|4|", "60|7|", "60|8|", "60|7|"]);
    let expected = [
        "0|ongoing|3|4|0",
        "60|ongoing|3|5|0",
        "60|ongoing|3|6|0",
        "60|ongoing|3|5|0",
    ];
    assert_eq!(rows(&mine, WARS), expected);
}

#[test]
fn a_row_that_was_completed_does_not_come_back_with_its_former_values() {
    let sandbox = Sandbox::new();
    let begin = (0, "ongoing", [3, 4], [5, 0]);
    // The end tells no score of the attacker.
    let end = war(&[(60, "completed", [3, 4], [0, 0])]);
    let end = end.replace(", 0, 0, 'completed'", ", NULL, 0, 'completed'");
    collector(&sandbox, FILES[0], &(war(&[begin]) + &end));
    let seen = |score: i64| (60, "ongoing", [3, 4], [score, 0]);
    collector(
        &sandbox,
        FILES[1],
        &war(&[(30, "ongoing", [3, 4], [7, 0]), seen(8)]),
    );
    collector(&sandbox, FILES[2], &war(&[begin, seen(9)]));

    for file in [FILES[1], FILES[2], FILES[1]] {
        import(&sandbox, FILES[0], &[file]);
    }

    let completed = "SELECT count(*) FROM war_status_history WHERE status = 'completed'";
    assert_eq!(rows(&open(&sandbox, FILES[0]), completed), ["1"]);
}

#[test]
fn the_summary_of_a_war_follows_the_order_of_its_sides() {
    let sandbox = Sandbox::new();
    collector(&sandbox, FILES[0], &war(&[(0, "ongoing", [4, 3], [0, 7])]));
    collector(&sandbox, FILES[1], &war(&[(0, "ongoing", [3, 4], [7, 0])]));
    let summarize = ["summarize", "--no-backup", "--database", FILES[0]];
    sandbox.run_at(IN_APRIL, &summarize).expect(0);

    import(&sandbox, FILES[0], &[FILES[1]]);
    sandbox.run_at(IN_APRIL, &summarize).expect(0);

    let mine = open(&sandbox, FILES[0]);
    let sides = "SELECT attacking_faction_id, final_attacking_score FROM war_summary";
    assert_eq!(rows(&mine, WARS), ["0|ongoing|3|7|0"]);
    assert_eq!(rows(&mine, sides), ["3|7"]);
}
