//! `[schedule]`, the jobs that follow from it, and what the jobs would lack.

use std::fs;

use serde_json::Value;

use super::{configure, configured, entries, write_units};
use crate::support::{NOW, Sandbox};

#[test]
fn an_interval_that_no_scheduler_can_repeat_is_refused_with_the_choices() {
    for wrong in [
        "\"7m\"",
        "\"90m\"",
        "\"30s\"",
        "\"weekly\"",
        "\"\"",
        "4",
        "true",
    ] {
        let sandbox = Sandbox::new();
        configure(
            &sandbox,
            "tornsnap.toml",
            &format!("[schedule]\nfactions = {wrong}\n"),
        );

        let refused = sandbox
            .run(&["schedule", "show", "--for", "cron"])
            .expect(78);

        let message = refused.stderr();
        assert!(
            message.contains("line 7: factions must be "),
            "{wrong}: {message}"
        );
        if wrong.starts_with('"') {
            assert!(
                message.contains("12m, 15m, 20m or 30m"),
                "{wrong}: {message}"
            );
        }
    }
    let sandbox = Sandbox::new();
    configure(
        &sandbox,
        "tornsnap.toml",
        "[schedule]\nsummarize = \"daily\"\n",
    );
    let refused = sandbox
        .run(&["schedule", "show", "--for", "cron"])
        .expect(78);
    assert!(refused.stderr().contains("unknown field `summarize`"));
}

#[test]
fn only_what_is_followed_and_turned_on_gets_a_job() {
    struct Case {
        track: &'static str,
        schedule: &'static str,
        jobs: &'static [&'static str],
    }
    for case in [
        Case {
            track: "factions = [9]",
            schedule: "",
            jobs: &[
                "wars",
                "factions",
                "players",
                "territories",
                "backup",
                "health",
            ],
        },
        Case {
            track: "players = [1]",
            schedule: "health = \"off\"",
            jobs: &["players", "backup"],
        },
        Case {
            track: "factions = [9]\nmembers = false\nterritories = \"none\"",
            schedule: "backup = \"off\"",
            jobs: &["wars", "factions", "health"],
        },
        Case {
            track: "wars = \"all\"",
            schedule: "wars = \"2m\"",
            jobs: &["wars", "backup", "health"],
        },
    ] {
        let sandbox = Sandbox::new();
        sandbox.write(
            "tornsnap.toml",
            &format!("[track]\n{}\n[schedule]\n{}\n", case.track, case.schedule),
        );

        let report = sandbox
            .run(&["schedule", "show", "--for", "cron", "--json"])
            .expect(0)
            .json();

        let jobs: Vec<&str> = report["schedulers"][0]["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| job["name"].as_str().unwrap())
            .collect();
        assert_eq!(jobs, case.jobs, "{}", case.track);
    }
}

#[test]
fn nothing_followed_is_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "");
    let shown = sandbox
        .run(&["schedule", "show", "--for", "cron"])
        .expect(0);
    assert!(
        shown
            .stderr()
            .contains("nothing is fetched: add ids under [track]")
    );
}

#[test]
fn without_a_configuration_there_is_no_schedule() {
    let sandbox = Sandbox::new();
    for action in ["show", "install"] {
        let refused = sandbox
            .run(&["schedule", action, "--for", "cron"])
            .expect(78);
        assert!(refused.stderr().contains("run `tornsnap init`"), "{action}");
    }
    let refused = sandbox
        .run(&["schedule", "remove", "--for", "systemd"])
        .expect(78);
    assert!(
        refused.stderr().contains("name it with --config"),
        "{}",
        refused.stderr()
    );
}

/// A machine with neither: PATH names a folder without programs.
#[test]
fn a_machine_without_a_scheduler_is_told_what_to_install() {
    if cfg!(windows) {
        return;
    }
    let sandbox = configured();
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command.env("PATH", sandbox.path(""));
        crate::support::Finished(command.output().unwrap())
    };

    let refused = run(&["schedule", "install"]).expect(78);
    assert!(
        refused.stderr().contains("apt-get install cron"),
        "{}",
        refused.stderr()
    );
    let refused = run(&["schedule", "install", "--for", "cron"]).expect(78);
    assert!(refused.stderr().contains("there is no program crontab"));

    // What cron would get is shown anyway, and nothing is there to remove.
    let shown = run(&["schedule", "show"]).expect(0).stdout();
    assert!(shown.contains("# BEGIN tornsnap "), "{shown}");
    assert!(
        run(&["schedule", "remove"])
            .expect(0)
            .stderr()
            .contains("no jobs for ")
    );
}

#[test]
fn jobs_without_a_key_are_not_installed() {
    let sandbox = Sandbox::new();
    let install = |key: &str, variable: &str| {
        sandbox.write(
            "tornsnap.toml",
            &format!("{key}\n[track]\nfactions = [9]\n"),
        );
        let mut command = sandbox.command(&["schedule", "install", "--for", "cron"]);
        command.env(variable, "SomeKeyOfAlice01");
        crate::support::Finished(command.output().unwrap())
    };
    if cfg!(windows) || !super::has_program("crontab") {
        return;
    }

    let refused = install("", "TORN_API_KEY").expect(77).stderr();
    assert!(
        refused.contains("the only key is in TORN_API_KEY"),
        "{refused}"
    );
    assert!(refused.contains("tornsnap init --key-file"), "{refused}");

    let refused = install("[[key]]\nkey_env = \"ALICE_KEY\"", "ALICE_KEY")
        .expect(77)
        .stderr();
    assert!(
        refused.contains("variables that the scheduler does not set: ALICE_KEY"),
        "{refused}"
    );
    assert!(!refused.contains("SomeKeyOfAlice01"));

    let refused = install("", "UNUSED").expect(77).stderr();
    assert!(
        refused.contains("the configuration has no [[key]]"),
        "{refused}"
    );
}

#[test]
fn what_the_jobs_lack_is_a_warning() {
    let sandbox = configured();
    configure(
        &sandbox,
        "tornsnap.toml",
        "[health]\nwebhook_url_env = \"HOOK\"\n",
    );
    let mut command = sandbox.command(&[
        "schedule",
        "show",
        "--for",
        "cron",
        "--database",
        "other.db",
    ]);
    command
        .env("TORNSNAP_API_URL", "http://127.0.0.1:1")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("TORN_API_KEY", "OtherKeyOfBob002");

    let shown = crate::support::Finished(command.output().unwrap())
        .expect(0)
        .stderr();

    for expected in [
        "TORNSNAP_API_URL is set here, but not for the jobs",
        "HTTPS_PROXY is set here, but not for the jobs",
        "TORN_API_KEY is set here, but not for the jobs",
        "the jobs do not have the address of the webhook in HOOK",
        "tornsnap.db, not other.db",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

#[test]
fn a_variable_that_says_what_the_configuration_says_is_no_difference() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tornsnap.toml",
        "[api]\nbase_url = \"http://127.0.0.1:1\"\n[[key]]\nname = \"alice\"\nkey = \"SomeKeyOfAlice01\"\n\
         [track]\nplayers = [1]\n",
    );
    let mut command = sandbox.command(&["schedule", "show", "--for", "cron"]);
    command
        .env("TORNSNAP_API_URL", "http://127.0.0.1:1")
        .env("TORN_API_KEY", "SomeKeyOfAlice01");

    let shown = crate::support::Finished(command.output().unwrap())
        .expect(0)
        .stderr();

    assert!(!shown.contains("but not for the jobs"), "{shown}");
}

#[test]
fn a_path_with_a_line_break_is_refused() {
    if cfg!(windows) {
        return;
    }
    let sandbox = Sandbox::new();
    configure(&sandbox, "a\nb/tornsnap.toml", "");
    let config = sandbox.path("a\nb/tornsnap.toml");
    for scheduler in ["cron", "systemd", "windows"] {
        let refused = sandbox
            .run(&[
                "schedule",
                "show",
                "--for",
                scheduler,
                "--config",
                config.to_str().unwrap(),
            ])
            .expect(78);
        assert!(
            refused.stderr().contains("a\\nb/tornsnap.toml"),
            "{}",
            refused.stderr()
        );
        assert!(refused.stderr().contains("it contains a line break"));
    }
}

#[test]
fn the_last_and_the_next_runs_are_shown() {
    let torn = crate::support::torn::Torn::new();
    torn.fetch(&["factions"]).expect(0);
    // A backup by hand is not a start of the job.
    torn.sandbox.run_at(NOW + 60, &["backup"]).expect(0);
    let show = |arguments: &[&str]| {
        let arguments = [&["schedule", "show", "--for", "systemd"], arguments].concat();
        torn.sandbox.run_at(NOW + 120, &arguments).expect(0)
    };

    let not_installed = show(&["--json"]);
    assert!(
        !fs::exists(torn.sandbox.path(".config")).unwrap(),
        "show writes nothing"
    );
    write_units(&not_installed);
    let report = show(&["--json"]).json();
    let job = |name: &str| -> Value {
        let jobs = report["schedulers"][0]["jobs"].as_array().unwrap();
        jobs.iter().find(|job| job["name"] == name).unwrap().clone()
    };
    assert_eq!(job("factions")["last_run_at"], NOW);
    assert_eq!(job("factions")["last_status"], "ok");
    assert!(job("backup")["last_run_at"].is_null());
    assert!(job("wars")["last_run_at"].is_null());
    // Noon and two minutes.
    assert_eq!(job("factions")["interval_minutes"], 4);
    assert_eq!(job("factions")["next_run_at"], NOW + 300);

    let text = show(&[]).stdout();
    let line = text
        .lines()
        .find(|line| line.starts_with("# factions "))
        .unwrap();
    assert!(
        line.contains("2026-04-01 12:00:00") && line.contains("2026-04-01 12:05:00"),
        "{line}"
    );
    let line = text
        .lines()
        .find(|line| line.starts_with("# wars "))
        .unwrap();
    assert!(line.contains("never"), "{line}");
}

#[test]
fn the_entries_name_the_program_and_the_configuration_by_absolute_paths() {
    let sandbox = configured();
    let program = fs::canonicalize(env!("CARGO_BIN_EXE_tornsnap")).unwrap();
    for scheduler in ["cron", "systemd", "windows"] {
        let shown = sandbox
            .run(&[
                "schedule",
                "show",
                "--for",
                scheduler,
                "--json",
                "--config",
                "./tornsnap.toml",
            ])
            .expect(0);
        let report = shown.json();
        assert_eq!(
            report["schedulers"][0]["program"],
            program.to_str().unwrap()
        );
        let config = sandbox.path("tornsnap.toml");
        assert_eq!(report["schedulers"][0]["config"], config.to_str().unwrap());
        for (name, text) in entries(&shown) {
            let is_timer = std::path::Path::new(&name)
                .extension()
                .is_some_and(|end| end == "timer");
            assert!(
                is_timer || text.contains(config.to_str().unwrap()),
                "{text}"
            );
        }
    }
}

/// A package manager replaces the file behind a link in an update.
#[cfg(unix)]
#[test]
fn a_link_in_path_is_preferred_to_the_file_behind_it() {
    let sandbox = configured();
    fs::create_dir(sandbox.path("bin")).unwrap();
    let link = sandbox.path("bin/tornsnap");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tornsnap"), &link).unwrap();
    let mut command = sandbox.command(&["schedule", "show", "--for", "cron", "--json"]);
    let path = format!("relative:{}:/usr/bin", sandbox.path("bin").display());
    command.env("PATH", path);

    let report = crate::support::Finished(command.output().unwrap())
        .expect(0)
        .json();

    assert_eq!(report["schedulers"][0]["program"], link.to_str().unwrap());
}
