//! Rows of months that are pruned here, and summaries without their history rows.

use rusqlite::Connection;
use serde_json::{Value, json};
use tornsnap::testing::store::Store;

use super::{import, open};
use crate::month_model::{
    EDGES, IN_APRIL, history_rows, prune, steady_history, summaries, summarize, template,
    with_history, with_steady_history_at,
};
use crate::support::{Sandbox, rows};

/// Two equal databases, `mine.db` and `other.db`, summarized in April, and `mine.db` pruned.
fn with_pruned() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    let template = template(&sandbox);
    for name in ["mine.db", "other.db"] {
        drop(with_history(&sandbox, &template, name, &steady_history()));
        summarize(&sandbox, IN_APRIL, name, &[]);
    }
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    sandbox
}

#[test]
fn rows_of_pruned_months_are_left_out_and_named() {
    let sandbox = with_pruned();
    let before = (
        history_rows(&open(&sandbox, "mine.db")),
        summaries(&open(&sandbox, "mine.db")),
    );

    let rehearsed = import(&sandbox, "mine.db", &["other.db", "--dry-run"]);
    let report = import(&sandbox, "mine.db", &["other.db"]);

    let left = &report["tables"]["faction_history"]["left"];
    assert_eq!(
        left[0],
        json!({"reason": "2027-12 was pruned in this database", "count": 124})
    );
    assert_eq!(left[1]["reason"], "2028-01 was pruned in this database");
    assert_eq!(rehearsed["tables"], report["tables"]);
    assert_eq!(report["late"], json!([]));
    assert_eq!(report["tables"]["faction_history"]["taken"], 0);
    let after = (
        history_rows(&open(&sandbox, "mine.db")),
        summaries(&open(&sandbox, "mine.db")),
    );
    assert!(after == before, "an import brought pruned rows back");
    let text = ["import", "other.db", "--no-backup", "--database", "mine.db"];
    let stderr = sandbox.run_at(IN_APRIL, &text).expect(0).stderr();
    assert!(
        stderr.contains("of months that were pruned here left out; other.db still has them"),
        "{stderr}"
    );
}

#[test]
fn the_newest_known_values_of_an_unknown_entity_are_taken_from_pruned_months() {
    let sandbox = with_pruned();
    open(&sandbox, "other.db")
        .execute_batch(&format!(
            "INSERT INTO factions (faction_id, name) VALUES (77, 'New');
             INSERT INTO faction_history (faction_id, timestamp, respect, member_count)
             VALUES (77, {0} + 1, 1, 5), (77, {0} + 2, 2, 6), (77, {0} + 3, 3, NULL)",
            EDGES[1]
        ))
        .unwrap();

    let report = import(&sandbox, "mine.db", &["other.db"]);

    assert_eq!(report["tables"]["faction_history"]["taken"], 2);
    assert_eq!(report["late"], json!([]));
    let kept = "SELECT respect, member_count FROM faction_history WHERE faction_id = 77 ORDER BY timestamp";
    assert_eq!(rows(&open(&sandbox, "mine.db"), kept), ["2|6", "3|"]);
    let again = import(&sandbox, "mine.db", &["other.db"]);
    assert_eq!(again["tables"]["faction_history"]["taken"], 0);
    prune(&sandbox, IN_APRIL, "mine.db", &[]).expect(0);
    assert_eq!(rows(&open(&sandbox, "mine.db"), kept), ["2|6", "3|"]);
}

#[test]
fn summaries_that_were_deleted_here_do_not_come_back() {
    let sandbox = with_pruned();
    // The other collector has pruned too, so its summaries are copied where there are none.
    prune(&sandbox, IN_APRIL, "other.db", &[]).expect(0);
    let purge = [
        "prune",
        "--summaries-before",
        "2028-01",
        "--yes",
        "--database",
        "mine.db",
    ];
    sandbox.run_at(IN_APRIL, &purge).expect(0);
    let before = summaries(&open(&sandbox, "mine.db"));

    let report = import(&sandbox, "mine.db", &["other.db"]);

    assert_eq!(summaries(&open(&sandbox, "mine.db")), before);
    assert_eq!(
        report["tables"]["faction_summary"]["left"][0]["reason"],
        "the summaries of 2027-12 were deleted in this database"
    );
}

const CSV_TABLES: [&str; 7] = [
    "factions",
    "players",
    "territories",
    "player_observations",
    "faction_observations",
    "territory_observations",
    "territory_ownership_history",
];
const HISTORIES: [&str; 3] = [
    "player_stats_history",
    "faction_history",
    "war_status_history",
];
const SUMMARIES: [&str; 4] = [
    "player_stats_summary",
    "faction_summary",
    "war_summary",
    "territory_ownership_summary",
];

#[test]
fn csv_summaries_and_their_history_may_come_in_either_order() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
    drop(with_steady_history_at(&sandbox, "full.db"));
    summarize(&sandbox, IN_APRIL, "full.db", &[]);
    let tables = CSV_TABLES.iter().chain(&HISTORIES).chain(&SUMMARIES);
    for table in tables {
        let file = format!("{table}.csv");
        let export = ["export", table, "--database", "full.db", "--output", &file];
        sandbox.run_at(IN_APRIL, &export).expect(0);
    }
    let orders = [
        ("history-first.db", [&HISTORIES[..], &SUMMARIES[..]]),
        ("summaries-first.db", [&SUMMARIES[..], &HISTORIES[..]]),
    ];
    for (name, order) in orders {
        drop(Store::create(&sandbox.path(name)).unwrap());
        for table in CSV_TABLES.iter().chain(order.concat().iter()) {
            import(&sandbox, name, &[&format!("{table}.csv")]);
        }
        let last = import(&sandbox, name, &["factions.csv"]);

        assert_eq!(last["late"], json!([]), "{name}");
        let found = open(&sandbox, name);
        assert_eq!(
            history_rows(&found).len(),
            history_rows(&open(&sandbox, "full.db")).len(),
            "{name}"
        );
        assert_eq!(
            summaries(&found),
            summaries(&open(&sandbox, "full.db")),
            "{name}"
        );
        let marked = "SELECT count(*) FROM month_states WHERE pruned_at IS NOT NULL";
        assert_eq!(rows(&found, marked), ["0"], "{name}");
    }
}

#[test]
fn thin_history_replaces_no_imported_summary() {
    let sandbox = with_pruned();
    for table in ["faction_summary", "faction_history"] {
        let file = format!("{table}.csv");
        let export = ["export", table, "--database", "mine.db", "--output", &file];
        sandbox.run_at(IN_APRIL, &export).expect(0);
    }
    drop(Store::create(&sandbox.path("new.db")).unwrap());

    import(&sandbox, "new.db", &["faction_summary.csv"]);
    let report = import(&sandbox, "new.db", &["faction_history.csv"]);

    assert_eq!(report["late"], json!([]));
    let of_factions = "SELECT faction_id, period_start, respect_start, respect_end, record_count FROM faction_summary ORDER BY 1, 2";
    assert_eq!(
        rows(&open(&sandbox, "new.db"), of_factions),
        rows(&open(&sandbox, "mine.db"), of_factions)
    );
}

/// The histories and summaries of a pruned database as CSV, imported in this order into a new database.
fn import_csv(sandbox: &Sandbox, name: &str, tables: &[&str]) -> Connection {
    drop(Store::create(&sandbox.path(name)).unwrap());
    for table in tables {
        let report = import(sandbox, name, &[&format!("{table}.csv")]);
        assert_eq!(report["late"], json!([]), "{name}: {table}");
    }
    open(sandbox, name)
}

#[test]
fn csv_of_a_pruned_database_gives_the_same_summaries_in_either_order() {
    for record in ["every-poll", "changes"] {
        let sandbox = with_pruned();
        sandbox.write(
            "tornsnap.toml",
            &format!("[history]\nrecord = \"{record}\"\n"),
        );
        let tables = [&CSV_TABLES[..], &HISTORIES, &SUMMARIES].concat();
        for table in &tables {
            let file = format!("{table}.csv");
            let export = ["export", table, "--database", "mine.db", "--output", &file];
            sandbox.run_at(IN_APRIL, &export).expect(0);
        }
        let source = comparable(&open(&sandbox, "mine.db"), record);
        let summaries_first = [&CSV_TABLES[..], &SUMMARIES, &HISTORIES].concat();

        for (name, tables) in [
            ("history-first.db", tables),
            ("summaries-first.db", summaries_first),
        ] {
            let found = import_csv(&sandbox, name, &tables);

            assert_eq!(
                comparable(&found, record),
                source,
                "{record}: {name} has other summaries"
            );
            let before = summaries(&found);
            for table in &tables {
                let again = import(&sandbox, name, &[&format!("{table}.csv")]);
                let taken = again["tables"][table]["taken"].as_i64();
                assert_eq!(taken.unwrap_or(0), 0, "{record}: {name}: {table}");
            }
            summarize(&sandbox, IN_APRIL, name, &["--force"]);
            assert!(
                summaries(&found) == before,
                "{record}: {name} was summarized from thin rows"
            );
        }
    }
}

/// The summaries. With `changes`, those of February and March are without their numbers of rows: they count the rows that are
/// here, and the import leaves out those that are no change.
fn comparable(connection: &Connection, record: &str) -> Vec<String> {
    let mut lines = summaries(connection);
    let is_complete = |line: &&mut String| {
        record == "changes"
            && EDGES[2..]
                .iter()
                .any(|edge| line.contains(&format!("|{edge}|")))
    };
    for line in lines.iter_mut().filter(is_complete) {
        line.truncate(line.rfind('|').unwrap());
    }
    lines
}

#[test]
fn a_summary_of_more_rows_replaces_none_of_a_pruned_month_and_none_of_as_many_rows() {
    let sandbox = with_pruned();
    let before = summaries(&open(&sandbox, "mine.db"));
    open(&sandbox, "other.db")
        .execute_batch(
            "UPDATE faction_summary
             SET respect_end = 1, respect_change = 1 - respect_start,
                 record_count = record_count + iif(period_start < 1832976000, 9, 0)",
        )
        .unwrap();
    let export = [
        "export",
        "faction_summary",
        "--database",
        "other.db",
        "--output",
        "s.csv",
    ];
    sandbox.run_at(IN_APRIL, &export).expect(0);

    import(&sandbox, "mine.db", &["s.csv"]);

    assert_eq!(summaries(&open(&sandbox, "mine.db")), before);
}

#[test]
fn the_report_says_what_the_next_prune_deletes() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox.write(
        "h.csv",
        &format!(
            "faction_id,timestamp,respect\n7,{},1\n7,{},2\n",
            EDGES[0], EDGES[3]
        ),
    );
    let dry = sandbox.run_at(IN_APRIL, &["import", "h.csv", "--dry-run", "--json"]);
    assert_eq!(dry.expect(0).json()["next_prune"]["keep_months"], 2);

    let done = sandbox
        .run_at(IN_APRIL, &["import", "h.csv", "--no-backup"])
        .expect(0);

    assert!(
        done.stderr().contains(
            "the next `prune`, which the job `backup` of `schedule install` runs every day, deletes the \
             history of 2027-12, because keep_months is 2; the monthly summaries stay. To keep the history, set archive or \
             keep_months = 4 under [retention] before that"
        ),
        "{}",
        done.stderr()
    );
    let again = sandbox.run_at(IN_APRIL, &["import", "h.csv", "--no-backup", "--json"]);
    assert_eq!(again.expect(0).json()["next_prune"], Value::Null);
}

#[test]
fn an_unknown_flag_keeps_the_stored_one() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO players (player_id, name, is_active, last_updated) VALUES (1, 'One', 0, 5), (2, 'Two', 1, 5);
             INSERT INTO factions (faction_id, name, is_active, last_updated) VALUES (7, 'Seven', 0, 5);",
        )
        .unwrap();
    sandbox.write(
        "players.csv",
        "player_id,name,last_updated\n1,Uno,1700000000\n2,Due,1700000000\n3,Tre,1700000000\n",
    );
    sandbox.write(
        "factions.csv",
        "faction_id,name,is_active,last_updated\n7,Sette,,1700000000\n",
    );

    import(
        &sandbox,
        "tornsnap.db",
        &["players.csv", "--dataset", "players"],
    );
    import(&sandbox, "tornsnap.db", &["factions.csv"]);

    assert_eq!(
        sandbox.rows("SELECT name, is_active FROM players ORDER BY player_id"),
        ["Uno|0", "Due|1", "Tre|1"]
    );
    assert_eq!(
        sandbox.rows("SELECT name, is_active FROM factions"),
        ["Sette|0"]
    );
}

#[test]
fn memberships_without_the_time_of_leaving_are_refused() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox.write(
        "m.csv",
        "player_id,faction_id,first_seen_at\n1,7,1700000000\n",
    );

    let stderr = sandbox
        .run(&[
            "import",
            "m.csv",
            "--dataset",
            "faction_membership",
            "--no-backup",
        ])
        .expect(78)
        .stderr();

    assert!(stderr.contains("left_at"), "{stderr}");
}

#[test]
fn triggers_of_the_user_run_and_ours_are_back_afterwards() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    sandbox
        .sqlite()
        .execute_batch(
            "CREATE TABLE seen (player_id INTEGER);
             CREATE TRIGGER mine AFTER INSERT ON players BEGIN INSERT INTO seen VALUES (NEW.player_id); END;",
        )
        .unwrap();
    let triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name";
    let before = sandbox.rows(triggers);
    sandbox.write(
        "players.csv",
        "player_id,name,level,faction_id,last_updated\n1,Uno,5,7,1700000000\n",
    );

    import(&sandbox, "tornsnap.db", &["players.csv"]);

    assert_eq!(sandbox.rows("SELECT player_id FROM seen"), ["1"]);
    assert_eq!(sandbox.rows(triggers), before);
    assert_eq!(
        sandbox.rows("SELECT count(*) FROM faction_membership"),
        ["1"]
    );
}
