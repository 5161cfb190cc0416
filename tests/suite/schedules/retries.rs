//! A job with a long interval that failed or was killed is tried again in the next hour, and does no part twice.

use std::fs;

use super::{configure, configured};
use crate::month_model;
use crate::support::schema::Schema;
use crate::support::{DAY, NOW, Sandbox, files_with_extension};

const HOUR: i64 = 3600;

fn with_database(sandbox: &Sandbox) {
    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
}

fn backups(sandbox: &Sandbox) -> usize {
    let folder = sandbox.path("backups");
    if folder.exists() {
        files_with_extension(&folder, "db").len()
    } else {
        0
    }
}

fn mark(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("tornsnap.toml.backup.last")).unwrap()
}

#[test]
fn a_job_that_failed_is_tried_again_and_one_that_is_done_waits_for_the_next_day() {
    let sandbox = configured();
    let job = |now: i64| sandbox.run_at(now, &["-q", "schedule", "run", "backup"]);
    job(NOW).expect(78);
    job(NOW + HOUR).expect(78);

    with_database(&sandbox);
    job(NOW + 2 * HOUR).expect(0);
    assert_eq!(backups(&sandbox), 1);
    job(NOW + 3 * HOUR).expect(0);
    assert_eq!(backups(&sandbox), 1);
    job(NOW + DAY).expect(0);
    assert_eq!(backups(&sandbox), 2);
}

#[cfg(unix)]
#[test]
fn a_folder_that_was_read_only_costs_an_hour_and_no_day() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = configured();
    with_database(&sandbox);
    let job = |now: i64| sandbox.run_at(now, &["-q", "schedule", "run", "backup"]);
    // Root may write into every folder, but into none that is not there.
    symlink(sandbox.path("gone"), sandbox.path("backups")).unwrap();
    let refused = job(NOW);
    assert_ne!(refused.code(), 0);
    assert!(
        refused.stderr().contains("tries again within the hour"),
        "{}",
        refused.stderr()
    );

    fs::create_dir(sandbox.path("gone")).unwrap();
    fs::set_permissions(sandbox.path("gone"), fs::Permissions::from_mode(0o700)).unwrap();
    job(NOW + HOUR).expect(0);

    assert_eq!(backups(&sandbox), 1);
}

#[test]
fn a_failure_after_the_backup_makes_no_second_backup() {
    let sandbox = configured();
    with_database(&sandbox);
    let day = NOW / DAY;
    let job = |now: i64, code: i32| {
        let json = ["schedule", "run", "backup", "--json"];
        sandbox.run_at(now, &json).expect(code).json()
    };
    assert_eq!(
        job(NOW, 0)["commands"],
        serde_json::json!(["backup", "summarize", "prune"])
    );
    // A run that was killed after its backup leaves this.
    sandbox.write("tornsnap.toml.backup.last", &format!("{day} 1\n"));

    let report = job(NOW + HOUR, 0);

    Schema::of("schedule-run").expect_valid(&report);
    assert_eq!(
        report["commands"],
        serde_json::json!(["summarize", "prune"])
    );
    assert_eq!(backups(&sandbox), 1);
    assert_eq!(mark(&sandbox), format!("{day}\n{} 0\n", NOW + HOUR));
    let report = job(NOW + 2 * HOUR, 0);
    Schema::of("schedule-run").expect_valid(&report);
    assert_eq!(report["commands"], serde_json::json!([]));
}

/// A refused prune needs the user, so the job does not report it every hour.
#[test]
fn the_job_makes_one_backup_when_a_month_has_ended_and_reports_a_refused_prune_once() {
    let sandbox = Sandbox::new();
    drop(month_model::with_steady_history_at(&sandbox, "tornsnap.db"));
    configure(&sandbox, "tornsnap.toml", "");
    let job = |now: i64| sandbox.run_at(now, &["-q", "schedule", "run", "backup"]);

    let refused = job(month_model::IN_APRIL).expect(78).stderr();
    assert!(refused.contains("add --allow-large"), "{refused}");
    assert!(refused.contains("in the next interval"), "{refused}");
    job(month_model::IN_APRIL + HOUR).expect(0);
    job(month_model::IN_APRIL + DAY).expect(78);

    let rows = "SELECT count(*) > 0 FROM player_stats_summary";
    assert_eq!(sandbox.rows(rows), ["1"], "the month is summarized");
    assert_eq!(backups(&sandbox), 2, "one on each day");
}

#[test]
fn a_mark_that_a_power_cut_has_emptied_starts_the_job_again() {
    let sandbox = configured();
    with_database(&sandbox);
    for content in ["", "\0\0\0\0\0\0", "not a number"] {
        let before = backups(&sandbox);
        sandbox.write("tornsnap.toml.backup.last", content);
        sandbox
            .run_at(
                NOW + HOUR * i64::try_from(before).unwrap(),
                &["-q", "schedule", "run", "backup"],
            )
            .expect(0);
        assert_eq!(backups(&sandbox), before + 1, "{content:?}");
    }
}

#[test]
fn a_mark_that_cannot_be_written_stops_the_job_before_it_does_anything() {
    let sandbox = configured();
    with_database(&sandbox);
    fs::create_dir(sandbox.path("tornsnap.toml.backup.last")).unwrap();

    let refused = sandbox.run(&["-q", "schedule", "run", "backup"]);

    assert_ne!(refused.code(), 0);
    assert!(
        refused.stderr().contains("tornsnap.toml.backup.last"),
        "{}",
        refused.stderr()
    );
    assert!(
        refused.stderr().contains("\n  try: "),
        "{}",
        refused.stderr()
    );
    assert_eq!(backups(&sandbox), 0);
}

#[test]
fn a_second_run_of_a_job_leaves_the_first_one_alone() {
    let sandbox = configured();
    with_database(&sandbox);
    let file = fs::File::create(sandbox.path("tornsnap.toml.backup.last")).unwrap();
    file.lock().unwrap();

    let said = sandbox.run(&["schedule", "run", "backup"]).expect(0);

    assert!(
        said.stderr().contains("another run of this job"),
        "{}",
        said.stderr()
    );
    assert_eq!(backups(&sandbox), 0);
}

#[test]
fn a_fetch_with_a_long_interval_is_tried_again_too() {
    let sandbox = configured();
    let text = fs::read_to_string(sandbox.path("tornsnap.toml")).unwrap();
    sandbox.write(
        "tornsnap.toml",
        &format!("{text}[schedule]\nterritories = \"6h\"\n"),
    );
    let mut codes = Vec::new();
    for now in [NOW, NOW + HOUR] {
        let job = ["-q", "schedule", "run", "territories"];
        codes.push(sandbox.run_at(now, &job).code());
    }
    assert_eq!(codes, [78, 78], "there is no database");
    for scheduler in ["cron", "systemd", "windows"] {
        let shown = sandbox
            .run(&["schedule", "show", "--for", scheduler])
            .expect(0)
            .stdout();
        assert!(shown.contains("schedule run territories"), "{shown}");
        assert!(shown.contains("schedule run backup"), "{shown}");
        assert!(shown.contains("fetch factions"), "{shown}");
    }
}

#[test]
fn a_job_is_named_only_for_run() {
    let sandbox = configured();
    let refused = sandbox.run(&["schedule", "show", "backup"]).expect(2);
    assert!(
        refused.stderr().contains("leave it out"),
        "{}",
        refused.stderr()
    );
    sandbox.run(&["schedule", "run", "nothing"]).expect(2);
}

#[test]
fn the_start_and_the_result_of_a_job_are_shown_also_after_a_failure() {
    let sandbox = configured();
    let job = |now: i64| sandbox.run_at(now, &["-q", "schedule", "run", "backup"]);
    let shown = |now: i64| {
        let arguments = ["schedule", "show", "--for", "cron", "--json"];
        let report = sandbox.run_at(now, &arguments).json();
        let jobs = report["schedulers"][0]["jobs"].as_array().unwrap();
        let job = jobs.iter().find(|job| job["name"] == "backup").unwrap();
        (job["last_run_at"].as_i64(), job["last_status"].clone())
    };
    assert_eq!(shown(NOW), (None, serde_json::Value::Null));

    let failed = job(NOW).expect(78).stderr();
    assert!(
        failed.contains("it ended with exit code 78, and"),
        "{failed}"
    );
    assert_eq!(shown(NOW + 60), (Some(NOW), "failed".into()));

    with_database(&sandbox);
    job(NOW + HOUR).expect(0);
    assert_eq!(shown(NOW + HOUR + 60), (Some(NOW + HOUR), "ok".into()));
    // The hours in which there is nothing to do do not count.
    job(NOW + 2 * HOUR).expect(0);
    sandbox.run_at(NOW + 3 * HOUR, &["backup"]).expect(0);
    assert_eq!(shown(NOW + 4 * HOUR), (Some(NOW + HOUR), "ok".into()));
}
