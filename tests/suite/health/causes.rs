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
        let expected =
            format!("{kind}: the last 2 runs failed, for the cause that the check fetches names");
        assert_eq!(check["message"], expected);
    }
    // In the check, and in the summary of the report, which is its message.
    let named = report.to_string().matches("no connection: ").count();
    assert_eq!(named, 2, "{report}");
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
    ] {
        let torn = collecting();
        torn.simulator.fault(Fault::always(fault.clone()));
        torn.fetch_at(NOW + 60, &["all"]);

        let report = health(&torn, NOW + 60);

        assert_eq!(causes(&torn), [cause], "{fault:?}");
        let found = findings(&report);
        assert_eq!(found.len(), 1, "{fault:?}: {found:?}");
        assert_eq!(found[0]["id"], finding, "{fault:?}");
    }
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
