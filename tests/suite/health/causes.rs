//! One cause of failed runs is one finding, however many kinds failed because of it.

use serde_json::Value;
use tornsnap::testing::sim::{Fault, FaultKind};

use super::check;
use crate::fetch::codes::code;
use crate::support::NOW;
use crate::support::torn::Torn;
#[cfg(unix)]
use crate::support::{CANARY, set_mode};

/// All four kinds have succeeded, and there is a backup.
fn collecting() -> Torn {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n");
    torn.fetch(&["all"]).expect(0);
    torn.sandbox.run(&["backup"]).expect(0);
    torn
}

fn health(torn: &Torn, now: i64) -> Value {
    torn.sandbox.run_at(now, &["health", "--json"]).json()
}

fn findings(report: &Value) -> Vec<&Value> {
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .filter(|check| check["state"] != "ok")
        .collect()
}

fn causes(torn: &Torn) -> Vec<String> {
    torn.sandbox
        .rows("SELECT DISTINCT cause FROM fetch_runs WHERE status = 'failed'")
}

#[test]
fn a_missing_network_is_one_finding_and_each_kind_keeps_its_number() {
    let torn = collecting();
    let config = std::fs::read_to_string(torn.sandbox.path("tornsnap.toml")).unwrap();
    let url = torn.simulator.url();
    // Nothing listens at this port.
    torn.sandbox.write(
        "tornsnap.toml",
        &config.replace(&url.to_string(), "http://127.0.0.1:9"),
    );
    torn.fetch_at(NOW + 600, &["all"]).expect(75);
    torn.fetch_at(NOW + 1200, &["all"]).expect(75);

    let report = health(&torn, NOW + 1200);

    let found = findings(&report);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["id"], "fetches");
    assert_eq!(found[0]["state"], "warning");
    let message = found[0]["message"].as_str().unwrap();
    for kind in ["players", "factions", "wars", "territories"] {
        assert!(message.contains(kind), "{message}");
        let check = check(&report, &format!("failures_{kind}")).unwrap();
        assert_eq!(check["value"], 2, "{check}");
        let expected = format!("{kind}: the last 2 runs failed; see the check fetches");
        assert_eq!(check["message"], expected);
    }
    let checks = report["checks"].as_array().unwrap();
    let has_error = |check: &&Value| check["message"].to_string().contains("no connection: ");
    let with_error: Vec<&Value> = checks.iter().filter(has_error).collect();
    assert_eq!(with_error, [found[0]], "the error is in one check");
    assert_eq!(causes(&torn), ["network"]);

    for later in 3..5 {
        torn.fetch_at(NOW + 600 * later, &["all"]).expect(75);
    }
    let report = health(&torn, NOW + 2400);
    assert_eq!(
        findings(&report)[0]["state"],
        "critical",
        "more than 3 failed"
    );
}

#[test]
fn the_cause_of_each_failed_run_is_recorded() {
    for (fault, cause, finding) in [
        (FaultKind::Reset, "network", "fetches"),
        (code(9), "torn", "fetches"),
        (code(17), "torn", "fetches"),
        (code(8), "torn", "address"),
        (code(2), "keys", "keys"),
        (portal(), "network", "fetches"),
        (not_found(), "network", "fetches"),
    ] {
        let torn = collecting();
        torn.simulator.fault(Fault::always(fault.clone()));
        torn.fetch_at(NOW + 60, &["all"]);

        let report = health(&torn, NOW + 60);

        assert_eq!(causes(&torn), [cause], "{fault:?}");
        let found = findings(&report);
        assert_eq!(found.len(), 1, "{fault:?}: {found:?}");
        assert_eq!(found[0]["id"], finding, "{fault:?}");
        let message = found[0]["message"].as_str().unwrap();
        let newest =
            "SELECT error FROM fetch_runs WHERE status = 'failed' ORDER BY id DESC LIMIT 1";
        let error: String = torn.sandbox.value(newest);
        assert!(message.contains(&error), "{error}: {message}");
    }
}

/// The answer of a network that first wants the user to log in.
fn portal() -> FaultKind {
    FaultKind::Redirect("https://portal.example/login".to_owned())
}

/// The answer of a proxy, because Torn's errors have a code.
fn not_found() -> FaultKind {
    FaultKind::Status(
        404,
        "Not Found".to_owned(),
        "text/plain".to_owned(),
        Vec::new(),
    )
}

#[test]
fn the_error_of_failed_runs_is_kept_where_another_check_is_about_their_cause() {
    const OLDER: &str = "Torn answered error 16: no access";
    const NEWEST: &str = "no key can be used for this call now";
    for (finding, cause, reason) in [
        (
            "keys",
            "keys",
            "INSERT INTO api_keys (name, state, last_error) VALUES ('bob', 'dead', 'code 2')",
        ),
        (
            "address",
            "torn",
            "INSERT INTO api_pauses (scope, owner_id, until, cause, reason) VALUES ('address', 0, 1775046600, 'block', 'code 8')",
        ),
        (
            "killed_runs",
            "stopped",
            "INSERT INTO fetch_runs (kind, started_at, status) VALUES ('factions', 1775044801, 'killed')",
        ),
    ] {
        let torn = collecting();
        torn.sandbox
            .sqlite()
            .execute_batch(&format!(
                "{reason};
                 INSERT INTO fetch_runs (kind, started_at, finished_at, status, error, cause) VALUES
                 ('players', {NOW} + 1, {NOW} + 2, 'failed', '{OLDER}', '{cause}'),
                 ('wars', {NOW} + 3, {NOW} + 4, 'failed', '{NEWEST}', '{cause}')"
            ))
            .unwrap();

        let report = health(&torn, NOW + 60);

        let found = findings(&report);
        let found = found.iter().find(|check| check["id"] == finding).unwrap();
        let message = found["message"].as_str().unwrap();
        let ending = format!("; the last runs of wars and players failed: {NEWEST}");
        assert!(message.ends_with(&ending), "{message}");
    }
}

#[test]
fn the_advice_about_an_outage_of_a_week_appears_once() {
    let torn = collecting();
    torn.simulator.fault(Fault::always(FaultKind::Reset));
    for day in 1..=7 {
        torn.fetch_at(NOW + day * 86_400, &["all"]).expect(75);
    }
    torn.sandbox.run_at(NOW + 7 * 86_400, &["backup"]).expect(0);

    let report = health(&torn, NOW + 7 * 86_400);

    let found = findings(&report);
    let aged = found
        .iter()
        .filter(|check| check["id"].as_str().unwrap().starts_with("age_"));
    assert_eq!(aged.count(), 4, "the ages keep their states: {found:?}");
    let advised: Vec<&Value> = found
        .iter()
        .filter(|check| check["try"] != "see the check fetches")
        .map(|check| &check["id"])
        .collect();
    assert_eq!(advised, ["fetches"], "{found:?}");
}

#[test]
fn runs_that_failed_for_different_causes_are_findings_of_their_own() {
    let torn = collecting();
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status, error, cause) VALUES
             ('players', {NOW} + 1, {NOW} + 2, 'failed', 'no answer', 'network'),
             ('wars', {NOW} + 1, {NOW} + 2, 'failed', 'HTTP status 503', 'torn')"
        ))
        .unwrap();

    let report = health(&torn, NOW + 60);

    let ids: Vec<&Value> = findings(&report).iter().map(|check| &check["id"]).collect();
    assert_eq!(ids, ["failures_wars", "failures_players"]);
}

/// A way to make the only key file unusable.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
enum Break {
    Remove,
    LetOthersRead,
    Write(&'static str),
}

#[cfg(unix)]
impl Break {
    fn apply(self, torn: &Torn) {
        let file = torn.sandbox.path("alice.key");
        match self {
            Self::Remove => std::fs::remove_file(file).unwrap(),
            Self::LetOthersRead => set_mode(&file, 0o644),
            Self::Write(text) => drop(torn.sandbox.write("alice.key", text)),
        }
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_cannot_be_used_is_one_finding_of_all_or_some_kinds() {
    for (what, word) in [
        (Break::Remove, "no such file"),
        (Break::LetOthersRead, "chmod"),
        (Break::Write(""), "alice.key"),
        (Break::Write("what is this\n"), "alice.key"),
    ] {
        for kinds in [&["all"][..], &["wars"]] {
            let torn = Torn::new();
            torn.sandbox.write("alice.key", CANARY);
            let url = torn.simulator.url();
            torn.sandbox.write(
                "tornsnap.toml",
                &format!(
                    "[api]\nbase_url = \"{url}\"\nrequests_per_minute = 0\n\
                     [[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n[track]\nfactions = [9]\n"
                ),
            );
            torn.fetch(&["all"]).expect(0);
            torn.sandbox.run(&["backup"]).expect(0);
            what.apply(&torn);
            torn.fetch_at(NOW + 60, kinds).expect(77);

            let report = health(&torn, NOW + 60);

            let found = findings(&report);
            assert_eq!(found.len(), 1, "{what:?}: {found:?}");
            assert_eq!(found[0]["id"], "key_files", "{what:?}");
            assert_eq!(found[0]["state"], "critical", "{what:?}");
            assert!(found[0].to_string().contains(word), "{what:?}: {found:?}");
            let wars = check(&report, "failures_wars").unwrap();
            assert_eq!(
                wars["message"], "wars: the last run failed; see the check key_files",
                "{what:?}"
            );
        }
    }
}

#[test]
fn the_error_of_several_kinds_names_no_part_of_one_kind() {
    for fault in [FaultKind::Reset, portal(), code(16)] {
        let torn = Torn::new();
        torn.follow(
            "[track]\nfactions = [9]\nplayers = [1]\nwars = \"all\"\nterritories = \"all\"\n",
        );
        torn.fetch(&["all"]).expect(0);
        torn.sandbox.run(&["backup"]).expect(0);
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/faction"));
        torn.simulator
            .fault(Fault::always(fault.clone()).path("/torn"));
        for (at, kind) in [(60, "factions"), (61, "wars"), (62, "territories")] {
            assert_ne!(torn.fetch_at(NOW + at, &[kind]).code(), 0, "{fault:?}");
        }

        let report = health(&torn, NOW + 70);

        let found = findings(&report);
        let message = found[0]["message"].as_str().unwrap();
        assert_eq!(found[0]["id"], "fetches", "{fault:?}: {found:?}");
        let (_, error) = message.split_once("their last runs failed: ").unwrap();
        for part in ["rackets", "tiles", "faction 9", "wars", "list"] {
            assert!(!error.contains(part), "{fault:?}: {message}");
        }
    }
}

#[test]
fn a_run_that_the_database_ended_has_failed_however_much_was_saved_before() {
    let torn = collecting();
    torn.edit(|world| (100..500).for_each(|id| world.pin_player(id).faction_id = Some(9)));
    torn.fetch_at(NOW + 60, &["factions"]).expect(0);
    // The answers about 200 players are one transaction.
    torn.sandbox
        .sqlite()
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON player_stats_history
             WHEN (SELECT count(*) FROM player_stats_history) >= 300 BEGIN
                 SELECT json('no JSON');
             END",
        )
        .unwrap();

    assert_ne!(torn.fetch_at(NOW + 120, &["players"]).code(), 0);

    let newest = "SELECT status, entities > 0, cause FROM fetch_runs ORDER BY id DESC LIMIT 1";
    assert_eq!(torn.rows(newest), ["failed|1|storage"]);
    let report = health(&torn, NOW + 120);
    let check = check(&report, "failures_players").unwrap();
    assert_eq!(check["state"], "warning", "{report}");
}
