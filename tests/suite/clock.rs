//! A wrong clock is refused before anything is recorded under it.

use tornsnap::testing::config::Exit;
use tornsnap::testing::config::refuse_wrong_clock;
use tornsnap::testing::config::{Clock, Overrides, Settings};
use tornsnap::testing::sim::{Fault, FaultKind};
use tornsnap::testing::store::Store;

use crate::health::check;
use crate::support::torn::Torn;
use crate::support::{DAY, Finished, MINUTE, NOW, Sandbox, files_with_extension};

/// A database; with `recorded_at`, it has one history row from that timestamp.
fn recorded(sandbox: &Sandbox, recorded_at: Option<i64>) -> Store {
    let store = Store::create(&sandbox.database()).unwrap();
    if let Some(timestamp) = recorded_at {
        sandbox
            .sqlite()
            .execute_batch(&format!(
                "INSERT INTO players (player_id, name) VALUES (1, 'One');
                 INSERT INTO player_stats_history (player_id, timestamp) VALUES (1, {timestamp});"
            ))
            .unwrap();
    }
    store
}

fn settings_with(sandbox: &Sandbox, clock: Clock) -> Settings {
    let file = sandbox.path("tornsnap.toml");
    let mut settings = Settings::from_text(&file, "", &Overrides::default()).unwrap();
    settings.clock = clock;
    settings
}

/// Whether the clock at [`NOW`] is refused when the newest record is from `recorded_at`.
fn is_refused(recorded_at: Option<i64>) -> bool {
    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, recorded_at);
    let settings = settings_with(&sandbox, Clock::Fixed(NOW));
    refuse_wrong_clock(&settings, &store, true).expect("--ignore-clock accepts any clock");
    refuse_wrong_clock(&settings, &store, false).is_err()
}

#[test]
fn a_clock_more_than_five_minutes_behind_the_newest_record_is_refused() {
    assert!(!is_refused(None));
    assert!(!is_refused(Some(NOW - DAY)));
    assert!(!is_refused(Some(NOW)));
    assert!(!is_refused(Some(NOW + 5 * MINUTE)));
    assert!(is_refused(Some(NOW + 5 * MINUTE + 1)));
    assert!(is_refused(Some(NOW + 1461 * DAY)));
}

#[test]
fn the_error_about_a_clock_names_both_times_and_both_remedies() {
    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, Some(NOW + DAY));
    let error =
        refuse_wrong_clock(&settings_with(&sandbox, Clock::Fixed(NOW)), &store, false).unwrap_err();
    assert_eq!(error.exit(), Exit::Config);
    let told = format!("{} {}", error.one_line(), error.help().unwrap());
    for part in [
        "2026-04-01T12:00:00Z",
        "2026-04-02T12:00:00Z",
        "tornsnap prune --future",
        "--ignore-clock",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn the_machines_own_clock_is_compared_with_the_records() {
    let sandbox = Sandbox::new();
    let store = recorded(&sandbox, Some(4_102_444_800)); // 2100-01-01
    let settings = settings_with(&sandbox, Clock::System);

    let error = refuse_wrong_clock(&settings, &store, false).unwrap_err();

    assert_eq!(error.exit(), Exit::Config);
    refuse_wrong_clock(&settings, &store, true).unwrap();
}

/// Runs a command in the folder of `torn` with the clock of this machine.
fn with_real_clock(torn: &Torn, arguments: &[&str]) -> Finished {
    torn.sandbox.run_with_real_clock(arguments)
}

fn fetch_with_real_clock(torn: &Torn) -> Finished {
    Finished(torn.fetching_now(&["factions"]).output().unwrap())
}

/// A database with rows of the last 200 days, and a last fetch that found the clock of this machine ahead by `lead`.
fn with_clock_ahead(lead: i64) -> Torn {
    let torn = Torn::new();
    torn.sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO players (player_id, name) VALUES (7, 'Seven');
             INSERT INTO player_stats_history (player_id, timestamp, level)
             WITH RECURSIVE n (i) AS (SELECT 200 UNION ALL SELECT i - 1 FROM n WHERE i > 0)
             SELECT 7, unixepoch() - 86400 * i - 60, 301 - i FROM n;",
        )
        .unwrap();
    torn.simulator.set_date_offset(-lead);
    fetch_with_real_clock(&torn).expect(78);
    torn
}

/// Everything that a prune and a summary may change.
fn history(torn: &Torn) -> Vec<String> {
    torn.rows(
        "SELECT (SELECT group_concat(id || ':' || level) FROM player_stats_history),
                (SELECT count(*) FROM player_stats_summary), (SELECT count(*) FROM month_states),
                (SELECT count(*) FROM prune_runs)",
    )
}

#[test]
fn summarize_and_prune_refuse_a_clock_that_differed_from_torns_at_the_last_fetch() {
    for lead in [40 * DAY, 6 * MINUTE, -40 * DAY] {
        let torn = with_clock_ahead(lead);
        let before = history(&torn);
        with_real_clock(&torn, &["backup"]).expect(0);

        for command in [&["summarize"][..], &["prune", "--allow-large"]] {
            let refused = with_real_clock(&torn, command).expect(78).stderr();

            for part in [
                "because: the clock says 20",
                "but the last fetch failed because it said 20",
                "when Torn said 20",
                "try: set the clock, then run `tornsnap fetch all`",
                "--ignore-clock",
            ] {
                assert!(refused.contains(part), "{part} is not in {refused}");
            }
            assert_eq!(history(&torn), before, "{command:?} {lead}");
        }
        // The times are stored as numbers.
        let ahead: i64 = torn.value("SELECT clock_ahead FROM fetch_runs ORDER BY id DESC LIMIT 1");
        assert!((ahead - lead).abs() < 60, "{ahead}");
    }
}

#[test]
fn no_backup_is_rotated_away_while_the_clock_differs_from_torns() {
    let torn = with_clock_ahead(40 * DAY);
    for _ in 0..3 {
        let finished = with_real_clock(&torn, &["backup", "--keep", "1"]).expect(0);
        let message = finished.stderr();
        for part in ["when Torn said 20", "so no backup was rotated away"] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
    }
    let backups = || files_with_extension(&torn.sandbox.path("backups"), "db").len();
    assert_eq!(backups(), 3);

    torn.simulator.set_date_offset(0);
    fetch_with_real_clock(&torn).expect(0);
    with_real_clock(&torn, &["backup", "--keep", "1"]).expect(0);

    assert_eq!(backups(), 1);
}

#[test]
fn the_daily_job_changes_no_history_while_the_clock_differs_from_torns() {
    let torn = with_clock_ahead(40 * DAY);
    let before = history(&torn);

    let job = with_real_clock(&torn, &["schedule", "run", "backup"]).expect(78);

    assert!(job.stderr().contains("when Torn said"), "{}", job.stderr());
    assert_eq!(history(&torn), before);
}

#[test]
fn a_fetch_that_succeeds_ends_the_refusal_and_one_without_an_answer_does_not() {
    let torn = with_clock_ahead(40 * DAY);
    torn.simulator.set_date_offset(0);
    torn.simulator
        .fault(Fault::always(FaultKind::Html503).path("/"));
    fetch_with_real_clock(&torn).expect(75);
    with_real_clock(&torn, &["summarize"]).expect(78);

    torn.simulator.clear_faults();
    fetch_with_real_clock(&torn).expect(0);

    with_real_clock(&torn, &["summarize"]).expect(0);
    with_real_clock(&torn, &["prune", "--allow-large"]).expect(0);
}

#[test]
fn ignore_clock_and_a_replaced_clock_override_the_refusal() {
    for arguments in [&["summarize"][..], &["prune", "--allow-large"]] {
        let torn = with_clock_ahead(40 * DAY);
        with_real_clock(&torn, &["summarize", "--ignore-clock"]).expect(0);

        with_real_clock(&torn, &[arguments, &["--ignore-clock"]].concat()).expect(0);
        with_real_clock(&torn, arguments).expect(78);
        let now: i64 = torn.value("SELECT unixepoch()");
        torn.sandbox.run_at(now, arguments).expect(0);
    }
}

#[test]
fn a_clock_that_differs_from_torns_is_the_first_finding_of_health() {
    let torn = with_clock_ahead(40 * DAY);

    let page = with_real_clock(&torn, &["health"]).expect(2).stdout();
    let first = page.lines().next().unwrap();
    assert!(
        first.contains("nothing is collected: the clock says"),
        "{page}"
    );
    assert!(first.contains("when Torn said 20"), "{page}");

    torn.simulator.set_date_offset(0);
    fetch_with_real_clock(&torn).expect(0);
    let report = with_real_clock(&torn, &["health", "--json"]).json();
    let clock = check(&report, "clock").unwrap();
    assert_ne!(clock["state"], "critical", "{report:#}");
}

/// All that `health` says.
fn health_now(torn: &Torn) -> String {
    with_real_clock(torn, &["health", "--json"]).stdout()
}

#[test]
fn a_run_that_was_refused_has_the_earlier_time_and_a_later_run_follows_it() {
    for lead in [-40 * DAY, -2 * 60 * MINUTE, 6 * MINUTE, 40 * DAY] {
        let torn = with_clock_ahead(lead);
        let future = "SELECT count(*) FROM fetch_runs
                      WHERE max(started_at, finished_at) > unixepoch() OR started_at > finished_at";
        assert_eq!(torn.value::<i64>(future), 0, "{lead}");
        let refused = health_now(&torn);
        let told = "when Torn said";
        assert!(refused.contains(told), "{lead}: {refused}");

        torn.simulator.set_date_offset(0);
        fetch_with_real_clock(&torn).expect(0);

        let after = health_now(&torn);
        for wrong in [
            told,
            "the clock of this machine says",
            "in a row",
            "--future",
        ] {
            assert!(!after.contains(wrong), "{lead}: {wrong} is in {after}");
        }
    }
}

#[test]
fn the_last_run_is_the_one_of_the_highest_id_when_an_earlier_one_has_a_later_time() {
    let torn = Torn::new();
    let now = torn.simulator.time();
    torn.fetch(&["factions"]).expect(0);
    torn.sandbox
        .sqlite()
        .execute_batch(&format!(
            "UPDATE fetch_runs SET started_at = {now} + 7200, finished_at = {now} + 7200, status = 'failed',
                                   failed = 1, error = 'an old failure'"
        ))
        .unwrap();
    torn.fetch(&["factions"]).expect(0);

    let report = torn.sandbox.run(&["health", "--json"]).json();
    assert!(!report.to_string().contains("an old failure"), "{report:#}");
    let schedule = torn.sandbox.run(&["--json", "schedule", "show"]).json();
    let told = schedule.to_string();
    assert!(!told.contains("\"last_status\":\"failed\""), "{told}");
    assert!(told.contains("\"last_status\":\"ok\""), "{told}");
}

#[test]
fn a_dry_run_tells_that_the_clock_would_be_refused() {
    let torn = with_clock_ahead(40 * DAY);
    let before = history(&torn);

    let summarized = with_real_clock(&torn, &["summarize", "--dry-run"]).expect(0);
    let pruned = with_real_clock(&torn, &["--json", "prune", "--dry-run"]).expect(0);

    assert!(
        summarized
            .stderr()
            .contains("would be refused without --ignore-clock"),
        "{}",
        summarized.stderr()
    );
    let refusals = pruned.json()["would_be_refused"].clone();
    assert_eq!(refusals[0]["flag"], "--ignore-clock", "{refusals}");
    assert_eq!(history(&torn), before);
}

#[test]
fn a_prune_that_would_leave_only_the_last_known_values_needs_a_newer_record() {
    let torn = Torn::new();
    torn.sandbox
        .sqlite()
        .execute_batch(
            "INSERT INTO players (player_id, name) VALUES (7, 'Seven');
             INSERT INTO player_stats_history (player_id, timestamp, level)
             WITH RECURSIVE n (i) AS (SELECT 300 UNION ALL SELECT i - 1 FROM n WHERE i > 200)
             SELECT 7, unixepoch() - 86400 * i, 301 - i FROM n;",
        )
        .unwrap();
    with_real_clock(&torn, &["summarize"]).expect(0);

    let refused = with_real_clock(&torn, &["prune", "--allow-large"]).expect(78);

    assert!(
        refused
            .stderr()
            .contains("only the last known values would be left"),
        "{}",
        refused.stderr()
    );
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history"),
        101
    );
    let now: i64 = torn.value("SELECT unixepoch()");
    torn.sandbox
        .run_at(now, &["prune", "--allow-large", "--dry-run"])
        .expect(0);
    // A value that was observed and did not change is a record, too.
    fetch_with_real_clock(&torn).expect(0);
    with_real_clock(&torn, &["prune", "--allow-large"]).expect(0);
    assert_eq!(
        torn.value::<i64>("SELECT count(*) FROM player_stats_history WHERE player_id = 7"),
        1
    );
}
