//! Changes of a crontab over time: a folder that was moved, copies that pile up, variables that move below the block.

use std::fs;
use std::os::unix::process::CommandExt;

use super::cron::{Crontab, UID, give_away, read, run, run_for, set};
use super::{configure, configure_with_variable};
use crate::support::schema::Schema;
use crate::support::{Finished, NOW, Sandbox};

#[test]
fn jobs_of_a_folder_that_was_moved_are_named_with_the_command_that_removes_them() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = Sandbox::new();
    configure(&sandbox, "torn/tornsnap.toml", "");
    give_away(&sandbox);
    let path = |name: &str| sandbox.path(name).to_str().unwrap().to_owned();
    let (old, new) = (path("torn/tornsnap.toml"), path("torn-new/tornsnap.toml"));
    let said = run_for(&sandbox, "install", &old).expect(0).stderr();
    assert!(!said.contains("not there"), "{said}");
    fs::rename(sandbox.path("torn"), sandbox.path("torn-new")).unwrap();
    let command = format!("tornsnap schedule remove --config {old}");

    for action in ["install", "show"] {
        let said = run_for(&sandbox, action, &new).expect(0).stderr();
        assert!(
            said.contains(&format!("cron has jobs for {old}, which is not there")),
            "{action}: {said}"
        );
        assert!(said.contains(&command), "{action}: {said}");
    }
    let json = [
        "schedule", "show", "--for", "cron", "--json", "--config", &new,
    ];
    let report = run(&sandbox, &json).expect(0).json();
    Schema::of("schedule-show").expect_valid(&report);
    assert!(
        report["schedulers"][0]["warnings"]
            .to_string()
            .contains(&command)
    );

    let words: Vec<&str> = command.split(' ').skip(1).collect();
    run(&sandbox, &words).expect(0);

    let text = String::from_utf8(read().unwrap()).unwrap();
    assert!(!text.contains(&old), "{text}");
    assert!(text.contains(&new), "{text}");
    let said = run_for(&sandbox, "show", &new).expect(0).stderr();
    assert!(!said.contains("not there"), "{said}");
}

#[test]
fn only_the_newest_three_copies_of_the_crontab_stay() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = Sandbox::new();
    let config = configure(&sandbox, "tornsnap.toml", "");
    let config = config.to_str().unwrap();
    let foreign = [
        "tornsnap.toml.crontab-before-mine",
        "tornsnap.toml.crontab-before-20200101T000000Z.txt",
        "tornsnap.toml.crontab-before-20200101T000000Z-x",
        "other.toml.crontab-before-20200101T000000Z",
    ];
    for name in foreign {
        sandbox.write(name, "");
    }
    // A run that was killed left this one.
    let left = sandbox.write(".tornsnap-aB3dE6.crontab.partial", "");
    give_away(&sandbox);
    set(Some(b"0 1 * * * true\n"));

    for (seconds, action) in (0..).zip(["install", "remove", "install", "remove", "install"]) {
        let arguments = ["schedule", action, "--for", "cron", "--config", config];
        let mut command = sandbox.command(&arguments);
        let now = (NOW + seconds).to_string();
        command.uid(UID).gid(UID).env("TORNSNAP_NOW", now);
        Finished(command.output().unwrap()).expect(0);
    }

    assert!(!left.exists());
    let mut names = sandbox.names();
    names.retain(|name| name.contains("crontab-before"));
    let mut expected: Vec<String> = foreign.map(str::to_owned).into();
    expected.extend(
        (2..5).map(|seconds| format!("tornsnap.toml.crontab-before-20260401T12000{seconds}Z")),
    );
    expected.sort();
    assert_eq!(names, expected);
}

/// cron sets a variable for the lines below it.
#[test]
fn a_variable_below_the_block_is_not_set_for_the_jobs() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = Sandbox::new();
    let config = configure_with_variable(&sandbox);
    give_away(&sandbox);
    let config = config.to_str().unwrap();
    let variable = "ALICE_KEY=SomeKeyOfAlice01\n";
    set(Some(variable.as_bytes()));
    run_for(&sandbox, "install", config).expect(0);

    let text = String::from_utf8(read().unwrap()).unwrap();
    let block = text.strip_prefix(variable).unwrap();
    set(Some(format!("{block}{variable}").as_bytes()));
    let refused = run_for(&sandbox, "install", config).expect(77).stderr();
    assert!(refused.contains("ALICE_KEY"), "{refused}");

    set(Some(
        format!("{variable}{block}SHELL=/usr/bin/fish\n").as_bytes(),
    ));
    run_for(&sandbox, "install", config).expect(0);
}

#[test]
fn two_changes_of_a_real_crontab_at_the_same_moment_lose_nothing() {
    let Some(_crontab) = Crontab::borrow() else {
        return;
    };
    let sandbox = Sandbox::new();
    let configs = ["one", "two"].map(|folder| {
        let config = configure(&sandbox, &format!("{folder}/tornsnap.toml"), "");
        config.to_str().unwrap().to_owned()
    });
    give_away(&sandbox);
    let at_once = |actions: [&str; 2]| {
        let children = [0, 1].map(|number| {
            let config = &configs[number];
            let arguments = [
                "schedule",
                actions[number],
                "--for",
                "cron",
                "--config",
                config,
            ];
            let mut command = sandbox.command(&arguments);
            command.uid(UID).gid(UID).spawn().unwrap()
        });
        for child in children {
            Finished(child.wait_with_output().unwrap()).expect(0);
        }
        let text = String::from_utf8(read().unwrap()).unwrap();
        [0, 1].map(|number: usize| text.contains(&configs[number]))
    };

    for _ in 0..3 {
        set(Some(b"0 5 * * * mine\n"));
        assert_eq!(at_once(["install", "install"]), [true, true]);
        assert_eq!(at_once(["remove", "install"]), [false, true]);
        assert_eq!(at_once(["install", "remove"]), [true, false]);
        assert!(read().unwrap().starts_with(b"0 5 * * * mine\n"));
    }
}
