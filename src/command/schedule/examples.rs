//! The examples in `scripts/`, which are made by the code that makes real schedules.

use std::path::Path;

use crate::command::schedule::entries::jobs;
use crate::config::Settings;
use crate::model::schedule::crontab;
use crate::model::schedule::job::Job;
use crate::model::schedule::paths::Paths;
use crate::model::schedule::windows::{Logon, Task};
use crate::model::schedule::{cron, systemd, windows};

/// The id of the examples. That of a real schedule has eight hexadecimal digits.
const ID: &str = "example";

/// The files, by their names below `scripts/`.
///
/// # Panics
///
/// Never: the settings and the paths are constants.
pub fn examples() -> Vec<(String, String)> {
    let text = "[track]\nfactions = [1]\n";
    let settings =
        Settings::from_text_alone(Path::new("tornsnap.toml"), text).expect("the text is valid");
    let jobs = jobs(&settings);
    let unix = Paths {
        id: ID.to_owned(),
        program: "/home/me/.local/bin/tornsnap".to_owned(),
        config: "/home/me/torn/tornsnap.toml".to_owned(),
        log: Some("/home/me/torn/tornsnap-schedule.log".to_owned()),
    };
    let on_windows = Paths {
        id: ID.to_owned(),
        program: r"C:\Tools\bin\tornsnap.exe".to_owned(),
        config: r"C:\Torn\tornsnap.toml".to_owned(),
        log: None,
    };
    [("crontab".to_owned(), crontab_example(&jobs, &unix))]
        .into_iter()
        .chain(systemd_examples(&jobs, &unix))
        .chain(windows_examples(&jobs, &on_windows))
        .collect()
}

fn crontab_example(jobs: &[Job], paths: &Paths) -> String {
    let lines = cron::lines(jobs, paths).expect("the paths are short");
    crontab::block(ID, &lines)
}

fn systemd_examples(jobs: &[Job], paths: &Paths) -> Vec<(String, String)> {
    let units = systemd::units(jobs, paths).expect("the path of the program is plain");
    units
        .into_iter()
        .map(|unit| (format!("systemd/{}", unit.file_name), unit.text))
        .collect()
}

fn windows_examples(jobs: &[Job], paths: &Paths) -> Vec<(String, String)> {
    let tasks = windows::tasks(jobs, paths, &Logon::Interactive).expect("the paths are plain");
    let script = ("windows/make-tasks.cmd".to_owned(), script(&tasks));
    tasks
        .into_iter()
        .map(|task| (format!("windows/{}", task.file_name), task.xml))
        .chain([script])
        .collect()
}

/// A batch file that makes the tasks of the XML files beside it. It is not called `schtasks`, because `cmd` looks for a
/// program in the current folder first.
fn script(tasks: &[Task]) -> String {
    let lines = tasks.iter().map(|task| {
        format!(
            "%SystemRoot%\\System32\\schtasks.exe /create /f /tn \"{}\" /xml \"%~dp0{}\"",
            task.name, task.file_name
        )
    });
    let heading = [
        "@echo off",
        "rem Makes the tasks of the XML files in this folder. `tornsnap schedule install` does this with your own paths.",
        "rem",
        "rem Put your paths into the XML files first: the program and the configuration.",
    ];
    let lines = heading.into_iter().map(str::to_owned).chain(lines);
    lines.flat_map(|line| [line, "\r\n".to_owned()]).collect()
}
