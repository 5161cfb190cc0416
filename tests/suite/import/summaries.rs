//! `import` of summaries without the history rows that they were computed from.

use super::closed::database_of_factions;
use super::{create, import, open, with_plan};
use crate::month_model::{EDGES, IN_APRIL, summarize};
use crate::support::{Sandbox, rows};

/// 2026-01-01 and 2026-02-01.
const JANUARY: i64 = 1_767_225_600;
const FEBRUARY: i64 = 1_769_904_000;

fn import_text(sandbox: &Sandbox, text: &str) {
    sandbox.write("rows.csv", text);
    sandbox
        .run(&["import", "rows.csv", "--no-backup"])
        .expect(0);
}

#[test]
fn a_value_that_an_imported_summary_does_not_know_stays_unknown_and_invents_no_change() {
    let sandbox = with_plan("");
    let strength_of_february = format!(
        "SELECT strength_start, strength_end, strength_change, level_start, level_end, level_change
         FROM player_stats_summary WHERE period_start = {FEBRUARY}"
    );
    import_text(
        &sandbox,
        "player_id,timestamp,strength,level\n7,2026-01-02T00:00:00Z,90,10\n7,2026-01-10T00:00:00Z,100,10\n",
    );
    import_text(
        &sandbox,
        "player_id,period_start,level_start,level_end,level_change,record_count\n7,2026-02-01,10,12,2,30\n",
    );
    assert_eq!(sandbox.rows(&strength_of_february), ["100|||10|12|2"]);

    import_text(
        &sandbox,
        "player_id,timestamp,strength,level\n7,2026-01-20T00:00:00Z,150,11\n",
    );

    assert_eq!(sandbox.rows(&strength_of_february), ["150|||11|12|1"]);
    assert_eq!(
        sandbox.rows(&format!(
            "SELECT strength_end FROM player_stats_summary WHERE period_start = {JANUARY}"
        )),
        ["150"]
    );
}

#[test]
fn a_faction_value_that_an_imported_summary_does_not_know_stays_unknown() {
    let sandbox = with_plan("");
    let february = format!(
        "SELECT best_chain_start, best_chain_end, best_chain_change, respect_start, respect_end, respect_change
         FROM faction_summary WHERE period_start = {FEBRUARY}"
    );
    import_text(
        &sandbox,
        "faction_id,timestamp,respect,best_chain\n7,2026-01-02T00:00:00Z,10,100\n",
    );
    import_text(
        &sandbox,
        "faction_id,period_start,respect_start,respect_end,respect_change,record_count\n7,2026-02-01,10,12,2,30\n",
    );
    import_text(
        &sandbox,
        "faction_id,timestamp,respect,best_chain\n7,2026-01-20T00:00:00Z,11,250\n",
    );

    assert_eq!(sandbox.rows(&february), ["250|||11|12|1"]);
}

#[test]
fn a_summary_of_a_month_that_is_not_over_is_refused() {
    let sandbox = with_plan("");
    sandbox.write(
        "rows.csv",
        "faction_id,period_start,respect_start,respect_end,respect_change,record_count\n\
         7,2026-03-01,10,12,2,30\n7,2026-04-01,12,15,3,4\n",
    );

    let refused = sandbox
        .run(&["import", "rows.csv", "--no-backup"])
        .expect(78)
        .stderr();
    sandbox
        .run(&["import", "rows.csv", "--no-backup", "--skip-invalid"])
        .expect(3);

    assert!(
        refused.contains(
            "line 3: column period_start: \"2026-04-01\" is the start of a month that is not over"
        ),
        "{refused}"
    );
    assert_eq!(
        sandbox.rows("SELECT respect_end FROM faction_summary"),
        ["12"]
    );
}

#[test]
fn an_own_summary_that_an_import_does_not_replace_is_not_recorded_as_imported() {
    let january = EDGES[1];
    let sandbox = Sandbox::new();
    let values: Vec<String> = (0..10)
        .map(|hour| format!("(7, {january} + {hour} * 3600, {hour})"))
        .collect();
    database_of_factions(&sandbox, "mine.db", &values.join(", "));
    // Another program deletes eight of the ten rows.
    open(&sandbox, "mine.db")
        .execute_batch(&format!(
            "DELETE FROM faction_history WHERE timestamp > {january} + 3600"
        ))
        .unwrap();
    create(&sandbox, "other.db");
    sandbox.write(
        "summary.csv",
        "faction_id,period_start,respect_start,respect_end,respect_change,record_count\n7,2028-01-01,0,5,5,5\n",
    );
    import(&sandbox, "other.db", &["summary.csv"]);

    import(&sandbox, "mine.db", &["other.db"]);

    let found = open(&sandbox, "mine.db");
    let summary = "SELECT respect_end, record_count FROM faction_summary WHERE period_start = ";
    let summary = format!("{summary}{january}");
    assert_eq!(rows(&found, &summary), ["9|10"]);
    summarize(
        &sandbox,
        IN_APRIL,
        "mine.db",
        &["--month", "2028-01", "--force"],
    );
    assert_eq!(rows(&found, &summary), ["1|2"]);
}

#[test]
fn an_imported_summary_of_an_unknown_number_of_rows_stays_whatever_rows_come_later() {
    for (table, summary, history, end) in [
        (
            "player_stats_summary",
            "player_id,period_start,level_start,level_end,level_change\n7,2028-01-01,30,49,19\n",
            "player_id,timestamp,level\n7,2028-01-05 00:00:00,5\n",
            "level_end",
        ),
        (
            "faction_summary",
            "faction_id,period_start,best_chain_start,best_chain_end,best_chain_change\n7,2028-01-01,30,49,19\n",
            "faction_id,timestamp,best_chain\n7,2028-01-05 00:00:00,5\n",
            "best_chain_end",
        ),
    ] {
        let sandbox = Sandbox::new();
        create(&sandbox, "mine.db");
        sandbox.write("summary.csv", summary);
        sandbox.write("history.csv", history);
        for file in ["summary.csv", "history.csv"] {
            import(&sandbox, "mine.db", &[file]);
        }

        summarize(
            &sandbox,
            IN_APRIL,
            "mine.db",
            &["--month", "2028-01", "--force"],
        );

        let summary = format!("SELECT {end} FROM {table}");
        assert_eq!(
            rows(&open(&sandbox, "mine.db"), &summary),
            ["49"],
            "{table}"
        );
    }
}
