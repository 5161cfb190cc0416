//! Two configuration files whose jobs fetch into one database.

use std::fs;

use super::check;
use crate::support::torn::Torn;
use crate::support::{MINUTE, NOW};

/// Fetches with each file in turn, one minute after the other, and returns the report of `health`.
fn report_after(torn: &Torn, files: &[&str]) -> serde_json::Value {
    let mut now = NOW;
    for file in files {
        let path = torn.sandbox.path(file);
        torn.fetch_at(now, &["factions", "--config", path.to_str().unwrap()])
            .expect(0);
        now += MINUTE;
    }
    torn.sandbox.run_at(now, &["health", "--json"]).json()
}

/// A configuration, and a copy of it in another file.
fn with_two_files() -> Torn {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n");
    fs::copy(
        torn.sandbox.path("tornsnap.toml"),
        torn.sandbox.path("second.toml"),
    )
    .unwrap();
    torn
}

#[test]
fn two_configurations_that_fetch_in_turns_are_both_named_without_a_warning() {
    let torn = with_two_files();

    let report = report_after(&torn, &["tornsnap.toml", "second.toml"].repeat(4));

    let found = check(&report, "configurations").unwrap();
    assert_eq!(found["state"], "ok", "{found}");
    let message = found["message"].as_str().unwrap();
    for file in ["tornsnap.toml", "second.toml"] {
        let path = torn.sandbox.path(file);
        assert!(message.contains(path.to_str().unwrap()), "{message}");
    }
}

#[test]
fn a_configuration_that_was_moved_or_used_by_hand_is_no_finding() {
    let torn = with_two_files();
    let by_hand = ["tornsnap.toml", "second.toml", "tornsnap.toml"];
    let moved = ["second.toml"; 4];

    let report = report_after(&torn, &[&by_hand[..], &moved].concat());

    assert_eq!(check(&report, "configurations"), None);
}
