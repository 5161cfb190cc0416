//! Months that another collector has pruned, merged with rows of other entities and of other sources.

use serde_json::json;

use super::closed::{database, database_of_factions};
use super::{copy, create, import, make_plan, open};
use crate::month_model::{EDGES, IN_APRIL, prune, summaries, summarize};
use crate::support::{Sandbox, rows};

/// The rows of player 2, faction 7 and tile AAB: two in December, one in February.
fn quiet_entities() -> String {
    let [december, _, february, ..] = EDGES;
    format!(
        "INSERT INTO players (player_id, name) VALUES (2, 'Two');
         INSERT INTO player_stats_history (player_id, timestamp, level)
         VALUES (2, {december}, 10), (2, {december} + 86400, 12), (2, {february}, 15);
         INSERT INTO faction_history (faction_id, timestamp, respect)
         VALUES (7, {december}, 100), (7, {december} + 86400, 120), (7, {february}, 150);
         INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
         VALUES ('AAB', 1, 'none', {december}), ('AAB', 4, 'none', {december} + 86400), ('AAB', 5, 'none', {february});
         UPDATE territories SET faction_id = 5, last_updated = {february} WHERE territory_id = 'AAB';"
    )
}

/// The rows of player 1, faction 1 and tile AAA, one or two in each month.
fn busy_entities() -> String {
    let [december, january, february, march, _] = EDGES;
    let mut statements =
        vec!["INSERT INTO players (player_id, name) VALUES (1, 'One');".to_owned()];
    for (value, at) in [december, december + 5, january, february, march]
        .iter()
        .enumerate()
    {
        let owner = [1, 4][value % 2];
        let value = value + 1;
        statements.push(format!(
            "INSERT INTO player_stats_history (player_id, timestamp, level) VALUES (1, {at}, {value});
             INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (1, {at}, {value});
             INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at)
             VALUES ('AAA', {owner}, 'none', {at});
             UPDATE territories SET faction_id = {owner}, last_updated = {at} WHERE territory_id = 'AAA';"
        ));
    }
    statements.concat()
}

/// The first and last values, the change and the number of rows of all summaries.
fn short_summaries(sandbox: &Sandbox, name: &str) -> Vec<String> {
    rows(
        &open(sandbox, name),
        "SELECT 'player', player_id, period_start, level_start, level_end, level_change, record_count
         FROM player_stats_summary
         UNION ALL
         SELECT 'faction', faction_id, period_start, respect_start, respect_end, respect_change, record_count
         FROM faction_summary
         UNION ALL
         SELECT 'tile', territory_id, period_start, faction_id_start, faction_id_end, ownership_changes, record_count
         FROM territory_ownership_summary
         ORDER BY 1, 2, 3",
    )
}

/// `quiet.db` with the quiet entities, pruned before February.
fn with_quiet(sandbox: &Sandbox) {
    database(sandbox, "quiet.db", &quiet_entities());
    prune(sandbox, IN_APRIL, "quiet.db", &[]).expect(0);
}

/// Imports the files into a new database, `new.db`, and checks that no row came too late for its month.
fn import_in_order(sandbox: &Sandbox, order: [&str; 2]) {
    create(sandbox, "new.db");
    for file in order {
        let report = import(sandbox, "new.db", &[file]);
        assert_eq!(report["late"], json!([]), "{order:?}: {file}");
    }
}

#[test]
fn a_kept_row_replaces_no_summary_of_an_entity_that_only_the_other_collector_has_seen() {
    let sandbox = Sandbox::new();
    database(&sandbox, "mine.db", &busy_entities());
    with_quiet(&sandbox);
    database(&sandbox, "both.db", &(busy_entities() + &quiet_entities()));

    let report = import(&sandbox, "mine.db", &["quiet.db"]);

    let expected = short_summaries(&sandbox, "both.db");
    assert!(expected.contains(&format!("player|2|{}|10|12|2|2", EDGES[0])));
    assert!(expected.contains(&format!("tile|AAB|{}|1|4|1|2", EDGES[0])));
    assert_eq!(short_summaries(&sandbox, "mine.db"), expected);
    assert_eq!(
        summaries(&open(&sandbox, "mine.db")),
        summaries(&open(&sandbox, "both.db"))
    );
    assert_eq!(report["late"], json!([]));
    for more in [&[][..], &["--force"], &["--month", "2027-12", "--force"]] {
        summarize(&sandbox, IN_APRIL, "mine.db", more);
        assert_eq!(short_summaries(&sandbox, "mine.db"), expected, "{more:?}");
    }
    let again = import(&sandbox, "mine.db", &["quiet.db"]);
    assert_eq!(again["tables"]["player_stats_summary"]["taken"], 0);
    assert_eq!(short_summaries(&sandbox, "mine.db"), expected);
}

#[test]
fn rows_of_other_entities_are_summarized_in_months_with_imported_summaries() {
    let sandbox = Sandbox::new();
    with_quiet(&sandbox);
    database(&sandbox, "busy.db", &busy_entities());
    database(&sandbox, "both.db", &(busy_entities() + &quiet_entities()));
    let expected = short_summaries(&sandbox, "both.db");
    for order in [["quiet.db", "busy.db"], ["busy.db", "quiet.db"]] {
        import_in_order(&sandbox, order);

        assert_eq!(short_summaries(&sandbox, "new.db"), expected, "{order:?}");
        summarize(
            &sandbox,
            IN_APRIL,
            "new.db",
            &["--month", "2027-12", "--force"],
        );
        assert_eq!(short_summaries(&sandbox, "new.db"), expected, "{order:?}");
        let pruned = prune(&sandbox, IN_APRIL, "new.db", &[]).expect(0);
        let of_one = "SELECT count(*) FROM player_stats_history WHERE player_id = 1";
        assert_eq!(
            rows(&open(&sandbox, "new.db"), of_one),
            ["3"],
            "{}",
            pruned.stderr()
        );
        assert_eq!(short_summaries(&sandbox, "new.db"), expected, "{order:?}");
    }
}

/// A database of the Python program with rows of player 1 in each month.
const BOT: &str = "
    INSERT INTO players (player_id, name) VALUES (1, 'One');
    INSERT INTO player_stats_history (player_id, timestamp, level)
    SELECT 1, 1827619200 + value * 86400 * 10, 5 + value FROM json_each('[0,1,2,3,4,5,6,7,8,9,10]');";

#[test]
fn rows_of_the_python_program_are_summarized_before_and_after_a_pruned_collector() {
    let sandbox = Sandbox::new();
    with_quiet(&sandbox);
    make_plan(&sandbox.path("bot.db"), BOT);
    let mut found = Vec::new();
    for order in [["quiet.db", "bot.db"], ["bot.db", "quiet.db"]] {
        import_in_order(&sandbox, order);
        found.push(short_summaries(&sandbox, "new.db"));
    }
    assert_eq!(found[0], found[1]);
    let [december, january, ..] = EDGES;
    for line in [
        format!("player|1|{december}|5|8|3|4"),
        format!("player|1|{january}|8|11|3|3"),
        format!("player|2|{december}|10|12|2|2"),
    ] {
        assert!(found[0].contains(&line), "{line}: {:#?}", found[0]);
    }
}

#[test]
fn an_imported_summary_of_a_later_month_closes_no_earlier_month() {
    let [december, january, february, march, _] = EDGES;
    let sandbox = Sandbox::new();
    database_of_factions(
        &sandbox,
        "mine.db",
        &format!("(1, {december}, 1), (1, {january}, 2), (1, {march}, 4)"),
    );
    database_of_factions(
        &sandbox,
        "other.db",
        &format!("(7, {february}, 1), (7, {february} + 1, 2), (7, {march}, 3)"),
    );
    prune(&sandbox, IN_APRIL, "other.db", &["--keep-months", "1"]).expect(0);
    import(&sandbox, "mine.db", &["other.db"]);
    database_of_factions(
        &sandbox,
        "late.db",
        &format!("(4, {december}, 7), (1, {december} + 5, 9)"),
    );

    let report = import(&sandbox, "mine.db", &["late.db"]);

    assert_eq!(report["late"], json!([]));
    let expected = [
        format!("faction|1|{december}|1|9|8|2"),
        format!("faction|1|{january}|9|2|-7|1"),
        format!("faction|1|{march}|2|4|2|1"),
        format!("faction|4|{december}|7|7|0|1"),
        format!("faction|7|{february}|1|2|1|2"),
        format!("faction|7|{march}|2|3|1|1"),
    ];
    assert_eq!(short_summaries(&sandbox, "mine.db"), expected);
    summarize(
        &sandbox,
        IN_APRIL,
        "mine.db",
        &["--month", "2027-12", "--force"],
    );
    assert_eq!(short_summaries(&sandbox, "mine.db"), expected);
}

#[test]
fn a_month_after_a_thin_one_begins_with_the_value_that_is_known_here() {
    let [december, january, february, ..] = EDGES;
    let sandbox = Sandbox::new();
    // The other collector first asks in January about a change of December, and asks twice.
    database_of_factions(
        &sandbox,
        "other.db",
        &format!(
            "(7, {december}, 1), (7, {january}, 2), (7, {january} + 1, 3), (7, {january} + 2, 4)"
        ),
    );
    prune(&sandbox, IN_APRIL, "other.db", &[]).expect(0);
    database_of_factions(
        &sandbox,
        "here.db",
        &format!("(7, {december}, 1), (7, {december} + 5, 2), (7, {february}, 5)"),
    );
    for order in [["other.db", "here.db"], ["here.db", "other.db"]] {
        create(&sandbox, "new.db");
        for file in order.iter().chain(&order) {
            import(&sandbox, "new.db", &[file]);
        }

        assert_eq!(
            short_summaries(&sandbox, "new.db"),
            [
                format!("faction|7|{december}|1|2|1|2"),
                format!("faction|7|{january}|2|4|2|3"),
                format!("faction|7|{february}|4|5|1|1"),
            ],
            "{order:?}"
        );
    }
}

#[test]
fn summaries_pass_through_a_second_collector() {
    let sandbox = Sandbox::new();
    with_quiet(&sandbox);
    database(&sandbox, "between.db", &busy_entities());
    import(&sandbox, "between.db", &["quiet.db"]);
    create(&sandbox, "new.db");

    import(&sandbox, "new.db", &["between.db"]);

    assert_eq!(
        summaries(&open(&sandbox, "new.db")),
        summaries(&open(&sandbox, "between.db"))
    );
}

#[test]
fn rows_of_a_month_that_only_another_collector_has_pruned_are_taken_here_although_a_later_month_is_pruned_here()
 {
    let [december, january, february, march, _] = EDGES;
    let sandbox = Sandbox::new();
    database_of_factions(
        &sandbox,
        "mine.db",
        &format!("(1, {january}, 1), (1, {january} + 1, 2), (1, {february}, 3), (1, {march}, 4)"),
    );
    database_of_factions(
        &sandbox,
        "other.db",
        &format!("(7, {december}, 1), (7, {december} + 5, 2), (7, {february}, 3)"),
    );
    for name in ["mine.db", "other.db"] {
        prune(&sandbox, IN_APRIL, name, &["--keep-months", "1"]).expect(0);
    }
    database_of_factions(
        &sandbox,
        "third.db",
        &format!(
            "(7, {december} + 1, 1), (7, {december} + 2, 4), (7, {december} + 9, 5), (1, {december}, 9)"
        ),
    );
    for order in [["other.db", "third.db"], ["third.db", "other.db"]] {
        copy(&sandbox, "mine.db", "new.db");
        for file in order.iter().chain(&order) {
            let report = import(&sandbox, "new.db", &[file]);
            assert_eq!(report["late"], json!([]), "{order:?}: {file}");
        }

        let found = short_summaries(&sandbox, "new.db");
        for line in [
            format!("faction|1|{december}|9|9|0|1"),
            format!("faction|1|{january}|9|2|-7|2"),
            format!("faction|7|{december}|1|5|4|3"),
        ] {
            assert!(found.contains(&line), "{order:?}: {line}: {found:#?}");
        }
        let rows_of_december = format!(
            "SELECT count(*) FROM faction_history WHERE timestamp > {december} AND timestamp < {january} AND faction_id = 7"
        );
        assert_eq!(
            rows(&open(&sandbox, "new.db"), &rows_of_december),
            ["3"],
            "{order:?}"
        );
    }
}
