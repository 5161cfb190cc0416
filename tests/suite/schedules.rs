//! The schedules in `scripts/`: the program accepts every command line in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tornsnap::testing::store::backup::list_backups;

use crate::month_model;
use crate::support::{DAY, Sandbox, files_with_extension};

/// The script that makes the tasks of the Windows Task Scheduler.
const TASKS_SCRIPT: &str = "windows/make-tasks.cmd";

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
    for Schedule {
        place,
        command_lines,
    } in schedules()
    {
        let mut jobs = BTreeSet::new();
        for line in command_lines {
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
        assert!(tasks_script().contains(&format!("/tn \"tornsnap {job}\"")));
    }
}

/// cmd.exe looks for a program in the current folder before PATH, and takes a batch file of that name for the program.
/// So a script called `schtasks.cmd` would call itself when it is started from its own folder.
#[test]
fn windows_scripts_call_programs_by_their_path_and_do_not_have_the_name_of_one() {
    let scripts = files_with_extension(&scripts().join("windows"), "cmd");
    assert!(!scripts.is_empty());
    for script in scripts {
        let name = script.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&script).unwrap();
        let commands = text
            .lines()
            .filter(|line| !line.is_empty() && *line != "@echo off" && !line.starts_with("rem "))
            .filter(|line| *line != "rem");
        for command in commands {
            let program = command.split(' ').next().unwrap();
            let program = program
                .strip_prefix("%SystemRoot%\\System32\\")
                .and_then(|file| file.strip_suffix(".exe"));
            assert!(
                program.is_some_and(|program| program != name),
                "{name}: {command}"
            );
        }
    }
}

/// After a daily job that was missed on the first of a month, the month is summarized a day later.
#[test]
fn backup_summarize_and_prune_run_daily_in_one_job_in_this_order() {
    let expect_in_order = |place: &str, job: &str| {
        let commands: Vec<&str> = job
            .split("tornsnap.toml ")
            .skip(1)
            .map(|rest| rest.split([' ', '\n', '<', '"']).next().unwrap())
            .collect();
        assert_eq!(commands, ["backup", "summarize", "prune"], "{place}");
    };

    let crontab = read("crontab");
    let line = crontab.lines().find(|line| line.ends_with(" prune"));
    expect_in_order("crontab", line.unwrap());
    assert!(crontab.contains("41      3   *   *   *   "));
    assert_eq!(crontab.matches(" && ").count(), 2);

    let script = tasks_script();
    let line = script
        .lines()
        .find(|line| line.contains("/tn \"tornsnap daily\" /sc daily "))
        .unwrap();
    expect_in_order(TASKS_SCRIPT, line);
    let run = line.split("/tr \"").nth(1).unwrap().strip_suffix('"');
    let length = run.unwrap().len();
    assert!(length <= 261, "schtasks takes no more: {length}");

    expect_in_order("systemd", &read("systemd/tornsnap-daily.service"));
    let timer = read("systemd/tornsnap-daily.timer");
    assert!(timer.contains("OnCalendar=*-*-* ") && timer.contains("Persistent=true"));

    let task = read("windows/tornsnap-daily.xml");
    expect_in_order("xml", &task);
    assert!(task.contains("<DaysInterval>1</DaysInterval>"));
    assert!(task.contains("<StartWhenAvailable>true</StartWhenAvailable>"));
}

/// On most days no month is due, so the job must be quick and change nothing.
#[test]
fn the_daily_job_does_nothing_when_nothing_is_due() {
    let sandbox = Sandbox::new();
    let template = month_model::template(&sandbox);
    drop(month_model::with_history(
        &sandbox,
        &template,
        "tornsnap.db",
        &month_model::steady_history(),
    ));
    let run_daily_job = |now: i64| {
        sandbox.run_at(now, &["-q", "backup"]).expect(0);
        for command in [&["-q", "summarize"][..], &["-q", "prune", "--allow-large"]] {
            let finished = sandbox.run_at(now, command).expect(0);
            assert_eq!(finished.stdout() + &finished.stderr(), "");
        }
    };
    let rows = || {
        ["player_stats_summary", "player_stats_history"]
            .map(|table| sandbox.rows(&format!("SELECT * FROM {table}")))
    };
    let backups = || list_backups(&sandbox.path("backups")).unwrap().len();
    run_daily_job(month_model::IN_APRIL);
    let (rows_before, backups_before) = (rows(), backups());

    let start = Instant::now();
    run_daily_job(month_model::IN_APRIL + DAY);

    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(rows() == rows_before);
    assert_eq!(
        backups(),
        backups_before + 1,
        "summarize makes a backup only when a month is due"
    );
}

/// One kind of schedule.
struct Schedule {
    place: &'static str,
    /// The arguments of each command line.
    command_lines: Vec<String>,
}

fn schedules() -> [Schedule; 4] {
    [
        Schedule {
            place: "crontab",
            command_lines: between(&read("crontab"), "/usr/local/bin/tornsnap ", "\n"),
        },
        Schedule {
            place: "systemd",
            command_lines: between(
                &read_all("systemd", "service"),
                "ExecStart=%h/.local/bin/tornsnap ",
                "\n",
            ),
        },
        Schedule {
            place: TASKS_SCRIPT,
            command_lines: between(&tasks_script(), "C:\\Tools\\bin\\tornsnap.exe ", "\""),
        },
        Schedule {
            place: "xml",
            command_lines: between(&read_all("windows", "xml"), "<Arguments>", "</Arguments>"),
        },
    ]
}

/// Each text between `start` and `end` on a line that is no comment, without a trailing `&&`.
fn between(text: &str, start: &str, end: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.starts_with(['#', ';']) && !line.starts_with("rem "))
        .flat_map(|line| line.split(start).skip(1))
        .map(|rest| rest.split(end).next().unwrap())
        .map(|found| found.trim().trim_end_matches("&&").trim().to_owned())
        .collect()
}

fn tasks_script() -> String {
    read(TASKS_SCRIPT)
}

fn read(file: &str) -> String {
    fs::read_to_string(scripts().join(file)).unwrap()
}

/// The joined texts of the files with this extension.
fn read_all(folder: &str, extension: &str) -> String {
    files_with_extension(&scripts().join(folder), extension)
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}
