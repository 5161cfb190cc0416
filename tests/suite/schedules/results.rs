//! The last run of each job in `schedule show`, which asks the locks whether a run still works.

use std::fs::File;

use serde_json::Value;
use tornsnap::testing::store::Lock;

use super::configured;
use crate::support::{DAY, NOW, Sandbox};

/// The start and the result of a job, as the report and the page have them.
fn shown(sandbox: &Sandbox, job: &str) -> (Option<i64>, Value) {
    let show = ["schedule", "show", "--for", "cron"];
    let page = sandbox.run(&show).expect(0).stdout();
    let report = sandbox
        .run(&[&show[..], &["--json"]].concat())
        .expect(0)
        .json();
    let jobs = report["schedulers"][0]["jobs"].as_array().unwrap();
    let found = jobs.iter().find(|found| found["name"] == job).unwrap();
    let status = found["last_status"].clone();
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("# {job} ")));
    assert!(
        line.unwrap().contains(status.as_str().unwrap_or("never")),
        "{page}"
    );
    (found["last_run_at"].as_i64(), status)
}

fn with_runs(runs: &str) -> Sandbox {
    let sandbox = configured();
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO fetch_runs (kind, started_at, finished_at, status) VALUES {runs}"
        ))
        .unwrap();
    sandbox
}

#[test]
fn a_fetch_that_holds_its_lock_is_running_and_one_that_was_killed_is_not() {
    let sandbox = with_runs(&format!("('factions', {NOW} - 60, NULL, 'running')"));
    let held = Lock::take(&sandbox.database(), "factions").unwrap();
    assert_eq!(
        shown(&sandbox, "factions"),
        (Some(NOW - 60), "running".into())
    );

    drop(held);

    assert_eq!(
        shown(&sandbox, "factions"),
        (Some(NOW - 60), "killed".into())
    );
}

#[test]
fn a_job_that_holds_its_file_is_running_and_one_that_was_killed_is_not() {
    let sandbox = configured();
    let text = format!("{} 1\n{NOW}\n", NOW / DAY);
    let mark = sandbox.write("tornsnap.toml.backup.last", &text);
    let held = File::open(mark).unwrap();
    held.lock().unwrap();
    if !cfg!(windows) {
        assert_eq!(shown(&sandbox, "backup"), (Some(NOW), "running".into()));
    }

    drop(held);

    assert_eq!(shown(&sandbox, "backup"), (Some(NOW), "killed".into()));
}

#[test]
fn of_two_runs_in_one_second_the_later_one_is_shown() {
    for (first, second) in [("ok", "failed"), ("failed", "ok")] {
        let sandbox = with_runs(&format!(
            "('factions', {NOW}, {NOW}, '{first}'), ('factions', {NOW}, {NOW}, '{second}'), ('wars', {NOW}, {NOW}, 'partial')"
        ));
        assert_eq!(shown(&sandbox, "factions"), (Some(NOW), second.into()));
        assert_eq!(shown(&sandbox, "wars"), (Some(NOW), "partial".into()));
    }
}

#[test]
fn a_start_at_an_impossible_time_counts_as_unknown() {
    let sandbox = configured();
    for start in [99_999_999_999_999, i64::MAX, i64::MIN, -1, NOW + 2 * DAY] {
        let text = format!("{} 1\n{start} 0\n", NOW / DAY);
        sandbox.write("tornsnap.toml.backup.last", &text);
        assert_eq!(shown(&sandbox, "backup"), (None, Value::Null), "{start}");
    }
}
