//! An answer with Torn's time proves that the clock is right. A row that a wrong clock has written itself proves nothing.

use serde_json::json;
use tornsnap::testing::sim::DateHeader;

use super::early::Story;
use super::rotation::record_fetch;
use crate::month_model::IN_APRIL;
use crate::support::torn::Torn;
use crate::support::{DAY, HOUR, NOW};

#[test]
fn a_forced_removal_leaves_no_fetch_that_confirms_its_clock() {
    let story = Story::new(70 * DAY, false);
    let behind = IN_APRIL - 40 * DAY;
    // The removal deletes the later run, so that the earlier one is the newest.
    record_fetch(&story, behind - HOUR);
    record_fetch(&story, IN_APRIL);

    for arguments in [
        &["prune", "--future", "--force"][..],
        &["backup"],
        &["prune", "--future", "--force"],
        &["prune", "--future"],
    ] {
        story.run(behind, arguments);

        assert!(
            !story.manifest().contains("ahead_noticed_at"),
            "{arguments:?}: {}",
            story.manifest()
        );
    }
}

#[test]
fn an_answer_without_the_header_date_confirms_no_prune() {
    let torn = Torn::new();
    torn.follow("[track]\nfactions = [9]\n");
    let backup = |at: i64| {
        let arguments = ["--json", "backup", "--keep", "1"];
        torn.sandbox.run_at(at, &arguments).expect(0).json()
    };
    torn.simulator.set_date(DateHeader::Absent);
    torn.fetch(&["all"]).expect(0);
    backup(NOW);
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO month_states (history, period_start, summarized_at, pruned_at)
             VALUES ('faction_history', 1767225600, {NOW}, {NOW});
             INSERT INTO prune_runs (started_at, finished_at, cutoff, deleted) VALUES ({NOW}, {NOW}, 1769904000, 5);"
        ))
        .unwrap();
    torn.fetch_at(NOW + HOUR, &["all"]).expect(0);

    let unconfirmed = backup(NOW + 2 * HOUR);

    assert_eq!(unconfirmed["removed"], json!([]), "{unconfirmed}");
    torn.simulator.set_date(DateHeader::Simulated);
    torn.fetch_at(NOW + 3 * HOUR, &["all"]).expect(0);
    let confirmed = backup(NOW + 4 * HOUR);
    assert_eq!(
        confirmed["removed"].as_array().unwrap().len(),
        2,
        "{confirmed}"
    );
}
