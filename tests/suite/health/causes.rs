//! One cause of failed runs is one finding, however many kinds failed because of it.

use serde_json::Value;
use tornsnap::testing::sim::{Fault, FaultKind};

use crate::fetch::codes::code;
use crate::support::NOW;
use crate::support::torn::Torn;

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
        let checks = report["checks"].as_array().unwrap();
        let id = format!("failures_{kind}");
        let check = checks.iter().find(|check| check["id"] == id).unwrap();
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
