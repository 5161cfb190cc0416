//! The messages of a job whose output is appended to `tornsnap-schedule.log` have their time.

use std::fs::{self, File};

use super::configured;
use crate::support::{Finished, Sandbox};

/// Runs the program as the shell of a job does, and returns the log.
fn log_of_job(sandbox: &Sandbox, log: &str, arguments: &[&str]) -> String {
    let path = sandbox.path(log);
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap();
    let mut command = sandbox.command(&["-q", "--config"]);
    command
        .arg(sandbox.path("tornsnap.toml"))
        .args(arguments)
        .stderr(file);
    let code = command.status().unwrap().code();
    assert_eq!(code, Some(78));
    fs::read_to_string(path).unwrap()
}

/// Whether a line begins with a time in UTC, such as `2026-04-01T12:00:00Z `.
fn has_time(line: &str) -> bool {
    line.get(..21).is_some_and(|start| {
        start.ends_with("Z ") && tornsnap::testing::model::parse_timestamp(&start[..20]).is_ok()
    })
}

#[test]
fn an_error_of_a_job_begins_with_its_time() {
    for (log, arguments) in [
        ("tornsnap-schedule.log", &["fetch", "factions"][..]),
        ("tornsnap-schedule.log", &["schedule", "run", "backup"]),
        // The shell opened the file before an earlier command of the job renamed it.
        ("tornsnap-schedule.log.1", &["prune"]),
    ] {
        let sandbox = configured();
        let text = log_of_job(&sandbox, log, arguments);
        let first = text.lines().next().unwrap();
        assert!(has_time(first), "{text}");
        assert!(first[21..].starts_with("tornsnap: could not"), "{text}");
        let errors = text.lines().filter(|line| line.contains("tornsnap: could"));
        assert!(errors.clone().all(has_time), "{text}");
    }
}

#[test]
fn an_error_in_the_configuration_of_a_job_begins_with_its_time() {
    let sandbox = configured();
    sandbox.write("tornsnap.toml", "nothing = 1\n");
    let text = log_of_job(&sandbox, "tornsnap-schedule.log", &["fetch", "wars"]);
    assert!(has_time(&text), "{text}");
}

#[test]
fn the_page_of_health_in_the_log_begins_with_its_time() {
    let sandbox = configured();
    let log = sandbox.path("tornsnap-schedule.log");
    let file = File::options()
        .create(true)
        .append(true)
        .open(&log)
        .unwrap();
    let mut command = sandbox.command(&["-q", "--config"]);
    command.arg(sandbox.path("tornsnap.toml")).arg("health");
    let same = file.try_clone().unwrap();
    command.stdout(same).stderr(file).status().unwrap();
    let text = fs::read_to_string(log).unwrap();
    let first = text.lines().find(|line| line.contains("TORNSNAP")).unwrap();
    assert!(has_time(first), "{text}");
    let elsewhere = sandbox.run(&["-q", "health"]).stdout();
    assert!(elsewhere.starts_with("TORNSNAP "), "{elsewhere}");
}

#[test]
fn elsewhere_an_error_has_no_time() {
    let sandbox = configured();
    let text = log_of_job(&sandbox, "another.log", &["fetch", "factions"]);
    assert!(text.starts_with("tornsnap: could not"), "{text}");
    let mut command = sandbox.command(&["-q", "fetch", "factions"]);
    let said = Finished(command.output().unwrap()).expect(78).stderr();
    assert!(said.starts_with("tornsnap: could not"), "{said}");
}
