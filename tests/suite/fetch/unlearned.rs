//! Runs whose targets are unknown, because the call that names them failed.

use tornsnap::testing::sim::Fault;

use super::faults::status;
use crate::health::check;
use crate::support::torn::Torn;
use crate::support::{HOUR, NOW};

const PLAYER_RUNS: &str =
    "SELECT status, entities, failed FROM fetch_runs WHERE kind = 'players' ORDER BY id";

fn message(torn: &Torn, now: i64, id: &str) -> String {
    let report = torn.sandbox.run_at(now, &["health", "--json"]).json();
    let found = check(&report, id).unwrap_or_else(|| panic!("no check {id} in {report:#}"));
    found["message"].as_str().unwrap().to_owned()
}

#[test]
fn players_of_a_faction_whose_roster_was_never_read_are_a_failed_run() {
    for kinds in [&["all"][..], &["players"]] {
        let torn = Torn::new();
        torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
        torn.simulator
            .fault(Fault::always(status(502, &[])).path("/faction"));

        torn.fetch(kinds).expect(75);

        assert_eq!(torn.rows(PLAYER_RUNS), ["failed|0|1"], "{kinds:?}");
        assert_eq!(
            message(&torn, NOW, "age_players"),
            "players: no fetch has succeeded yet"
        );
        assert_eq!(
            message(&torn, NOW, "partial_players"),
            "players: no run has saved anything yet"
        );
    }
}

#[test]
fn players_of_a_faction_that_torn_does_not_know_are_a_failed_run() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [987654]\nterritories = \"none\"\n");

    torn.fetch(&["all"]).expect(3);
    torn.fetch_at(NOW + 60, &["players"]);

    assert_eq!(torn.rows(PLAYER_RUNS), ["failed|0|1", "failed|0|1"]);
}

#[test]
fn a_failed_run_does_not_hide_behind_the_last_run_that_saved_something() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
    torn.fetch(&["all"]).expect(0);
    assert_eq!(
        message(&torn, NOW, "partial_players"),
        "players: no target failed in the last run"
    );
    torn.simulator.fault(Fault::always(status(502, &[])));

    torn.fetch_at(NOW + 2 * HOUR, &["players"]).expect(75);

    assert_eq!(
        message(&torn, NOW + 2 * HOUR, "partial_players"),
        "players: no target failed in the last run that saved anything"
    );
}
