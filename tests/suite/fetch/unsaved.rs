//! Wars that could not be saved: the next run requests them again.

use tornsnap::testing::sim::{Fault, FaultKind};

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, HOUR, NOW};

/// A trigger that makes the database refuse each row about a war.
struct Refusal {
    name: &'static str,
    body: &'static str,
}

const REFUSALS: [Refusal; 2] = [
    Refusal {
        name: "the data of the row is refused",
        body: "SELECT RAISE(ABORT, 'refused')",
    },
    Refusal {
        name: "the statement fails",
        body: "INSERT INTO no_such_table VALUES (1)",
    },
];

/// Runs `fetch wars` while the database refuses every row about a war.
fn fetch_in_vain(torn: &Torn, now: i64, refusal: &Refusal) {
    let database = torn.sandbox.sqlite();
    let trigger = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON war_status_history BEGIN {}; END",
        refusal.body
    );
    database.execute_batch(&trigger).unwrap();
    let finished = torn.fetch_at(now, &["wars"]);
    database.execute_batch("DROP TRIGGER refuse").unwrap();
    assert_ne!(finished.code(), 0, "{}", refusal.name);
}

/// A ranked war 5 that began and ended between two polls.
fn fight(torn: &Torn, start: i64, end: i64) {
    torn.pin_ranked_war(5, |war| {
        (war.start, war.end, war.winner) = (start, Some(end), Some(OURS));
        (war.in_wars, war.has_report) = (false, true);
    });
}

#[test]
fn a_report_that_could_not_be_saved_is_requested_again() {
    for refusal in &REFUSALS {
        let torn = Torn::new();
        torn.pin_ranked_war(5, |_| {});
        torn.fetch(&["wars"]).expect(0);
        torn.pin_ranked_war(5, |war| {
            (war.end, war.winner) = (Some(NOW + HOUR), Some(THEIRS));
            (war.in_wars, war.has_report) = (false, false);
        });
        torn.fetch_at(NOW + 2 * HOUR, &["wars"]).expect(0);
        torn.pin_ranked_war(5, |war| (war.forfeit, war.has_report) = (true, true));
        fetch_in_vain(&torn, NOW + 3 * HOUR, refusal);

        torn.fetch_at(NOW + 6 * HOUR, &["wars"]).expect(0);

        assert_eq!(
            torn.rows("SELECT status, end_reason FROM war_status_history ORDER BY id"),
            ["ongoing|", "completed|", "completed|forfeit"],
            "{}",
            refusal.name
        );
    }
}

#[test]
fn a_history_whose_wars_could_not_be_saved_is_read_again() {
    let [_, failing_statement] = &REFUSALS;
    let torn = Torn::new();
    torn.fetch(&["wars"]).expect(0);
    fight(&torn, NOW + 10 * DAY, NOW + 11 * DAY);
    fetch_in_vain(&torn, NOW + 60 * DAY, failing_statement);

    torn.fetch_at(NOW + 60 * DAY + 60, &["wars"]).expect(0);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history"),
        ["5|completed"]
    );
}

#[test]
fn a_history_whose_wars_were_not_looked_up_because_the_run_ended_is_read_again() {
    let torn = Torn::new();
    torn.fetch(&["wars"]).expect(0);
    fight(&torn, NOW + 10 * DAY, NOW + 11 * DAY);
    let blocked_address = FaultKind::Code(8, "IP block".to_owned());
    torn.simulator
        .fault(Fault::once(blocked_address).path("/rankedwarreport"));
    torn.fetch_at(NOW + 60 * DAY, &["wars"]).expect(3);

    torn.fetch_at(NOW + 60 * DAY + HOUR, &["wars"]).expect(0);

    assert_eq!(
        torn.rows("SELECT war_id, status FROM war_status_history"),
        ["5|completed"]
    );
}

#[test]
fn an_error_of_the_database_says_what_was_saved_before() {
    let torn = Torn::new();
    torn.sandbox
        .sqlite()
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON player_stats_history BEGIN
                 INSERT INTO no_such_table VALUES (1);
             END",
        )
        .unwrap();

    let failed = torn.fetch(&["factions", "players"]);

    assert_ne!(failed.code(), 0);
    let stderr = failed.stderr();
    assert!(
        stderr.contains("saved before, and kept: 1 of factions"),
        "{stderr}"
    );
    let first = torn.fetch(&["players"]).stderr();
    assert!(first.contains("nothing was saved before"), "{first}");
    assert_eq!(torn.rows("SELECT count(*) FROM faction_history"), ["1"]);
}
