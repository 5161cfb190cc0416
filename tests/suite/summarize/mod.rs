//! `summarize`: the months it writes, and the events that may and may not change a summary.

mod daily_jobs;
mod deleted;
mod flags;
mod model;
mod observations;
mod pruned;

use crate::month_model::IN_APRIL;
use crate::support::Sandbox;

/// Asserts that `summarize --month --force` is refused for this reason.
#[track_caller]
fn assert_refused(sandbox: &Sandbox, month: &str, reason: &str) {
    let arguments = [
        "summarize",
        "--database",
        "a.db",
        "--month",
        month,
        "--force",
    ];
    let finished = sandbox.run_at(IN_APRIL, &arguments).expect(78);
    assert!(finished.stderr().contains(reason), "{}", finished.stderr());
}
