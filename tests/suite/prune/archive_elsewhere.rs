//! A prune makes no second archive unasked: not in a folder that was moved without its archive, and not at a new path in the
//! configuration.

use std::fs;

use rusqlite::Connection;

use super::archive_agreement::{LATER, archived, checked, configured, health_check};
use crate::health::check;
use crate::month_model::history_rows;
use crate::support::{Finished, Sandbox, native};

/// A folder `moved` with the database and the configuration. The archive that they name did not come along.
fn moved_without_its_archive() -> Sandbox {
    let sandbox = archived();
    fs::create_dir(sandbox.path("moved")).unwrap();
    for file in ["a.db", "tornsnap.toml"] {
        fs::rename(sandbox.path(file), sandbox.path("moved").join(file)).unwrap();
    }
    fs::rename(sandbox.path("cold.db"), sandbox.path("aside.db")).unwrap();
    sandbox
}

fn run(sandbox: &Sandbox, command: &[&str]) -> Finished {
    let flags = ["--config", "moved/tornsnap.toml"];
    sandbox.run_at(LATER, &[command, &flags].concat())
}

fn prune(sandbox: &Sandbox, more: &[&str]) -> Finished {
    let flags = ["prune", "--without-backup", "--ignore-clock"];
    run(sandbox, &[&flags, more].concat())
}

const NOT_HERE: &str =
    "no archive is there, and history rows were moved to another archive before: ";

#[test]
fn a_folder_that_was_moved_without_its_archive_gets_no_new_archive_unasked() {
    let sandbox = moved_without_its_archive();
    let main = Connection::open(sandbox.path("moved/a.db")).unwrap();
    let before = history_rows(&main);
    let recorded = native(&sandbox.path("cold.db").display().to_string());
    let cause = format!("{NOT_HERE}{recorded}, which cannot be read now");
    let remedy = "put the archive there, set `archive` under [retention] to its present path, or run `tornsnap prune --new-archive";

    for more in [["--dry-run"].as_slice(), &[]] {
        let refused = prune(&sandbox, more).expect(78).stderr();

        assert!(refused.contains(&cause), "{refused}");
        assert!(refused.contains(remedy), "{refused}");
    }
    let named = ["--archive", "moved/other.db"];
    let refused = prune(&sandbox, &named).expect(78).stderr();
    assert!(refused.contains("add --new-archive"), "{refused}");
    assert_eq!(history_rows(&main), before);
    assert!(!sandbox.path("moved/cold.db").exists());
    run(&sandbox, &["config", "check"]).expect(78);
    let report = run(&sandbox, &["health", "--json"]).json();
    let found = check(&report, "archive").unwrap();
    assert_eq!(found["state"], "critical", "{found}");
    assert!(
        found["message"].as_str().unwrap().contains(&cause),
        "{found}"
    );
    assert!(found["try"].as_str().unwrap().contains(remedy), "{found}");

    fs::rename(sandbox.path("aside.db"), sandbox.path("moved/cold.db")).unwrap();
    prune(&sandbox, &[]).expect(0);
}

#[test]
fn a_new_archive_in_a_moved_folder_gives_up_the_one_that_is_gone() {
    let sandbox = moved_without_its_archive();

    let said = prune(&sandbox, &["--new-archive"]).expect(0).stderr();

    assert!(said.contains("; a new archive is "), "{said}");
    assert!(sandbox.path("moved/cold.db").exists());
    assert!(!sandbox.path("cold.db").exists());
    let report = run(&sandbox, &["health", "--json"]).json();
    let found = check(&report, "archive").unwrap();
    assert_eq!(found["state"], "ok", "{found}");
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("is not looked at"), "{found}");
    assert!(message.contains("moved"), "{found}");
    // It counts again when it is back.
    fs::rename(sandbox.path("aside.db"), sandbox.path("cold.db")).unwrap();
    let report = run(&sandbox, &["health", "--json"]).json();
    let found = check(&report, "archive").unwrap();
    assert!(
        found["message"]
            .as_str()
            .unwrap()
            .contains("the 2 archives are there"),
        "{found}"
    );
}

#[test]
fn a_new_archive_without_rows_to_move_gives_up_the_one_that_is_gone() {
    let sandbox = moved_without_its_archive();

    prune(&sandbox, &["--new-archive", "--keep-months", "100"]).expect(0);

    let report = run(&sandbox, &["health", "--json"]).json();
    let found = check(&report, "archive").unwrap();
    assert_eq!(found["state"], "ok", "{found}");
    prune(&sandbox, &[]).expect(0);
}

#[test]
fn a_moved_archive_that_was_named_is_the_one_to_configure() {
    let sandbox = moved_without_its_archive();
    let named = ["--archive", "aside.db", "--keep-months", "100"];
    prune(&sandbox, &named).expect(0);

    let refused = prune(&sandbox, &[]).expect(78).stderr();

    let place = native(&sandbox.path("aside.db").display().to_string());
    assert!(refused.contains(&format!("{NOT_HERE}{place}")), "{refused}");
    let remedy =
        format!("set `archive` under [retention] to {place}, or run `tornsnap prune --new-archive");
    assert!(refused.contains(&remedy), "{refused}");
    let report = run(&sandbox, &["health", "--json"]).json();
    assert_eq!(check(&report, "archive").unwrap()["state"], "warning");
}

#[test]
fn a_new_path_in_the_configuration_makes_no_second_archive_unasked() {
    let sandbox = archived();
    sandbox.write(
        "tornsnap.toml",
        "database = \"a.db\"\n[retention]\narchive = \"second.db\"\n",
    );

    let refused = configured(&sandbox, LATER, &[]).expect(78).stderr();

    assert!(refused.contains(NOT_HERE), "{refused}");
    assert!(!sandbox.path("second.db").exists());
    let (problem, is_problem) = checked(&sandbox);
    assert!(is_problem && problem.contains(NOT_HERE), "{problem}");
    assert_eq!(health_check(&sandbox)["state"], "warning");
    // The flag asks for this file, and the archive before is at its place.
    let named = ["--archive", "third.db"];
    let dry = [&named[..], &["--dry-run"]].concat();
    let said = configured(&sandbox, LATER, &dry).expect(0).stderr();
    assert!(said.contains("; a new archive would be third.db"), "{said}");
    let said = configured(&sandbox, LATER, &named).expect(0).stderr();
    assert!(said.contains("; a new archive is third.db"), "{said}");
    configured(&sandbox, LATER, &["--new-archive"]).expect(0);
    assert!(!checked(&sandbox).1);
    let found = health_check(&sandbox);
    assert!(
        found["message"]
            .as_str()
            .unwrap()
            .contains("the 2 archives are there"),
        "{found}"
    );
}
