//! The examples in `scripts/` are what the program writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tornsnap::testing::schedule::examples;

use super::value_of;
use crate::support::Sandbox;

/// The commands of all jobs.
const COMMANDS: [&str; 6] = [
    "fetch wars",
    "fetch factions",
    "fetch players",
    "fetch territories",
    "schedule run backup",
    "health --notify",
];

/// To write them anew: `TORNSNAP_WRITE_EXAMPLES=1 cargo test --test suite schedules::examples`.
#[test]
fn the_examples_are_what_the_program_writes() {
    let is_writing = std::env::var_os("TORNSNAP_WRITE_EXAMPLES").is_some();
    let mut names = BTreeSet::new();
    for (name, text) in examples() {
        let path = scripts().join(&name);
        if is_writing {
            fs::write(&path, &text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{name} is out of date: run TORNSNAP_WRITE_EXAMPLES=1 cargo test --test suite schedules::examples"
        );
        names.insert(path);
    }
    for folder in ["systemd", "windows"] {
        for entry in fs::read_dir(scripts().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_hidden = path
                .file_name()
                .unwrap()
                .as_encoded_bytes()
                .starts_with(b".");
            let is_example = is_hidden || names.contains(&path);
            assert!(is_example, "{} is no example", path.display());
        }
    }
}

#[test]
fn the_program_understands_every_command_line_of_the_examples() {
    let sandbox = Sandbox::new();
    for place in ["crontab", "systemd", "windows"] {
        let text: String = examples()
            .into_iter()
            .filter(|(name, _)| name.starts_with(place))
            .map(|(_, text)| text)
            .collect();
        let mut seen = BTreeSet::new();
        for rest in text.split(" -q --config ").skip(1) {
            let command = rest.split("tornsnap.toml").nth(1).unwrap();
            let command = command[1..].trim_start();
            let end = command.find(['\n', '<', '>']).unwrap_or(command.len());
            let command = command[..end].trim();
            let words: Vec<&str> = ["-q"].into_iter().chain(command.split(' ')).collect();
            let finished = sandbox.run(&[&words[..], &["--help"]].concat()).expect(0);
            assert!(finished.stdout().contains("Usage: tornsnap"), "{command}");
            seen.insert(command.to_owned());
        }
        let expected: BTreeSet<String> = COMMANDS.map(str::to_owned).into();
        assert_eq!(seen, expected, "{place}");
    }
}

/// cmd.exe looks for a program in the current folder before PATH, and takes a batch file of that name for the program.
/// So a script called `schtasks.cmd` would call itself when it is started from its own folder.
#[test]
fn the_windows_script_calls_programs_by_their_path_and_does_not_have_the_name_of_one() {
    let examples = examples();
    let (name, text) = examples
        .iter()
        .find(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "cmd"))
        .unwrap();
    let commands: Vec<&str> = text
        .lines()
        .filter(|line| *line != "@echo off" && !line.starts_with("rem"))
        .collect();

    assert_eq!(commands.len(), 6);
    for command in commands {
        let program = value_of(command, "%SystemRoot%\\System32\\", ".exe ").unwrap();
        assert!(!name.contains(program), "{name}: {command}");
        let file = value_of(command, "%~dp0", "\"").unwrap();
        assert!(scripts().join("windows").join(file).exists(), "{command}");
    }
}

/// A backup that fails has to end the job: without a new backup nothing is summarized or pruned.
#[test]
fn backup_summarize_and_prune_are_one_job_in_this_order_that_ends_at_the_first_failure() {
    let text_of = |file: &str| {
        let examples = examples();
        let found = examples.into_iter().find(|(name, _)| name == file);
        found.unwrap().1
    };
    let crontab = text_of("crontab");
    let lines: Vec<&str> = crontab
        .lines()
        .filter(|line| line.contains(" schedule run backup "))
        .collect();
    assert_eq!(lines.len(), 1, "{crontab}");
    assert!(!lines[0].starts_with('#'), "{crontab}");

    let service = text_of("systemd/tornsnap-example-backup.service");
    let commands: Vec<&str> = service
        .lines()
        .filter(|line| line.starts_with("ExecStart="))
        .collect();
    assert_eq!(commands.len(), 1, "{service}");
    assert!(commands[0].ends_with(" schedule run backup"), "{service}");
    // An exit code such as 75 is a failure of this job.
    assert!(!service.contains("SuccessExitStatus"));

    let chain = "tornsnap -q backup && tornsnap -q summarize && tornsnap -q prune";
    assert!(crontab.contains(chain) && service.contains(chain));

    let task = text_of("windows/tornsnap-example-backup.xml");
    assert!(task.contains(" schedule run backup</Arguments>"), "{task}");
    assert_eq!(task.matches("<Exec>").count(), 1);
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}
