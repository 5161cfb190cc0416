//! `config check --online`: what it asks Torn, and what it changes.

use std::fs;
#[cfg(unix)]
use std::time::Duration;

use tornsnap::testing::sim::{Fault, FaultKind};

use super::check::{check, expect_problem, findings};
use crate::support::CANARY;
use crate::support::new_database::unfinished_database;
use crate::support::torn::{BOBS_KEY, Torn};
#[cfg(unix)]
use crate::support::{Finished, signal};

#[test]
fn online_asks_torn_about_the_keys_and_the_ids_within_the_budget() {
    let torn = Torn::new();
    torn.configure(
        "requests_per_minute = 60\n",
        "[track]\nfactions = [9]\nplayers = [2]\n",
    );

    let report = torn
        .sandbox
        .run(&["config", "check", "--online", "--json"])
        .expect(0)
        .json();

    let fine = findings(&report, "ok").join("\n");
    assert!(fine.contains("faction 9: Real 9"), "{fine}");
    assert!(fine.contains("player 2: Player 2, level 12"), "{fine}");
    assert!(
        fine.contains("key key1: Torn accepts it: Full Access, the key of player 1"),
        "{fine}"
    );
    assert_eq!(torn.asked().len(), 3, "{:?}", torn.asked());
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM api_requests"), 3);
    assert_eq!(torn.value::<i64>("SELECT count(*) FROM fetch_runs"), 0);
}

/// The rows of all tables but the one with the calls, and the schema.
fn content(torn: &Torn) -> Vec<String> {
    let tables = torn.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'api_requests' ORDER BY name",
    );
    let mut content = torn.rows("SELECT * FROM sqlite_schema ORDER BY name");
    for table in tables {
        content.extend(torn.rows(&format!("SELECT '{table}', * FROM \"{table}\"")));
    }
    content
}

#[test]
fn online_changes_nothing_but_the_record_of_calls() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9, 777]\nplayers = [2]\n");
    torn.fetch(&["factions"]).expect(3);
    // The facts about the key are checked again, and differ.
    torn.sandbox
        .sqlite()
        .execute_batch("UPDATE key_checks SET checked_at = 1; DELETE FROM api_requests")
        .unwrap();
    let before = content(&torn);

    torn.sandbox.run(&["config", "check", "--online"]).expect(3);

    assert_eq!(content(&torn), before);
}

#[test]
fn online_does_not_make_the_tables_that_a_killed_run_did_not_make() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n");
    torn.sandbox.remove_database("tornsnap.db");
    unfinished_database(&torn.sandbox.database());
    let before = content(&torn);

    let report = torn
        .sandbox
        .run(&["config", "check", "--online", "--json"])
        .expect(78)
        .json();

    expect_problem(&report, "a run has ended while it made them");
    assert_eq!(content(&torn), before);
    assert!(torn.asked().is_empty());
    for name in torn.sandbox.names() {
        assert!(!name.contains("before-schema"), "{name}");
    }
}

#[test]
fn online_exit_codes_are_those_of_fetch() {
    let torn = Torn::new();
    let run = |code| {
        let finished = torn.sandbox.run(&["config", "check", "--online", "--json"]);
        finished.expect(code).json()
    };

    torn.follow("[track]\nfactions = [9, 777]\n");
    expect_problem(&run(3), "faction 777: ");

    torn.simulator
        .fault(Fault::always(FaultKind::Code(9, "API disabled".to_owned())).path("/"));
    expect_problem(&run(75), "API disabled");
    torn.simulator.clear_faults();

    torn.simulator
        .fault(Fault::always(FaultKind::Code(18, "API key has been paused".to_owned())).path("/"));
    let paused = run(77);
    expect_problem(&paused, "key key1: ");
    assert!(paused.to_string().contains("resume it at"), "{paused}");
    torn.simulator.clear_faults();

    torn.simulator.set_keys(Vec::new());
    expect_problem(&run(77), "key key1: ");
}

#[cfg(unix)]
#[test]
fn online_ends_with_the_exit_code_of_the_signal() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let torn = Torn::new();
        let hang = FaultKind::Hang(Duration::from_secs(20));
        torn.simulator.fault(Fault::always(hang).path("/faction/9"));
        let mut command = torn.sandbox.command(&["config", "check", "--online"]);
        let child = command.spawn().unwrap();
        torn.wait_for_requests(2);
        signal(&child, name);

        let finished = Finished(child.wait_with_output().unwrap()).expect(code);

        assert_eq!(
            finished.stderr(),
            "tornsnap: could not finish the check with Torn\n  because: it was interrupted; nothing was changed\n",
            "{name}"
        );
        assert_eq!(finished.stdout(), "", "{name}: half a list");
    }
}

#[test]
fn online_asks_nothing_while_there_is_a_problem() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n[log]\nkeep = 0\n");

    torn.sandbox
        .run(&["config", "check", "--online"])
        .expect(78);

    assert!(torn.asked().is_empty());
}

#[test]
fn a_key_that_torn_has_refused_is_told_of_without_asking_again() {
    let torn = Torn::with_two_keys();
    let refuse = |key| {
        let code = FaultKind::Code(2, "refused".to_owned());
        torn.simulator.fault(Fault::always(code).key(key));
    };
    refuse(CANARY);
    torn.fetch(&["all"]).expect(0);
    let asked = torn.asked().len();

    let report = check(&torn.sandbox, 0);
    let warnings = findings(&report, "warning");
    let told = |findings: &[String], name: &str| {
        let start = format!("{name}: Torn has refused it in an earlier run: Torn answered error 2");
        findings.iter().any(|finding| finding.starts_with(&start))
    };
    assert!(told(&warnings, "key key1"), "{warnings:#?}");

    refuse(BOBS_KEY);
    torn.fetch(&["all"]).expect(77);
    let problems = findings(&check(&torn.sandbox, 77), "problem");
    assert!(
        told(&problems, "key key1") && told(&problems, "key key2"),
        "{problems:#?}"
    );

    // Another key with the same name was not refused.
    let config = fs::read_to_string(torn.sandbox.path("tornsnap.toml")).unwrap();
    torn.sandbox
        .write("tornsnap.toml", &config.replace(CANARY, "AnotherKeyOfUse1"));
    let warnings = findings(&check(&torn.sandbox, 0), "warning");
    assert!(
        !told(&warnings, "key key1") && told(&warnings, "key key2"),
        "{warnings:#?}"
    );
    assert!(torn.asked().len() >= asked);
}

#[test]
fn online_names_a_followed_tile_that_torn_does_not_know() {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB");
    });
    torn.follow("[track]\nterritories = [\"aab\", \"ZZZ\"]\n");

    let report = torn
        .sandbox
        .run(&["config", "check", "--online", "--json"])
        .expect(3)
        .json();

    let fine = findings(&report, "ok").join("\n");
    assert!(fine.contains("tile AAB: "), "{fine}");
    let wrong = findings(&report, "problem").join("\n");
    assert!(wrong.contains("tile ZZZ: "), "{wrong}");
    assert!(!wrong.contains("AAB"), "{wrong}");
}
