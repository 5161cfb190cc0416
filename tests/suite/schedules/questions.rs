//! How often the programs of the schedulers are asked.

use std::fs;
use std::time::{Duration, Instant};

use super::configured;
use super::other_crons::{program, run};
use crate::support::Sandbox;

/// The number of lines in the record of a script.
fn calls(sandbox: &Sandbox) -> usize {
    let text = fs::read_to_string(sandbox.path("calls")).unwrap_or_default();
    text.lines().count()
}

#[test]
fn a_command_that_changes_nothing_reads_the_crontab_once() {
    let sandbox = configured();
    let record = sandbox.path("calls");
    let script = format!(
        "echo \"$@\" >>'{}'\necho \"no crontab for $(id -un)\" >&2\nexit 1\n",
        record.display()
    );
    program(&sandbox, "crontab", &script);
    for arguments in [
        &["schedule", "show"][..],
        &["schedule", "install", "--for", "cron", "--dry-run"],
        &["schedule", "remove"],
        &["config", "check"],
        &["health"],
    ] {
        let _ = fs::remove_file(&record);
        run(&sandbox, arguments);
        // `remove` reads it a second time under its lock.
        let most = if arguments.contains(&"remove") { 2 } else { 1 };
        let calls = calls(&sandbox);
        assert!((1..=most).contains(&calls), "{arguments:?}: {calls}");
    }
}

#[test]
fn a_crontab_that_hangs_costs_the_time_of_one_question() {
    let sandbox = configured();
    program(&sandbox, "crontab", "exec sleep 60\n");
    let start = Instant::now();

    run(&sandbox, &["schedule", "show", "--for", "cron"]).expect(0);

    assert!(
        start.elapsed() < Duration::from_secs(18),
        "{:?}",
        start.elapsed()
    );
}
