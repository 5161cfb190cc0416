//! CSV of a database that has recorded every poll, imported where only changes are recorded.

use std::path::Path;

use serde_json::json;
use tornsnap::testing::store::Store;

use super::closed::database;
use super::{create, import, open};
use crate::month_model::{EDGES, IN_APRIL, prune, summarize};
use crate::support::{DAY, Sandbox, rows};

const TABLES: [&str; 5] = [
    "factions",
    "faction_history",
    "faction_summary",
    "war_status_history",
    "war_summary",
];

/// Writes CSV of a faction and a war that were polled daily from 2027-12-01 to 2028-02-29. Both change every tenth day.
fn with_csv() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    drop(Store::create(&sandbox.path("full.db")).unwrap());
    let first = EDGES[0];
    open(&sandbox, "full.db")
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name, last_updated) VALUES (7, 'Seven', {first});
             WITH RECURSIVE day (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM day WHERE n < 90)
             INSERT INTO faction_history (faction_id, timestamp, respect) SELECT 7, {first} + n * {DAY}, n / 10 FROM day;
             INSERT INTO faction_observations SELECT 7, unixepoch(timestamp, 'unixepoch', 'start of month'),
                 min(timestamp), max(timestamp), count(*) FROM faction_history GROUP BY 2;
             INSERT INTO war_status_history
                 (war_id, war_type, attacking_faction_id, attacking_score, status, started_at, recorded_at)
                 SELECT 3, 'ranked', 7, respect, 'ongoing', {first}, timestamp FROM faction_history;"
        ))
        .unwrap();
    summarize(&sandbox, IN_APRIL, "full.db", &[]);
    for table in TABLES {
        let file = format!("{table}.csv");
        let export = ["export", table, "--database", "full.db", "--output", &file];
        sandbox.run_at(IN_APRIL, &export).expect(0);
    }
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"changes\"\n");
    sandbox
}

/// Imports the tables in this order into a new database.
fn import_all(sandbox: &Sandbox, name: &str, order: &[&str]) {
    drop(Store::create(&sandbox.path(name)).unwrap());
    for table in order {
        import(sandbox, name, &[&format!("{table}.csv")]);
    }
}

const FACTS: &str = "SELECT period_start, respect_start, respect_end, respect_change FROM faction_summary
    UNION ALL SELECT period_start, war_id, final_attacking_score, duration_seconds FROM war_summary";

const COUNTS: &str = "SELECT s.period_start, record_count - count(h.id) FROM faction_summary AS s
        LEFT JOIN faction_history AS h ON timestamp >= s.period_start AND timestamp < s.period_end GROUP BY s.id
    UNION ALL SELECT s.period_start, record_count - count(h.id) FROM war_summary AS s
        LEFT JOIN war_status_history AS h ON recorded_at >= s.period_start AND recorded_at < s.period_end
        GROUP BY s.id";

/// Without wars: the summary of a war may know a later answer than the rows that say something new.
const MARKED: &str =
    "SELECT history, period_start FROM imported_summaries WHERE history <> 'war_status_history'";

/// Inserts a row into January, and checks that the summary of that month takes it in.
fn expect_a_late_row_to_change_its_month(sandbox: &Sandbox, name: &str) {
    let late = EDGES[2] - 1;
    let found = open(sandbox, name);
    found
        .execute_batch(&format!(
            "INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (7, {late}, 99)"
        ))
        .unwrap();
    summarize(sandbox, IN_APRIL, name, &[]);
    let january = format!(
        "SELECT respect_end FROM faction_summary WHERE period_start = {}",
        EDGES[1]
    );
    assert_eq!(
        rows(&found, &january),
        ["99"],
        "{name}: a late row changes its month"
    );
}

#[test]
fn the_same_facts_in_fewer_rows_are_summarized_in_either_order() {
    let sandbox = with_csv();
    for (name, order) in [
        ("history-first.db", TABLES),
        (
            "summaries-first.db",
            [
                "factions",
                "faction_summary",
                "war_summary",
                "faction_history",
                "war_status_history",
            ],
        ),
    ] {
        import_all(&sandbox, name, &order);

        let found = open(&sandbox, name);
        assert_eq!(rows(&found, MARKED), Vec::<String>::new(), "{name}");
        let days = "SELECT count(*) FROM faction_history";
        assert_eq!(
            rows(&found, days),
            ["10"],
            "{name}: nine changes in 91 days"
        );
        let mut expected = rows(&open(&sandbox, "full.db"), FACTS);
        // The last answer about the war that says something new is an earlier one.
        let mut facts = rows(&found, FACTS);
        for row in expected.iter_mut().chain(&mut facts) {
            if row.contains("|3|") {
                row.truncate(row.rfind('|').unwrap());
            }
        }
        assert_eq!(facts, expected, "{name}");
        assert!(
            rows(&found, COUNTS).iter().all(|row| row.ends_with("|0")),
            "{name}: {:?}",
            rows(&found, COUNTS)
        );
        for table in order {
            let again = import(&sandbox, name, &[&format!("{table}.csv")]);
            let taken = again["tables"][table]["taken"].as_i64();
            assert_eq!(taken.unwrap_or(0), 0, "{name}: {table}");
        }

        expect_a_late_row_to_change_its_month(&sandbox, name);
    }
}

#[test]
fn summaries_of_rows_that_are_missing_from_the_file_stay() {
    for summaries_first in [false, true] {
        let sandbox = with_csv();
        let path = sandbox.path("faction_history.csv");
        keep_the_first_rows(&path, 40);
        let mut order = ["factions", "faction_history", "faction_summary"];
        if summaries_first {
            order.swap(1, 2);
        }

        import_all(&sandbox, "new.db", &order);

        let found = open(&sandbox, "new.db");
        let marked = rows(&found, MARKED);
        assert!(
            marked.contains(&format!("faction_history|{}", EDGES[1])),
            "{marked:?}"
        );
        let of_factions = "SELECT period_start, respect_end, record_count FROM faction_summary
            WHERE period_start >= 1830297600";
        assert_eq!(
            rows(&found, of_factions),
            rows(&open(&sandbox, "full.db"), of_factions)
        );
        let report = import(&sandbox, "new.db", &["factions.csv"]);
        assert_eq!(report["late"], json!([]));
    }
}

/// Cuts a CSV file off after its header and this number of rows.
fn keep_the_first_rows(path: &Path, rows: usize) {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().take(rows + 1).collect();
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn each_month_whose_last_row_tells_the_winner_names_it_after_an_import_of_a_pruned_database() {
    let [_, january, february, ..] = EDGES;
    let winners =
        "SELECT period_start, winner_faction_id, record_count FROM war_summary ORDER BY 1";
    let expected = [format!("{january}|4|2"), format!("{february}|4|1")];
    for kept_months in ["2", "1"] {
        let sandbox = Sandbox::new();
        sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
        database(
            &sandbox,
            "pruned.db",
            &format!(
                "INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id,
                     attacking_score, status, winner_faction_id, started_at, ends_at, recorded_at)
                 VALUES (3, 'territory', 4, 5, 9, 'ongoing', NULL, {january}, NULL, {january} + 60),
                     (3, 'territory', 4, 5, 9, 'completed', 4, {january}, {january} + 90, {january} + 120),
                     (3, 'territory', 4, 5, 9, 'completed', 4, {january}, {january} + 90, {february} + 60);"
            ),
        );
        prune(
            &sandbox,
            IN_APRIL,
            "pruned.db",
            &["--keep-months", kept_months],
        )
        .expect(0);
        assert_eq!(rows(&open(&sandbox, "pruned.db"), winners), expected);
        create(&sandbox, "new.db");

        for _ in 0..2 {
            import(&sandbox, "new.db", &["pruned.db"]);

            assert_eq!(
                rows(&open(&sandbox, "new.db"), winners),
                expected,
                "{kept_months}"
            );
        }
        if kept_months == "2" {
            summarize(
                &sandbox,
                IN_APRIL,
                "new.db",
                &["--month", "2028-02", "--force"],
            );
            assert_eq!(rows(&open(&sandbox, "new.db"), winners), expected);
        }
    }
}
