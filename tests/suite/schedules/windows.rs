//! The tasks for the Windows Task Scheduler.

use std::path::Path;
use std::process::Command;

use super::{configure, configured, entries, has_program, value_of};
use crate::support::Sandbox;

/// The schema has the parts of the published one ([MS-TSCH] 2.5) that the tasks use.
const SCHEMA: &str = "tests/fixtures/task-scheduler.xsd";

#[test]
fn the_tasks_fit_the_published_schema() {
    if !has_program("xmllint") {
        return;
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    for more in [
        "",
        "[schedule]\nwars = \"1m\"\nfactions = \"1m\"\nplayers = \"6h\"\nterritories = \"daily\"\nbackup = \"12h\"\n",
    ] {
        let sandbox = Sandbox::new();
        configure(&sandbox, "J\u{fc}rgen & S\u{f6}hne/tornsnap.toml", more);
        let config = sandbox.path("J\u{fc}rgen & S\u{f6}hne/tornsnap.toml");
        let config = config.to_str().unwrap();
        for logon in [&[][..], &["--when-logged-off"]] {
            let arguments = [
                "schedule", "show", "--for", "windows", "--json", "--config", config,
            ];
            let shown = sandbox.run(&[&arguments[..], logon].concat()).expect(0);
            let tasks = entries(&shown);
            assert_eq!(tasks.len(), 6);
            for (name, xml) in tasks {
                assert!(xml.is_ascii(), "{name}: schtasks reads no UTF-8");
                let file = sandbox.write(&name, &xml);
                let checked = Command::new("xmllint")
                    .args(["--noout", "--schema"])
                    .args([&schema, &file])
                    .output()
                    .unwrap();
                let message = String::from_utf8_lossy(&checked.stderr);
                assert!(checked.status.success(), "{message}\n{xml}");
            }
        }
    }
}

#[test]
fn a_task_starts_in_utc_without_a_window_and_makes_up_for_a_missed_run() {
    let sandbox = configured();
    let shown = sandbox
        .run(&["schedule", "show", "--for", "windows", "--json"])
        .expect(0);

    for (name, xml) in entries(&shown) {
        assert!(
            value_of(&xml, "<StartBoundary>", "<")
                .unwrap()
                .ends_with('Z'),
            "{name}"
        );
        assert_eq!(
            value_of(&xml, "<MultipleInstancesPolicy>", "<"),
            Some("IgnoreNew")
        );
        assert_eq!(value_of(&xml, "<StartWhenAvailable>", "<"), Some("true"));
        assert_eq!(
            value_of(&xml, "<DisallowStartIfOnBatteries>", "<"),
            Some("false")
        );
        assert_eq!(
            value_of(&xml, "<StopIfGoingOnBatteries>", "<"),
            Some("false")
        );
        assert_eq!(value_of(&xml, "<LogonType>", "<"), Some("InteractiveToken"));
        assert_eq!(
            value_of(&xml, "<Command>", "<"),
            Some("%SystemRoot%\\System32\\conhost.exe")
        );
        let arguments = value_of(&xml, "<Arguments>", "<").unwrap();
        assert!(arguments.starts_with("--headless \""), "{arguments}");
        assert!(arguments.contains("\" -q --config \""), "{arguments}");
    }

    let always = sandbox
        .run(&[
            "schedule",
            "show",
            "--for",
            "windows",
            "--when-logged-off",
            "--json",
        ])
        .expect(0);
    for (name, xml) in entries(&always) {
        assert_eq!(value_of(&xml, "<LogonType>", "<"), Some("S4U"), "{name}");
        assert!(
            !xml.contains("conhost"),
            "{name}: there is no window without a session"
        );
    }
}

#[cfg(not(windows))]
#[test]
fn tasks_are_not_installed_elsewhere() {
    let sandbox = configured();
    for action in ["install", "remove"] {
        let refused = sandbox
            .run(&["schedule", action, "--for", "windows"])
            .expect(78);
        assert!(
            refused.stderr().contains("this is not Windows"),
            "{}",
            refused.stderr()
        );
    }
    let preview = sandbox
        .run(&["schedule", "install", "--for", "windows", "--dry-run"])
        .expect(0)
        .stdout();
    assert_eq!(preview.matches("<?xml version=\"1.0\"?>").count(), 6);
}

#[test]
fn the_backup_job_of_a_task_ends_at_the_first_failure() {
    let sandbox = configured();
    let refused = sandbox.run(&["-q", "schedule", "run"]).expect(78).stderr();
    assert!(
        refused.contains("could not finish `tornsnap backup`"),
        "{refused}"
    );
    assert!(!refused.contains("summarize`"), "{refused}");

    drop(tornsnap::testing::store::Store::create(&sandbox.database()).unwrap());
    let done = sandbox
        .run(&["schedule", "run", "backup", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        done["commands"],
        serde_json::json!(["backup", "summarize", "prune"])
    );
    assert_eq!(
        crate::support::files_with_extension(&sandbox.path("backups"), "db").len(),
        1
    );
}
