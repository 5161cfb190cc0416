//! The schedules in `scripts/`: the program accepts every command line in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{Sandbox, files_with_extension};

/// The jobs that each kind of schedule has.
const JOBS: [&str; 7] = [
    "fetch wars factions",
    "fetch players",
    "fetch territories",
    "backup",
    "summarize",
    "prune",
    "health --notify",
];

#[test]
fn every_scheduled_command_line_is_understood() {
    let sandbox = Sandbox::new();
    for (place, lines) in schedules() {
        let mut jobs = BTreeSet::new();
        for line in lines {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], "-q", "{place}: {line}");
            assert_eq!(words[1], "--config", "{place}: {line}");
            assert!(
                words[2].starts_with(['/', '%']) || words[2].starts_with("C:\\"),
                "{place}: {line}: the path is absolute"
            );
            jobs.insert(words[3..].join(" "));
            words.push("--help");
            let finished = sandbox.run(&words).expect(0);
            assert!(
                finished.stdout().contains("Usage: tornsnap"),
                "{place}: {line}"
            );
        }
        assert_eq!(jobs, JOBS.map(str::to_owned).into(), "{place}");
    }
}

#[test]
fn every_job_has_a_service_a_timer_and_a_task() {
    for job in ["wars", "players", "territories", "daily", "health"] {
        for file in [
            format!("systemd/tornsnap-{job}.service"),
            format!("systemd/tornsnap-{job}.timer"),
            format!("windows/tornsnap-{job}.xml"),
        ] {
            assert!(scripts().join(&file).exists(), "{file}");
        }
        assert!(read("windows/schtasks.cmd").contains(&format!("/tn \"tornsnap {job}\"")));
    }
}

/// A machine that is off on the first of a month summarizes a day later, and the jobs never start together.
#[test]
fn backup_summarize_and_prune_run_daily_in_one_job_in_this_order() {
    let order = ["backup", "summarize", "prune"];
    let one_job = [
        (
            "crontab",
            read("crontab")
                .lines()
                .find(|line| line.ends_with(" prune"))
                .map(str::to_owned),
        ),
        (
            "schtasks.cmd",
            read("windows/schtasks.cmd")
                .lines()
                .find(|line| line.contains("/tn \"tornsnap daily\""))
                .map(str::to_owned),
        ),
        ("systemd", Some(read("systemd/tornsnap-daily.service"))),
        ("xml", Some(read("windows/tornsnap-daily.xml"))),
    ];
    for (place, job) in one_job {
        let job = job.unwrap();
        let commands: Vec<&str> = job
            .split("tornsnap.toml ")
            .skip(1)
            .map(|rest| rest.split([' ', '\n', '<', '"']).next().unwrap())
            .collect();
        assert_eq!(commands, order, "{place}");
    }
    assert!(read("crontab").contains("41      3   *   *   *   "));
    assert!(read("crontab").matches(" && ").count() == 2);
    assert!(read("windows/schtasks.cmd").contains("\"tornsnap daily\" /sc daily "));
    let tr = read("windows/schtasks.cmd");
    let tr = tr.split("\"tornsnap daily\"").nth(1).unwrap();
    let tr = tr
        .split("/tr \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(tr.len() <= 261, "schtasks takes no more: {}", tr.len());
    let timer = read("systemd/tornsnap-daily.timer");
    assert!(timer.contains("OnCalendar=*-*-* ") && timer.contains("Persistent=true"));
    let task = read("windows/tornsnap-daily.xml");
    assert!(task.contains("<DaysInterval>1</DaysInterval>"));
    assert!(task.contains("<StartWhenAvailable>true</StartWhenAvailable>"));
}

/// On most days no month is due, so the job must be quick and change nothing.
#[test]
fn the_daily_job_does_nothing_when_nothing_is_due() {
    let sandbox = Sandbox::new();
    let template = crate::month_model::template(&sandbox);
    let now = crate::month_model::IN_APRIL;
    drop(crate::month_model::with_history(
        &sandbox,
        &template,
        "tornsnap.db",
        &crate::month_model::steady_history(),
    ));
    let daily = |now: i64| {
        sandbox.run_at(now, &["-q", "backup"]).expect(0);
        for command in [&["-q", "summarize"][..], &["-q", "prune", "--allow-large"]] {
            let finished = sandbox.run_at(now, command).expect(0);
            assert_eq!(finished.stdout() + &finished.stderr(), "");
        }
    };
    let months = || sandbox.rows("SELECT * FROM player_stats_summary");
    let rows = || sandbox.rows("SELECT * FROM player_stats_history");
    daily(now);
    let after = (months(), rows());
    let backups = || {
        tornsnap::testing::store::backup::list_backups(&sandbox.path("backups"))
            .unwrap()
            .len()
    };
    let before = backups();

    let begun = std::time::Instant::now();
    daily(now + crate::support::DAY);

    assert!(begun.elapsed() < std::time::Duration::from_secs(3));
    assert!(after == (months(), rows()));
    assert_eq!(
        backups(),
        before + 1,
        "summarize had no need of another one"
    );
}

/// The arguments of each command line, by the kind of schedule.
fn schedules() -> Vec<(&'static str, Vec<String>)> {
    let behind = |text: &str, mark: &str, end: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with(['#', ';']) && !line.starts_with("rem "))
            .flat_map(|line| line.split(mark).skip(1))
            .map(|rest| rest.split(end).next().unwrap())
            .map(|arguments| arguments.trim().trim_end_matches("&&").trim().to_owned())
            .collect()
    };
    let all = |folder: &str, extension: &str| -> String {
        files_with_extension(&scripts().join(folder), extension)
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    };
    vec![
        (
            "crontab",
            behind(&read("crontab"), "/usr/local/bin/tornsnap ", "\n"),
        ),
        (
            "systemd",
            behind(
                &all("systemd", "service"),
                "ExecStart=%h/.local/bin/tornsnap ",
                "\n",
            ),
        ),
        (
            "schtasks.cmd",
            behind(
                &read("windows/schtasks.cmd"),
                "C:\\Tools\\tornsnap.exe ",
                "\"",
            ),
        ),
        (
            "xml",
            behind(&all("windows", "xml"), "<Arguments>", "</Arguments>"),
        ),
    ]
}

fn read(file: &str) -> String {
    fs::read_to_string(scripts().join(file)).unwrap()
}

fn scripts() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}
