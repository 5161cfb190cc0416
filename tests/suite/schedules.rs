//! The schedules in `scripts/`: every command line in them is one that the program understands.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::Sandbox;

/// What a user schedules; each kind of schedule has all of it.
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
    for job in [
        "wars",
        "players",
        "territories",
        "backup",
        "summarize",
        "prune",
        "health",
    ] {
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

/// The arguments of each command line, by the kind of schedule.
fn schedules() -> Vec<(&'static str, Vec<String>)> {
    let behind = |text: &str, mark: &str, end: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with(['#', ';']) && !line.starts_with("rem "))
            .filter_map(|line| line.split_once(mark))
            .map(|(_, rest)| rest.split(end).next().unwrap().trim().to_owned())
            .collect()
    };
    let all = |folder: &str, extension: &str| -> String {
        let mut files: Vec<_> = fs::read_dir(scripts().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect();
        files.sort();
        files
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
