//! Commands that ask, without a terminal: the one that can be undone goes on, the one that cannot is refused.

use crate::support::{DAY, NOW, Sandbox, fill};
use tornsnap::testing::store::Store;

fn with_a_summary() -> Sandbox {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    fill(&sandbox.sqlite(), 10);
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "UPDATE player_stats_history SET timestamp = {NOW} - 60 * {DAY}"
        ))
        .unwrap();
    sandbox.run(&["summarize"]).expect(0);
    sandbox
}

#[test]
fn a_restore_goes_on_because_the_present_database_is_kept() {
    let sandbox = with_a_summary();
    sandbox.run(&["backup"]).expect(0);

    sandbox.run(&["restore", "latest"]).expect(0);

    let names = sandbox.names();
    assert!(
        names.iter().any(|name| name.contains(".before-restore-")),
        "{names:?}"
    );
}

#[test]
fn summaries_are_not_deleted_without_the_flag_that_answers_the_question() {
    let sandbox = with_a_summary();
    let summaries = "SELECT count(*) FROM player_stats_summary";
    let before: i64 = sandbox.value(summaries);
    assert!(before > 0);

    let refused = sandbox.run(&["prune", "--summaries-before", "2026-04"]);

    let stderr = refused.expect(78).stderr();
    assert!(stderr.contains("add --yes"), "{stderr}");
    assert_eq!(sandbox.value::<i64>(summaries), before);
    sandbox
        .run(&["prune", "--summaries-before", "2026-04", "-y"])
        .expect(0);
    assert_eq!(sandbox.value::<i64>(summaries), 0);
}
