//! A real cron runs the block for two minutes.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::cron::{Crontab, give_away, run, run_for};
use super::has_program;
use crate::support::torn::Torn;
use crate::support::{heavy, skipped};

/// How often factions, players and wars were fetched.
///
/// The program counts as the user: if root opened the database here, SQLite would create the files beside it as root for a
/// moment, and a job that starts in this moment could not open them.
fn successful_runs(torn: &Torn) -> [usize; 3] {
    let export = ["export", "fetch_runs", "--columns", "kind,status"];
    let table = run(&torn.sandbox, &export).stdout();
    let count = |kind: &str| {
        let line = format!("{kind},ok");
        table.lines().filter(|found| *found == line).count()
    };
    ["factions", "players", "wars"].map(count)
}

#[test]
fn a_real_cron_runs_the_jobs() {
    if heavy(1, 0) == 0 {
        skipped("TORNSNAP_HEAVY is not set");
        return;
    }
    if !has_program("cron") {
        return;
    }
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let torn = Torn::new();
    torn.simulator
        .set_date(tornsnap::testing::sim::DateHeader::Real);
    torn.follow(
        "[track]\nfactions = [9]\nterritories = \"none\"\n[schedule]\nfactions = \"1m\"\nwars = \"1m\"\nplayers = \"1m\"\n",
    );
    give_away(&torn.sandbox);
    let config = torn.sandbox.path("tornsnap.toml");
    run_for(&torn.sandbox, "install", config.to_str().unwrap()).expect(0);
    let mut daemon = Command::new("cron")
        .arg("-f")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let all_ran_twice = || successful_runs(&torn).iter().all(|count| *count >= 2);

    let end = Instant::now() + Duration::from_secs(190);
    let mut early_exit = None;
    while !all_ran_twice() && Instant::now() < end && early_exit.is_none() {
        thread::sleep(Duration::from_millis(500));
        early_exit = daemon.try_wait().unwrap();
    }
    daemon.kill().unwrap();
    let output = daemon.wait_with_output().unwrap();

    if early_exit.is_some() {
        let message = String::from_utf8_lossy(&output.stderr);
        skipped(&format!("cron does not start here: {}", message.trim()));
        return;
    }
    let log = fs::read_to_string(torn.sandbox.path("tornsnap-schedule.log")).unwrap_or_default();
    assert!(all_ran_twice(), "{:?}\n{log}", successful_runs(&torn));
    // The hourly `health` may run meanwhile: it says that there is no backup yet.
    assert!(!log.contains("could not"), "{log}");
    assert!(
        log.is_empty() || log.contains("no verified backup"),
        "{log}"
    );
    // Jobs of the same minute start ten seconds apart.
    let seconds = torn
        .sandbox
        .rows("SELECT DISTINCT started_at % 60 / 10 FROM fetch_runs ORDER BY 1");
    assert!(seconds.len() >= 3, "{seconds:?}");
}
